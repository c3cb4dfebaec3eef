//! What feeds the columns of an entry summary declaration.

use tamis_records::schema::RecordKind;

use super::super::feeds::Feed;

/// IE315 and IE313.
pub(crate) const FEED: Feed = Feed {
    format: "ENS XML",
    kind: RecordKind::Consignment,
    columns: &[
        ("message_kind", "root element CC315A or CC313A"),
        ("action", "CC315A new, CC313A change"),
        ("message_ref", "MesIdeMES19"),
        ("sender", "MesSenMES3"),
        ("recipient", "MesRecMES6"),
        ("event_time", "DatOfPreMES9 and TimOfPreMES10, else DecDatTimHEA114 or DatTimAmeHEA113"),
        ("level", "declaration"),
        ("mode", "TraModAtBorHEA76"),
        ("bill_number", "PRODOCDC2 of types 703, 705, 714, 720, 730, 740, 750 with or without N, where all items name one"),
        ("master_bill", "PRODOCDC2 of types 704, 741 with or without N, where all items name one"),
        ("ucr", "ComRefNumHEA"),
        ("declaration_ref", "DocNumHEA5, else RefNumHEA4"),
        (
            "references",
            "PRODOCDC2 by its type; CUSOFFLON, CUSOFFSENT740, DecPlaHEA394, DecDatTimHEA114, CorIdeMES25 by their elements; \
             of items ComRefNumGIM1, PlaLoaGOOITE333, PlaUnlGOOITE333, MetOfPayGDI12, IdeMeaTraGIMEATRA971",
        ),
        ("carrier", "TRACARENT601 TIN"),
        ("conveyance_id", "IdeOfMeaOfTraCroHEA85, else the first IDEMEATRAGI970"),
        ("conveyance_country", "NatOfMeaOfTraCroHEA87, else the first IDEMEATRAGI970"),
        ("voyage", "ConRefNumHEA"),
        ("loading_port", "PlaLoaGOOITE334, else that of the first item, PlaLoaGOOITE333"),
        ("discharge_port", "PlaUnlGOOITE334, else that of the first item, PlaUnlGOOITE333"),
        ("entry_port", "CUSOFFFENT730 RefNumCUSOFFFENT731"),
        ("route", "ITI CouOfRouCodITI1"),
        ("arrival_local", "CUSOFFFENT730 ExpDatOfArrFIRENT733"),
        (
            "parties",
            "TRACONCO1, TRACONCE1, NOTPAR670, TRAREP, PERLODSUMDEC, TRACARENT601; of items TRACONCO2, TRACONCE2, PRTNOT640",
        ),
        ("items", "GOOITEGDS with COMCODGODITM, PACGS2 and CONNR2; packages are the sum of packages and pieces"),
        ("containers", "CONNR2, each once"),
        ("seals", "SEAID529"),
        ("customs_notes", "SpeCirIndHEA1, SPEMENMT2"),
        ("packages", "TotNumOfPacHEA306"),
        ("gross_weight_kg", "TotGroMasHEA307"),
        ("payment", "TraChaMetOfPayHEA1"),
    ],
};
