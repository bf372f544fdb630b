//! What is refused, where, and with which advice.

use epi::condition::{Condition, ConditionError, LENGTH_MAX};
use epi::field;
use epi::record::Person;
use std::fmt::Write;

/// Errors as a person sees them: the line, carets below it, the message, the hint.
fn render(text: &str, errors: &[ConditionError]) -> String {
    let mut shown = String::new();
    for error in errors {
        let start = text[..error.span.start].rfind('\n').map_or(0, |at| at + 1);
        let line = text[start..].lines().next().unwrap_or_default();
        let before = text[start..error.span.start].chars().count();
        let width = text[error.span.clone()].lines().next().unwrap_or_default().chars().count().max(1);
        writeln!(shown, "{line}\n{:before$}{:^<width$} {error}", "", "").unwrap();
        if let Some(hint) = &error.hint {
            writeln!(shown, "{:before$}hint: {hint}", "").unwrap();
        }
    }
    shown
}

/// The messages of every text, one block each.
fn refused(texts: &[&str]) -> String {
    let blocks = texts.iter().map(|text| match Condition::parse(text) {
        Ok(_) => panic!("not refused: {text}"),
        Err(errors) => render(text, &errors),
    });
    blocks.collect::<Vec<_>>().join("\n")
}

#[test]
fn names() {
    insta::assert_snapshot!(refused(&[
        "clasification = 'CONFIRMED'",
        "Kind = 'case'",
        "dateOfOnset IS NULL",
        "shoe_size > 40",
        "type = 'ICU_ADMISSION'",
        "stays IS NULL",
        "stays.start > date_of_onset",
        "stay.start > date_of_onset",
        "stays.begin > date_of_onset",
        "person.outcom = 'ALIVE'",
        "a.b.c = 1",
        "EXISTS (SELECT 1 FROM stay WHERE start IS NULL)",
        "EXISTS (SELECT 1 FROM hospital)",
        "EXISTS (SELECT 1 FROM stays WHERE vaccine = 'A' AND vaccinations.date IS NULL)",
        "classification = \"CONFIRMED\"",
        "`kind` = 'case'",
    ]));
}

#[test]
fn types() {
    insta::assert_snapshot!(refused(&[
        "age_years = '5'",
        "'five' < age_years",
        "age_years = 'five'",
        "classification = 5",
        "date_of_onset = 5",
        "date_of_onset > '31/01/2020'",
        "date_of_onset > '2020-02-30'",
        "DATE '2020-1-1' < date_of_onset",
        "was_contact = 1",
        "was_contact = 'yes'",
        "was_contact > was_case",
        "1 < age_years < 5",
        "gender IN ('MALE', 2, was_case)",
        "date_of_onset BETWEEN '2020-01-01' AND 7",
        "age_years LIKE '3%'",
        "gender LIKE classification",
        "age_years",
        "NOT gender",
        "age_years AND was_contact",
        "age_years IS TRUE",
        "'CONFIRMED'",
        "gender + 1 = 2",
        "date_of_onset + date_of_reporting > 1",
        "age_years - date_of_onset = 1",
        "date_of_onset - '2020-01-01' > 3",
        "date_of_onset * 2 = 4",
        "-gender = 'x'",
        "CASE WHEN was_case THEN 1 ELSE 'one' END = 1",
        "CASE gender WHEN 1 THEN TRUE END",
        "CASE WHEN age_years THEN TRUE END",
        "COALESCE(age_years, 'none') = 1",
        "outcome = NULL",
        "age_years * 2 + age_months > 'a very long text that would bury the message'",
    ]));
}

#[test]
fn values() {
    insta::assert_snapshot!(refused(&[
        "kind = 'cases'",
        "kind IN ('case', 'animal')",
        "kind = 'LNG_X'",
        "age_years > 123456789012345678901234567890",
    ]));
}

#[test]
fn constructs() {
    insta::assert_snapshot!(refused(&[
        "lower(gender) = 'male'",
        "year(date_of_onset) = 2020 AND agee > 5",
        "count(*) > 1",
        "CAST(age_years AS TEXT) = '5'",
        "age_years::text = '5'",
        "EXTRACT(YEAR FROM date_of_onset) = 2020",
        "SUBSTRING(gender FROM 1 FOR 1) = 'M'",
        "TRIM(gender) = 'M'",
        "date_of_onset > CURRENT_DATE",
        "date_of_onset > now()",
        "date_of_onset + INTERVAL '3' DAY > date_of_reporting",
        "TIMESTAMP '2020-01-01 00:00:00' < date_of_onset",
        "gender ILIKE 'm%'",
        "gender LIKE 'm!%' ESCAPE '!'",
        "gender SIMILAR TO 'm'",
        "gender REGEXP 'm'",
        "gender COLLATE nocase = 'm'",
        "gender IS DISTINCT FROM 'M'",
        "was_case IS UNKNOWN",
        "gender || 'x' = 'y'",
        "age_years % 2 = 0",
        "age_years == 2",
        "was_case && was_contact",
        "!was_case",
        "age_years & 1 = 1",
        "~age_years = 1",
        "age_years = ?",
        "age_years = $1",
        "age_years = @x",
        "(age_years, 1) = (1, 1)",
        "age_years = ANY (1, 2)",
        "x'41' = gender",
        "N'a' = gender",
        "age_years = 5L",
        "gender[1] = 'M'",
        "TRUE; DROP TABLE person",
    ]));
}

#[test]
fn subqueries() {
    insta::assert_snapshot!(refused(&[
        "(SELECT 1) = 1",
        "gender IN (SELECT gender FROM stays)",
        "SELECT 1",
        "EXISTS (SELECT start FROM stays)",
        "EXISTS (SELECT 1, 2 FROM stays)",
        "EXISTS (SELECT DISTINCT type FROM stays)",
        "EXISTS (SELECT 1)",
        "EXISTS (SELECT 1 FROM stays, vaccinations)",
        "EXISTS (SELECT 1 FROM stays JOIN vaccinations ON TRUE)",
        "EXISTS (SELECT 1 FROM stays s WHERE s.start IS NULL)",
        "EXISTS (SELECT 1 FROM stays AS s)",
        "EXISTS (SELECT 1 FROM main.stays)",
        "EXISTS (SELECT 1 FROM (SELECT 1 FROM stays))",
        "EXISTS (SELECT 1 FROM stays WHERE start IS NULL ORDER BY start)",
        "EXISTS (SELECT 1 FROM stays WHERE start IS NULL GROUP BY type HAVING TRUE)",
        "EXISTS (SELECT 1 FROM stays WHERE start IS NULL LIMIT 1)",
        "EXISTS (SELECT 1 FROM stays WHERE start IS NULL FOR UPDATE)",
        "EXISTS (SELECT 1 FROM stays WHERE start IS NULL WINDOW w AS (ORDER BY start))",
        "EXISTS (SELECT 1 FROM stays UNION SELECT 1 FROM vaccinations)",
        "EXISTS (WITH x AS (SELECT 1) SELECT 1 FROM stays)",
        "EXISTS (VALUES (1))",
        "EXISTS (stays)",
        "EXISTS stays",
        "EXISTS (SELECT 1 FROM stays WHERE EXISTS (SELECT 1 FROM vaccinations))",
        "EXISTS (SELECT 1 FROM stays WHERE NOT EXISTS (SELECT 1 FROM vaccinations WHERE date < start))",
        "EXISTS (SELECT 1 FROM stays WHERE start)",
        "COALESCE()",
        "COALESCE(DISTINCT gender) = 'x'",
        "COALESCE(*) = 'x'",
        "COALESCE(gender) OVER () = 'x'",
        "stays.COALESCE(gender) = 'x'",
    ]));
}

#[test]
fn grammar() {
    insta::assert_snapshot!(refused(&[
        "",
        "  -- nothing\n",
        "age_years >",
        "age_years > > 5",
        "age_years 5",
        "gender = 'MALE' outcome = 'ALIVE'",
        "(age_years > 5",
        "age_years > 5)",
        "gender IN ()",
        "gender IN 'MALE'",
        "gender IN ('MALE',)",
        "gender BETWEEN 'A' OR 'B'",
        "CASE WHEN was_case THEN 1",
        "CASE END",
        "gender = 'MALE",
        "AND was_case",
        "was_case AND",
        "was_case, was_contact",
        "gender IS 'MALE'",
        "gender = 'a' 'b'",
        "/* open",
        "gender = \"MALE",
    ]));
}

#[test]
fn all_errors_at_once_with_their_places() {
    insta::assert_snapshot!(refused(&[
        "kind = 'cas' AND -- Fälle\n  (età > 5 OR gendre = 'ÉÈ')\r\n\tAND age_years = 'x' AND upper(outcom) = 'é'\nAND stays.start",
    ]));
}

#[test]
fn conditions_over_elements() {
    let stays = field::list("stays").unwrap();
    let texts = ["EXISTS (SELECT 1 FROM vaccinations)", "vaccinations.date > start", "typ = 'X'", "start"];
    let blocks = texts.map(|text| render(text, &Condition::parse_for_list(text, stays).unwrap_err()));
    insta::assert_snapshot!(blocks.join("\n"));
}

#[test]
fn what_is_too_much_is_refused_on_a_small_stack() {
    let deep = |n: usize, open: &str, close: &str| format!("{}was_case{}", open.repeat(n), close.repeat(n));
    let hostile = [
        deep(10_000, "(", ")"),
        deep(5_000, "(", ")"),
        "(".repeat(5_000),
        deep(60, "(", ")"),
        deep(2_000, "NOT ", ""),
        deep(300, "NOT ", ""),
        deep(300, "CASE WHEN ", " THEN TRUE END"),
        deep(60, "CASE WHEN ", " THEN TRUE END"),
        deep(60, "COALESCE(", ")"),
        deep(100, "EXISTS (SELECT 1 FROM stays WHERE ", ")"),
        deep(300, "- ", ""),
        format!("was_case{}", " IS NULL".repeat(250)),
        format!("age_years{} > 5", " + age_years".repeat(390)),
        format!("lower(age_years{}) > 5", " + age_years".repeat(390)),
        format!("age_years{} ^ 5", " + age_years".repeat(390)),
        format!("1{}", "+1".repeat(390)),
        format!("1{}", "=1".repeat(5_000)),
        format!("stays{} = 1", ".a".repeat(390)),
        format!("was_case{}", "AND was_case OR was_case ".repeat(1_000)),
        deep(31, "(was_case AND NOT (", "))"),
        "case-".repeat(390),
        "if(".repeat(32),
        "not exists(".repeat(32),
        "a.not-b.".repeat(100),
        "[".repeat(300),
        "{".repeat(300),
        "CASE ".repeat(300),
        "x".repeat(LENGTH_MAX),
        format!("'{}", "y".repeat(LENGTH_MAX)),
    ];
    let checked = std::thread::Builder::new().stack_size(2 << 20).spawn(move || {
        for text in &hostile {
            // Some are odd but small enough; then they are evaluated, on the same stack.
            let errors = match Condition::parse(text) {
                Ok(condition) => {
                    condition.clone().matches(&Person::default());
                    continue;
                }
                Err(errors) => errors,
            };
            for error in &errors {
                assert!(text.get(error.span.clone()).is_some(), "{error:?}");
            }
            assert!(errors.len() < 1_000);
        }
        let start = text_of_limit();
        assert!(Condition::parse(&start).is_ok());
    });
    checked.unwrap().join().unwrap();
}

/// As long and as deep as is possible.
fn text_of_limit() -> String {
    let chain = vec!["was_case"; 350].join(" AND ");
    format!("{}{chain}{}", "(".repeat(30), ")".repeat(30))
}

#[test]
fn limits_have_their_messages() {
    let parentheses = "(".repeat(40);
    let words = vec!["was_case"; 500].join(" OR ");
    let signs = format!("age_years{} > 5", " + age_years".repeat(200));
    let long = "x".repeat(LENGTH_MAX + 1);
    let messages = [parentheses, words, signs, long].map(|text| {
        let errors = Condition::parse(&text).unwrap_err();
        errors.iter().map(|error| format!("{:?} {error}\n", error.span)).collect::<String>()
    });
    insta::assert_snapshot!(messages.concat());
}
