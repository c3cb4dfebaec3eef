/// How many edits two tokens of these lengths may be apart and still count as the same name
/// misspelt. Grows with the shorter one: a single edit turns `LI` into another name.
pub fn reach(a: usize, b: usize) -> u32 {
    match a.min(b) {
        0..=3 => 0,
        4..=6 => 1,
        7..=11 => 2,
        _ => 3,
    }
}

/// Thermometer code of the letters of a token: two bits a letter (one occurrence, two or more),
/// one for digits. One insertion or deletion flips at most one bit, a substitution two, a
/// transposition none; so tokens within `d` edits differ in at most `2 d` bits.
pub type LetterBag = u64;

/// The [`LetterBag`] of a token.
pub fn letter_bag(token: &[u8]) -> LetterBag {
    let mut bag = 0u64;
    for &b in token {
        let bit = match b {
            b'A'..=b'Z' => 1u64 << (2 * (b - b'A')),
            _ => 1u64 << 52,
        };
        bag |= if bag & bit == 0 { bit } else { bit << 1 };
    }
    bag
}

/// Bit-parallel optimal string alignment distance (insertion, deletion, substitution and
/// transposition of neighbours cost one) from one pattern to many texts.
/// Hyyrö, "A bit-vector algorithm for computing Levenshtein and Damerau edit distances" (2003).
#[derive(Debug, Clone)]
pub struct OsaPattern {
    // One slot a letter A–Z and a digit; letters beyond are never made by normalisation.
    masks: [u64; 36],
    len: usize,
}

fn slot(b: u8) -> usize {
    match b {
        b'A'..=b'Z' => usize::from(b - b'A'),
        b'0'..=b'9' => usize::from(b - b'0') + 26,
        _ => 35,
    }
}

impl OsaPattern {
    /// Prepares a token of at most 64 letters; letters beyond are not compared.
    pub fn new(pattern: &[u8]) -> Self {
        let len = pattern.len().min(64);
        let mut masks = [0u64; 36];
        for (i, &b) in pattern[..len].iter().enumerate() {
            masks[slot(b)] |= 1 << i;
        }
        Self { masks, len }
    }

    /// Distance to a text.
    pub fn distance(&self, text: &[u8]) -> u32 {
        if self.len == 0 {
            return text.len() as u32;
        }
        let last = 1u64 << (self.len - 1);
        let (mut vp, mut vn, mut d0, mut previous) = (!0u64, 0u64, 0u64, 0u64);
        let mut score = self.len as u32;
        for &b in text {
            let pm = self.masks[slot(b)];
            let transposed = (((!d0) & pm) << 1) & previous;
            d0 = (((pm & vp).wrapping_add(vp)) ^ vp) | pm | vn | transposed;
            let hp = vn | !(d0 | vp);
            let hn = d0 & vp;
            score += u32::from(hp & last != 0);
            score -= u32::from(hn & last != 0);
            let hp = (hp << 1) | 1;
            vp = (hn << 1) | !(d0 | hp);
            vn = hp & d0;
            previous = pm;
        }
        score
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn slow_osa(a: &[u8], b: &[u8]) -> u32 {
        let mut d = vec![vec![0u32; b.len() + 1]; a.len() + 1];
        for i in 0..=a.len() {
            for j in 0..=b.len() {
                d[i][j] = if i == 0 || j == 0 {
                    (i + j) as u32
                } else {
                    let mut best = (d[i - 1][j] + 1).min(d[i][j - 1] + 1).min(d[i - 1][j - 1] + u32::from(a[i - 1] != b[j - 1]));
                    if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                        best = best.min(d[i - 2][j - 2] + 1);
                    }
                    best
                };
            }
        }
        d[a.len()][b.len()]
    }

    proptest! {
        #[test]
        fn distance_is_that_of_the_slow_twin(a in "[A-D0]{0,12}", b in "[A-D0]{0,12}") {
            prop_assert_eq!(OsaPattern::new(a.as_bytes()).distance(b.as_bytes()), slow_osa(a.as_bytes(), b.as_bytes()));
        }

        #[test]
        fn bags_never_hide_a_neighbour(a in "[A-E]{1,12}", b in "[A-E]{1,12}") {
            let d = slow_osa(a.as_bytes(), b.as_bytes());
            prop_assert!((letter_bag(a.as_bytes()) ^ letter_bag(b.as_bytes())).count_ones() <= 2 * d);
            // Nor from one side: what one has and the other lacks, and what it is shorter by.
            let lacks = letter_bag(a.as_bytes()) & !letter_bag(b.as_bytes());
            prop_assert!(lacks.count_ones() + b.len().saturating_sub(a.len()) as u32 <= d);
        }
    }
}
