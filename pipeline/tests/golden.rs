//! The golden run, and what the binary shows on public samples and lists. Small messages and a
//! list of invented people stand in `fixtures/golden`; `TAMIS_BLESS=1` rewrites what is expected
//! of them. Samples and published lists are read from the folder that `TAMIS_SHARED` names; tests
//! that need them are skipped where it names none.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("fixtures/golden")
}

fn shared() -> Option<PathBuf> {
    let shared = std::env::var_os("TAMIS_SHARED").map(PathBuf::from).filter(|p| p.join("samples").is_dir());
    if shared.is_none() {
        eprintln!("skipped: TAMIS_SHARED names no folder with samples");
    }
    shared
}

/// Runs the binary inside `fixtures/golden`, so that the partitions of rows are the same anywhere.
fn tamis(args: &[&str]) -> Output {
    let run =
        Command::new(env!("CARGO_BIN_EXE_tamis")).current_dir(golden()).args(args).env_remove("TAMIS_LOG").output().unwrap();
    assert_eq!(run.status.code(), Some(0), "tamis {args:?}\n{}", String::from_utf8_lossy(&run.stderr));
    run
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn query(data: &Path, sql: &str) -> Vec<Value> {
    let run = tamis(&["query", sql, "--data", &data.display().to_string(), "--format", "json"]);
    serde_json::from_slice(&run.stdout).unwrap()
}

fn word(row: &Value, column: &str) -> String {
    row[column].as_str().unwrap_or_default().to_owned()
}

fn screen_golden(out: &Path, more: &[&str]) -> Value {
    let out = out.display().to_string();
    let args = ["screen", "messages", "--watchlist", "list.csv", "--out", &out, "--format", "json"];
    serde_json::from_slice(&tamis(&[&args, more].concat()).stdout).unwrap()
}

/// What is compared of each table. Left out is what changes with the clock and with every edit
/// of weights or scenarios.
const TABLES: [(&str, &str); 3] = [
    ("flagged", "SELECT * EXCEPT (received_at, generation, scenario_set) FROM flagged ORDER BY partition, position, ordinal"),
    ("hits", "SELECT * EXCEPT (generation, scenario_set) FROM hits ORDER BY partition, position, ordinal, hit_rank"),
    (
        "dead_letters",
        "SELECT * EXCEPT (received_at, received_date, raw), encode(raw, 'hex') AS raw FROM dead_letters ORDER BY partition, position",
    ),
];

/// Figures to two places: the last bits of a logarithm differ between machines.
fn rounded(value: Value) -> Value {
    match value {
        Value::Number(n) if n.is_f64() => {
            let n = n.as_f64().unwrap_or_default();
            Value::from((n * 100.0).round() / 100.0)
        }
        Value::Array(items) => Value::Array(items.into_iter().map(rounded).collect()),
        Value::Object(fields) => Value::Object(fields.into_iter().map(|(k, v)| (k, rounded(v))).collect()),
        other => other,
    }
}

fn tables(data: &Path) -> Vec<(&'static str, Value)> {
    TABLES.iter().map(|(name, sql)| (*name, rounded(Value::Array(query(data, sql))))).collect()
}

#[test]
fn a_small_day_gives_the_golden_tables() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let summary = screen_golden(&out, &["--threads", "1"]);
    let n = |path: &str| summary.pointer(path).and_then(Value::as_u64).unwrap();
    assert_eq!(n("/rows_in"), n("/travellers") + n("/dead_letters/count"));
    // One generation and one scenario set, the same in every table and in the summary.
    for table in ["records", "hits", "flagged"] {
        let stamps = query(&out, &format!("SELECT DISTINCT epoch, generation, scenario_set FROM {table}"));
        let expected = serde_json::json!([{
            "epoch": 1, "generation": summary["generation"], "scenario_set": summary["scenario_set"],
        }]);
        assert_eq!(Value::from(stamps), expected, "{table}");
    }
    let found = tables(&out);
    for (name, rows) in &found {
        let path = golden().join("expected").join(format!("{name}.json"));
        if std::env::var_os("TAMIS_BLESS").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, format!("{rows:#}\n")).unwrap();
        }
        let expected: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let (rows, expected) = (rows.as_array().unwrap(), expected.as_array().unwrap());
        for (row, expected) in rows.iter().zip(expected) {
            let columns = row.as_object().unwrap().keys().chain(expected.as_object().unwrap().keys()).collect::<BTreeSet<_>>();
            let differ: Vec<_> = columns
                .into_iter()
                .filter(|c| row.get(c) != expected.get(c))
                .map(|c| format!("{c}: {} was {}", row[c], expected[c]))
                .collect();
            assert!(
                differ.is_empty(),
                "{name}, a row of {}:\n{}\nwhere this is meant, run again with TAMIS_BLESS=1 and read the difference",
                row["partition"],
                differ.join("\n")
            );
        }
        assert_eq!(rows.len(), expected.len(), "rows of {name}");
    }

    // Neither the threads nor the index show in the rows.
    for (name, more) in [("threads", &["--threads", "3"][..]), ("oracle", &["--nested-loop"])] {
        let other = dir.path().join(name);
        screen_golden(&other, more);
        assert_eq!(tables(&other), found, "{more:?}");
    }
}

#[test]
fn the_join_gives_the_same_rows_without_its_rule() {
    let plan = text(&tamis(&["explain"]));
    assert!(plan.contains("WatchlistJoinExec"), "{plan}");

    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("out");
    screen_golden(&data, &[]);
    let data = data.display().to_string();
    let weight = "watchlist_weight(traveller_subject(r.surname, r.given_names, r.birth_date, r.birth_date_precision, \
                  r.nationality, r.sex, r.documents), w.entity)";
    let sql = format!(
        "SELECT r.record_id, w.entity_id, round({weight}, 3) AS bits FROM records r JOIN watchlist w ON {weight} >= -20 \
         ORDER BY r.record_id, w.entity_id"
    );
    let explain =
        |rule: &str| text(&tamis(&["explain", &sql, "--data", &data, "--watchlist", "list.csv", "--rule", rule, "--rows"]));
    let rows = |text: &str| text.lines().filter(|l| l.starts_with('|')).map(str::to_owned).collect::<Vec<_>>();
    let (on, off) = (explain("on"), explain("off"));
    assert!(on.contains("WatchlistJoinExec"), "{on}");
    assert!(!off.contains("WatchlistJoinExec") && off.contains("NestedLoopJoinExec"), "{off}");
    assert!(rows(&on).len() > 7, "{on}");
    assert_eq!(rows(&on), rows(&off));
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}

/// Persons that a list names, counted without the decoder: NAD with a person's qualifier and PDT,
/// after any separator, line breaks out. None where the file is no list.
fn persons_in(bytes: &[u8]) -> Option<usize> {
    let text: String = String::from_utf8_lossy(bytes).replace(['\r', '\n'], "");
    if !text.contains("UNH") || !text.contains("PAXLST") {
        return None;
    }
    let after = |tag: &str, then: &[&str]| {
        text.match_indices(tag)
            .filter(|(at, _)| {
                let rest = &text[at + 3..];
                rest.starts_with(|c: char| c.is_ascii_punctuation()) && then.iter().any(|q| rest[1..].starts_with(q))
            })
            .count()
    };
    Some(after("NAD", &["FL", "FM", "VW", "DDT", "DDU"]) + after("PDT", &[""]))
}

#[test]
fn the_shared_samples_are_screened_without_loss() {
    let Some(shared) = shared() else { return };
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let folders = ["gtas", "paxlst", "gtas_java_embedded"].map(|f| shared.join("samples").join(f));
    let list = shared.join("lists/ofac_sdn_2022-01").display().to_string();
    let mut args = vec!["screen".to_owned()];
    args.extend(folders.iter().map(|f| f.display().to_string()));
    args.extend(["--watchlist", &list, "--out", &out.display().to_string(), "--format", "json"].map(str::to_owned));
    let run = tamis(&args.iter().map(String::as_str).collect::<Vec<_>>());
    let summary: Value = serde_json::from_slice(&run.stdout).unwrap();

    let by_file = |sql: &str| -> BTreeMap<String, usize> {
        query(&out, sql).iter().map(|r| (word(r, "partition"), r["n"].as_u64().unwrap() as usize)).collect()
    };
    let rows = by_file("SELECT partition, count(*) AS n FROM records GROUP BY partition");
    let dead = by_file("SELECT partition, count(*) AS n FROM dead_letters GROUP BY partition");
    let to_come = by_file(
        "SELECT partition, count(*) AS n FROM dead_letters WHERE code = 'format_to_come' AND message LIKE 'PNRGOV %' GROUP BY partition",
    );
    let (mut lists, mut persons, mut pnrs) = (0, 0, 0);
    for file in folders.iter().flat_map(|f| files(f)) {
        let name = file.display().to_string();
        let of = |counts: &BTreeMap<String, usize>| counts.get(&name).copied().unwrap_or(0);
        if let Some(named) = persons_in(&fs::read(&file).unwrap()) {
            assert_eq!(of(&rows) + of(&dead), named, "{name}");
            lists += 1;
            persons += named;
        } else if name.contains("pnr-messages") {
            assert!(of(&rows) > 0 && of(&to_come) == 0, "{name}");
            pnrs += of(&rows);
        }
    }
    let rows: usize = rows.values().sum();
    println!("{lists} lists, {persons} persons: {rows} rows, {pnrs} of reservations");
    assert!(persons >= 312 && pnrs > 0);
    let n = |path: &str| summary.pointer(path).and_then(Value::as_u64).unwrap();
    assert_eq!(n("/rows_in"), n("/triage/refer") + n("/triage/standard") + n("/triage/expedite") + n("/dead_letters/count"));
    assert_eq!(n("/travellers"), rows as u64);
}

/// A listed person, as an airline would report them under an alias.
struct Listed {
    id: String,
    alias: String,
    /// `SURNAME:GIVENMR`.
    reported: String,
    birth: (i32, u32, u32),
    /// Whether the alias has a word of the primary name.
    shares: bool,
}

/// Individuals of the published files with one exact birth date and an alias; read here by hand, so
/// that this does not lean on the readers that it tests.
fn listed(folder: &Path, wanted: usize) -> Vec<Listed> {
    let records = |file: &str| -> Vec<Vec<String>> {
        let bytes = fs::read(folder.join(file)).unwrap();
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes.as_slice());
        reader
            .byte_records()
            .map_while(Result::ok)
            .map(|r| r.iter().map(|c| String::from_utf8_lossy(c).trim().to_owned()).collect())
            .collect()
    };
    let mut aliases: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for alias in records("alt.csv").into_iter().filter(|r| r.len() > 3 && r[2] == "aka") {
        aliases.entry(alias[0].clone()).or_default().push(alias[3].clone());
    }
    let words = |name: &str| -> BTreeSet<String> {
        name.to_uppercase().split(|c: char| !c.is_alphanumeric()).filter(|w| w.len() > 1).map(str::to_owned).collect()
    };
    let mut found = Vec::new();
    for person in records("sdn.csv").into_iter().filter(|r| r.len() > 11 && r[2] == "individual") {
        if person[11].matches("DOB ").count() != 1 || person[11].contains("Female") {
            continue;
        }
        let Some(birth) = person[11].split("DOB ").nth(1).and_then(day) else { continue };
        let primary = words(&person[1]);
        let alias = aliases.get(&person[0]).into_iter().flatten().find(|a| {
            let plain = a.chars().all(|c| c.is_ascii_alphabetic() || " ,'-".contains(c));
            plain
                && words(a) != primary
                && a.split_once(", ").is_some_and(|(s, g)| !s.is_empty() && !g.is_empty() && !g.contains(','))
        });
        let Some(alias) = alias else { continue };
        // Upper case, apostrophes out, hyphens as blanks, the title glued on.
        let sent = alias.to_uppercase().replace('\'', "").replace('-', " ");
        let (surname, given) = sent.split_once(", ").unwrap();
        found.push(Listed {
            id: person[0].clone(),
            alias: alias.clone(),
            reported: format!("{surname}:{given}MR"),
            birth,
            shares: words(alias).intersection(&primary).next().is_some(),
        });
    }
    // Spread over the whole list, not its beginning.
    let step = (found.len() / wanted).max(1);
    found.into_iter().step_by(step).take(wanted).collect()
}

/// `10 Dec 1948` at the beginning of a text.
fn day(text: &str) -> Option<(i32, u32, u32)> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut parts = text.split([' ', ';', '.']);
    let day = parts.next()?.parse().ok()?;
    let name = parts.next()?;
    let month = MONTHS.iter().position(|m| *m == name)? as u32 + 1;
    let year = parts.next()?.parse().ok()?;
    // `1977 to 31 Dec 1984` is no day.
    if parts.next().is_some_and(|more| !more.is_empty()) {
        return None;
    }
    (1930..=2005).contains(&year).then_some((year, month, day))
}

/// The sample with the names, birth dates and sex of other persons, as often as it takes; all else
/// stays as it is, the nationality too, which mostly speaks against the match.
fn messages(sample: &str, people: &[Listed], birth: impl Fn(&Listed) -> (i32, u32, u32)) -> Vec<String> {
    let mut left = people.iter();
    let mut out = Vec::new();
    let mut next = left.next();
    while next.is_some() {
        let mut message = String::new();
        let mut current = None;
        for line in sample.split_inclusive('\'') {
            let segment = line.trim_start();
            let before = &line[..line.len() - segment.len()];
            if segment.starts_with("NAD+FL+++") {
                current = next;
                next = left.next();
            }
            match current {
                Some(person) if segment.starts_with("NAD+FL+++") => {
                    let _ = write!(message, "{before}NAD+FL+++{}'", person.reported);
                }
                Some(person) if segment.starts_with("DTM+329:") => {
                    let (y, m, d) = birth(person);
                    let _ = write!(message, "{before}DTM+329:{:02}{m:02}{d:02}'", y % 100);
                }
                // A title says what the sex is.
                Some(_) if segment.starts_with("ATT+2++") => {
                    let _ = write!(message, "{before}ATT+2++M'");
                }
                _ => message.push_str(line),
            }
        }
        out.push(message);
    }
    out
}

#[test]
fn listed_people_under_an_alias_are_referred_and_another_birth_date_weighs_less() {
    let Some(shared) = shared() else { return };
    let list = shared.join("lists/ofac_sdn_2022-01");
    let sample = shared.join("samples/gtas/gtas-job-scheduler-war__tamr-integration-data__flight1.txt");
    let sample = String::from_utf8_lossy(&fs::read(sample).unwrap()).into_owned();
    let people = listed(&list, 240);
    assert!(people.len() >= 200, "{}", people.len());

    let dir = tempfile::tempdir().unwrap();
    let list = list.display().to_string();
    // Bits of every person against the entity that he or she is, and the line that says why.
    let run = |name: &str, min_bits: &str, birth: &dyn Fn(&Listed) -> (i32, u32, u32)| -> Vec<Option<(f64, String)>> {
        let (input, out) = (dir.path().join(name), dir.path().join(format!("{name}-out")));
        fs::create_dir(&input).unwrap();
        let messages = messages(&sample, &people, birth);
        let each = sample.matches("NAD+FL+++").count();
        for (i, message) in messages.iter().enumerate() {
            fs::write(input.join(format!("{i:03}.edi")), message).unwrap();
        }
        let (input, to) = (input.display().to_string(), out.display().to_string());
        tamis(&["screen", &input, "--watchlist", &list, "--out", &to, "--min-bits", min_bits]);
        let mut hits = BTreeMap::new();
        for row in query(
            &out,
            "SELECT partition, ordinal, id, bits, explanation FROM hits WHERE hit_kind = 'watchlist' AND triage = 'refer'",
        ) {
            let file = Path::new(&word(&row, "partition")).file_stem().unwrap().to_string_lossy().parse::<usize>().unwrap();
            let at = file * each + row["ordinal"].as_u64().unwrap() as usize;
            hits.insert((at, word(&row, "id")), (row["bits"].as_f64().unwrap(), word(&row, "explanation")));
        }
        people.iter().enumerate().map(|(i, p)| hits.get(&(i, p.id.clone())).cloned()).collect()
    };

    let right = run("right", "24", &|p| p.birth);
    let wrong = run("wrong", "0", &|p| {
        let (y, m, d) = p.birth;
        (if y < 1990 { y + 9 } else { y - 9 }, (m + 4) % 12 + 1, (d + 12) % 27 + 1)
    });

    let (mut sharing, mut referred, mut missed) = (0, 0, Vec::new());
    let (mut lighter, mut still) = (0, 0);
    for ((person, right), wrong) in people.iter().zip(&right).zip(&wrong) {
        sharing += usize::from(person.shares);
        let Some((bits, line)) = right else {
            missed.push((&person.id, &person.alias, person.shares));
            continue;
        };
        referred += usize::from(person.shares);
        assert!(line.contains("birth_date") && line.ends_with(" bits"), "{line}");
        // Every long word stands in the line as it was sent, beside what it was compared with.
        let sent = person.reported.strip_suffix("MR").unwrap();
        for word in sent.split([':', ' ']).filter(|w| w.len() > 5) {
            assert!(line.contains(word), "{word} of {sent} is not in {line}");
        }
        let other = wrong.as_ref().map_or(0.0, |w| w.0);
        assert!(other <= bits - 8.0, "{sent}: {bits} bits, with another birth date {other}");
        lighter += 1;
        still += usize::from(other >= 24.0);
    }
    println!(
        "{} listed persons under an alias: {referred} of the {sharing} whose alias shares a word are referred, {} of all; \
         {still} of {lighter} would be with another birth date, all at least 8 bits lighter",
        people.len(),
        people.len() - missed.len()
    );
    println!("not referred: {missed:?}");
    assert!(sharing >= 150, "{sharing}");
    assert!(referred * 100 >= sharing * 95, "{referred} of {sharing}");
}
