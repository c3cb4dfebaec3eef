use std::collections::BTreeMap;

use tamis_watchlist::{Entity, EntityKind, NameKind};

/// What is known of the entities of one list. All counts are of entities but `names` and
/// `documents`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListCounts {
    /// Entities.
    pub entities: usize,
    /// Entities by kind.
    pub kinds: BTreeMap<EntityKind, usize>,
    /// Names by sort.
    pub names: BTreeMap<NameKind, usize>,
    /// Names with a letter that is not of the Latin script.
    pub names_in_other_scripts: usize,
    /// With another name than the primary one.
    pub with_alias: usize,
    /// With a weak alias.
    pub with_weak_alias: usize,
    /// With a birth date of whatever precision.
    pub with_birth_date: usize,
    /// With a birth date to the day.
    pub with_birth_day: usize,
    /// With a nationality, citizenship, country or flag.
    pub with_nationality: usize,
    /// With a sex.
    pub with_sex: usize,
    /// With a place of birth.
    pub with_birth_place: usize,
    /// With a document of whatever kind.
    pub with_document: usize,
    /// Documents by kind: `P` passport, `I` identity, `V` ship number, `O` other.
    pub documents: BTreeMap<char, usize>,
    /// With a programme or reason.
    pub with_programme: usize,
}

impl ListCounts {
    /// Counts one more entity.
    pub(super) fn add(&mut self, entity: &Entity) {
        self.entities += 1;
        *self.kinds.entry(entity.kind).or_default() += 1;
        for name in &entity.names {
            *self.names.entry(name.kind).or_default() += 1;
            self.names_in_other_scripts += usize::from(name.text.chars().any(is_other_script));
        }
        self.with_alias += usize::from(entity.names.len() > 1);
        self.with_weak_alias += usize::from(entity.names.iter().any(|n| n.kind == NameKind::WeakAlias));
        self.with_birth_date += usize::from(!entity.birth_dates.is_empty());
        self.with_birth_day += usize::from(entity.birth_dates.iter().any(|d| d.day > 0));
        self.with_nationality += usize::from(!entity.nationalities.is_empty());
        self.with_sex += usize::from(entity.sex.is_some());
        self.with_birth_place += usize::from(!entity.birth_places.is_empty());
        self.with_document += usize::from(!entity.documents.is_empty());
        for document in &entity.documents {
            *self.documents.entry(document.kind).or_default() += 1;
        }
        self.with_programme += usize::from(!entity.programmes.is_empty());
    }
}

/// Letters beyond Latin with its extensions and the marks that transliterations use.
fn is_other_script(c: char) -> bool {
    c.is_alphabetic()
        && !matches!(c, '\u{0}'..='\u{2ff}' | '\u{1d00}'..='\u{1eff}' | '\u{2c60}'..='\u{2c7f}' | '\u{a720}'..='\u{a7ff}' | '\u{fb00}'..='\u{fb06}' | '\u{ff21}'..='\u{ff5a}')
}
