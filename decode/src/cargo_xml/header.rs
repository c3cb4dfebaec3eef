//! What a message says of itself.

use super::super::xml::Element;
use super::time;

/// Header of the message and of the business document.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Header<'d> {
    /// Reference of the message.
    pub(super) id: &'d str,
    /// Type of document: 740, 741, 703, 785, 122.
    pub(super) type_code: &'d str,
    /// Creation, Update, Deletion, or their codes.
    pub(super) purpose: &'d str,
    pub(super) sender: &'d str,
    pub(super) recipient: &'d str,
    pub(super) event_time: Option<i64>,
    pub(super) time_unreadable: bool,
    /// The document that it is about, and what it says of it.
    pub(super) business: Option<Element<'d>>,
}

impl<'d> Header<'d> {
    pub(super) fn read(message: Element<'d>) -> Self {
        let mut header = Self { business: message.child("BusinessHeaderDocument"), ..Self::default() };
        let Some(document) = message.child("MessageHeaderDocument") else { return header };
        for child in document.children() {
            match child.name() {
                "ID" => header.id = child.text(),
                "TypeCode" => header.type_code = child.text(),
                "PurposeCode" => header.purpose = child.text(),
                "IssueDateTime" => {
                    header.event_time = time(child.text());
                    header.time_unreadable = header.event_time.is_none() && !child.text().is_empty();
                }
                "SenderParty" if header.sender.is_empty() => header.sender = child.get("PrimaryID"),
                "RecipientParty" if header.recipient.is_empty() => header.recipient = child.get("PrimaryID"),
                _ => {}
            }
        }
        header
    }

    /// Number of the document that the message is about.
    pub(super) fn document(&self) -> &'d str {
        self.business.map_or("", |b| b.get("ID"))
    }

    /// What the message does to the record.
    pub(super) fn action(&self) -> &'static str {
        let is = |words: &[&str]| words.iter().any(|w| w.eq_ignore_ascii_case(self.purpose));
        if is(&["Deletion", "Delete", "Cancellation", "Cancel", "1", "3"]) {
            "cancel"
        } else if is(&["Update", "Amendment", "Change", "Replace", "4", "5"]) {
            "change"
        } else {
            "new"
        }
    }

    /// Whether the waybill is one of a consolidation: by its type, or by its header note.
    pub(super) fn is_consolidation(&self) -> bool {
        let notes = self.business.into_iter().flat_map(|b| b.children().filter(|c| c.name() == "IncludedHeaderNote"));
        self.type_code == "741" || notes.into_iter().any(|n| n.get("ContentCode") == "C")
    }
}
