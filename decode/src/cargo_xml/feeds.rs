//! What feeds the columns of a consignment. Elements stand without their prefix; those of the
//! consignment without the path to it.

use tamis_records::schema::RecordKind;

use super::super::feeds::Feed;

/// What waybills of all kinds say in the same elements, and what they say in others.
macro_rules! waybill {
    ($kind:literal, $level:literal, $references:literal, $items:literal, $($bill:expr),+) => {
        &[
            ("message_kind", $kind),
            ("action", "MessageHeaderDocument/PurposeCode: Creation new, Update change, Deletion cancel"),
            ("amendment_code", "MessageHeaderDocument/PurposeCode"),
            ("message_ref", "MessageHeaderDocument/ID"),
            ("sender", "first MessageHeaderDocument/SenderParty/PrimaryID"),
            ("recipient", "first MessageHeaderDocument/RecipientParty/PrimaryID"),
            ("event_time", "MessageHeaderDocument/IssueDateTime, the clock as written"),
            ("level", $level),
            ("mode", "air"),
            $($bill,)+
            ("ucr", "IncludedCustomsNote with ContentCode U"),
            ("declaration_ref", "IncludedCustomsNote with ContentCode M"),
            ("references", $references),
            ("carrier", "SpecifiedLogisticsTransportMovement/ID, letters, of the leg that crosses a border"),
            ("voyage", "SpecifiedLogisticsTransportMovement/ID, number, of that leg"),
            ("origin_place", "OriginLocation/ID, else Name"),
            ("delivery_place", "FinalDestinationLocation/ID, else Name"),
            ("loading_port", "DepartureEvent/OccurrenceDepartureLocation of the leg that crosses a border"),
            ("discharge_port", "ArrivalEvent/OccurrenceArrivalLocation of that leg"),
            ("departure_local", "DepartureEvent/…OccurrenceDateTime of that leg"),
            ("arrival_local", "ArrivalEvent/…OccurrenceDateTime of that leg"),
            ("route", "places of SpecifiedLogisticsTransportMovement"),
            ("movements", "SpecifiedLogisticsTransportMovement"),
            ("parties", "elements that end in Party; identifiers and contacts also from IncludedCustomsNote T, CP and CT"),
            ("items", $items),
            ("containers", "AssociatedUnitLoadTransportEquipment and UtilizedLogisticsTransportEquipment"),
            ("special_handling", "HandlingSPHInstructions/DescriptionCode"),
            ("handling_instructions", "Description of HandlingSSRInstructions and HandlingOSIInstructions"),
            ("customs_notes", "IncludedCustomsNote"),
            ("description", "SummaryDescription"),
            ("packages", "TotalPieceQuantity"),
            ("part", "TransportSplitDescription"),
            ("gross_weight_kg", "IncludedTareGrossWeightMeasure or GrossWeightMeasure"),
            ("net_weight_kg", "NetWeightMeasure"),
            ("volume_m3", "GrossVolumeMeasure"),
            ("customs_value", "DeclaredValueForCustomsAmount"),
            ("carriage_value", "DeclaredValueForCarriageAmount"),
            ("currency", "currency of the declared values, else ApplicableOriginCurrencyExchange"),
            ("charges", "ApplicableLogisticsAllowanceCharge and ApplicableTotalRating"),
            ("payment", "TotalChargePrepaidIndicator, else ApplicableTotalRating"),
        ]
    };
}

const HOUSE: &[(&str, &str)] = waybill!(
    "MessageHeaderDocument/TypeCode",
    "house; master for a manifest that names none",
    "ID, AssociatedReferenceDocument, IncludedAccountingNote, GoodsStatusCode; XFZB: header notes and signatures",
    "IncludedHouseConsignmentItem, else SummaryDescription and the totals",
    (
        "bill_number",
        "XFZB: BusinessHeaderDocument/ID, else IncludedHouseConsignment/TransportContractDocument/ID; XFHL: the latter"
    ),
    ("master_bill", "MasterConsignment/TransportContractDocument/ID, XFHL else BusinessHeaderDocument/ID")
);

/// House waybill.
pub(crate) const XFZB: Feed = Feed { format: "XFZB", kind: RecordKind::Consignment, columns: HOUSE };

/// House manifest.
pub(crate) const XFHL: Feed = Feed { format: "XFHL", kind: RecordKind::Consignment, columns: HOUSE };

/// Master waybill.
pub(crate) const XFWB: Feed = Feed {
    format: "XFWB",
    kind: RecordKind::Consignment,
    columns: waybill!(
        "MessageHeaderDocument/TypeCode: 740 direct, 741 consolidation",
        "master for type 741 or header note C, else simple",
        "ID, SenderAssignedID, header notes, signatures, AssociatedReferenceDocument, IncludedAccountingNote, GoodsStatusCode",
        "ApplicableRating/IncludedMasterConsignmentItem: TypeCode, weights, PieceQuantity, NatureIdentificationTransportCargo",
        ("bill_number", "BusinessHeaderDocument/ID, else TransportContractDocument/ID")
    ),
};

/// Flight manifest.
pub(crate) const XFFM: Feed = Feed {
    format: "XFFM",
    kind: RecordKind::Consignment,
    columns: &[
        ("message_kind", "MessageHeaderDocument/TypeCode"),
        ("action", "MessageHeaderDocument/PurposeCode: Creation new, Update change, Deletion cancel"),
        ("amendment_code", "MessageHeaderDocument/PurposeCode"),
        ("message_ref", "MessageHeaderDocument/ID"),
        ("sender", "first MessageHeaderDocument/SenderParty/PrimaryID"),
        ("recipient", "first MessageHeaderDocument/RecipientParty/PrimaryID"),
        ("event_time", "MessageHeaderDocument/IssueDateTime, the clock as written"),
        ("level", "simple; conveyance for a flight without lines"),
        ("mode", "air"),
        ("bill_number", "TransportContractDocument/ID of the line"),
        ("ucr", "IncludedCustomsNote with ContentCode U"),
        ("declaration_ref", "IncludedCustomsNote with ContentCode M"),
        ("references", "MovementPriorityCode, GoodsStatusCode"),
        ("carrier", "LogisticsTransportMovement/ID, letters"),
        ("voyage", "LogisticsTransportMovement/ID, number"),
        ("conveyance_id", "UsedLogisticsTransportMeans/Name"),
        ("conveyance_country", "UsedLogisticsTransportMeans/RegistrationCountry/ID"),
        ("origin_place", "OriginLocation of the line"),
        ("delivery_place", "FinalDestinationLocation of the line"),
        ("loading_port", "DepartureEvent/OccurrenceDepartureLocation"),
        ("discharge_port", "ArrivalEvent/OccurrenceArrivalLocation"),
        ("entry_port", "OccurrenceArrivalLocation with FirstArrivalCountryID"),
        ("departure_local", "DepartureEvent/DepartureOccurrenceDateTime"),
        ("arrival_local", "ArrivalEvent/ArrivalOccurrenceDateTime"),
        ("movements", "OnCarriageTransportMovement and PreCarriageTransportMovement"),
        ("parties", "elements of the line that end in Party"),
        ("items", "the line: SummaryDescription, quantities, IncludedMasterConsignmentItem/TypeCode"),
        ("containers", "AssociatedTransportCargo/UtilizedUnitLoadTransportEquipment: type, serial number and owner"),
        ("special_handling", "HandlingSPHInstructions/DescriptionCode"),
        ("handling_instructions", "Description of HandlingSSRInstructions and HandlingOSIInstructions"),
        ("customs_notes", "IncludedCustomsNote"),
        ("description", "SummaryDescription"),
        (
            "packages",
            "PackageQuantity or PieceQuantity, else TotalPieceQuantity, which counts where all of the waybill is on board",
        ),
        ("part", "TransportSplitDescription"),
        ("packages_of_bill", "TotalPieceQuantity where it is not that of the line"),
        ("gross_weight_kg", "GrossWeightMeasure"),
        ("volume_m3", "GrossVolumeMeasure"),
    ],
};
