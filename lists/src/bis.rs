use tamis_watchlist::{Entity, EntityKind, NameKind};

use super::fields::{Gathered, add_name, add_programme, squeeze};
use super::report::Notebook;
use super::table::Table;

/// Name of the list.
const LIST: &str = "us_bis_dpl";

/// Whether these plain column names are those of the denied persons list.
pub(super) fn is_header(names: &[String]) -> bool {
    ["name", "effectivedate", "standardorder"].iter().all(|name| names.iter().any(|n| n == name))
}

/// Reads `dpl.txt`: a row an address of someone under a denial order. There are no ids, so name
/// and date of the order are hashed: rows of one order with one name are one entity. Whether it
/// is a person is not said, and the country is that of the address.
pub(super) fn read_dpl(bytes: &[u8], notes: &mut Notebook) -> Vec<Entity> {
    let mut all = Gathered::default();
    let table = Table::open(bytes, b'\t', is_header).or_else(|| Table::open(bytes, b',', is_header));
    let Some(mut table) = table else { return vec![] };
    let mut rows = 0;
    while let Some(row) = table.next() {
        notes.at(row.line);
        rows += 1;
        if row.broken {
            notes.unusable("row-quote", "a quote that is not closed; the row was read as far as its line goes");
        }
        let name = squeeze(&table.get(&["name"]));
        if name.is_empty() {
            notes.left_out("no-name", "a row without a name; left out");
            continue;
        }
        let key = format!("{}\n{}", name.to_uppercase(), table.get(&["effectivedate"]));
        let id = format!("{:016x}", twox_hash::XxHash3_64::oneshot(key.as_bytes()));
        let e = all.entity(LIST, &id, EntityKind::Unknown, row.line);
        let (own, others) = also_known(&name);
        add_name(e, &own, NameKind::Primary, notes);
        for other in others {
            add_name(e, &other, NameKind::Alias, notes);
        }
        add_programme(e, &table.get(&["frcitation"]));
        notes.report.addresses += 1;
    }
    notes.close("entities", rows);
    all.finish(notes)
}

/// The names in `JOHN (A.K.A. JACK) ROE` and `ACME D/B/A BEST`.
fn also_known(name: &str) -> (String, Vec<String>) {
    const MARKS: [&str; 5] = ["A.K.A.", "AKA", "D/B/A", "DBA", "F/K/A"];
    let mark_at = |text: &str| {
        let upper = text.to_ascii_uppercase();
        let found = MARKS.iter().filter_map(|mark| {
            let at = upper.find(mark)?;
            let alone = (at == 0 || upper[..at].ends_with([' ', '(', ','])) && upper[at + mark.len()..].starts_with([' ', ':']);
            alone.then_some((at, at + mark.len()))
        });
        found.min()
    };
    let bracket = name.split_once('(').and_then(|(head, rest)| rest.split_once(')').map(|(inside, tail)| (head, inside, tail)));
    if let Some((head, inside, tail)) = bracket
        && let Some((0, end)) = mark_at(inside)
    {
        return (squeeze(&format!("{head} {tail}")), vec![squeeze(&inside[end..])]);
    }
    match mark_at(name) {
        Some((at, end)) if at > 0 => (squeeze(name[..at].trim_end_matches([' ', ',', '('])), vec![squeeze(&name[end..])]),
        _ => (name.to_owned(), vec![]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_others_in_them() {
        for (text, own, other) in [
            ("JOHN (A.K.A. JACK Q) ROE", "JOHN ROE", "JACK Q"),
            ("ACME D/B/A BEST ACME", "ACME", "BEST ACME"),
            ("JAKA ROE", "JAKA ROE", ""),
            ("ACME (TRADE)", "ACME (TRADE)", ""),
        ] {
            let (name, others) = also_known(text);
            assert_eq!((name.as_str(), others.join("|").as_str()), (own, other));
        }
    }
}
