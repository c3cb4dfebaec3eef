//! Tokens that stand for each other though no rule says so: what is left over, one on either side,
//! when the names of one person are aligned, and comes back with several people.

use std::collections::{BTreeMap, BTreeSet};

use super::pairs::NamePair;
use crate::name::consonant_key;

/// Fewer people may have it by chance, or are one family.
const FEWEST: usize = 3;
/// Times more often than chance would put the two together.
const LIFT: f64 = 50.0;
/// People who make up for two tokens that do not look alike.
const UNLIKE: usize = 6;
/// Pairs that are less likely to be one name say nothing of its tokens.
const SURE: f64 = 0.5;

/// Two tokens that stand for each other.
#[derive(Debug, Clone, PartialEq)]
pub struct VariantPair {
    /// The two, in alphabetical order.
    pub tokens: [String; 2],
    /// People who have both.
    pub entities: usize,
    /// Times more often together than by chance.
    pub lift: f64,
}

/// The variant table, in alphabetical order.
pub(super) fn find(pairs: &[NamePair], posterior: &[f64]) -> Vec<VariantPair> {
    let mut together: BTreeMap<[&str; 2], BTreeSet<u32>> = BTreeMap::new();
    let mut of_token: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
    let mut people: BTreeSet<u32> = BTreeSet::new();
    for (pair, _) in pairs.iter().zip(posterior).filter(|(_, p)| **p >= SURE) {
        let (reported, listed) = &pair.pattern.left;
        for token in reported.iter().chain(listed) {
            of_token.entry(token).or_default().insert(pair.entity);
        }
        people.insert(pair.entity);
        // Two of them left over on a side could go with either: they teach nothing.
        if let ([a], [b]) = (reported.as_slice(), listed.as_slice()) {
            let both = if a < b { [a.as_str(), b.as_str()] } else { [b.as_str(), a.as_str()] };
            together.entry(both).or_default().insert(pair.entity);
        }
    }
    let n_of = |token: &str| of_token.get(token).map_or(0, BTreeSet::len) as f64;
    let mut out = Vec::new();
    for ([a, b], who) in together {
        let chance = n_of(a) * n_of(b) / people.len().max(1) as f64;
        let lift = who.len() as f64 / chance;
        if who.len() >= FEWEST && lift >= LIFT && (who.len() >= UNLIKE || alike(a, b)) && is_name(a) && is_name(b) {
            out.push(VariantPair { tokens: [a.to_owned(), b.to_owned()], entities: who.len(), lift });
        }
    }
    out
}

fn is_name(token: &str) -> bool {
    token.len() >= 3 && token.bytes().all(|b| b.is_ascii_uppercase())
}

/// Whether two tokens have half of the consonants of the longer one in common, in their order.
fn alike(a: &str, b: &str) -> bool {
    let (mut x, mut y) = (Vec::new(), Vec::new());
    consonant_key(a.as_bytes(), &mut x);
    consonant_key(b.as_bytes(), &mut y);
    let mut row = vec![0_usize; y.len() + 1];
    for &c in &x {
        let mut corner = 0;
        for (j, &d) in y.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = if c == d { corner + 1 } else { above.max(row[j]) };
            corner = above;
        }
    }
    2 * row[y.len()] >= x.len().max(y.len())
}

#[cfg(test)]
mod tests {
    use super::super::observe::Pattern;
    use super::*;

    fn pair(entity: u32, a: &[&str], b: &[&str]) -> NamePair {
        let texts = |t: &[&str]| t.iter().map(|t| (*t).to_owned()).collect();
        let pattern = Pattern { left: (texts(a), texts(b)), ..Pattern::default() };
        NamePair { entity, weight: 1.0, labelled: false, pattern }
    }

    #[test]
    fn what_comes_back_with_several_people_is_a_variant() {
        let mut pairs: Vec<_> = (0..3).map(|i| pair(i, &["GADDAFI"], &["QADHAFI"])).collect();
        pairs.extend((0..5).map(|_| pair(9, &["ONE", "LEFT"], &["FAMILY"])));
        pairs.extend((0..5).map(|_| pair(9, &["HOUSE"], &["FAMILY"])));
        pairs.extend((10..14).map(|i| pair(i, &["TIKRITI"], &["HUSSEIN"])));
        pairs.extend((20..400).map(|i| pair(i, &[], &[])));
        let sure = vec![1.0; pairs.len()];
        let found = find(&pairs, &sure);
        assert_eq!(found.iter().map(|v| v.tokens.join(" ")).collect::<Vec<_>>(), ["GADDAFI QADHAFI"]);
        assert_eq!(found[0].entities, 3);
        pairs.extend((14..16).map(|i| pair(i, &["HUSSEIN"], &["TIKRITI"])));
        assert_eq!(find(&pairs, &vec![1.0; pairs.len()]).len(), 2);
        assert!(find(&pairs, &vec![0.2; pairs.len()]).is_empty());
    }

    #[test]
    fn alike_is_what_the_consonants_say() {
        assert!(alike("GADDAFI", "KADDAFI") && alike("YUSUF", "JOSEPH") && alike("DMITRI", "DIMITROV"));
        assert!(!alike("TIKRITI", "HUSSEIN"));
    }
}
