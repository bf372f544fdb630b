//! What is wrong, in the language that was chosen: what a person meets most. The rest is shown as it came.

use super::patterns::{first_of, parts};
use super::{advice, or_as_it_came};
use crate::language::{say, straight};

/// The message of an error.
pub(crate) fn message(text: &str) -> String {
    straight(&or_as_it_came(text, |text| known(text).or_else(|| advice::known(text))))
}

fn known(text: &str) -> Option<String> {
    let rarer = || known_of_servers(text).or_else(|| known_of_the_daemon(text));
    known_of_the_configuration(text).or_else(|| known_of_files(text).or_else(rarer))
}

/// Names and values that the configuration has wrong.
fn known_of_the_configuration(text: &str) -> Option<String> {
    first_of! { text;
        "unknown key `*`" [name] => say!("problem-key", name = name);
        "unknown field `*`" [name] => say!("problem-field", name = name);
        "unknown column `*`" [name] => say!("problem-column", name = name);
        "unknown list `*`" [name] => say!("problem-list", name = name);
        "unknown date `*`" [name] => say!("problem-date", name = name);
        "unknown dimension `*`" [name] => say!("problem-dimension", name = name);
        "unknown measure `*`" [name] => say!("problem-measure", name = name);
        "unknown period type `*`" [name] => say!("problem-period-type", name = name);
        "unknown kind of record `*`" [name] => say!("problem-kind", name = name);
        "unknown value '*' of *" [value, category] => say!("problem-value", value = value, category = category);
        "`*` cannot be `*`" [key, value] => say!("problem-cannot-be", key = key, value = value);
        "`*` is missing in `*`" [key, header] => say!("problem-missing", key = key, header = header);
        "`where` is empty" [] => say!("problem-empty-condition");
        "`when` names no date" [] => say!("problem-no-date");
        "`*` is not the address of a server" [text] => say!("problem-no-address", text = text);
        "the closing bracket is missing" [] => say!("problem-bracket");
        "dimension `*` stands twice" [name] => say!("problem-dimension-twice", name = name);
        "the configuration has no report `*`" [name] => say!("problem-no-report", name = name);
        "the span from `*` to `*` runs backwards" [first, last] =>
            say!("problem-backwards", first = first, last = last);
        "* is a * period, not a * one, which is written *" [given, found, expected, written] =>
            say!("problem-of-another-type", given = given, found = found, expected = expected, written = written);
        "* does not exist: * periods of * are numbered 1 to *" [text, kind, year, last] =>
            say!("problem-no-such-period", text = text, kind = kind, year = year, last = last);
    }
}

/// Files beside the configuration, and secrets.
fn known_of_files(text: &str) -> Option<String> {
    first_of! { text;
        "the configuration `*` cannot be read: there is no such file" [path] =>
            say!("problem-no-configuration", path = path);
        "the map of places `*` cannot be read: there is no such file" [path] => say!("problem-no-map", path = path);
        "the map of places `*` cannot be read: it is not UTF-8 text" [path] =>
            say!("problem-map-not-text", path = path);
        "the map of places needs the columns `location_id` and `org_unit`" [] => say!("problem-map-columns");
        "location `*` stands twice, first on line *" [id, line] =>
            say!("problem-location-twice", id = id, line = line);
        "the * password is not set: environment variable `*`" [server, variable] =>
            say!("problem-password-not-set", server = server, variable = variable);
        "the * password is empty: file `*`" [server, path] =>
            say!("problem-password-empty", server = server, path = path);
        "the * password cannot be read from `*`: there is no such file" [server, path] =>
            say!("problem-password-file", server = server, path = path);
    }
}

/// What a server is, says or does not have.
fn known_of_servers(text: &str) -> Option<String> {
    first_of! { text;
        "Go.Data shows this account no outbreak `*`" [name] => say!("problem-no-outbreak", name = name);
        "Go.Data shows this account no record of outbreak `*`" [name] => say!("problem-no-record", name = name);
        "Go.Data has no location `*`" [id] => say!("problem-no-location", id = id);
        "DHIS2 has no data set `*` that this account can read" [id] => say!("problem-no-data-set", id = id);
        "DHIS2 has no data element `*` that this account can read" [id] => say!("problem-no-data-element", id = id);
        "DHIS2 has no organisation unit `*` that this account can read" [id] => say!("problem-no-org-unit", id = id);
        "data element * is not in data set `*`" [element, data_set] =>
            say!("problem-not-in-data-set", element = element, data_set = data_set);
        "data set `*` is *, and the report is *" [data_set, kind, other] =>
            say!("problem-other-period-type", data_set = data_set, kind = kind, other = other);
        "the data sets of the report are assigned to no organisation unit" [] => say!("problem-not-assigned");
        "*: nothing decides category `*` of category combo `*`" [what, category, combo] =>
            say!("problem-nothing-decides", what = what, category = category, combo = combo);
        "*: category `*` of category combo `*` is decided twice" [what, category, combo] =>
            say!("problem-decided-twice", what = what, category = category, combo = combo);
        "DHIS2: *: no connection to the server: *" [request, said] =>
            say!("problem-dhis2-unreachable", request = request, said = said);
        "Go.Data: *: no connection (*): *" [request, asked, said] =>
            say!("problem-godata-unreachable", request = request, asked = asked, said = said);
        "Go.Data: *: the login failed: wrong e-mail or password" [request] =>
            say!("problem-godata-login", request = request);
        "DHIS2: *: the server does not accept the credentials: *" [request, said] =>
            say!("problem-dhis2-credentials", request = request, said = said);
        "DHIS2: *: no answer in time" [request] => say!("problem-dhis2-silent", request = request);
        "DHIS2: *: the server failed with status *: *" [request, status, said] =>
            say!("problem-dhis2-status", request = request, status = status, said = said);
    }
}

/// What the daemon says of schedules, and of what people asked.
fn known_of_the_daemon(text: &str) -> Option<String> {
    first_of! { text;
        "a schedule has five fields: minute, hour, day of the month, month, day of the week; this one has *" [n] =>
            say!("problem-schedule-fields", n = n);
        "`*` is no * of a schedule" [given, _field] => say!("problem-schedule-field", given = given);
        "the schedule `*` is never due" [schedule] => say!("problem-schedule-never", schedule = schedule);
        "the deadline `*` is not longer than 0 and at most 366 days" [given] => say!("problem-deadline", given = given);
        "`*` is not a time to wait" [given] => say!("problem-no-time-to-wait", given = given);
        "`*` is of a schedule, and report `*` has none" [key, report] =>
            say!("problem-without-schedule", key = key, report = report);
        "the configuration has * problems" [n] => say!("problem-several", n = n);
        "the state folder is another one" [] => say!("problem-other-state");
        "the run was asked to stop" [] => say!("problem-stopped");
        "it waited for more than * hours" [hours] => say!("problem-waited", hours = hours);
        "plan * does not wait for a decision any more" [plan] => say!("problem-plan-decided", plan = plan);
        "* plans wait already" [n] => say!("problem-plans-wait", n = n);
        "a plan of * MiB is too large to be kept" [size] => say!("problem-plan-size", size = size);
        "somebody changed a value of ours in DHIS2" [] => say!("problem-drifted-here");
        "somebody else had entered a value before" [] => say!("problem-existing-here");
        "DHIS2 moved since the plan was made: *" [what] => say!("problem-dhis2-moved", what = what);
    }
}

#[cfg(test)]
mod tests {
    use super::super::patterns::assert_worded;
    use super::*;

    /// Words that the pipeline puts together itself; snapshots have them whole.
    const PUT_TOGETHER: &[&str] = &[
        "unknown kind of record",
        "where` is empty",
        "cannot be read: there is no such file",
        "cannot be read: it is not UTF-8 text",
        "password is not set: environment variable",
        "password is empty: file",
        "password cannot be read from",
        "Go.Data shows this account no record of outbreak",
        "DHIS2 has no data set",
    ];

    /// The English message is what the program says, so that a changed word of it is found.
    #[test]
    fn what_is_wrong_is_known() {
        assert_worded(include_str!("problem.rs"), PUT_TOGETHER);
        for text in [
            "unknown key `gendre`",
            "unknown field `gendre`",
            "unknown column `gendre`",
            "unknown list `gendre`",
            "unknown date `gendre`",
            "unknown dimension `gendre`",
            "unknown measure `gendre`",
            "unknown period type `gendre`",
            "unknown kind of record `gendre`",
            "unknown value 'CONFIRMD' of Age (COVID19)",
            "`of` cannot be `CONFIRMD`",
            "`of` is missing in `[report]`",
            "`where` is empty",
            "`when` names no date",
            "``2020W54`` is not the address of a server",
            "the closing bracket is missing",
            "dimension `gendre` stands twice",
            "the configuration has no report `gendre`",
            "the span from `2020W17` to `6` runs backwards",
            "`202002` is a Monthly period, not a Weekly one, which is written yyyyWn, such as 2026W6",
            "`2020W54` does not exist: Weekly periods of 2020 are numbered 1 to 6",
            "the configuration `places.csv` cannot be read: there is no such file",
            "the map of places `places.csv` cannot be read: there is no such file",
            "the map of places `places.csv` cannot be read: it is not UTF-8 text",
            "the map of places needs the columns `location_id` and `org_unit`",
            "location `SN777` stands twice, first on line 6",
            "the Go.Data password is not set: environment variable `TALLY_GODATA_PASSWORD`",
            "the Go.Data password is empty: file `places.csv`",
            "the Go.Data password cannot be read from `places.csv`: there is no such file",
            "Go.Data shows this account no outbreak `gendre`",
            "Go.Data shows this account no record of outbreak `gendre`",
            "Go.Data has no location `SN777`",
            "DHIS2 has no data set `SN777` that this account can read",
            "DHIS2 has no data element `SN777` that this account can read",
            "DHIS2 has no organisation unit `SN777` that this account can read",
            "data element `CnPsS2xE8UN` (\"a\") is not in data set `Weekly: all`",
            "data set `Weekly: all` is Weekly, and the report is Monthly",
            "the data sets of the report are assigned to no organisation unit",
            "indicator `a`: nothing decides category `Age (COVID19)` of category combo `b`",
            "indicator `a`: category `Age (COVID19)` of category combo `b` is decided twice",
            "DHIS2: GET /api/me: no connection to the server: no: more",
            "Go.Data: GET /api/me: no connection (asked 5 times): no: more",
            "Go.Data: GET /api/me: the login failed: wrong e-mail or password",
            "DHIS2: GET /api/me: the server does not accept the credentials: no: more",
            "DHIS2: GET /api/me: no answer in time",
            "DHIS2: GET /api/me: the server failed with status 500: no: more",
            "a schedule has five fields: minute, hour, day of the month, month, day of the week; this one has 4",
            "the schedule `0 0 30 2 *` is never due",
            "the deadline `0h` is not longer than 0 and at most 366 days",
            "`soon` is not a time to wait",
            "`deadline` is of a schedule, and report `weekly` has none",
            "the configuration has 3 problems",
            "the state folder is another one",
            "the run was asked to stop",
            "it waited for more than 24 hours",
            "plan 7 does not wait for a decision any more",
            "20 plans wait already",
            "a plan of 70 MiB is too large to be kept",
            "somebody changed a value of ours in DHIS2",
            "somebody else had entered a value before",
            "DHIS2 moved since the plan was made: 1 value: a b c d was 1 and is 2",
        ] {
            assert_eq!(known(text).as_deref(), Some(text));
        }
        assert_eq!(known("it does not work"), None);
    }
}
