//! Writes numbers into a weights file and leaves the rest of it, comments too, as it was.

/// The text with the value of a key in a section (or before all sections) replaced. Nothing is
/// changed where the key is not there.
pub(super) fn set(text: &str, section: Option<&str>, key: &str, value: &str) -> String {
    let mut here: Option<String> = None;
    let mut out = String::with_capacity(text.len() + 16);
    for line in text.split_inclusive('\n') {
        let bare = line.trim();
        if let Some(name) = heading(bare) {
            here = Some(name.to_owned());
        } else if here.as_deref() == section
            && let Some((name, rest)) = bare.split_once('=')
            && name.trim() == key
        {
            let comment = rest.find('#').map(|at| format!(" {}", rest[at..].trim_end())).unwrap_or_default();
            out.extend([key, " = ", value, &comment, "\n"]);
            continue;
        }
        out.push_str(line);
    }
    out
}

/// The text without a section, up to the heading of the next.
pub(crate) fn without(text: &str, section: &str) -> String {
    let mut inside = false;
    let kept = text.split_inclusive('\n').filter(|line| {
        if let Some(name) = heading(line.trim()) {
            inside = name == section;
        }
        !inside
    });
    kept.collect()
}

fn heading(line: &str) -> Option<&str> {
    let name = line.strip_prefix('[')?.split(']').next()?.trim();
    // An item of a list that is written over several lines begins like a heading.
    (!name.contains(['"', ','])).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "version = \"1\"\n[name]\nexact = 0.8\n# exact = 1\ndiffers = -1 # why\n[sex]\ndiffers = -4.0\n";

    #[test]
    fn one_number_changes_and_the_rest_stays() {
        let text = set(TEXT, Some("name"), "differs", "-1.5");
        assert_eq!(text, TEXT.replace("differs = -1 #", "differs = -1.5 #"));
        assert_eq!(set(TEXT, None, "version", "\"2\""), TEXT.replace("\"1\"", "\"2\""));
        assert_eq!(set(TEXT, Some("sex"), "exact", "1"), TEXT);
    }

    #[test]
    fn a_section_goes_with_all_that_is_in_it() {
        let more = format!("{TEXT}[variants]\npairs = [\n  [\"A\", \"B\"],\n]\n");
        assert_eq!(without(&more, "variants"), TEXT);
        assert_eq!(without(TEXT, "name"), "version = \"1\"\n[sex]\ndiffers = -4.0\n");
    }
}
