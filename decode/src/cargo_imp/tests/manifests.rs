//! Flight manifests.

use super::*;

#[test]
fn a_row_a_line() {
    let batch = decode(FFM8.as_bytes()).consignments;
    assert_eq!(column(&batch, "bill_number"), ["02012345675", "01411111111", "02012345675", "~"]);
    assert_eq!(column(&batch, "discharge_port"), ["YYZ", "YYZ", "YYZ", "YUL"]);
    assert_eq!(column(&batch, "level"), ["simple", "simple", "simple", "conveyance"]);
    assert_eq!(column(&batch, "part"), ["part", "total", "split", "~"]);
    assert_eq!(column(&batch, "packages"), ["3", "2", "2", "~"]);
    assert_eq!(column(&batch, "packages_of_bill"), ["5", "~", "5", "~"]);
    assert_eq!(column(&batch, "special_handling"), ["[EAP, RFL]", "[PER]", "~", "~"]);
    assert_eq!(column(&batch, "handling_instructions"), ["[TENDER]", "~", "~", "~"]);
    check(
        &batch,
        1,
        &[
            ("message_format", "FFM"),
            ("message_kind", "FFM/8"),
            ("message_part", "1"),
            ("carrier", "AC"),
            ("voyage", "873"),
            ("conveyance_id", "CFGHI"),
            ("loading_port", "FRA"),
            ("entry_port", "YYZ"),
            ("origin_place", "FRA"),
            ("delivery_place", "YVR"),
            ("departure_local", "2021-03-10T13:10:00"),
            ("arrival_local", "2021-03-10T15:30:00"),
            ("deadline_local", "2021-03-10T11:30:00"),
            ("description", "FLOWERS"),
            ("declaration_ref", "24DE1"),
        ],
    );
    assert_eq!(parts(&batch, "movements", "arrival_port", 1), ["YVR"]);
    assert_eq!(parts(&batch, "movements", "voyage", 1), ["115"]);
    assert_eq!(parts(&batch, "references", "kind", 1), ["COR"]);
    assert_eq!(parts(&batch, "containers", "number", 2), ["AKE12345AC"]);
    assert_eq!(parts(&batch, "items", "containers", 2), ["[AKE12345AC]"]);
    assert!(parts(&batch, "containers", "number", 0).is_empty());
    for row in 0..4 {
        assert!(findings(&batch, row).is_empty(), "{:?}", findings(&batch, row));
    }
}

#[test]
fn parts_of_a_manifest() {
    let first = FFM8.replace("LAST", "CONT").replace("YUL/NIL\n", "");
    let second = "FFM/8\n2/AC873/10MAR1310/FRA\nYYZ\n020-11111111LHRYYZ/T1K1/PEN\nLAST";
    let batch = decode(format!("{first}{second}").as_bytes()).consignments;
    assert_eq!(column(&batch, "message_part"), ["1", "1", "1", "2"]);
    assert!(findings(&batch, 3).is_empty());
    let batch = decode(second.trim_end_matches("\nLAST").as_bytes()).consignments;
    assert_eq!(findings(&batch, 0), ["manifest_end_missing"]);
}

#[test]
fn onward_flights_and_first_arrival_as_the_standard_glues_them() {
    let text = "FFM/6\n1/AC873/10MAR1310/FRA/CFGHI/CA/10MAR1530/YYZ\nYYZ/10MAR1530/10MAR1700\n\
                ULD/AKE12345AC/REMARK\n/YVRAC115/11MAR\n020-12345675LHRYVR/T5K150MC0.7/PARTS\nDIM/K150/CMT50-50-50/5\n\
                /YVRAC115/11MAR\n/YYJWS\n/N\nOSI/TENDER\nLAST";
    let batch = decode(text.as_bytes()).consignments;
    check(&batch, 0, &[("conveyance_id", "CFGHI"), ("entry_port", "YYZ"), ("arrival_local", "2021-03-10T15:30:00")]);
    assert_eq!(parts(&batch, "movements", "arrival_port", 0), ["YVR", "YYJ"]);
    assert_eq!(parts(&batch, "movements", "carrier", 0), ["AC", "WS"]);
    assert_eq!(parts(&batch, "movements", "voyage", 0), ["115", "~"]);
    assert_eq!(parts(&batch, "references", "kind", 0), ["MovementPriorityCode"]);
    assert!(findings(&batch, 0).is_empty(), "{:?}", findings(&batch, 0));
    let batch = decode(b"FFM/8\n1/AC873/10MAR1310/FRA/CA/10MAR1530/YYZ\nYYZ/NIL\nLAST").consignments;
    check(&batch, 0, &[("conveyance_id", "~"), ("entry_port", "YYZ")]);
}

#[test]
fn nothing_on_board() {
    let batch = decode(b"FFM/8\n1/AC873/10MAR/FRA\nYYZ/NIL\nLAST").consignments;
    check(&batch, 0, &[("level", "conveyance"), ("discharge_port", "YYZ"), ("voyage", "873")]);
    assert_eq!(batch.num_rows(), 1);
    let batch = decode(b"FFM/8\n1/AC873/10MAR/FRA\nLAST").consignments;
    check(&batch, 0, &[("level", "conveyance"), ("discharge_port", "~")]);
}

#[test]
fn airports_that_are_called_like_identifiers() {
    let text = "FFM/8\n1/AC873/10MAR/FRA\nCOR\n020-11111111LHRCOR/T1K1/PEN\nCOR/X\nOSI/10MAR\n020-12345675LHROSI/T1K1/INK\nLAST";
    let batch = decode(text.as_bytes()).consignments;
    assert_eq!(column(&batch, "discharge_port"), ["COR", "OSI"]);
    assert_eq!(parts(&batch, "references", "kind", 0), ["COR"]);
}
