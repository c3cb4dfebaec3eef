use arrow::datatypes::{DataType, Schema};

use super::error::nearest;

/// A part of an explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// Stands as it is.
    Text(String),
    /// Ordinal in the placeholders of the set.
    Value(usize),
}

/// An explanation with `{column}` placeholders; `{{` and `}}` stand for braces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pub(super) parts: Vec<Part>,
}

impl Template {
    /// Parses a template. Columns are collected into `placeholders`, each once, so that all
    /// templates of a set share them.
    ///
    /// # Errors
    /// A brace that is not closed, a placeholder that is no column of the schema, or one that
    /// holds structs.
    pub fn parse(text: &str, schema: &Schema, placeholders: &mut Vec<String>) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '{' | '}' if chars.peek() == Some(&c) => {
                    chars.next();
                    literal.push(c);
                }
                '{' => {
                    let mut name = String::new();
                    loop {
                        match chars.next() {
                            Some('}') => break,
                            Some(c) => name.push(c),
                            None => {
                                return Err(format!("the placeholder {{{name} of the reason is not closed, write {{column}}"));
                            }
                        }
                    }
                    let name = name.trim();
                    check_column(name, schema)?;
                    if !literal.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut literal)));
                    }
                    let at = placeholders.iter().position(|p| p == name).unwrap_or_else(|| {
                        placeholders.push(name.to_owned());
                        placeholders.len() - 1
                    });
                    parts.push(Part::Value(at));
                }
                '}' => return Err("the reason has a } without {, write }} for a brace".to_owned()),
                _ => literal.push(c),
            }
        }
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        Ok(Self { parts })
    }
}

fn check_column(name: &str, schema: &Schema) -> Result<(), String> {
    let Ok(field) = schema.field_with_name(name) else {
        let names = schema.fields().iter().map(|f| f.name().as_str());
        return Err(match nearest(name, names) {
            Some(right) => format!("the reason names no column {{{name}}}, did you mean {{{right}}}"),
            None => format!("the reason names no column {{{name}}}, see the data dictionary for the columns"),
        });
    };
    match field.data_type() {
        DataType::List(item) if item.data_type().is_nested() => {
            Err(format!("the reason cannot show {{{name}}}: it holds several fields, name a plain column"))
        }
        DataType::Struct(_) => Err(format!("the reason cannot show {{{name}}}: it holds several fields, name a plain column")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::schema::traveller_schema;

    use super::*;

    fn parse(text: &str) -> Result<(Vec<Part>, Vec<String>), String> {
        let mut placeholders = Vec::new();
        Template::parse(text, &traveller_schema(), &mut placeholders).map(|t| (t.parts, placeholders))
    }

    #[test]
    fn text_and_values_alternate() {
        let (parts, placeholders) = parse("{surname}: {{x}} {surname}").unwrap();
        assert_eq!(parts, [Part::Value(0), Part::Text(": {x} ".to_owned()), Part::Value(0)]);
        assert_eq!(placeholders, ["surname"]);
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert!(parse("{surnmae}").unwrap_err().contains("did you mean {surname}"));
        assert!(parse("{surname").unwrap_err().contains("not closed"));
        assert!(parse("a } b").unwrap_err().contains("without {"));
        assert!(parse("{documents}").unwrap_err().contains("several fields"));
        assert!(parse("{findings}").is_ok());
    }
}
