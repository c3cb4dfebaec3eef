//! Drives the real binary as a person would: what it prints, what it writes, how it ends.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// A small day, generated once for a test.
struct Day {
    dir: tempfile::TempDir,
}

impl Day {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let day = Self { dir };
        let made = tamis(&[
            "generate",
            "--travellers",
            "3000",
            "--entities",
            "500",
            "--seed",
            "7",
            "--dirt",
            "0.1",
            "--out",
            &day.at("day"),
        ]);
        assert_eq!(code(&made), 0, "{}", err(&made));
        day
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn at(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    fn screen(&self, out: &str, more: &[&str]) -> Output {
        let (messages, list, out) = (self.at("day/messages"), self.at("day/watchlist.csv"), self.at(out));
        tamis(&[&["screen", &messages, "--watchlist", &list, "--out", &out, "--format", "json"], more].concat())
    }

    fn query(&self, data: &str, sql: &str) -> Value {
        let out = tamis(&["query", sql, "--data", &self.at(data), "--format", "json"]);
        assert_eq!(code(&out), 0, "{}", err(&out));
        json(&out)
    }
}

fn tamis(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tamis")).args(args).env_remove("TAMIS_LOG").output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", out(output)))
}

/// All files below a folder with their contents, by name.
fn tree(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push((path.clone(), fs::read(path).unwrap())) }
        }
    }
    files.sort();
    files
}

#[test]
fn help_names_every_command_and_usage_errors_are_exit_2() {
    let help = tamis(&["--help"]);
    assert_eq!(code(&help), 0);
    for command in
        ["demo", "screen", "run", "validate", "inspect", "compact", "top", "decode", "match", "query", "explain", "generate"]
    {
        assert!(out(&help).contains(command), "{command}");
        let help = tamis(&[command, "--help"]);
        assert_eq!(code(&help), 0, "{command}");
        assert!(out(&help).contains("Usage: tamis"), "{command}");
    }
    assert_eq!(code(&tamis(&["--version"])), 0);
    for wrong in
        [&["scren"][..], &[], &["screen"], &["screen", "x", "--out", "y"], &["decode", "x", "--out", "y", "--threads", "0"]]
    {
        assert_eq!(code(&tamis(wrong)), 2, "{wrong:?}");
    }
}

#[test]
fn a_day_is_screened_and_can_be_asked() {
    let day = Day::new();
    let run = day.screen("out", &[]);
    assert_eq!(code(&run), 0, "{}", err(&run));
    let summary = json(&run);
    let n = |path: &str| summary.pointer(path).and_then(Value::as_u64).unwrap();
    assert_eq!(n("/rows_in"), n("/triage/refer") + n("/triage/standard") + n("/triage/expedite") + n("/dead_letters/count"));
    assert!(n("/travellers") > 2_500 && n("/triage/refer") > 0, "{summary}");

    // What the tables say is what the summary says.
    let counts = day.query(
        "out",
        "SELECT (SELECT count(*) FROM records) AS records, (SELECT count(*) FROM flagged) AS flagged, \
         (SELECT count(*) FROM dead_letters) AS dead, (SELECT count(*) FROM hits WHERE hit_kind = 'watchlist') AS hits",
    );
    assert_eq!(counts[0]["records"], n("/travellers"));
    assert_eq!(counts[0]["flagged"], n("/triage/refer"));
    assert_eq!(counts[0]["dead"], n("/dead_letters/count"));
    let listed: u64 = summary["lists"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
    assert_eq!(counts[0]["hits"], listed);

    // Who was planted is found, with a reason.
    let flagged = day.query("out", "SELECT summary, max_bits FROM flagged ORDER BY max_bits DESC NULLS LAST LIMIT 5");
    assert!(
        flagged[0]["max_bits"].as_f64().unwrap() >= 24.0 && flagged[0]["summary"].as_str().unwrap().contains("bits"),
        "{flagged}"
    );

    // The same command again finds everything done.
    let before = day.query("out", "SELECT count(*) AS n FROM records");
    let again = json(&day.screen("out", &[]));
    assert_eq!((again["rows_in"].as_u64(), again["files"].as_u64()), (Some(0), Some(0)));
    assert!(again["files_skipped"].as_u64().unwrap() > 0);
    assert_eq!(day.query("out", "SELECT count(*) AS n FROM records"), before);

    // For people.
    let (messages, list, text) = (day.at("day/messages"), day.at("day/watchlist.csv"), day.at("text"));
    let run = tamis(&["screen", &messages, "--watchlist", &list, "--out", &text, "--no-records"]);
    assert_eq!(code(&run), 0);
    for part in ["screened", "rows in", "refer", "watchlist hits", "scenario hits", "output", "tamis query"] {
        assert!(out(&run).contains(part), "{part} is missing in\n{}", out(&run));
    }
    assert!(!day.path("text/records").exists());
}

#[test]
fn what_was_committed_is_screened_again() {
    let day = Day::new();
    assert_eq!(code(&day.screen("out", &[])), 0);
    let (data, list, other) = (day.at("out"), day.at("day/watchlist.csv"), day.at("other.csv"));
    let replay = |out: &str, list: &str, more: &[&str]| {
        let out = day.at(out);
        tamis(&[&["replay", "--data", &data, "--watchlist", list, "--out", &out, "--format", "json"], more].concat())
    };
    // With what was in force then nothing changes, to the last evidence.
    let same = replay("same", &list, &["--epochs", "1..9", "--verify"]);
    assert_eq!(code(&same), 0, "{}", err(&same));
    let told = json(&same);
    assert_eq!((&told["same"], &told["referred"]["before"]), (&Value::Bool(true), &told["referred"]["now"]));
    let rows = "SELECT record_id, triage, hit_rank, id, bits, explanation FROM hits ORDER BY record_id, hit_rank";
    assert_eq!(day.query("same", rows), day.query("out", rows));
    let again = json(&replay("same", &list, &["--epochs", "1..9"]));
    assert_eq!((again["epochs"].as_u64(), again["skipped"].as_u64(), &again["same"]), (Some(0), Some(1), &told["same"]));

    // Half of the list is gone: hits are gone, none is new.
    let text = fs::read_to_string(&list).unwrap();
    let kept: Vec<&str> = text.lines().enumerate().filter(|(n, _)| n % 2 == 0).map(|(_, line)| line).collect();
    fs::write(&other, kept.join("\n")).unwrap();
    let less = replay("less", &other, &["--epochs", "1", "--verify"]);
    let told = json(&less);
    assert!(code(&less) == 4 && told["changed"]["gone"].as_u64() > Some(0), "{told}");
    assert_eq!(told["changed"]["new"].as_u64(), Some(0));
    for (more, wrong) in
        [(["--epochs", "3..9"], "no records of the epochs 3 to 9"), (["--epochs", "0..9"], "epochs begin with 1")]
    {
        let refused = replay("none", &list, &more);
        assert!(code(&refused) == 2 && err(&refused).contains(wrong), "{}", err(&refused));
    }

    // A table that nobody knew how to read, and then somebody does.
    let ferry = "Name;Born;Gender;Passport;Issued by;Sailing;Departs\nPOE, ANN;03.02.1981;woman;ZZ9;CA;QQ 12;01.05.2026 18:30\n";
    fs::write(day.path("day/messages/ferry.csv"), ferry).unwrap();
    assert_eq!(code(&day.screen("out", &[])), 3, "nothing new could be used");
    let letters = "SELECT code, count(*) AS n FROM dead_letters WHERE code <> 'person_without_identity' GROUP BY code";
    let known = day.query("out", letters);
    replay("unknown", &list, &["--dead-letters"]);
    assert_eq!(day.query("unknown", letters), known);
    let mapping = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/mappings/ferry_passengers.toml");
    let read = replay("ferry", &list, &["--dead-letters", "--mapping", mapping]);
    assert_eq!(code(&read), 0, "{}{}", out(&read), err(&read));
    let names = day.query("ferry", "SELECT surname, \"partition\" FROM records");
    assert_eq!(names[0]["surname"], "POE", "{names}");
    assert!(names[0]["partition"].as_str().unwrap().ends_with("ferry.csv"));
    let again = replay("ferry", &list, &["--dead-letters", "--mapping", mapping]);
    assert_eq!(json(&again)["rows_in"], 0);
}

#[test]
fn the_rows_do_not_depend_on_the_threads_or_the_index() {
    let day = Day::new();
    let all = "SELECT * FROM flagged ORDER BY record_id";
    assert_eq!(code(&day.screen("one", &["--threads", "1"])), 0);
    assert_eq!(code(&day.screen("four", &["--threads", "4"])), 0);
    assert_eq!(day.query("one", all), day.query("four", all));
    assert_eq!(code(&day.screen("loop", &["--nested-loop"])), 0);
    assert_eq!(day.query("one", all), day.query("loop", all));
    // Not only the same rows: the same files.
    let files = |name: &str| -> Vec<Vec<u8>> {
        tree(&day.path(name)).into_iter().filter(|(p, _)| p.extension().is_some_and(|e| e == "parquet")).map(|(_, b)| b).collect()
    };
    assert!(files("one") == files("four"));
}

#[test]
fn decode_writes_canonical_parquet() {
    let day = Day::new();
    let run = tamis(&["decode", &day.at("day/messages"), "--out", &day.at("plain"), "--format", "json", "--threads", "3"]);
    assert_eq!(code(&run), 0, "{}", err(&run));
    let summary = json(&run);
    let rows = day.query("plain", "SELECT count(*) AS n, count(DISTINCT record_id) AS ids FROM travellers");
    assert_eq!(rows[0]["n"], summary["travellers"]);
    assert_eq!(rows[0]["n"], rows[0]["ids"]);

    // stdin gives the same people.
    let mut messages: Vec<_> = tree(&day.path("day/messages"));
    messages.sort();
    let all: Vec<u8> = messages.into_iter().flat_map(|(_, bytes)| bytes).collect();
    fs::write(day.path("all.edi"), &all).unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_tamis"))
        .args(["decode", "-", "--out", &day.at("piped"), "--format", "json"])
        .stdin(fs::File::open(day.path("all.edi")).unwrap())
        .output()
        .unwrap();
    assert_eq!(code(&run), 0, "{}", err(&run));
    assert_eq!(json(&run)["travellers"], summary["travellers"]);

    // Its own folder is replaced, another one is not touched.
    assert_eq!(code(&tamis(&["decode", &day.at("all.edi"), "--out", &day.at("plain")])), 0);
    let before = tree(&day.path("day"));
    let refused = tamis(&["decode", &day.at("all.edi"), "--out", &day.at("day")]);
    assert_eq!(code(&refused), 2);
    assert!(err(&refused).contains("name another --out"), "{}", err(&refused));
    assert_eq!(tree(&day.path("day")), before);
}

#[test]
fn bad_input_of_every_kind_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).display().to_string();
    fs::write(at("empty.edi"), "").unwrap();
    fs::write(at("binary.edi"), (0..=255_u8).cycle().take(5_000).collect::<Vec<_>>()).unwrap();
    fs::create_dir(at("nothing")).unwrap();
    fs::create_dir(at("letters")).unwrap();
    fs::write(at("letters/a.txt"), "dear sir or madam").unwrap();
    fs::write(at("list.csv"), "entity_id,name\nx1,\"DOE, Jane\"\n").unwrap();
    fs::write(at("typo.csv"), "entity_id,nmae\nx1,\"DOE, Jane\"\n").unwrap();
    fs::write(at("hollow.csv"), "entity_id,name\n").unwrap();

    let run = |input: &str, list: &str, out: &str| tamis(&["screen", &at(input), "--watchlist", &at(list), "--out", &at(out)]);
    // Nothing usable: the dead letters are kept, the exit code is 3.
    for input in ["empty.edi", "binary.edi", "letters"] {
        let stopped = run(input, "list.csv", &format!("out of {input}"));
        assert_eq!(code(&stopped), 3, "{input}: {}", err(&stopped));
        assert!(err(&stopped).contains("nothing in the input could be used"), "{input}: {}", err(&stopped));
        let dead =
            tamis(&["query", "SELECT code FROM dead_letters", "--data", &at(&format!("out of {input}")), "--format", "csv"]);
        assert!(out(&dead).lines().count() >= 2, "{input}: {}", out(&dead));
    }
    let stopped = run("nothing", "list.csv", "o1");
    assert_eq!(code(&stopped), 3);
    assert!(err(&stopped).contains("there is no file in"), "{}", err(&stopped));
    // Refused before anything runs: no output folder is made.
    for (input, list, words) in [
        ("missing.edi", "list.csv", "missing.edi"),
        ("letters", "missing.csv", "missing.csv"),
        ("letters", "typo.csv", "typo.csv"),
        ("letters", "hollow.csv", "hollow.csv"),
        ("letters", "binary.edi", "binary.edi"),
    ] {
        let refused = run(input, list, "never");
        assert_eq!(code(&refused), 2, "{input} {list}: {}", err(&refused));
        assert!(err(&refused).contains(words), "{}", err(&refused));
        assert!(!Path::new(&at("never")).exists(), "{input} {list}");
    }
    // An output folder that holds something else.
    let before = tree(&dir.path().join("letters"));
    let refused = run("list.csv", "list.csv", "letters");
    assert_eq!(code(&refused), 2, "{}", err(&refused));
    assert!(err(&refused).contains("letters"));
    assert_eq!(tree(&dir.path().join("letters")), before);
    let refused = run("letters", "list.csv", "list.csv");
    assert_eq!(code(&refused), 2, "{}", err(&refused));
}

#[test]
fn a_scenario_with_a_typo_is_named_with_its_line() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).display().to_string();
    fs::write(at("list.csv"), "entity_id,name\nx1,\"DOE, Jane\"\n").unwrap();
    fs::write(at("a.edi"), "x").unwrap();
    fs::create_dir(at("rules")).unwrap();
    fs::write(at("rules/bad.toml"), BAD_SCENARIO).unwrap();
    let refused =
        tamis(&["screen", &at("a.edi"), "--watchlist", &at("list.csv"), "--scenarios", &at("rules"), "--out", &at("never")]);
    assert_eq!(code(&refused), 2, "{}", err(&refused));
    assert!(err(&refused).contains("bad.toml") && err(&refused).contains("nationality"), "{}", err(&refused));
    assert!(!Path::new(&at("never")).exists());
}

const BAD_SCENARIO: &str = r#"
[[scenario]]
id = "T-901"
version = 1
kind = "traveller"
title = "A column that is not there"
when = "nationalty = 'XXX'"
reason = "nationality {nationality}"
severity = "low"
action = "note"
owner = "test"
review_by = 2099-01-01

[[scenario.justification]]
indicator = "none"
columns = ["nationality"]
why = "a test"
source = "a test"
"#;

#[test]
fn names_are_matched_in_the_order_of_the_queries() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).display().to_string();
    fs::write(
        at("list.csv"),
        "entity_id,name,birth_dates,nationalities\n\
         x1,\"QARANOVSKI, Teodulf\",1961-03-05,DEU\nx2,\"OBERWUNDT, Ysolde\",1975-11-30,\nx3,\"QARANOVSKI, Teodulf\",1999,\n",
    )
    .unwrap();
    fs::write(
        at("queries.csv"),
        "nationality,id,name,birth_date\nFrance,q2,YSOLDE OBERWUNDT,1975-11-30\n,q0,SOMEBODY ELSE,\n\
         Germany,q1,TEODULF QARANOVSKI,1961-03-05\n",
    )
    .unwrap();
    let run = |more: &[&str]| {
        tamis(&[&["match", &at("queries.csv"), "--watchlist", &at("list.csv"), "--min-bits", "5"], more].concat())
    };
    let hits = run(&[]);
    assert_eq!(code(&hits), 0, "{}", err(&hits));
    let text = out(&hits);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], "id,entity_id,list,matched_name,bits,evidence,sources");
    assert!(lines[1].starts_with("q2,x2,") && lines[2].starts_with("q1,x1,"), "{text}");
    assert!(!text.contains("q0,"));
    assert_eq!(out(&run(&["--nested-loop", "--threads", "3"])), text);

    let parquet = at("hits.parquet");
    assert_eq!(code(&run(&["--out", &parquet])), 0);
    let back = tamis(&["query", &format!("SELECT id, entity_id FROM '{parquet}'"), "--format", "csv"]);
    assert!(out(&back).starts_with("id,entity_id\nq2,x2\nq1,x1\n"), "{}{}", out(&back), err(&back));
    let explained = out(&run(&["--explain"]));
    assert!(explained.contains("birth_date") && explained.contains("bits"), "{explained}");
    assert_eq!(code(&run(&["--out", &at("hits.xlsx")])), 2);
    fs::write(at("bad.csv"), "id,nmae\n1,X\n").unwrap();
    let refused = tamis(&["match", &at("bad.csv"), "--watchlist", &at("list.csv")]);
    assert_eq!(code(&refused), 2);
    assert!(err(&refused).contains("bad.csv line 1") && err(&refused).contains("nmae"), "{}", err(&refused));
}

#[test]
fn a_list_is_shown_with_what_it_lacks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("un.xml");
    fs::write(
        &path,
        "<CONSOLIDATED_LIST dateGenerated=\"2025-03-04T00:00:00Z\"><INDIVIDUALS><INDIVIDUAL><FIRST_NAME>JANE</FIRST_NAME>\
         <SECOND_NAME>ROE</SECOND_NAME><REFERENCE_NUMBER>NWi.001</REFERENCE_NUMBER>\n<INDIVIDUAL_DATE_OF_BIRTH><DATE>never</DATE>\
         </INDIVIDUAL_DATE_OF_BIRTH></INDIVIDUAL></INDIVIDUALS></CONSOLIDATED_LIST>",
    )
    .unwrap();
    let path = path.display().to_string();
    let text = tamis(&["watchlist", "show", &path]);
    assert_eq!(code(&text), 0, "{}", err(&text));
    for part in ["UN Security Council XML", "edition of 2025-03-04", "un_sc: 1 entity (1 person)", "bad-date", "un.xml:2"] {
        assert!(out(&text).contains(part), "{part} is missing in\n{}", out(&text));
    }
    assert!(!out(&text).contains("ROE") && !out(&text).contains("never"));
    let shown: Value = serde_json::from_str(&out(&tamis(&["watchlist", "show", &path, "--format", "json"]))).unwrap();
    let list = &shown["reads"][0]["lists"]["un_sc"];
    assert_eq!((&list["kinds"]["person"], &list["with_birth_date"]), (&Value::from(1), &Value::from(0)));
    assert_eq!(shown["reads"][0]["findings"][0]["line"], 2);
    assert_eq!(code(&tamis(&["watchlist", "show", "nowhere.xml"])), 2);
}

#[test]
fn plans_show_the_join_and_the_rule_changes_no_row() {
    let plan = tamis(&["explain"]);
    assert_eq!(code(&plan), 0, "{}", err(&plan));
    assert!(out(&plan).contains("WatchlistJoinExec"), "{}", out(&plan));

    let dir = tempfile::tempdir().unwrap();
    let list = dir.path().join("list.csv").display().to_string();
    fs::write(&list, "entity_id,name\nx1,\"QARANOVSKI, Teodulf\"\nx2,\"OBERWUNDT, Ysolde\"\n").unwrap();
    let sql = "SELECT w.entity_id FROM (VALUES ('TEODULF QARANOVSKI'), ('NOBODY')) AS q(name) JOIN watchlist w \
               ON watchlist_weight(named_struct('name', q.name), w.entity) >= 3";
    let explain = |rule: &str| tamis(&["explain", sql, "--watchlist", &list, "--rule", rule, "--rows"]);
    let (on, off) = (explain("on"), explain("off"));
    assert_eq!((code(&on), code(&off)), (0, 0), "{}{}", err(&on), err(&off));
    assert!(out(&on).contains("WatchlistJoinExec") && !out(&off).contains("WatchlistJoinExec"), "{}", out(&off));
    let rows =
        |o: &Output| out(o).lines().filter(|l| l.starts_with('|') || l.starts_with('+')).map(str::to_owned).collect::<Vec<_>>();
    assert!(rows(&on).iter().any(|l| l.contains("x1")), "{}", out(&on));
    assert_eq!(rows(&on), rows(&off));
}

#[test]
fn queries_come_as_table_csv_and_json() {
    let ask = |format: &str| tamis(&["query", "SELECT 1 AS n, [1, 2] AS l, 'a,b' AS t", "--format", format]);
    assert!(out(&ask("table")).contains("| 1 | [1, 2] | a,b |"));
    assert_eq!(out(&ask("csv")), "n,l,t\n1,\"[1,2]\",\"a,b\"\n");
    assert_eq!(json(&ask("json")), serde_json::json!([{"n": 1, "l": [1, 2], "t": "a,b"}]));
    let empty = tamis(&["query", "SELECT 1 AS n WHERE false", "--format", "csv"]);
    assert_eq!(out(&empty), "n\n");
    assert_eq!(json(&tamis(&["query", "SELECT 1 AS n WHERE false", "--format", "json"])), serde_json::json!([]));
    let wrong = tamis(&["query", "SELECT nothing FROM nowhere"]);
    assert_eq!(code(&wrong), 2);
    assert!(err(&wrong).contains("nowhere"), "{}", err(&wrong));
    assert_eq!(code(&tamis(&["query", "SELECT 1", "--data", "does/not/exist"])), 2);
}

#[test]
fn the_demo_runs_twice_and_shows_whom_it_flagged() {
    let dir = tempfile::tempdir().unwrap();
    let demo = |travellers: &str| {
        Command::new(env!("CARGO_BIN_EXE_tamis"))
            .current_dir(dir.path())
            .args(["demo", "--travellers", travellers, "--entities", "300"])
            .output()
            .unwrap()
    };
    for travellers in ["2000", "1000"] {
        let run = demo(travellers);
        assert_eq!(code(&run), 0, "{}", err(&run));
        for part in ["bits", "tamis-demo", "tamis query"] {
            assert!(out(&run).contains(part), "{part} is missing in\n{}", out(&run));
        }
    }
    fs::create_dir(dir.path().join("mine")).unwrap();
    fs::write(dir.path().join("mine/thesis.txt"), "x").unwrap();
    let refused = tamis(&["demo", "--out", &dir.path().join("mine").display().to_string()]);
    assert_eq!(code(&refused), 2);
    assert!(dir.path().join("mine/thesis.txt").exists());
}

/// Every file that a run leaves, and what is told of it when a byte of it changes.
#[test]
fn single_files_are_told_apart_and_damage_is_seen() {
    let day = Day::new();
    assert_eq!(code(&day.screen("out", &[])), 0);
    let list = day.at("list.tamis");
    assert_eq!(code(&tamis(&["watchlist", "compile", &day.at("day/watchlist.csv"), "--out", &list])), 0);
    let look = |path: &Path| {
        let run = tamis(&["inspect", "file", &path.display().to_string(), "--format", "json"]);
        (code(&run), if run.stdout.is_empty() { Value::Null } else { json(&run) })
    };
    let mut kinds = std::collections::BTreeMap::<String, usize>::new();
    for (path, bytes) in tree(&day.path("out")) {
        let (code, found) = look(&path);
        if path.iter().any(|part| part == ".tamis") {
            assert_eq!(code, 2, "{}", path.display());
            continue;
        }
        assert_eq!((code, &found["problems"]), (0, &serde_json::json!([])), "{found}");
        let kind = found["kind"].as_str().unwrap();
        *kinds.entry(kind.to_owned()).or_default() += 1;
        if kind == "data file of a table" {
            assert_eq!(found["facts"]["named by the log"], true, "{found}");
            assert!(found["facts"]["rows"].as_u64().unwrap() > 0 && found["facts"]["generation"].is_string(), "{found}");
        }
        if kinds[kind] > 3 {
            continue;
        }
        // Cut off.
        fs::write(&path, &bytes[..bytes.len() * 2 / 3]).unwrap();
        let (code, found) = look(&path);
        fs::write(&path, bytes).unwrap();
        assert_eq!(code, 4, "{found}");
        assert!(!found["problems"].as_array().unwrap().is_empty(), "{found}");
    }
    assert!(kinds["data file of a table"] > 4 && kinds["log entry"] > 4, "{kinds:?}");

    let compiled = fs::read(&list).unwrap();
    let (code, found) = look(Path::new(&list));
    assert_eq!((code, &found["kind"], &found["facts"]["digest"]), (0, &Value::from("compiled watchlist"), &Value::from("holds")));
    assert!(found["facts"]["entities"].as_u64().unwrap() >= 500, "{found}");
    let mut changed = compiled;
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    fs::write(&list, changed).unwrap();
    assert_eq!(look(Path::new(&list)).0, 4);

    // A data file elsewhere, what is no file of ours, and what is not there.
    let stray = tree(&day.path("out")).into_iter().find(|(path, _)| path.extension().is_some_and(|e| e == "parquet")).unwrap();
    fs::write(day.path("stray.parquet"), stray.1).unwrap();
    let (code, found) = look(&day.path("stray.parquet"));
    assert_eq!((code, found["notes"].as_array().unwrap().len()), (0, 1), "{found}");
    let text = tamis(&["inspect", "file", &day.at("stray.parquet")]);
    assert!(
        out(&text).contains("stray.parquet: data file of a table") && out(&text).contains("no output folder"),
        "{}",
        out(&text)
    );
    for wrong in ["day/watchlist.csv", "out", "nothing"] {
        assert_eq!(look(&day.path(wrong)).0, 2, "{wrong}");
    }
}
