use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tamis_watchlist::{Entity, EntityKind};

use super::counts::ListCounts;
use super::date::read_dates;

/// How many single findings are kept; all of them are counted.
const KEPT: usize = 1_000;

/// A leading word that fewer clauses than this share is not named: it could be part of a name.
const SHARED_BY: usize = 10;

/// Something in a list that could not be used. It never holds what the list says there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable {
    /// The file at fault.
    pub file: PathBuf,
    /// Its line, counted from one.
    pub line: u64,
    /// Short stable name of the finding, for example `bad-date`.
    pub code: &'static str,
    /// What was found and what became of it.
    pub what: &'static str,
}

/// One file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRead {
    /// Where it lies.
    pub path: PathBuf,
    /// What it holds: `entities`, `aliases`, `addresses` or `long remarks`.
    pub role: &'static str,
    /// Rows or records in it, without header and blank lines.
    pub rows: usize,
    /// The date that the file states for itself, `2025-03-28`, where it has one.
    pub edition: Option<String>,
}

/// What became of everything that was in a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadReport {
    /// Files that were read.
    pub files: Vec<FileRead>,
    /// Files of a directory that are no part of a list, with the reason.
    pub skipped: Vec<(PathBuf, String)>,
    /// What a person should know about the list as a whole.
    pub notes: Vec<String>,
    /// Rows of all files. Each is counted once more: `rows = used + left_out + passed_over`.
    pub rows: usize,
    /// Rows of which something stands in an entity.
    pub used: usize,
    /// Rows of which nothing could be used; each has a finding.
    pub left_out: usize,
    /// Rows that are understood and name nobody to screen for: relatives, relations, addresses.
    pub passed_over: usize,
    /// Entities that came out.
    pub entities: usize,
    /// Names of all entities.
    pub names: usize,
    /// Names that repeated one of the same entity and were dropped.
    pub repeated_names: usize,
    /// Entities by kind.
    pub kinds: BTreeMap<EntityKind, usize>,
    /// Entities by list.
    pub lists: BTreeMap<String, usize>,
    /// What is known of the entities, by list.
    pub counts: BTreeMap<String, ListCounts>,
    /// Entities with at least one birth date.
    pub with_birth_date: usize,
    /// Entities with at least one nationality, citizenship or flag.
    pub with_nationality: usize,
    /// Entities with a known sex.
    pub with_sex: usize,
    /// Entities with at least one passport.
    pub with_passport: usize,
    /// Entities with at least one document or number of any kind.
    pub with_document: usize,
    /// Address rows that belong to an entity; addresses are not screened.
    pub addresses: usize,
    /// Clauses in remarks (`DOB 1944; POB Quito`).
    pub clauses: usize,
    /// Clauses that are free text, or of a sort that is not known.
    pub unknown_clauses: usize,
    /// The unknown clauses by leading word, commonest first. Rare words are under `other`.
    pub unknown_words: Vec<(String, usize)>,
    /// Findings by code: all of them.
    pub unusable_by_code: BTreeMap<&'static str, usize>,
    /// The first findings, with file and line.
    pub unusable: Vec<Unusable>,
}

impl ReadReport {
    /// Findings of all codes together.
    pub fn unusable_count(&self) -> usize {
        self.unusable_by_code.values().sum()
    }

    /// Counts what came out.
    pub(super) fn count(&mut self, entities: &[Entity]) {
        self.entities = entities.len();
        for entity in entities {
            self.names += entity.names.len();
            *self.kinds.entry(entity.kind).or_default() += 1;
            match self.lists.get_mut(&entity.list) {
                Some(count) => *count += 1,
                None => _ = self.lists.insert(entity.list.clone(), 1),
            }
            match self.counts.get_mut(&entity.list) {
                Some(counts) => counts.add(entity),
                None => self.counts.entry(entity.list.clone()).or_default().add(entity),
            }
            self.with_birth_date += usize::from(!entity.birth_dates.is_empty());
            self.with_nationality += usize::from(!entity.nationalities.is_empty());
            self.with_sex += usize::from(entity.sex.is_some());
            self.with_passport += usize::from(entity.documents.iter().any(|d| d.kind == 'P'));
            self.with_document += usize::from(!entity.documents.is_empty());
        }
    }
}

/// Collects findings while one file after the other is read.
#[derive(Debug, Default, Clone)]
pub(super) struct Notebook {
    pub(super) report: ReadReport,
    file: PathBuf,
    line: u64,
    edition: Option<String>,
    words: BTreeMap<String, usize>,
}

impl Notebook {
    /// The findings that follow are about this file.
    pub(super) fn open(&mut self, file: &Path) {
        file.clone_into(&mut self.file);
    }

    /// … and about this line.
    pub(super) fn at(&mut self, line: u64) {
        self.line = line;
    }

    /// The line that findings are about.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// The date of the file, if the text is one to the day and none was found before.
    pub(super) fn edition(&mut self, text: &str) {
        let mut dates = vec![];
        if self.edition.is_none() && read_dates(text.trim(), &mut dates) {
            self.edition = dates.first().filter(|date| date.day > 0).map(ToString::to_string);
        }
    }

    /// The file was read to its end.
    pub(super) fn close(&mut self, role: &'static str, rows: usize) {
        self.report.files.push(FileRead { path: self.file.clone(), role, rows, edition: self.edition.take() });
        self.report.rows += rows;
    }

    /// Notes a finding at the current line.
    pub(super) fn unusable(&mut self, code: &'static str, what: &'static str) {
        *self.report.unusable_by_code.entry(code).or_default() += 1;
        if self.report.unusable.len() < KEPT {
            self.report.unusable.push(Unusable { file: self.file.clone(), line: self.line, code, what });
        }
    }

    /// Notes a finding for which a whole row is left out.
    pub(super) fn left_out(&mut self, code: &'static str, what: &'static str) {
        self.report.left_out += 1;
        self.unusable(code, what);
    }

    /// Counts a clause that nobody understands by its leading word.
    pub(super) fn unknown_clause(&mut self, text: &str) {
        self.report.unknown_clauses += 1;
        let word = text.split(|c: char| !c.is_alphabetic()).find(|w| !w.is_empty()).unwrap_or("other");
        *self.words.entry(word.to_lowercase()).or_default() += 1;
    }

    /// The report, once everything is read.
    pub(super) fn finish(mut self) -> ReadReport {
        let (shared, rare): (Vec<_>, Vec<_>) = self.words.into_iter().partition(|(_, count)| *count >= SHARED_BY);
        self.report.unknown_words = shared;
        let other: usize = rare.into_iter().map(|(_, count)| count).sum();
        if other > 0 {
            self.report.unknown_words.push(("other".to_owned(), other));
        }
        self.report.unknown_words.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        self.report
    }
}
