use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::{Map, Value};
use tamis_operators::scenario::{Action, Justification, Kind, Origin, Scenario, ScenarioError, ScenarioTest, Severity};
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};
use toml::value::Datetime;

/// A scenario as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: String,
    version: u32,
    #[serde(deserialize_with = "kind")]
    kind: Kind,
    title: String,
    when: Spanned<String>,
    reason: Spanned<String>,
    severity: Severity,
    action: Action,
    owner: String,
    review_by: Spanned<Datetime>,
    #[serde(default)]
    justification: Vec<Justification>,
    #[serde(default)]
    test: Vec<Spanned<WrittenTest>>,
}

fn kind<'de, D: serde::Deserializer<'de>>(word: D) -> Result<Kind, D::Error> {
    let word = String::deserialize(word)?;
    Kind::parse(&word).ok_or_else(|| serde::de::Error::unknown_variant(&word, KINDS))
}

/// The words of [`Kind`], as errors name them.
const KINDS: &[&str] = &[Kind::Traveller.as_str(), Kind::Consignment.as_str()];

/// An example as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTest {
    name: Option<String>,
    given: toml::Table,
    fires: bool,
    explains: Option<String>,
}

/// Reads one scenario file: tables `[[scenario]]` and nothing else. `name` is what messages call
/// the file.
///
/// # Errors
/// Every fault, with its line, the id of the scenario and the nearest right key.
pub fn parse(name: &str, text: &str) -> Result<Vec<Scenario>, Vec<ScenarioError>> {
    let file = File { name, text };
    let document = DeTable::parse(text).map_err(|e| vec![file.error(None, &e)])?;
    let (mut scenarios, mut errors) = (Vec::new(), Vec::new());
    for (key, value) in document.into_inner() {
        let line = file.line(key.span().start);
        if key.get_ref() != "scenario" {
            errors.push(file.fault(line, None, format!("there is no key {}, write [[scenario]]", key.get_ref())));
            continue;
        }
        let DeValue::Array(tables) = value.into_inner() else {
            errors.push(file.fault(line, None, "write [[scenario]] in double brackets, a file holds several".to_owned()));
            continue;
        };
        for table in tables {
            match file.scenario(table) {
                Ok(scenario) => scenarios.push(scenario),
                Err(error) => errors.push(error),
            }
        }
    }
    if errors.is_empty() { Ok(scenarios) } else { Err(errors) }
}

struct File<'a> {
    name: &'a str,
    text: &'a str,
}

impl File<'_> {
    fn scenario(&self, table: Spanned<DeValue<'_>>) -> Result<Scenario, ScenarioError> {
        let line = self.line(table.span().start);
        // The id is read first, so that every other fault can name it.
        let id = match table.get_ref() {
            DeValue::Table(keys) => keys.get("id").and_then(|v| v.get_ref().as_str()).map(str::to_owned),
            _ => None,
        };
        let written = Written::deserialize(ValueDeserializer::from(table)).map_err(|e| {
            let mut error = self.error(id.clone(), &e);
            error.line = if error.line == 0 { line } else { error.line };
            error
        })?;
        let date = written.review_by.get_ref().date.filter(|_| written.review_by.get_ref().time.is_none());
        let review_by = date
            .and_then(|d| NaiveDate::from_ymd_opt(i32::from(d.year), u32::from(d.month), u32::from(d.day)))
            .ok_or_else(|| {
                let line = self.line(written.review_by.span().start);
                self.fault(line, id.clone(), "review_by is a date, as in 2027-06-30".to_owned())
            })?;
        let tests = written.test.into_iter().map(|test| self.test(test)).collect();
        Ok(Scenario {
            id: written.id,
            version: written.version,
            kind: written.kind,
            title: written.title,
            severity: written.severity,
            action: written.action,
            justification: written.justification,
            owner: written.owner,
            review_by,
            tests,
            origin: Origin {
                file: self.name.to_owned(),
                line,
                when_line: self.text_line(written.when.span().start),
                reason_line: self.line(written.reason.span().start),
            },
            when: written.when.into_inner(),
            reason: written.reason.into_inner(),
        })
    }

    fn test(&self, test: Spanned<WrittenTest>) -> ScenarioTest {
        let line = self.line(test.span().start);
        let WrittenTest { name, given, fires, explains } = test.into_inner();
        ScenarioTest { name, given: to_json(given), fires, explains, line }
    }

    /// Line of a byte, from 1.
    fn line(&self, at: usize) -> usize {
        crate::config::line(self.text, at)
    }

    /// Line at which the text of a string begins: one that opens with a line end begins behind it.
    fn text_line(&self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or_default();
        let body = rest.strip_prefix("'''").or_else(|| rest.strip_prefix("\"\"\""));
        self.line(at) + usize::from(body.is_some_and(|b| b.starts_with('\n') || b.starts_with("\r\n")))
    }

    fn fault(&self, line: usize, id: Option<String>, message: String) -> ScenarioError {
        ScenarioError { file: self.name.to_owned(), line, id, message }
    }

    /// What the reader says, with its line and the nearest of the keys or words it would take.
    fn error(&self, id: Option<String>, error: &toml::de::Error) -> ScenarioError {
        let line = error.span().map_or(0, |span| self.line(span.start));
        self.fault(line, id, crate::config::words(error))
    }
}

fn to_json(table: toml::Table) -> Map<String, Value> {
    table.into_iter().map(|(key, value)| (key, value_to_json(value))).collect()
}

fn value_to_json(value: toml::Value) -> Value {
    match value {
        toml::Value::String(s) => Value::from(s),
        toml::Value::Integer(i) => Value::from(i),
        toml::Value::Float(f) => Value::from(f),
        toml::Value::Boolean(b) => Value::from(b),
        toml::Value::Datetime(d) => Value::from(d.to_string()),
        toml::Value::Array(items) => items.into_iter().map(value_to_json).collect(),
        toml::Value::Table(table) => Value::Object(to_json(table)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const GOOD: &str = r#"# comment
[[scenario]]
id = "T-900"
version = 1
kind = "traveller"
title = "No bags"
when = '''
bag_count = 0'''
reason = "{bag_count} bags"
severity = "low"
action = "note"
owner = "someone"
review_by = 2027-06-30

[[scenario.justification]]
indicator = "no bags"
columns = ["bag_count"]
why = "because"
source = "a book"

[[scenario.test]]
given = { bag_count = 0, birth_date = 1974-08-12, documents = [{ type = "P" }] }
fires = true
"#;

    fn wrong(from: &str, to: &str) -> String {
        assert!(GOOD.contains(from));
        let errors = parse("f.toml", &GOOD.replace(from, to)).unwrap_err();
        errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_file_becomes_scenarios_with_their_lines() {
        let scenarios = parse("f.toml", GOOD).unwrap();
        let s = &scenarios[0];
        assert_eq!((s.id.as_str(), s.version, s.severity, s.action), ("T-900", 1, Severity::Low, Action::Note));
        assert_eq!((s.origin.line, s.origin.when_line, s.origin.reason_line, s.tests[0].line), (2, 8, 9, 21));
        assert_eq!(s.tests[0].given["birth_date"], "1974-08-12");
        assert_eq!(s.tests[0].given["documents"][0]["type"], "P");
        assert_eq!(s.review_by, NaiveDate::from_ymd_opt(2027, 6, 30).unwrap());
    }

    #[test]
    fn faults_name_file_line_scenario_and_the_nearest_key() {
        let message = wrong("severity", "serverity");
        assert!(message.starts_with("f.toml:10: scenario T-900: unknown field `serverity`"), "{message}");
        assert!(message.ends_with("did you mean severity"), "{message}");
        let message = wrong("\"low\"", "\"lwo\"");
        assert!(message.starts_with("f.toml:10: scenario T-900:") && message.ends_with("did you mean low"), "{message}");
        let message = wrong("title = \"No bags\"\n", "");
        assert!(message.starts_with("f.toml:2: scenario T-900: missing field `title`"), "{message}");
        let message = wrong("columns = [\"bag_count\"]", "column = [\"bag_count\"]");
        assert!(message.starts_with("f.toml:17: scenario T-900:") && message.ends_with("did you mean columns"), "{message}");
        let message = wrong("2027-06-30", "2027-06-30T10:00:00");
        assert!(message.starts_with("f.toml:13: scenario T-900: review_by"), "{message}");
        let message = wrong("[[scenario]]", "[[scenarios]]\n[[scenario]]");
        assert!(message.starts_with("f.toml:2: there is no key scenarios"), "{message}");
        let message = wrong("version = 1", "version = = 1");
        assert!(message.starts_with("f.toml:4: "), "{message}");
        assert!(parse("f.toml", "scenario = 3").is_err());
        assert_eq!(parse("f.toml", "").unwrap(), []);
    }
}
