use arrow::datatypes::{DataType, SchemaRef};

use super::column::{
    Column, boolean, columns, date, float64, instant, int32, int64, list_of, local_time, schema_of, struct_of, text, texts,
};

/// One travel document as the message reported it.
pub const DOCUMENT: &[Column] = columns! {
    "type" text, true; "Document type: P passport, V visa, I identity card, L pilot licence, AC crew certificate, … (WCO/IATA API, DE 1001)"; "code"; "not sent"
    "number" text, true; "Document number as sent, without blanks"; "text"; "not sent"
    "issuer" text, true; "Issuing state (LOC+91; DOCS); of a visa the state that it admits to (DOCO)"; "ISO 3166-1 alpha-3; as sent where it is no such code"; "not sent"
    "expiry" date, true; "Last day of validity (DTM+36; DOCS)"; "date"; "not sent or unreadable; see findings"
    "issued" date, true; "Day of issue (DOCO)"; "date"; "not sent or unreadable"
    "issue_place" text, true; "Place of issue (DOCO)"; "text, as sent"; "not sent"
    "surname" text, true; "Surname in the document (DOCS)"; "text, as sent"; "not sent apart from the traveller's name"
    "given_names" text, true; "Given and middle names in the document (DOCS), separated by blanks"; "text, as sent"; "not sent apart from the traveller's name"
};

/// One leg of the conveyance, in the order of the message.
pub const LEG: &[Column] = columns! {
    "carrier" text, true; "Carrier of the leg"; "IATA or ICAO designator"; "not sent"
    "flight" text, true; "Flight number with suffix, without leading zeros"; "digits and letter"; "not sent"
    "departure_port" text, true; "Port of departure"; "IATA airport code, or UN/LOCODE"; "not sent"
    "arrival_port" text, true; "Port of arrival"; "IATA airport code, or UN/LOCODE"; "not sent"
    "departure_local" local_time, true; "Scheduled (or, failing that, actual or estimated) departure"; "local time at the port"; "not sent or unreadable"
    "arrival_local" local_time, true; "Scheduled (or estimated) arrival"; "local time at the port"; "not sent or unreadable"
    "operating_carrier" text, true; "Carrier that flies the leg where it was sold as another's (code-share: TVL, TRA)"; "IATA designator"; "not sent: the carrier of the leg"
    "operating_flight" text, true; "Flight number of that carrier, without leading zeros"; "digits and letter"; "not sent"
    "booking_class" text, true; "Booking class of the leg (TVL)"; "letter"; "not sent"
    "status" text, true; "Status of the booking on the leg (RPI)"; "IATA code: HK confirmed, HL waiting, …"; "not sent"
};

/// One reservation locator.
pub const LOCATOR: &[Column] = columns! {
    "carrier" text, true; "Carrier or system that made it"; "IATA designator"; "not sent"
    "locator" text, false; "The locator; reused by carriers"; "text"; ""
    "created_local" local_time, true; "When that reservation was made (RCI)"; "clock of the sender"; "not sent or unreadable"
    "kind" text, false; "own: this reservation in one of the systems; split: the one from which, or to which, travellers were divided"; "own or split"; ""
};

/// One payment.
pub const PAYMENT: &[Column] = columns! {
    "kind" text, true; "Form of payment (FOP): CC card, CA cash, CK cheque, MS other, …"; "IATA code"; "not sent"
    "amount" float64, true; "Amount"; "currency"; "not sent or no number"
    "currency" text, true; "Currency of the fare (MON), else of the booking agency (ORG)"; "ISO 4217"; "not sent"
    "card_vendor" text, true; "Card company"; "two letters: VI, AX, CA, …"; "no card"
    "card_number_masked" text, true; "Card number; what the sender left readable beyond the first six and last four digits is masked with X"; "text"; "no card"
    "card_expiry" text, true; "Expiry of the card as sent"; "MMYY"; "no card"
    "payer" text, true; "Who pays where the sender names a sponsor (IFT+4:43)"; "text, as sent"; "not sent"
    "payer_contact" text, true; "Address and telephone of that payer"; "text, as sent"; "not sent"
};

/// One ticket.
pub const TICKET: &[Column] = columns! {
    "number" text, false; "Ticket number with the carrier's three digits (TKT, TKNE)"; "text"; ""
    "coupon" int32, true; "Coupon of the leg (TKNE)"; "number"; "not sent"
    "issued" date, true; "Day of issue (DAT+710 of the ticket)"; "date"; "not sent or unreadable"
};

/// One frequent flyer account.
pub const FREQUENT_FLYER: &[Column] = columns! {
    "carrier" text, true; "Carrier of the programme"; "IATA designator"; "not sent"
    "number" text, false; "Account"; "text"; ""
    "level" text, true; "Level as sent"; "text"; "not sent"
};

/// One seat on one leg.
pub const SEAT: &[Column] = columns! {
    "departure_port" text, true; "Port of departure of the leg"; "IATA airport code"; "not sent"
    "arrival_port" text, true; "Port of arrival of the leg"; "IATA airport code"; "not sent"
    "seat" text, false; "Seat without leading zeros: the one given at check-in (SSD), else the one asked for (SSR SEAT)"; "row and letter"; ""
    "cabin" text, true; "Cabin (SSD)"; "letter"; "not checked in"
};

/// One checked bag on one leg.
pub const BAG: &[Column] = columns! {
    "departure_port" text, true; "Port of departure of the leg"; "IATA airport code"; "not sent"
    "arrival_port" text, true; "Port of arrival of the leg"; "IATA airport code"; "not sent"
    "tag" text, true; "Tag with the carrier's code in front"; "text"; "counted without a tag"
    "destination" text, true; "Where the tag sends the bag"; "IATA airport code"; "not sent"
};

/// One step of the history of a reservation.
pub const CHANGE: &[Column] = columns! {
    "at_local" local_time, true; "When (DAT behind ABI)"; "clock of the sender"; "not sent or unreadable"
    "action" text, true; "What was done (SAC): A added, X cancelled, C changed, …"; "code"; "not sent"
    "subject" text, true; "What it was done to: TVL a leg, TIF a traveller, SSR and its code, …"; "segment tag"; "not sent"
};

/// One way to reach the traveller or the reporting party.
pub const CONTACT: &[Column] = columns! {
    "kind" text, false; "TE telephone, FX fax, EM mail, AD postal address, BA billing address, RA residence (DOCA R), DA address at the destination (DOCA D), IP network address of the booking"; "code"; ""
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
fn locators() -> DataType {
    list_of(struct_of(LOCATOR))
}
fn payments() -> DataType {
    list_of(struct_of(PAYMENT))
}
fn tickets() -> DataType {
    list_of(struct_of(TICKET))
}
fn frequent_flyers() -> DataType {
    list_of(struct_of(FREQUENT_FLYER))
}
fn seats() -> DataType {
    list_of(struct_of(SEAT))
}
fn bags() -> DataType {
    list_of(struct_of(BAG))
}
fn changes() -> DataType {
    list_of(struct_of(CHANGE))
}

/// One person on one conveyance, as one message reported them.
pub const TRAVELLER: &[Column] = columns! {
    // identity of the record
    "record_id" text, false; "Digest of source, partition, position and ordinal: names this row for ever"; "32 hexadecimal digits"; ""
    "flight_key" text, true; "Prime flight: carrier, number with suffix, origin, destination, scheduled local date"; "CC-0000X-AAA-BBB-YYYY-MM-DD"; "the message does not say enough of the flight"
    "person_key" text, false; "Person on that flight: document number and issuer, else name and birth date, else locator and ordinal"; "D:, N: or O: and the key"; ""
    // the message
    "message_format" text, false; "Format of the message"; "PAXLST, US-EDIFACT, PNRGOV, PNRGOV-XML, CUSRES or APP"; ""
    "message_kind" text, true; "Document name code (BGM DE 1001): 745 passenger list, 250 crew list, 336 master crew list, 962 reply, …; function of a PNRGOV message (MSG): 22 push, 141 update, …"; "code"; "no BGM or MSG"
    "action" text, false; "What the message does to the record"; "new, change, cancel, close or reply"; ""
    "message_ref" text, true; "Message reference number (UNH)"; "text"; "UNH is missing"
    "common_ref" text, true; "Common access reference that joins the parts of one list (UNH DE 0068)"; "text"; "not sent"
    "message_part" int32, true; "Number of this part of a list in several parts (UNH S010)"; "1, 2, …"; "the list has one part"
    "sender" text, true; "Interchange sender (UNB S002)"; "text"; "UNB is missing"
    "recipient" text, true; "Interchange recipient (UNB S003)"; "text"; "UNB is missing"
    "role" text, false; "What the person is on board"; "passenger, crew, transit_passenger or transit_crew"; ""
    "crew_duty" text, true; "What a member of the crew does on board (EMP): CR1 cockpit, CR2 cabin, CR3 operations management, CR4 cargo and others, CR5 on board off duty, …"; "code, or as sent"; "not sent"
    "profile" text, true; "State whose profile the person was held against; what that state asks for and the person lacks is a finding `required_…_missing`"; "ISO 3166-1 alpha-3, or EU"; "no list, or none of a state with a profile"
    // the conveyance
    "carrier" text, true; "Operating carrier of the leg that crosses the border"; "IATA or ICAO designator"; "not sent"
    "flight" text, true; "Flight number with suffix, without leading zeros"; "digits and letter"; "not sent"
    "departure_port" text, true; "Last port before the border (LOC+125; header TVL)"; "IATA airport code, or UN/LOCODE"; "not sent"
    "arrival_port" text, true; "First port behind the border (LOC+87; header TVL)"; "IATA airport code, or UN/LOCODE"; "not sent"
    "departure_local" local_time, true; "Scheduled departure from departure_port (DTM+189)"; "local time at the port"; "not sent or unreadable"
    "arrival_local" local_time, true; "Scheduled arrival at arrival_port (DTM+232)"; "local time at the port"; "not sent or unreadable"
    "legs" legs, true; "All legs that the message names, in its order; of a PNR its itinerary"; "list"; "the message names none"
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
    "sex" text, true; "Sex as reported (ATT+2; DOCS)"; "F, M or X"; "not sent, or U"
    "nationality" text, true; "Nationality (NAT+2; DOCS)"; "ISO 3166-1 alpha-3; as sent where it is no such code"; "not sent"
    "residence_country" text, true; "Country of residence (LOC+174; DOCA R)"; "ISO 3166-1 alpha-3; as sent where it is no such code"; "not sent"
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
    "pnr_locator" text, true; "Reservation locator (RFF+AVF; the first of RCI); reused by carriers, not a key by itself"; "text"; "not sent"
    "carrier_ref" text, true; "Carrier's own passenger reference (RFF+ABO; REF)"; "text"; "not sent"
    "ticket" text, true; "Ticket number (RFF+YZY; the first of TKT and TKNE)"; "text"; "not sent"
    "seat" text, true; "Seat without leading zeros (RFF+SEA; of a PNR the seat on the leg that crosses the border)"; "row and letter"; "not sent"
    "bag_count" int32, true; "Checked bags (MEA+CT, else counted from FTX+BAG, else QTY; of a PNR those on the leg that crosses the border, TBD)"; "count"; "not sent"
    "bag_weight_kg" int32, true; "Weight of the checked bags (MEA+WT; TBD), pounds converted"; "kilogram"; "not sent"
    "bag_tags" texts, true; "Bag tags (FTX+BAG; TBD)"; "list"; "not sent"
    "contacts" contacts, true; "How to reach the traveller (COM and address in the person's group)"; "list"; "none sent"
    // the reservation (PNR); lists leave nearly all of it null
    "pnr_locators" locators, true; "All locators of the reservation (RCI)"; "list"; "not sent"
    "booked_local" local_time, true; "When the reservation was made (RCI, else DAT+710)"; "clock of the sender"; "not sent or unreadable"
    "booking_changed_local" local_time, true; "When it was last changed (DAT+700)"; "clock of the sender"; "not sent or unreadable"
    "party_size" int32, true; "Travellers that the reservation names"; "count"; "no reservation"
    "split_count" int32, true; "Travellers that were divided from the reservation (EQN in the PNR)"; "count"; "none sent"
    "group_name" text, true; "Name of the group (TIF of kind G)"; "text, as sent"; "no group"
    "agency_system" text, true; "System or carrier through which it was booked (ORG)"; "IATA designator"; "not sent"
    "agency_iata" text, true; "IATA number of the booking agency (ORG)"; "digits"; "not sent"
    "agency_office" text, true; "Office of the booking agency in its system (ORG)"; "text"; "not sent"
    "agency_city" text, true; "City of that office (ORG)"; "IATA city code"; "not sent"
    "agency_country" text, true; "Country of that office (ORG)"; "ISO 3166-1 alpha-3; as sent where it is no such code"; "not sent"
    "agency_kind" text, true; "Who booked (ORG): A airline, T travel agency, N agency without number, …"; "code"; "not sent"
    "traveller_ref" text, true; "Number of the traveller in the reservation (TIF)"; "text"; "not sent"
    "traveller_type" text, true; "Kind of traveller (TIF)"; "adult, child or infant"; "not sent"
    "reported_age" int32, true; "Age that the fare was sold for (FAR)"; "years"; "not sent"
    "with_infant" boolean, true; "Whether the traveller carries an infant (TIF, SSR INFT)"; "true or false"; "no reservation"
    "payments" payments, true; "How it was paid (FOP; CPI)"; "list"; "not sent"
    "fare_amount" float64, true; "What the traveller's tickets cost in total (MON+T, else MON+B)"; "fare_currency"; "not sent"
    "fare_currency" text, true; "Currency of fare_amount"; "ISO 4217"; "not sent"
    "fare_basis" text, true; "Fare basis (FAR)"; "text"; "not sent"
    "tickets" tickets, true; "All tickets of the traveller"; "list"; "none sent"
    "frequent_flyers" frequent_flyers, true; "Frequent flyer accounts (FTI; RFF+CR, which can be another number of a customer)"; "list"; "none sent"
    "seats" seats, true; "Seats, one a leg"; "list"; "none sent"
    "checked_in" boolean, true; "Whether the traveller has been checked in for the leg that crosses the border (TRI)"; "true or false"; "no reservation"
    "checked_in_local" local_time, true; "When (DAT+2)"; "clock of the port"; "not sent or unreadable"
    "boarding_number" text, true; "Boarding number on that leg (TRI)"; "text"; "not sent"
    "bags" bags, true; "Checked bags on all legs (TBD)"; "list"; "none sent"
    "head_of_pool" boolean, true; "Whether the bags of a pool are checked under this traveller (TBD: HP, MP)"; "true or false"; "no pool"
    "bag_pool" text, true; "Reference of the pool (TBD)"; "text"; "no pool, or not sent"
    "excess_bag_count" int32, true; "Excess bags that were paid for (EBD)"; "count"; "not sent"
    "excess_bag_charge" float64, true; "What they cost (EBD)"; "excess_bag_currency"; "not sent"
    "excess_bag_currency" text, true; "Currency of that"; "ISO 4217"; "not sent"
    "services" texts, true; "Codes of special services that are not sensitive (SSR); meals, health and religion are dropped when decoding"; "list of four-letter codes"; "none sent"
    "history" changes, true; "What was done to the reservation (ABI, DAT, SAC), without its text"; "list"; "none sent"
    "history_lines" int32, true; "Lines of history that were sent as text (LTS), which is not kept"; "count"; "no reservation"
    // the answer to a list
    "response" text, true; "Status of the person in a reply (CUSRES ERC, APP): 0Z may board, 1Z may not, …"; "code"; "the message is no reply"
    "response_text" text, true; "Words beside that status (FTX+AAP)"; "text, as sent"; "not sent"
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
