//! What a condition means: three-valued logic, types, lists.

use super::{condition, person};
use epi::condition::Condition;
use epi::field::TableName;
use epi::field::{self, Domain, LISTS, PERSON};
use epi::record::Person;
use epi::value::ValueType;

fn truth(text: &str) -> Option<bool> {
    condition(text).matches(&person())
}

/// Each condition of a table has the truth beside it.
fn table(rows: &[(&str, Option<bool>)]) {
    for (text, expected) in rows {
        assert_eq!(truth(text), *expected, "{text}");
    }
}

const YES: Option<bool> = Some(true);
const NO: Option<bool> = Some(false);
const UNKNOWN: Option<bool> = None;

/// A condition for each truth value, none of them constant.
const TRUTHS: [(&str, Option<bool>); 3] = [("was_contact", YES), ("was_case", NO), ("safe_burial", UNKNOWN)];

#[test]
fn and_or_not_are_three_valued() {
    for (left, a) in TRUTHS {
        assert_eq!(truth(&format!("NOT {left}")), a.map(|a| !a), "NOT {left}");
        for (right, b) in TRUTHS {
            let and = if a == NO || b == NO { NO } else { a.and(b).and(YES) };
            let or = if a == YES || b == YES { YES } else { a.and(b).and(NO) };
            assert_eq!(truth(&format!("{left} AND {right}")), and, "{left} AND {right}");
            assert_eq!(truth(&format!("{left} OR {right}")), or, "{left} OR {right}");
        }
    }
}

#[test]
fn is_is_never_unknown() {
    for (text, value) in TRUTHS {
        assert_eq!(truth(&format!("{text} IS TRUE")), Some(value == YES));
        assert_eq!(truth(&format!("{text} IS NOT TRUE")), Some(value != YES));
        assert_eq!(truth(&format!("{text} IS FALSE")), Some(value == NO));
        assert_eq!(truth(&format!("{text} IS NOT FALSE")), Some(value != NO));
        assert_eq!(truth(&format!("{text} IS NULL")), Some(value.is_none()));
        assert_eq!(truth(&format!("{text} IS NOT NULL")), Some(value.is_some()));
    }
    table(&[("(outcome = 'ALIVE') IS NULL", YES), ("outcome IS NULL", YES), ("NULL IS NULL", YES), ("NULL", UNKNOWN)]);
}

#[test]
fn comparisons_with_what_nobody_filled_in_are_unknown() {
    for sign in ["=", "<>", "!=", "<", "<=", ">", ">="] {
        assert_eq!(truth(&format!("outcome {sign} 'ALIVE'")), UNKNOWN);
        assert_eq!(truth(&format!("date_of_outcome {sign} date_of_onset")), UNKNOWN);
    }
    table(&[
        ("age_years = 34", YES),
        ("age_years = 34.0", YES),
        ("age_years <> 34", NO),
        ("age_years >= 34 AND age_years <= 34", YES),
        ("age_years < 33.99", NO),
        ("date_of_onset < '2020-02-11'", YES),
        ("'2020-02-11' > date_of_onset", YES),
        ("date_of_onset = DATE '2020-02-10'", YES),
        ("date '2020-02-10' = date_of_onset", YES),
        ("residence = 'loc-é'", YES),
        ("gender < 'MALE'", YES),
        ("'ü' > 'z'", YES),
        ("was_contact = TRUE", YES),
        ("was_contact <> was_case", YES),
        ("safe_burial = false", UNKNOWN),
    ]);
}

#[test]
fn in_with_null() {
    table(&[
        ("gender IN ('MALE', 'FEMALE')", YES),
        ("gender IN ('MALE')", NO),
        ("gender IN ('MALE', NULL)", UNKNOWN),
        ("gender IN ('FEMALE', NULL)", YES),
        ("gender NOT IN ('MALE', NULL)", UNKNOWN),
        ("gender NOT IN ('FEMALE', NULL)", NO),
        ("outcome IN ('ALIVE')", UNKNOWN),
        ("outcome NOT IN ('ALIVE')", UNKNOWN),
        ("age_years IN (1, 34.00)", YES),
        ("date_of_onset IN ('2020-02-10')", YES),
        ("date_of_onset IN (date_of_outcome, date_of_reporting - 4)", YES),
    ]);
}

#[test]
fn a_long_list_means_the_same_as_a_short_one() {
    let ids: Vec<_> = (0..300).map(|n| format!("'5f6c4d1e-0000-4000-8000-{n:012}'")).collect();
    let list = ids.join(", ");
    table(&[
        (&format!("residence IN ({list})"), NO),
        (&format!("residence IN ({list}, 'loc-é')"), YES),
        (&format!("residence IN ({list}, NULL)"), UNKNOWN),
        (&format!("residence NOT IN ({list}, NULL)"), UNKNOWN),
        (&format!("outcome IN ({list})"), UNKNOWN),
    ]);
}

#[test]
fn between_is_two_comparisons() {
    table(&[
        ("age_years BETWEEN 34 AND 34", YES),
        ("age_years BETWEEN 35 AND 40", NO),
        ("age_years BETWEEN NULL AND 40", UNKNOWN),
        ("age_years BETWEEN NULL AND 33", NO),
        ("age_years BETWEEN 35 AND NULL", NO),
        ("age_years BETWEEN 30 AND NULL", UNKNOWN),
        ("age_years NOT BETWEEN 30 AND NULL", UNKNOWN),
        ("age_years NOT BETWEEN 35 AND NULL", YES),
        ("date_of_onset BETWEEN '2020-02-01' AND '2020-02-29'", YES),
        ("date_of_outcome BETWEEN '2020-02-01' AND '2020-02-29'", UNKNOWN),
    ]);
}

#[test]
fn like() {
    table(&[
        ("gender LIKE 'FE%'", YES),
        ("gender LIKE 'fe%'", NO),
        ("gender NOT LIKE '_EMALE'", NO),
        ("residence LIKE 'loc-_'", YES),
        ("outcome LIKE '%'", UNKNOWN),
        ("outcome NOT LIKE '%'", UNKNOWN),
    ]);
}

#[test]
fn arithmetic() {
    table(&[
        ("age_years * 12 + age_months = 408", YES),
        ("1 + 2 * 3 = 7 AND (1 + 2) * 3 = 9 AND -2 - -3 = 1 AND +4 / 8 = 0.5", YES),
        ("10 - 4 - 3 = 3 AND 16 / 4 / 2 = 2", YES),
        ("date_of_reporting - date_of_onset = 4", YES),
        ("date_of_onset - date_of_reporting = -4", YES),
        ("date_of_onset + 4 = date_of_reporting AND 4 + date_of_onset = date_of_reporting", YES),
        ("date_of_reporting - 4 = '2020-02-10'", YES),
        ("date_of_reporting + 20 = '2020-03-05'", YES),
        ("age_years / age_months = 1", UNKNOWN),
        ("(age_years / (age_years - age_years)) IS NULL", YES),
        ("date_of_onset + 4000000 > date_of_onset", UNKNOWN),
        ("date_of_onset - 99999999999999999999 > date_of_onset", UNKNOWN),
        ("(date_of_onset + 0.5) IS NULL", YES),
        ("date_of_onset + 1.0 = '2020-02-11'", YES),
        ("79228162514264337593543950335 * 2 > 0", UNKNOWN),
        ("79228162514264337593543950335 + 1 > 0", UNKNOWN),
        ("(age_years + NULL) IS NULL", YES),
        ("-age_years = -34", YES),
        ("1e2 = 100 AND .5 + 5. = 5.5", YES),
        ("0.1 + 0.2 = 0.3", YES),
    ]);
}

#[test]
fn case_takes_the_first_true_arm() {
    table(&[
        ("CASE WHEN safe_burial THEN 1 WHEN was_contact THEN 2 ELSE 3 END = 2", YES),
        ("CASE WHEN safe_burial THEN 1 ELSE 3 END = 3", YES),
        ("CASE WHEN was_case THEN 1 END = 1", UNKNOWN),
        ("CASE gender WHEN 'MALE' THEN FALSE WHEN 'FEMALE' THEN TRUE END", YES),
        ("CASE outcome WHEN 'ALIVE' THEN 1 ELSE 2 END = 2", YES),
        ("CASE outcome WHEN NULL THEN 1 ELSE 2 END = 2", YES),
        ("CASE WHEN was_contact THEN was_case ELSE was_contact END", NO),
        ("CASE date_of_onset WHEN '2020-02-10' THEN 'a' ELSE NULL END = 'a'", YES),
        ("CASE was_contact WHEN TRUE THEN date_of_onset ELSE '2020-01-01' END = '2020-02-10'", YES),
    ]);
}

#[test]
fn coalesce_takes_the_first_value() {
    table(&[
        ("COALESCE(date_of_outcome, date_of_onset) = '2020-02-10'", YES),
        ("coalesce(date_of_outcome, '2020-03-01') = '2020-03-01'", YES),
        ("COALESCE(safe_burial, was_contact)", YES),
        ("COALESCE(outcome, NULL) = 'ALIVE'", UNKNOWN),
        ("COALESCE(outcome, 'ALIVE') = 'ALIVE'", YES),
    ]);
}

#[test]
fn exists_is_never_unknown() {
    table(&[
        ("EXISTS (SELECT 1 FROM stays)", YES),
        ("EXISTS (SELECT * FROM stays WHERE type = 'ICU_ADMISSION')", YES),
        ("exists (select 1 from stays where type = 'ISOLATION')", NO),
        ("NOT EXISTS (SELECT 1 FROM stays WHERE type = 'ISOLATION')", YES),
        ("EXISTS (SELECT 1 FROM stays WHERE type IS NULL)", YES),
        ("EXISTS (SELECT 1 FROM stays WHERE centre = 'A')", NO),
        ("EXISTS (SELECT 1 FROM stays WHERE NULL)", NO),
        ("EXISTS (SELECT 1 FROM stays WHERE type = 'ICU_ADMISSION' AND start > date_of_onset)", YES),
        ("EXISTS (SELECT 1 FROM stays WHERE stays.end - stays.start + 1 = 6)", YES),
        ("EXISTS (SELECT 1 FROM stays WHERE end IS NULL AND start = '2020-02-12')", YES),
        ("EXISTS (SELECT 1 FROM classifications WHERE classification <> person.classification)", YES),
        ("EXISTS (SELECT 1 FROM classifications WHERE classification = 'CONFIRMED')", NO),
        ("EXISTS (SELECT 1 FROM vaccinations WHERE date <= date_of_onset - 14)", YES),
        ("EXISTS (SELECT 1 FROM answers WHERE variable = 'fever' AND value = 'yes')", YES),
        ("EXISTS (SELECT 1 FROM answers WHERE variable = 'fever' AND number > 1)", NO),
    ]);
    let nobody = Person::default();
    assert_eq!(condition("EXISTS (SELECT 1 FROM stays)").matches(&nobody), NO);
    assert_eq!(condition("NOT EXISTS (SELECT 1 FROM stays WHERE NULL)").matches(&nobody), YES);
}

#[test]
fn precedence_is_sqls() {
    table(&[
        ("TRUE OR FALSE AND FALSE", YES),
        ("(TRUE OR FALSE) AND FALSE", NO),
        ("NOT was_case AND was_contact", YES),
        ("NOT was_contact OR was_contact", YES),
        ("NOT age_years = 5", YES),
        ("NOT gender IN ('MALE')", YES),
        ("NOT outcome IS NULL", NO),
        ("age_years + 1 BETWEEN 35 AND 35 AND was_case", NO),
        ("age_years = 34 IS TRUE", YES),
    ]);
}

#[test]
fn a_full_reference_id_means_the_short_value() {
    let full = "LNG_REFERENCE_DATA_CATEGORY_CASE_CLASSIFICATION_CONFIRMED";
    table(&[
        (&format!("classification = '{full}'"), YES),
        (&format!("classification IN ('{full}')"), YES),
        (&format!("CASE classification WHEN '{full}' THEN TRUE END"), YES),
        (&format!("COALESCE(outcome, classification) = '{full}'"), NO),
        (&format!("COALESCE(classification, '{full}') = '{full}'"), YES),
        (&format!("gender = '{full}'"), NO),
        (&format!("classification = (('{full}'))"), YES),
    ]);
}

#[test]
fn every_name_of_the_catalogue_can_stand_in_every_place() {
    let shapes =
        ["{} IS NULL", "NOT ({} IS NOT NULL)", "COALESCE({}, NULL) IS NULL", "CASE WHEN {} IS NULL THEN TRUE END"];
    let typed = |value_type| match value_type {
        ValueType::Text => ["{} LIKE 'a'", "{} < 'a' OR 'a' < {}", "{} > {}"],
        ValueType::Number => ["{} + 1 = 2", "-{} IN (1, {})", "1 BETWEEN {} AND {}"],
        ValueType::Date => {
            ["{} - 1 = {}", "{} IN ('2020-01-01', {})", "'2020-01-01' BETWEEN {} AND {} AND {} < '2020-01-01'"]
        }
        ValueType::Bool => ["{} AND NOT {}", "{} OR {}", "CASE {} WHEN TRUE THEN {} ELSE {} END"],
    };
    let nobody = Person::default();
    for shape in shapes {
        for field in PERSON {
            let text = shape.replace("{}", field.name);
            condition(&text).matches(&nobody);
            assert!(condition(&text).mentions(field.name));
        }
    }
    for field in PERSON {
        for shape in typed(field.value_type) {
            condition(&shape.replace("{}", field.name)).matches(&nobody);
        }
    }
    for (list, field) in LISTS.iter().flat_map(|list| list.fields.iter().map(move |field| (list, field))) {
        for shape in shapes.into_iter().chain(typed(field.value_type)) {
            for name in [field.name.to_owned(), format!("{}.{}", list.name, field.name)] {
                let text = shape.replace("{}", &name);
                let alone =
                    Condition::parse_for_list(&text, list).unwrap_or_else(|errors| panic!("{text}: {errors:?}"));
                assert_eq!(alone.matches_element(&nobody, 0), None, "no such element");
                assert_eq!(alone.matches(&nobody), None, "not about a person");
                let inside = condition(&format!("EXISTS (SELECT 1 FROM {} WHERE {text})", list.name));
                assert_eq!(inside.matches(&nobody), NO);
                assert!(inside.mentions(&format!("{}.{}", list.name, field.name)) && inside.mentions(list.name));
            }
        }
    }
}

#[test]
fn a_condition_over_elements_sees_both() {
    let stays = field::list("stays").unwrap();
    let icu = Condition::parse_for_list("type = 'ICU_ADMISSION' AND start > date_of_onset", stays).unwrap();
    let truths: Vec<_> = (0..4).map(|index| icu.matches_element(&person(), index)).collect();
    assert_eq!(truths, [NO, YES, UNKNOWN, UNKNOWN]);
    assert_eq!(icu.needs().of(TableName::Person).into_iter().collect::<Vec<_>>(), ["dateOfOnset", "dateRanges"]);
    let any = Condition::parse_for_list("TRUE", stays).unwrap();
    assert_eq!(any.needs().of(TableName::Person).into_iter().collect::<Vec<_>>(), ["dateRanges"]);
    assert_eq!(condition("was_contact").matches_element(&person(), 99), YES);
}

#[test]
fn a_condition_says_what_it_looks_at() {
    let text = "kind = 'case'\n  AND classification IN ('CONFIRMED', 'LNG_REFERENCE_DATA_CATEGORY_CASE_CLASSIFICATION_PROBABLE')\n  \
                AND EXISTS (SELECT 1 FROM stays WHERE type = 'Ü' AND person.residence <> ( /* ' */ 'loc-1'))\n  AND gender LIKE 'F%' \
                AND gender > 'A' AND age_years + age_months > 3";
    let condition = condition(text);
    assert_eq!(condition.source(), text);
    assert_eq!(
        condition.needs().of(TableName::Person).into_iter().collect::<Vec<_>>(),
        ["age", "classification", "dateRanges", "gender", "usualPlaceOfResidenceLocationId"]
    );
    assert!(condition.mentions("kind") && condition.mentions("stays") && condition.mentions("stays.type"));
    assert!(!condition.mentions("type") && !condition.mentions("stays.start") && !condition.mentions("vaccinations"));
    let constants: Vec<_> = condition
        .constants()
        .iter()
        .map(|constant| (constant.list, constant.field, constant.value.as_str(), &text[constant.span.clone()]))
        .collect();
    let probable = "'LNG_REFERENCE_DATA_CATEGORY_CASE_CLASSIFICATION_PROBABLE'";
    assert_eq!(
        constants,
        [
            (None, "kind", "case", "'case'"),
            (None, "classification", "CONFIRMED", "'CONFIRMED'"),
            (None, "classification", "PROBABLE", probable),
            (Some("stays"), "type", "Ü", "'Ü'"),
            (None, "residence", "loc-1", "'loc-1'"),
        ]
    );
    assert_eq!(condition.constants()[4].domain, Domain::Location);
}

#[test]
fn a_condition_goes_to_other_threads() {
    fn is_shared<T: Clone + Send + Sync + 'static>() {}
    is_shared::<Condition>();
}
