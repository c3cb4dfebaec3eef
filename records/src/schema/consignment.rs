use arrow::datatypes::{DataType, SchemaRef};

use super::column::{
    Column, columns, date, float64, instant, int32, int64, list_of, local_time, schema_of, struct_of, text, texts,
};
use super::traveller::finding_details;

/// One person or organisation named on a consignment.
pub const PARTY: &[Column] = columns! {
    "role" text, false; "What the party is to the consignment"; "consignor, consignee, notify, carrier, agent, declarant, importer, exporter, seller, buyer, warehouse, driver, crew or other"; ""
    "role_code" text, true; "Role as sent (NAD DE 3035, X12 N101, line identifier or element name)"; "code"; "not sent"
    "kind" text, true; "What the party is"; "person or organisation"; "the message does not say"
    "name" text, true; "Name as sent; continuation lines joined by a blank"; "text"; "not sent"
    "identifier" text, true; "Identifier of the party as sent"; "text"; "not sent"
    "identifier_scheme" text, true; "What the identifier is: EORI, tax number, DUNS, agency code, …"; "name or code as sent"; "not said"
    "address" text, true; "Street and further address lines, joined by ', '"; "text"; "not sent"
    "city" text, true; "City"; "text"; "not sent"
    "region" text, true; "State or province"; "code or text as sent"; "not sent"
    "postal_code" text, true; "Postal code"; "text"; "not sent"
    "country" text, true; "Country of the address"; "ISO 3166-1 alpha-3; as sent where it is no such code"; "not sent"
    "contact" text, true; "Name of a contact person or department"; "text"; "not sent"
    "phone" text, true; "Telephone number"; "text"; "not sent"
    "email" text, true; "Mail address"; "text"; "not sent"
    "birth_date" date, true; "Birth date of a driver or crew member"; "date"; "not sent"
    "nationality" text, true; "Nationality of a driver or crew member"; "ISO 3166-1 alpha-3; as sent where it is no such code"; "not sent"
    "document_type" text, true; "Travel document of a driver or crew member"; "code"; "not sent"
    "document_number" text, true; "Number of that document"; "text"; "not sent"
    "item" int32, true; "Number of the item that the party is named on"; "see items.number"; "named for the whole consignment"
    "other_identifiers" texts, true; "Further identifiers of the party: account, agent code, tax number"; "list, each as scheme, colon and value"; "none sent"
};

/// One kind of goods on a consignment.
pub const ITEM: &[Column] = columns! {
    "number" int32, true; "Number of the item as sent"; "1, 2, …"; "not numbered"
    "description" text, true; "Description of the goods; lines that a sender wrapped are joined as they were cut"; "text"; "not sent"
    "marks" text, true; "Marks and numbers on the packages"; "text"; "not sent"
    "hs" text, true; "Commodity code of the Harmonized System, international or national"; "4 to 10 digits"; "not sent"
    "packages" int64, true; "Number of packages"; "count"; "not sent"
    "package_type" text, true; "Kind of package (UN/ECE recommendation 21, X12 DE 103)"; "code as sent"; "not sent"
    "gross_weight_kg" float64, true; "Gross weight, other units converted"; "kilogram"; "not sent"
    "net_weight_kg" float64, true; "Net weight, other units converted"; "kilogram"; "not sent"
    "volume_m3" float64, true; "Volume, other units converted"; "cubic metre"; "not sent"
    "quantity" float64, true; "Quantity in supplementary units"; "see quantity_unit"; "not sent"
    "quantity_unit" text, true; "Unit of the quantity"; "code as sent"; "not sent"
    "value" float64, true; "Value of the item"; "see currency"; "not sent"
    "currency" text, true; "Currency of the value"; "ISO 4217 code"; "not sent"
    "origin_country" text, true; "Country of origin of the goods"; "ISO 3166-1 alpha-3; as sent where it is no such code"; "not sent"
    "un_number" text, true; "United Nations number of dangerous goods; several are separated by blanks"; "four digits"; "not sent"
    "hazard_class" text, true; "Class of dangerous goods"; "class and division"; "not sent"
    "containers" texts, true; "Containers that hold the item"; "list of numbers"; "not said"
};

/// One container, trailer, rail car or unit load device.
pub const CONTAINER: &[Column] = columns! {
    "number" text, true; "Number without blanks and hyphens"; "owner prefix, serial number and check digit (ISO 6346), or text"; "not sent"
    "kind" text, true; "What it is"; "container, trailer, rail_car, unit_load_device or vehicle"; "not said"
    "size_type" text, true; "Size and type (ISO 6346, DE 8155)"; "code as sent"; "not sent"
    "load" text, true; "How full it is"; "full or empty"; "not sent"
    "seals" texts, true; "Numbers of the seals on it"; "list"; "none sent"
};

/// One reference that has no column of its own.
pub const REFERENCE: &[Column] = columns! {
    "kind" text, false; "What is referred to (RFF DE 1153, X12 DE 128, element name)"; "code as sent"; ""
    "value" text, false; "The reference as sent"; "text"; ""
    "item" int32, true; "Number of the item that it is named on"; "see items.number"; "named for the whole consignment"
};

/// One statement of customs or security information (Cargo-IMP OCI, Cargo-XML IncludedCustomsNote).
pub const CUSTOMS_NOTE: &[Column] = columns! {
    "country" text, true; "Country whose rules ask for it; one without country and subject goes on with those before it"; "ISO 3166-1 alpha-2 as sent"; "not sent"
    "subject" text, true; "Party or thing that it is about: SHP, CNE, AGT, NFY, …"; "code"; "not sent"
    "kind" text, true; "What is stated"; "code"; "not sent"
    "value" text, true; "The statement"; "text"; "not sent"
};

/// One leg of the way of a consignment.
pub const CONSIGNMENT_LEG: &[Column] = columns! {
    "mode" text, true; "Mode of transport (UN/ECE recommendation 19)"; "air, sea, rail, road, inland_water or post"; "not sent"
    "carrier" text, true; "Carrier of the leg"; "IATA designator, SCAC or name as sent"; "not sent"
    "voyage" text, true; "Voyage, flight or trip number of the leg"; "text; a flight without leading zeros"; "not sent"
    "departure_port" text, true; "Where the leg begins"; "code as sent"; "not sent"
    "arrival_port" text, true; "Where the leg ends"; "code as sent"; "not sent"
    "departure_local" local_time, true; "Departure"; "local time at the port; midnight where only the day is known"; "not sent or unreadable"
    "arrival_local" local_time, true; "Arrival"; "local time at the port; midnight where only the day is known"; "not sent or unreadable"
};

/// One charge for carriage, or a total of charges.
pub const CHARGE: &[Column] = columns! {
    "kind" text, false; "What is charged"; "weight, valuation, tax, other, agent, carrier or total; other is one charge, agent and carrier are totals due to them"; ""
    "code" text, true; "Code of another charge (IATA Resolution 600a)"; "code as sent"; "a total, or not sent"
    "due_to" text, true; "To whom the charge is due"; "agent or carrier"; "not said"
    "payment" text, true; "Who pays it"; "prepaid or collect"; "not said"
    "amount" float64, true; "Amount"; "see currency"; "not sent"
    "currency" text, true; "Currency of the amount"; "ISO 4217 code"; "not sent"
};

fn movements() -> DataType {
    list_of(struct_of(CONSIGNMENT_LEG))
}
fn charges() -> DataType {
    list_of(struct_of(CHARGE))
}
fn parties() -> DataType {
    list_of(struct_of(PARTY))
}
fn items() -> DataType {
    list_of(struct_of(ITEM))
}
fn containers() -> DataType {
    list_of(struct_of(CONTAINER))
}
fn references() -> DataType {
    list_of(struct_of(REFERENCE))
}
fn customs_notes() -> DataType {
    list_of(struct_of(CUSTOMS_NOTE))
}

/// One shipment as one message reported it: a master or house bill, a declaration, or a conveyance
/// report that names no goods.
pub const CONSIGNMENT: &[Column] = columns! {
    // identity of the record
    "record_id" text, false; "Digest of source, partition, position and ordinal: names this row for ever"; "32 hexadecimal digits"; ""
    "consignment_key" text, true; "What joins messages about one shipment: cargo control number, else air waybill and house, else carrier and bill, else declaration"; "CCN:, AWB:, BL: or DEC: and the key"; "the message does not say enough of the shipment"
    // the message
    "message_format" text, false; "Format of the message"; "name"; ""
    "message_kind" text, true; "Document name code (BGM DE 1001, X12 transaction set, message type)"; "code"; "not sent"
    "action" text, false; "What the message does to the record"; "new, change, cancel or close"; ""
    "amendment_code" text, true; "Amendment as sent (BGM DE 1225, X12 DE 353, function code)"; "code"; "not sent"
    "amendment_reason" text, true; "Why it was amended"; "code or text as sent"; "not sent"
    "message_ref" text, true; "Message reference number"; "text"; "not sent"
    "message_part" int32, true; "Number of this part of a report in several parts (Cargo-IMP FFM)"; "1, 2, …"; "the report has one part, or does not say"
    "sender" text, true; "Sender of the interchange"; "text"; "not sent"
    "recipient" text, true; "Recipient of the interchange"; "text"; "not sent"
    // the shipment
    "level" text, false; "Level of the document"; "master, house, simple (a bill without houses), declaration or conveyance"; ""
    "mode" text, true; "Mode of transport at the border (UN/ECE recommendation 19)"; "air, sea, rail, road, inland_water or post"; "the message does not say"
    "bill_number" text, true; "Number of this transport document: bill of lading, house bill, or air waybill as 11 digits"; "text"; "not sent"
    "master_bill" text, true; "Master bill or master air waybill of a house bill"; "text"; "no house bill, or not sent"
    "bill_issuer" text, true; "Issuer of this bill"; "SCAC as sent"; "not sent apart from the carrier"
    "ccn" text, true; "Cargo control number (CBSA), or shipment control number (CBP)"; "carrier code and reference"; "not sent"
    "ucr" text, true; "Unique consignment reference"; "text"; "not sent"
    "declaration_ref" text, true; "Reference of the declaration: LRN, MRN, entry number"; "text"; "not sent"
    "references" references, true; "Other references"; "list"; "none sent"
    // the conveyance
    "carrier" text, true; "Carrier of the border crossing"; "SCAC, IATA designator, CBSA carrier code or EORI as sent"; "not sent"
    "conveyance_id" text, true; "IMO number, aircraft registration, plate, or train number"; "text"; "not sent"
    "conveyance_name" text, true; "Name of the vessel"; "text"; "not sent"
    "conveyance_country" text, true; "Flag or country of registration"; "ISO 3166-1 alpha-3; as sent where it is no such code"; "not sent"
    "call_sign" text, true; "Radio call sign of the vessel"; "text"; "not sent"
    "voyage" text, true; "Voyage, flight or trip number"; "text; a flight without leading zeros"; "not sent"
    "origin_place" text, true; "Place of receipt, or first port of a waybill"; "UN/LOCODE, IATA or Schedule K code, or text"; "not sent"
    "loading_port" text, true; "Port of loading"; "UN/LOCODE, IATA or Schedule K code, or text"; "not sent"
    "discharge_port" text, true; "Port of discharge"; "UN/LOCODE, IATA, Schedule D or K code, or text"; "not sent"
    "entry_port" text, true; "First port of entry, or customs office of first entry"; "code as sent"; "not sent"
    "clearance_port" text, true; "Port or office at which the goods are cleared"; "code as sent"; "not sent"
    "delivery_place" text, true; "Place of delivery, or last port of a waybill"; "code or text"; "not sent"
    "route" texts, true; "Ports or countries on the way, in order"; "list of codes"; "not sent"
    "movements" movements, true; "Legs of the way, in the order of the message"; "list"; "none sent"
    "departure_local" local_time, true; "Departure from the port of loading"; "local time at the port"; "not sent or unreadable"
    "arrival_local" local_time, true; "Expected arrival at the first port of entry"; "local time at the port"; "not sent or unreadable"
    "deadline_local" local_time, true; "When the report was due: sea 24 hours before departure, air 4 hours, rail 2 hours and road 1 hour before arrival (SOR/86-873, 19 CFR 4.7, 122.48a, 123.91, 123.92)"; "local time at the port"; "mode or time is not known"
    "event_time" local_time, true; "When the sender prepared the message"; "clock of the sender, zone not sent"; "not sent or unreadable"
    "received_at" instant, false; "When Tamis, or the file that it read, got the message"; "instant"; ""
    // who and what
    "crew_count" int32, true; "Number of crew on board, as stated"; "count"; "not sent"
    "passenger_count" int32, true; "Number of passengers on board, as stated"; "count"; "not sent"
    "parties" parties, true; "All parties, in the order of the message"; "list"; "none sent"
    "items" items, true; "The goods, in the order of the message"; "list"; "none sent"
    "containers" containers, true; "Containers, trailers, rail cars and unit load devices"; "list"; "none sent"
    "seals" texts, true; "Seals on the consignment or conveyance as a whole"; "list"; "none sent"
    "special_handling" texts, true; "Special handling codes (Cargo-IMP SPH, and their like)"; "list of codes"; "none sent"
    "handling_instructions" texts, true; "Instructions for handling in words (Cargo-IMP SSR and OSI, and their like)"; "list of texts"; "none sent"
    "customs_notes" customs_notes, true; "Customs and security statements"; "list"; "none sent"
    "description" text, true; "Description of the goods of the whole consignment"; "text"; "only items are described, or not sent"
    // totals as the message states them
    "packages" int64, true; "Number of packages, as stated for the whole"; "count"; "not sent"
    "part" text, true; "How much of the bill the message reports (Cargo-IMP shipment description code)"; "total, part, split, divided or multi_part"; "all of it, or not said"
    "packages_of_bill" int64, true; "Number of packages of the whole bill, where the message reports a part of it"; "count"; "not sent"
    "package_type" text, true; "Kind of package of the whole"; "code as sent"; "not sent"
    "gross_weight_kg" float64, true; "Gross weight of the whole, other units converted"; "kilogram"; "not sent"
    "net_weight_kg" float64, true; "Net weight of the whole, other units converted"; "kilogram"; "not sent"
    "volume_m3" float64, true; "Volume of the whole, other units converted"; "cubic metre"; "not sent"
    "customs_value" float64, true; "Value declared for customs"; "see currency"; "not sent"
    "carriage_value" float64, true; "Value declared for carriage"; "see currency"; "not sent, or no value declared"
    "currency" text, true; "Currency of the values"; "ISO 4217 code"; "not sent"
    "charges" charges, true; "Charges for carriage"; "list"; "none sent"
    "payment" text, true; "Who pays the freight, or how"; "prepaid, collect, or the code as sent"; "not sent"
    // where it came from
    "source" text, false; "Source that delivered the message"; "name of the source"; ""
    "partition" text, false; "Partition of the source: a file path, a topic and partition"; "text"; ""
    "position" int64, false; "Position of the message in the partition"; "byte offset"; ""
    "ordinal" int32, false; "Ordinal of the consignment in the message"; "0, 1, …"; ""
    "findings" texts, true; "What the parser noticed and repaired, or could not use"; "list of codes, see docs/reference/findings.md"; "nothing noticed"
    "finding_details" finding_details, true; "Where each of the findings was first noticed"; "list, in the order of findings"; "nothing noticed"
};

/// Arrow schema of [`CONSIGNMENT`].
pub fn consignment_schema() -> SchemaRef {
    schema_of(CONSIGNMENT)
}
