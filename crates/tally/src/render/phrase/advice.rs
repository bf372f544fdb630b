//! What to do next, and what `check` and `doctor` find, in the language that was chosen.

use super::or_as_it_came;
use super::patterns::{first_of, parts};
use crate::language::say;

/// A sentence of the pipeline: advice, a finding, its cause or its remedy.
pub(crate) fn sentence(text: &str) -> String {
    or_as_it_came(text, known)
}

pub(super) fn known(text: &str) -> Option<String> {
    let (same, told) = (|(sentence, _): &&(&str, Told)| *sentence == text, |(_, told): &(&str, Told)| told());
    ADVICE.iter().find(same).map(told).or_else(|| known_finding(text)).or_else(|| known_count(text))
}

type Told = fn() -> String;

/// Sentences that are always the same: the pipeline's words, and what is said for them.
const ADVICE: &[(&str, Told)] = &[
    ("Correct the address.", || say!("advice-address")),
    ("Use `https://`, or set `allow_http = true` if nobody else can listen on the way.", || say!("advice-https")),
    ("Check the address, the line and whether the server is up; then run again.", || say!("advice-unreachable")),
    ("Have the server's certificate renewed, or its authority trusted on this machine.", || say!("advice-tls")),
    ("Is this DHIS2's own address? A login page or a proxy answers there.", || say!("advice-dhis2-address")),
    ("Is this DHIS2's own address, with the path under which it is installed?", || say!("advice-dhis2-path")),
    ("Check the user name and the password.", || say!("advice-user-and-password")),
    ("Check the token: whether it is whole, has not expired, and allows GET and POST.", || say!("advice-token")),
    ("Ask the DHIS2 administrator to unlock the account, and check the password.", || say!("advice-dhis2-locked")),
    ("Ask the DHIS2 administrator for the missing authority or sharing.", || say!("advice-dhis2-forbidden")),
    ("Tally writes to DHIS2 2.38 and later.", || say!("advice-dhis2-version")),
    ("Run again later; what was written is read back first.", || say!("advice-later-read-back")),
    ("Run fewer periods at a time with --from and --to, or lower `look_back`.", || say!("advice-fewer-periods")),
    (
        "DHIS2, or a proxy before it, refused the whole request; ask its administrator. What was written before \
         is in the ledger.",
        || say!("advice-dhis2-refused"),
    ),
    ("Look into the server's log, and run again; what was written is read back first.", || say!("advice-server-log")),
    ("Run with --verbose to see which request it was.", || say!("advice-verbose")),
    ("Check the identifier, and that the account may read it: DHIS2 does not tell the two apart.", || {
        say!("advice-dhis2-not-found")
    }),
    ("Name it by UID.", || say!("advice-by-uid")),
    ("Is this Go.Data's own address? Something else answers there.", || say!("advice-godata-address")),
    ("Check the e-mail address and the password. Ten failures lock the account for half an hour.", || {
        say!("advice-godata-login")
    }),
    ("Wait half an hour, and check the password before you run again.", || say!("advice-godata-blocked")),
    ("Give Tally an account of its own without a second factor.", || say!("advice-godata-second-factor")),
    ("Somebody else signed in with this account? Give Tally one of its own.", || say!("advice-godata-somebody-else")),
    ("Ask the Go.Data administrator for the permission or the outbreak.", || say!("advice-godata-forbidden")),
    ("Check the id or the name of the outbreak.", || say!("advice-godata-outbreak")),
    (
        "Is this Go.Data's own address? If it is, a record in the list is damaged where the message says. Nothing \
         was written to DHIS2.",
        || say!("advice-godata-damaged"),
    ),
    ("Lower `page_records`. Nothing was written to DHIS2.", || say!("advice-godata-page")),
    ("Run again later; nothing was written to DHIS2.", || say!("advice-later-nothing-written")),
    ("Correct the path in `files`.", || say!("advice-file-path")),
    ("Get the file again: it ends in the middle.", || say!("advice-file-cut")),
    ("Get the file again: it should hold a list of records, as Go.Data's API or its JSON export gives it.", || {
        say!("advice-file-list")
    }),
    (
        "Is it the right outbreak, and may the account list its cases? Nothing was written to DHIS2: without a \
         record, everything reported before would be retracted.",
        || say!("advice-no-record"),
    ),
    (
        "Are they the right files? Nothing was written to DHIS2: without a record, everything reported before \
         would be retracted.",
        || say!("advice-no-record-in-files"),
    ),
    ("Name it with --config, or run `tally demo --keep` for one to start from.", || say!("advice-find-configuration")),
    (
        "What changed is asked for by the server's clock, periods open and close by it, and certificates are held \
         against ours.",
        || say!("advice-clock"),
    ),
    ("Set the clock that is wrong; a time service (NTP) keeps it right.", || say!("advice-clock-set")),
    (
        "Metadata was imported from another server with its own default. Values written to one of them are not \
         seen by forms and indicators that use the other.",
        || say!("advice-defaults"),
    ),
    (
        "Let the DHIS2 administrator merge them; until then name data elements whose category combo has the \
         default that forms use.",
        || say!("advice-defaults-merge"),
    ),
    ("Whoever gets hold of its password or token can change or delete the whole country's data and metadata.", || {
        say!("advice-all-authorities")
    }),
    (
        "Give Tally an account of its own whose role has F_DATAVALUE_ADD, and F_DATAVALUE_DELETE where reports \
         retract by deletion.",
        || say!("advice-own-account"),
    ),
    ("DHIS2 refuses data values without it.", || say!("advice-needs-authority")),
    ("Add it to a role of the account (DHIS2: Users, User roles).", || say!("advice-add-authority")),
    ("DHIS2 takes values only below the units that are assigned to the account, of superusers too up to 2.42.", || {
        say!("advice-capture")
    }),
    ("Assign the top of the country, or of the part that is reported, to the account.", || {
        say!("advice-capture-assign")
    }),
    ("A proxy before it takes the header `Date` out of its answers; without it every run reads everything.", || {
        say!("advice-no-time")
    }),
    ("Let the proxy pass the header.", || say!("advice-no-time-proxy")),
    (
        "If the outbreak applies them, the lists and the counts lack the cases of other areas, and nothing says \
         so: the report would be too low.",
        || say!("advice-restricted"),
    ),
    ("Let the account disregard geographic restrictions (Go.Data: Users, the account).", || {
        say!("advice-restricted-not")
    }),
    ("Neither they nor a place above them have an organisation unit in the map of places.", || say!("advice-unmapped")),
    ("Run `tally map places`; it begins with those on which most records hang.", || say!("advice-unmapped-map")),
    ("DHIS2 would refuse the values of this organisation unit; they are held.", || say!("advice-unit-held")),
    (
        "Assign the data set to it, or the account, or leave its column org_unit empty so that its places count \
         above.",
        || say!("advice-unit-assign"),
    ),
    ("As above.", || say!("advice-as-above")),
    ("`tally check` lists all.", || say!("advice-check-lists")),
    ("Values of such periods are held, and corrections of them do not reach DHIS2.", || say!("advice-periods-held")),
    (
        "Shorten `look_back`, or let the DHIS2 administrator open the periods (expiry days, data input periods) \
         or give the account F_EDIT_EXPIRED.",
        || say!("advice-periods-open"),
    ),
    ("Their setting \"store zero data values\" is off, so a zero and no report look the same there.", || {
        say!("advice-zeros")
    }),
    ("Switch the setting on (Maintenance, Data element), or leave out `zeros`.", || say!("advice-zeros-on")),
    ("A renamed option or a new category combo can send values elsewhere than people look.", || say!("advice-renamed")),
    ("`tally plan` shows what would change before anything is pushed.", || say!("advice-plan-shows")),
];

/// Sentences with names in them.
fn known_finding(text: &str) -> Option<String> {
    known_of_servers(text).or_else(|| known_of_reports(text))
}

fn known_of_servers(text: &str) -> Option<String> {
    first_of! { text;
        "Did you mean `*`?" [name] => say!("finding-did-you-mean", name = name);
        "Known: *." [names] => say!("finding-known", names = names);
        "Known are: *." [names] => say!("finding-known-are", names = names);
        "Set `*` and run again." [name] => say!("finding-set-variable", name = name);
        "the configuration has * problems" [count] => say!("finding-problems", count = count);
        "every password and token is where the file says" [] => say!("finding-well-secrets");
        "no run was made yet: `*` holds no state" [folder] => say!("finding-well-no-state", folder = folder);
        "* signs in as * and shows the outbreak \"*\"" [url, account, outbreak] =>
            say!("finding-well-godata", url = url, account = account, outbreak = outbreak);
        "Go.Data *; Tally was studied on *" [version, studied] =>
            say!("finding-well-godata-version", version = version, studied = studied);
        "the account is not bound to an area" [] => say!("finding-well-unbound");
        "the clocks of * and of this machine agree" [server] => say!("finding-well-clocks", server = server);
        "* is DHIS2 * and knows the account as `*`" [url, version, account] =>
            say!("finding-well-dhis2", url = url, version = version, account = account);
        "the account may write data values, and not everything" [] => say!("finding-well-authorities");
        "there is one default category option combo" [] => say!("finding-well-defaults");
        "the account `*` may do everything (authority ALL)" [account] =>
            say!("finding-may-everything", account = account);
        "the account `*` lacks the authority *" [account, authority] =>
            say!("finding-lacks-authority", account = account, authority = authority);
        "the account `*` has no organisation unit for data capture" [account] =>
            say!("finding-no-capture", account = account);
        "there are * category option combos named `default`: *" [count, names] =>
            say!("finding-several-defaults", count = count, names = names);
        "the account is bound by geographic restrictions" [] => say!("finding-bound");
        "Go.Data does not tell its time" [] => say!("finding-no-date");
        "The state in `*` is sound." [folder] => say!("finding-check-state", folder = folder);
    }
}

fn known_of_reports(text: &str) -> Option<String> {
    first_of! { text;
        "`*`: its definitions fit data set \"*\"" [report, data_set] =>
            say!("finding-well-definitions", report = report, data_set = data_set);
        "`*`: every value that it names is in Go.Data's reference data" [report] =>
            say!("finding-well-reference", report = report);
        "`*`: 1 location counts nowhere" [report] => say!("finding-one-unmapped", report = report);
        "`*`: * locations count nowhere" [report, count] =>
            say!("finding-some-unmapped", report = report, count = count);
        "`*`: the data set is assigned to * organisation unit* of the map, and the account may write there"
            [report, n, _plural] => say!("finding-well-units", report = report, n = number(n)?);
        "`*`: DHIS2 takes all periods from * to *" [report, first, last] =>
            say!("finding-well-periods", report = report, first = first, last = last);
        "`*`: DHIS2 stores the zeros that it writes" [report] => say!("finding-well-zeros", report = report);
        "`*`: its metadata is as at run *" [report, run] => say!("finding-well-metadata", report = report, run = run);
        "`*` writes zeros, and DHIS2 drops those of *" [report, names] =>
            say!("finding-drops-zeros", report = report, names = names);
        "`*`: since run * somebody changed *" [report, run, names] =>
            say!("finding-metadata-changed", report = report, run = run, names = names);
        "`*`: * more of this kind" [report, count] =>
            say!("finding-more-of-this-kind", report = report, count = count);
        "Report `*`: Go.Data * answers at *, outbreak \"*\"." [report, version, url, outbreak] =>
            say!("finding-check-godata", report = report, version = version, url = url, outbreak = outbreak);
        "Report `*`: DHIS2 * answers at *; data set \"*\" takes * indicator* in * organisation unit*."
            [report, version, url, data_set, indicators, _plural, units, _plurals] => say!(
                "finding-check-dhis2",
                report = report,
                version = version,
                url = url,
                data_set = data_set,
                indicators = number(indicators)?,
                units = number(units)?,
            );
        "Report `*`: 1 location counts nowhere: no organisation unit is mapped there or above." [report] =>
            say!("finding-check-one-unmapped", report = report);
        "Report `*`: * locations count nowhere: no organisation unit is mapped there or above." [report, count] =>
            say!("finding-check-some-unmapped", report = report, count = count);
    }
}

/// Sentences with counts whose plural changes.
fn known_count(text: &str) -> Option<String> {
    if let Some([file, reports]) =
        parts(text, "`*` is well formed: * report").or_else(|| parts(text, "`*` is well formed: * reports"))
    {
        return Some(say!("finding-well-formed", file = file, n = number(reports)?));
    }
    if let Some([reports, _, mapped, places, _]) =
        parts(text, "The configuration is well formed: * report*, * of * place* mapped.")
    {
        let (n, mapped, places) = (number(reports)?, number(mapped)?, number(places)?);
        return Some(say!("finding-check-well-formed", n = n, mapped = mapped, places = places));
    }
    let [report, n, _, all, reason] = parts(text, "`*`: * period* of * cannot be written now: *")?;
    Some(say!("finding-periods-held", report = report, n = number(n)?, all = number(all)?, reason = reason))
}

fn number(text: &str) -> Option<u64> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::patterns::{assert_worded, sources};
    use super::*;

    /// Words that the pipeline puts together itself; snapshots have them whole.
    const PUT_TOGETHER: &[&str] = &[
        "1 location counts nowhere",
        "locations count nowhere",
        "1 location counts nowhere: no organisation unit is mapped there or above",
        "locations count nowhere: no organisation unit is mapped there or above",
    ];

    /// The English message is what the pipeline says, so that a changed word of it is found.
    #[test]
    fn every_sentence_is_one_of_the_pipeline() {
        let sources = sources();
        for (sentence, _) in ADVICE {
            assert_eq!(known(sentence).as_deref(), Some(*sentence));
            let quoted = sentence.replace('"', "\\\"");
            assert!(sources.contains(&format!("\"{quoted}")), "nobody says: {sentence}");
        }
    }

    #[test]
    fn sentences_with_names_and_counts_are_known() {
        assert_worded(include_str!("advice.rs"), PUT_TOGETHER);
        for text in [
            "Did you mean `weekly`?",
            "Known: a, b.",
            "Known are: a, b.",
            "Set `weekly` and run again.",
            "the configuration has 3 problems",
            "every password and token is where the file says",
            "no run was made yet: `.tally` holds no state",
            "http://a/ signs in as tally and shows the outbreak \"Cholera: 2\"",
            "Go.Data 2.50.3; Tally was studied on 2.50",
            "the account is not bound to an area",
            "the clocks of DHIS2 and of this machine agree",
            "http://a/ is DHIS2 2.50.3 and knows the account as `tally`",
            "the account may write data values, and not everything",
            "there is one default category option combo",
            "`weekly`: its definitions fit data set \"A of B\"",
            "`weekly`: every value that it names is in Go.Data's reference data",
            "`weekly`: 1 location counts nowhere",
            "`weekly`: 3 locations count nowhere",
            "`weekly`: the data set is assigned to 3 organisation units of the map, and the account may write there",
            "`weekly`: the data set is assigned to 1 organisation unit of the map, and the account may write there",
            "`weekly`: DHIS2 takes all periods from 2026W1 to 2026W9",
            "`weekly`: DHIS2 stores the zeros that it writes",
            "`weekly`: its metadata is as at run 7",
            "the account `tally` may do everything (authority ALL)",
            "the account `tally` lacks the authority F_DATAVALUE_ADD",
            "the account `tally` has no organisation unit for data capture",
            "there are 3 category option combos named `default`: a, b",
            "the account is bound by geographic restrictions",
            "Go.Data does not tell its time",
            "`weekly` writes zeros, and DHIS2 drops those of a, b",
            "`weekly`: since run 7 somebody changed a, b",
            "`weekly`: 3 more of this kind",
            "The state in `.tally` is sound.",
            "Report `weekly`: Go.Data 2.50.3 answers at http://a/, outbreak \"Cholera: 2\".",
            "Report `weekly`: DHIS2 2.50.3 answers at http://a/; data set \"A of B\" takes 8 indicators in 37 \
             organisation units.",
            "Report `weekly`: DHIS2 2.42.1 answers at http://a/; data set \"A\" takes 1 indicator in 1 organisation unit.",
            "Report `weekly`: 1 location counts nowhere: no organisation unit is mapped there or above.",
            "Report `weekly`: 3 locations count nowhere: no organisation unit is mapped there or above.",
            "`tally.toml` is well formed: 1 report",
            "`tally.toml` is well formed: 2 reports",
            "The configuration is well formed: 1 report, 37 of 40 places mapped.",
            "The configuration is well formed: 2 reports, 1 of 1 place mapped.",
            "`weekly`: 3 periods of 30 cannot be written now: expired",
            "`weekly`: 1 period of 30 cannot be written now: expired",
        ] {
            assert_eq!(known(text).as_deref(), Some(text));
        }
        for text in ["Give it up.", "`weekly`: 3 periods of joy", "Did you mean it?"] {
            assert_eq!(known(text), None, "{text}");
        }
    }
}
