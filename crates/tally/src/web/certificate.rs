//! The certificate as one page that stands alone: no script, no outside resource, made to be printed on A4 and signed.

use crate::render::number::{counted, in_english};
use askama::Template;
use jiff::Timestamp;
use jiff::fmt::strtime;
use pipeline::certificate::{Certificate, CertifiedIndicator, CertifiedSpan};
use pipeline::report::Tally;
use pipeline::tie_out::Difference;

/// Differences on the page; a certificate that has more is no paper to sign.
const DIFFERENCES_SHOWN: usize = 50;

#[derive(Template)]
#[template(path = "certificate.html")]
struct Page<'c> {
    certificate: &'c Certificate,
    /// The report's name and span.
    subject: String,
    /// One word about everything: what the reader looks for first.
    verdict: &'static str,
    agrees: bool,
    /// The verdict in sentences.
    sentences: Vec<String>,
    facts: Vec<(&'static str, String)>,
    totals: Vec<Line>,
    /// Indicators that Go.Data was not asked for, and why.
    not_asked: Vec<(String, String)>,
    differences: &'c [Difference],
    n_more_differences: usize,
    classifications: Vec<Line>,
    account: Vec<AccountLine>,
    annex: Vec<(String, Vec<Line>, Vec<String>)>,
    hashes: [(&'static str, &'c str); 4],
}

/// A line of a table: its name, its figures, and whether the sides agree.
struct Line {
    name: String,
    figures: Vec<String>,
    verdict: &'static str,
    agrees: bool,
}

struct AccountLine {
    name: String,
    counted: String,
    excluded: String,
}

/// The page of a certificate.
///
/// # Errors
/// What the template engine says; it can only run out of memory.
pub(crate) fn page(certificate: &Certificate, differences: &[Difference]) -> Result<String, String> {
    let (dhis2, godata) = (certificate.dhis2_agrees() && differences.is_empty(), certificate.godata_agrees());
    let shown = DIFFERENCES_SHOWN.min(differences.len());
    let page = Page {
        certificate,
        subject: format!("{}, {} to {}", certificate.report, certificate.first, certificate.last),
        verdict: if dhis2 && godata { "The sides agree" } else { "The sides differ" },
        agrees: dhis2 && godata,
        sentences: sentences(certificate, dhis2),
        facts: facts(certificate),
        totals: certificate.indicators.iter().map(total).collect(),
        not_asked: not_asked(certificate),
        differences: &differences[..shown],
        n_more_differences: differences.len() - shown,
        classifications: classifications(certificate),
        account: account(certificate),
        annex: certificate.indicators.iter().map(periods).collect(),
        hashes: [
            ("Definitions", &certificate.definitions_hash),
            ("Values", &certificate.cells_hash),
            ("Plan", &certificate.plan_hash),
            ("This certificate", &certificate.hash),
        ],
    };
    page.render().map_err(|error| error.to_string())
}

/// What the certificate says, for somebody who reads nothing else.
fn sentences(certificate: &Certificate, dhis2_agrees: bool) -> Vec<String> {
    let (values, records) = (counted(certificate.n_cells, "value"), counted(certificate.godata.n_records, "record"));
    let mut sentences = vec![format!("Tally computed {values} from {records} of Go.Data.")];
    let aside = if certificate.holds() { ", those aside that are held" } else { "" };
    sentences.push(match dhis2_agrees {
        true => format!("DHIS2 says every one of them{aside}."),
        false => format!("DHIS2 does not say all of them{aside}."),
    });
    let n_asked: usize = certificate.indicators.iter().map(|indicator| indicator.total().n_asked).sum();
    sentences.push(match (n_asked, certificate.godata_disagreement()) {
        (_, Some(otherwise)) => format!("{otherwise}."),
        (0, None) => "Go.Data was not asked for counts of its own.".to_owned(),
        (n, None) => format!("Go.Data's own counts, {}, all agree with what was read.", in_english(n as u64)),
    });
    sentences
}

fn facts(certificate: &Certificate) -> Vec<(&'static str, String)> {
    let (godata, dhis2) = (&certificate.godata, &certificate.dhis2);
    let outbreak = godata.outbreak.clone().unwrap_or_else(|| certificate.outbreak_id.clone());
    let version = godata.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
    vec![
        ("Outbreak", outbreak),
        ("Data set", dhis2.data_set_name.clone()),
        ("Periods", format!("{} to {}", certificate.first, certificate.last)),
        ("From", format!("Go.Data{version}, {}", godata.source)),
        ("To", format!("DHIS2 {}, {}", dhis2.version, dhis2.url)),
        ("System id of DHIS2", dhis2.system_id.clone()),
        (
            "Computed by",
            format!(
                "Tally {}, run {} of {}",
                certificate.tally_version,
                certificate.run,
                minute(certificate.started_at)
            ),
        ),
        ("Tied out", minute(certificate.tied_out_at)),
    ]
}

fn total(indicator: &CertifiedIndicator) -> Line {
    let total = indicator.total();
    let godata = match total.godata {
        None => "\u{2013}".to_owned(),
        Some(n) if total.n_asked < indicator.periods.len() => format!("({})", in_english(n)),
        Some(n) => in_english(n),
    };
    let figures = vec![
        in_english(total.n_records),
        in_english(total.missed),
        godata,
        figure(&total.ours),
        figure(&total.dhis2),
        figure(&total.held),
    ];
    line(named(&indicator.title, total.suppressed.as_ref()), figures, total.dhis2_agrees && total.godata_agrees)
}

fn periods(indicator: &CertifiedIndicator) -> (String, Vec<Line>, Vec<String>) {
    let lines = indicator.periods.iter().map(|period| {
        let figures = vec![
            in_english(period.n_records),
            in_english(period.missed),
            period.godata.map_or_else(|| "\u{2013}".to_owned(), in_english),
            figure(&period.ours),
            figure(&period.dhis2),
            figure(&period.held),
        ];
        line(named(&period.period, period.suppressed.as_ref()), figures, period.agrees())
    });
    (indicator.title.clone(), lines.collect(), spans(indicator))
}

/// The name of a line, and what of it is left out of DHIS2.
fn named(name: &str, suppressed: Option<&String>) -> String {
    let suppressed = suppressed.map(|sum| format!(" ({} left out as small cells)", figure(sum)));
    format!("{name}{}", suppressed.unwrap_or_default())
}

fn line(name: String, figures: Vec<String>, agrees: bool) -> Line {
    Line { name, figures, verdict: if agrees { "yes" } else { "NO" }, agrees }
}

/// Go.Data's counts over several periods, as sentences.
fn spans(indicator: &CertifiedIndicator) -> Vec<String> {
    let said = |span: &CertifiedSpan| {
        let (read, theirs) = (in_english(span.read), in_english(span.godata));
        let verdict = if span.agrees() { "they agree" } else { "they do NOT agree" };
        format!("{} to {}: read by Tally {read}, counted by Go.Data {theirs}; {verdict}.", span.first, span.last)
    };
    indicator.spans.iter().map(said).collect()
}

/// The reasons why Go.Data has no count, each with its indicators.
fn not_asked(certificate: &Certificate) -> Vec<(String, String)> {
    let asked = certificate.indicators.iter();
    asked.filter_map(|indicator| Some((indicator.title.clone(), indicator.not_asked.clone()?))).collect()
}

fn classifications(certificate: &Certificate) -> Vec<Line> {
    let rows = certificate.classifications.rows.iter().map(|row| {
        let name = row.classification.clone().unwrap_or_else(|| "(none)".to_owned());
        line(name, vec![in_english(row.ours), in_english(row.godata)], row.ours == row.godata)
    });
    rows.collect()
}

fn account(certificate: &Certificate) -> Vec<AccountLine> {
    let list = |tallies: &[Tally]| {
        let some = tallies.iter().filter(|tally| tally.n > 0);
        some.map(|tally| format!("{} {}", in_english(tally.n), tally.name)).collect::<Vec<_>>().join(", ")
    };
    let rows = certificate.account.iter().map(|row| AccountLine {
        name: row.title.clone(),
        counted: in_english(row.counted),
        excluded: list(&row.excluded),
    });
    rows.collect()
}

/// A value with its thousands set apart where it is a whole number.
fn figure(value: &str) -> String {
    value.parse().map_or_else(|_| value.to_owned(), in_english)
}

fn minute(at: Timestamp) -> String {
    strtime::format("%-d %B %Y, %H:%M UTC", at).unwrap_or_else(|_| at.to_string())
}
