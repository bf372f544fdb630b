//! What a run does in each fault. The documentation's page is made of it.

use pipeline::ErrorKind;
use pipeline::report::Verdict;

/// How a run ends while the fault plays.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ends {
    /// With a report.
    Well(Verdict),
    /// With an error.
    Badly(ErrorKind),
}

/// What the scene needs besides the usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Setup {
    Plain,
    /// DHIS2 by a personal access token.
    Token,
    /// Time-outs that a test can wait for.
    ShortTimeouts,
    /// Imports as jobs.
    Jobs,
    /// A small limit of answers.
    SmallAnswers,
    /// Explicit zeros, which are significant.
    Zeros,
    /// A limit on losses, as in real life.
    Losses,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected {
    pub(super) name: &'static str,
    pub(super) ends: Ends,
    /// Words of the error, or of a warning or a rejection.
    pub(super) says: &'static str,
    /// What Tally does, for the documentation.
    pub(super) does: &'static str,
    pub(super) setup: Setup,
    /// The verdict of the run after the fault.
    pub(super) then: Verdict,
    /// Runs that it takes until nothing is left to do.
    pub(super) n_runs: u32,
    /// Values that a person changed, which are neither the truth nor what stood before.
    pub(super) n_foreign: usize,
    /// Values change their keys.
    pub(super) moves_keys: bool,
}

impl Expected {
    const fn new(name: &'static str, ends: Ends, says: &'static str, does: &'static str) -> Self {
        Self {
            name,
            ends,
            says,
            does,
            setup: Setup::Plain,
            then: Verdict::Clean,
            n_runs: 1,
            n_foreign: 0,
            moves_keys: false,
        }
    }

    const fn with(self, setup: Setup) -> Self {
        Self { setup, ..self }
    }
}

const fn clean(name: &'static str, does: &'static str) -> Expected {
    Expected::new(name, Ends::Well(Verdict::Clean), "", does)
}

const fn well(name: &'static str, verdict: Verdict, says: &'static str, does: &'static str) -> Expected {
    Expected::new(name, Ends::Well(verdict), says, does)
}

const fn partial(name: &'static str, says: &'static str, does: &'static str) -> Expected {
    Expected::new(name, Ends::Well(Verdict::Partial), says, does)
}

const fn fails(name: &'static str, kind: ErrorKind, says: &'static str, does: &'static str) -> Expected {
    Expected::new(name, Ends::Badly(kind), says, does)
}

use ErrorKind::{Dhis2, Godata, Temporary};

/// Asserted of the rows that say so.
pub(super) const ONE_LOGIN: &str = "Tries one log-in and ends.";
const AGAIN: &str = "Asks again after a pause, and goes on.";
const NOTHING: &str = "Ends before anything is pushed.";
const LATER: &str = "Ends before anything is pushed; it is worth trying later.";
const MOMENT: &str = "What was read counts as it was, what was not as it is. The next run brings the rest.";
const READ_BACK: &str = "Reads back what arrived, sends only what did not, and goes on.";
const STOPS: &str = "Ends. What was written before is in the ledger.";

/// The cells in which one record may count: those that differ when a field of it is unreadable.
const CELLS_OF_A_RECORD: usize = 6;

pub(super) static EXPECTED: &[Expected] = &[
    clean("godata-token-expires", "Logs in once more and goes on."),
    fails(
        "godata-token-refused",
        Godata,
        "not authorised",
        "Logs in once more, then ends: further attempts could lock the account.",
    ),
    fails("godata-wrong-password", Godata, "wrong e-mail or password", ONE_LOGIN),
    fails("godata-account-locked", Temporary, "blocked for a while", ONE_LOGIN),
    fails("godata-two-factor", Godata, "second factor", ONE_LOGIN),
    well(
        "godata-restricted-account",
        Verdict::Held,
        "losses_max_percent",
        "Warns that cases of other areas are missing, and holds the whole plan when more would be taken away than the \
         limit on losses allows.",
    )
    .with(Setup::Losses),
    clean("godata-records-inserted", MOMENT),
    clean("godata-records-edited", MOMENT),
    clean("godata-records-deleted", MOMENT),
    clean("godata-records-converted", MOMENT),
    clean("godata-body-cut", AGAIN),
    fails("godata-body-cut-always", Temporary, "cut off before its end", LATER),
    fails(
        "godata-list-ends-early",
        Temporary,
        "counts",
        "Sees by Go.Data's own count that records are missing, and ends before anything is pushed.",
    ),
    fails("godata-page-repeated", Godata, "not in order", NOTHING),
    clean("godata-slow-drip", "Waits, as long as a whole answer takes no longer than `timeout_secs`."),
    clean("godata-throttled", AGAIN),
    clean("godata-throttled-retry-after", "Waits as long as the server asks, a minute at most, and goes on."),
    fails("godata-throttled-always", Temporary, "slow down", LATER),
    clean("godata-internal-error", AGAIN),
    clean("godata-bad-gateway", AGAIN),
    clean("godata-bad-gateway-retry-after", AGAIN),
    clean("godata-unavailable", AGAIN),
    clean("godata-unavailable-retry-after", AGAIN),
    clean("godata-gateway-timeout", AGAIN),
    clean("godata-gateway-timeout-retry-after", AGAIN),
    fails("godata-unavailable-always", Temporary, "status 503", LATER),
    fails("godata-maintenance-page", Temporary, "status 503", LATER),
    fails("godata-html", Godata, "not JSON but HTML", NOTHING),
    fails(
        "godata-redirect",
        Godata,
        "https://elsewhere.example.org",
        "Follows no redirect, which could show the token to somebody, and ends before anything is pushed.",
    ),
    fails(
        "godata-gzip-bomb",
        Godata,
        "larger than",
        "Stops unpacking at the limit of 256 MB and ends before anything is pushed.",
    )
    .with(Setup::SmallAnswers),
    Expected {
        n_foreign: CELLS_OF_A_RECORD,
        ..well(
            "godata-long-text",
            Verdict::Clean,
            "unreadable",
            "Takes the field as unreadable, and lists the record among the issues.",
        )
    },
    clean("godata-long-unread-text", "Passes over the field."),
    Expected {
        n_foreign: CELLS_OF_A_RECORD,
        ..well(
            "godata-deep-nesting",
            Verdict::Clean,
            "unreadable",
            "Takes the field as unreadable, and lists the record among the issues.",
        )
    },
    clean("godata-deep-unread-nesting", "Passes over the field."),
    fails("godata-invalid-utf8", Godata, "unreadable", NOTHING),
    fails("godata-no-json", Godata, "unreadable", NOTHING),
    clean("godata-clock-ahead", "Counts by the days in the records, not by the server's clock."),
    clean("godata-clock-behind", "Counts by the days in the records, not by the server's clock."),
    fails(
        "godata-hangs",
        Temporary,
        "no answer in time",
        "Gives each attempt `timeout_secs`, then ends before anything is pushed.",
    )
    .with(Setup::ShortTimeouts),
    fails("godata-resets", Temporary, "no connection", LATER),
    clean("godata-reset", AGAIN),
    clean("godata-reset-after-head", AGAIN),
    fails(
        "dhis2-unauthorised",
        Dhis2,
        "does not accept the credentials",
        "Never tries again, because failures may lock the account, and ends.",
    ),
    fails("dhis2-account-disabled", Dhis2, "disabled", STOPS),
    fails("dhis2-token-revoked", Dhis2, "does not accept the credentials", STOPS).with(Setup::Token),
    fails("dhis2-authority-withdrawn", Dhis2, "not allowed", STOPS),
    fails("dhis2-login-redirect", Dhis2, "login page", STOPS),
    fails("dhis2-redirect", Dhis2, "https://elsewhere.example.org", "Follows no redirect of a write, and ends."),
    fails("dhis2-bad-request", Dhis2, "status 400", STOPS),
    fails("dhis2-no-such-path", Dhis2, "does not exist", STOPS),
    fails("dhis2-method-not-allowed", Dhis2, "status 405", STOPS),
    fails("dhis2-not-acceptable", Dhis2, "status 406", STOPS),
    fails("dhis2-conflict-without-summary", Dhis2, "refused: Conflict", STOPS),
    fails("dhis2-unsupported-media-type", Dhis2, "content type", STOPS),
    clean("dhis2-payload-too-large", "Cuts the import in halves until they pass, and goes on with that size."),
    clean("dhis2-throttled", "Waits as long as the server asks, a minute at most, and goes on."),
    clean("dhis2-unavailable-retry-after", "Waits as long as the server asks, a minute at most, and goes on."),
    clean("dhis2-unavailable", READ_BACK),
    clean("dhis2-bad-gateway", READ_BACK),
    clean("dhis2-gateway-timeout-after-write", READ_BACK),
    clean("dhis2-error-after-write", READ_BACK),
    clean("dhis2-error-after-half", READ_BACK),
    fails("dhis2-error-always", Dhis2, "status 500", "Reads back what arrived, sends it once more, then ends."),
    clean("dhis2-hangs-after-write", READ_BACK).with(Setup::ShortTimeouts),
    fails(
        "dhis2-hangs-before-write",
        Temporary,
        "no answer in time",
        "Reads back what arrived, sends it once more, then ends.",
    )
    .with(Setup::ShortTimeouts),
    fails(
        "dhis2-hangs",
        Temporary,
        "no answer in time",
        "Gives each attempt `timeout_secs`, then ends before a record is read.",
    )
    .with(Setup::ShortTimeouts),
    clean("dhis2-reset-after-write", READ_BACK),
    clean("dhis2-reset-after-head", READ_BACK),
    clean("dhis2-summary-cut", READ_BACK),
    clean("dhis2-html-after-write", READ_BACK),
    clean("dhis2-empty-answer", READ_BACK),
    fails("dhis2-maintenance-page", Temporary, "status 503", "Ends before a record is read."),
    fails("dhis2-login-page", Dhis2, "where JSON was expected", "Ends before a record is read."),
    fails(
        "dhis2-read-back-fails",
        Dhis2,
        "status 500",
        "Ends without a verdict: what was written is in the ledger, and the next run reads it.",
    ),
    partial(
        "dhis2-value-lost",
        "accepted by DHIS2 and not there",
        "Verify finds the value missing; the next run writes it.",
    ),
    partial(
        "dhis2-zeros-dropped",
        "accepted by DHIS2 and not there",
        "Verify finds the old values; the next run writes the zeros.",
    )
    .with(Setup::Zeros),
    clean("dhis2-duplicate-key", "Halves the rejected group, and goes on."),
    clean(
        "dhis2-person-edits-before-push",
        "Writes its own value over it if the comparison was less than ten seconds before: DHIS2 has no conditional write. Later, it looks once more and holds the value.",
    ),
    Expected {
        n_foreign: 1,
        then: Verdict::Held,
        ..partial(
            "dhis2-person-edits-after-push",
            "reads back differently",
            "Verify finds another value; the next run holds it as drifted.",
        )
    },
    well(
        "dhis2-data-set-locked",
        Verdict::Held,
        "",
        "Holds the values with DHIS2's own words; the next run writes them.",
    ),
    well(
        "dhis2-period-locked",
        Verdict::Held,
        "",
        "Halves rejected groups until only the locked values are left out, and holds those; the next run writes them.",
    ),
    well(
        "dhis2-option-refused",
        Verdict::Held,
        "",
        "Halves rejected groups until only the refused values are left out, and holds those; the next run writes them.",
    ),
    partial(
        "dhis2-request-rejected-for-one-id",
        "not found",
        "Halves the request until the value stands alone, and names it; the next run writes it.",
    ),
    partial(
        "dhis2-all-rejected",
        "failed as a whole",
        "Names the rejected values with DHIS2's words; the next run writes them.",
    ),
    Expected {
        moves_keys: true,
        ..partial(
            "dhis2-option-combo-removed",
            "",
            "Names the rejected values with DHIS2's words. The next run finds the new combo by its options, and the values that Tally wrote under the old one, and corrects them.",
        )
    },
    Expected {
        moves_keys: true,
        ..well(
            "dhis2-option-combo-regenerated",
            Verdict::Clean,
            "the new UID",
            "Finds the new combo by its options, and the values that Tally wrote under the old one, and corrects them. Where they are not all there, it says so.",
        )
    },
    fails(
        "dhis2-job-never-ends",
        Temporary,
        "did not finish in time",
        "Waits an hour, reads back what arrived, and ends.",
    )
    .with(Setup::Jobs),
    clean(
        "dhis2-clock-ahead",
        "Believes DHIS2's own day where DHIS2 decides by it: which periods are open and which expired.",
    ),
    well(
        "dhis2-clock-behind",
        Verdict::Held,
        "the period is not over",
        "Holds the periods that are not over by DHIS2's own day; the next run writes them.",
    ),
    fails(
        "dhis2-gzip-bomb",
        Dhis2,
        "exceeds",
        "Stops unpacking at the limit of 512 MB and ends before anything is pushed.",
    )
    .with(Setup::SmallAnswers),
];
