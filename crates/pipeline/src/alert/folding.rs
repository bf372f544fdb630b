//! What is worth a message: a problem when it begins, when it goes on for long, and when it is over.

use super::event::{Event, Observation};
use crate::config::raw::EventKind;
use crate::store::OpenAlert;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use std::collections::BTreeSet;

/// How a problem stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It is new.
    Begun,
    /// It was told before and goes on.
    Continuing,
    /// It is over.
    Resolved,
    /// There is none: a test of the destinations.
    Test,
}

/// Something worth a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How it stands.
    pub standing: Standing,
    /// What kind of problem it is.
    pub kind: EventKind,
    /// What was seen last; none of a problem that is over.
    pub event: Option<Event>,
    /// Since when.
    pub began_at: Timestamp,
    /// How often it was seen, since it began.
    pub n_seen: u64,
}

/// What is to be told, and what is to be remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folded {
    /// What is worth a message, in the order of the kinds.
    pub notices: Vec<Notice>,
    /// What is remembered if every message arrives.
    pub if_told: Vec<OpenAlert>,
    /// What is remembered if none does: the next observation tells the same.
    pub if_not_told: Vec<OpenAlert>,
}

/// Folds what became known of a report into what was told before.
///
/// A problem is a kind with a cause. It is over when its kind was looked for and not found: an error that gives way to
/// another is a new message, but no "resolved". Kinds that nobody wants to hear of are forgotten.
pub fn fold(
    open: &[OpenAlert],
    observation: &Observation,
    wanted: &BTreeSet<EventKind>,
    repeat: SignedDuration,
    now: Timestamp,
) -> Folded {
    let mut folded = Folded::default();
    for kind in EventKind::ALL.into_iter().filter(|kind| wanted.contains(kind)) {
        let before: Vec<&OpenAlert> = open.iter().filter(|alert| alert.event == kind.name()).collect();
        let events: Vec<&Event> = observation.events.iter().filter(|event| event.kind == kind).collect();
        if events.is_empty() && observation.looked_for.contains(&kind) {
            folded.resolve(kind, &before);
            continue;
        }
        // What is not seen now, while its kind goes on or was not looked for, stays as it was.
        for alert in before.iter().filter(|alert| events.iter().all(|event| event.cause != alert.cause)) {
            folded.if_told.push((*alert).clone());
            folded.if_not_told.push((*alert).clone());
        }
        for event in events {
            let known = before.iter().find(|alert| alert.cause == event.cause);
            folded.see(event, known.copied(), repeat, now);
        }
    }
    folded
}

impl Folded {
    /// What is remembered when the messages about these kinds reached nobody, in the order of the state file.
    pub fn remembered(&self, untold: &BTreeSet<EventKind>) -> Vec<OpenAlert> {
        let is_untold = |alert: &&OpenAlert| untold.iter().any(|kind| kind.name() == alert.event);
        let told = self.if_told.iter().filter(|alert| !is_untold(alert));
        let mut open: Vec<OpenAlert> = self.if_not_told.iter().filter(is_untold).chain(told).cloned().collect();
        open.sort_by(|one, other| (&one.event, &one.cause).cmp(&(&other.event, &other.cause)));
        open
    }

    fn see(&mut self, event: &Event, known: Option<&OpenAlert>, repeat: SignedDuration, now: Timestamp) {
        let told_at = known.and_then(|alert| alert.told_at);
        let began_at = known.map_or(now, |alert| alert.began_at);
        let n_seen = known.map_or(0, |alert| alert.n_seen) + 1;
        let row = |told_at| OpenAlert {
            event: event.kind.name().to_owned(),
            cause: event.cause.to_owned(),
            began_at,
            told_at,
            n_seen,
            acknowledged_at: known.and_then(|alert| alert.acknowledged_at),
            acknowledged_by: known.and_then(|alert| alert.acknowledged_by.clone()),
        };
        let is_acknowledged = known.is_some_and(|alert| alert.acknowledged_at.is_some());
        let standing = match told_at {
            _ if is_acknowledged => None,
            None => Some(Standing::Begun),
            Some(told_at) => (now.duration_since(told_at) >= repeat).then_some(Standing::Continuing),
        };
        if let Some(standing) = standing {
            let (kind, event) = (event.kind, Some(event.clone()));
            self.notices.push(Notice { standing, kind, event, began_at, n_seen });
        }
        self.if_told.push(row(if standing.is_some() { Some(now) } else { told_at }));
        self.if_not_told.push(row(told_at));
    }

    /// One message for all causes of a kind. Of what nobody was told, nobody is told that it is over.
    fn resolve(&mut self, kind: EventKind, before: &[&OpenAlert]) {
        let told: Vec<&&OpenAlert> = before.iter().filter(|alert| alert.told_at.is_some()).collect();
        let Some(began_at) = told.iter().map(|alert| alert.began_at).min() else { return };
        let n_seen = told.iter().map(|alert| alert.n_seen).sum();
        self.notices.push(Notice { standing: Standing::Resolved, kind, event: None, began_at, n_seen });
        self.if_not_told.extend(told.into_iter().map(|alert| (*alert).clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Code, Error, ErrorKind};
    use proptest::prelude::*;

    const REPEAT: SignedDuration = SignedDuration::from_hours(24);

    fn hour(n: i64) -> Timestamp {
        Timestamp::from_second(n * 3600).unwrap()
    }

    fn failed(code: Code) -> Observation {
        Observation::of_error("weekly", &Error::new(ErrorKind::Dhis2, "CANARY said the server").coded(code))
    }

    /// A run without anything to tell.
    fn clean() -> Observation {
        let looked_for = EventKind::ALL.to_vec();
        Observation { report: "weekly".to_owned(), events: Vec::new(), looked_for, is_success: true }
    }

    fn all() -> BTreeSet<EventKind> {
        EventKind::ALL.into()
    }

    /// Folds one observation after another, all of which reach somebody; what was told at each.
    fn told(observations: &[(i64, Observation)]) -> Vec<Vec<Standing>> {
        let mut open = Vec::new();
        let step = |(at, observation): &(i64, Observation)| {
            let folded = fold(&open, observation, &all(), REPEAT, hour(*at));
            open = folded.if_told;
            folded.notices.iter().map(|notice| notice.standing).collect()
        };
        observations.iter().map(step).collect()
    }

    #[test]
    fn a_problem_is_told_when_it_begins_each_day_and_when_it_ends() {
        use Standing::{Begun, Continuing, Resolved};
        let down = || failed(Code::Dhis2Failure);
        let story = [(0, down()), (1, down()), (23, down()), (24, down()), (47, down()), (49, down()), (50, clean())];
        let expected = [vec![Begun], vec![], vec![], vec![Continuing], vec![], vec![Continuing], vec![Resolved]];
        assert_eq!(told(&story), expected);
        assert_eq!(told(&[(0, clean()), (1, clean())]), [vec![], vec![]]);
    }

    #[test]
    fn what_somebody_sees_to_is_not_told_again_until_it_is_over_or_another_cause_comes() {
        use Standing::{Begun, Resolved};
        let seen = |open: &[OpenAlert], observation: &Observation, at| {
            let folded = fold(open, observation, &all(), REPEAT, hour(at));
            (folded.notices.iter().map(|notice| notice.standing).collect::<Vec<_>>(), folded.if_told)
        };
        let (_, mut open) = seen(&[], &failed(Code::Dhis2Failure), 0);
        (open[0].acknowledged_at, open[0].acknowledged_by) = (Some(hour(1)), Some("ana".into()));
        let (told, open) = seen(&open, &failed(Code::Dhis2Failure), 100);
        assert_eq!((told, open[0].n_seen, open[0].acknowledged_at), (vec![], 2, Some(hour(1))));
        let (told, both) = seen(&open, &failed(Code::GodataFailure), 101);
        assert_eq!((told, both.len()), (vec![Begun], 2), "another cause is news");
        let (told, none) = seen(&both, &clean(), 102);
        assert_eq!((told, none), (vec![Resolved], vec![]));
        // What nobody was told of, because no destination took it, may be seen to as well.
        let mut untold = fold(&[], &failed(Code::Dhis2Failure), &all(), REPEAT, hour(0)).if_not_told;
        untold[0].acknowledged_at = Some(hour(1));
        assert_eq!(seen(&untold, &failed(Code::Dhis2Failure), 2).0, []);
    }

    #[test]
    fn another_cause_is_another_problem_and_all_end_as_one() {
        use Standing::{Begun, Resolved};
        let (one, other) = (|| failed(Code::Dhis2Failure), || failed(Code::GodataFailure));
        let story = [(0, one()), (1, other()), (2, one()), (3, other()), (4, clean()), (5, clean())];
        assert_eq!(told(&story), [vec![Begun], vec![Begun], vec![], vec![], vec![Resolved], vec![]]);
    }

    #[test]
    fn what_was_not_looked_for_is_not_over() {
        use Standing::{Begun, Resolved};
        let held = Event { kind: EventKind::Held, cause: "held", ..failed(Code::Dhis2Failure).events.remove(0) };
        let waits = Observation { events: vec![held], is_success: false, ..clean() };
        let story = [(0, waits), (1, failed(Code::Dhis2Failure)), (2, clean())];
        assert_eq!(told(&story), [vec![Begun], vec![Begun], vec![Resolved, Resolved]]);
    }

    #[test]
    fn a_message_that_reached_nobody_is_told_by_the_next() {
        let first = fold(&[], &failed(Code::Dhis2Failure), &all(), REPEAT, hour(0));
        assert_eq!(first.notices.len(), 1);
        let second = fold(&first.if_not_told, &failed(Code::Dhis2Failure), &all(), REPEAT, hour(1));
        assert_eq!((second.notices[0].standing, second.notices[0].n_seen), (Standing::Begun, 2));
        assert_eq!(second.notices[0].began_at, hour(0));
        // That it is over is told until somebody heard it, but not if nobody heard that it began.
        let over = fold(&second.if_told, &clean(), &all(), REPEAT, hour(2));
        assert_eq!(fold(&over.if_not_told, &clean(), &all(), REPEAT, hour(3)).notices, over.notices);
        assert_eq!(fold(&second.if_not_told, &clean(), &all(), REPEAT, hour(2)), Folded::default());
    }

    #[test]
    fn one_message_that_reached_somebody_is_told_whatever_became_of_another() {
        let held = Event { kind: EventKind::Held, cause: "held", ..failed(Code::Dhis2Failure).events.remove(0) };
        let both = Observation {
            events: vec![held.clone(), Event { kind: EventKind::Drifted, cause: "drifted", ..held }],
            is_success: false,
            ..clean()
        };
        let first = fold(&[], &both, &all(), REPEAT, hour(0));
        let open = first.remembered(&BTreeSet::from([EventKind::Held]));
        let second = fold(&open, &both, &all(), REPEAT, hour(1));
        assert_eq!(second.notices.iter().map(|notice| notice.kind).collect::<Vec<_>>(), [EventKind::Held]);
        assert_eq!(second.remembered(&BTreeSet::new()).len(), 2);
    }

    #[test]
    fn what_nobody_wants_to_hear_is_not_told() {
        let wanted = BTreeSet::from([EventKind::Overdue]);
        assert_eq!(fold(&[], &failed(Code::Dhis2Failure), &wanted, REPEAT, hour(0)), Folded::default());
    }

    #[test]
    fn another_run_under_way_is_no_failure_and_ends_none() {
        let story = [(0, failed(Code::Dhis2Failure)), (1, failed(Code::RunUnderWay)), (2, clean())];
        assert_eq!(told(&story), [vec![Standing::Begun], vec![], vec![Standing::Resolved]]);
    }

    proptest! {
        /// Against a model that knows only when the problem began and when it was last told.
        #[test]
        fn told_exactly_when_it_begins_each_interval_and_when_it_ends(
            steps in prop::collection::vec((1_i64..40, any::<bool>()), 1..60)
        ) {
            let mut at = 0;
            let mut story = Vec::new();
            let mut expected = Vec::new();
            let mut last_told: Option<i64> = None;
            for (hours, is_down) in steps {
                at += hours;
                story.push((at, if is_down { failed(Code::Dhis2Failure) } else { clean() }));
                expected.push(match (last_told, is_down) {
                    (None, true) => { last_told = Some(at); vec![Standing::Begun] }
                    (Some(told), true) if at - told >= 24 => { last_told = Some(at); vec![Standing::Continuing] }
                    (Some(_), false) => { last_told = None; vec![Standing::Resolved] }
                    _ => Vec::new(),
                });
            }
            prop_assert_eq!(told(&story), expected);
        }
    }
}
