//! What the comparison of two names comes to, read off the evidence that the score itself gives: the
//! fit sees exactly the alignment that a hit is explained with.

use crate::name::is_light;
use crate::{Evidence, EvidenceItem};

/// Tokens of one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Side {
    /// Aligned tokens that are no particles.
    pub aligned: u32,
    /// Left over, no particles.
    pub left_over: u32,
    /// Particles left over.
    pub light: u32,
    /// Particles in all.
    pub lights: u32,
}

/// An entry of the weights that one left-over token was charged with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Charge {
    Reported,
    Listed,
    Light,
}

/// How two names agree.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Pattern {
    /// The sum of all terms, with the weights of the comparison.
    pub bits: f32,
    /// What each left-over token was charged: there may be more entries for them than are fitted.
    pub charges: Vec<(Charge, f32)>,
    /// What contradiction was charged.
    pub contradiction_bits: f32,
    /// Aligned pairs of tokens: level and bits. Particles are not among them.
    pub links: Vec<(&'static str, f32)>,
    /// Bits of particles that agree.
    pub light_bits: f32,
    pub reported: Side,
    pub listed: Side,
    /// Single letters that agree as an initial, and that are left over.
    pub initials: (u32, u32),
    /// Whether the parts of the name stand in the same order, where that is known.
    pub same_order: Option<bool>,
    /// Left-over tokens, as they are compared: what variants are learnt from.
    pub left: (Vec<String>, Vec<String>),
}

impl Pattern {
    /// Left-over tokens that contradict each other: one of either side.
    pub(super) fn contradictions(&self) -> u32 {
        self.reported.left_over.min(self.listed.left_over)
    }

    /// Reads the name's part of the evidence.
    pub(super) fn of(evidence: &Evidence) -> Self {
        let mut out = Self { bits: evidence.bits, ..Self::default() };
        for item in &evidence.items {
            match (item.field, item.level) {
                ("order", level) => out.same_order = Some(level == "same"),
                ("name", "left_over") => out.leave(item),
                (_, "contradiction") => out.contradiction_bits += item.bits,
                ("name" | "surname" | "given_names", level) => out.link(item, level),
                _ => {}
            }
        }
        out
    }

    fn leave(&mut self, item: &EvidenceItem) {
        let (side, left, text, charge) = match (&item.reported, &item.listed) {
            (Some(text), None) => (&mut self.reported, &mut self.left.0, text, Charge::Reported),
            (None, Some(text)) => (&mut self.listed, &mut self.left.1, text, Charge::Listed),
            _ => return,
        };
        let light = is_light(text.as_bytes());
        self.charges.push((if light { Charge::Light } else { charge }, item.bits));
        if light {
            side.light += 1;
            side.lights += 1;
            return;
        }
        side.left_over += 1;
        if text.len() == 1 {
            self.initials.1 += 1;
        } else {
            left.push(text.clone());
        }
    }

    fn link(&mut self, item: &EvidenceItem, level: &'static str) {
        // Terms that concern the name as a whole (contradiction, floor) compare no tokens.
        let (Some(reported), Some(listed)) = (&item.reported, &item.listed) else { return };
        let words = |text: &str| text.split(' ').count() as u32;
        if words(reported) == 1 && is_light(reported.as_bytes()) {
            self.light_bits += item.bits;
            self.reported.lights += 1;
            self.listed.lights += words(listed);
            return;
        }
        if level == "initial" || (level == "exact" && reported.len() == 1) {
            self.initials.0 += 1;
            self.light_bits += item.bits;
        } else {
            self.links.push((level, item.bits));
        }
        self.reported.aligned += words(reported);
        self.listed.aligned += words(listed);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use super::*;
    use crate::{Entity, EntityKind, EntityName, Generation, Matcher, NameKind, Subject};

    fn pattern(reported: &str, listed: &str) -> Pattern {
        let entity = Entity {
            id: "1".into(),
            list: "l".into(),
            kind: EntityKind::Person,
            names: vec![EntityName { text: listed.into(), kind: NameKind::Primary }],
            birth_dates: vec![],
            nationalities: vec![],
            sex: None,
            documents: vec![],
            birth_places: vec![],
            programmes: vec![],
        };
        let mut matcher = Matcher::new(Arc::new(Generation::build(vec![entity]).unwrap()));
        Pattern::of(&matcher.evidence(&Subject { surname: reported, ..Subject::default() }, 0))
    }

    #[test]
    fn tokens_are_counted_on_both_sides() {
        let p = pattern("HALVORSEN, Ingrid M", "AL HALVORSEN, Ingrid Solveig");
        assert_eq!(p.links.len(), 2);
        assert!(p.links.iter().all(|l| l.0 == "exact"));
        assert_eq!((p.reported.aligned, p.reported.left_over, p.initials), (2, 1, (0, 1)));
        assert_eq!((p.listed.left_over, p.listed.light, p.contradictions()), (1, 1, 1));
        assert_eq!(p.left.1, ["SOLVEIG"]);
        assert_eq!(p.same_order, Some(true));
    }

    #[test]
    fn nothing_in_common_is_left_over() {
        let p = pattern("QASSARI, Tariq", "HALVORSEN, Ingrid");
        assert!(p.links.is_empty());
        assert_eq!(p.reported.aligned, 0);
    }
}
