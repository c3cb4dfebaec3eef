//! Air waybills and consolidation lists.

use super::*;

#[test]
fn a_whole_waybill() {
    let decoded = decode(FWB16.as_bytes());
    let batch = decoded.consignments;
    assert_eq!((batch.num_rows(), decoded.dead_letters.num_rows()), (1, 0));
    check(
        &batch,
        0,
        &[
            ("message_format", "FWB"),
            ("message_kind", "FWB/16"),
            ("action", "new"),
            ("sender", "LONAGXH"),
            ("recipient", "FRACSXH"),
            ("level", "simple"),
            ("mode", "air"),
            ("bill_number", "02012345675"),
            ("consignment_key", "AWB:02012345675"),
            ("declaration_ref", "24GB0000"),
            ("carrier", "AC"),
            ("voyage", "873"),
            ("origin_place", "LHR"),
            ("loading_port", "FRA"),
            ("discharge_port", "YYZ"),
            ("delivery_place", "YYZ"),
            ("departure_local", "2024-03-11T00:00:00"),
            ("route", "[LHR, FRA, YYZ]"),
            ("packages", "5"),
            ("gross_weight_kg", "250.5"),
            ("volume_m3", "1.2"),
            ("customs_value", "1500.0"),
            ("carriage_value", "~"),
            ("currency", "GBP"),
            ("payment", "prepaid"),
            ("special_handling", "[EAP, RFL]"),
            ("handling_instructions", "[KEEP COOL AND DRY, CALL BEFORE DELIVERY]"),
        ],
    );
    assert_eq!(parts(&batch, "parties", "role", 0), ["consignor", "consignee", "agent", "notify"]);
    assert_eq!(parts(&batch, "parties", "role_code", 0), ["SHP", "CNE", "AGT", "NFY"]);
    assert_eq!(parts(&batch, "parties", "name", 0), ["GREEN FIELDS LTD", "MAPLE IMPORTS INC", "FAST FORWARD", "JANE DOE"]);
    assert_eq!(parts(&batch, "parties", "address", 0), ["7 HIGH STREET", "99 KING ST W", "~", "1 SIDE ST"]);
    assert_eq!(parts(&batch, "parties", "city", 0), ["LONDON", "TORONTO", "LONDON", "OTTAWA"]);
    assert_eq!(parts(&batch, "parties", "region", 0), ["LDN", "ON", "~", "~"]);
    assert_eq!(parts(&batch, "parties", "postal_code", 0), ["EC1A 1BB", "M5H 1J9", "~", "~"]);
    assert_eq!(parts(&batch, "parties", "country", 0), ["GBR", "CAN", "~", "CAN"]);
    assert_eq!(parts(&batch, "parties", "phone", 0), ["44201234567", "14165550101", "~", "~"]);
    assert_eq!(parts(&batch, "parties", "contact", 0), ["~", "MARY MAPLE", "~", "~"]);
    assert_eq!(parts(&batch, "parties", "identifier", 0), ["GB123456789000", "~", "1234567", "~"]);
    assert_eq!(parts(&batch, "parties", "other_identifiers", 0), ["[account:SHACC1]", "~", "[CASS:0016, account:ACC77]", "~"]);
    assert_eq!(parts(&batch, "movements", "voyage", 0), ["901E", "873"]);
    assert_eq!(parts(&batch, "movements", "departure_port", 0), ["LHR", "FRA"]);
    assert_eq!(parts(&batch, "items", "description", 0), ["MACHINE PARTS AND TOOLS", "~", "PAINT"]);
    assert_eq!(parts(&batch, "items", "hs", 0), ["848790", "820559", "~"]);
    assert_eq!(parts(&batch, "items", "packages", 0), ["3", "~", "2"]);
    assert_eq!(parts(&batch, "items", "quantity", 0), ["12.0", "~", "~"]);
    assert_eq!(parts(&batch, "items", "origin_country", 0), ["GBR", "~", "~"]);
    assert_eq!(parts(&batch, "items", "un_number", 0), ["1263", "~", "~"]);
    assert_eq!(parts(&batch, "items", "containers", 0), ["[AKE12345LH]", "~", "~"]);
    assert_eq!(parts(&batch, "items", "volume_m3", 0), ["~", "~", "0.4"]);
    assert_eq!(parts(&batch, "containers", "size_type", 0), ["AKE"]);
    assert_eq!(parts(&batch, "charges", "amount", 0), ["80.0", "12.5", "5.0", "626.25", "10.0", "80.0", "716.25"]);
    assert_eq!(parts(&batch, "charges", "due_to", 0)[..3], ["carrier", "agent", "carrier"]);
    assert_eq!(parts(&batch, "charges", "payment", 0)[..4], ["prepaid", "prepaid", "collect", "prepaid"]);
    assert_eq!(parts(&batch, "customs_notes", "subject", 0), ["SHP", "CNE", "CNE", "EXP", "DNR"]);
    assert_eq!(parts(&batch, "references", "kind", 0), ["ACC", "CER", "ISU", "REF", "COR", "ZZZ"]);
    assert_eq!(findings(&batch, 0), ["line_unknown"]);
}

#[test]
fn tagged_parties_and_other_shapes() {
    let text = "FWB/17\n020-12345675BRULAX/T6K120.0MC0.31\nRTG/LAXSN\nRTG/LAXSN\n\
        SHP/A1\nNAM/FORWARDER CO\n/ROOM 5 NORTH BUILDING\n/ATTN: MR X\nADR/1 MAIN ST\n/FLOOR 2\nLOC/BRUSSELS/BRU\n/BE/1000/TE/321\n\
        CNE\n/IMPORTER\n/2 WEST ST\n/LOS ANGELES/CA\n/US/90001\n\
        RTD/1/P6/K120.0/CQ/W120.0/R1.50/T180.00\n/2/NC/CONSOLIDATION AS\n/2/NC/PER LIST\n/3/NG/NOT RESTRICTED\n/4/ND/K80.0/CMT80-40-20/4\n\
        /5/ND/K40.0/CMT60-30-15/1\nISU/080324/BRU\nCOR/X\nSPH/NSC";
    let batch = decode(text.as_bytes()).consignments;
    check(&batch, 0, &[("level", "master"), ("carrier", "SN"), ("voyage", "~"), ("special_handling", "[NSC]")]);
    assert_eq!(parts(&batch, "parties", "name", 0), ["FORWARDER CO", "IMPORTER"]);
    assert_eq!(parts(&batch, "parties", "address", 0), ["ROOM 5 NORTH BUILDING, 1 MAIN ST, FLOOR 2", "2 WEST ST"]);
    assert_eq!(parts(&batch, "parties", "contact", 0), ["MR X", "~"]);
    assert_eq!(parts(&batch, "parties", "region", 0), ["BRU", "CA"]);
    assert_eq!(parts(&batch, "items", "description", 0), ["CONSOLIDATION AS PER LIST NOT RESTRICTED"]);
    assert_eq!(parts(&batch, "movements", "arrival_port", 0), ["LAX"]);
    assert_eq!(findings(&batch, 0), ["time_unreadable", "pieces_of_dimensions_differ"]);
}

#[test]
fn pounds_parts_and_sums() {
    let text = "FWB/16\n020-12345676JFKYYZ/P3L100DG2T9\nRTD/1/P2/L90/CQ/W90\n/NG/X";
    let batch = decode(text.as_bytes()).consignments;
    check(&batch, 0, &[("packages", "3"), ("packages_of_bill", "9"), ("part", "part")]);
    assert!(cell(&batch, "gross_weight_kg", 0).starts_with("45.359"));
    assert_eq!(findings(&batch, 0), ["packages_differ", "weight_differs", "awb_number_invalid"]);
}

#[test]
fn houses_with_their_master() {
    let batch = decode(FHL4.as_bytes()).consignments;
    assert_eq!(column(&batch, "consignment_key"), ["AWB:02012345675/HAWB1", "AWB:02012345675/HAWB2"]);
    check(
        &batch,
        0,
        &[
            ("message_format", "FHL"),
            ("level", "house"),
            ("origin_place", "LHR"),
            ("delivery_place", "YYZ"),
            ("description", "COTTON SHIRTS"),
            ("packages", "2"),
            ("gross_weight_kg", "40.0"),
            ("customs_value", "250.0"),
            ("currency", "GBP"),
            ("payment", "collect"),
            ("special_handling", "[EAW, NSC]"),
        ],
    );
    assert_eq!(parts(&batch, "items", "description", 0)[0], "COTTON SHIRTS FOR MEN SIZE L AND XL");
    assert_eq!(parts(&batch, "items", "hs", 0), ["610510", "610520"]);
    assert_eq!(parts(&batch, "items", "quantity", 0)[0], "24.0");
    assert_eq!(parts(&batch, "parties", "name", 0), ["SHIRT MAKERS", "SHIRT SHOP"]);
    assert_eq!(parts(&batch, "parties", "identifier", 0), ["GB999999973000", "~"]);
    assert_eq!(parts(&batch, "parties", "phone", 0), ["441130000000", "14165550101"]);
    assert_eq!(parts(&batch, "parties", "name", 1), ["TOY WORLD PLC", "TOY STORE"]);
    assert_eq!(parts(&batch, "parties", "address", 1), ["5 PARK ROAD, UNIT 4", "~"]);
    assert_eq!(parts(&batch, "parties", "city", 1), ["READING", "~"]);
    assert_eq!(parts(&batch, "parties", "country", 1), ["GBR", "~"]);
    assert!(findings(&batch, 0).is_empty() && findings(&batch, 1).is_empty());
    let batch = decode(FHL4.replace("/T6K100", "/T7K101").as_bytes()).consignments;
    assert_eq!(findings(&batch, 1), ["packages_differ", "weight_differs"]);
}

#[test]
fn houses_as_forwarders_write_them() {
    // The check list of houses alone; one whose airports were left out; tags of parties with the
    // contact behind the country; a customs note that goes on without country and party.
    let text = "FHL/5\nMBI/020-12345675LHRYYZ/T12K300.5\nHBS/11AA1/LHRYYZ/10/K200.5//NUTS\nHBS/22BB2/2/K100/5/BOLTS AND NUTS\n\
                /SPX/EAW\nTXT/STEEL BOLTS\nHTS/731815\nOCI//CNE/T/CA123456789\n/GB/ISS/RA/00999-01\n///ED/1030\n///SM/EDD\n\
                SHP\nNAM/BOLT WORKS LTD\nADR/9 FORGE LANE\nLOC/LEEDS/YKS\n/GB/LS1 1AA\nCNE\nNAM/NUTS INC\nADR/1 ST\nLOC/TORONTO/ON\n\
                /CA/M5H 1J9/TE/14165550101\nCVD/GBP/PP/NVD/NCV/XXX";
    let batch = decode(text.as_bytes()).consignments;
    assert_eq!(column(&batch, "bill_number"), ["11AA1", "22BB2"]);
    assert_eq!(column(&batch, "packages"), ["10", "2"]);
    assert_eq!(column(&batch, "origin_place"), ["LHR", "~"]);
    check(&batch, 1, &[("description", "BOLTS AND NUTS"), ("gross_weight_kg", "100.0"), ("special_handling", "[SPX, EAW]")]);
    assert_eq!(parts(&batch, "items", "quantity", 1), ["5.0"]);
    assert_eq!(parts(&batch, "parties", "city", 1), ["LEEDS", "TORONTO"]);
    assert_eq!(parts(&batch, "parties", "phone", 1), ["~", "14165550101"]);
    assert_eq!(parts(&batch, "customs_notes", "value", 1), ["CA123456789", "00999-01", "1030", "EDD"]);
    assert_eq!(parts(&batch, "customs_notes", "subject", 1), ["CNE", "ISS", "ISS", "ISS"]);
    assert!(findings(&batch, 1).is_empty(), "{:?}", findings(&batch, 1));
}

#[test]
fn a_list_without_houses_and_houses_without_a_master() {
    let batch = decode(b"FHL/4\nMBI/020-12345675LHRYYZ/T6K100\n").consignments;
    check(&batch, 0, &[("level", "master"), ("bill_number", "02012345675"), ("packages", "6")]);
    // A second master that no house follows: what is said there is kept.
    let batch =
        decode(b"FHL/4\nMBI/020-12345675LHRYYZ/T6K100\nHBS/H1/LHRYYZ/2/K40/24/SHIRTS\nMBI/020-12345675LHRYYZ/T6K100\nZZZ/LOST\n")
            .consignments;
    assert_eq!(
        (cell(&batch, "level", 1), parts(&batch, "references", "value", 1)),
        ("master".to_owned(), vec!["LOST".to_owned()])
    );
    let batch = decode(b"FHL/4\nHBS/H1/LHRYYZ/2/K40/24/SHIRTS\nHBS/H1/LHRYYZ/2/K40/24/SHIRTS").consignments;
    assert_eq!(column(&batch, "bill_number"), ["H1", "H1"]);
    assert_eq!(findings(&batch, 0), ["awb_number_invalid"]);
}
