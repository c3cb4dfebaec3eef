use twox_hash::XxHash3_128;

use super::definition::{Kind, Scenario, id_prefix};
use super::error::ScenarioError;

/// Scenarios in the order of their ids, each id once.
#[derive(Debug, Clone, PartialEq)]
pub struct ScenarioSet {
    id: String,
    scenarios: Vec<Scenario>,
}

impl ScenarioSet {
    /// Orders scenarios by id, so that files and their order do not matter, and checks what can
    /// be checked without a schema.
    ///
    /// # Errors
    /// Every fault of every scenario: an id of another shape or used twice, version 0, a text
    /// that is empty, no justification.
    pub fn new(mut scenarios: Vec<Scenario>) -> Result<Self, Vec<ScenarioError>> {
        scenarios.sort_by(|a, b| a.id.cmp(&b.id));
        let mut errors = scenarios.iter().flat_map(faults).collect::<Vec<_>>();
        for pair in scenarios.windows(2) {
            if pair[0].id == pair[1].id {
                let first = &pair[0].origin;
                errors.push(ScenarioError::at(
                    &pair[1].origin,
                    pair[1].origin.line,
                    &pair[1].id,
                    format!(
                        "the id is used twice, first in {}:{}; ids are never reused, take the next free one",
                        first.file, first.line
                    ),
                ));
            }
        }
        if errors.is_empty() { Ok(Self { id: digest(&scenarios), scenarios }) } else { Err(errors) }
    }

    /// Digest of everything that gives a scenario its meaning: what stands in the column
    /// `scenario_set`. Tests and places in files are left out.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The scenarios of one kind; the id stays that of the whole set.
    pub fn of_kind(&self, kind: Kind) -> Self {
        let scenarios = self.scenarios.iter().filter(|s| s.kind == kind).cloned().collect();
        Self { id: self.id.clone(), scenarios }
    }

    /// The scenarios in order.
    pub fn scenarios(&self) -> &[Scenario] {
        &self.scenarios
    }

    /// Number of scenarios.
    pub fn len(&self) -> usize {
        self.scenarios.len()
    }

    /// Whether there is none: a run against watchlists alone.
    pub fn is_empty(&self) -> bool {
        self.scenarios.is_empty()
    }
}

fn faults(scenario: &Scenario) -> Vec<ScenarioError> {
    let mut faults = Vec::new();
    let mut fault = |message: String| {
        faults.push(ScenarioError::at(&scenario.origin, scenario.origin.line, &scenario.id, message));
    };
    let prefix = id_prefix(scenario.kind);
    let number = scenario.id.strip_prefix(prefix).unwrap_or_default();
    if number.len() < 3 || !number.bytes().all(|b| b.is_ascii_digit()) {
        fault(format!("the id of a {} scenario is {prefix} and at least three digits", scenario.kind.as_str()));
    }
    if scenario.version == 0 {
        fault("versions begin at 1".to_owned());
    }
    for (key, text) in
        [("title", &scenario.title), ("when", &scenario.when), ("reason", &scenario.reason), ("owner", &scenario.owner)]
    {
        if text.trim().is_empty() {
            fault(format!("{key} is empty"));
        }
    }
    if scenario.justification.is_empty() {
        fault("there is no justification, give one for every indicator".to_owned());
    }
    for j in &scenario.justification {
        if [&j.indicator, &j.why, &j.source].iter().any(|text| text.trim().is_empty()) || j.columns.is_empty() {
            fault("a justification lacks its indicator, columns, why or source".to_owned());
        }
    }
    faults
}

fn digest(scenarios: &[Scenario]) -> String {
    // Lengths stand before texts: no two sets write the same bytes.
    let mut bytes = Vec::new();
    let mut put = |text: &str| {
        bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
        bytes.extend_from_slice(text.as_bytes());
    };
    for s in scenarios {
        put(&s.id);
        put(&s.version.to_string());
        put(s.kind.as_str());
        put(&s.title);
        put(&s.when);
        put(&s.reason);
        put(s.severity.as_str());
        put(s.action.as_str());
        put(&s.justification.len().to_string());
        for j in &s.justification {
            put(&j.indicator);
            put(&j.columns.join(","));
            put(&j.why);
            put(&j.source);
        }
        put(&s.owner);
        put(&s.review_by.to_string());
    }
    format!("{:032x}", XxHash3_128::oneshot(&bytes))
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used)]
    use chrono::NaiveDate;

    use super::super::definition::{Action, Justification, Kind, Origin, Severity};
    use super::*;

    /// A scenario that justifies the columns it is told to read.
    pub(in crate::scenario) fn scenario(id: &str, when: &str, reason: &str, columns: &[&str]) -> Scenario {
        Scenario {
            id: id.to_owned(),
            version: 2,
            kind: Kind::Traveller,
            title: format!("title of {id}"),
            when: when.to_owned(),
            reason: reason.to_owned(),
            severity: Severity::Medium,
            action: Action::Refer,
            justification: vec![Justification {
                indicator: "indicator".to_owned(),
                columns: columns.iter().map(|c| (*c).to_owned()).collect(),
                why: "why".to_owned(),
                source: "source".to_owned(),
            }],
            owner: "owner".to_owned(),
            review_by: NaiveDate::from_ymd_opt(2027, 6, 30).unwrap(),
            tests: Vec::new(),
            origin: Origin { file: "f.toml".to_owned(), line: 1, when_line: 5, reason_line: 6 },
        }
    }

    #[test]
    fn order_of_files_does_not_change_the_digest_but_content_does() {
        let (a, b) = (scenario("T-001", "true", "x", &["role"]), scenario("T-002", "true", "x", &["role"]));
        let set = ScenarioSet::new(vec![a.clone(), b.clone()]).unwrap();
        assert_eq!(set.id(), ScenarioSet::new(vec![b.clone(), a.clone()]).unwrap().id());
        assert_eq!(set.id().len(), 32);
        let mut moved = a.clone();
        moved.origin = Origin::default();
        assert_eq!(set.id(), ScenarioSet::new(vec![moved, b.clone()]).unwrap().id());
        let mut changed = a;
        changed.version += 1;
        assert_ne!(set.id(), ScenarioSet::new(vec![changed, b]).unwrap().id());
        assert!(ScenarioSet::new(vec![]).unwrap().is_empty());
    }

    #[test]
    fn faults_are_all_told_at_once() {
        let mut a = scenario("X1", "true", "", &["role"]);
        a.version = 0;
        a.justification.clear();
        let errors = ScenarioSet::new(vec![a]).unwrap_err();
        assert_eq!(errors.len(), 4, "{errors:?}");
        let twice = vec![scenario("T-001", "true", "x", &["role"]), scenario("T-001", "true", "x", &["role"])];
        assert!(ScenarioSet::new(twice).unwrap_err()[0].to_string().contains("used twice"));
    }
}
