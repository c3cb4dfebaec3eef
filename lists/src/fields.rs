use hashbrown::HashMap;
use tamis_records::country;
use tamis_watchlist::{Entity, EntityKind, EntityName, ListedDocument, NameKind, Sex};

use super::date::read_dates;
use super::ofac_document::{Found, after, read_document, read_labelled};
use super::report::Notebook;

/// A longer text is no number of a document.
const LONGEST_NUMBER: usize = 64;

/// Of a name no more than this many characters are kept; twice as many as a search looks at.
const LONGEST_NAME: usize = 1_024;

/// An entity has no more names, dates, documents, places or programmes than this, of each sort. The
/// fullest on published lists have some hundreds; without an end, each would be compared with all before it.
pub(super) const MOST: usize = 2_000;

/// Whether an entity has as many of something as it can have.
pub(super) fn full<T>(of: &[T], notes: &mut Notebook) -> bool {
    if of.len() >= MOST {
        notes.unusable("too-many", "more than 2,000 names, dates, documents, places or programmes of one entity; left out");
    }
    of.len() >= MOST
}

/// A name without what is beyond any length that a name has.
pub(super) fn shortened<'a>(name: &'a str, notes: &mut Notebook) -> &'a str {
    match name.char_indices().nth(LONGEST_NAME) {
        Some((end, _)) => {
            notes.unusable("long-name", "a name of more than 1,024 characters; cut off there");
            name[..end].trim_end()
        }
        None => name,
    }
}

/// An entity of which nothing is known yet.
pub(super) fn blank(list: &str, id: &str, kind: EntityKind) -> Entity {
    Entity {
        id: id.to_owned(),
        list: list.to_owned(),
        kind,
        names: vec![],
        birth_dates: vec![],
        nationalities: vec![],
        sex: None,
        documents: vec![],
        birth_places: vec![],
        programmes: vec![],
    }
}

/// Blanks of any sort and length as one, without control characters and invisible marks at the ends.
pub(super) fn squeeze(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split(char::is_whitespace).filter(|w| !w.is_empty()) {
        let start = out.len();
        if start > 0 {
            out.push(' ');
        }
        let from = out.len();
        out.extend(word.chars().filter(|c| !c.is_control() && *c != '\u{feff}'));
        if out.len() == from {
            out.truncate(start);
        }
    }
    out
}

/// A name out of its parts: surname, comma, given names; without comma where one side is empty.
/// A comma inside a part would be taken for that one and becomes a blank.
pub(super) fn person_name<'a>(surname: &str, given: impl IntoIterator<Item = &'a str>) -> String {
    let plain = |part: &str| squeeze(&part.replace(',', " "));
    let given = given.into_iter().map(plain).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    let surname = plain(surname);
    match (surname.is_empty(), given.is_empty()) {
        (false, false) => format!("{surname}, {given}"),
        (true, _) => given,
        (_, true) => surname,
    }
}

/// Words with a blank between them, without empty ones.
pub(super) fn joined<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    parts.into_iter().map(squeeze).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Adds a name unless the entity has the same one already; a better kind wins over a weak alias.
/// An empty name is no finding here: most publishers leave elements empty.
pub(super) fn add_name(entity: &mut Entity, text: &str, kind: NameKind, notes: &mut Notebook) {
    let text = squeeze(text);
    let text = text.trim_matches(|c: char| matches!(c, ';' | ' ') || c == ',').trim();
    if !text.chars().any(char::is_alphanumeric) {
        if !text.is_empty() && text != "-" {
            notes.unusable("no-name", "a name without a letter; left out");
        }
        return;
    }
    if full(&entity.names, notes) {
        return;
    }
    let text = shortened(text, notes);
    match entity.names.iter_mut().find(|n| n.text == text) {
        Some(known) => {
            notes.report.repeated_names += 1;
            if known.kind == NameKind::WeakAlias || kind == NameKind::Primary {
                known.kind = kind;
            }
        }
        None => entity.names.push(EntityName { text: text.to_owned(), kind }),
    }
}

/// Adds a name in another script. Old exports lost it: what is left are Latin letters and marks.
pub(super) fn add_script_name(entity: &mut Entity, text: &str, kind: NameKind, notes: &mut Notebook) {
    let text = squeeze(text);
    if text.chars().any(|c| !c.is_ascii() && c.is_alphabetic()) {
        add_name(entity, &text, kind, notes);
    } else if !text.is_empty() {
        notes.unusable("lost-script", "a name in its own script without a letter of such; left out");
    }
}

/// Adds the codes of one or more states: `Russia / Russie`, `(1) France. (2) Chad`.
pub(super) fn add_countries(entity: &mut Entity, text: &str, notes: &mut Notebook) {
    for part in numbered(text).flat_map(|t| t.split([';', '|', '\n'])) {
        add_country(part, &mut entity.nationalities, notes);
    }
}

/// Adds the code of a country; what is known to be unknown is no finding.
pub(super) fn add_country(text: &str, countries: &mut Vec<String>, notes: &mut Notebook) {
    const NOT_KNOWN: [&str; 11] =
        ["", "undetermined", "none identified", "unknown", "none", "n/a", "na", "-0-", "00", "not available", "region: unknown"];
    let text = squeeze(text);
    let text = after(&text, "possibly").unwrap_or(&text).trim().trim_end_matches(['.', '?']).trim_end();
    if NOT_KNOWN.iter().any(|t| text.eq_ignore_ascii_case(t)) {
        return;
    }
    match state(text) {
        Some(code) if countries.iter().any(|c| c == code) => {}
        Some(code) => countries.push(code.to_owned()),
        None => {
            // `Afghanistan/Pakistan`, `Iraq and Jordan`: both, or neither.
            let parts: Vec<_> = text.split(['/', ',', '&']).flat_map(|t| t.split(" and ")).map(|t| state(t.trim())).collect();
            match parts.iter().copied().collect::<Option<Vec<_>>>() {
                Some(codes) => {
                    for code in codes {
                        if !countries.iter().any(|c| c == code) {
                            countries.push(code.to_owned());
                        }
                    }
                }
                None => notes.unusable("unknown-country", "a country that is not known; left out"),
            }
        }
    }
}

/// The code of a state by code, name, demonym, or name with something in brackets. Of the two
/// Congos the brackets tell which.
pub(super) fn state(text: &str) -> Option<&'static str> {
    let head = || text.split_once('(').map(|(head, _)| head.trim()).filter(|head| !head.eq_ignore_ascii_case("congo"));
    country::alpha3(text).or_else(|| head().and_then(country::alpha3))
}

/// Adds all dates of a text.
pub(super) fn add_dates(entity: &mut Entity, text: &str, notes: &mut Notebook) {
    const NOT_KNOWN: [&str; 7] = ["", "-0-", "-", "unknown", "not available", "n/a", "na"];
    let text = squeeze(text);
    for part in numbered(&text).flat_map(|t| t.split([';', '|'])).map(str::trim) {
        if NOT_KNOWN.iter().any(|t| part.eq_ignore_ascii_case(t)) || full(&entity.birth_dates, notes) {
            continue;
        }
        if !read_dates(part, &mut entity.birth_dates) {
            notes.unusable("bad-date", "a birth date that is no date; left out");
        }
    }
}

/// Notes the sex where the text says it.
pub(super) fn add_sex(entity: &mut Entity, text: &str, notes: &mut Notebook) {
    let text = text.trim().trim_end_matches('.');
    match Sex::parse(text) {
        Some(sex) if entity.sex.is_none_or(|known| known == sex) => entity.sex = Some(sex),
        Some(_) => notes.unusable("other-sex", "a sex that differs from an earlier one of the entity; the earlier one stands"),
        None if text.is_empty() || ["u", "unknown", "other", "n/a"].iter().any(|t| text.eq_ignore_ascii_case(t)) => {}
        None => notes.unusable("bad-sex", "a sex that is neither male nor female; left unknown"),
    }
}

/// The sex in free text: `… Gender: male …`, `Gender [Female]`.
pub(super) fn sex_in(text: &str) -> Option<Sex> {
    let at = text.to_ascii_lowercase().find("gender")?;
    let word = text.get(at + 6..)?.trim_start_matches([')', ':', ' ', '[', '(', '.', '=']);
    Sex::parse(word.split(|c: char| !c.is_ascii_alphabetic()).next()?)
}

/// Parts of a place or name beyond these say nothing more.
pub(super) const MOST_PARTS: usize = 64;

/// Adds a place of birth out of its parts.
pub(super) fn add_place<'a>(entity: &mut Entity, parts: impl IntoIterator<Item = &'a str>) {
    let mut place: Vec<String> = vec![];
    for part in parts.into_iter().map(squeeze).take(MOST_PARTS) {
        if !["", "-0-", "unknown", "-"].contains(&part.to_ascii_lowercase().as_str()) && !place.contains(&part) {
            place.push(part);
        }
    }
    let place = place.join(", ");
    if !place.is_empty() && entity.birth_places.len() < MOST && !entity.birth_places.contains(&place) {
        entity.birth_places.push(place);
    }
}

/// Adds a programme or reason.
pub(super) fn add_programme(entity: &mut Entity, text: &str) {
    let text = squeeze(text);
    if !text.is_empty() && entity.programmes.len() < MOST && !entity.programmes.contains(&text) {
        entity.programmes.push(text);
    }
}

/// Adds a document with a number that stands alone. `issuer` may be empty.
pub(super) fn add_document(entity: &mut Entity, kind: char, number: &str, issuer: &str, notes: &mut Notebook) {
    let number = squeeze(number);
    let number = if kind == 'V' { imo(&number) } else { number.as_str() };
    if number.is_empty() || number == "-0-" || number == "-" {
        return;
    }
    if number.chars().count() > LONGEST_NUMBER || !number.bytes().any(|b| b.is_ascii_alphanumeric()) {
        return notes.unusable("bad-document", "a document whose number cannot be read; left out");
    }
    let document = ListedDocument { kind, number: number.to_owned(), issuer: issuer_of(issuer, notes) };
    push_document(entity, document, notes);
}

fn push_document(entity: &mut Entity, document: ListedDocument, notes: &mut Notebook) {
    if full(&entity.documents, notes) {
        return;
    }
    let same = |d: &ListedDocument| d.number == document.number && d.kind == document.kind;
    match entity
        .documents
        .iter_mut()
        .find(|d| same(d) && (d.issuer == document.issuer || d.issuer.is_none() || document.issuer.is_none()))
    {
        Some(known) => known.issuer = known.issuer.take().or(document.issuer),
        None => entity.documents.push(document),
    }
}

fn issuer_of(text: &str, notes: &mut Notebook) -> Option<String> {
    let mut codes = vec![];
    add_country(text, &mut codes, notes);
    codes.into_iter().next()
}

/// Adds the documents of a text that holds more than numbers: `381110042 (expired 2016)`,
/// `Diplomatic passport: Z30321794`, `(1) A1 (Chad). (2) B2`. The label says of what sort they
/// are where the text does not.
pub(super) fn add_document_text(entity: &mut Entity, label: &str, text: &str, issuer: &str, notes: &mut Notebook) {
    let text = squeeze(text);
    for part in numbered(&text).flat_map(|t| t.split([';', '|'])).map(str::trim).filter(|t| !t.is_empty() && *t != "-") {
        let found = match read_document(part) {
            Found::Document(mut document) if document.number.len() > 2 => {
                // The words before a number say more than a label, unless nobody knows them.
                if document.kind == 'O' {
                    document.kind = read_labelled(label, "").map_or('O', |(kind, _)| kind);
                }
                Found::Document(document)
            }
            _ => read_document(&format!("{label} {part}")),
        };
        match found {
            Found::Document(mut document) => {
                if let Some(issuer) = issuer_of(issuer, notes) {
                    document.issuer = Some(issuer);
                }
                push_document(entity, document, notes);
            }
            Found::Ignored => {}
            Found::Nothing | Found::Unreadable => {
                notes.unusable("bad-document", "a document whose number cannot be read; left out");
            }
        }
    }
}

/// A ship number without `IMO` before it.
pub(super) fn imo(number: &str) -> &str {
    let number = number.trim();
    let bare = number.get(..3).filter(|head| head.eq_ignore_ascii_case("imo")).map_or(number, |_| &number[3..]);
    bare.trim_start_matches([' ', ':', '.', '#', '-']).trim_end()
}

/// `(1) France. (2) Chad`, as the United Kingdom writes several values, in its parts.
pub(super) fn numbered(text: &str) -> impl Iterator<Item = &str> {
    let several = mark(text).is_some_and(|(start, _)| start == 0);
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest.take()?;
        if !several {
            return Some(text);
        }
        let text = &text[mark(text).map_or(0, |(_, end)| end)..];
        let end = mark(text).map(|(start, _)| start);
        rest = end.map(|end| &text[end..]);
        Some(text[..end.unwrap_or(text.len())].trim().trim_end_matches('.'))
    })
    .filter(|part| !part.is_empty())
}

/// Where the first number in brackets begins and ends: `(1)`, `(12)`.
fn mark(text: &str) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'(', bytes).find_map(|start| {
        let digits = bytes[start + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
        let end = start + 1 + digits;
        ((1..=2).contains(&digits) && bytes.get(end) == Some(&b')')).then_some((start, end + 1))
    })
}

/// Puts the primary name in front; where none is marked, the first that is not weak becomes it.
pub(super) fn primary_first(names: &mut [EntityName]) {
    let find = |kind: fn(NameKind) -> bool| names.iter().position(|n| kind(n.kind));
    let primary = find(|k| k == NameKind::Primary);
    let at = primary.or_else(|| find(|k| k == NameKind::Alias)).or_else(|| find(|k| k != NameKind::WeakAlias)).unwrap_or(0);
    if let Some(front) = names.get_mut(..=at) {
        front.rotate_right(1);
        front[0].kind = NameKind::Primary;
    }
    for name in names.iter_mut().skip(1).filter(|n| n.kind == NameKind::Primary) {
        name.kind = NameKind::Alias;
    }
}

/// Entities of one file, found again by list and id.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) entities: Vec<Entity>,
    by_id: HashMap<String, usize, foldhash::fast::FixedState>,
    /// How often an id came again.
    again: HashMap<String, usize, foldhash::fast::FixedState>,
    /// The first line of each entity, and how many rows speak of it.
    lines: Vec<(u64, usize)>,
}

impl Gathered {
    /// The entity with this id, new if it is not there yet.
    pub(super) fn entity(&mut self, list: &str, id: &str, kind: EntityKind, line: u64) -> &mut Entity {
        let at = *self.by_id.entry(format!("{list}\n{id}")).or_insert_with(|| {
            self.entities.push(blank(list, id, kind));
            self.lines.push((line, 0));
            self.entities.len() - 1
        });
        self.lines[at].1 += 1;
        let entity = &mut self.entities[at];
        if entity.kind == EntityKind::Unknown {
            entity.kind = kind;
        }
        entity
    }

    /// Adds a whole entity. Where an earlier one has its id it becomes one of its own, `ID#2`.
    pub(super) fn add(&mut self, mut entity: Entity, line: u64, notes: &mut Notebook) {
        let first = entity.id.clone();
        let key = format!("{}\n{first}", entity.list);
        if self.by_id.contains_key(&key) {
            let again = self.again.entry(key).or_insert(1);
            while self.by_id.contains_key(&format!("{}\n{}", entity.list, entity.id)) {
                *again += 1;
                entity.id = format!("{first}#{again}");
            }
            notes.unusable("duplicate-number", "an id that an earlier record has; kept as an entity of its own, marked with #2");
        }
        self.by_id.insert(format!("{}\n{}", entity.list, entity.id), self.entities.len());
        self.entities.push(entity);
        self.lines.push((line, 1));
    }

    /// The first entity with this id, of which one more row speaks.
    pub(super) fn find(&mut self, list: &str, id: &str) -> Option<&mut Entity> {
        let at = *self.by_id.get(&format!("{list}\n{id}"))?;
        self.lines.get_mut(at)?.1 += 1;
        self.entities.get_mut(at)
    }

    /// All entities that have a name, the primary one first.
    pub(super) fn finish(self, notes: &mut Notebook) -> Vec<Entity> {
        let mut entities = self.entities;
        let mut lines = self.lines.into_iter();
        entities.retain_mut(|entity| {
            let (line, rows) = lines.next().unwrap_or_default();
            primary_first(&mut entity.names);
            if entity.names.is_empty() {
                notes.at(line);
                notes.unusable("no-name", "a record without a name; left out");
                notes.report.left_out += rows;
            } else {
                notes.report.used += rows;
            }
            !entity.names.is_empty()
        });
        entities
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entity() -> Entity {
        blank("l", "1", EntityKind::Person)
    }

    #[test]
    fn names_and_their_parts() {
        assert_eq!(person_name("DOE", ["Jane", "", " Mary\n Ann "]), "DOE, Jane Mary Ann");
        assert_eq!(person_name("", ["Jane"]), "Jane");
        assert_eq!(person_name("DOE, JR", []), "DOE JR");
        assert_eq!(squeeze(" a\u{a0}\u{19}b \r\n \u{feff} c\u{0}"), "a b c");
        let (mut e, mut notes) = (entity(), Notebook::default());
        add_name(&mut e, "JAY", NameKind::WeakAlias, &mut notes);
        add_name(&mut e, " JAY; ", NameKind::Alias, &mut notes);
        add_name(&mut e, " - ", NameKind::Alias, &mut notes);
        add_script_name(&mut e, "'D*C1J*J", NameKind::Alias, &mut notes);
        add_script_name(&mut e, "Иван", NameKind::Alias, &mut notes);
        let names: Vec<_> = e.names.iter().map(|n| (n.text.as_str(), n.kind)).collect();
        assert_eq!(names, [("JAY", NameKind::Alias), ("Иван", NameKind::Alias)]);
        assert_eq!(notes.finish().unusable_by_code.into_iter().collect::<Vec<_>>(), [("lost-script", 1)]);
    }

    #[test]
    fn countries_dates_and_documents() {
        let (mut e, mut notes) = (entity(), Notebook::default());
        for text in
            ["(1) France. (2) Chad", "Iran (Islamic Republic of)", "Iraq/Jordan", "unknown", "RUSSIAN FEDERATION", "Chad."]
        {
            add_countries(&mut e, text, &mut notes);
        }
        assert_eq!(e.nationalities.join(" "), "FRA TCD IRN IRQ JOR RUS");
        add_dates(&mut e, "(1) 01/02/1965. (2) 00/00/1966", &mut notes);
        assert_eq!(format!("{:?}", e.birth_dates), "[1965-02-01, 1966]");
        add_document_text(
            &mut e,
            "Passport",
            "(1) A123456 (expired 2016). (2) Diplomatic passport: Z30321794 (Chad)",
            "",
            &mut notes,
        );
        add_document_text(
            &mut e,
            "National ID Number",
            "French national identity card number 101127200129",
            "France",
            &mut notes,
        );
        add_document(&mut e, 'V', "IMO 1234567", "", &mut notes);
        add_document(&mut e, 'P', "A123456", "CHE", &mut notes);
        let documents: Vec<_> =
            e.documents.iter().map(|d| format!("{}:{}:{}", d.kind, d.number, d.issuer.as_deref().unwrap_or("-"))).collect();
        assert_eq!(documents, ["P:A123456:CHE", "P:Z30321794:TCD", "I:101127200129:FRA", "V:1234567:-"]);
        assert_eq!((sex_in("x. Gender: male. y"), sex_in("Gender [Female]")), (Some(Sex::Male), Some(Sex::Female)));
        assert_eq!(notes.report.unusable_count(), 0, "{:?}", notes.report.unusable_by_code);
    }

    #[test]
    fn values_with_numbers_before_them() {
        for (text, parts) in [
            ("(1) France. (2) Chad", "France|Chad"),
            ("(9) A (10) B (11) C", "A|B|C"),
            ("France (1) Chad", "France (1) Chad"),
            ("(1)", ""),
            ("(1974) A", "(1974) A"),
        ] {
            assert_eq!(numbered(text).collect::<Vec<_>>().join("|"), parts, "{text}");
        }
    }

    #[test]
    fn the_same_id_twice_is_two_entities() {
        let (mut all, mut notes) = (Gathered::default(), Notebook::default());
        for name in ["A", "B", ""] {
            let mut e = entity();
            add_name(&mut e, name, NameKind::Alias, &mut notes);
            all.add(e, 7, &mut notes);
        }
        let all = all.finish(&mut notes);
        assert_eq!(
            all.iter().map(|e| (e.id.as_str(), e.names[0].kind)).collect::<Vec<_>>(),
            [("1", NameKind::Primary), ("1#2", NameKind::Primary)]
        );
    }
}
