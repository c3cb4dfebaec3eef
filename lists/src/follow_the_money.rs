use std::collections::BTreeMap;
use std::io::{BufRead, Read as _};

use hashbrown::HashMap;
use serde::Deserialize;
use serde_json::Value;
use tamis_watchlist::{Entity, EntityKind, NameKind};

use super::fields::{Gathered, add_dates, add_document, add_name, add_place, add_programme, add_sex, person_name, squeeze};
use super::opensanctions::{add_code, kind_of, list_of};
use super::report::Notebook;

/// Properties that hold numbers, with the kind of document that they make.
const NUMBERS: [(&str, char); 22] = [
    ("passportNumber", 'P'),
    ("idNumber", 'I'),
    ("socialSecurityNumber", 'I'),
    ("imoNumber", 'V'),
    ("taxNumber", 'O'),
    ("registrationNumber", 'O'),
    ("innCode", 'O'),
    ("ogrnCode", 'O'),
    ("vatCode", 'O'),
    ("leiCode", 'O'),
    ("swiftBic", 'O'),
    ("dunsCode", 'O'),
    ("uniqueEntityId", 'O'),
    ("uscCode", 'O'),
    ("okpoCode", 'O'),
    ("kppCode", 'O'),
    ("npiCode", 'O'),
    ("permId", 'O'),
    ("mmsi", 'O'),
    ("callSign", 'O'),
    ("serialNumber", 'O'),
    ("licenseNumber", 'O'),
];

/// A longer object is none; the longest published ones have some hundreds of kilobytes.
const LONGEST_OBJECT: usize = if cfg!(test) { 1 << 20 } else { 64 << 20 };

/// One object of a file, with what its properties hold: texts, and in nested files objects.
#[derive(Deserialize)]
struct Thing {
    #[serde(default)]
    id: String,
    #[serde(default)]
    schema: String,
    #[serde(default)]
    caption: String,
    #[serde(default)]
    properties: BTreeMap<String, Value>,
    #[serde(default)]
    datasets: Vec<String>,
    target: Option<bool>,
}

impl Thing {
    /// The texts of some properties, in this order.
    fn texts<'a>(&'a self, names: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
        names.iter().filter_map(|name| self.properties.get(*name)).flat_map(each).filter_map(Value::as_str)
    }
}

/// The values of a property; one alone may stand there without a list around it.
fn each(value: &Value) -> &[Value] {
    match value {
        Value::Array(values) => values,
        value => std::slice::from_ref(value),
    }
}

/// What a paper or sanction adds to the one that it belongs to.
struct Linked {
    owner: String,
    thing: Thing,
    line: u64,
}

/// Reads `entities.ftm.json` and `targets.nested.json`: one object a line. Only targets are
/// listed; relatives and owners who are named beside them are not. Passports and other papers,
/// and the programmes of sanctions, are objects of their own that name their holder.
pub(super) fn read_ftm(mut input: impl BufRead, notes: &mut Notebook) -> Vec<Entity> {
    let (mut all, mut linked, mut bystanders, mut rows) = (Gathered::default(), vec![], 0, 0);
    let mut lists: HashMap<String, String, foldhash::fast::FixedState> = HashMap::default();
    each_object(&mut input, notes, |line, text, notes| {
        rows += 1;
        let Ok(thing) = serde_json::from_slice::<Thing>(text) else {
            return notes.left_out("bad-json", "a line that is no JSON object of this form; left out");
        };
        let Some(kind) = kind_of(&thing.schema) else {
            notes.report.passed_over += usize::from(!link(thing, line, &mut linked));
            return;
        };
        if thing.target == Some(false) {
            bystanders += 1;
            notes.report.passed_over += 1;
            return;
        }
        if thing.id.is_empty() {
            return notes.left_out("no-id", "an object without id; left out");
        }
        let list = list_of(thing.datasets.iter().map(String::as_str));
        lists.insert(thing.id.clone(), list.clone());
        let e = all.entity(&list, &thing.id, kind, line);
        read_thing(e, &thing, notes);
        // In nested files the papers stand inside.
        for value in thing.properties.values().flat_map(each).filter(|value| value.is_object()) {
            if let Ok(inner) = Thing::deserialize(value) {
                read_linked(e, &inner, notes);
            }
        }
    });
    for Linked { owner, thing, line } in linked {
        notes.at(line);
        match lists.get(&owner) {
            Some(list) => read_linked(all.entity(list, &owner, EntityKind::Unknown, line), &thing, notes),
            None => notes.report.passed_over += 1,
        }
    }
    if bystanders > 0 {
        notes
            .report
            .notes
            .push(format!("{bystanders} persons, organisations or vessels are named but no targets; they are not listed"));
    }
    notes.close("entities", rows);
    all.finish(notes)
}

/// Calls `read` for each object of a file, with its first line: one a line, or over several lines
/// where they are written for people; without the brackets and commas of a JSON array. An object
/// that is not closed ends where a line begins another one.
pub(super) fn each_object(input: &mut impl BufRead, notes: &mut Notebook, mut read: impl FnMut(u64, &[u8], &mut Notebook)) {
    let (mut buffer, mut object, mut line, mut first) = (vec![], vec![], 0, 0);
    let mut give = |object: &mut Vec<u8>, first: u64, notes: &mut Notebook| {
        let text = object.trim_ascii();
        if object.len() > LONGEST_OBJECT {
            notes.at(first);
            notes.unusable("long-object", "an object of more than 64 MB; left out");
            return object.clear();
        }
        let text = if text.starts_with(b"[{") { &text[1..] } else { text };
        let text = text.strip_suffix(b"]").filter(|t| t.trim_ascii_end().ends_with(b"}")).unwrap_or(text).trim_ascii();
        let text = text.strip_suffix(b",").unwrap_or(text).trim_ascii();
        if !text.is_empty() && !matches!(text, b"[" | b"]") {
            notes.at(first);
            read(first, text, notes);
        }
        object.clear();
    };
    let mut nesting = Nesting::default();
    loop {
        buffer.clear();
        if read_line(input, &mut buffer) == 0 {
            break;
        }
        line += 1;
        let text = buffer.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&buffer);
        if object.is_empty() || text.starts_with(b"{\"") {
            give(&mut object, first, notes);
            nesting = Nesting::default();
            first = line;
        }
        object.extend_from_slice(text);
        nesting.read(text);
        if nesting.depth == 0 || object.len() > LONGEST_OBJECT {
            give(&mut object, first, notes);
        }
    }
    give(&mut object, first, notes);
}

/// The next line with its end, but no more of it than makes an object too long. Gives the bytes
/// that it took. An error of the file itself comes up when it is finished.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> usize {
    let mut taken = input.by_ref().take(LONGEST_OBJECT as u64 + 1).read_until(b'\n', line).unwrap_or(0);
    if taken > LONGEST_OBJECT && !line.ends_with(b"\n") {
        taken += input.skip_until(b'\n').unwrap_or(0);
    }
    taken
}

/// How many braces are open, quotes aside.
#[derive(Default)]
struct Nesting {
    depth: usize,
    quoted: bool,
    escaped: bool,
}

impl Nesting {
    fn read(&mut self, text: &[u8]) {
        for byte in text {
            match byte {
                _ if std::mem::take(&mut self.escaped) => {}
                b'\\' if self.quoted => self.escaped = true,
                b'"' => self.quoted = !self.quoted,
                b'{' if !self.quoted => self.depth += 1,
                b'}' if !self.quoted => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
        // No text goes over a line end in JSON.
        self.quoted = false;
    }
}

/// Keeps what says more of someone else. False where it says nothing of use.
fn link(thing: Thing, line: u64, linked: &mut Vec<Linked>) -> bool {
    let owner = match thing.schema.as_str() {
        "Passport" | "Identification" => "holder",
        "Sanction" => "entity",
        // Relations, positions, addresses.
        _ => return false,
    };
    let owners: Vec<String> = thing.texts(&[owner]).map(str::to_owned).collect();
    match <[String; 1]>::try_from(owners) {
        Ok([owner]) => linked.push(Linked { owner, thing, line }),
        Err(_) => return false,
    }
    true
}

fn read_thing(e: &mut Entity, thing: &Thing, notes: &mut Notebook) {
    names(e, thing, notes);
    let person = matches!(e.kind, EntityKind::Person | EntityKind::Unknown);
    for date in thing.texts(&["birthDate"]).filter(|_| person) {
        add_dates(e, date, notes);
    }
    let own: &[&str] = match e.kind {
        EntityKind::Person => &["nationality", "citizenship"],
        EntityKind::Vessel | EntityKind::Aircraft => &["flag", "country", "mainCountry"],
        _ => &["jurisdiction", "country", "mainCountry", "nationality"],
    };
    for code in thing.texts(own) {
        add_code(e, code, notes);
    }
    if e.nationalities.is_empty() {
        thing.texts(&["country", "countries"]).for_each(|code| add_code(e, code, notes));
    }
    thing.texts(&["gender"]).for_each(|sex| add_sex(e, sex, notes));
    thing.texts(&["birthPlace"]).for_each(|place| add_place(e, [place]));
    for (property, kind) in NUMBERS {
        thing.texts(&[property]).for_each(|number| add_document(e, kind, number, "", notes));
    }
    thing.texts(&["programId", "program", "topics"]).for_each(|programme| add_programme(e, programme));
}

/// The name that the publisher shows comes first. Where one surname is known, a comma goes behind it.
fn names(e: &mut Entity, thing: &Thing, notes: &mut Notebook) {
    let surnames: Vec<&str> = thing.texts(&["lastName"]).collect();
    let surname = match surnames.as_slice() {
        [one] if e.kind == EntityKind::Person => squeeze(one),
        _ => String::new(),
    };
    let caption = thing.texts(&["name"]).find(|name| *name == thing.caption);
    let shown = caption.or_else(|| thing.texts(&["name"]).next()).or(Some(thing.caption.as_str()).filter(|c| *c != thing.id));
    if let Some(name) = shown {
        add_name(e, &with_comma(name, &surname), NameKind::Primary, notes);
    }
    let kinds: [(&[&str], NameKind); 3] = [
        (&["name", "alias"], NameKind::Alias),
        (&["weakAlias", "abbreviation"], NameKind::WeakAlias),
        (&["previousName"], NameKind::Former),
    ];
    for (properties, kind) in kinds {
        // Some copies have the number of Wikidata among the names.
        let number = |name: &str| name.strip_prefix('Q').is_some_and(|n| n.parse::<u64>().is_ok());
        for name in thing.texts(properties).filter(|name| Some(*name) != shown && !number(name)) {
            add_name(e, &with_comma(name, &surname), kind, notes);
        }
    }
}

fn with_comma(name: &str, surname: &str) -> String {
    let name = squeeze(name);
    if surname.is_empty() || name.contains(',') {
        return name;
    }
    let (lower, last) = (name.to_lowercase(), surname.to_lowercase());
    // Small letters may be longer or shorter than their capitals.
    if lower.len() != name.len() {
        return name;
    }
    let cut = |at: usize| name.is_char_boundary(at).then(|| name.split_at(at));
    let parts = if lower.ends_with(&format!(" {last}")) {
        cut(name.len() - last.len()).map(|(given, last)| (last, given))
    } else if lower.starts_with(&format!("{last} ")) {
        cut(last.len())
    } else {
        None
    };
    parts.map_or_else(|| name.clone(), |(last, given)| person_name(last, [given]))
}

fn read_linked(e: &mut Entity, thing: &Thing, notes: &mut Notebook) {
    let country = thing.texts(&["country"]).next().unwrap_or_default();
    match thing.schema.as_str() {
        "Sanction" => thing.texts(&["programId", "program"]).for_each(|programme| add_programme(e, programme)),
        "Passport" => {
            thing.texts(&["passportNumber", "number"]).for_each(|number| add_document(e, 'P', number, country, notes));
        }
        "Identification" => {
            let sort = thing.texts(&["type"]).next().unwrap_or_default().to_lowercase();
            let has = |words: &[&str]| words.iter().any(|word| sort.contains(word));
            let kind = if has(&["passport"]) {
                'P'
            } else if has(&["tax", "regist", "licen", "company", "vat"]) || e.kind == EntityKind::Organisation {
                'O'
            } else {
                'I'
            };
            thing.texts(&["number"]).for_each(|number| add_document(e, kind, number, country, notes));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comma_behind_a_known_surname() {
        assert_eq!(with_comma("Jane Mary Roe", "ROE"), "Roe, Jane Mary");
        assert_eq!(with_comma("ROE Jane", "Roe"), "ROE, Jane");
        assert_eq!(with_comma("Jane Monroe", "Roe"), "Jane Monroe");
        assert_eq!(with_comma("Roe", "Roe"), "Roe");
        assert_eq!(with_comma("İpek Roe", "Roe"), "İpek Roe");
        assert_eq!(with_comma("Roe, Jane", "Roe"), "Roe, Jane");
    }
}
