//! What holds of every identifier.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

type Check = fn(&str) -> Result<(), Reason>;

/// Every check by name, with the answer reduced to its reason.
const CHECKS: &[(&str, Check)] = &[
    ("airport", |t| airport::check(t).map(drop)),
    ("awb", |t| awb::check(t).map(drop)),
    ("business_number", |t| business_number::check(t).map(drop)),
    ("carrier", |t| carrier::check(t).map(drop)),
    ("ccn", |t| ccn::check(t).map(drop)),
    ("container", |t| container::check(t).map(drop)),
    ("country_code", |t| country_code::check(t).map(drop)),
    ("eori", |t| eori::check(t).map(drop)),
    ("hs", |t| hs::check(t).map(drop)),
    ("imo", |t| imo::check(t).map(drop)),
    ("imo_company", |t| imo::check_company(t).map(drop)),
    ("locode", |t| locode::check(t).map(drop)),
    ("mmsi", |t| mmsi::check(t).map(drop)),
    ("mrz", |t| mrz::check(t).map(drop)),
    ("paps", |t| paps::check(t).map(drop)),
    ("passid", |t| passid::check(t).map(drop)),
    ("scac", |t| scac::check(t).map(drop)),
    ("ticket", |t| ticket::check(t).map(drop)),
    ("un_number", |t| un_number::check(t).map(drop)),
    ("usci", |t| usci::check(t).map(drop)),
    ("vat", |t| vat::check(t).map(drop)),
];

#[test]
fn nothing_is_empty() {
    for (name, check) in CHECKS {
        assert_eq!(check(""), Err(Reason::Empty), "{name}");
        assert_eq!(check("  "), Err(Reason::Empty), "{name}");
    }
}

#[test]
fn codes_of_reasons_are_words_of_their_own() {
    let mut codes = Reason::ALL.map(Reason::code);
    codes.sort_unstable();
    assert!(codes.windows(2).all(|pair| pair[0] != pair[1]));
    for reason in Reason::ALL {
        assert!(reason.code().bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
        assert!(!reason.sentence().ends_with('.'));
    }
}

/// Digits of which the check digit is computed step by step, as the standards print it.
fn digits(text: &str) -> Vec<u64> {
    text.bytes().map(|b| u64::from(b - b'0')).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_text_gets_an_answer(text in ".{0,40}", near in "[A-Za-z0-9 /.<*é-]{0,26}") {
        for (_, check) in CHECKS {
            let _ = (check(&text), check(&near));
        }
    }

    #[test]
    fn case_and_blanks_do_not_matter(text in "[A-Z0-9]{1,26}") {
        for (name, check) in CHECKS.iter().filter(|(name, _)| *name != "mrz") {
            prop_assert_eq!(check(&text), check(&text.to_ascii_lowercase()), "{}", name);
            prop_assert_eq!(check(&text), check(&format!(" {text} ")), "{}", name);
        }
    }

    #[test]
    fn exactly_one_check_digit_is_right(head in "[0-9]{3}", serial in "[1-9][0-9]{6}", owner in "[A-Z]{3}[UJZ]") {
        let right = |check: Check, text: &str| {
            (0..10).filter(|d| check(&format!("{text}{d}")).is_ok()).count()
        };
        prop_assert_eq!(right(|t| awb::check(t).map(drop), &format!("{head}-{serial}")), 1);
        prop_assert_eq!(right(|t| container::check(t).map(drop), &format!("{owner}{}", &serial[..6])), 1);
        let six = &serial[..6];
        let same = six.bytes().all(|b| b == six.as_bytes()[0]);
        if !same {
            prop_assert_eq!(right(|t| imo::check(t).map(drop), six), 1);
            prop_assert_eq!(right(|t| imo::check_company(t).map(drop), six), 1);
        }
    }

    #[test]
    fn checks_agree_with_their_slow_twins(seven in "[0-9]{7}", nine in "[0-9]{9}", thirteen in "[0-9]{13}") {
        let d = digits(&seven);
        let ship: u64 = (0..6).map(|i| d[i] * (7 - i as u64)).sum();
        if imo::check(&seven) != Err(Reason::Placeholder) {
            prop_assert_eq!(imo::check(&seven).is_ok(), ship % 10 == d[6]);
        }
        let d = digits(&nine);
        let luhn: u64 = (0..9).map(|i| if i % 2 == 1 { [0, 2, 4, 6, 8, 1, 3, 5, 7, 9][d[i] as usize] } else { d[i] }).sum();
        if business_number::check(&nine) != Err(Reason::Placeholder) {
            prop_assert_eq!(business_number::check(&nine).is_ok(), luhn.is_multiple_of(10));
        }
        let digit = thirteen.parse::<u64>().unwrap() % 7;
        if ticket::check(&thirteen).is_ok() {
            let with = format!("{thirteen}{digit}");
            let ticket = ticket::check(&with).unwrap();
            prop_assert_eq!(ticket.as_str(), thirteen.as_str());
        }
    }

    #[test]
    fn one_wrong_character_of_a_chinese_organisation_is_seen(
        head in "[0-9A-HJ-NPQRTUWXY]{17}", at in 0_usize..17, to in "[0-9A-HJ-NPQRTUWXY]",
    ) {
        let right: Vec<_> = "0123456789ABCDEFGHJKLMNPQRTUWXY".chars().map(|c| format!("{head}{c}")).filter(|t| usci::check(t).is_ok()).collect();
        prop_assert!(right.len() == 1 || head.bytes().all(|b| b == b'0'));
        if let Some(right) = right.first() {
            let mut wrong = right.clone();
            wrong.replace_range(at..=at, &to);
            prop_assert_eq!(usci::check(&wrong).is_ok(), wrong == *right);
        }
    }
}
