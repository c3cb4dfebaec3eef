//! Writes `docs/reference/` from the code, and fails where a page says something else.
//!
//! `TAMIS_BLESS=1 cargo test --workspace --lib -- reference` rewrites the pages.
#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::datatypes::DataType;
use tamis_operators::functions;
use tamis_operators::join::{WatchlistFunction, functions as all_functions};
use tamis_operators::scenario::ScenarioSet;
use tamis_operators::schema::{
    BAG, CHANGE, CONSIGNMENT, CONTACT, CONTAINER, CUSTOMS_NOTE, Column, DEAD_LETTER, DOCUMENT, EVIDENCE, FINDING_DETAIL, FLAGGED,
    FREQUENT_FLYER, HIT, ITEM, LEG, LOCATOR, PARTY, PAYMENT, REFERENCE, SEAT, STAMP, TICKET, TRAVELLER, TRIAGE, data_dictionary,
    type_name,
};
use tamis_operators::watchlist::{Entity, EntityKind, EntityName, Generation, NameKind};

use crate::decode::feeds::{DERIVED, FEEDS};
use crate::decode::{DEAD_CODES, FINDINGS, FindingKind, PROFILES};
use crate::invariants::Invariant;
use crate::sink::Table;

const GENERATED: &str = "<!-- Written from the code by pipeline/src/reference.rs; edit the code, then run\n     \
                         TAMIS_BLESS=1 cargo test --workspace --lib -- reference -->";

/// Runs of columns that tables are put together from.
const KINDS: &[(&str, &str, &[Column])] = &[
    ("traveller", "One person on one conveyance, as one message reported them.", TRAVELLER),
    ("document", "An item of `documents`: one travel document as the message reported it.", DOCUMENT),
    ("leg", "An item of `legs`: one leg of the conveyance, in the order of the message.", LEG),
    ("finding detail", "An item of `finding_details`: where one finding was first noticed.", FINDING_DETAIL),
    ("consignment", "One shipment as one message reported it.", CONSIGNMENT),
    ("party", "An item of `parties`: one person or organisation named on a consignment.", PARTY),
    ("item", "An item of `items`: one kind of goods on a consignment.", ITEM),
    ("container", "An item of `containers`: one container, trailer, rail car or unit load device.", CONTAINER),
    ("reference", "An item of `references`: one reference that has no column of its own.", REFERENCE),
    ("customs note", "An item of `customs_notes`: one statement of customs or security information.", CUSTOMS_NOTE),
    ("contact", "An item of `contacts`: one way to reach the traveller.", CONTACT),
    ("locator", "An item of `pnr_locators`: one locator of a reservation.", LOCATOR),
    ("payment", "An item of `payments`: one payment of a reservation.", PAYMENT),
    ("ticket", "An item of `tickets`: one ticket of a traveller.", TICKET),
    ("frequent flyer", "An item of `frequent_flyers`: one account of a traveller.", FREQUENT_FLYER),
    ("seat", "An item of `seats`: one seat on one leg.", SEAT),
    ("bag", "An item of `bags`: one checked bag on one leg.", BAG),
    ("change", "An item of `history`: one step of the history of a reservation.", CHANGE),
    ("triage", "The outcome for a record.", TRIAGE),
    ("flagged", "What a referred record carries beside its own columns.", FLAGGED),
    ("hit", "One subject matched to one entity or one scenario: an item of `hits` in `flagged`, a row of the table `hits`.", HIT),
    ("evidence", "An item of `evidence`: one compared field and what it says.", EVIDENCE),
    ("dead letter", "Input that could not be used, kept raw.", DEAD_LETTER),
    ("stamp", "What every row says of the run that wrote it.", STAMP),
];

/// Text that may hold the separator of a Markdown table.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

fn data_dictionary_page() -> String {
    let mut out = format!(
        "# Data dictionary\n\n{GENERATED}\n\nThe four output tables of `tamis screen`, and the columns that they are made of. \
         `tamis decode` writes the columns of a traveller as table `travellers`, those of a consignment as \
         `consignments`, and `dead_letters`. Tables of records hold both kinds: what only the other kind has is null. \
         In every table a null says something; it never stands for a mismatch.\n\n# Tables\n\n"
    );
    for table in Table::ALL {
        let columns = table.columns();
        let known = |c: &Column| KINDS.iter().any(|(.., kind)| kind.iter().any(|k| k.name == c.name));
        let names: Vec<_> = columns.iter().map(|c| format!("`{}`", c.name)).collect();
        let own: Vec<Column> = columns.iter().filter(|c| !known(c)).chain(table.partitions()).copied().collect();
        let partitions: Vec<_> = table.partitions().iter().map(|c| format!("`{}`", c.name)).collect();
        let about = format!(
            "{}.\n\nColumns in the files: {}.\n\nPartitioned by {}; their values stand in the names of the folders. \
             Columns that no section below describes:",
            capital(table.about()),
            names.join(", "),
            partitions.join(" and "),
        );
        let _ = writeln!(out, "{}", data_dictionary(&format!("Table `{table}`"), &about, &own));
    }
    out.push_str("# Columns\n\n");
    for (title, about, columns) in KINDS {
        let _ = writeln!(out, "{}", data_dictionary(&capital(title), about, *columns));
    }
    out.trim_end().to_owned() + "\n"
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn findings_page() -> String {
    let mut out = format!(
        "# Findings and dead letters\n\n{GENERATED}\n\n## Findings\n\nWhat the parser noticed, in the column `findings` of \
         a record; `finding_details` says where. A finding is never a reason to reject.\n\n| code | severity | means |\n|---|---|---|\n"
    );
    for &FindingKind { code, severity, meaning } in FINDINGS {
        let _ = writeln!(out, "| `{code}` | {} | {} |", severity.name(), cell(meaning));
    }
    out.push_str(
        "\n## Dead letters\n\nWhy input was given up, in the column `code` of `dead_letters`. A message loses only the \
         person who is broken; the others are rows.\n\n| code | means |\n|---|---|\n",
    );
    for (code, meaning) in DEAD_CODES {
        let _ = writeln!(out, "| `{code}` | {} |", cell(meaning));
    }
    out
}

fn messages_page() -> String {
    let mut out = format!(
        "# Messages\n\n{GENERATED}\n\nWhat feeds each column in each format that is decoded. A column that a format does not \
         name is null in its rows. Codes of findings are in [findings.md](findings.md), columns in \
         [data-dictionary.md](data-dictionary.md).\n\n## Columns of every format\n\n| column | worked out from |\n|---|---|\n"
    );
    let row = |out: &mut String, (column, from): &(&str, &str)| {
        let _ = writeln!(out, "| `{column}` | {} |", cell(from));
    };
    for feed in DERIVED {
        row(&mut out, feed);
    }
    for feed in FEEDS {
        let _ = write!(out, "\n## {}: a {} a row\n\n| column | fed by |\n|---|---|\n", feed.format, feed.kind.as_str());
        for column in feed.columns {
            row(&mut out, column);
        }
    }
    out.push_str(
        "\n## Profiles of passenger lists\n\nWhat a state asks for in PAXLST, beside the name. A list is held against the \
         profile of the state that its recipient or its codes name, else of the state of arrival, else of that of departure \
         where departures are asked for. What a person lacks is a finding `required_…_missing`.\n\n\
         | profile | of arriving passengers | of arriving crew | of departing passengers | of departing crew | lets go | source |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for profile in PROFILES {
        let [arriving, crew, departing, departing_crew] = profile.asks().map(|asked| asked.join(", "));
        let _ = writeln!(
            out,
            "| `{}` | {arriving} | {crew} | {departing} | {departing_crew} | {} | {} |",
            profile.name,
            cell(profile.allows),
            cell(profile.source),
        );
    }
    out
}

fn scenarios_page() -> String {
    let set = ScenarioSet::new(crate::scenarios::starter().unwrap()).unwrap();
    let mut out = format!(
        "# Scenarios of the starter set\n\n{GENERATED}\n\n{} scenarios, the set that `tamis screen` uses where `--scenarios` \
         names no other. A condition that is not known to be true does not fire.\n\n| id | version | title | severity | action \
         |\n|---|---|---|---|---|\n",
        set.len()
    );
    for s in set.scenarios() {
        let _ =
            writeln!(out, "| {} | {} | {} | {} | {} |", s.id, s.version, cell(&s.title), s.severity.as_str(), s.action.as_str());
    }
    for s in set.scenarios() {
        let _ = write!(
            out,
            "\n## {} {}\n\nVersion {}, looks at a {}, severity {}, action {}. Owner: {}. Review by {}. Examples beside it: {}.\n\n\
             ```sql\n{}\n```\n\nSays: `{}`\n\n",
            s.id,
            s.title,
            s.version,
            s.kind.as_str(),
            s.severity.as_str(),
            s.action.as_str(),
            s.owner,
            s.review_by,
            s.tests.len(),
            s.when.trim(),
            s.reason,
        );
        for j in &s.justification {
            let columns: Vec<_> = j.columns.iter().map(|c| format!("`{c}`")).collect();
            let _ = writeln!(
                out,
                "- {} ({}): {}. Source: {}.",
                capital(j.indicator.trim()),
                columns.join(", "),
                j.why.trim().trim_end_matches('.'),
                j.source.trim().trim_end_matches('.')
            );
        }
    }
    out
}

fn functions_page() -> String {
    let nobody = Entity {
        id: "1".into(),
        list: "none".into(),
        kind: EntityKind::Person,
        names: vec![EntityName { text: "NOBODY".into(), kind: NameKind::Primary }],
        birth_dates: Vec::new(),
        nationalities: Vec::new(),
        sex: None,
        documents: Vec::new(),
        birth_places: Vec::new(),
        programmes: Vec::new(),
    };
    let generation = Arc::new(Generation::build(vec![nobody]).unwrap());
    let scalar = functions::all();
    let of_join: Vec<_> = all_functions()
        .into_iter()
        .filter(|f| !scalar.iter().any(|s| s.name() == f.name()))
        .chain(WatchlistFunction::all(&generation).into_iter().map(Arc::new))
        .collect();
    let mut out = format!(
        "# SQL functions\n\n{GENERATED}\n\nScenarios, `tamis query` and `tamis explain` have these beside the functions of \
         DataFusion. Where what a function needs is null its answer is null.\n"
    );
    for (title, functions) in [("Identifiers, documents, trips and names", &scalar), ("Watchlists", &of_join)] {
        let _ = write!(out, "\n## {title}\n\n| function | gives | what it says |\n|---|---|---|\n");
        for function in functions {
            let doc = function.documentation().unwrap();
            let gives = match function.return_type(&[]) {
                Ok(DataType::Struct(fields)) if fields.is_empty() => "struct of its arguments".to_owned(),
                other => type_name(&other.unwrap()),
            };
            let arguments: Vec<_> =
                doc.arguments.iter().flatten().map(|(name, about)| format!(" `{name}`: {}", cell(about))).collect();
            let _ = writeln!(
                out,
                "| `{}` | {} | {}{} |",
                cell(&doc.syntax_example),
                cell(&gives),
                cell(&doc.description),
                arguments.concat()
            );
        }
    }
    out.push_str(
        "\nThe three watchlist functions exist where a watchlist is registered (`--watchlist`). A join on \
         `watchlist_weight(…) >= number` runs as `WatchlistJoinExec`; `SET tamis.watchlist_join = false` makes it a nested \
         loop with the same rows.\n",
    );
    out
}

/// Where a promise is kept: files with the check, and tests as file and function.
fn kept(invariant: Invariant) -> (&'static [&'static str], &'static [(&'static str, &'static str)]) {
    match invariant {
        Invariant::C1 => (
            &["pipeline/src/sink/counts.rs", "pipeline/src/sink/epoch_writer.rs", "pipeline/src/commit/tables.rs"],
            &[
                ("pipeline/src/sink/counts.rs", "a_lost_row_is_a_violation"),
                ("pipeline/src/sink/tests.rs", "a_lost_row_commits_nothing"),
                ("pipeline/src/screen/gather.rs", "lost_and_doubled_rows_are_noticed"),
                ("pipeline/tests/golden.rs", "the_shared_samples_are_screened_without_loss"),
            ],
        ),
        Invariant::C2 => (
            &["pipeline/src/checkpoint.rs", "pipeline/src/commit/tables.rs"],
            &[
                ("pipeline/src/checkpoint.rs", "gap_and_overlap_are_refused_and_change_nothing"),
                ("pipeline/src/batch/mod.rs", "an_epoch_is_not_closed_when_something_is_missing"),
                ("pipeline/src/commit/tests.rs", "an_epoch_counts_once_and_in_order"),
            ],
        ),
        Invariant::C3 => (
            &["pipeline/src/commit/tables.rs", "pipeline/src/commit/recover.rs", "pipeline/src/commit/read.rs"],
            &[
                ("pipeline/src/commit/tests.rs", "a_crash_at_every_step_loses_nothing_and_repeats_nothing"),
                ("pipeline/src/commit/tests.rs", "a_crash_in_the_recovery_is_recovered_from"),
                ("pipeline/src/commit/tests.rs", "a_torn_log_entry_takes_its_epoch_with_it"),
            ],
        ),
        Invariant::C4 => (
            &["pipeline/src/sink/epoch_writer.rs", "pipeline/src/screen/plan.rs"],
            &[
                ("pipeline/src/sink/tests.rs", "files_describe_themselves"),
                ("pipeline/tests/golden.rs", "a_small_day_gives_the_golden_tables"),
            ],
        ),
        Invariant::C5 => (
            &["pipeline/src/flow.rs"],
            &[
                ("pipeline/src/flow.rs", "a_permit_falls_with_its_message"),
                ("pipeline/src/flow.rs", "one_oversize_message_passes"),
            ],
        ),
        Invariant::C6 => (
            &["watchlist/src/matcher.rs", "operators/src/join/rule.rs"],
            &[
                ("watchlist/src/matcher/tests.rs", "index_is_nested_loop"),
                ("operators/tests/slt.rs", "with_the_index_as_without"),
                ("operators/tests/slt.rs", "nested_hits_are_those_of_the_join"),
                ("pipeline/tests/golden.rs", "the_join_gives_the_same_rows_without_its_rule"),
            ],
        ),
        Invariant::C7 => (
            &["pipeline/src/batch/mod.rs", "pipeline/src/screen/gather.rs"],
            &[
                ("pipeline/src/sink/tests.rs", "same_input_same_bytes"),
                ("pipeline/src/batch/mod.rs", "the_order_of_decoding_does_not_show"),
                ("pipeline/src/screen/gather.rs", "rows_come_back_in_the_order_in_which_they_were_dealt"),
                ("pipeline/tests/golden.rs", "a_small_day_gives_the_golden_tables"),
            ],
        ),
    }
}

fn invariants_page() -> String {
    let mut out = format!(
        "# Invariants\n\n{GENERATED}\n\nThe promises of the pipeline. One that does not hold is a fault of Tamis: the run stops \
         with exit code 1 and commits nothing. Each is kept, and checked where a check is possible, in the files named; tests \
         hold it.\n\n| id | promise | kept in | held by the tests |\n|---|---|---|---|\n"
    );
    for invariant in Invariant::ALL {
        let (files, tests) = kept(invariant);
        let files: Vec<_> = files.iter().map(|f| format!("`{f}`")).collect();
        let tests: Vec<_> = tests.iter().map(|(file, test)| format!("`{test}` in `{file}`")).collect();
        let _ =
            writeln!(out, "| {} | {} | {} | {} |", invariant.id(), invariant.promise(), files.join("<br>"), tests.join("<br>"));
    }
    out
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

#[test]
fn the_reference_says_what_the_code_says() {
    let folder = repository().join("docs/reference");
    let bless = std::env::var_os("TAMIS_BLESS").is_some();
    let mut stale = Vec::new();
    for (name, text) in [
        ("data-dictionary.md", data_dictionary_page()),
        ("findings.md", findings_page()),
        ("messages.md", messages_page()),
        ("scenarios.md", scenarios_page()),
        ("functions.md", functions_page()),
        ("invariants.md", invariants_page()),
    ] {
        let path = folder.join(name);
        if bless {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, &text).unwrap();
        } else if fs::read_to_string(&path).unwrap_or_default().replace('\r', "") != text {
            stale.push(name);
        }
    }
    assert!(
        stale.is_empty(),
        "{stale:?} in docs/reference are stale: run TAMIS_BLESS=1 cargo test --workspace --lib -- reference"
    );
}

#[test]
fn every_promise_has_its_tests() {
    for invariant in Invariant::ALL {
        let (files, tests) = kept(invariant);
        assert!(!files.is_empty() && !tests.is_empty(), "{invariant}");
        for file in files {
            assert!(repository().join(file).is_file(), "{invariant}: {file} is not there");
        }
        for (file, test) in tests {
            let text = fs::read_to_string(repository().join(file)).unwrap();
            assert!(text.contains(&format!("fn {test}(")), "{invariant}: there is no test {test} in {file}");
        }
    }
}
