//! Tables and JSON as publishers have them, with people who do not exist; and the same list wrapped
//! in other ways.

use std::io::Write as _;
use std::sync::Arc;

use arrow::array::{ArrayRef, ListBuilder, StringArray, StringBuilder};
use arrow::record_batch::RecordBatch;

use super::published_xml as xml;
use super::*;
use crate::unzip::archive;

pub(super) const EU_11: &str = "\u{feff}fileGenerationDate;Entity_LogicalId;Entity_EU_ReferenceNumber;Entity_SubjectType;Entity_SubjectType_ClassificationCode;\
Entity_Regulation_Programme;NameAlias_LastName;NameAlias_FirstName;NameAlias_MiddleName;NameAlias_WholeName;NameAlias_Gender;\
Address_CountryIso2Code;BirthDate_BirthDate;BirthDate_Year;BirthDate_YearRangeFrom;BirthDate_YearRangeTo;BirthDate_Circa;\
BirthDate_City;BirthDate_CountryDescription;Identification_Number;Identification_TypeCode;Identification_CountryIso2Code;\
Citizenship_CountryIso2Code;New_Column\r
04/03/2025;101;EU.1.1;P;person;NOW;Roe;Jane;Mary;Jane Mary Roe;F;;;;;;;;;;;;;x\r
04/03/2025;101;EU.1.1;P;person;NOW;;;;\"The \"\"Clerk\"\"; retired\";;;;;;;;;;;;;;\r
04/03/2025;101;EU.1.1;P;person;NOW;;;;;;;1972-05-31;1972;;;false;Lima;PERU;;;;;\r
04/03/2025;101;EU.1.1;P;person;NOW;;;;;;;;1970;;;true;;UNKNOWN;;;;;\r
04/03/2025;101;EU.1.1;P;person;NOW;;;;;;;;;;;;;;A1010001;passport;TD;;\r
04/03/2025;101;EU.1.1;P;person;NOW;;;;;;;;;;;;;;;;;TD;\r
\r
04/03/2025;102;EU.2.1;E;enterprise;NOW;;;;Acme Trade, S.A.;;IR;;;;;;;;;;;;\r
04/03/2025;;;;;;;;;Nobody;;;;;;;;;;;;;;\r
";

pub(super) const EU_10: &str =
    "Date_file;Entity_logical_id;Subject_type;Programme;Naal_lastname;Naal_firstname;Naal_middlename;Naal_wholename;Naal_gender;\
Addr_country;Birt_date;Birt_place;Birt_country;Iden_number;Iden_country;Citi_country
04/03/2025;101;P;NOW;Roe;Jane;Mary;Jane Mary Roe;F;;;;;;;
04/03/2025;101;P;NOW;;;;;;;1972-05-31;Lima;PER;;;
04/03/2025;101;P;NOW;;;;;;;;;;A1010001 (passport-National passport);TCD;TCD
04/03/2025;102;E;NOW;;;;Acme Trade, S.A.;;IRN;;;;;;
";

pub(super) const UK: &str = "Report Date: 04-Mar-2025
Last Updated,Unique ID,OFSI Group ID,Name 6,Name 1,Name 2,Name 3,Name 4,Name 5,Name type,Alias strength,Name non-latin script,Regime Name,Designation Type,\
D.O.B,Nationality(/ies),National Identifier number,Passport number,Gender,Town of birth,Country of birth,Address Country,Business registration number (s),IMO number,Current believed flag of ship
01/02/2025,NOW0001,1,ROE,Jane,Mary,,,,Primary Name,,Джейн Роу,Nowhere,Individual,31/05/1972,Chad,101-1,A1010001,Female,Lima,Peru,Mali,,,
01/02/2025,NOW0001,1,ROE,Jane,Mary,,,,Primary Name,,Джейн Роу,Nowhere,Individual,00/00/1970,Mali,101-1,A1010001,Female,Lima,Peru,Mali,,,
01/02/2025,NOW0001,1,The Clerk,,,,,,Alias,Low quality a.k.a,,Nowhere,Individual,,,,,,,,,,,
01/02/2025,NOW0002,2,\"Acme Trade, S.A.\",,,,,,Primary Name,,,Nowhere,Entity,,,,,,,,Panama,102-1,,
01/02/2025,NOW0003,3,SEA BIRD,,,,,,Primary Name,,,Nowhere,Ship,,,,,,,,,,1030001,Panama
01/02/2025,,3,SEA BIRD,,,,,,Alias,,,,,,,,,,,,,,,
";

pub(super) const OFSI: &str = "Last Updated,04/03/2025,,,
Name 6,Name 1,Name 2,Name 3,Name 4,Name 5,Title,Name Non-Latin Script,DOB,Town of Birth,Country of Birth,Nationality,Passport Number,\
National Identification Number,Country,Other Information,Group Type,Alias Type,Alias Quality,Regime,Group ID
ROE,Jane,Mary,,,,Dr,,31/05/1972,(1) Lima (2) Quito,(1) Peru (2) Ecuador,(1) Chad. (2) Mali,(1) A1100001 (2) B1100002,110-1,Mali,(UK Sanctions List Ref):NOW0001. (Gender):Female,Individual,Primary name,,Nowhere,11
ROE,Jean,0,0,0,0,,,,,,,,,,,Individual,AKA,Low,Nowhere,11
SEA BIRD,,,,,,,,,,,,,,,(IMO number):1130001. (Current believed flag):Panama. Tanker,Ship,Primary name,,Nowhere,13
\"Acme Trade, S.A.\",,,,,,,,,,,,,,Panama,,Entity,Primary name,,Nowhere,12
";

pub(super) const DPL: &str = "\"Name\"\t\"City\"\t\"Country\"\t\"Effective_Date\"\t\"Standard_Order\"\t\"FR_Citation\"
\" JANE ROE\"\t\"LIMA\"\t\"PE\"\t\"06/19/2003\"\t\"Y\"\t\"1 F.R. 1\"
\"JANE ROE\"\t\"QUITO\"\t\"EC\"\t\"06/19/2003\"\t\"Y\"\t\"1 F.R. 1\"
\"ACME TRADE, S.A.\"\t\"\"\t\"\"\t\"06/19/2004\"\t\"Y\"\t\"\"
";

pub(super) const CSL: &str = "_id,source,entity_number,type,programs,name,addresses,vessel_flag,call_sign,alt_names,citizenships,dates_of_birth,nationalities,places_of_birth,ids
a1,Specially Designated Nationals (SDN) - Treasury Department,71,Individual,AAA; BBB,\"ROE, Jane\",\"1 Road, Lima, PE\",,,\"ROW, Jane; THE CLERK\",TD,31 May 1972; circa 1970,TD; KP,\"Lima, Peru\",\"Passport, A7100001, TD; Gender, Female; Tax ID No., 71-2, TD\"
a2,Entity List (EL) - Bureau of Industry and Security,,,,\"Acme Trade, S.A.\",\"1 Road, Panama City, PA\",,,,,,,,
";

pub(super) const SIMPLE: &str = "\"id\",\"schema\",\"name\",\"aliases\",\"birth_date\",\"countries\",\"identifiers\",\"sanctions\",\"dataset\"
\"NK-1\",\"Person\",\"Jane Roe\",\"Jane Row;\"\"Roe; Jane\"\"\",\"1972-05-31;1970\",\"td;suhh;cn-xz\",\"A1010001;Q1\",\"\"\"Notice - a; b\"\"\",\"Nowhere Notices\"
\"NK-2\",\"Vessel\",\"Sea Bird\",\"\",\"\",\"pa\",\"IMO1030001\",\"\",\"Nowhere Notices\"
\"NK-3\",\"CryptoWallet\",\"x\",\"\",\"\",\"\",\"\",\"\",\"Nowhere Notices\"
";

pub(super) const FTM: &str = r#"{"id":"p1","schema":"Passport","properties":{"holder":["NK-1"],"number":["A1010001"],"country":["td"]},"datasets":["nowhere"],"target":false}
{"id":"NK-1","caption":"Jane Roe","schema":"Person","properties":{"name":["Джейн Роу","Jane Roe"],"lastName":["Roe"],"alias":["Jane Row"],"weakAlias":["The Clerk"],"previousName":["Jane Poe"],"birthDate":["1972-05-31","1970"],"nationality":["td"],"country":["ml"],"gender":["female"],"birthPlace":"Lima","idNumber":["101-1"],"topics":["sanction"]},"datasets":["nowhere","elsewhere"],"target":true}
{"id":"NK-9","caption":"John Roe","schema":"Person","properties":{"name":["John Roe"]},"datasets":["nowhere"],"target":false}
{"id":"s1","schema":"Sanction","properties":{"entity":["NK-1"],"programId":["NOW"]},"datasets":["nowhere"]}
not json
{"id":"NK-2","caption":"Sea Bird","schema":"Vessel","properties":{"name":["Sea Bird"],"flag":["pa"],"imoNumber":["IMO1030001"],"mmsi":["103000199"]},"datasets":["nowhere"],"target":true}
{"id":"NK-4","caption":"Acme","schema":"Company","properties":{"name":["Acme Trade, S.A."],"jurisdiction":["ir"],"registrationNumber":["102-1"],"passports":[{"id":"p2","schema":"Passport","properties":{"passportNumber":["X1"]}}]},"datasets":["nowhere"],"target":true}
"#;

pub(super) const SENZING: &str = r#"{"DATA_SOURCE":"OS_NOWHERE","RECORD_ID":"NK-1","RECORD_TYPE":"PERSON","NAMES":[{"NAME_TYPE":"PRIMARY","NAME_FULL":"Jane Roe"},{"NAME_TYPE":"ALIAS","NAME_FULL":"Jane Row"}],"GENDER":"F","DATES":[{"DATE_OF_BIRTH":"1972-05-31"}],"ADDRESSES":[{"PLACE_OF_BIRTH":"Lima"}],"COUNTRIES":[{"NATIONALITY":"td"}],"IDENTIFIERS":[{"PASSPORT_NUMBER":"A1010001","PASSPORT_COUNTRY":"td"},{"OTHER_ID_TYPE":"wikidataId","OTHER_ID_NUMBER":"Q1"}]}
{"DATA_SOURCE":"OS_NOWHERE","RECORD_ID":"NK-2","FEATURES":[{"RECORD_TYPE":"ORGANIZATION"},{"NAME_TYPE":"PRIMARY","NAME_ORG":"Acme Trade, S.A."},{"REGISTRATION_COUNTRY":"ir"}]}
{"DATA_SOURCE":"OS_NOWHERE","RECORD_ID":"NK-3","RECORD_TYPE":null,"NAMES":[{"NAME_FULL":"Minister"}]}
"#;

#[test]
fn eu_csv_of_both_versions() {
    let list = read_one(EU_11.as_bytes());
    expect(
        &list,
        Format::EuCsv,
        &[
            "eu_fsf 101 person | primary=Roe, Jane Mary; alias=The \"Clerk\"; retired | [1972-05-31, ~1970] | TCD | F | P:A1010001:TCD | Lima, PERU | NOW",
            "eu_fsf 102 organisation | primary=Acme Trade, S.A. | [] | IRN | - |  |  | NOW",
        ],
    );
    assert_eq!((codes(&list), list.report.files[0].edition.as_deref()), (vec![(10, "no-id")], Some("2025-03-04")));
    expect(
        &read_one(EU_10.as_bytes()),
        Format::EuCsv,
        &[
            "eu_fsf 101 person | primary=Roe, Jane Mary | [1972-05-31] | TCD | F | P:A1010001:TCD | Lima, PER | NOW",
            "eu_fsf 102 organisation | primary=Acme Trade, S.A. | [] | IRN | - |  |  | NOW",
        ],
    );
}

const UK_LINES: [&str; 3] = [
    "uk_sanctions NOW0001 person | primary=ROE, Jane Mary; alias=Джейн Роу; weak_alias=The Clerk | [1972-05-31, 1970] | TCD MLI | F | \
     P:A1010001:- I:101-1:- | Lima, Peru | Nowhere",
    "uk_sanctions NOW0002 organisation | primary=Acme Trade, S.A. | [] | PAN | - | O:102-1:- |  | Nowhere",
    "uk_sanctions NOW0003 vessel | primary=SEA BIRD | [] | PAN | - | V:1030001:- |  | Nowhere",
];

#[test]
fn uk_csv_and_ods() {
    let list = read_one(UK.as_bytes());
    expect(&list, Format::UkCsv, &UK_LINES);
    assert_eq!((codes(&list), list.report.files[0].edition.as_deref()), (vec![(8, "no-id")], Some("2025-03-04")));
    // In Latin-1, with the header first and columns the other way round.
    let mut rows: Vec<Vec<&str>> = UK.lines().skip(1).map(|l| l.split(',').rev().collect()).collect();
    rows.retain(|row| !row.contains(&" S.A.\"") && !row.contains(&"") || row.len() == 25);
    let turned =
        rows.iter().filter(|r| r.len() == 25).map(|r| r.join(",")).collect::<Vec<_>>().join("\r\n").replace("Lima", "Límá");
    let latin: Vec<u8> = turned.replace("Джейн Роу", "").chars().map(|c| u32::from(c) as u8).collect();
    assert_eq!(read_one(&latin).entities[0].birth_places, ["Límá, Peru"]);
    let list = read_one(&ods(UK));
    expect(&list, Format::UkOds, &UK_LINES);
    // What the search page exports.
    let short =
        "Unique ID,OFSI Group ID,Name,Regime Name,Type,Designation source\nNOW0001,1,ROE Jane   Mary,Nowhere,Individual,UK\n";
    let line = ["uk_sanctions NOW0001 person | primary=ROE Jane Mary | [] |  | - |  |  | Nowhere"];
    expect(&read_one(short.as_bytes()), Format::UkCsv, &line);
    expect(&read_one(&ods(short)), Format::UkOds, &line);
}

/// A spreadsheet with these rows.
pub(super) fn ods(csv: &str) -> Vec<u8> {
    let mut content = "<?xml version=\"1.0\"?><office:document-content xmlns:office=\"o\" xmlns:table=\"t\" xmlns:text=\"x\">\
        <office:automatic-styles/><office:body><office:spreadsheet><table:table>"
        .to_owned();
    for record in csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(csv.as_bytes()).records() {
        content.push_str("<table:table-row>");
        for cell in &record.unwrap() {
            content.push_str("<table:table-cell office:value-type=\"string\"><text:p>");
            content.push_str(&cell.replace('&', "&amp;"));
            content.push_str("</text:p></table:table-cell>");
        }
        content.push_str("</table:table-row>");
    }
    content.push_str("</table:table></office:spreadsheet></office:body></office:document-content>");
    archive(&[("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", content.as_bytes())], true)
}

#[test]
fn ofsi_csv() {
    let list = read_one(OFSI.as_bytes());
    expect(
        &list,
        Format::OfsiCsv,
        &[
            "uk_ofsi 11 person | primary=ROE, Jane Mary; weak_alias=ROE, Jean | [1972-05-31] | TCD MLI | F | \
             P:A1100001:- P:B1100002:- I:110-1:- | Lima, Peru; Quito, Ecuador | Nowhere",
            "uk_ofsi 13 vessel | primary=SEA BIRD | [] | PAN | - | V:1130001:- |  | Nowhere",
            "uk_ofsi 12 organisation | primary=Acme Trade, S.A. | [] | PAN | - |  |  | Nowhere",
        ],
    );
    assert_eq!((codes(&list), list.report.files[0].edition.as_deref()), (vec![], Some("2025-03-04")));
}

#[test]
fn lists_of_the_us_without_ids_and_with_many() {
    let list = read_one(DPL.as_bytes());
    assert_eq!(
        (list.format, list.list.as_str(), list.report.rows, list.entities.len()),
        (Format::BisDeniedPersons, "us_bis_dpl", 3, 2)
    );
    assert_eq!((list.entities[0].names[0].text.as_str(), list.entities[0].id.len(), list.report.addresses), ("JANE ROE", 16, 3));
    assert_eq!(list.entities[0].id, read_one(DPL.replace("\" JANE", "\"JANE").as_bytes()).entities[0].id, "ids are stable");
    expect(
        &read_one(CSL.as_bytes()),
        Format::ScreeningListCsv,
        &[
            "us_csl_sdn a1 person | primary=ROE, Jane; alias=ROW, Jane; alias=THE CLERK | [1972-05-31, ~1970] | TCD PRK | F | \
             P:A7100001:TCD O:71-2:TCD | Lima, Peru | AAA; BBB",
            "us_csl_el a2 unknown | primary=Acme Trade, S.A. | [] |  | - |  |  | ",
        ],
    );
}

#[test]
fn open_sanctions_in_every_form() {
    let list = read_one(SIMPLE.as_bytes());
    expect(
        &list,
        Format::OpenSanctionsCsv,
        &[
            "os_nowhere_notices NK-1 person | primary=Jane Roe; alias=Jane Row; alias=Roe; Jane | [1972-05-31, 1970] | TCD SUN CHN | - | \
             O:A1010001:- |  | Notice - a; b",
            "os_nowhere_notices NK-2 vessel | primary=Sea Bird | [] | PAN | - | V:1030001:- |  | ",
        ],
    );
    assert_eq!(codes(&list), [(4, "not-screened")]);
    let ftm = [
        "os_elsewhere NK-1 person | primary=Roe, Jane; alias=Джейн Роу; alias=Jane Row; weak_alias=The Clerk; former=Jane Poe | \
         [1972-05-31, 1970] | TCD | F | I:101-1:- P:A1010001:TCD | Lima | sanction; NOW",
        "os_nowhere NK-2 vessel | primary=Sea Bird | [] | PAN | - | V:1030001:- O:103000199:- |  | ",
        "os_nowhere NK-4 organisation | primary=Acme Trade, S.A. | [] | IRN | - | O:102-1:- P:X1:- |  | ",
    ];
    let list = read_one(FTM.as_bytes());
    expect(&list, Format::OpenSanctionsJson, &ftm);
    assert_eq!((codes(&list), list.report.notes.len()), (vec![(5, "bad-json")], 1));
    let array = format!("[{}]", FTM.replace("not json\n", "").trim_end().replace('\n', ",\n"));
    expect(&read_one(array.as_bytes()), Format::OpenSanctionsJson, &ftm);
    let people =
        array.replace("{\"id\"", "\n  {\n    \"id\"").replace("},", "\n  },\n  ").replace(",\"schema", ",\n    \"schema");
    expect(&read_one(people.as_bytes()), Format::OpenSanctionsJson, &ftm);
    let list = read_one(SENZING.as_bytes());
    expect(
        &list,
        Format::SenzingJson,
        &[
            "os_nowhere NK-1 person | primary=Jane Roe; alias=Jane Row | [1972-05-31] | TCD | F | P:A1010001:TCD | Lima | ",
            "os_nowhere NK-2 organisation | primary=Acme Trade, S.A. | [] | IRN | - |  |  | ",
        ],
    );
    // Of one dataset in several forms the fullest is read; another dataset is not lost.
    let other = SIMPLE.replace("NK-", "XX-").replace("Nowhere", "Other");
    let files: [(&str, &[u8]); 4] =
        [("a.csv", SIMPLE.as_bytes()), ("b.json", FTM.as_bytes()), ("c.json", SENZING.as_bytes()), ("d.csv", other.as_bytes())];
    let folder = folder(&files);
    let list = read(folder.path()).unwrap();
    assert_eq!(
        list.report.lists.iter().map(|(l, n)| format!("{l} {n}")).collect::<Vec<_>>(),
        ["os_elsewhere 1", "os_nowhere 2", "os_other_notices 2"]
    );
    let skipped: Vec<_> = list.report.skipped.iter().map(|(path, _)| path.file_name().unwrap().to_owned()).collect();
    assert_eq!(skipped, ["a.csv", "c.json"]);
    assert_eq!(codes(&list).len(), 2, "what is wrong in a file that is not read is not told");
}

/// Columns of a list as Parquet has them.
fn batch() -> RecordBatch {
    let rows = [
        ("1", "l", "DOE, Jane", "1972-05-31;~1970", vec!["TCD", "Korea, North"], "P:A1:TCD"),
        ("1", "l", "ROE, Jane", "", vec![], ""),
        ("2", "l", "SEA BIRD", "", vec!["PAN"], "V:1030001"),
    ];
    let text = |f: &dyn Fn(usize) -> &'static str| -> ArrayRef { Arc::new(StringArray::from_iter_values((0..3).map(f))) };
    let mut nationalities = ListBuilder::new(StringBuilder::new());
    for row in &rows {
        nationalities.append_value(row.4.iter().map(|n| Some(*n)));
    }
    let columns: [(&str, ArrayRef); 7] = [
        ("extra", text(&|_| "x")),
        ("name", text(&|i| rows[i].2)),
        ("entity_id", text(&|i| rows[i].0)),
        ("list", text(&|i| rows[i].1)),
        ("birth_dates", text(&|i| rows[i].3)),
        ("nationalities", Arc::new(nationalities.finish())),
        ("documents", text(&|i| rows[i].5)),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

fn write(batch: &RecordBatch) -> Vec<u8> {
    let mut bytes = vec![];
    let mut writer = parquet::arrow::ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    bytes
}

/// A list in Parquet.
pub(super) fn parquet_file() -> Vec<u8> {
    write(&batch())
}

#[test]
fn tamis_parquet() {
    let batch = batch();
    let list = read_one(&write(&batch));
    expect(
        &list,
        Format::TamisParquet,
        &[
            "l 1 unknown | primary=DOE, Jane; alias=ROE, Jane | [1972-05-31, ~1970] | TCD PRK | - | P:A1:TCD |  | ",
            "l 2 unknown | primary=SEA BIRD | [] | PAN | - | V:1030001:- |  | ",
        ],
    );
    assert_eq!((list.report.notes.len(), list.digest.len()), (1, 64));
    let folder = folder(&[("mine.parquet", &write(&batch.project(&[0, 1]).unwrap())), ("bad.parquet", b"PAR1....PAR1")]);
    let error = |name: &str| read(&folder.path().join(name)).unwrap_err().to_string();
    assert!(error("mine.parquet").contains("column \"entity_id\" is missing"));
    assert!(error("bad.parquet").contains("cannot be read as Parquet"));
}

#[test]
fn gzip_and_zip_are_unpacked() {
    let mut gzip = flate2::write::GzEncoder::new(vec![], flate2::Compression::default());
    gzip.write_all(xml::UN.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let plain = read_one(xml::UN.as_bytes());
    for bytes in [gzip.clone(), archive(&[("list.xml", xml::UN.as_bytes())], true)] {
        let list = read_one(&bytes);
        assert_eq!((list.format, &list.entities, &list.digest), (plain.format, &plain.entities, &plain.digest));
    }
    let folder = folder(&[("cut.gz", &gzip[..gzip.len() / 2])]);
    assert!(
        matches!(read(&folder.path().join("cut.gz")), Err(ListError::Io { .. } | ListError::NotAList { .. })),
        "half a file is an error"
    );
}
