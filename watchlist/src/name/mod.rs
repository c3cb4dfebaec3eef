//! Names: from text in any script to tokens that can be compared, and how far two tokens agree.
//!
//! A name goes through [`normalise`](fn@normalise) into [`Tokens`]; two tokens are compared by
//! [`agreement`], whose levels are what evidence is made of.

mod background;
mod families;
mod normalise;
mod similarity;
mod spelling;
mod syllables;
mod tokens;
mod variants;

pub use background::background;
pub use families::relatives;
pub use normalise::{MAX_TOKEN, MAX_TOKENS, normalise};
pub use similarity::{LetterBag, OsaPattern, letter_bag, reach};
pub use spelling::{consonant_key, other_spelling, spelling_key};
pub use syllables::syllable_variants;
pub use tokens::{Role, Token, Tokens};
pub use variants::{GLUED, is_light, is_patronymic, without_title};

/// How far two name tokens agree, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Agreement {
    /// The same letters.
    Exact,
    /// The same name spelt otherwise: equal [`spelling_key`], a known nickname, or a glued title.
    Variant,
    /// One edit apart (optimal string alignment distance).
    Near,
    /// Several tokens of one side are one token of the other (`ABD AL RAHMAN`, `ABDULRAHMAN`).
    Joined,
    /// Two or more edits apart, within what the length allows.
    Far,
    /// The same consonants: equal [`consonant_key`].
    Sounds,
    /// One is the beginning of the other, which the message cut off.
    Truncated,
    /// One is the initial of the other.
    Initial,
}

impl Agreement {
    /// All levels, best first.
    pub const ALL: [Self; 8] =
        [Self::Exact, Self::Variant, Self::Near, Self::Joined, Self::Far, Self::Sounds, Self::Truncated, Self::Initial];

    /// The level of letters that are so many edits apart, of those that are near enough.
    pub(crate) fn of_edits(distance: u32) -> Self {
        if distance <= 1 { Self::Near } else { Self::Far }
    }

    /// The word used in evidence.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Variant => "variant",
            Self::Near => "near",
            Self::Joined => "joined",
            Self::Far => "far",
            Self::Sounds => "sounds",
            Self::Truncated => "truncated",
            Self::Initial => "initial",
        }
    }
}

/// The level at which two single tokens agree, if they do; the definition that the
/// dictionary's bounded search is tested against. `Joined` and `Truncated` depend on the name
/// around a token and are not decided here.
pub fn agreement(a: &[u8], b: &[u8]) -> Option<Agreement> {
    if a == b {
        return Some(Agreement::Exact);
    }
    if a.len() == 1 || b.len() == 1 {
        return (a.first() == b.first()).then_some(Agreement::Initial);
    }
    let (mut x, mut y) = (Vec::new(), Vec::new());
    spelling_key(a, &mut x);
    spelling_key(b, &mut y);
    let titled = |a, b| without_title(a).any(|rest| rest == b);
    let mut other = Vec::new();
    let otherwise = other_spelling(&x, &mut other) && other == y;
    if x == y || otherwise || relatives(&x).any(|r| r == y) || titled(a, b) || titled(b, a) {
        return Some(Agreement::Variant);
    }
    let distance = OsaPattern::new(a).distance(b);
    if distance <= reach(a.len(), b.len()) {
        return Some(if distance <= 1 { Agreement::Near } else { Agreement::Far });
    }
    consonant_key(a, &mut x);
    consonant_key(b, &mut y);
    let mut syllable = false;
    syllable_variants(a, |v| syllable |= v == b);
    (syllable || x.len() >= 3 && x == y).then_some(Agreement::Sounds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_of_known_pairs() {
        use Agreement::{Exact, Far, Initial, Near, Sounds, Variant};
        for (a, b, level) in [
            ("HASSAN", "HASSAN", Some(Exact)),
            ("MUHAMMAD", "MOHAMED", Some(Variant)),
            ("HUSSEIN", "HUSAYN", Some(Variant)),
            ("MUELLER", "MULLER", Some(Variant)),
            ("YULIIA", "IULIIA", Some(Variant)),
            ("WILLIAM", "BILL", Some(Variant)),
            ("SMITH", "SMIHT", Some(Near)),
            ("GARCIA", "GARCES", None),
            ("KHALED", "KHALID", Some(Variant)),
            ("ALEXANDER", "ALEKSANDRE", Some(Variant)),
            ("FERNANDEZ", "FERNANDES", Some(Near)),
            ("KONSTANTIN", "CONSTANTINE", Some(Variant)),
            ("GONZALEZ", "GONSALES", Some(Far)),
            ("ABDULRAHMAN", "ABDELRAHMANE", Some(Far)),
            ("J", "JOHN", Some(Initial)),
            ("LI", "LU", None),
            ("INGRIDMRS", "INGRID", Some(Variant)),
            ("EMS", "E", Some(Initial)),
            ("YOUSEF", "YASSEF", Some(Sounds)),
            ("SULAIMAN", "SLIMANE", Some(Variant)),
            ("MYKOLAYOVYCH", "NIKOLAEVICH", Some(Variant)),
            ("HSIAO", "XIAO", Some(Sounds)),
            ("HAYDAR", "HYDR", Some(Sounds)),
            ("NADEEMI", "NADIMA", Some(Sounds)),
        ] {
            assert_eq!(agreement(a.as_bytes(), b.as_bytes()), level, "{a} {b}");
            assert_eq!(agreement(b.as_bytes(), a.as_bytes()), level, "{b} {a}");
        }
    }
}
