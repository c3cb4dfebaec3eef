use std::sync::OnceLock;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::spelling::{spelling_key, stem};

/// Names that stand for each other; the head of the file says how they are laid out.
const FAMILIES: &str = include_str!("families.txt");

/// Spelling keys of each family, and the families of each key.
#[derive(Default)]
struct Table {
    families: Vec<Vec<Vec<u8>>>,
    by_key: HashMap<Vec<u8>, Vec<u16>, FixedState>,
}

impl Table {
    fn add(&mut self, keys: Vec<Vec<u8>>) {
        let number = self.families.len() as u16;
        for key in &keys {
            self.by_key.entry_ref(key.as_slice()).or_default().push(number);
        }
        self.families.push(keys);
    }
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = Table::default();
        for line in FAMILIES.lines().filter(|l| !l.starts_with('#')) {
            let mut keys: Vec<Vec<u8>> = Vec::new();
            let mut key = Vec::new();
            for name in line.split(' ') {
                spelling_key(name.as_bytes(), &mut key);
                if !keys.contains(&key) {
                    keys.push(key.clone());
                }
            }
            // The sons and daughters of a family are families of father's names.
            for child in [&b"VIC"[..], b"VNA"] {
                let mut fathers: Vec<Vec<u8>> = keys.iter().map(|k| [stem(k), child].concat()).collect();
                fathers.sort();
                fathers.dedup();
                table.add(fathers);
            }
            table.add(keys);
        }
        table
    })
}

/// Spelling keys of the names that stand for the name of this key in another language or as a pet
/// name. Symmetric; holds the key itself; empty for most.
pub fn relatives(key: &[u8]) -> impl Iterator<Item = &'static [u8]> {
    let table = table();
    let of = table.by_key.get(key).map_or(&[][..], Vec::as_slice);
    of.iter().flat_map(|number| table.families[usize::from(*number)].iter().map(Vec::as_slice))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn related(a: &str, b: &str) -> bool {
        let (mut x, mut y) = (Vec::new(), Vec::new());
        spelling_key(a.as_bytes(), &mut x);
        spelling_key(b.as_bytes(), &mut y);
        relatives(&x).any(|k| k == y)
    }

    #[test]
    fn families_reach_across_languages_and_to_father_s_names() {
        assert!(related("MYKOLA", "NIKOLAI") && related("NIKOLAY", "MIKALAI") && related("BOB", "ROBERT"));
        assert!(related("MYKOLAYOVYCH", "NIKOLAEVICH") && related("NIKOLAEVNA", "MYKOLAIVNA"));
        assert!(!related("MYKOLA", "OLEG") && !related("MYKOLAYOVYCH", "NIKOLAEVNA"));
        // A name is written in capitals, and no line holds one alone.
        for line in FAMILIES.lines().filter(|l| !l.starts_with('#')) {
            assert!(line.split(' ').count() > 1 && line.bytes().all(|b| b.is_ascii_uppercase() || b == b' '), "{line}");
        }
    }
}
