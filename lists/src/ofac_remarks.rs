use tamis_watchlist::{Entity, NameKind, PartialDate, Sex};

use super::date::read_dates;
use super::fields::{MOST, add_country, add_name, full};
use super::ofac_document::{Found, after, read_document};
use super::report::Notebook;

/// Whether a label is understood and what follows it is nothing to screen by.
pub(super) fn is_ignored(label: &str) -> bool {
    IGNORED.iter().any(|known| after(label, known).is_some())
}

/// Clauses that are understood and hold nothing to screen by.
const IGNORED: &[&str] = &[
    "Linked To",
    "Additional Sanctions Information",
    "Secondary sanctions risk",
    "Transactions Prohibited For",
    "Executive Order",
    "CAATSA Section",
    "IFCA Determination",
    "Digital Currency Address",
    "Email Address",
    "Email",
    "E-mail",
    "Website",
    "Phone Number",
    "Phone",
    "Telephone",
    "Fax",
    "Organization Established Date",
    "Organization Type",
    "Target Type",
    "Aircraft Manufacture Date",
    "Aircraft Model",
    "Aircraft Operator",
    "Former Vessel Flag",
    "Former Vessel Type",
    "Other Vessel Flag",
    "Other Vessel Type",
    "Vessel Type",
    "Vessel Year of Build",
    "Vessel Owner",
    "Vessel Flag",
    "Vessel Gross Tonnage",
    "Vessel Gross Registered Tonnage",
    "all offices worldwide",
    "and all other offices worldwide",
    "ICTY indictee",
    "Effective Date",
    "Listing Date",
    "Party Type",
    "Title",
    "PEESA Information",
    "Equity Ticker",
    "ISIN",
    "Issuer Name",
    "Purchase/Sales For Divestment Date",
    "Height",
    "Weight",
    "Complexion",
    "Hair Color",
    "Eye Color",
];

/// Reads the remarks of one entity into it: birth dates and places, nationalities, sex, weak
/// aliases and all documents. Remarks are clauses between semicolons; what no one understands
/// is counted by its leading word, what should have been readable is noted as a finding.
pub(super) fn read_remarks(remarks: &str, entity: &mut Entity, notes: &mut Notebook) {
    let mut rest = remarks;
    while !rest.is_empty() {
        let (clause, tail) = split(rest);
        rest = tail;
        let clause = clause.trim().trim_end_matches('.').trim_end();
        if clause.is_empty() {
            continue;
        }
        notes.report.clauses += 1;
        // `(Following data derived from …: Alt. DOB: 11 October 1970`
        let inside = clause.strip_prefix('(');
        let told = inside.and_then(|t| t.split_once(": ")).is_some_and(|(_, t)| read_clause(t, entity, notes))
            // `(Linked To: SOMEBODY)`
            || inside.and_then(|t| t.strip_suffix(')')).is_some_and(|t| read_clause(t, entity, notes));
        if !told && !read_clause(clause, entity, notes) {
            notes.unknown_clause(clause);
        }
    }
}

/// Up to the next semicolon that is not inside the quotes of an alias, and what follows.
fn split(text: &str) -> (&str, &str) {
    let cut = |at: usize| (&text[..at], text.get(at + 1..).unwrap_or_default());
    let Some(first) = text.find(';') else { return (text, "") };
    if quoted(&text[..first]).is_none_or(closed) {
        return cut(first);
    }
    let second = text[first + 1..].find(';').map_or(text.len(), |at| first + 1 + at);
    let more = text[first + 1..second].trim();
    if closed(more) && quoted(more).is_none() { cut(second) } else { cut(first) }
}

/// What follows `a.k.a. '`.
fn quoted(clause: &str) -> Option<&str> {
    let clause = without_alt(clause.trim());
    ["a.k.a.", "f.k.a.", "n.k.a."].iter().find_map(|label| after(clause, label)).and_then(|t| t.strip_prefix('\''))
}

fn closed(text: &str) -> bool {
    text.trim_end().trim_end_matches('.').ends_with('\'')
}

fn without_alt(clause: &str) -> &str {
    after(clause, "alt.").unwrap_or(clause)
}

/// False where the clause is not understood.
fn read_clause(clause: &str, entity: &mut Entity, notes: &mut Notebook) -> bool {
    let clause = without_alt(clause);
    if let Some(text) = after(clause, "DOB") {
        if !full(&entity.birth_dates, notes) {
            read_birth_date(text, &mut entity.birth_dates, notes);
        }
    } else if let Some(text) = after(clause, "POB") {
        if !text.is_empty() && entity.birth_places.len() < MOST && !entity.birth_places.iter().any(|p| p == text) {
            entity.birth_places.push(text.to_owned());
        }
    } else if let Some(text) = ["nationality of registration", "nationality", "citizen"].iter().find_map(|l| after(clause, l)) {
        add_country(text, &mut entity.nationalities, notes);
    } else if let Some(text) = after(clause, "Gender") {
        match Sex::parse(text) {
            Some(sex) => entity.sex = Some(sex),
            None => notes.unusable("remark-sex", "a gender that is neither male nor female; left unknown"),
        }
    } else if let Some((text, kind)) = alias(clause) {
        for name in text.split("', '") {
            add_name(entity, name, kind, notes);
        }
    } else if is_ignored(clause) {
    } else {
        match read_document(clause) {
            Found::Document(document) => {
                if !full(&entity.documents, notes) && !entity.documents.contains(&document) {
                    entity.documents.push(document);
                }
            }
            Found::Ignored => {}
            Found::Unreadable => notes.unusable("remark-document", "a document whose number cannot be read; left out"),
            Found::Nothing => return false,
        }
    }
    true
}

/// Names in the remarks are the ones that OFAC holds to be weak, but for former names.
fn alias(clause: &str) -> Option<(&str, NameKind)> {
    let (text, kind) = [("a.k.a.", NameKind::WeakAlias), ("n.k.a.", NameKind::Alias), ("f.k.a.", NameKind::Former)]
        .iter()
        .find_map(|(label, kind)| after(clause, label).map(|text| (text, *kind)))?;
    let bare = |text: &'_ str| -> Option<usize> {
        (text.len() > 1 && text.starts_with('\'') && text.ends_with('\'')).then(|| text.len() - 1)
    };
    let mut name = text.trim();
    // Nicknames are at times quoted twice.
    while let Some(end) = bare(name) {
        name = name[1..end].trim();
    }
    Some((name.strip_prefix('\'').filter(|_| name == text).unwrap_or(name), kind))
}

fn read_birth_date(text: &str, dates: &mut Vec<PartialDate>, notes: &mut Notebook) {
    if !read_dates(text, dates) {
        notes.unusable("remark-date", "a birth date that is no date; left out");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tamis_watchlist::{EntityKind, EntityName};

    use super::*;

    fn read(remarks: &str) -> (Entity, Notebook) {
        let mut entity = Entity {
            id: "1".to_owned(),
            list: "l".to_owned(),
            kind: EntityKind::Person,
            names: vec![EntityName { text: "DOE, Jane".to_owned(), kind: NameKind::Primary }],
            birth_dates: vec![],
            nationalities: vec![],
            sex: None,
            documents: vec![],
            birth_places: vec![],
            programmes: vec![],
        };
        let mut notes = Notebook::default();
        read_remarks(remarks, &mut entity, &mut notes);
        (entity, notes)
    }

    #[test]
    fn a_person_in_full() {
        let (e, notes) = read(
            "DOB 09 Oct 1966; alt. DOB 1967; alt. DOB circa 1965; POB St. Nowhere, Chad; alt. POB Chad; nationality Chad; \
             citizen Korea, North; alt. citizen Chad; Gender Female; Passport A1 (Chad) expires 01 Jan 2030; \
             alt. Passport A2 (Chad); National ID No. 77 (Chad); a.k.a. 'JAY'; alt. a.k.a. 'O'JAY'; f.k.a. 'ROE; Jane'; \
             Linked To: SOMEBODY, S.A.; Secretary to the board; all offices worldwide.",
        );
        assert_eq!(format!("{:?}", e.birth_dates), "[1966-10-09, 1967, ~1965]");
        assert_eq!(e.birth_places, ["St. Nowhere, Chad", "Chad"]);
        assert_eq!(e.nationalities, ["TCD", "PRK"]);
        assert_eq!(e.sex, Some(Sex::Female));
        assert_eq!(
            e.documents.iter().map(|d| (d.kind, d.number.as_str())).collect::<Vec<_>>(),
            [('P', "A1"), ('P', "A2"), ('I', "77")]
        );
        let names: Vec<_> = e.names[1..].iter().map(|n| (n.text.as_str(), n.kind)).collect();
        assert_eq!(names, [("JAY", NameKind::WeakAlias), ("O'JAY", NameKind::WeakAlias), ("ROE; Jane", NameKind::Former)]);
        assert_eq!((notes.report.clauses, notes.report.unknown_clauses, notes.report.unusable_count()), (18, 1, 0));
    }

    #[test]
    fn an_unclosed_alias_eats_nothing() {
        let (e, _) = read("a.k.a. 'JAY; a.k.a. 'KAY'; DOB 1944.");
        let names: Vec<_> = e.names[1..].iter().map(|n| n.text.as_str()).collect();
        assert_eq!((names, format!("{:?}", e.birth_dates)), (vec!["JAY", "KAY"], "[1944]".to_owned()));
    }

    #[test]
    fn data_inside_a_remark_in_brackets() {
        let (e, _) = read(
            "(Following data derived from a passport: Alt. DOB: 11 October 1970; nationality: Eritrean; Passport No.: 7, Eritrea)",
        );
        assert_eq!(format!("{:?} {:?}", e.birth_dates, e.nationalities), r#"[1970-10-11] ["ERI"]"#);
        assert_eq!(e.documents.len(), 1);
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let (e, notes) =
            read("DOB long ago; nationality Atlantis; Gender Whatever; Passport issued in Anytown; nationality undetermined");
        assert!(e.birth_dates.is_empty() && e.nationalities.is_empty() && e.documents.is_empty());
        let codes: Vec<_> = notes.finish().unusable.iter().map(|u| u.code).collect();
        assert_eq!(codes, ["remark-date", "unknown-country", "remark-sex", "remark-document"]);
    }

    proptest! {
        #[test]
        fn every_clause_is_counted_once(clauses in prop::collection::vec("(DOB |a\\.k\\.a\\. '|Passport |)[A-Z0-9é]{1,6}", 0..6)) {
            let (_, notes) = read(&clauses.join("; "));
            prop_assert_eq!(notes.report.clauses, clauses.len());
        }
    }
}
