//! The listed entities beside their names: what is compared, and what is shown in a hit.

use std::ops::Range;

use arrow::array::{Array, StringArray};
use arrow::buffer::ScalarBuffer;
use arrow::error::ArrowError;

use super::columns::{Columns, text_column};
use super::entity::{Entity, EntityKind, ListedDocument, PartialDate, Sex};
use super::layout::{Rows, country, country_code, pack_date, sex_code, sex_of, unpack_date};
use tamis_records::country::state;

/// A document number in the two forms in which it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DocumentKey {
    /// Letters and digits with O as 0 and I as 1.
    pub folded: u64,
    pub exact: u64,
    /// 0 is unknown.
    pub issuer: u32,
    /// Letters and digits; 0 for a number that says nothing.
    pub length: u8,
}

/// Shorter numbers are too common to say anything.
const SHORTEST_DOCUMENT: usize = 5;

impl DocumentKey {
    /// `None` for a number that says nothing: too short, or one character over and over.
    pub(super) fn new(number: &str, issuer: Option<&str>) -> Option<Self> {
        let (mut exact, mut folded, mut length) = ([0u8; 32], [0u8; 32], 0);
        // `IMO 9074729` is the number 9074729.
        let number = match number.trim_start().split_at_checked(3) {
            Some((imo, rest)) if imo.eq_ignore_ascii_case("IMO") && rest.bytes().any(|b| b.is_ascii_digit()) => rest,
            _ => number,
        };
        for b in number.bytes().filter(u8::is_ascii_alphanumeric).take(32) {
            let b = b.to_ascii_uppercase();
            exact[length] = b;
            folded[length] = match b {
                b'O' => b'0',
                b'I' => b'1',
                other => other,
            };
            length += 1;
        }
        let exact = &exact[..length];
        if length < SHORTEST_DOCUMENT || exact.iter().all(|b| *b == exact[0]) {
            return None;
        }
        let hash = twox_hash::XxHash3_64::oneshot;
        let issuer = issuer.map_or(0, country);
        Some(Self { folded: hash(&folded[..length]), exact: hash(exact), issuer, length: length as u8 })
    }

    /// Whether it has the length of an IMO number, if it is a ship's: its MMSI has nine digits, its
    /// call sign has six letters at most.
    pub(super) fn may_be_imo(self) -> bool {
        self.length == 7
    }
}

/// What a candidate is weighed by beside its name, in one cache line: most entities have one
/// birth date and one nationality.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts {
    birth_date: u32,
    nationality: u32,
    flags: u32,
    pub group: u32,
}

/// Stands for more than one value: they are in the rows.
const SEVERAL: u32 = u32::MAX;

impl Facts {
    #[inline]
    pub(super) fn sex(self) -> Option<Sex> {
        sex_of(self.flags as u8)
    }

    /// The sex as it is stored, in two bits.
    #[inline]
    pub(super) fn sex_code(self) -> u8 {
        self.flags as u8 & 3
    }

    #[inline]
    pub(super) fn kind(self) -> EntityKind {
        match self.flags >> 2 & 7 {
            0 => EntityKind::Person,
            1 => EntityKind::Organisation,
            2 => EntityKind::Vessel,
            3 => EntityKind::Aircraft,
            _ => EntityKind::Unknown,
        }
    }

    /// The birth date, where there is just one.
    #[inline]
    pub(super) fn one_birth_date(self) -> Option<PartialDate> {
        (self.birth_date != 0 && self.birth_date != SEVERAL).then(|| unpack_date(self.birth_date))
    }

    pub(super) fn has_documents(self) -> bool {
        self.flags & 32 != 0
    }
}

fn kind_code(kind: EntityKind) -> u32 {
    match kind {
        EntityKind::Person => 0,
        EntityKind::Organisation => 1,
        EntityKind::Vessel => 2,
        EntityKind::Aircraft => 3,
        EntityKind::Unknown => 4,
    }
}

/// All entities of a generation, in their order.
#[derive(Debug)]
pub(super) struct Listed {
    /// Four words an entity: [`Facts`].
    facts: ScalarBuffer<u32>,
    birth_dates: Rows,
    nationalities: Rows,
    documents: Documents,
    pub ids: StringArray,
    /// Number of the list of each entity.
    pub list: ScalarBuffer<u16>,
    /// Names of the lists.
    pub lists: StringArray,
    birth_places: Texts,
    programmes: Texts,
}

/// Several texts an entity.
#[derive(Debug)]
struct Texts {
    starts: ScalarBuffer<u32>,
    values: StringArray,
}

impl Texts {
    fn build<'a>(rows: impl Iterator<Item = &'a Vec<String>> + Clone) -> Self {
        let mut starts = vec![0];
        for row in rows.clone() {
            starts.push(starts[starts.len() - 1] + row.len() as u32);
        }
        Self { starts: starts.into(), values: text_column(rows.flatten().map(String::as_str)) }
    }

    fn range(&self, entity: u32) -> Range<usize> {
        self.starts[entity as usize] as usize..self.starts[entity as usize + 1] as usize
    }

    fn row(&self, entity: u32) -> impl Iterator<Item = &str> {
        self.range(entity).map(|i| self.values.value(i))
    }

    fn write(&self, name: &str, out: &mut Columns) {
        out.put_u32(&format!("{name}.starts"), &self.starts);
        out.put_text(&format!("{name}.values"), &self.values);
    }

    fn read(name: &str, columns: &Columns) -> Result<Self, ArrowError> {
        Ok(Self { starts: columns.u32(&format!("{name}.starts"))?, values: columns.text(&format!("{name}.values"))? })
    }
}

#[derive(Debug)]
struct Documents {
    numbers: Texts,
    kind: ScalarBuffer<u8>,
    /// As [`country`]; 0 is unknown.
    issuer: ScalarBuffer<u32>,
    folded: ScalarBuffer<u64>,
    exact: ScalarBuffer<u64>,
    length: ScalarBuffer<u8>,
}

impl Documents {
    fn build(entities: &[Entity]) -> Self {
        let mut starts = vec![0];
        for e in entities {
            starts.push(starts[starts.len() - 1] + e.documents.len() as u32);
        }
        let all = || entities.iter().flat_map(|e| &e.documents);
        let keys: Vec<_> = all().map(|d| DocumentKey::new(&d.number, d.issuer.as_deref())).collect();
        Self {
            numbers: Texts { starts: starts.into(), values: text_column(all().map(|d| d.number.as_str())) },
            kind: all().map(|d| u8::try_from(d.kind).unwrap_or(b'O')).collect::<Vec<_>>().into(),
            issuer: all().map(|d| d.issuer.as_deref().map_or(0, country)).collect::<Vec<_>>().into(),
            folded: keys.iter().map(|k| k.map_or(0, |k| k.folded)).collect::<Vec<_>>().into(),
            exact: keys.iter().map(|k| k.map_or(0, |k| k.exact)).collect::<Vec<_>>().into(),
            length: keys.iter().map(|k| k.map_or(0, |k| k.length)).collect::<Vec<_>>().into(),
        }
    }

    fn key(&self, i: usize) -> Option<DocumentKey> {
        let length = self.length[i];
        (length > 0).then(|| DocumentKey { folded: self.folded[i], exact: self.exact[i], issuer: self.issuer[i], length })
    }
}

impl Listed {
    /// Keeps the order; `groups` names for each entity the first one that is the same.
    pub(super) fn build(entities: &[Entity], groups: &[u32]) -> Self {
        let dates = Rows::build(entities.iter().map(|e| e.birth_dates.iter().map(|d| pack_date(*d))));
        let nations = Rows::build(entities.iter().map(|e| {
            let mut codes: Vec<u32> = e.nationalities.iter().filter_map(|n| state(n)).map(country).collect();
            let mut kept = 0;
            for i in 0..codes.len() {
                if !codes[..kept].contains(&codes[i]) {
                    codes[kept] = codes[i];
                    kept += 1;
                }
            }
            codes.truncate(kept);
            codes
        }));
        let one = |row: &[u32]| match row {
            [] => 0,
            [only] => *only,
            _ => SEVERAL,
        };
        let mut facts = Vec::with_capacity(entities.len() * 4);
        for (i, e) in (0u32..).zip(entities) {
            let flags = u32::from(sex_code(e.sex)) | kind_code(e.kind) << 2 | u32::from(!e.documents.is_empty()) << 5;
            facts.extend([one(dates.row(i)), one(nations.row(i)), flags, groups[i as usize]]);
        }
        let mut lists: Vec<&str> = entities.iter().map(|e| e.list.as_str()).collect();
        lists.sort_unstable();
        lists.dedup();
        let list = |e: &Entity| lists.binary_search(&e.list.as_str()).unwrap_or(0) as u16;
        Self {
            facts: facts.into(),
            birth_dates: dates,
            nationalities: nations,
            documents: Documents::build(entities),
            ids: StringArray::from_iter_values(entities.iter().map(|e| &e.id)),
            list: entities.iter().map(list).collect::<Vec<_>>().into(),
            birth_places: Texts::build(entities.iter().map(|e| &e.birth_places)),
            programmes: Texts::build(entities.iter().map(|e| &e.programmes)),
            lists: StringArray::from_iter_values(lists),
        }
    }

    /// Number of entities.
    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    #[inline]
    pub(super) fn facts(&self, entity: u32) -> Facts {
        let at = entity as usize * 4;
        let words = &self.facts[at..at + 4];
        Facts { birth_date: words[0], nationality: words[1], flags: words[2], group: words[3] }
    }

    /// All birth dates.
    #[inline]
    pub(super) fn birth_dates(&self, entity: u32, facts: Facts) -> impl Iterator<Item = PartialDate> + Clone {
        let (one, several) = match facts.birth_date {
            0 => (None, &[][..]),
            SEVERAL => (None, self.birth_dates.row(entity)),
            packed => (Some(packed), &[][..]),
        };
        one.into_iter().chain(several.iter().copied()).map(unpack_date)
    }

    /// All states of nationality, as [`country`].
    #[inline]
    pub(super) fn nationalities<'a>(&'a self, entity: u32, facts: &'a Facts) -> &'a [u32] {
        match facts.nationality {
            0 => &[],
            SEVERAL => self.nationalities.row(entity),
            _ => std::slice::from_ref(&facts.nationality),
        }
    }

    /// How many entities have each state of nationality.
    pub(super) fn all_nationalities(&self) -> impl Iterator<Item = u32> {
        self.nationalities.iter().map(|v| v.1)
    }

    /// Comparable documents with their position among all documents of the entity.
    pub(super) fn documents(&self, entity: u32) -> impl Iterator<Item = (usize, DocumentKey)> + Clone {
        let range = self.documents.numbers.range(entity);
        let first = range.start;
        range.filter_map(move |i| self.documents.key(i).map(|k| (i - first, k)))
    }

    /// Group and entity, of all groups that have several.
    pub(super) fn grouped(&self) -> Vec<(u64, u32)> {
        let group = |e: u32| self.facts(e).group;
        let later: Vec<u32> = (0..self.len() as u32).filter(|e| group(*e) != *e).collect();
        let firsts = later.iter().map(|e| (u64::from(group(*e)), group(*e)));
        firsts.chain(later.iter().map(|e| (u64::from(group(*e)), *e))).collect()
    }

    /// Folded number of every comparable document with its entity.
    pub(super) fn document_keys(&self) -> Vec<(u64, u32)> {
        (0..self.len() as u32).flat_map(|e| self.documents(e).map(move |d| (d.1.folded, e))).collect()
    }

    pub(super) fn document_number(&self, entity: u32, i: usize) -> &str {
        self.documents.numbers.values.value(self.documents.numbers.range(entity).start + i)
    }

    pub(super) fn birth_places(&self, entity: u32) -> impl Iterator<Item = &str> {
        self.birth_places.row(entity)
    }

    pub(super) fn programmes(&self, entity: u32) -> impl Iterator<Item = &str> {
        self.programmes.row(entity)
    }

    pub(super) fn list(&self, entity: u32) -> &str {
        self.lists.value(usize::from(self.list[entity as usize]))
    }

    /// The documents as they were given.
    pub(super) fn listed_documents(&self, entity: u32) -> impl Iterator<Item = ListedDocument> {
        let d = &self.documents;
        d.numbers.range(entity).map(|i| ListedDocument {
            kind: char::from(d.kind[i]),
            number: d.numbers.values.value(i).to_owned(),
            issuer: (d.issuer[i] != 0).then(|| country_code(d.issuer[i])),
        })
    }

    pub(super) fn write(&self, out: &mut Columns) {
        out.put_u32("entity.facts", &self.facts);
        self.birth_dates.write("entity.birth_dates", out);
        self.nationalities.write("entity.nationalities", out);
        self.documents.numbers.write("document.number", out);
        out.put_u8("document.kind", &self.documents.kind);
        out.put_u32("document.issuer", &self.documents.issuer);
        out.put_u64("document.folded", &self.documents.folded);
        out.put_u64("document.exact", &self.documents.exact);
        out.put_u8("document.length", &self.documents.length);
        out.put_text("entity.id", &self.ids);
        out.put_u16("entity.list", &self.list);
        out.put_text("lists", &self.lists);
        self.birth_places.write("entity.birth_places", out);
        self.programmes.write("entity.programmes", out);
    }

    pub(super) fn read(columns: &Columns) -> Result<Self, ArrowError> {
        Ok(Self {
            facts: columns.u32("entity.facts")?,
            birth_dates: Rows::read("entity.birth_dates", columns)?,
            nationalities: Rows::read("entity.nationalities", columns)?,
            documents: Documents {
                numbers: Texts::read("document.number", columns)?,
                kind: columns.u8("document.kind")?,
                issuer: columns.u32("document.issuer")?,
                folded: columns.u64("document.folded")?,
                exact: columns.u64("document.exact")?,
                length: columns.u8("document.length")?,
            },
            ids: columns.text("entity.id")?,
            list: columns.u16("entity.list")?,
            lists: columns.text("lists")?,
            birth_places: Texts::read("entity.birth_places", columns)?,
            programmes: Texts::read("entity.programmes", columns)?,
        })
    }
}
