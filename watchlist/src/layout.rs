//! How the names and attributes of a generation lie in memory: flat columns, addressed by ordinal,
//! the same whether they were just compiled or are mapped from a file.

use std::ops::Range;

use arrow::array::StringArray;
use arrow::buffer::ScalarBuffer;
use arrow::error::ArrowError;

use super::columns::Columns;
use super::entity::{NameKind, PartialDate, Sex};
use super::posting::fetch;
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

/// One token of a listed name in 32 bits: dictionary id, role, weight class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ListedToken(pub u32);

/// Ids of tokens must be smaller.
pub(super) const MOST_TOKENS: usize = 1 << 29;

impl ListedToken {
    pub(super) fn new(id: u32, role: Role, light: bool) -> Self {
        let role = match role {
            Role::Any => 0,
            Role::Surname => 1,
            Role::Given => 2,
        };
        Self(id << 3 | u32::from(light) << 2 | role)
    }

    #[inline]
    pub(super) fn id(self) -> u32 {
        self.0 >> 3
    }

    pub(super) fn light(self) -> bool {
        self.0 & 4 != 0
    }

    pub(super) fn role(self) -> Role {
        match self.0 & 3 {
            1 => Role::Surname,
            2 => Role::Given,
            _ => Role::Any,
        }
    }
}

const _: () = assert!(MAX_TOKENS <= 16, "token masks are 16 bits wide");

/// The tokens of one listed name.
#[derive(Debug, Clone, Copy)]
pub(super) struct ListedTokens<'a>(pub &'a [u32]);

impl ListedTokens<'_> {
    #[inline]
    pub(super) fn len(self) -> usize {
        self.0.len()
    }

    #[inline]
    pub(super) fn get(self, i: usize) -> ListedToken {
        ListedToken(self.0[i])
    }

    #[inline]
    pub(super) fn iter(self) -> impl Iterator<Item = ListedToken> + Clone {
        self.0.iter().map(|t| ListedToken(*t))
    }
}

/// All names, in the order of the entities.
#[derive(Debug)]
pub(super) struct Names {
    pub entity: ScalarBuffer<u32>,
    pub kind: ScalarBuffer<u8>,
    pub token_starts: ScalarBuffer<u32>,
    /// [`ListedToken`]s.
    pub tokens: ScalarBuffer<u32>,
    /// As published.
    pub text: StringArray,
}

impl Names {
    #[inline]
    pub(super) fn tokens(&self, name: u32) -> ListedTokens<'_> {
        ListedTokens(&self.tokens[self.token_starts[name as usize] as usize..self.token_starts[name as usize + 1] as usize])
    }

    /// Asks for where the tokens of a name are before it is needed.
    #[inline]
    pub(super) fn fetch(&self, name: u32) {
        fetch(&self.token_starts, name as usize);
        fetch(&self.kind, name as usize);
    }

    /// Asks for its tokens.
    #[inline]
    pub(super) fn fetch_tokens(&self, name: u32) {
        fetch(&self.tokens, self.token_starts[name as usize] as usize);
    }

    pub(super) fn len(&self) -> usize {
        self.entity.len()
    }

    pub(super) fn kind(&self, name: u32) -> NameKind {
        match self.kind[name as usize] {
            0 => NameKind::Primary,
            1 => NameKind::Alias,
            2 => NameKind::WeakAlias,
            _ => NameKind::Former,
        }
    }

    pub(super) fn write(&self, out: &mut Columns) {
        out.put_u32("name.entity", &self.entity);
        out.put_u8("name.kind", &self.kind);
        out.put_u32("name.token_starts", &self.token_starts);
        out.put_u32("name.tokens", &self.tokens);
        out.put_text("name.text", &self.text);
    }

    pub(super) fn read(columns: &Columns) -> Result<Self, ArrowError> {
        Ok(Self {
            entity: columns.u32("name.entity")?,
            kind: columns.u8("name.kind")?,
            token_starts: columns.u32("name.token_starts")?,
            tokens: columns.u32("name.tokens")?,
            text: columns.text("name.text")?,
        })
    }
}

/// How a [`NameKind`] is stored.
pub(super) fn name_kind_code(kind: NameKind) -> u8 {
    match kind {
        NameKind::Primary => 0,
        NameKind::Alias => 1,
        NameKind::WeakAlias => 2,
        NameKind::Former => 3,
    }
}

/// Rows of several numbers each: `values[starts[i]..starts[i + 1]]`.
#[derive(Debug)]
pub(super) struct Rows {
    pub starts: ScalarBuffer<u32>,
    pub values: ScalarBuffer<u32>,
}

impl Rows {
    pub(super) fn build<R: IntoIterator<Item = u32>>(rows: impl Iterator<Item = R>) -> Self {
        let (mut starts, mut values) = (vec![0], Vec::new());
        for row in rows {
            values.extend(row);
            starts.push(values.len() as u32);
        }
        Self { starts: starts.into(), values: values.into() }
    }

    /// From (row, value) pairs; values of a row keep the order in which they come.
    pub(super) fn sort(rows: usize, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> Self {
        let mut starts = vec![0u32; rows + 1];
        for (row, _) in pairs.clone() {
            starts[row as usize + 1] += 1;
        }
        for i in 0..rows {
            starts[i + 1] += starts[i];
        }
        let mut next = starts.clone();
        let mut values = vec![0; starts[rows] as usize];
        for (row, value) in pairs {
            let at = &mut next[row as usize];
            values[*at as usize] = value;
            *at += 1;
        }
        Self { starts: starts.into(), values: values.into() }
    }

    #[inline]
    pub(super) fn range(&self, i: u32) -> Range<usize> {
        self.starts[i as usize] as usize..self.starts[i as usize + 1] as usize
    }

    #[inline]
    pub(super) fn row(&self, i: u32) -> &[u32] {
        &self.values[self.range(i)]
    }

    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// All values with their rows.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, u32)> + Clone {
        (0..self.len() as u32).flat_map(|i| self.row(i).iter().map(move |v| (i, *v)))
    }

    pub(super) fn write(&self, name: &str, out: &mut Columns) {
        out.put_u32(&format!("{name}.starts"), &self.starts);
        out.put_u32(&format!("{name}.values"), &self.values);
    }

    pub(super) fn read(name: &str, columns: &Columns) -> Result<Self, ArrowError> {
        Ok(Self { starts: columns.u32(&format!("{name}.starts"))?, values: columns.u32(&format!("{name}.values"))? })
    }
}

/// A date in 32 bits that sort as the dates do; never 0.
pub(super) fn pack_date(date: PartialDate) -> u32 {
    u32::from(date.year.unsigned_abs()) << 10 | u32::from(date.month) << 6 | u32::from(date.day) << 1 | u32::from(date.circa)
}

/// The date that [`pack_date`] packed.
#[inline]
pub(super) fn unpack_date(packed: u32) -> PartialDate {
    PartialDate {
        year: (packed >> 10) as i16,
        month: (packed >> 6 & 15) as u8,
        day: (packed >> 1 & 31) as u8,
        circa: packed & 1 != 0,
    }
}

/// How a sex is stored.
pub(super) fn sex_code(sex: Option<Sex>) -> u8 {
    match sex {
        None => 0,
        Some(Sex::Female) => 1,
        Some(Sex::Male) => 2,
        Some(Sex::Other) => 3,
    }
}

/// The sex that [`sex_code`] stored.
#[inline]
pub(super) fn sex_of(code: u8) -> Option<Sex> {
    match code & 3 {
        1 => Some(Sex::Female),
        2 => Some(Sex::Male),
        3 => Some(Sex::Other),
        _ => None,
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

/// The letters of a [`country`] word.
pub(super) fn country_code(word: u32) -> String {
    word.to_le_bytes().into_iter().take_while(|b| *b != 0).map(char::from).collect()
}
