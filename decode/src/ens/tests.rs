//! The cases of the shared archive against the rules, and hand-made declarations.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::super::findings::FINDINGS;
use super::super::tests::{decode, findings};

/// Number of the authority's error in the meaning of a finding: `C501, 8120: …`.
fn number(meaning: &str) -> Option<&str> {
    let number = meaning.split_once(':')?.0.rsplit(", ").next()?;
    (number.len() == 4 && number.bytes().all(|b| b.is_ascii_digit())).then_some(number)
}

/// Numbers of all rules, by the code of their finding.
fn numbers() -> BTreeMap<&'static str, &'static str> {
    FINDINGS.iter().filter(|f| f.code.starts_with("ens_")).filter_map(|f| Some((f.code, number(f.meaning)?))).collect()
}

/// Unpacks the archive of cases; `None` where it is not at hand.
fn unpacked(name: &str) -> Option<(PathBuf, PathBuf)> {
    let Some(shared) = std::env::var_os("TAMIS_SHARED") else {
        println!("skipped: TAMIS_SHARED names no folder of shared samples");
        return None;
    };
    let archive = Path::new(&shared).join("samples/ens_hmrc/hmrc_ens_315_testcases.tar.xz");
    if !archive.exists() {
        println!("skipped: no archive of entry summary declarations");
        return None;
    }
    let folder = std::env::temp_dir().join(format!("tamis-ens-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let done = Command::new("tar").arg("xJf").arg(&archive).arg("-C").arg(&folder).status();
    if !done.is_ok_and(|s| s.success()) {
        println!("skipped: tar cannot unpack the archive");
        return None;
    }
    let cases = folder.join("test/resources/xmls");
    Some((folder, cases))
}

/// Findings of a document by the number of the error.
fn errors(bytes: &[u8], numbers: &BTreeMap<&str, &'static str>) -> BTreeSet<&'static str> {
    let decoded = decode(bytes);
    assert_eq!((decoded.consignments.num_rows(), decoded.dead_letters.num_rows()), (1, 0));
    findings(&decoded.consignments, 0).iter().filter_map(|code| numbers.get(code.as_str()).copied()).collect()
}

#[test]
fn every_case_of_every_rule_agrees() {
    let Some((folder, cases)) = unpacked("rules") else { return };
    let numbers = numbers();
    let mut table: BTreeMap<&str, [usize; 3]> = numbers.values().map(|n| (*n, [0; 3])).collect();
    let mut files = 0;
    let mut unknown = BTreeSet::new();
    for entry in std::fs::read_dir(cases.join("ruleTestCases315")).unwrap() {
        let path = entry.unwrap().path();
        let Ok(expected) = std::fs::read_to_string(path.with_extension("ctl")) else { continue };
        if path.extension().is_none_or(|e| e != "xml") {
            continue;
        }
        files += 1;
        let mut want = BTreeSet::new();
        for rest in expected.split("<err:Number>").skip(1) {
            let n = rest.split('<').next().unwrap();
            match table.get_key_value(n) {
                Some((n, _)) => want.insert(*n),
                None => unknown.insert(n.to_owned()),
            };
        }
        let got = errors(&std::fs::read(&path).unwrap(), &numbers);
        for (n, [agree, missing, surplus]) in &mut table {
            match (want.contains(n), got.contains(n)) {
                (true, true) => *agree += 1,
                (true, false) => *missing += 1,
                (false, true) => *surplus += 1,
                (false, false) => {}
            }
            if want.contains(n) != got.contains(n) {
                println!("{n} differs in {}", path.file_name().unwrap().to_string_lossy());
            }
        }
    }
    std::fs::remove_dir_all(folder).unwrap();
    println!("{files} cases, {} rules; rules without a case that breaks them are checked on cases that keep them", table.len());
    println!("error  broken and found  missed  found and not broken");
    for (n, [agree, missing, surplus]) in &table {
        println!("{n}   {agree:16}  {missing:6}  {surplus:20}");
    }
    assert!(unknown.is_empty(), "errors without a finding: {unknown:?}");
    assert!(table.values().all(|[_, missing, surplus]| missing + surplus == 0));
    assert!(files > 500 && table.values().filter(|[agree, ..]| *agree > 0).count() > 100);
}
