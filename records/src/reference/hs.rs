//! Headings and subheadings of the Harmonized System, edition of 2022.

/// Subheadings, six digits a line.
const ROWS: &[u8] = include_bytes!("hs.txt");
const ROW: usize = 7;

/// Whether the table has the code: its chapter (2 digits), heading (4) or subheading (6, or the
/// first six of more). Earlier editions have codes that this one has not.
pub fn is_known(digits: &str) -> bool {
    let digits = digits.as_bytes();
    let digits = match digits.len() {
        2 | 4 => digits,
        6.. => &digits[..6],
        _ => return false,
    };
    let rows = ROWS.len() / ROW;
    let (mut low, mut high) = (0, rows);
    while low < high {
        let middle = low + (high - low) / 2;
        if &ROWS[middle * ROW..middle * ROW + digits.len()] < digits {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low < rows && ROWS[low * ROW..].starts_with(digits)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_row_and_what_it_belongs_to_is_known() {
        let text = std::str::from_utf8(ROWS).unwrap();
        let mut last = "";
        for line in text.lines() {
            assert!(line.len() == 6 && last < line, "{line}");
            last = line;
            assert!(is_known(line) && is_known(&line[..4]) && is_known(&line[..2]));
            assert!(is_known(&format!("{line}0090")));
        }
    }

    #[test]
    fn well_known_codes() {
        assert!(is_known("847130") && is_known("8471") && is_known("84") && is_known("854911"));
        for unknown in ["77", "98", "0847", "847199", "000000", "999999", "", "8", "847", "84713", "é"] {
            assert!(!is_known(unknown), "{unknown}");
        }
        // A national code is known by its first six digits.
        assert!(is_known("8471300100"));
    }
}
