//! How the names and attributes of a generation lie in memory: columns, addressed by ordinal.

use super::entity::{Entity, EntityKind, NameKind, PartialDate, Sex};
use crate::functions::country::state;
use crate::name::{MAX_TOKENS, Role, Tokens, normalise};

/// Puts a name into tokens. A comma separates the surname from the rest.
pub(super) fn tokenise(text: &str, out: &mut Tokens) {
    if let Some((surname, given)) = text.split_once(',') {
        normalise(surname, Role::Surname, out);
        normalise(given, Role::Given, out);
    } else {
        normalise(text, Role::Any, out);
    }
}

/// The runs of neighbouring tokens that may stand for one token of the other side.
pub(super) fn runs(tokens: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..tokens).flat_map(move |from| (from + 1..tokens.min(from + 3)).map(move |to| (from, to)))
}

/// One token of a listed name: dictionary id with role and weight class.
#[derive(Debug, Clone, Copy)]
pub(super) struct ListedToken {
    pub id: u32,
    pub role: Role,
    pub light: bool,
}

/// Neighbouring tokens of a listed name, joined.
#[derive(Debug, Clone, Copy)]
pub(super) struct ListedRun {
    pub id: u32,
    pub from: u8,
    pub to: u8,
}

/// All names, in the order of the entities.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub entity: Vec<u32>,
    pub kind: Vec<NameKind>,
    /// Years that agree at all with a birth date of the entity, beside the name so that most
    /// candidates cost one look; everything where no birth date is known.
    pub years: Vec<(i16, i16)>,
    pub token_starts: Vec<u32>,
    pub tokens: Vec<ListedToken>,
    pub run_starts: Vec<u32>,
    pub runs: Vec<ListedRun>,
}

impl Names {
    pub(super) fn tokens(&self, name: u32) -> &[ListedToken] {
        &self.tokens[self.token_starts[name as usize] as usize..self.token_starts[name as usize + 1] as usize]
    }

    pub(super) fn runs(&self, name: u32) -> &[ListedRun] {
        &self.runs[self.run_starts[name as usize] as usize..self.run_starts[name as usize + 1] as usize]
    }
}

const _: () = assert!(MAX_TOKENS <= 16, "token masks are 16 bits wide");

/// The years outside of which every birth date of an entity differs.
pub(super) fn years(dates: &[PartialDate]) -> (i16, i16) {
    let years = || dates.iter().map(|d| d.year);
    match (years().min(), years().max()) {
        (Some(first), Some(last)) => (first.saturating_sub(2), last.saturating_add(2)),
        _ => (i16::MIN, i16::MAX),
    }
}

/// Rows of several values each: `values[starts[i]..starts[i + 1]]`.
#[derive(Debug)]
pub(super) struct Rows<T> {
    starts: Vec<u32>,
    values: Vec<T>,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self { starts: vec![0], values: Vec::new() }
    }
}

impl<T> Rows<T> {
    pub(super) fn push(&mut self, row: impl IntoIterator<Item = T>) {
        self.values.extend(row);
        self.starts.push(self.values.len() as u32);
    }

    pub(super) fn row(&self, i: u32) -> &[T] {
        &self.values[self.starts[i as usize] as usize..self.starts[i as usize + 1] as usize]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        (0..self.starts.len() as u32 - 1).flat_map(|i| self.row(i).iter().map(move |v| (i, v)))
    }
}

/// Country code of up to four letters in one word; longer ones are cut.
pub(super) fn country(code: &str) -> u32 {
    let mut word = [0u8; 4];
    for (to, from) in word.iter_mut().zip(code.trim().bytes()) {
        *to = from.to_ascii_uppercase();
    }
    u32::from_le_bytes(word)
}

/// A document number in the two forms in which it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DocumentKey {
    /// Letters and digits with O as 0 and I as 1.
    pub folded: u64,
    pub exact: u64,
    /// 0 is unknown.
    pub issuer: u32,
    pub length: u8,
}

/// Shorter numbers are too common to say anything.
const SHORTEST_DOCUMENT: usize = 5;

impl DocumentKey {
    /// `None` for a number that says nothing: too short, or one character over and over.
    pub(super) fn new(number: &str, issuer: Option<&str>) -> Option<Self> {
        let (mut exact, mut folded, mut length) = ([0u8; 32], [0u8; 32], 0);
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
}

/// What is compared beside the name, one row an entity.
#[derive(Debug, Default)]
pub(super) struct Attributes {
    pub birth_dates: Rows<PartialDate>,
    pub nationalities: Rows<u32>,
    pub documents: Rows<DocumentKey>,
    pub sex: Vec<Option<Sex>>,
    pub person: Vec<bool>,
}

impl Attributes {
    pub(super) fn push(&mut self, entity: &Entity) {
        self.birth_dates.push(entity.birth_dates.iter().copied());
        self.nationalities.push(entity.nationalities.iter().filter_map(|n| state(n)).map(country));
        self.documents.push(entity.documents.iter().filter_map(|d| DocumentKey::new(&d.number, d.issuer.as_deref())));
        self.sex.push(entity.sex);
        self.person.push(matches!(entity.kind, EntityKind::Person | EntityKind::Unknown));
    }
}
