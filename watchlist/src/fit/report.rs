//! The report of a fit, for people: what every level is worth and what it was worth before.

use std::fmt::Write as _;

use super::{Fit, LevelFit, Source, written};

impl Fit {
    /// The report as Markdown; `provenance` is printed as it is.
    pub fn report(&self, version: &str, provenance: &str) -> String {
        let mut out = format!("# Weights {version}\n\n```toml\n{}\n```\n\n", provenance.trim_end());
        let source = match self.source {
            Source::Lists => "two listed persons",
            Source::Population => "a traveller of the population and a listed person",
        };
        let _ = writeln!(
            out,
            "- {} names of persons; {} compared pairs of names of one person ({} of them judged by people), {:.1} % of which are \
             the same name spelt otherwise; settled after {} rounds.\n\
             - {} random pairs ({source}) that share a token; {} names against the stranger who looks most alike.\n\
             - {} pairs of entities with one name on several lists, {:.1} % of which are one person.\n\
             - {} variants.\n",
            self.names,
            self.name_pairs,
            self.labelled_pairs,
            self.same_name * 100.0,
            self.rounds,
            self.random_pairs,
            self.strangers,
            self.person_pairs,
            self.same_person * 100.0,
            self.variants.len(),
        );
        let mut section = "";
        for level in &self.levels {
            if level.section != section {
                section = level.section;
                let _ = writeln!(
                    out,
                    "\n## {section}\n\n| level | m | u | bits | in true pairs | in random pairs | before | now | |\n\
                     |---|---|---|---|---|---|---|---|---|"
                );
            }
            row(&mut out, level);
        }
        out.push_str("\n## Variants\n\n| tokens | people | times chance |\n|---|---|---|\n");
        for v in &self.variants {
            let _ = writeln!(out, "| {} {} | {} | {:.0} |", v.tokens[0], v.tokens[1], v.entities, v.lift);
        }
        out
    }
}

fn row(out: &mut String, level: &LevelFit) {
    let share =
        |s: Option<f64>| s.map_or_else(|| "-".to_owned(), |s| if s < 0.001 { format!("{s:.2e}") } else { format!("{s:.3}") });
    let bits = level.bits.map_or_else(|| "-".to_owned(), |b| format!("{b:+.1}"));
    let changed = (level.after - level.before).abs() >= 0.0005;
    let now = if changed { format!("**{}**", written(level.after)) } else { written(level.after) };
    let _ = writeln!(
        out,
        "| {} | {} | {} | {bits} | {:.0} | {:.0} | {} | {now} | {} |",
        level.key,
        share(level.m),
        share(level.u),
        level.in_true,
        level.in_random,
        written(level.before),
        level.note,
    );
}
