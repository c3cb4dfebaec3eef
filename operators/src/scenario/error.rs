use std::fmt;

use super::definition::Origin;

/// What is wrong with a scenario, and where. Holds no data of records.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScenarioError {
    /// File; empty where there is none.
    pub file: String,
    /// Line of the file, from 1; 0 where there is none.
    pub line: usize,
    /// Scenario; `None` where the file could not be read that far.
    pub id: Option<String>,
    /// What is wrong and what to write instead.
    pub message: String,
}

impl ScenarioError {
    /// An error at a line of the file that a scenario came from.
    pub fn at(origin: &Origin, line: usize, id: &str, message: impl Into<String>) -> Self {
        Self { file: origin.file.clone(), line, id: Some(id.to_owned()), message: message.into() }
    }
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.file.is_empty() {
            f.write_str(&self.file)?;
            if self.line > 0 {
                write!(f, ":{}", self.line)?;
            }
            f.write_str(": ")?;
        }
        if let Some(id) = &self.id {
            write!(f, "scenario {id}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for ScenarioError {}

/// The candidate that is nearest to a name that was not found; `None` where none is near.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    // A third of the letters wrong is a typo; more is another word.
    let limit = (name.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&name, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_finds_its_word_and_another_word_finds_none() {
        let columns = ["document_expiry", "document_issuer", "sex"];
        assert_eq!(nearest("document_expriy", columns), Some("document_expiry"));
        assert_eq!(nearest("Document_Isuer", columns), Some("document_issuer"));
        assert_eq!(nearest("religion", columns), None);
    }

    #[test]
    fn an_error_says_where_it_is() {
        let origin = Origin { file: "a.toml".to_owned(), ..Origin::default() };
        assert_eq!(ScenarioError::at(&origin, 3, "T-001", "wrong").to_string(), "a.toml:3: scenario T-001: wrong");
        assert_eq!(ScenarioError { message: "wrong".to_owned(), ..ScenarioError::default() }.to_string(), "wrong");
    }
}
