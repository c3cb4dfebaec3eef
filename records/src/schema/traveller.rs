use arrow::datatypes::{DataType, SchemaRef};

use super::column::{Column, columns, date, instant, int32, int64, list_of, local_time, schema_of, struct_of, text, texts};

/// One travel document as the message reported it.
pub const DOCUMENT: &[Column] = columns! {
    "type" text, true; "Document type: P passport, V visa, I identity card, L pilot licence, AC crew certificate, … (WCO/IATA API, DE 1001)"; "code"; "not sent"
    "number" text, true; "Document number as sent, without blanks"; "text"; "not sent"
    "issuer" text, true; "Issuing state (LOC+91)"; "ISO 3166-1 alpha-3; as sent where it is no such code"; "not sent"
    "expiry" date, true; "Last day of validity (DTM+36)"; "date"; "not sent or unreadable; see findings"
};

/// One leg of the conveyance, in the order of the message.
pub const LEG: &[Column] = columns! {
    "carrier" text, true; "Carrier of the leg"; "IATA or ICAO designator"; "not sent"
    "flight" text, true; "Flight number with suffix, without leading zeros"; "digits and letter"; "not sent"
    "departure_port" text, true; "Port of departure"; "IATA airport code, or UN/LOCODE"; "not sent"
    "arrival_port" text, true; "Port of arrival"; "IATA airport code, or UN/LOCODE"; "not sent"
    "departure_local" local_time, true; "Scheduled (or, failing that, actual or estimated) departure"; "local time at the port"; "not sent or unreadable"
    "arrival_local" local_time, true; "Scheduled (or estimated) arrival"; "local time at the port"; "not sent or unreadable"
};

/// One way to reach the traveller or the reporting party.
pub const CONTACT: &[Column] = columns! {
    "kind" text, false; "TE telephone, FX fax, EM mail, AD postal address"; "code"; ""
    "value" text, false; "The number or address as sent"; "text"; ""
};

fn documents() -> DataType {
    list_of(struct_of(DOCUMENT))
}
fn legs() -> DataType {
    list_of(struct_of(LEG))
}
/// Where one finding was first noticed.
pub const FINDING_DETAIL: &[Column] = columns! {
    "code" text, false; "Code of the finding"; "code, see docs/reference/findings.md"; ""
    "severity" text, false; "What it means for the use of the record"; "note, warning or error"; ""
    "segment" text, true; "Segment, line or element that shows it"; "tag, line identifier or element name"; "not of one segment"
    "offset" int64, true; "Where that begins in the partition"; "byte offset"; "not of one place"
};

pub(super) fn finding_details() -> DataType {
    list_of(struct_of(FINDING_DETAIL))
}
fn contacts() -> DataType {
    list_of(struct_of(CONTACT))
}

/// One person on one conveyance, as one message reported them.
pub const TRAVELLER: &[Column] = columns! {
    // identity of the record
    "record_id" text, false; "Digest of source, partition, position and ordinal: names this row for ever"; "32 hexadecimal digits"; ""
    "flight_key" text, true; "Prime flight: carrier, number with suffix, origin, destination, scheduled local date"; "CC-0000X-AAA-BBB-YYYY-MM-DD"; "the message does not say enough of the flight"
    "person_key" text, false; "Person on that flight: document number and issuer, else name and birth date, else locator and ordinal"; "D:, N: or O: and the key"; ""
    // the message
    "message_format" text, false; "Format of the message"; "PAXLST or US-EDIFACT"; ""
    "message_kind" text, true; "Document name code (BGM DE 1001): 745 passenger list, 250 crew list, 336 master crew list, …"; "code"; "no BGM (US-EDIFACT)"
    "action" text, false; "What the message does to the record"; "new, change, cancel or close"; ""
    "message_ref" text, true; "Message reference number (UNH)"; "text"; "UNH is missing"
    "common_ref" text, true; "Common access reference that joins the parts of one list (UNH DE 0068)"; "text"; "not sent"
    "message_part" int32, true; "Number of this part of a list in several parts (UNH S010)"; "1, 2, …"; "the list has one part"
    "sender" text, true; "Interchange sender (UNB S002)"; "text"; "UNB is missing"
    "recipient" text, true; "Interchange recipient (UNB S003)"; "text"; "UNB is missing"
    "role" text, false; "What the person is on board"; "passenger, crew, transit_passenger or transit_crew"; ""
    // the conveyance
    "carrier" text, true; "Operating carrier of the leg that crosses the border"; "IATA or ICAO designator"; "not sent"
    "flight" text, true; "Flight number with suffix, without leading zeros"; "digits and letter"; "not sent"
    "departure_port" text, true; "Last port before the border (LOC+125)"; "IATA airport code, or UN/LOCODE"; "not sent"
    "arrival_port" text, true; "First port behind the border (LOC+87)"; "IATA airport code, or UN/LOCODE"; "not sent"
    "departure_local" local_time, true; "Scheduled departure from departure_port (DTM+189)"; "local time at the port"; "not sent or unreadable"
    "arrival_local" local_time, true; "Scheduled arrival at arrival_port (DTM+232)"; "local time at the port"; "not sent or unreadable"
    "legs" legs, true; "All legs that the message names, in its order"; "list"; "the message names none"
    "embarkation_port" text, true; "Where the person boards (LOC+178)"; "IATA airport code, or UN/LOCODE"; "not sent"
    "debarkation_port" text, true; "Where the person leaves (LOC+179)"; "IATA airport code, or UN/LOCODE"; "not sent"
    "clearance_port" text, true; "Where the person is cleared (LOC+22)"; "IATA airport code, or UN/LOCODE"; "not sent"
    "deadline_local" local_time, true; "Legal deadline of the report: departure less 60 minutes for crew (19 CFR 122.49b) and 30 minutes for passengers (19 CFR 122.49a)"; "local time at departure_port"; "departure is not known"
    "event_time" local_time, true; "When the sender prepared the interchange (UNB S004)"; "clock of the sender, zone not sent"; "UNB is missing or unreadable"
    "received_at" instant, false; "When Tamis, or the file that it read, got the message"; "instant"; ""
    // the person
    "name_raw" text, true; "Name as sent, components separated by ':'"; "text"; "the person has no name"
    "surname" text, true; "Surname without title"; "text, as sent"; "not sent"
    "given_names" text, true; "Given and middle names without title, separated by blanks"; "text, as sent"; "not sent"
    "title" text, true; "Title or suffix that stood in, or was glued to, a name component"; "MR, MRS, MS, MISS, MSTR, DR, JR, …"; "none recognised"
    "birth_date" date, true; "Birth date; first day of the period where precision is not day"; "date"; "not sent or unreadable"
    "birth_date_precision" text, true; "How much of birth_date is known"; "day, month or year"; "birth_date is null"
    "sex" text, true; "Sex as reported (ATT+2)"; "F, M or X"; "not sent, or U"
    "nationality" text, true; "Nationality (NAT+2)"; "ISO 3166-1 alpha-3; as sent where it is no such code"; "not sent"
    "residence_country" text, true; "Country of residence (LOC+174)"; "ISO 3166-1 alpha-3; as sent where it is no such code"; "not sent"
    "birth_place" text, true; "Place of birth (LOC+180)"; "text, as sent"; "not sent"
    "birth_country" text, true; "Country of birth (LOC+180)"; "ISO 3166-1 alpha-3; as sent where it is no such code"; "not sent"
    "mrz" text, true; "Machine readable zone where the message carries one in free text"; "lines separated by a line feed"; "not sent"
    // documents; the first four repeat the travel document that counts
    "document_type" text, true; "Type of the first passport, else of the first document"; "code"; "no document"
    "document_number" text, true; "Number of that document"; "text"; "no document, or one without number"
    "document_issuer" text, true; "Issuing state of that document"; "ISO 3166-1 alpha-3; as sent where it is no such code"; "not sent"
    "document_expiry" date, true; "Last day of validity of that document"; "date"; "not sent or unreadable"
    "documents" documents, true; "All documents, in the order of the message"; "list"; "none sent"
    "document_shared" int32, false; "How many other travellers of the same message carry the number of this document from the same issuer"; "count"; ""
    // booking and bags
    "pnr_locator" text, true; "Reservation locator (RFF+AVF); reused by carriers, not a key by itself"; "text"; "not sent"
    "carrier_ref" text, true; "Carrier's own passenger reference (RFF+ABO)"; "text"; "not sent"
    "ticket" text, true; "Ticket number (RFF+YZY)"; "text"; "not sent"
    "seat" text, true; "Seat without leading zeros (RFF+SEA)"; "row and letter"; "not sent"
    "bag_count" int32, true; "Checked bags (MEA+CT, else counted from FTX+BAG)"; "count"; "not sent"
    "bag_weight_kg" int32, true; "Weight of the checked bags (MEA+WT), pounds converted"; "kilogram"; "not sent"
    "bag_tags" texts, true; "Bag tags (FTX+BAG)"; "list"; "not sent"
    "contacts" contacts, true; "How to reach the traveller (COM and address in the person's group)"; "list"; "none sent"
    // where it came from
    "source" text, false; "Source that delivered the message"; "name of the source"; ""
    "partition" text, false; "Partition of the source: a file path, a topic and partition"; "text"; ""
    "position" int64, false; "Position of the message in the partition"; "byte offset"; ""
    "ordinal" int32, false; "Ordinal of the person in the message"; "0, 1, …"; ""
    "findings" texts, true; "What the parser noticed and repaired, or could not use"; "list of codes, see docs/reference/findings.md"; "nothing noticed"
    "finding_details" finding_details, true; "Where each of the findings was first noticed"; "list, in the order of findings"; "nothing noticed"
};

/// Arrow schema of [`TRAVELLER`].
pub fn traveller_schema() -> SchemaRef {
    schema_of(TRAVELLER)
}
