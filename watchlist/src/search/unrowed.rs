//! Marks of the tokens that agree, and the names that are not found by a row of one of them: those of a
//! date, and long names where many initials are reported.

use std::ops::Range;

use super::{Key, MOST_MARKED, Search};
use crate::bound::{Eight, JOINED, OWN_BITS};
use crate::demand::Asked;
use crate::expansion::steps;
use crate::generation::Generation;
use crate::index::{ROUNDING, within};
use crate::mates::slot;
use crate::name::MAX_TOKENS;
use crate::reported_key::{Row, rows};
use crate::score::ReportedName;

impl Search {
    /// Marks the tokens that are of use to names that must reach `lowest` at least.
    pub(crate) fn mark(&mut self, reported: &ReportedName, generation: &Generation, lowest: f32) {
        self.bound.clear();
        self.mark_from(reported, generation, lowest - ROUNDING, f32::INFINITY);
        self.marked = lowest;
    }

    /// The same, of tokens that were not marked so far, for names that are not found by rows.
    pub(crate) fn mark_more(&mut self, reported: &ReportedName, generation: &Generation, lowest: f32) {
        self.mark_from(reported, generation, lowest - ROUNDING, self.marked - ROUNDING);
        self.marked = lowest.min(self.marked);
    }

    fn mark_from(&mut self, reported: &ReportedName, generation: &Generation, needed: f32, marked: f32) {
        let bound = &mut self.bound;
        bound.take(None);
        if self.rests[0].charged < needed {
            return;
        }
        for (i, (_, key)) in self.keys.iter().enumerate() {
            let bit = if i < OWN_BITS { 1 << i } else { 0 };
            // So heavy ones are.
            let done = if self.rests[0].charged < marked { f32::INFINITY } else { marked - self.others[i] };
            rows(*key, reported, generation, needed - self.others[i], |row, bits| match row {
                _ if bits >= done => {}
                Row::Token(row) => {
                    bound.mark(row.slot, bit, row.steps);
                    if row.parts.level > 0 {
                        bound.link(row.parts.bucket, row.parts.level, row.steps);
                    }
                }
                Row::Joined(_) | Row::Prefix(..) => {
                    let (steps, postings) = (steps(bits), &generation.index.postings);
                    let mut mark = |id: u32, bit: u16| {
                        bound.mark(slot(id), bit, steps);
                        let parts = postings.parts(id);
                        bound.link(parts.bucket, parts.level, steps);
                    };
                    let split = if let Key::Token(t) = key { reported.expansions[*t].split_tokens.as_ref() } else { None };
                    match (row, split) {
                        (Row::Prefix(from, to), _) if to - from <= MOST_MARKED => (from..to).for_each(|id| mark(id, bit)),
                        (Row::Joined(_), Some(ids)) => ids.iter().for_each(|id| mark(*id, bit | JOINED)),
                        // Too many tokens to mark.
                        _ => bound.mark_all(bit, bits),
                    }
                }
            });
        }
    }

    /// Calls `found` with every name of a range that may have what it takes to reach `needed`. Never a
    /// false no.
    pub(crate) fn may_reach(&mut self, generation: &Generation, names: Range<u32>, needed: f32, mut found: impl FnMut(u32)) {
        let postings = &generation.index.postings;
        if self.rests[0].charged < needed - ROUNDING {
            return;
        }
        let (all, _) = postings.mates_of_all().as_chunks::<2>();
        for from in names.clone().step_by(8) {
            let some = from..names.end.min(from + 8);
            let mut needs = [f32::INFINITY; 8];
            for (need, name) in needs.iter_mut().zip(some.clone()) {
                *need = needed + self.losses.0[usize::from(postings.of_names[name as usize])] - ROUNDING;
            }
            let first = from as usize;
            let mut pass = match all.get(first..first + 8).and_then(|m| m.first_chunk::<8>()) {
                Some(mates) => self.bound.may_reach_of(mates, &needs),
                None => u8::MAX,
            };
            while pass != 0 {
                let i = pass.trailing_zeros();
                pass &= pass - 1;
                let name = from + i;
                if name < some.end && self.of(generation, postings.mates_of(name), 0, name) >= needs[i as usize] {
                    found(name);
                }
            }
        }
    }

    /// How many keys must agree at least, so many tokens has a name; none if all are not enough.
    pub(super) fn shortest_name(&self, needed: f32) -> Option<usize> {
        let mut bits = 0.0;
        self.keys
            .iter()
            .position(|key| {
                bits += key.0;
                bits >= needed
            })
            .map(|at| at + 1)
    }

    /// Looks at all names of as many tokens as they need, for initials that stand for any of these.
    pub(super) fn look_at_long(&mut self, generation: &Generation, asked: &Asked<'_>, found: &mut impl FnMut(u32, f32)) -> u64 {
        let postings = &generation.index.postings;
        let mut entries = 0;
        self.bound.take(None);
        for stretch in asked.stretches {
            let needed = stretch.needed - ROUNDING;
            let Some(shortest) = self.shortest_name(needed) else { continue };
            for length in shortest..=MAX_TOKENS {
                let row = postings.long_names.row(length as u32);
                let part = &row[within(row, &stretch.names)];
                entries += part.len() as u64;
                for some in part.chunks(8) {
                    let mut eight = Eight::NONE;
                    for (i, &name) in some.iter().enumerate() {
                        let losses = self.losses.0[usize::from(postings.of_names[name as usize])];
                        eight.set(i, postings.mates_of(name), needed + losses);
                    }
                    let mut pass = self.bound.may_reach(&eight);
                    while pass != 0 {
                        let i = pass.trailing_zeros() as usize;
                        pass &= pass - 1;
                        let Some(&name) = some.get(i) else { break };
                        let bound = self.of(generation, postings.mates_of(name), 0, name);
                        if bound >= eight.needed(i) {
                            found(name, bound);
                        }
                    }
                }
            }
        }
        entries
    }
}
