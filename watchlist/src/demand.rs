//! What is asked of a name before its tokens are known: what it must reach without its birth date,
//! what it loses by nationality and sex, and how far its other tokens must reach.

use super::attributes;
use super::beside;
use super::born;
use super::entity::EntityKind;
use super::index::{ROUNDING, Stretch, YEARS_AROUND};
use super::layout::sex_of;
use super::matcher::Reported;
use super::posting::{Head, MIXED, MOST_REACH, STEP};
use super::weights::Weights;

/// How far the byte of a year may be from the reported one.
pub(super) const NEAR_YEARS: u8 = born::reach(YEARS_AROUND);
/// Classes of what stands beside a name ([`beside::class`]).
pub(super) const CLASSES: usize = 16;

/// What a name loses beside its tokens, against the most that it could have, by class.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Beside {
    pub losses: [f32; CLASSES],
    /// Six bits of the reported nationality.
    pub nation: u8,
}

impl Beside {
    /// What a name loses by the byte of `beside`.
    pub(super) fn by_byte(&self, out: &mut [f32; 256]) {
        let (nations, _) = out.as_chunks_mut::<4>();
        let losses = |byte: u8| [0, 1, 2, 3].map(|sex| self.losses[beside::class(byte << 2 | sex, self.nation)]);
        // All but these differ from it.
        nations.fill([8, 9, 10, 11].map(|class| self.losses[class]));
        for byte in [0, self.nation, beside::SEVERAL, beside::OTHER_KIND] {
            nations[usize::from(byte)] = losses(byte);
        }
    }

    /// What names lose against one of which everything agrees.
    pub(super) fn of(reported: &Reported, w: &Weights) -> Self {
        let mut losses = [0.0; CLASSES];
        for (class, loss) in (0u8..).zip(&mut losses) {
            if let Some((_, agrees)) = reported.nationality {
                match class >> 2 {
                    1 => *loss += agrees.max(0.0),
                    2 => *loss += (agrees.max(0.0) - w.nationality.differs).max(0.0),
                    _ => {}
                }
            }
            if reported.sex.is_some() {
                let said = attributes::sex(reported.sex, sex_of(class), &w.sex).map_or(0.0, |s| s.1);
                *loss += (w.sex.agrees.max(0.0) - said).max(0.0);
            }
            if class >> 2 == 3 && reported.kind == EntityKind::Person {
                *loss += (-w.kind.differs).max(0.0);
            }
        }
        Self { losses, nation: reported.nationality.map_or(0, |(code, _)| beside::nation(code)) }
    }
}

/// What is asked of all names.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    /// What a name must reach without its birth date, by [`born::class`].
    pub needs: [f32; born::CLASSES],
    /// The same for names that stand together.
    pub stretches: &'a [Stretch],
    /// The byte of the reported year.
    pub year: u8,
    /// The [`born::class`] of each group of names in a long row, or one more than all for the first two.
    pub groups: [u8; born::GROUPS],
}

/// The class of each group in the light of a reported year.
pub(super) fn classes_of_groups(year: u8) -> [u8; born::GROUPS] {
    let mut classes = [born::FAR as u8; born::GROUPS];
    let class = |byte| born::class(byte, year, NEAR_YEARS) as u8;
    let around = |byte: u8| born::group(byte.clamp(3, 254));
    let near = around(year.saturating_sub(NEAR_YEARS))..=around(year.saturating_add(NEAR_YEARS));
    // All others are far.
    for group in (0..3).chain(near) {
        let [first, last] = born::of_group(group).map(class);
        classes[group] = if first == last { first } else { born::CLASSES as u8 };
    }
    classes
}

/// Else years in the middle of a group could be near and those at its ends far.
const _: () = assert!(born::TOGETHER <= 2 * NEAR_YEARS as usize + 1);

impl Asked<'_> {
    /// What a name must reach by the byte of `born`.
    pub(super) fn by_byte(&self, out: &mut [f32; 256]) {
        out.fill(self.needs[born::FAR] - ROUNDING);
        for byte in self.year.saturating_sub(NEAR_YEARS)..=self.year.saturating_add(NEAR_YEARS) {
            out[usize::from(byte)] = self.needs[born::NEAR] - ROUNDING;
        }
        for byte in [0, 1, 2, u8::MAX] {
            out[usize::from(byte)] = self.needs[born::class(byte, self.year, NEAR_YEARS)] - ROUNDING;
        }
    }
}

/// A value for each byte.
#[derive(Debug)]
pub(super) struct Bytes(pub [f32; 256]);

impl Default for Bytes {
    fn default() -> Self {
        Self([0.0; 256])
    }
}

/// What one key asks of the names of one class of birth dates, by what stands beside them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Demand {
    /// The least weight of a link that is of use, in [`FINE`] steps, not too many.
    pub lightest: [i16; CLASSES],
    /// The reach that a name needs besides, with the link; the same. First for names of which no other
    /// token can weigh more, then for others, to which keys that are not opened may add by such.
    pub reach: [[i16; CLASSES]; 2],
    /// The least weight of a link that is of use to any.
    pub least: f32,
}

/// What one key asks of whole rows, by what all their names have in common: a [`born::class`], or
/// the last for any; and a class of `beside`, or the last for any.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowDemand {
    /// The least weight of a link, and the least reach with it.
    by_class: [[(i16, i16); CLASSES + 1]; born::CLASSES + 1],
    year: u8,
    nation: u8,
}

impl RowDemand {
    pub(super) fn of(demands: &[Demand; born::CLASSES], outdone: usize, year: u8, nation: u8) -> Self {
        let mut by_class = [[(i16::MAX, i16::MAX); CLASSES + 1]; born::CLASSES + 1];
        let least = |held: &mut (i16, i16), next: (i16, i16)| *held = (held.0.min(next.0), held.1.min(next.1));
        for (born, demand) in demands.iter().enumerate() {
            let mut any = (i16::MAX, i16::MAX);
            // One plain loop over four tables becomes vectors.
            #[allow(clippy::needless_range_loop)]
            for class in 0..CLASSES {
                let asked = (demand.lightest[class], demand.reach[outdone][class]);
                least(&mut any, asked);
                by_class[born][class] = asked;
                least(&mut by_class[born::CLASSES][class], asked);
            }
            by_class[born][CLASSES] = any;
            least(&mut by_class[born::CLASSES][CLASSES], any);
        }
        Self { by_class, year, nation }
    }

    /// Whether a name of a row may have what is asked, with a link of so many fine steps. Never a
    /// false no.
    #[inline]
    pub(super) fn may_hold(&self, head: Head, bits: i16) -> bool {
        let born = if head.first == head.last {
            born::class(head.first, self.year, NEAR_YEARS)
        } else if born::all_far(head.first, head.last, self.year, NEAR_YEARS) {
            born::FAR
        } else {
            born::CLASSES
        };
        let beside = if head.beside == MIXED { CLASSES } else { beside::class(head.beside, self.nation) };
        let (lightest, reach) = self.by_class[born][beside];
        bits >= lightest && i16::from(head.reach) >= (reach.saturating_sub(bits) >> 3).min(i16::from(MOST_REACH))
    }
}

/// Steps of a bit in which demands are reckoned: more than those of a reach, so that little is lost.
const FINE: f32 = STEP * 8.0;

impl Demand {
    pub(super) const NOTHING: Self =
        Self { lightest: [i16::MAX; CLASSES], reach: [[i16::MAX; CLASSES]; 2], least: f32::INFINITY };

    /// [`Self::least_reach`] of one class.
    #[inline]
    pub(super) fn least_reach_of(&self, class: usize, outdone: usize, bits: i16) -> u8 {
        let steps = (self.reach[outdone][class].saturating_sub(bits) >> 3).clamp(0, i16::from(MOST_REACH));
        if bits >= self.lightest[class] { steps as u8 } else { u8::MAX }
    }

    /// The least reach by class, with a link of so many fine steps, rounded up.
    #[inline]
    pub(super) fn least_reach(&self, outdone: usize, bits: i16) -> [u8; CLASSES] {
        let mut least = [0; CLASSES];
        for ((least, lightest), reach) in least.iter_mut().zip(&self.lightest).zip(&self.reach[outdone]) {
            let steps = (reach.saturating_sub(bits) >> 3).clamp(0, i16::from(MOST_REACH));
            *least = if bits >= *lightest { steps } else { i16::from(u8::MAX) } as u8;
        }
        least
    }
}

/// A weight in [`FINE`] steps: not too few, and one more at most than not too few would need.
#[inline]
pub(super) fn fine(bits: f32) -> i16 {
    ((bits * FINE) as i16).saturating_add(1)
}

/// Things that are looked at together.
pub(super) const BLOCK: usize = 16;

/// Rows, or names, that wait until there are enough: number of the token or place in the rows, bits
/// of the link, bits needed.
#[derive(Debug)]
pub(super) struct Block {
    pub things: [(u32, f32, f32); BLOCK],
    pub length: usize,
}

impl Default for Block {
    fn default() -> Self {
        Self { things: [(0, 0.0, 0.0); BLOCK], length: 0 }
    }
}

impl Block {
    /// Says whether there are enough.
    #[inline]
    pub(super) fn push(&mut self, thing: (u32, f32, f32)) -> bool {
        self.things[self.length] = thing;
        self.length += 1;
        self.length == BLOCK
    }

    #[inline]
    pub(super) fn all(&self) -> &[(u32, f32, f32)] {
        &self.things[..self.length]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_year_of_a_group_is_of_its_class() {
        for year in 2..=u8::MAX {
            let classes = classes_of_groups(year);
            for byte in 0..=u8::MAX {
                let (class, group) = (born::class(byte, year, NEAR_YEARS), usize::from(classes[born::group(byte)]));
                assert!(group == class || group == born::CLASSES && [born::FAR, born::NEAR].contains(&class), "{byte} {year}");
            }
        }
    }
}
