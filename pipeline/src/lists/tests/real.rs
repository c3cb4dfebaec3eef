//! Real lists, with counts that were taken by other means than the readers.

use super::*;

fn shared(path: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("TAMIS_SHARED").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: TAMIS_SHARED is not set");
    }
    folder.map(|folder| folder.join(path))
}

/// Rows of a real file that are not blank and not the DOS end mark.
fn lines(path: &Path) -> usize {
    fs::read(path).unwrap().split(|b| *b == b'\n').filter(|line| line.len() > 2).count()
}

/// Entities by kind, then those with birth date, nationality, sex, passport, any document; names;
/// clauses of remarks and those not understood.
fn figures(report: &ReadReport) -> String {
    let mut kinds: Vec<_> = report.kinds.iter().map(|(kind, count)| format!("{count} {}", kind.as_str())).collect();
    kinds.sort();
    format!(
        "{}: {} born, {} national, {} sex, {} passport, {} document; {} names; {}/{} clauses",
        kinds.join(", "),
        report.with_birth_date,
        report.with_nationality,
        report.with_sex,
        report.with_passport,
        report.with_document,
        report.names,
        report.unknown_clauses,
        report.clauses
    )
}

#[test]
fn real_ofac_editions_lose_nothing() {
    let Some(lists) = shared("lists") else { return };
    let editions = [
        (
            "ofac_sdn_2022-01",
            "280 aircraft, 3701 organisation, 420 vessel, 4643 person: 4512 born, 3153 national, 1800 sex, 1227 passport, \
             4842 document; 23928 names; 1458/33732 clauses",
            2_447,
        ),
        (
            "ofac_sdn_2021-07",
            "277 aircraft, 3673 organisation, 406 vessel, 4620 person: 4428 born, 2944 national, 1513 sex, 1198 passport, \
             4873 document; 23322 names; 1470/32746 clauses",
            2_418,
        ),
    ];
    for (edition, expected, weak) in editions {
        let folder = lists.join(edition);
        let list = read(&folder).unwrap();
        let report = &list.report;
        println!("{edition}: {}, {:?}, {:?}", figures(report), report.unusable_by_code, report.unknown_words);
        assert_eq!(list.entities.len(), lines(&folder.join("sdn.csv")), "every row is an entity");
        assert_eq!(report.unusable_by_code.get("orphan-alias"), None, "every alias has its entity");
        let names = |kind: fn(NameKind) -> bool| list.entities.iter().flat_map(|e| &e.names).filter(|n| kind(n.kind)).count();
        assert_eq!(names(|k| k == NameKind::WeakAlias), weak, "nicknames in remarks");
        let listed = list.entities.len() + lines(&folder.join("alt.csv"));
        let good = names(|k| k != NameKind::WeakAlias);
        assert!(good + report.repeated_names >= listed, "{good} of {listed} names");
        assert!(list.entities.iter().all(|e| e.names[0].kind == NameKind::Primary));
        assert_eq!(figures(report), expected);
        assert!(report.unknown_clauses * 20 < report.clauses, "less than 5 % of the clauses are free text");
    }
}

#[test]
fn real_tamis_files() {
    let Some(truth) = shared("truth/dev") else { return };
    for (name, entities) in [("list_all.csv", 46_450), ("list_ofac_full.csv", 5_890), ("list_ofac_primary.csv", 5_890)] {
        let path = truth.join(name);
        let start = std::time::Instant::now();
        let list = read(&path).unwrap();
        println!("{name} in {:?}: {}, {:?}", start.elapsed(), figures(&list.report), list.report.unusable_by_code);
        assert_eq!((list.report.entities, list.report.rows), (entities, lines(&path) - 1));
        assert_eq!(list.report.names + list.report.repeated_names, list.report.rows, "every row is a name");
        assert!(list.report.unusable_count() * 600 < list.report.rows, "{:?}", list.report.unusable_by_code);
    }
}

/// Entities by kind, names by sort, then entities with a birth date (to the day), a birth place, a
/// nationality, a sex, and documents by kind.
fn counted(read: &ListRead, list: &str) -> String {
    let c = &read.report.counts[list];
    let kinds: Vec<_> = c.kinds.iter().map(|(kind, n)| format!("{n} {}", kind.as_str())).collect();
    let names: Vec<_> = c.names.iter().map(|(kind, n)| format!("{n} {}", kind.as_str())).collect();
    let documents: Vec<_> = c.documents.iter().map(|(kind, n)| format!("{n} {kind}")).collect();
    format!(
        "{}; {}; {} born, {} on a day, {} at a place, {} national, {} sex; {}",
        kinds.join(", "),
        names.join(", "),
        c.with_birth_date,
        c.with_birth_day,
        c.with_birth_place,
        c.with_nationality,
        c.with_sex,
        documents.join(", ")
    )
}

#[test]
fn real_lists_of_other_publishers() {
    let Some(lists) = shared("lists") else { return };
    for (path, list, format, rows, expected) in REAL {
        let read = read(&lists.join(path)).unwrap();
        println!("{path}: {}: {:?}", counted(&read, list), read.report.unusable_by_code);
        assert_eq!((read.format, read.report.files[0].rows), (*format, *rows), "{path}");
        assert_eq!(counted(&read, list), *expected, "{path}");
    }
}

type Real = (&'static str, &'static str, Format, usize, &'static str);
const REAL: &[Real] = &[
    ("un_2026-02", "un_sc", Format::UnXml, 1_003, ""),
    ("un_2025-08", "un_sc", Format::UnXml, 879, ""),
    ("canada_sema_2025", "ca_sema", Format::CanadaXml, 4_759, ""),
    ("ofac_consolidated_xml_2025-03", "ofac_consolidated", Format::OfacXml, 443, ""),
    ("opensanctions_interpol_2025-05", "os_interpol_red_notices", Format::OpenSanctionsCsv, 6_561, ""),
    ("opensanctions_sa_peps_2024", "os_sa_wiki_peps_v2", Format::OpenSanctionsJson, 1_565, ""),
    ("bis_dpl", "us_bis_dpl", Format::BisDeniedPersons, 581, ""),
];
