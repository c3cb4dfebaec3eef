use std::sync::OnceLock;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

/// Frequencies of name words in a population at large; the head of the file says whence.
const WORDS: &str = include_str!("background.txt");

/// Share of people at large whose name holds this word, 0 where it is rare or not known there.
///
/// Watchlists are a poor sample of the world's names: `GRIFFIN` or `CABRERA` may be on them once
/// and is still no rare name among travellers.
pub fn background(token: &[u8]) -> f32 {
    static TABLE: OnceLock<HashMap<&'static [u8], f32, FixedState>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let mut table: HashMap<&'static [u8], f32, FixedState> = HashMap::default();
        for line in WORDS.lines() {
            let mut words = line.split(' ');
            // Lines that do not begin with a number are remarks.
            let Some(Ok(per_million)) = words.next().map(str::parse::<f32>) else { continue };
            for word in words {
                let held: &mut f32 = table.entry(word.as_bytes()).or_default();
                *held = held.max(per_million * 1e-6);
            }
        }
        table
    });
    table.get(token).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_words_are_known_and_others_are_rare() {
        assert!(background(b"SMITH") > background(b"CABRERA"));
        assert!(background(b"CABRERA") > 0.0);
        assert!(background(b"XQZV") == 0.0);
        assert!(
            WORDS
                .lines()
                .filter(|l| !l.starts_with('#'))
                .all(|l| l.split(' ').skip(1).all(|w| w.bytes().all(|b| b.is_ascii_uppercase())))
        );
    }
}
