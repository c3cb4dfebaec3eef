use super::normalise::{MAX_TOKEN, MAX_TOKENS};
use super::variants::is_light;

/// Which part of a name a token was sent in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Role {
    /// The name does not say.
    #[default]
    Any,
    /// Surname.
    Surname,
    /// Given or middle name.
    Given,
}

/// Where one token lies in its [`Tokens`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    start: u16,
    end: u16,
    /// Part of the name.
    pub role: Role,
    /// A particle or an honorific (`AL`, `VAN`, `SHEIKH`): leaving it out says little.
    pub light: bool,
}

/// The tokens of one name, upper-case `A`–`Z`, `0`–`9`, in one buffer that is used again.
#[derive(Debug, Clone, Default)]
pub struct Tokens {
    letters: Vec<u8>,
    placed: Vec<Token>,
    /// Where the token begins that is being written.
    open: usize,
}

impl Tokens {
    /// Forgets the name, keeps the memory.
    pub fn clear(&mut self) {
        self.letters.clear();
        self.placed.clear();
        self.open = 0;
    }

    /// Number of tokens.
    pub fn len(&self) -> usize {
        self.placed.len()
    }

    /// Whether the name had no letter or digit at all.
    pub fn is_empty(&self) -> bool {
        self.placed.is_empty()
    }

    /// Letters of token `i`.
    pub fn bytes(&self, i: usize) -> &[u8] {
        &self.letters[usize::from(self.placed[i].start)..usize::from(self.placed[i].end)]
    }

    /// Letters of the tokens `from..=to`, joined: they stand side by side in the buffer.
    pub fn joined(&self, from: usize, to: usize) -> &[u8] {
        &self.letters[usize::from(self.placed[from].start)..usize::from(self.placed[to].end)]
    }

    /// Token `i`.
    pub fn token(&self, i: usize) -> Token {
        self.placed[i]
    }

    /// Number of letters of the whole name.
    pub fn letters(&self) -> usize {
        self.placed.last().map_or(0, |t| usize::from(t.end))
    }

    #[inline]
    pub(super) fn push(&mut self, letter: u8) {
        if self.letters.len() - self.open < MAX_TOKEN && self.placed.len() < MAX_TOKENS {
            self.letters.push(letter);
        }
    }

    pub(super) fn end_token(&mut self, role: Role) {
        let (start, end) = (self.open, self.letters.len());
        self.open = end;
        if end > start {
            letters_read_as_digits(&mut self.letters[start..end]);
            let light = is_light(&self.letters[start..end]);
            self.placed.push(Token { start: start as u16, end: end as u16, role, light });
        }
    }
}

/// Machines read `O`, `I` and `S` as digits: a few digits among letters are turned back. Words
/// such as `747` or `B12` are left as they are, for ships and aircraft are called so.
fn letters_read_as_digits(token: &mut [u8]) {
    let digits: usize = token.iter().map(|b| usize::from(b.is_ascii_digit())).sum();
    if digits == 0 || token.len() < digits * 2 + 1 {
        return;
    }
    for b in token {
        match b {
            b'0' => *b = b'O',
            b'1' => *b = b'I',
            b'5' => *b = b'S',
            b'8' => *b = b'B',
            _ => {}
        }
    }
}
