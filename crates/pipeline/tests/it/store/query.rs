//! Questions in SQL: right answers, and a way out for nobody.

use super::at;
use super::line_list::belonging;
use compact_str::CompactString;
use epi::field;
use epi::record::{
    Answer as Said, Event, FollowUp, LabResult, Participant, Person, PersonKind, Record, RecordKind, Relationship,
    Stay, Vaccination,
};
use epi::value::Value;
use jiff::civil::date;
use pipeline::store::{Answer, LineList, Mode, NewRecord, QueryError, QueryLimits, QueryValue, views};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tempfile::TempDir;

fn persons() -> Vec<Person> {
    let case = Person {
        id: "a".into(),
        visual_id: Some("CASE-1".into()),
        classification: Some("CONFIRMED".into()),
        gender: Some("FEMALE".into()),
        age_years: Some(31),
        age_months: Some(0),
        date_of_onset: Some(date(2026, 1, 5)),
        residence: Some("SN001".into()),
        was_contact: Some(true),
        safe_burial: Some(false),
        stays: vec![
            Stay { kind: Some("HOSPITALIZATION".into()), start: Some(date(2026, 1, 6)), ..Stay::default() },
            Stay { kind: Some("ISOLATION".into()), start: Some(date(2026, 1, 7)), ..Stay::default() },
        ],
        answers: vec![Said {
            variable: "temperature".into(),
            value: Some("38.5".into()),
            number: Some("38.5".parse().unwrap()),
            date: Some(date(2026, 1, 6)),
        }],
        ..Person::default()
    };
    let contact = Person {
        id: "b".into(),
        kind: PersonKind::Contact,
        vaccinations: vec![Vaccination { vaccine: Some("X".into()), ..Vaccination::default() }],
        ..Person::default()
    };
    let quoted = Person { id: "it's \"c\"".into(), kind: PersonKind::ContactOfContact, ..Person::default() };
    vec![case, contact, quoted]
}

/// One of each other table, with all that it can hold.
fn others() -> Vec<Record> {
    let answers = vec![Said { variable: "fever".into(), value: Some("yes".into()), ..Said::default() }];
    let participant = |id: &str, kind: &str| Some(Participant { id: id.into(), kind: Some(kind.into()) });
    let (id, date) = (CompactString::from, Some(date(2026, 1, 7)));
    let follow_up = FollowUp {
        id: id("f"),
        person_id: Some(id("b")),
        date,
        status: Some(id("SEEN_OK")),
        day_number: Some(3),
        targeted: Some(true),
        residence: Some(id("L2")),
        answers: answers.clone(),
        ..FollowUp::default()
    };
    let result = LabResult {
        id: id("l"),
        person_id: Some(id("a")),
        date_of_result: date,
        result: Some(id("POSITIVE")),
        answers: answers.clone(),
        ..LabResult::default()
    };
    let relationship = Relationship {
        id: id("r"),
        source: participant("a", "CASE"),
        target: participant("b", "CONTACT"),
        contact_date: date,
        active: Some(false),
        ..Relationship::default()
    };
    let event = Event { id: id("e"), date, category: Some(id("WEDDING")), answers, ..Event::default() };
    vec![
        Record::FollowUp(follow_up),
        Record::LabResult(result),
        Record::Relationship(relationship),
        Record::Event(event),
    ]
}

struct Scene {
    folder: TempDir,
    path: PathBuf,
}

fn scene() -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("o1.lines");
    let mut list = LineList::open(&path, &belonging("o1")).unwrap();
    let id = list.begin_extraction("o1", Mode::Full, Some(at(0)), at(1)).unwrap();
    let page: Vec<_> = persons().into_iter().map(Into::into).collect();
    list.put_page(id, RecordKind::Case, &page, &[], "z").unwrap();
    for record in others() {
        let kind = record.kind();
        list.put_page(id, kind, &[NewRecord { record, unreadable: Vec::new() }], &[], "z").unwrap();
    }
    list.finish_extraction(id, false, at(2)).unwrap();
    Scene { folder, path }
}

impl Scene {
    fn ask(&self, sql: &str) -> Result<Answer, QueryError> {
        LineList::query(&self.path, sql, &QueryLimits { timeout: Duration::from_secs(20), ..QueryLimits::default() })
    }

    fn rows(&self, sql: &str) -> Vec<Vec<QueryValue>> {
        self.ask(sql).unwrap_or_else(|error| panic!("{sql}: {}", said(&error))).rows
    }

    /// The bytes of the file and the names in its folder.
    fn traces(&self) -> (Vec<u8>, Vec<String>) {
        let mut names: Vec<String> = std::fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .filter(|name| !name.ends_with("-wal") && !name.ends_with("-shm"))
            .collect();
        names.sort();
        (std::fs::read(&self.path).unwrap(), names)
    }
}

fn said(error: &QueryError) -> String {
    match error {
        QueryError::Store(error) => format!("{error}"),
        QueryError::Statement { message, at, advice } => {
            let at = at.map(|at| format!(" at byte {at}")).unwrap_or_default();
            format!("{message}{at}. {}", advice.clone().unwrap_or_default())
        }
        QueryError::Costly { message, advice } => format!("{message}. {advice}"),
    }
}

fn text(text: &str) -> QueryValue {
    QueryValue::Text(text.into())
}

fn as_sql(value: Value<'_>) -> QueryValue {
    use rust_decimal::prelude::ToPrimitive;
    match value {
        Value::Null => QueryValue::Null,
        Value::Text(value) => text(value),
        Value::Date(date) => text(&date.to_string()),
        Value::Bool(flag) => QueryValue::Integer(i64::from(flag)),
        Value::Number(number) if number.is_integer() => QueryValue::Integer(number.to_i64().unwrap()),
        Value::Number(number) => QueryValue::Real(number.to_f64().unwrap()),
    }
}

/// Every field of every record, through its column.
#[test]
fn the_views_say_what_the_records_say() {
    let scene = scene();
    for person in persons() {
        let id = person.id.replace('\'', "''");
        for field in field::PERSON {
            let sql = format!("SELECT {} FROM persons WHERE id = '{id}'", field.name);
            assert_eq!(scene.rows(&sql), [[as_sql((field.get)((&person).into()))]], "{sql}");
        }
        for list in field::LISTS {
            let names: Vec<_> = list.fields.iter().map(|field| field.name).collect();
            let sql = format!("SELECT {} FROM {} WHERE person_id = '{id}'", names.join(", "), list.name);
            let expected: Vec<Vec<_>> = (0..(list.len)((&person).into()))
                .map(|i| list.fields.iter().map(|field| as_sql((field.get)((&person).into(), i))).collect())
                .collect();
            assert_eq!(scene.rows(&sql), expected, "{sql}");
        }
    }
    let view_of =
        |list: &str, prefix: &str| if list == "answers" { format!("{prefix}_answers") } else { list.to_owned() };
    for record in others() {
        let (joined, table) = (record.joined(None, None), record.kind().table());
        let view = format!("{}s", table.name.name());
        for field in table.fields {
            let sql = format!("SELECT {} FROM {view}", field.name);
            assert_eq!(scene.rows(&sql), [[as_sql((field.get)(joined))]], "{sql}");
        }
        for list in table.lists {
            let names: Vec<_> = list.fields.iter().map(|field| field.name).collect();
            let sql = format!("SELECT {} FROM {}", names.join(", "), view_of(list.name, table.name.name()));
            let expected: Vec<_> = list.fields.iter().map(|field| as_sql((field.get)(joined, 0))).collect();
            assert_eq!(scene.rows(&sql), [expected], "{sql}");
        }
    }
    let joined = "SELECT f.residence, p.kind FROM follow_ups f JOIN persons p ON p.id = f.person_id";
    assert_eq!(scene.rows(joined), [[text("L2"), text("contact")]]);
    for (view, n) in [("cases", 1), ("contacts", 1), ("contacts_of_contacts", 1), ("persons", 3), ("stays", 2)] {
        assert_eq!(scene.rows(&format!("SELECT count(*) FROM {view}")), [[QueryValue::Integer(n)]], "{view}");
    }
    for view in views() {
        let columns: Vec<_> = view.columns.iter().map(|column| column.name).collect();
        assert_eq!(scene.ask(&format!("SELECT * FROM {}", view.name)).unwrap().columns, columns, "{}", view.name);
    }
}

#[test]
fn what_analysts_write_is_possible() {
    let scene = scene();
    for sql in [
        "SELECT strftime('%Y-%m', date_of_onset) AS month, count(*) FROM cases GROUP BY month ORDER BY month",
        "WITH c AS (SELECT * FROM cases) SELECT count(*) FROM c",
        "SELECT c.id, s.type, s.start, s.end FROM cases c JOIN stays s ON s.person_id = c.id ORDER BY s.start",
        "SELECT id, row_number() OVER (PARTITION BY gender ORDER BY date_of_onset) FROM cases",
        "WITH RECURSIVE d(day) AS (SELECT '2026-01-01' UNION ALL SELECT date(day, '+1 day') FROM d LIMIT 7) \
         SELECT day, (SELECT count(*) FROM cases WHERE date_of_onset = day) FROM d",
        "SELECT avg(julianday(s.start) - julianday(c.date_of_onset)) FROM cases c JOIN stays s ON s.person_id = c.id",
        "VALUES (1)",
        "SELECT group_concat(id, ', ') FROM persons; -- a remark behind",
        "/* before */ SELECT 1",
        "SELECT id FROM cases WHERE id NOT IN (SELECT person_id FROM vaccinations) EXCEPT SELECT id FROM contacts",
        "SELECT value FROM json_each('[1, 2]')",
    ] {
        scene.rows(sql);
    }
    assert_eq!(
        scene.rows("SELECT number FROM answers WHERE variable = 'temperature'"),
        [[QueryValue::Real(38.5)]],
        "exact decimals are numbers"
    );
}

/// What must not be possible, and what is said instead.
const HOSTILE: &[(&str, &str)] = &[
    ("ATTACH '/tmp/tally-evil.db' AS x", "ATTACH is not possible"),
    ("ATTACH ':memory:' AS x", "ATTACH is not possible"),
    ("DETACH main", "DETACH is not possible"),
    ("PRAGMA query_only = 0", "PRAGMA is not possible"),
    ("PRAGMA writable_schema = 1", "PRAGMA is not possible"),
    ("PRAGMA temp_store_directory = '/tmp'", "PRAGMA is not possible"),
    ("PRAGMA journal_mode = DELETE", "PRAGMA is not possible"),
    ("PRAGMA database_list", "PRAGMA is not possible"),
    ("SELECT * FROM pragma_database_list", "is not"),
    ("SELECT count(*) FROM pragma_database_list", "is not"),
    ("SELECT count(*) FROM pragma_table_info('records')", "is not"),
    ("SELECT load_extension('evil.so')", "function `load_extension` is not possible"),
    ("SELECT readfile('/etc/passwd')", "unknown function `readfile`"),
    ("SELECT writefile('/tmp/tally-evil', 'x')", "unknown function `writefile`"),
    ("SELECT edit('x')", "unknown function `edit`"),
    ("SELECT fts3_tokenizer('simple')", "function `fts3_tokenizer` is not possible"),
    ("SELECT fts3_tokenizer('simple', x'00')", "function `fts3_tokenizer` is not possible"),
    ("SELECT randomblob(1000000000)", "function `randomblob` is not possible"),
    ("SELECT zeroblob(1000000000)", "function `zeroblob` is not possible"),
    ("SELECT sqlite_compileoption_get(1)", "function `sqlite_compileoption_get` is not possible"),
    ("SELECT printf('%.*c', 1000000000, 'x')", "longer than"),
    ("SELECT printf('%1000000000d', 1)", "longer than"),
    ("SELECT replace(printf('%.*c', 900000, 'x'), 'x', 'yyyyyyyyyy')", "longer than"),
    (
        "SELECT group_concat(printf('%.*c', 100000, 'x')) FROM \
      (WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r LIMIT 1000) SELECT n FROM r)",
        "longer than",
    ),
    ("VACUUM", "VACUUM is not possible"),
    ("VACUUM INTO '/tmp/tally-evil.db'", "VACUUM is not possible"),
    ("VACUUM main INTO '/tmp/tally-evil.db'", "VACUUM is not possible"),
    ("CREATE TEMP TABLE t AS SELECT * FROM cases", "is not possible"),
    ("CREATE TEMP VIEW t AS SELECT * FROM records", "is not possible"),
    ("CREATE TABLE t (x)", "is not possible"),
    ("CREATE VIRTUAL TABLE t USING fts5(x)", "is not possible"),
    ("CREATE TRIGGER t AFTER INSERT ON records BEGIN SELECT 1; END", "is not possible"),
    ("DROP VIEW cases", "is not possible"),
    ("DROP TABLE records", "is not possible"),
    ("ALTER TABLE records RENAME TO x", "is not possible"),
    ("REINDEX", "is not possible"),
    ("ANALYZE", "is not possible"),
    ("BEGIN", "a transaction is not possible"),
    ("SAVEPOINT x", "a transaction is not possible"),
    ("COMMIT", "a transaction is not possible"),
    ("INSERT INTO records (id) VALUES ('x')", "INSERT is not possible"),
    ("INSERT INTO cases (id) VALUES ('x')", "is not possible"),
    ("UPDATE records SET json = '{}' RETURNING json", "is not"),
    ("DELETE FROM records RETURNING id", "DELETE is not possible"),
    ("REPLACE INTO records (id) VALUES ('x')", "is not possible"),
    ("WITH x AS (SELECT 1) DELETE FROM records", "DELETE is not possible"),
    ("SELECT 1; SELECT 2", "several statements"),
    ("SELECT 1; DROP TABLE records", "is not possible"),
    ("SELECT 1 /* ; */ ; -- \n DELETE FROM records", "is not possible"),
    ("SELECT 1;;; ATTACH 'x' AS y", "is not possible"),
    ("EXPLAIN SELECT * FROM cases", "EXPLAIN is not possible"),
    ("EXPLAIN QUERY PLAN SELECT * FROM cases", "EXPLAIN is not possible"),
    ("", "there is no SELECT"),
    ("-- SELECT 1", "there is no SELECT"),
    ("/* SELECT 1", "there is no SELECT"),
    (";", "there is no SELECT"),
    ("SELECT ?1", "has parameters"),
    ("SELECT :id FROM cases", "has parameters"),
    ("SELECT sql FROM sqlite_master", "`sqlite_master` is not a view"),
    ("SELECT count(*) FROM sqlite_schema", "is not a view"),
    ("SELECT count(*) FROM sqlite_temp_master", "is not a view"),
    ("SELECT name FROM temp.sqlite_master", "is not a view"),
    ("SELECT * FROM sqlite_sequence", "is not a view"),
    ("SELECT json FROM records", "`records` is not a view"),
    ("SELECT json FROM main.records", "`records` is not a view"),
    ("SELECT count(*) FROM records", "`records` is not a view"),
    ("SELECT 1 FROM RECORDS", "is not a view"),
    ("SELECT json FROM former", "`former` is not a view"),
    ("SELECT * FROM meta", "`meta` is not a view"),
    ("SELECT count(*) FROM extraction", "`extraction` is not a view"),
    // A part that is named like a view does not read as the view does.
    ("WITH cases AS (SELECT json FROM records) SELECT * FROM cases", "`records` is not a view"),
    ("WITH persons AS (SELECT json FROM former) SELECT count(*) FROM persons", "`former` is not a view"),
    ("WITH records AS (SELECT 1 AS json) SELECT json FROM main.records", "`records` is not a view"),
    ("SELECT (SELECT count(*) FROM former) FROM cases", "`former` is not a view"),
    ("SELECT * FROM dbstat", "`dbstat` is not a view"),
    ("SELECT count(*) FROM dbstat", "`dbstat` is not a view"),
    ("SELECT count(*) FROM fts3tokenize", "is not"),
    ("SELECT * FROM sqlite_dbpage", "is not a view"),
    ("SELECT * FROM bytecode('SELECT 1')", "is not a view"),
    ("SELECT id FROM cases WHERE id MATCH 'x'", "function `match` is not possible"),
    ("SELECT id FROM cases WHERE id REGEXP 'x'", "unknown function `REGEXP`"),
];

#[test]
fn nothing_gets_out() {
    let scene = scene();
    let before = scene.traces();
    for (sql, words) in HOSTILE {
        match scene.ask(sql) {
            Ok(answer) => panic!("{sql}: {answer:?}"),
            Err(error) => {
                let said = said(&error);
                assert!(said.contains(words), "{sql}: {said}");
                assert!(!matches!(error, QueryError::Store(_)), "{sql}: {said}");
                assert!(!said.contains("records_"), "{sql}: {said}");
            }
        }
    }
    assert_eq!(scene.traces(), before);
    for file in ["/tmp/tally-evil", "/tmp/tally-evil.db"] {
        assert!(!PathBuf::from(file).exists(), "{file}");
    }
    assert_eq!(scene.rows("SELECT count(*) FROM persons"), [[QueryValue::Integer(3)]]);
}

#[test]
fn a_statement_without_an_end_is_stopped() {
    let scene = scene();
    let cost = QueryLimits { timeout: Duration::from_millis(200), ..QueryLimits::default() };
    for sql in [
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r",
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r LIMIT 3000) \
         SELECT count(*) FROM r a, r b, r c",
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r LIMIT 100000) \
         SELECT count(*) FROM r WHERE instr(printf('%.*c', 900000, 'a'), printf('%.*c', 400000, 'a') || n) > 0",
    ] {
        let begun = Instant::now();
        let error = LineList::query(&scene.path, sql, &cost).unwrap_err();
        assert!(said(&error).contains("took longer than 0.2 s"), "{sql}: {}", said(&error));
        assert!(begun.elapsed() < Duration::from_secs(15), "{sql}: {:?}", begun.elapsed());
    }
}

#[test]
fn long_answers_are_cut_and_say_so() {
    let scene = scene();
    let numbers = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n FROM r";
    let answer = scene.ask(numbers).unwrap();
    assert_eq!((answer.rows.len(), answer.has_more), (10_000, true));
    let cost = QueryLimits { rows_max: 3, ..QueryLimits::default() };
    let answer = LineList::query(&scene.path, "SELECT id FROM persons", &cost).unwrap();
    assert_eq!((answer.rows.len(), answer.has_more), (3, false), "no more than these");
    let cost = QueryLimits { bytes_max: 5_000_000, ..QueryLimits::default() };
    let wide =
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT printf('%.*c', 900000, 'x') FROM r";
    let answer = LineList::query(&scene.path, wide, &cost).unwrap();
    assert_eq!((answer.rows.len(), answer.has_more), (5, true));
}

#[test]
fn a_slip_is_shown_with_its_place_and_what_was_meant() {
    let scene = scene();
    let all: String = [
        "SELECT clasification FROM cases",
        "SELECT \"clasification\" FROM cases",
        "SELECT start FROM cases",
        "SELECT id FROM case",
        "SELECT id FROM main.cases",
        "SELECT id FORM cases",
        "SELECT id FROM cases WHERE (id = 'a'",
        "SELECT coutn(*) FROM cases",
        "SELECT count(id, 2) FROM cases",
        "SELECT id FROM cases c, contacts d",
        "SELECT shoe_size FROM cases",
        "SELECT id FROM cases WHERE gender = FEMALE",
        "SELECT id FROM cases GROUP BY 7",
    ]
    .iter()
    .map(|sql| format!("{sql}\n    {}\n", said(&scene.ask(sql).unwrap_err())))
    .collect();
    insta::assert_snapshot!(all);
}

#[test]
fn a_run_and_a_query_do_not_wait_for_each_other() {
    let scene = scene();
    let mut list = LineList::open(&scene.path, &belonging("o1")).unwrap();
    list.wait_at_most(Duration::from_millis(1)).unwrap();
    let id = list.begin_extraction("o1", Mode::Full, Some(at(10)), at(11)).unwrap();
    let endless = "WITH RECURSIVE r(n) AS (SELECT count(*) FROM persons UNION ALL SELECT n + 1 FROM r) \
                   SELECT count(*) FROM r";
    let path = scene.path.clone();
    let asking = std::thread::spawn(move || {
        LineList::query(&path, endless, &QueryLimits { timeout: Duration::from_secs(1), ..QueryLimits::default() })
    });
    let page: Vec<_> = persons().into_iter().take(1).map(Into::into).collect();
    let mut n = 0;
    while !asking.is_finished() {
        list.put_page(id, RecordKind::Case, &page, &[], &format!("a{n}")).expect("a page goes in while a query reads");
        let answer = scene.ask("SELECT count(*) FROM persons").expect("a query reads while pages go in");
        assert_eq!((answer.rows, answer.is_mixed), (vec![vec![QueryValue::Integer(3)]], true));
        n += 1;
    }
    assert!(n > 0);
    assert!(said(&asking.join().unwrap().unwrap_err()).contains("took longer than 1 s"));
    list.finish_extraction(id, false, at(12)).unwrap();
    let answer = scene.ask("SELECT id FROM persons").unwrap();
    assert_eq!((answer.rows, answer.is_mixed), (vec![vec![text("a")]], false));
}
