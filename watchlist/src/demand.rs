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
use super::score::ReportedName;
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
    pub name: &'a ReportedName,
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

/// Of names that have no other token that can weigh more: keys that are not opened add by joined tokens
/// alone.
pub(super) const INNER: usize = 0;
/// Of others: such keys may add whatever they weigh.
pub(super) const OUTDONE: usize = 1;
/// What keys can add together.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rest {
    /// The most, tokens that they leave over charged.
    pub charged: f32,
    /// The most if names have, by what is asked of them: [`INNER`], [`OUTDONE`].
    pub most: [f32; 2],
}

/// Classes of names by both: sixteen of what stands beside them for each of their birth dates.
pub(super) const ALL: usize = born::CLASSES * CLASSES;
/// Classes of birth dates and one more for any; the same of what stands beside.
const BORN: usize = born::CLASSES + 1;
const ANY: usize = CLASSES + 1;

/// A number for whole rows, by what all their names have in common.
type ByRow = [[i16; ANY]; BORN];

/// The least by class, and of all that may be one of several.
#[inline(always)]
fn by_row(of: &[i16; ALL]) -> ByRow {
    let mut rows = [[i16::MAX; ANY]; BORN];
    let (classes, _) = of.as_chunks::<CLASSES>();
    let mut any = [i16::MAX; CLASSES];
    for (row, classes) in rows.iter_mut().zip(classes) {
        row[..CLASSES].copy_from_slice(classes);
        row[CLASSES] = classes.iter().copied().fold(i16::MAX, i16::min);
        for (any, class) in any.iter_mut().zip(classes) {
            *any = (*any).min(*class);
        }
    }
    rows[born::CLASSES][..CLASSES].copy_from_slice(&any);
    rows[born::CLASSES][CLASSES] = any.into_iter().fold(i16::MAX, i16::min);
    rows
}

/// What is asked of the names of each class, whichever key finds them.
#[derive(Debug)]
pub(super) struct Demands {
    /// What their tokens must weigh.
    needed: [f32; ALL],
    /// How many keys are opened for them.
    opened: [u8; ALL],
    /// What a link and the reach must have together, in [`FINE`] steps, not too many: [`INNER`], [`OUTDONE`].
    sums: [[i16; ALL]; 2],
    sums_of_rows: [ByRow; 2],
    year: u8,
    nation: u8,
}

impl Default for Demands {
    fn default() -> Self {
        let sums_of_rows = [[[i16::MAX; ANY]; BORN]; 2];
        Self { needed: [0.0; ALL], opened: [0; ALL], sums: [[i16::MAX; ALL]; 2], sums_of_rows, year: 0, nation: 0 }
    }
}

impl Demands {
    /// For keys of which it is known what those from each on can add. Returns the fewest and the most that are opened for classes
    /// for which any is.
    pub(super) fn begin(&mut self, asked: &Asked<'_>, beside: &Beside, rests: &[Rest]) -> (usize, usize) {
        (self.year, self.nation) = (asked.year, beside.nation);
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has what the function asks for.
            #[allow(unsafe_code)]
            return unsafe { self.begin_avx2(&asked.needs, &beside.losses, rests) };
        }
        self.begin_plain(&asked.needs, &beside.losses, rests)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn begin_avx2(&mut self, needs: &[f32; born::CLASSES], losses: &[f32; CLASSES], rests: &[Rest]) -> (usize, usize) {
        self.begin_plain(needs, losses, rests)
    }

    #[inline(always)]
    fn begin_plain(&mut self, needs: &[f32; born::CLASSES], losses: &[f32; CLASSES], rests: &[Rest]) -> (usize, usize) {
        let (needed, _) = self.needed.as_chunks_mut::<CLASSES>();
        for (needed, need) in needed.iter_mut().zip(needs) {
            for (needed, loss) in needed.iter_mut().zip(losses) {
                *needed = need + loss - ROUNDING;
            }
        }
        self.opened.fill(0);
        let mut most = [[rests[0].most[0]; ALL], [rests[0].most[1]; ALL]];
        // Heaviest first, until the rest together is too light.
        for two in rests.windows(2) {
            let (this, next) = (&two[0], &two[1]);
            for class in 0..ALL {
                self.opened[class] += u8::from(this.charged >= self.needed[class]);
            }
            for (most, next) in most.iter_mut().zip(next.most) {
                for class in 0..ALL {
                    most[class] = if this.charged >= self.needed[class] { next } else { most[class] };
                }
            }
        }
        for (sums, most) in self.sums.iter_mut().zip(&most) {
            for class in 0..ALL {
                let sum = fine(self.needed[class] - most[class]).saturating_sub(2);
                sums[class] = if self.opened[class] > 0 { sum } else { i16::MAX };
            }
        }
        for (rows, sums) in self.sums_of_rows.iter_mut().zip(&self.sums) {
            *rows = by_row(sums);
        }
        let fewest = self.opened.into_iter().fold(u8::MAX, |all, o| all.min(if o > 0 { o } else { u8::MAX }));
        (usize::from(fewest), usize::from(self.opened.into_iter().fold(0, u8::max)))
    }

    /// The least reach by class, with a link of so many fine steps of a key, rounded up, and the least of
    /// all: 255 for never.
    pub(super) fn least_reach(&self, lightest: &Lightest, asks: usize, bits: i16) -> ([[u8; CLASSES]; born::CLASSES], u8) {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has what the function asks for.
            #[allow(unsafe_code)]
            return unsafe { least_reach_avx2(&lightest.by_class, &self.sums[asks], bits) };
        }
        least_reach(&lightest.by_class, &self.sums[asks], bits)
    }

    /// [`Self::least_reach`] of one class.
    #[inline]
    pub(super) fn least_reach_of(&self, lightest: &Lightest, class: usize, asks: usize, bits: i16) -> u8 {
        let steps = (self.sums[asks][class].saturating_sub(bits) >> 3).clamp(0, i16::from(MOST_REACH));
        if bits >= lightest.by_class[class] { steps as u8 } else { u8::MAX }
    }

    /// Whether a name of a row may have what is asked, with a link of so many fine steps. Never a
    /// false no.
    #[inline]
    pub(super) fn may_hold(&self, lightest: &Lightest, asks: usize, head: Head, bits: i16) -> bool {
        let born = if head.first == head.last {
            born::class(head.first, self.year, NEAR_YEARS)
        } else if born::all_far(head.first, head.last, self.year, NEAR_YEARS) {
            born::FAR
        } else {
            born::CLASSES
        };
        let beside = if head.beside == MIXED { CLASSES } else { beside::class(head.beside, self.nation) };
        let reach = self.sums_of_rows[asks][born][beside];
        bits >= lightest.by_row[born][beside]
            && i16::from(head.reach) >= (reach.saturating_sub(bits) >> 3).min(i16::from(MOST_REACH))
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn least_reach_avx2(lightest: &[i16; ALL], sums: &[i16; ALL], bits: i16) -> ([[u8; CLASSES]; born::CLASSES], u8) {
    least_reach(lightest, sums, bits)
}

#[inline(always)]
fn least_reach(lightest: &[i16; ALL], sums: &[i16; ALL], bits: i16) -> ([[u8; CLASSES]; born::CLASSES], u8) {
    let (mut out, mut least) = ([[0; CLASSES]; born::CLASSES], [u8::MAX; CLASSES]);
    let ((lightest, _), (sums, _)) = (lightest.as_chunks::<CLASSES>(), sums.as_chunks::<CLASSES>());
    for (out, (lightest, sums)) in out.iter_mut().zip(lightest.iter().zip(sums)) {
        for class in 0..CLASSES {
            let steps = (sums[class].saturating_sub(bits) >> 3).clamp(0, i16::from(MOST_REACH));
            out[class] = if bits >= lightest[class] { steps } else { i16::from(u8::MAX) } as u8;
            least[class] = least[class].min(out[class]);
        }
    }
    (out, least.into_iter().fold(u8::MAX, u8::min))
}

/// The lightest link of a key that is of use.
#[derive(Debug)]
pub(super) struct Lightest {
    /// In [`FINE`] steps, not too many.
    by_class: [i16; ALL],
    by_row: ByRow,
    /// The least of all.
    pub least: f32,
}

impl Lightest {
    /// Of the key of which this is the number, beside which all others can weigh so much, for classes for which it is opened.
    pub(super) fn of(demands: &Demands, key: usize, others: f32) -> Self {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has what the function asks for.
            #[allow(unsafe_code)]
            return unsafe { Self::of_avx2(demands, key, others) };
        }
        Self::of_plain(demands, key, others)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn of_avx2(demands: &Demands, key: usize, others: f32) -> Self {
        Self::of_plain(demands, key, others)
    }

    #[inline(always)]
    fn of_plain(demands: &Demands, key: usize, others: f32) -> Self {
        let key = key.min(usize::from(u8::MAX)) as u8;
        let (mut by_class, mut least) = ([i16::MAX; ALL], [f32::INFINITY; CLASSES]);
        for class in 0..ALL {
            let light = demands.needed[class] - others;
            let light = if demands.opened[class] > key { light } else { f32::INFINITY };
            by_class[class] = fine(light).saturating_sub(2);
            least[class % CLASSES] = if light < least[class % CLASSES] { light } else { least[class % CLASSES] };
        }
        let mut lightest = f32::INFINITY;
        for light in least {
            lightest = if light < lightest { light } else { lightest };
        }
        Self { by_row: by_row(&by_class), by_class, least: lightest }
    }
}

/// Steps of a bit in which demands are reckoned: more than those of a reach, so that little is lost.
const FINE: f32 = STEP * 8.0;

/// A weight in [`FINE`] steps: not too few, and one more at most than not too few would need.
#[inline(always)]
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
