//! What is known of tokens that agree when a long row is read, those above all that can weigh more than the one
//! whose row it is.

use super::{OUTDONE, Search};
use crate::demand::Asked;
use crate::expansion::{Opening, steps};
use crate::generation::Generation;
use crate::posting::{BUCKETS, MANY, outdoing_bucket};
use crate::reported_key::{Row, rows};
use crate::sift::{Agreeing, Links};

/// By [`outdoing_bucket`], the most that tokens weigh.
#[derive(Debug)]
pub(super) struct Outdoing(Links);

impl Default for Outdoing {
    fn default() -> Self {
        Self([0; BUCKETS])
    }
}

impl Search {
    /// What is known of the tokens of names in a row that agree.
    pub(super) fn agreeing(&mut self, generation: &Generation, asked: &Asked<'_>, row: &Opening, asks: usize) -> Agreeing<'_> {
        if asks == OUTDONE
            && let Some((first, least)) = self.outdoing_of.take()
        {
            self.outdoing.0 = [0; BUCKETS];
            let links = &mut self.outdoing.0;
            let all = |links: &mut Links, steps: u8| links[1..].iter_mut().for_each(|l| *l = (*l).max(steps));
            for (i, (_, key)) in self.keys.iter().enumerate().skip(first) {
                rows(*key, asked.name, generation, least - self.others[i], |row, bits| match row {
                    Row::Token(row) => {
                        let link = &mut links[usize::from(outdoing_bucket(row.id))];
                        *link = (*link).max(row.steps.min(u16::from(u8::MAX)) as u8);
                    }
                    // Joined tokens are no sum of tokens.
                    Row::Joined(_) => {}
                    Row::Prefix(..) => all(links, steps(bits).min(u16::from(u8::MAX)) as u8),
                });
            }
            links[usize::from(MANY)] = u8::MAX;
        }
        let outdoing = (asks == OUTDONE).then_some(&self.outdoing.0);
        Agreeing { lighter: self.bound.links(row.parts.level), outdoing }
    }
}
