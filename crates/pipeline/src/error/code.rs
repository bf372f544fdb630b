//! The names under which a person, or a program, looks up what ended a command.

use super::ErrorKind;
use std::fmt;

/// Declares the codes once: variant, name, cause and remedy. All lists of codes come from here, so none can be forgotten.
macro_rules! codes {
    ($($code:ident $name:literal $cause:literal $remedy:literal)+) => {
        /// What ended a command, by a name that stays the same between versions while messages may change.
        ///
        /// A code is as fine as what a person has to do: two errors with the same remedy share one. What has none of its own
        /// has that of its [`ErrorKind`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $cause] $code,)+
        }

        impl Code {
            /// All codes, in the order of the manual.
            pub const ALL: &'static [Self] = &[$(Self::$code,)+];

            /// The name, such as `dhis2_certificate`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$code => $name,)+ }
            }

            /// What it means and how it comes about, in full sentences.
            pub fn cause(self) -> &'static str {
                match self { $(Self::$code => $cause,)+ }
            }

            /// What to do, in full sentences.
            pub fn remedy(self) -> &'static str {
                match self { $(Self::$code => $remedy,)+ }
            }
        }
    };
}

codes! {
    Internal "internal"
        "A defect in Tally, such as an account that does not add up."
        "Report it with the message and `tally --version`. The message holds no value of a person."
    Configuration "configuration"
        "The configuration, a file beside it, an argument or the state folder is not as it has to be. Where the message has a place, it names file, line and column."
        "Do what the hint says. `tally check` shows all problems of the configuration at once."
    StateFile "state_file"
        "A file of the state folder is damaged, is none of Tally's, or was written by another version."
        "Move a damaged file and its `-wal` and `-shm` away and restore a backup; a line list is made anew by the next run. A file of a newer version needs that version."
    StateFolder "state_folder"
        "The state folder or a file in it cannot be read or written: its rights, a full or failing disk, or a network share."
        "Give the account that runs Tally the folder, make room, and keep the folder on a local disk. Then run again: if it happened during a push, the run reads first what arrived."
    StateLocked "state_locked"
        "Another process keeps a file of the state folder open."
        "Wait for it to end. Is a program open that looks into SQLite files?"
    RunUnderWay "run_under_way"
        "Another run has the lease on the state folder."
        "Wait for it. If its process is gone, `tally state unlock` frees the way."
    LeaseLost "lease_lost"
        "Another process took over while this one slept, or somebody unlocked the state. This run wrote nothing more."
        "Look at `tally history`; the run that took over repairs what this one left."
    Stopped "stopped"
        "The daemon was told to stop while this run was under way. What it was writing is finished and recorded."
        "Nothing: the next run goes on from there."
    GodataFailure "godata"
        "Go.Data cannot be read, for a reason that has no code of its own."
        "Read the message; `-vv` tells which request it was. Nothing was written to DHIS2."
    GodataAddress "godata_address"
        "`url` under `[godata]` is no address of a server."
        "Correct it: `https://`, the name of the server, and the path if there is one."
    GodataPlainHttp "godata_plain_http"
        "`url` under `[godata]` begins with `http://` and leads to another machine: the password and the line list would travel readable."
        "Use `https://`, or set `allow_http = true` on a line on which nobody listens."
    GodataConnection "godata_connection"
        "No connection to Go.Data came about."
        "Check the address, the line, the proxy and whether the server is up; then run again."
    GodataCertificate "godata_certificate"
        "Go.Data's certificate is not trusted: it expired, is for another name, or its authority is unknown to this machine."
        "Have the certificate renewed, or its authority trusted on this machine. There is no switch against the check."
    GodataTimeout "godata_timeout"
        "Go.Data did not answer in time, or its answer broke off."
        "Run again. If it stays so, raise `timeout_secs` or lower `page_records` under `[godata]`."
    GodataOtherServer "godata_other_server"
        "Something else answers at Go.Data's address: a login page, a proxy, another path."
        "Open the address in a browser and correct `url`, or have the proxy let Tally pass."
    GodataUnreadable "godata_unreadable"
        "An answer of Go.Data is not what its API gives: a record is damaged where the message says, or it is no Go.Data."
        "Correct the record in Go.Data, or the address. Nothing was written to DHIS2."
    GodataTooLarge "godata_too_large"
        "An answer of Go.Data is larger than the limit, or a list has more pages."
        "Lower `page_records` under `[godata]`."
    GodataOrder "godata_order"
        "Go.Data gave a page of a list twice or out of order; records could have been lost. Nothing was counted."
        "Run again."
    GodataLogin "godata_login"
        "Go.Data does not accept e-mail address and password."
        "Correct them. Do not try often: ten failures lock the account for half an hour."
    GodataBlocked "godata_blocked"
        "Go.Data locked the account for a while, after too many failed logins."
        "Correct the password, wait half an hour, and run again."
    GodataSecondFactor "godata_second_factor"
        "The account asks for a second factor, or the server for a captcha."
        "Give Tally an account of its own without them."
    GodataSession "godata_session"
        "Go.Data refused the session, after a new login too. Somebody else signs in with this account."
        "Give Tally an account that nobody else uses."
    GodataPermission "godata_permission"
        "The account lacks a permission, which the message names, or the outbreak is not open to it."
        "Ask the Go.Data administrator for it."
    GodataOutbreak "godata_outbreak"
        "Go.Data shows this account no such outbreak, it is deleted, several have this name, or one is named twice."
        "Correct `outbreak` under `[godata]`: the exact name, or the id. May the account see it?"
    GodataRefused "godata_refused"
        "Go.Data, or a proxy before it, refuses a request."
        "Look up the status and the code in the message in Go.Data's log. A long condition may make the address of a request too long."
    GodataFailed "godata_failed"
        "Go.Data failed with a status of 500 or more, each time it was asked."
        "Look into its log; run again later."
    GodataBusy "godata_busy"
        "Go.Data, or a proxy before it, asks to slow down."
        "Run again later, at a quieter hour."
    GodataFile "godata_file"
        "A file under `files` cannot be read, ends in the middle, or is no list of records."
        "Correct the path, or get the file again, as Go.Data's API or its JSON export gives it."
    GodataNoRecords "godata_no_records"
        "There is no record to count: the outbreak is empty, or the account does not see its records. Counted, it would take everything away from DHIS2."
        "Is it the right outbreak, and may the account list its cases?"
    GodataIncomplete "godata_incomplete"
        "Go.Data counts more records than it gave. What is missing would be taken away from DHIS2, so nothing was pushed."
        "Run again. If it stays so, ask the Go.Data administrator what the account may see."
    Dhis2Failure "dhis2"
        "DHIS2 cannot be read or written, for a reason that has no code of its own."
        "Read the message; `-vv` tells which request it was."
    Dhis2Address "dhis2_address"
        "`url` under `[dhis2]` is no address of a server."
        "Correct it: `https://`, the name of the server, and the path under which DHIS2 is installed."
    Dhis2PlainHttp "dhis2_plain_http"
        "`url` under `[dhis2]` begins with `http://` and leads to another machine: the password would travel readable."
        "Use `https://`, or set `allow_http = true` on a line on which nobody listens."
    Dhis2Connection "dhis2_connection"
        "No connection to DHIS2 came about. Nothing was sent."
        "Check the address, the line, the proxy and whether the server is up; then run again."
    Dhis2Certificate "dhis2_certificate"
        "DHIS2's certificate is not trusted: it expired, is for another name, or its authority is unknown to this machine. Nothing was sent."
        "Have the certificate renewed, or its authority trusted on this machine. There is no switch against the check."
    Dhis2Timeout "dhis2_timeout"
        "DHIS2 did not answer in time, its answer broke off, or an import that it does in the background did not end. Values may have been written."
        "Run again: it reads first what arrived. If it stays so, raise `timeout_secs` or lower `batch_values` under `[dhis2]`."
    Dhis2OtherServer "dhis2_other_server"
        "Something else answers at DHIS2's address: a login page, a proxy, another path."
        "Open the address in a browser and correct `url`, with the path under which DHIS2 is installed."
    Dhis2Unreadable "dhis2_unreadable"
        "An answer of DHIS2 is not what its API gives."
        "Run with `-vv` to see which request it was. Does a proxy change answers?"
    Dhis2TooLarge "dhis2_too_large"
        "An answer of DHIS2, or a request to it, is larger than the limit."
        "Run fewer periods at a time with `--from` and `--to`, or lower `look_back`."
    Dhis2Login "dhis2_login"
        "DHIS2 does not accept user name and password, or the token."
        "Correct them. A token has to be whole, may have expired, and has to allow `GET` and `POST`."
    Dhis2Locked "dhis2_locked"
        "The DHIS2 account is locked or disabled."
        "Ask the DHIS2 administrator to unlock it, and check the password."
    Dhis2Permission "dhis2_permission"
        "The DHIS2 account lacks an authority or a sharing."
        "Ask the DHIS2 administrator for it; the manual lists what the account needs."
    Dhis2Unknown "dhis2_unknown"
        "DHIS2 has no such object, or this account may not read it: DHIS2 does not tell the two apart."
        "Check the identifier, `id_scheme`, and the sharing."
    Dhis2Ambiguous "dhis2_ambiguous"
        "Several objects of DHIS2 have this name or code."
        "Name it by UID."
    Dhis2Refused "dhis2_refused"
        "DHIS2, or a proxy before it, refuses a whole request. What was written before is in the ledger."
        "Look up the status and the code in the message in DHIS2's log, or ask its administrator."
    Dhis2Failed "dhis2_failed"
        "DHIS2 failed with a status of 500 or more, each time it was asked."
        "Look into its log and run again: what was written is read first."
    Dhis2Busy "dhis2_busy"
        "DHIS2, or a proxy before it, asks to slow down."
        "Run again later, at a quieter hour."
    Dhis2Version "dhis2_version"
        "DHIS2 is older than 2.38, or its version cannot be read."
        "Upgrade DHIS2. Answers of older versions to an import cannot be trusted."
    Dhis2Calendar "dhis2_calendar"
        "DHIS2 uses a calendar other than ISO 8601, in which a period's name means other days."
        "Only ISO 8601 is supported."
    Dhis2Replaced "dhis2_replaced"
        "Another DHIS2 answers at the address than at the first run, or one that does not say which it is. The ledger would speak of values that are not there."
        "If it was replaced on purpose, use another state folder. Does a proxy cut the answer?"
    Held "held"
        "Nothing can go on before a person has looked, or before a later day: no period is open, DHIS2 moved since a plan was made, a request is not settled, or nobody confirmed."
        "Do what the hint says."
    Temporary "temporary"
        "Something that may pass by itself."
        "Run again later. It is always safe: a run reads first and pushes only what differs."
}

impl Code {
    /// The code of what has none of its own.
    pub fn of(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::Internal => Self::Internal,
            ErrorKind::Config => Self::Configuration,
            ErrorKind::Godata => Self::GodataFailure,
            ErrorKind::Dhis2 => Self::Dhis2Failure,
            ErrorKind::Held => Self::Held,
            ErrorKind::Temporary => Self::Temporary,
        }
    }

    /// The code with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_words_of_their_own_and_lead_back() {
        let names: BTreeSet<_> = Code::ALL.iter().map(|code| code.name()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        for code in Code::ALL {
            assert!(code.name().chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'), "{code}");
            assert_eq!(Code::named(code.name()), Some(*code));
        }
        assert_eq!(Code::named("no_such_code"), None);
    }

    #[test]
    fn causes_and_remedies_are_whole_sentences_that_fit_a_table() {
        for code in Code::ALL {
            for text in [code.cause(), code.remedy()] {
                assert!(text.ends_with(['.', '?']) && !text.contains(['|', '\n']), "{code}: {text}");
            }
        }
    }
}
