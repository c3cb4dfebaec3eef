#![allow(clippy::unwrap_used)]
use arrow::array::{Array, AsArray, RecordBatch, StructArray};

use crate::tests::{cell, column, decode, findings};

mod manifests;
mod waybills;
mod whole;

/// A field of the structs in a list cell, one text an item; null is `~`.
fn parts(batch: &RecordBatch, list: &str, field: &str, row: usize) -> Vec<String> {
    let lists = batch.column_by_name(list).unwrap().as_list::<i32>();
    if lists.is_null(row) {
        return vec![];
    }
    let items = lists.value(row);
    let items: &StructArray = items.as_struct();
    let column = RecordBatch::from(items.clone());
    (0..column.num_rows()).map(|i| cell(&column, field, i)).collect()
}

fn check(batch: &RecordBatch, row: usize, wanted: &[(&str, &str)]) {
    for (name, want) in wanted {
        assert_eq!(cell(batch, name, row), *want, "{name}");
    }
}

/// An air waybill of version 16 with most that the standard has.
const FWB16: &str = "QK FRACSXH YYZFFAC\r\n.LONAGXH 091030\r\nFWB/16\r\n\
020-12345675LHRYYZ/T5K250.5MC1.2\r\n\
FLT/LH0901E/10/AC873/11\r\n\
RTG/FRALH/YYZAC\r\n\
SHP/SHACC1\r\n/GREEN FIELDS LTD\r\n/7 HIGH STREET\r\n/LONDON/LDN\r\n/GB/EC1A 1BB/TE/44201234567/FX/44209999\r\n\
CNE\r\n/MAPLE IMPORTS INC\r\n/99 KING ST W\r\n/TORONTO/ON\r\n/CA/M5H 1J9/TE/14165550101\r\n\
AGT/ACC77/1234567/0016\r\n/FAST FORWARD\r\n/LONDON\r\n\
NFY/JANE DOE\r\n/1 SIDE ST\r\n/OTTAWA\r\n/CA\r\n\
SSR/KEEP COOL\r\n/AND DRY\r\n\
ACC/GEN/INVOICE TO AGENT\r\n\
CVD/GBP/PP/PP/NVD/1500.00/XXX\r\n\
RTD/1/P3/K200.5/CQ/W200.5/R2.50/T501.25\r\n/NG/MACHINE PARTS AND\r\n/2/NG/TOOLS\r\n/3/ND/K200/CMT80-40-20/3\r\n\
/4/NU/AKE12345LH\r\n/5/NS/12\r\n/6/NH/848790\r\n/7/NH/820559\r\n/8/NO/GB\r\n\
/9/P2/K50/CQ/W50/R2.50/T125\r\n/10/NG/PAINT\r\n/11/NV/MC0.4\r\n\
OTH/P/MYC80.00SCA12.5\r\n/C/AWC5\r\n\
PPD/WT626.25/TX10\r\n/OC80/CT716.25\r\n\
CER/J SMITH\r\n\
ISU/09MAR24/LONDON/FAST FORWARD\r\n\
OSI/CALL BEFORE DELIVERY\r\n\
REF/LONAGXH\r\n\
COR/T1\r\n\
OCI/GB/SHP/T/GB123456789000\r\n/CA/CNE/CP/MARY MAPLE\r\n///CT/14165550199\r\n/GB/EXP/M/24GB0000\r\n/CA/DNR/D/UN1263\r\n\
SPH/EAP/RFL\r\n\
ZZZ/WHAT IS THIS\r\n";

/// A consolidation list of two houses.
const FHL4: &str = "FHL/4\n\
MBI/020-12345675LHRYYZ/T6K100\n\
HBS/HAWB1/LHRYYZ/2/K40/24/COTTON SHIRTS\n/EAW/NSC\n\
TXT/COTTON SHIRTS FOR MEN SIZE L\n/AND XL\n\
HTS/610510\n/610520\n\
OCI/GB/SHP/T/GB999999973000\n/CA/CNE/CT/14165550101\n\
SHP/SHIRT MAKERS\n/1 MILL LANE\n/LEEDS\n/GB/LS1 1AA/TE/441130000000\n\
CNE/SHIRT SHOP\n/2 BAY ST\n/TORONTO/ON\n/CA/M5J 2R8\n\
CVD/GBP/CC/NVD/250.00/XXX\n\
HBS/HAWB2/LHRYYZ/4/K60//TOYS\n\
SHP\nNAM/TOY WORLD PLC\nADR/5 PARK ROAD\n/UNIT 4\nLOC/READING\n/GB/RG1 1AA/TE/44118\n\
CNE\nNAM/TOY STORE\n";

/// A manifest with bulk, a load and an airport without cargo.
const FFM8: &str = "FFM/8\n1/AC873/10MAR1310/FRA/CFGHI\n/CA/10MAR1530/YYZ\n\
YYZ/10MAR1530\n\
020-12345675LHRYYZ/P3K150.2MC0.7T5/MACHINE PARTS\n/EAP/RFL\nOSI/TENDER\n\
014-11111111FRAYVR/T2L220/FLOWERS/PER\n/YVR/AC115/11MAR\nCOR/X\nOCI/DE/EXP/M/24DE1\n\
ULD/AKE12345AC-U*FULL\n\
020-12345675LHRYYZ/S2K100.3T5/MACHINE PARTS\n\
YUL/NIL\n\
LAST\n";
