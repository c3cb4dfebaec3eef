//! What feeds the columns of a declaration in the WCO Data Model.

use tamis_records::schema::RecordKind;

use super::super::feeds::Feed;

/// DEC, GOVCBR and their like.
pub(crate) const FEED: Feed = Feed {
    format: "WCO XML",
    kind: RecordKind::Consignment,
    columns: &[
        ("message_kind", "TypeCode, else WCOTypeName of MetaData, else the root element"),
        ("action", "FunctionCode 1 and 3 or TypeCode INV cancel; FunctionCode 2, 4, 5, 13 and 36 or TypeCode COR change"),
        ("amendment_code", "FunctionCode"),
        ("amendment_reason", "Amendment/ChangeReasonCode"),
        ("message_ref", "FunctionalReferenceID"),
        ("sender", "the envelope"),
        ("recipient", "the envelope, else ResponsibleAgencyName of MetaData"),
        ("event_time", "IssueDateTime, else AcceptanceDateTime"),
        ("level", "declaration; of a cargo report house where a master bill (704, 741) is named beside the bill, else simple"),
        ("mode", "BorderTransportMeans/ModeCode, else that of the arrival or departure means"),
        ("bill_number", "documents of types 703, 705, 714, 720, 730, 740, 750, where there is one"),
        ("master_bill", "documents of types 704, 741, where there is one"),
        ("ucr", "UCR/TraderAssignedReferenceID, else PreviousDocument of type DCR"),
        ("declaration_ref", "Declaration/ID, else FunctionalReferenceID"),
        (
            "references",
            "AdditionalDocument, PreviousDocument and TransportContractDocument by category and type; further UCR; \
             ArrivalTransportMeans, DepartureTransportMeans, SupervisingOffice, ExitOffice, GoodsLocation, Invoice, TradeTerms, \
             ObligationGuarantee, TransactionNatureCode; of items GovernmentProcedure, UCR, Destination, ExportCountry and \
             further classifications by their type",
        ),
        ("carrier", "Carrier/ID"),
        ("conveyance_id", "BorderTransportMeans/ID, else that of the arrival or departure means, but for types 11, 40 and 81"),
        ("conveyance_name", "BorderTransportMeans/ID of types 11 and 81, else Name"),
        ("conveyance_country", "BorderTransportMeans/RegistrationNationalityCode"),
        ("voyage", "BorderTransportMeans/ID of type 40, else JourneyID"),
        ("origin_place", "GoodsReceiptPlace, else ExportCountry/ID"),
        ("loading_port", "LoadingLocation ID, else Name"),
        ("discharge_port", "UnloadingLocation ID, else Name"),
        ("entry_port", "EntryOffice/ID"),
        ("clearance_port", "PresentationOffice/ID, else SupervisingOffice/ID, else GoodsLocation"),
        ("delivery_place", "DeliveryDestination, else Destination/CountryCode"),
        ("route", "Itinerary/RoutingCountryCode or ID"),
        ("departure_local", "DepartureDateTime, LoadingDateTime"),
        ("arrival_local", "ArrivalDateTime"),
        (
            "parties",
            "Exporter, Importer, Consignor, Consignee, NotifyParty, Declarant, Agent, Carrier, Buyer, Seller, Warehouse, \
             AuthorisationHolder, DomesticDutyTaxParty and their like, of the declaration, the shipment and the items",
        ),
        ("items", "GovernmentAgencyGoodsItem, ConsignmentItem; codes TSP and TRC of a commodity are one HS code"),
        ("containers", "TransportEquipment with ID and Seal"),
        ("seals", "Seal outside equipment that has an ID"),
        ("customs_notes", "AdditionalInformation"),
        ("packages", "TotalPackageQuantity"),
        ("gross_weight_kg", "TotalGrossMassMeasure"),
        ("customs_value", "InvoiceAmount"),
        ("currency", "InvoiceAmount currencyID"),
        ("payment", "Freight/PaymentMethodCode"),
    ],
};
