//! Random conditions over random persons have the truth that a naive evaluator finds, and no text makes the reader panic.

use epi::condition::Condition;
use epi::record::{Answer, Person, Stay};
use jiff::civil::Date;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use rust_decimal::Decimal;

/// An expression of the test's own.
#[derive(Clone, Debug)]
enum Node {
    Null,
    Text(&'static str),
    Number(Decimal),
    Date(Date),
    Bool(bool),
    Field(&'static str),
    Minus(Box<Node>),
    Infix(&'static str, Box<Node>, Box<Node>),
    Not(Box<Node>),
    In(Box<Node>, Vec<Node>, bool),
    Between(Box<Node>, Box<Node>, Box<Node>, bool),
    Like(Box<Node>, &'static str, bool),
    Is(Box<Node>, &'static str),
    Case(Vec<(Node, Node)>, Option<Box<Node>>),
    Switch(Box<Node>, Vec<(Node, Node)>, Option<Box<Node>>),
    Coalesce(Vec<Node>),
    Exists(&'static str, Box<Node>),
    Fold(&'static str, &'static str, Box<Node>, Box<Node>),
}

/// A value of the test's own; none is null.
#[derive(Clone, Debug, PartialEq, PartialOrd)]
enum Plain {
    Text(String),
    Number(Decimal),
    Date(Date),
    Bool(bool),
}

// Printing.

fn sql(node: &Node) -> String {
    let not = |negated: &bool| if *negated { "NOT " } else { "" };
    let arms = |arms: &[(Node, Node)], otherwise: &Option<Box<Node>>| {
        let arms: String = arms.iter().map(|(when, then)| format!(" WHEN {} THEN {}", sql(when), sql(then))).collect();
        format!("{arms}{} END", otherwise.as_ref().map_or(String::new(), |node| format!(" ELSE {}", sql(node))))
    };
    match node {
        Node::Null => "NULL".into(),
        Node::Text(text) => format!("'{}'", text.replace('\'', "''")),
        Node::Number(number) => number.to_string(),
        Node::Date(date) => format!("DATE '{date}'"),
        Node::Bool(flag) => flag.to_string().to_uppercase(),
        Node::Field(name) => (*name).into(),
        Node::Minus(inner) => format!("(- {})", sql(inner)),
        Node::Infix(sign, left, right) => format!("({} {sign} {})", sql(left), sql(right)),
        Node::Not(inner) => format!("(NOT {})", sql(inner)),
        Node::In(value, list, negated) => {
            let list: Vec<_> = list.iter().map(sql).collect();
            format!("({} {}IN ({}))", sql(value), not(negated), list.join(", "))
        }
        Node::Between(value, low, high, negated) => {
            format!("({} {}BETWEEN {} AND {})", sql(value), not(negated), sql(low), sql(high))
        }
        Node::Like(value, pattern, negated) => format!("({} {}LIKE '{pattern}')", sql(value), not(negated)),
        Node::Is(value, what) => format!("({} IS {what})", sql(value)),
        Node::Case(cases, otherwise) => format!("CASE{}", arms(cases, otherwise)),
        Node::Switch(operand, cases, otherwise) => format!("CASE {}{}", sql(operand), arms(cases, otherwise)),
        Node::Coalesce(values) => format!("COALESCE({})", values.iter().map(sql).collect::<Vec<_>>().join(", ")),
        Node::Exists(list, condition) => format!("EXISTS (SELECT 1 FROM {list} WHERE {})", sql(condition)),
        Node::Fold("COUNT", list, _, condition) => format!("(SELECT COUNT(*) FROM {list} WHERE {})", sql(condition)),
        Node::Fold(function, list, value, condition) => {
            format!("(SELECT {function}({}) FROM {list} WHERE {})", sql(value), sql(condition))
        }
    }
}

// Naive evaluation: values everywhere, every operand evaluated, no shortcuts.

type Element<'a> = Option<(&'static str, usize)>;

fn eval(node: &Node, person: &Person, element: Element<'_>) -> Option<Plain> {
    let value = |node: &Node| eval(node, person, element);
    let truth = |node: &Node| match eval(node, person, element) {
        Some(Plain::Bool(flag)) => Some(flag),
        None => None,
        other => panic!("{other:?} is not a truth value"),
    };
    let flag = |truth: Option<bool>| truth.map(Plain::Bool);
    match node {
        Node::Null => None,
        Node::Text(text) => Some(Plain::Text((*text).into())),
        Node::Number(number) => Some(Plain::Number(*number)),
        Node::Date(date) => Some(Plain::Date(*date)),
        Node::Bool(flag) => Some(Plain::Bool(*flag)),
        Node::Field(name) => field(person, element, name),
        Node::Minus(inner) => match value(inner)? {
            Plain::Number(number) => Some(Plain::Number(-number)),
            other => panic!("minus {other:?}"),
        },
        Node::Infix("AND", left, right) => flag(and(truth(left), truth(right))),
        Node::Infix("OR", left, right) => flag(not(and(not(truth(left)), not(truth(right))))),
        Node::Infix(sign @ ("+" | "-" | "*" | "/"), left, right) => calculate(sign, value(left)?, value(right)?),
        Node::Infix(sign, left, right) => flag(compare(sign, value(left), value(right))),
        Node::Not(inner) => flag(not(truth(inner))),
        Node::In(operand, list, negated) => {
            let mut none = Some(true);
            for item in list {
                none = and(none, not(compare("=", value(operand), value(item))));
            }
            let any = not(none);
            flag(if *negated { not(any) } else { any })
        }
        Node::Between(operand, low, high, negated) => {
            let inside = and(compare(">=", value(operand), value(low)), compare("<=", value(operand), value(high)));
            flag(if *negated { not(inside) } else { inside })
        }
        Node::Like(operand, pattern, negated) => {
            let Plain::Text(text) = value(operand)? else { panic!("LIKE of no text") };
            let (text, pattern): (Vec<_>, Vec<_>) = (text.chars().collect(), pattern.chars().collect());
            Some(Plain::Bool(like(&text, &pattern) != *negated))
        }
        Node::Is(operand, what) => Some(Plain::Bool(match *what {
            "NULL" => value(operand).is_none(),
            "NOT NULL" => value(operand).is_some(),
            "TRUE" => truth(operand) == Some(true),
            "NOT TRUE" => truth(operand) != Some(true),
            "FALSE" => truth(operand) == Some(false),
            _ => truth(operand) != Some(false),
        })),
        Node::Case(arms, otherwise) => match arms.iter().find(|(when, _)| truth(when) == Some(true)) {
            Some((_, then)) => value(then),
            None => otherwise.as_ref().and_then(|otherwise| value(otherwise)),
        },
        Node::Switch(operand, arms, otherwise) => {
            let taken = arms.iter().find(|(when, _)| compare("=", value(operand), value(when)) == Some(true));
            match taken {
                Some((_, then)) => value(then),
                None => otherwise.as_ref().and_then(|otherwise| value(otherwise)),
            }
        }
        Node::Coalesce(values) => values.iter().find_map(value),
        Node::Exists(list, condition) => {
            let len = if *list == "stays" { person.stays.len() } else { person.answers.len() };
            let found = (0..len).any(|index| eval(condition, person, Some((list, index))) == Some(Plain::Bool(true)));
            Some(Plain::Bool(found))
        }
        Node::Fold(function, list, of, condition) => {
            let len = if *list == "stays" { person.stays.len() } else { person.answers.len() };
            let chosen: Vec<usize> = (0..len)
                .filter(|index| eval(condition, person, Some((list, *index))) == Some(Plain::Bool(true)))
                .collect();
            let values: Vec<Plain> = chosen.iter().filter_map(|index| eval(of, person, Some((list, *index)))).collect();
            let sum = |sum: Option<Plain>, value: &Plain| match (sum?, value) {
                (Plain::Number(sum), Plain::Number(number)) => sum.checked_add(*number).map(Plain::Number),
                other => panic!("sum of {other:?}"),
            };
            let by_order = |a: &&Plain, b: &&Plain| a.partial_cmp(b).expect("values of one type");
            match *function {
                "COUNT" => Some(Plain::Number(chosen.len().into())),
                "MIN" => values.iter().min_by(by_order).cloned(),
                "MAX" => values.iter().max_by(by_order).cloned(),
                _ if values.is_empty() => None,
                _ => values.iter().fold(Some(Plain::Number(Decimal::ZERO)), sum),
            }
        }
    }
}

fn and(left: Option<bool>, right: Option<bool>) -> Option<bool> {
    match (left, right) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn not(truth: Option<bool>) -> Option<bool> {
    truth.map(|truth| !truth)
}

fn compare(sign: &str, left: Option<Plain>, right: Option<Plain>) -> Option<bool> {
    let (left, right) = (left?, right?);
    Some(match sign {
        "=" => left == right,
        "<>" => left != right,
        "<" => left < right,
        "<=" => left <= right,
        ">" => left > right,
        _ => left >= right,
    })
}

fn calculate(sign: &str, left: Plain, right: Plain) -> Option<Plain> {
    match (sign, left, right) {
        ("+", Plain::Number(left), Plain::Number(right)) => left.checked_add(right).map(Plain::Number),
        ("-", Plain::Number(left), Plain::Number(right)) => left.checked_sub(right).map(Plain::Number),
        ("*", Plain::Number(left), Plain::Number(right)) => left.checked_mul(right).map(Plain::Number),
        ("/", Plain::Number(left), Plain::Number(right)) => left.checked_div(right).map(Plain::Number),
        ("+", Plain::Date(date), Plain::Number(days)) | ("+", Plain::Number(days), Plain::Date(date)) => {
            walk(date, days).map(Plain::Date)
        }
        ("-", Plain::Date(date), Plain::Number(days)) => walk(date, -days).map(Plain::Date),
        ("-", Plain::Date(left), Plain::Date(right)) => {
            let days = right.until((jiff::Unit::Day, left)).unwrap().get_days();
            Some(Plain::Number(days.into()))
        }
        (sign, left, right) => panic!("{left:?} {sign} {right:?}"),
    }
}

/// Day by day.
fn walk(date: Date, days: Decimal) -> Option<Date> {
    let days: i64 = if days.fract().is_zero() { days.trunc().try_into().ok()? } else { return None };
    let longest = 20_000 * 366;
    if days.abs() > longest {
        return None;
    }
    (0..days.abs()).try_fold(date, |date, _| if days > 0 { date.tomorrow().ok() } else { date.yesterday().ok() })
}

fn like(text: &[char], pattern: &[char]) -> bool {
    match (pattern.first(), text.first()) {
        (None, first) => first.is_none(),
        (Some('%'), _) => (0..=text.len()).any(|skipped| like(&text[skipped..], &pattern[1..])),
        (Some('_'), Some(_)) => like(&text[1..], &pattern[1..]),
        (Some(wanted), Some(found)) => wanted == found && like(&text[1..], &pattern[1..]),
        (Some(_), None) => false,
    }
}

fn field(person: &Person, element: Element<'_>, name: &str) -> Option<Plain> {
    let text = |text: &Option<compact_str::CompactString>| text.as_ref().map(|text| Plain::Text(text.to_string()));
    let number = |number: Option<u32>| number.map(|number| Plain::Number(number.into()));
    match (element, name) {
        (Some(("stays", index)), "type" | "stays.type") => text(&person.stays[index].kind),
        (Some(("stays", index)), "start") => person.stays[index].start.map(Plain::Date),
        (Some(("stays", index)), "end" | "stays.end") => person.stays[index].end.map(Plain::Date),
        (Some(("answers", index)), "value") => text(&person.answers[index].value),
        (Some(("answers", index)), "number" | "answers.number") => person.answers[index].number.map(Plain::Number),
        (Some(("answers", index)), "date") => person.answers[index].date.map(Plain::Date),
        (_, "visual_id" | "person.visual_id") => text(&person.visual_id),
        (_, "classification") => text(&person.classification),
        (_, "residence") => text(&person.residence),
        (_, "age_years" | "person.age_years") => number(person.age_years),
        (_, "age_months") => number(person.age_months),
        (_, "date_of_onset") => person.date_of_onset.map(Plain::Date),
        (_, "date_of_outcome" | "person.date_of_outcome") => person.date_of_outcome.map(Plain::Date),
        (_, "was_contact") => person.was_contact.map(Plain::Bool),
        (_, "safe_burial" | "person.safe_burial") => person.safe_burial.map(Plain::Bool),
        other => panic!("{other:?}"),
    }
}

// Random conditions.

const TEXTS: &[&str] = &["", "A", "AB", "ABA", "a", "é", "it's", "A%", "日本"];
const PATTERNS: &[&str] = &["", "%", "_", "A%", "%A", "%B%", "A_", "_%_", "é", "%%A", "a"];
const DATES: &[&str] =
    &["2020-01-01", "2020-02-28", "2020-02-29", "2020-03-01", "2019-12-31", "9999-12-30", "-009999-01-02"];

fn a_date() -> impl Strategy<Value = Date> {
    select(DATES).prop_map(|text| text.parse().unwrap())
}

fn a_literal_date() -> impl Strategy<Value = Date> {
    select(&DATES[..6]).prop_map(|text| text.parse().unwrap())
}

fn a_number() -> impl Strategy<Value = Decimal> {
    prop_oneof![
        (-3_i64..40).prop_map(Decimal::from),
        (-300_i64..300).prop_map(|tenths| Decimal::new(tenths, 1)),
        Just(Decimal::MAX),
    ]
}

/// What may stand where: the list inside which a condition stands.
type Inside = Option<&'static str>;

fn fields(
    person: &[&'static str],
    inside: Inside,
    stays: &[&'static str],
    answers: &[&'static str],
) -> BoxedStrategy<Node> {
    let mut names = person.to_vec();
    match inside {
        Some("stays") => names.extend(stays),
        Some(_) => names.extend(answers),
        None => {}
    }
    select(names).prop_map(Node::Field).boxed()
}

fn boxed(strategy: &BoxedStrategy<Node>) -> BoxedStrategy<Box<Node>> {
    strategy.clone().prop_map(Box::new).boxed()
}

/// `CASE` and `COALESCE` of a type, in whose results null may stand.
fn choices(
    of: &BoxedStrategy<Node>,
    conditions: &BoxedStrategy<Node>,
    operands: &BoxedStrategy<Node>,
) -> BoxedStrategy<Node> {
    let or_null = prop_oneof![4 => of.clone(), 1 => Just(Node::Null)].boxed();
    let otherwise = option::of(boxed(&or_null));
    let operand_or_null = prop_oneof![4 => operands.clone(), 1 => Just(Node::Null)];
    // The first result has a type, so that the whole has.
    let arms = |whens: BoxedStrategy<Node>| {
        ((whens.clone(), of.clone()), vec((whens, or_null.clone()), 0..2)).prop_map(|(first, mut others)| {
            others.insert(0, first);
            others
        })
    };
    prop_oneof![
        (arms(conditions.clone()), otherwise.clone()).prop_map(|(arms, otherwise)| Node::Case(arms, otherwise)),
        (boxed(operands), arms(operand_or_null.boxed()), otherwise)
            .prop_map(|(operand, arms, otherwise)| Node::Switch(operand, arms, otherwise)),
        (of.clone(), vec(or_null, 0..3)).prop_map(|(first, mut others)| {
            others.insert(0, first);
            Node::Coalesce(others)
        }),
    ]
    .boxed()
}

fn infix(
    signs: &'static [&'static str],
    left: &BoxedStrategy<Node>,
    right: &BoxedStrategy<Node>,
) -> BoxedStrategy<Node> {
    (select(signs), boxed(left), boxed(right)).prop_map(|(sign, left, right)| Node::Infix(sign, left, right)).boxed()
}

/// The four types at a depth: text, number, date, truth.
fn nodes(depth: u32, inside: Inside) -> [BoxedStrategy<Node>; 4] {
    let text = prop_oneof![
        select(TEXTS).prop_map(Node::Text),
        fields(
            &["visual_id", "classification", "residence", "person.visual_id"],
            inside,
            &["type", "stays.type"],
            &["value"]
        ),
    ];
    let number = prop_oneof![
        a_number().prop_map(Node::Number),
        fields(&["age_years", "age_months", "person.age_years"], inside, &[], &["number", "answers.number"]),
    ];
    let date = prop_oneof![
        a_literal_date().prop_map(Node::Date),
        fields(
            &["date_of_onset", "date_of_outcome", "person.date_of_outcome"],
            inside,
            &["start", "stays.end"],
            &["date"]
        ),
    ];
    let truth = prop_oneof![
        1 => any::<bool>().prop_map(Node::Bool),
        4 => fields(&["was_contact", "safe_burial", "person.safe_burial"], inside, &[], &[]),
    ];
    let leaves = [text.boxed(), number.boxed(), date.boxed(), truth.boxed()];
    if depth == 0 {
        return leaves;
    }
    let [text, number, date, truth] = nodes(depth - 1, inside);
    let deeper_number = prop_oneof![
        infix(&["+", "-", "*", "/"], &number, &number),
        infix(&["-"], &date, &date),
        boxed(&number).prop_map(Node::Minus),
        choices(&number, &truth, &text),
    ];
    let deeper_date = prop_oneof![
        infix(&["+", "-"], &date, &number),
        infix(&["+"], &number, &date),
        choices(&date, &truth, &number),
    ];
    let (deeper_number, deeper_date) = match inside {
        Some(_) => (deeper_number.boxed(), deeper_date.boxed()),
        None => {
            let folded = |functions: &'static [&'static str], list: &'static str, of: usize| {
                let within = nodes(depth - 1, Some(list));
                let (of, condition) = (boxed(&within[of]), boxed(&within[3]));
                (select(functions), of, condition).prop_map(move |(f, of, c)| Node::Fold(f, list, of, c))
            };
            let numbers = folded(&["COUNT", "MIN", "MAX", "SUM"], "answers", 1);
            let dates = folded(&["MIN", "MAX"], "stays", 2);
            (prop_oneof![4 => deeper_number, 1 => numbers].boxed(), prop_oneof![4 => deeper_date, 1 => dates].boxed())
        }
    };
    let [leaf_text, leaf_number, leaf_date, leaf_truth] = leaves;
    let deeper_truth = conditions(depth, inside, [&text, &number, &date, &truth]);
    [
        prop_oneof![leaf_text, choices(&text, &truth, &date)].boxed(),
        prop_oneof![leaf_number, deeper_number].boxed(),
        prop_oneof![leaf_date, deeper_date].boxed(),
        prop_oneof![1 => leaf_truth, 6 => deeper_truth].boxed(),
    ]
}

fn conditions(depth: u32, inside: Inside, types: [&BoxedStrategy<Node>; 4]) -> BoxedStrategy<Node> {
    let truth = types[3];
    let or_null = |of: &BoxedStrategy<Node>| prop_oneof![5 => of.clone(), 1 => Just(Node::Null)].boxed();
    let maybe_null = or_null(truth);
    let mut kinds = vec![
        infix(&["AND", "OR"], &maybe_null, &maybe_null),
        infix(&["AND", "OR"], truth, truth),
        infix(&["=", "<>"], truth, truth),
        boxed(&maybe_null).prop_map(Node::Not).boxed(),
        (boxed(&maybe_null), select(&["NULL", "NOT NULL", "TRUE", "NOT TRUE", "FALSE", "NOT FALSE"][..]))
            .prop_map(|(value, what)| Node::Is(value, what))
            .boxed(),
        choices(truth, truth, types[0]),
        (boxed(types[0]), select(PATTERNS), any::<bool>())
            .prop_map(|(value, pattern, negated)| Node::Like(value, pattern, negated))
            .boxed(),
    ];
    for of in &types[..3] {
        kinds.push(infix(&["=", "<>", "<", "<=", ">", ">="], of, of));
        let list = vec(or_null(of), 1..4);
        kinds.push(
            (boxed(of), list, any::<bool>()).prop_map(|(value, list, negated)| Node::In(value, list, negated)).boxed(),
        );
        let bound = boxed(&or_null(of));
        kinds.push(
            (boxed(of), bound.clone(), bound, any::<bool>())
                .prop_map(|(value, low, high, negated)| Node::Between(value, low, high, negated))
                .boxed(),
        );
        kinds.push(
            (boxed(of), select(&["NULL", "NOT NULL"][..])).prop_map(|(value, what)| Node::Is(value, what)).boxed(),
        );
    }
    // A long list of constants takes another way through the evaluator.
    let constants = vec(or_null(&select(TEXTS).prop_map(Node::Text).boxed()), 12..16);
    kinds.push(
        (boxed(types[0]), constants, any::<bool>()).prop_map(|(value, list, not)| Node::In(value, list, not)).boxed(),
    );
    if inside.is_none() {
        for list in ["stays", "answers"] {
            let [.., condition] = nodes(depth - 1, Some(list));
            kinds.push(boxed(&condition).prop_map(move |condition| Node::Exists(list, condition)).boxed());
        }
    }
    proptest::strategy::Union::new(kinds).boxed()
}

fn a_person() -> impl Strategy<Value = Person> {
    let text = || option::of(select(TEXTS).prop_map(compact_str::CompactString::from));
    let dates = || option::of(a_date());
    let stay = (text(), dates(), dates()).prop_map(|(kind, start, end)| Stay { kind, start, end, ..Stay::default() });
    let answer = (text(), option::of(a_number()), dates()).prop_map(|(value, number, date)| Answer {
        variable: "q".into(),
        value,
        number,
        date,
    });
    let texts = (text(), text(), text());
    let numbers = (option::of(0_u32..40), option::of(0_u32..12));
    let flags = (option::of(any::<bool>()), option::of(any::<bool>()));
    (texts, numbers, (dates(), dates()), flags, vec(stay, 0..4), vec(answer, 0..4)).prop_map(
        |(texts, numbers, dates, flags, stays, answers)| Person {
            visual_id: texts.0,
            classification: texts.1,
            residence: texts.2,
            age_years: numbers.0,
            age_months: numbers.1,
            date_of_onset: dates.0,
            date_of_outcome: dates.1,
            was_contact: flags.0,
            safe_burial: flags.1,
            stays,
            answers,
            ..Person::default()
        },
    )
}

/// Words and signs of SQL in no order.
fn soup() -> impl Strategy<Value = String> {
    let words = "kind age_years date_of_onset was_case stays type start end date é AND OR NOT IN IS NULL TRUE LIKE BETWEEN CASE \
                 WHEN THEN ELSE END EXISTS SELECT 1 FROM WHERE COALESCE CAST AS INTERVAL DATE '2020-01-31' 'x' 'ü' 2.5 ( ( ( ) ) ) , . \
                 = <> < >= + - * / || :: [ ] { } ; ? @x $1 # \" ` ' -- /* */ == ! % ^ & | ~ DISTINCT ON OVER ANY ARRAY STRUCT \
                 TRIM( POSITION( EXTRACT( lower( \n \t";
    let words: Vec<_> = words.split(' ').filter(|word| !word.is_empty()).collect();
    vec(select(words), 0..30).prop_map(|words| words.join(" "))
}

fn reads_without_panic(text: &str) -> Result<(), TestCaseError> {
    let person = Person { stays: vec![Stay::default()], ..Person::default() };
    let stays = epi::field::list("stays").unwrap();
    for read in [Condition::parse(text), Condition::parse_for_list(text, stays)] {
        match read {
            Ok(condition) => {
                condition.matches(&person);
                condition.matches_element(&person, 0);
                for constant in condition.constants() {
                    prop_assert!(text[constant.span.clone()].starts_with('\''));
                }
            }
            Err(errors) => {
                prop_assert!(!errors.is_empty());
                for error in errors {
                    prop_assert!(text.get(error.span.clone()).is_some(), "{error:?}");
                    prop_assert!(!error.message.ends_with('.') && !error.message.is_empty());
                    prop_assert!(error.hint.is_none_or(|hint| hint.ends_with(['.', '?'])));
                }
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_random_condition_has_the_naive_truth(
        node in nodes(3, None)[3].clone(),
        persons in vec(a_person(), 8),
    ) {
        let text = sql(&node);
        let condition = match Condition::parse(&text) {
            Ok(condition) => condition,
            // Two nulls are too many for a comparison, zero is too little for a division; very large conditions for the limits.
            Err(errors) => {
                let refused = ["is never true", "divided by nothing", "more than", "longer than", "too deeply"];
                // The parser takes this for a query that gives the list.
                prop_assume!(!text.contains("IN ((SELECT"));
                let expected = errors.iter().all(|error| refused.iter().any(|part| error.message.contains(part)));
                prop_assert!(expected, "{text}: {errors:?}");
                return Err(TestCaseError::reject("beyond the limits"));
            }
        };
        for person in &persons {
            let naive = eval(&node, person, None).map(|value| value == Plain::Bool(true));
            prop_assert_eq!(condition.matches(person), naive, "{}\n{:?}", text, person);
            prop_assert_eq!(condition.explain(person).verdict, naive, "{}\n{:?}", text, person);
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in any::<String>()) {
        reads_without_panic(&text)?;
    }

    #[test]
    fn no_soup_makes_the_reader_panic(text in soup()) {
        reads_without_panic(&text)?;
    }
}
