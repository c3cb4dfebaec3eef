//! Entry summary declarations in XML: IE315 and its amendment IE313, as the Union's import control
//! system and the safety and security service of the United Kingdom take them. A declaration is a
//! row, with its goods items and the parties of both levels; rules of content become findings.
//!
//! In the order of the data: `header`, `item` and `party` read the groups, `rules` asks what the
//! specification asks, `forms` knows the forms of values, `row` fills the columns.

mod feeds;
mod forms;
mod header;
mod item;
mod party;
mod row;
mod rules;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use hashbrown::HashSet;
use memchr::memmem;

pub(crate) use self::feeds::FEED;
use self::header::Header;
use self::item::Item;
use self::rules::Sums;
use super::declaration::{Noted, Report, outermost};
use super::output::{Output, Raw};
use super::xml::{Document, Element};

/// An element that may be there, which is what rules ask, and has a text.
type Field<'d> = Option<Element<'d>>;

/// Text of an element without blanks around it, also those that were written as entities.
trait Content<'d> {
    fn content(self) -> &'d str;
}

impl<'d> Content<'d> for Element<'d> {
    fn content(self) -> &'d str {
        self.text().trim_ascii()
    }
}

/// Text of a field; empty where it is not there.
fn text(field: Field<'_>) -> &str {
    field.map_or("", Content::content)
}

/// Digests of texts that were seen.
type Seen = HashSet<u128, foldhash::fast::FixedState>;

/// Answers and other messages of the system, which declare nothing, with what they say.
const ANSWERS: &[(&str, &str)] = &[
    ("CC304A", "IE304, the amendment is accepted"),
    ("CC305A", "IE305, the amendment is rejected"),
    ("CC316A", "IE316, the entry summary declaration is rejected"),
    ("CC323A", "IE323, a request to divert"),
    ("CC324A", "IE324, the diversion is rejected"),
    ("CC325A", "IE325, the diversion is accepted"),
    ("CC328A", "IE328, the entry summary declaration is registered"),
    ("CC347A", "IE347, a notice of arrival"),
    ("CC348A", "IE348, the notice of arrival is rejected"),
    ("CC349A", "IE349, the notice of arrival is accepted"),
    ("CC351A", "IE351, an intervention before arrival"),
    ("entryDeclarationResponses", "a list of outcomes of entry summary declarations"),
];

/// What a document of this family is: a declaration, or an answer and what it says. `None` where its
/// root element tells as much.
pub(crate) fn name(bytes: &[u8]) -> Option<Cow<'static, str>> {
    // Declarations are many and tell of themselves at once.
    let head = &bytes[..bytes.len().min(1024)];
    for (element, name) in [("CC315A", "ENS XML CC315A"), ("CC313A", "ENS XML CC313A")] {
        if memmem::find(head, element.as_bytes()).is_some() {
            return Some(Cow::Borrowed(name));
        }
    }
    let head = &bytes[..bytes.len().min(65_536)];
    let (name, what) = ANSWERS.iter().find(|(name, _)| memmem::find(head, name.as_bytes()).is_some())?;
    Some(Cow::Owned(format!("ENS XML {name} ({what})")))
}

/// Memory of the decoder.
#[derive(Debug, Default)]
pub(crate) struct Ens {
    scratch: row::Scratch,
    seen: Seen,
}

impl Ens {
    /// Decodes a document: every declaration in it, whatever stands around them. `false`, and nothing
    /// done, where it holds no message of this family.
    pub(crate) fn decode(&mut self, raw: &Raw<'_>, document: &Document<'_>, out: &mut Output) -> bool {
        let Some(root) = document.root() else { return false };
        let bytes = raw.bytes.get(document.range()).unwrap_or_default();
        let named = memmem::find(bytes, b"CC315A").is_some() || memmem::find(bytes, b"CC313A").is_some();
        if !named && memmem::find(bytes, b"HEAHEA").is_none() {
            return false;
        }
        let first = out.consignments.len();
        let position = raw.offset(document.range().start);
        let mut noted = Noted::default();
        let mut ordinal = 0;
        let by_name = |e: Element<'_>| matches!(e.name(), "CC315A" | "CC313A") && e.children().next().is_some();
        // The name of the declaration itself may be damaged.
        let by_content = |e: Element<'_>| e.child("HEAHEA").is_some() && e.child("GOOITEGDS").is_some();
        for named in [true, false] {
            if ordinal == 0 {
                outermost(root, &|e| if named { by_name(e) } else { by_content(e) }, &mut |element| {
                    self.declaration(raw, element, (position, ordinal), &mut noted, out);
                    ordinal += 1;
                });
            }
        }
        noted.document(raw, document, first, &mut out.consignments);
        ordinal > 0
    }

    fn declaration(&mut self, raw: &Raw<'_>, root: Element<'_>, at: (i64, i32), noted: &mut Noted, out: &mut Output) {
        let header = Header::read(raw, root);
        row::header(raw, root, &header, out);
        self.scratch.begin();
        self.seen.clear();
        let mut sums = Sums::default();
        for element in root.children().filter(|c| c.name() == "GOOITEGDS") {
            let item = Item::read(raw, element);
            row::item(raw, &item, &mut self.scratch, &mut self.seen, out);
            let mut report = Report { raw, rows: &mut out.consignments };
            rules::item(&mut report, &header, &item, &mut sums);
        }
        let mut report = Report { raw, rows: &mut out.consignments };
        rules::declaration(&mut report, root, &header, &sums, &mut self.seen);
        noted.element(&mut report, root);
        row::end(raw, root, &header, at, &mut self.scratch, out);
    }
}
