//! A random walk over everything that people and programs do to a Go.Data. After each few edits what changed is read, and a
//! line list that is made anew says the same.

use super::super::around;
use super::super::indicators::with_indicators;
use super::super::stage::{PROBABLE, SUSPECT};
use super::{CONTACTS, Stage, changes, later, quiet, records, same_as_full, shift, text};
use sandbox::godata::{Document, PersonType};
use serde_json::json;

/// SplitMix64: the same walk for the same seed, on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }
}

const N_EDITS: usize = 18;

struct Walk {
    stage: Stage,
    random: Random,
    n_new: usize,
    /// Documents that are out of the database and may come back.
    out: Vec<Document>,
    /// Whether follow-ups, samples and exposures are edited too.
    is_around: bool,
    /// What only a full extraction finds was done.
    needs_full: bool,
    /// What only a comparison of ids finds was done.
    needs_ids: bool,
}

impl Walk {
    fn person(&mut self, kind: PersonType, deleted: bool) -> Option<String> {
        let documents = self.stage.world.godata.documents();
        let ids: Vec<&Document> = documents.persons_of(kind).filter(|p| (p["deleted"] == true) == deleted).collect();
        if ids.is_empty() { None } else { Some(text(ids[self.random.below(ids.len())], "id").to_owned()) }
    }

    fn live(&mut self) -> String {
        let kind = if self.random.below(4) == 0 { PersonType::Contact } else { PersonType::Case };
        self.person(kind, false).unwrap()
    }

    fn date(&mut self) -> String {
        format!("2020-{:02}-{:02}T00:00:00.000Z", 2 + self.random.below(2), 1 + self.random.below(28))
    }

    /// One edit of a follow-up, a sample or an exposure.
    fn edit_around(&mut self) -> String {
        let (which, date) = (self.random.below(8), self.date());
        let (of, at) = (self.random.below(3), self.random.below(1_000_000));
        let somebody = self.live();
        let godata = &self.stage.world.godata;
        let row = {
            let documents = godata.documents();
            let rows = [&documents.follow_ups, &documents.lab_results, &documents.relationships][of];
            rows[at % rows.len()].clone()
        };
        let (id, day) = (text(&row, "id").to_owned(), ["date", "dateOfResult", "contactDate"][of]);
        let person = |row: &mut Document| match of {
            2 => row["persons"][1]["id"] = json!(somebody),
            _ => row["personId"] = json!(somebody),
        };
        match which {
            0 | 1 => godata.edit(|e| e.edit(&id, |row| drop(row.insert(day.into(), json!(date))))).unwrap(),
            2 => godata.edit(|e| e.edit(&id, person)).unwrap(),
            3 => godata.edit(|e| e.bulk_update(&id, person)).unwrap(),
            4 => godata.edit(|e| e.delete(&id)).unwrap(),
            5 => godata.edit(|e| e.restore(&id)).unwrap(),
            6 => {
                self.n_new += 1;
                let mut row = row;
                row.insert("id".into(), json!(format!("{}-new-{}", ["0", "7", "z"][self.n_new % 3], self.n_new)));
                godata.edit(|e| match of {
                    0 => e.insert_follow_up(row),
                    1 => e.insert_lab_result(row),
                    _ => e.insert_relationship(row),
                });
            }
            _ => {
                godata.edit(|e| e.vanish(&id)).unwrap();
                self.needs_ids = true;
            }
        }
        format!("around {which} of {id}")
    }

    /// One edit; says which, for the message of a failure.
    fn edit(&mut self) -> String {
        if self.is_around && self.random.below(2) == 0 {
            return self.edit_around();
        }
        let (which, id, date) = (self.random.below(N_EDITS), self.live(), self.date());
        let place = ["SN001", "SN002", "SN009", "nowhere"][self.random.below(4)];
        let (case, contact) = (self.person(PersonType::Case, false), self.person(PersonType::Contact, false));
        let deleted = self.person(PersonType::Case, true);
        let godata = &self.stage.world.godata;
        let old = "2020-02-20T00:00:00Z".parse().unwrap();
        let move_date = |case: &mut Document| drop(case.insert("dateOfOnset".into(), json!(date)));
        match which {
            0 => {
                self.n_new += 1;
                let mut person = godata.documents().find(&id).unwrap().clone();
                // Ids before, between and behind those of the others.
                let first = ["0", "7", "z"][self.n_new % 3];
                person.insert("id".into(), json!(format!("{first}-new-{}", self.n_new)));
                godata.edit(|e| e.insert_person(person));
            }
            1 => godata.edit(|e| e.edit(&id, move_date)).unwrap(),
            2 => godata.edit(|e| e.reclassify(&id, Some(PROBABLE))).unwrap(),
            3 => godata.edit(|e| e.reclassify(&id, Some(SUSPECT))).unwrap(),
            4 => godata.edit(|e| e.move_to(&id, place)).unwrap(),
            5 => godata.edit(|e| e.delete(&id)).unwrap(),
            6 => deleted.map_or((), |id| godata.edit(|e| e.restore(&id)).unwrap()),
            7 => {
                let survivor = case.filter(|case| *case != id);
                if let Some(survivor) = survivor {
                    godata.edit(|e| e.merge(&survivor, &[&id])).unwrap();
                }
            }
            8 => case.map_or((), |id| godata.edit(|e| e.convert_to_contact(&id)).unwrap()),
            9 => contact.map_or((), |id| godata.edit(|e| e.convert_to_case(&id)).unwrap()),
            10 => godata.edit(|e| e.sync_write(&id, old, move_date)).unwrap(),
            11 => godata.edit(|e| e.bulk_update(&id, move_date)).unwrap(),
            12 => godata.edit(|e| e.bulk_delete(&id)).unwrap(),
            13 => {
                godata.edit(|e| e.raw_change(&id, shift)).unwrap();
                self.needs_full = true;
            }
            14 => {
                self.out.push(godata.edit(|e| e.vanish(&id)).unwrap());
                self.needs_ids = true;
            }
            15 => {
                if let Some(document) = self.out.pop() {
                    godata.documents().persons.push(document);
                    self.needs_ids = true;
                }
            }
            16 => godata.edit(|e| e.edit(&id, |p| drop(p.insert("gender".into(), json!({}))))).unwrap(),
            _ => {
                let kind = json!(PersonType::ContactOfContact.id());
                if let Some(id) = contact {
                    godata.edit(|e| e.edit(&id, |p| drop(p.insert("type".into(), kind)))).unwrap();
                }
            }
        }
        format!("{which} of {id}")
    }
}

#[expect(clippy::print_stdout, reason = "shown when the walk fails: the seed and the way")]
async fn walk(seed: u64, more: &str, is_around: bool, n_rounds: usize) {
    let indicators = around::all();
    let configured = |config: String| match is_around {
        true => with_indicators(&indicators)(config),
        false => config + more,
    };
    let mut walk = Walk {
        stage: quiet("2.42.1", configured),
        random: Random(seed),
        n_new: 0,
        out: Vec::new(),
        is_around,
        needs_full: false,
        needs_ids: false,
    };
    if is_around {
        around::elements(&walk.stage);
    }
    walk.stage.run().await;
    let (mut n_changes, mut n_increments) = (0, 0);
    for round in 0..n_rounds {
        later(&walk.stage);
        let edits: Vec<String> = (0..=walk.random.below(4)).map(|_| walk.edit()).collect();
        println!("seed {seed}, round {round}: {edits:?}");
        later(&walk.stage);
        // A number that does not tell is told by the ids; that a day passes is shown elsewhere.
        let hours = if std::mem::take(&mut walk.needs_ids) { 0 } else { 24 };
        let key = format!("reconcile_after_hours = {hours}\nkeep = ");
        walk.stage.configure(|config| configured(config.replace("keep = ", &key)));
        walk.stage.full = std::mem::take(&mut walk.needs_full);
        let report = if walk.stage.full { walk.stage.run().await } else { changes(&walk.stage).await };
        if !walk.stage.full {
            n_changes += 1;
            n_increments += usize::from(report.godata.n_changed.is_some());
            // A person takes along what stands around it.
            let n_max = if is_around { 30 } else { 3 };
            assert!(report.godata.n_travelled <= n_max * edits.len() as u64, "{}", report.godata.n_travelled);
        }
        same_as_full(&walk.stage, &report).await;
    }
    // The first of a day and what follows a full extraction of another day counts all.
    assert!(n_increments > n_changes / 2, "{n_increments} of {n_changes}");
    assert!(n_changes > n_rounds / 3 && records(&walk.stage.line_list()).len() > 100);
    walk.stage.full = false;
    if more.is_empty() && !is_around {
        walk.stage.at_rest(&[]).await;
    }
}

#[tokio::test]
async fn a_random_walk_of_edits_is_followed_over_cases() {
    walk(1, "", false, 30).await;
}

#[tokio::test]
async fn a_random_walk_of_edits_is_followed_over_cases_and_contacts() {
    walk(2, CONTACTS, false, 30).await;
}

#[tokio::test]
async fn a_random_walk_of_edits_is_followed_over_everything_around_the_persons() {
    walk(3, "", true, 25).await;
}
