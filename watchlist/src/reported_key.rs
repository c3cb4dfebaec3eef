//! The keys of a reported name: its tokens, and neighbouring tokens joined; and the rows of the index in
//! which each finds names.

use super::expansion::{Opening, Split};
use super::generation::Generation;
use super::score::ReportedName;

/// One key of a reported name.
#[derive(Debug, Clone, Copy)]
pub(super) enum Key {
    /// Reported token.
    Token(usize),
    /// Entry of [`ReportedName::runs`].
    Run(usize),
}

/// Where the index has the names of a link.
#[derive(Debug, Clone, Copy)]
pub(super) enum Row<'a> {
    /// Names that hold a token.
    Token(&'a Opening),
    /// Names of which joined tokens have a key.
    Joined(u32),
    /// Names that hold a token of a range: one that begins with a reported letter, or with what is left of
    /// a name that was cut off.
    Prefix(u32, u32),
}

/// Calls `visit` with every row in which a key finds names with at least `lightest` bits.
pub(super) fn rows(
    key: Key,
    reported: &ReportedName,
    generation: &Generation,
    lightest: f32,
    mut visit: impl FnMut(Row<'_>, f32),
) {
    match key {
        Key::Run(i) => {
            let run = &reported.runs[i];
            let postings = &generation.index.postings;
            let ids = reported.run_ids(run).filter(|r| r.1 >= lightest);
            ids.for_each(|(id, bits)| visit(Row::Token(&Opening::of(id, bits, postings)), bits));
        }
        Key::Token(i) => {
            let expansion = &reported.expansions[i];
            expansion.heaviest.iter().take_while(|t| t.bits >= lightest).for_each(|t| visit(Row::Token(t), t.bits));
            if let Some(split) = expansion.split.filter(|s| s.most() >= lightest) {
                visit(Row::Joined(split.row), split.most());
            }
            let initial = generation.weights.name.initial_bits;
            if let [letter] = reported.tokens.bytes(i)
                && initial >= lightest
            {
                let range = generation.dictionary.prefixed(&[*letter]);
                visit(Row::Prefix(range.start, range.end), initial);
            }
            if let Some((range, bits)) = &reported.truncated
                && i + 1 == reported.tokens.len()
                && *bits >= lightest
            {
                visit(Row::Prefix(range.start, range.end), *bits);
            }
        }
    }
}

/// The most that one reported token can weigh.
pub(super) fn token_bound(reported: &ReportedName, generation: &Generation, i: usize) -> f32 {
    let expansion = &reported.expansions[i];
    let mut bound = expansion.max_bits().max(expansion.split.map_or(0.0, Split::most));
    if reported.tokens.bytes(i).len() == 1 {
        bound = bound.max(generation.weights.name.initial_bits);
    }
    if let Some((_, bits)) = &reported.truncated
        && i + 1 == reported.tokens.len()
    {
        bound = bound.max(*bits);
    }
    bound
}
