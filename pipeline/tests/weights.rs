//! `tamis weights`, and the thresholds and weights of `match` and `screen`, as a person types them.
//! Everybody in the generated lists is made up.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn tamis(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tamis")).args(args).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn done(output: Output) -> Output {
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    output
}

/// Why a command was refused before anything ran.
fn refused(args: &[&str]) -> String {
    let output = tamis(args);
    assert_eq!(output.status.code(), Some(2), "{}{}", out(&output), err(&output));
    err(&output)
}

fn generated(dir: &Path, entities: &str) -> String {
    let day = dir.join("day").display().to_string();
    done(tamis(&["generate", "--travellers", "300", "--entities", entities, "--seed", "5", "--out", &day]));
    day
}

#[test]
fn a_fit_is_repeated_to_the_byte_and_its_file_is_used() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).display().to_string();
    let list = format!("{}/watchlist.csv", generated(dir.path(), "1500"));
    let pop = at("pop");
    done(tamis(&["generate", "--population", "1000", "--out", &pop]));
    let pop = format!("{pop}/population.csv");
    fs::write(at("pairs.csv"), "name,entity_id\nNOBODY AT ALL,not-there\n").unwrap();
    let fit = |more: &[&str]| {
        let command = ["weights", "fit", "--watchlist", &list, "--population", &pop, "--pairs", &at("pairs.csv")];
        done(tamis(&[&command[..], more].concat()))
    };
    let (first, second) = (fit(&[]), fit(&[]));
    assert_eq!(out(&first), out(&second));
    assert!(err(&first).contains("1 pair without a name"), "{}", err(&first));
    assert!(out(&first).contains("[provenance]") && out(&first).contains("sha256 = "), "{}", out(&first));

    fit(&["--out", &at("w.toml"), "--report", &at("r.md"), "--name", "2027.01"]);
    let report = fs::read_to_string(at("r.md")).unwrap();
    assert!(report.starts_with("# Weights 2027.01") && report.contains("| exact | 0."), "{report}");
    // Fitted upon itself: the version is the one that it starts from.
    fit(&["--weights", &at("w.toml"), "--out", &at("w2.toml")]);
    assert!(fs::read_to_string(at("w2.toml")).unwrap().contains("base = \"2027.01\""));

    fs::write(at("q.csv"), "id,name\n1,\"DOE, Jane\"\n").unwrap();
    done(tamis(&["match", &at("q.csv"), "--watchlist", &list, "--weights", &at("w.toml")]));
    let wrong = fs::read_to_string(at("w.toml")).unwrap().replace("\nswapped = ", "\nswaped = ");
    fs::write(at("wrong.toml"), &wrong).unwrap();
    let line = wrong.lines().position(|l| l.starts_with("swaped")).unwrap() + 1;
    let (queries, wrong, never) = (at("q.csv"), at("wrong.toml"), at("never"));
    for (command, more) in [("match", &[][..]), ("screen", &["--out", &never][..])] {
        let args = [&[command, &queries, "--watchlist", &list, "--weights", &wrong][..], more].concat();
        let said = refused(&args);
        assert!(said.contains(&format!("wrong.toml:{line}: there is no weight swaped, the nearest is swapped")), "{said}");
    }
    assert!(!Path::new(&never).exists());
}

#[test]
fn a_threshold_is_a_number_of_false_referrals() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).display().to_string();
    let list = format!("{}/watchlist.csv", generated(dir.path(), "400"));
    done(tamis(&["generate", "--population", "2000", "--seed", "9", "--out", &at("pop")]));
    let pop = format!("{}/population.csv", at("pop"));
    let calibration = at("calibration.toml");
    let counted = done(tamis(&["weights", "calibrate", "--watchlist", &list, "--population", &pop, "--out", &calibration]));
    assert!(out(&counted).contains("false referrals per million") && out(&counted).contains('~'), "{}", out(&counted));
    let run = |n: &str| {
        let more = ["--max-false-referrals-per-million", n, "--calibration", &calibration];
        let found = done(tamis(&[&["match", &pop, "--watchlist", &list][..], &more].concat()));
        let mut ids: Vec<_> = out(&found).lines().skip(1).map(|l| l.split(',').next().unwrap().to_owned()).collect();
        ids.dedup();
        (ids.len(), err(&found))
    };
    // 20,000 in a million of 2,000 travellers are 40.
    let (referred, said) = run("20000");
    assert!((20..=41).contains(&referred), "{referred} {said}");
    assert!(said.contains("counted on"), "{said}");
    assert!(run("1").1.contains("extrapolated"));

    fs::write(at("bad.toml"), "made_by = 3\n").unwrap();
    let bad = ["match", &pop, "--watchlist", &list, "--max-false-referrals-per-million", "5", "--calibration", &at("bad.toml")];
    assert!(refused(&bad).contains("bad.toml:1"), "{}", refused(&bad));
    assert!(refused(&["match", &pop, "--watchlist", &list, "--max-false-referrals-per-million", "0"]).contains("above 0"));
}

#[test]
fn every_list_may_have_its_own_threshold() {
    let dir = tempfile::tempdir().unwrap();
    let day = generated(dir.path(), "400");
    let list = format!("{day}/watchlist.csv");
    let text = fs::read_to_string(&list).unwrap();
    let column = text.lines().next().unwrap().split(',').position(|c| c == "list").unwrap();
    let name = text.lines().nth(1).unwrap().split(',').nth(column).unwrap().to_owned();
    done(tamis(&["generate", "--population", "1000", "--out", &dir.path().join("pop").display().to_string()]));
    let pop = dir.path().join("pop/population.csv").display().to_string();
    let lists = |more: &[&str]| {
        let found = done(tamis(&[&["match", &pop, "--watchlist", &list][..], more].concat()));
        let mut reader = csv::Reader::from_reader(found.stdout.as_slice());
        reader.records().map(|r| r.unwrap().get(2).unwrap().to_owned()).collect::<Vec<_>>()
    };
    let own = format!("{name}=1000");
    let all = lists(&["--min-bits", "12"]);
    let others = lists(&["--min-bits", "12", "--min-bits", &own]);
    assert!(all.contains(&name) && !others.is_empty() && !others.contains(&name));
    assert_eq!(others.len(), all.iter().filter(|l| **l != name).count());
    assert_eq!(lists(&["--min-bits", "12", "--min-bits", &own, "--nested-loop"]), others);
    let only = format!("{name}=12");
    assert_eq!(lists(&["--min-bits", "1000", "--min-bits", &only]).len(), all.len() - others.len());

    let unknown = format!("{}x=5", &name);
    let said = refused(&["match", &pop, "--watchlist", &list, "--min-bits", &unknown]);
    assert!(said.contains(&format!("did you mean {name}")), "{said}");

    let messages = format!("{day}/messages");
    let screen = |into: &str, more: &[&str]| {
        let into = dir.path().join(into).display().to_string();
        done(tamis(&[&["screen", &messages, "--watchlist", &list, "--out", &into][..], more].concat()));
        let sql = "SELECT DISTINCT list FROM hits WHERE hit_kind = 'watchlist' ORDER BY list";
        out(&done(tamis(&["query", sql, "--data", &into, "--format", "csv"])))
    };
    let both = screen("all", &["--min-bits", "8"]);
    let one = screen("one", &["--min-bits", "8", "--min-bits", &own]);
    assert!(both.contains(&name) && !one.lines().any(|l| l == name) && one.lines().count() > 1, "{both} {one}");
    assert_eq!(screen("loop", &["--min-bits", "8", "--min-bits", &own, "--nested-loop"]), one);
}
