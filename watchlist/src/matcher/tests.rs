#![allow(clippy::unwrap_used)]
use super::*;
use crate::{Entity, EntityName, ListedDocument, NameKind, ReportedDocument};
use proptest::prelude::*;

fn entity(id: usize, names: &[&str], births: &[&str]) -> Entity {
    Entity {
        id: id.to_string(),
        list: "test".into(),
        kind: EntityKind::Person,
        names: names.iter().map(|n| EntityName { text: (*n).into(), kind: NameKind::Primary }).collect(),
        birth_dates: births.iter().map(|b| b.parse().unwrap()).collect(),
        nationalities: vec![],
        sex: None,
        documents: vec![],
        birth_places: vec![],
        programmes: vec![],
    }
}

fn matcher(entities: Vec<Entity>) -> Matcher {
    Matcher::new(Arc::new(Generation::build(entities).unwrap()))
}

#[test]
fn joined_and_split_names_are_found() {
    let mut m = matcher(vec![entity(0, &["ABD AL RAHMAN, Umar"], &["1938-05-03"]), entity(1, &["ABDULRAHMAN, Omar"], &[])]);
    for (surname, given) in [("ABDULRAHMAN", "OMAR"), ("ABD AL RAHMAN", "UMAR")] {
        let subject = Subject { surname, given_names: Some(given), ..Subject::default() };
        let mut found = vec![];
        m.find(&subject, 20.0, &mut found);
        assert_eq!(found.iter().map(|f| f.0).collect::<Vec<_>>(), [0, 1], "{surname}");
    }
}

#[test]
fn another_birth_date_weighs_visibly_less_and_unknown_nothing() {
    let mut m = matcher(vec![entity(0, &["MILUTINOVIC, Milan"], &["1942-12-19"])]);
    let mut bits = |birth: Option<&str>| {
        let birth_date = birth.map(|b| b.parse().unwrap());
        m.weigh(&Subject { surname: "MILUTINOVIC", given_names: Some("MILAN"), birth_date, ..Subject::default() }, 0)
    };
    let (same, unknown, other) = (bits(Some("1942-12-19")), bits(None), bits(Some("1980-03-02")));
    assert!(same > unknown + 10.0 && unknown > other + 4.0, "{same} {unknown} {other}");
}

#[test]
fn a_document_is_enough_and_evidence_sums_up() {
    let mut listed = entity(0, &["NASSER ARANA, Jorge"], &["1966-11-06"]);
    listed.documents = vec![ListedDocument { kind: 'P', number: "T7059I50".into(), issuer: Some("COL".into()) }];
    let mut m = matcher(vec![listed, entity(1, &["SMITH, John"], &[])]);
    let documents = [ReportedDocument { number: "T 705 9150", issuer: Some("COL") }];
    let subject = Subject { surname: "NASER", given_names: Some("JORGE"), documents: &documents, ..Subject::default() };
    let mut found = vec![];
    m.find(&subject, 24.0, &mut found);
    assert_eq!(found.len(), 1);
    let evidence = m.evidence(&subject, 0);
    assert!((evidence.bits - found[0].1).abs() < 0.01);
    assert!((evidence.items.iter().map(|i| i.bits).sum::<f32>() - evidence.bits).abs() < 0.05);
    assert!(evidence.line().contains("document T 705 9150 ~ T7059I50 (near)"), "{}", evidence.line());
}

#[test]
fn a_document_is_enough_where_no_name_is_known() {
    let mut listed = entity(0, &["NASSER ARANA, Jorge"], &["1966-11-06"]);
    listed.documents = vec![ListedDocument { kind: 'P', number: "T70591509".into(), issuer: None }];
    let mut m = matcher(vec![listed, entity(1, &["SMITH, John"], &["1966-11-06"])]);
    let number = [ReportedDocument { number: "T70591509", issuer: None }];
    let find = |m: &mut Matcher, subject: &Subject<'_>| {
        let (mut index, mut nested) = (vec![], vec![]);
        m.find(subject, 24.0, &mut index);
        m.find_nested_loop(subject, 24.0, &mut nested);
        assert_eq!(index, nested);
        index
    };
    for birth_date in [None, "1966-11-06".parse().ok()] {
        let unnamed = Subject { birth_date, documents: &number, ..Subject::default() };
        let [(0, bits)] = find(&mut m, &unnamed)[..] else { panic!("a document finds one") };
        let evidence = m.evidence(&unnamed, 0);
        assert_eq!(evidence.bits, bits);
        assert!((evidence.items.iter().map(|i| i.bits).sum::<f32>() - bits).abs() < 0.05);
        assert!(evidence.line().starts_with("document T70591509 = T70591509"), "{}", evidence.line());
        // A date alone is no key, and another name is a mismatch.
        assert_eq!(find(&mut m, &Subject { documents: &[], ..unnamed }), []);
        let other = find(&mut m, &Subject { surname: "SMITH", ..unnamed });
        assert!(other.iter().all(|f| f.0 == 1));
    }
}

#[test]
fn contradiction_costs_more_than_omission() {
    let mut m = matcher(vec![entity(0, &["PETROV, Ivan Sergeevich"], &[])]);
    let mut bits = |given| m.weigh(&Subject { surname: "PETROV", given_names: Some(given), ..Subject::default() }, 0);
    assert!(bits("IVAN") > bits("IVAN KONSTANTINOVICH") + 2.0);
}

fn words() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        "MUHAMMAD|MOHAMED|ALI|AL|ABD|RAHMAN|ABDULRAHMAN|ABDEL|HASSAN|HUSSEIN|J|M|[A-D]{2,7}|KIM|LI|LEE|\
         ALIHASSAN|HASSANKIM|MHMD|SERGEI|SERHII|SERHIYOVYCH|SERGEEVICH|HSIAO|XIAO|JURIJ|YURI|LTD|OOO|M0HAMED",
        1..7,
    )
    .prop_map(|w| w.join(" "))
}

fn birth() -> impl Strategy<Value = Option<PartialDate>> {
    let date = (1970i16..1973, 0u8..4, 0u8..4, any::<bool>()).prop_map(|(year, month, day, circa)| PartialDate {
        year,
        month,
        day: if month == 0 { 0 } else { day },
        circa,
    });
    proptest::option::weighted(0.8, date)
}

fn number() -> impl Strategy<Value = Option<String>> {
    proptest::option::weighted(0.3, "[01OI]{5}|[A-C][0-2]{5}|[01]{7}|IMO 100000[0-2]")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    // C6: the index gives what the nested loop gives, to the bit, at any threshold.
    #[test]
    fn index_is_nested_loop(
        listed in proptest::collection::vec((proptest::collection::vec((words(), words(), 0u8..4), 1..4), birth(), number(), 0u8..4, 0u8..3), 1..40),
        asked in proptest::collection::vec(
            ((prop_oneof![9 => words(), 1 => Just(String::new())], proptest::option::of(words()), birth(), number(), 0u8..4, 0u8..3), 0u8..6, 0u8..4),
            1..8,
        ),
        threshold in -25.0f32..40.0,
    ) {
        let country = |n: u8| ["IRN", "DEU", "", "XXX"][usize::from(n)];
        let sex = |n: u8| [None, Some(Sex::Female), Some(Sex::Male)][usize::from(n)];
        let entities = listed.iter().enumerate().map(|(i, (names, birth, number, nationality, s))| {
            let mut e = entity(i, &[], &[]);
            e.names = names.iter().map(|(surname, given, form)| EntityName {
                text: if *form < 2 { format!("{surname}, {given}") } else { format!("{given} {surname}") },
                kind: if *form == 1 { NameKind::WeakAlias } else { NameKind::Primary },
            }).collect();
            e.birth_dates = birth.iter().copied().collect();
            e.documents = number.iter().map(|n| ListedDocument { kind: 'P', number: n.clone(), issuer: None }).collect();
            e.nationalities = if *nationality == 2 { vec![] } else { vec![country(*nationality).to_owned()] };
            e.sex = sex(*s);
            if i % 7 == 6 { e.kind = EntityKind::Vessel; }
            if i % 3 == 1 { e.birth_places = vec!["Adelwick".to_owned()]; }
            e
        }).collect();
        let mut m = matcher(entities);
        let places = ["Adelwick, Austria", "near ADELWICK", "Borrowmere", ""];
        let kinds = [None, None, None, Some(EntityKind::Person), Some(EntityKind::Vessel), Some(EntityKind::Unknown)];
        for ((surname, given, birth_date, number, nationality, s), kind, place) in &asked {
            let documents: Vec<_> = number.iter().map(|n| ReportedDocument { number: n, issuer: None }).collect();
            let subject = Subject {
                kind: kinds[usize::from(*kind)],
                surname, given_names: given.as_deref(), birth_date: *birth_date, nationality: Some(country(*nationality)),
                birth_place: Some(places[usize::from(*place)]), sex: sex(*s), documents: &documents,
            };
            let (mut index, mut nested) = (vec![], vec![]);
            m.find(&subject, threshold, &mut index);
            m.find_nested_loop(&subject, threshold, &mut nested);
            prop_assert_eq!(index, nested);
        }
    }
}
