//! Nationality and sex in one byte: six bits and two.

use super::entity::EntityKind;
use super::listed::Listed;

/// No nationality, several, and of another kind than a person.
const NONE: u8 = 0;
pub(super) const SEVERAL: u8 = 62;
pub(super) const OTHER_KIND: u8 = 63;

/// Six bits of a nationality.
pub(super) fn nation(code: u32) -> u8 {
    1 + (code.wrapping_mul(0x9e37_79b1) >> 16) as u8 % (SEVERAL - 1)
}

/// The byte of an entity.
pub(super) fn of(listed: &Listed, entity: u32) -> u8 {
    let facts = listed.facts(entity);
    let nation = match (facts.kind(), listed.nationalities(entity, &facts)) {
        (EntityKind::Organisation | EntityKind::Vessel | EntityKind::Aircraft, _) => OTHER_KIND,
        (_, []) => NONE,
        (_, [only]) => nation(*only),
        _ => SEVERAL,
    };
    nation << 2 | facts.sex_code()
}

/// Number of the class of a byte, in the light of a reported [`nation`]: what nationality may
/// say (agrees 0, unknown 4, differs 8, another kind 12), and the sex.
#[inline]
pub(super) fn class(byte: u8, reported: u8) -> usize {
    let class = match byte >> 2 {
        NONE => 4,
        SEVERAL => 0,
        OTHER_KIND => 12,
        same if same == reported => 0,
        _ => 8,
    };
    usize::from(class | byte & 3)
}
