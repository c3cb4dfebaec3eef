//! XML as publishers have it, with people who do not exist.

use super::*;

pub(super) const OFAC: &str = r#"<?xml version="1.0" standalone="yes"?>
<sdnList xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns="http://tempuri.org/sdnList.xsd">
  <publshInformation><Publish_Date>03/04/2025</Publish_Date><Record_Count>3</Record_Count></publshInformation>
  <sdnEntry>
    <uid>71</uid><firstName>Jane Mary</firstName><lastName>ROE, JR</lastName><title>Clerk</title><sdnType>Individual</sdnType>
    <remarks>(Linked To: SOMEBODY)</remarks>
    <programList><program>AAA</program><program>BBB</program></programList>
    <idList>
      <id><uid>1</uid><idType>Passport</idType><idNumber>A7100001</idNumber><idCountry>Chad</idCountry></id>
      <id><uid>2</uid><idType>National ID No.</idType><idNumber>71-2</idNumber></id>
      <id><uid>3</uid><idType>Gender</idType><idNumber>Female</idNumber></id>
      <id><uid>4</uid><idType>Secondary sanctions risk:</idType><idNumber>section 1(b)</idNumber></id>
      <id><uid>5</uid><idType>Brand New Thing</idType><idNumber>x</idNumber></id>
    </idList>
    <akaList>
      <aka><uid>6</uid><type>a.k.a.</type><category>strong</category><lastName>ROW</lastName><firstName>Jane</firstName></aka>
      <aka><uid>7</uid><type>a.k.a.</type><category>weak</category><lastName>THE CLERK</lastName></aka>
      <aka><uid>8</uid><type>f.k.a.</type><category>strong</category><lastName>POE</lastName><firstName>Jane</firstName></aka>
    </akaList>
    <addressList><address><uid>9</uid><country>Mali</country></address></addressList>
    <nationalityList><nationality><uid>10</uid><country>Chad</country></nationality></nationalityList>
    <citizenshipList><citizenship><uid>11</uid><country>Korea, North</country></citizenship></citizenshipList>
    <dateOfBirthList>
      <dateOfBirthItem><uid>12</uid><dateOfBirth>31 May 1972</dateOfBirth><mainEntry>true</mainEntry></dateOfBirthItem>
      <dateOfBirthItem><uid>13</uid><dateOfBirth>circa 1970</dateOfBirth><mainEntry>false</mainEntry></dateOfBirthItem>
    </dateOfBirthList>
    <placeOfBirthList><placeOfBirthItem><uid>14</uid><placeOfBirth>Lima, Peru</placeOfBirth></placeOfBirthItem></placeOfBirthList>
  </sdnEntry>
  <sdnEntry>
    <uid>72</uid><lastName>ACME TRADE, S.A. &amp; SONS</lastName><sdnType>Entity</sdnType>
    <addressList><address><uid>1</uid><country>Panama</country></address></addressList><future><thing/></future>
  </sdnEntry>
  <sdnEntry>
    <uid>73</uid><lastName>SEA BIRD</lastName><sdnType>Vessel</sdnType>
    <idList><id><uid>1</uid><idType>Vessel Registration Identification</idType><idNumber>IMO 7300001</idNumber></id></idList>
    <vesselInfo><callSign>XYZ1</callSign><vesselType>Tanker</vesselType><vesselFlag>Panama</vesselFlag></vesselInfo>
  </sdnEntry>
  <sdnEntry><lastName>NOBODY</lastName></sdnEntry>
</sdnList>"#;

#[test]
fn ofac_xml() {
    let list = read_one(OFAC.as_bytes());
    expect(
        &list,
        Format::OfacXml,
        &[
            "ofac_sdn 71 person | primary=ROE JR, Jane Mary; alias=ROW, Jane; weak_alias=THE CLERK; former=POE, Jane | [1972-05-31, ~1970] | \
             TCD PRK | F | P:A7100001:TCD I:71-2:- | Lima, Peru | AAA; BBB",
            "ofac_sdn 72 organisation | primary=ACME TRADE, S.A. & SONS | [] | PAN | - |  |  | ",
            "ofac_sdn 73 vessel | primary=SEA BIRD | [] | PAN | - | V:7300001:- O:XYZ1:- |  | ",
        ],
    );
    assert_eq!((codes(&list), list.report.unknown_clauses, list.report.files[0].rows), (vec![(38, "no-id")], 1, 4));
    assert_eq!(list.report.files[0].edition.as_deref(), Some("2025-03-04"), "month first");
    let other = OFAC.replace(
        "http://tempuri.org/sdnList.xsd",
        "https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/XML",
    );
    let other = other.replace("<program>AAA</program>", "<program>NS-PLC</program>");
    assert_eq!(read_one(other.as_bytes()).list, "ofac_sdn", "one of three is not most");
    let other = other.replace(
        "<addressList><address><uid>1<",
        "<programList><program>CMIC-EO13959</program></programList><addressList><address><uid>1<",
    );
    assert_eq!(read_one(other.as_bytes()).list, "ofac_consolidated");
}

pub(super) const OFAC_ADVANCED: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<Sanctions xmlns="https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/ADVANCED_XML" Version="3">
<DateOfIssue CalendarTypeID="1"><Year>2025</Year><Month>3</Month><Day>4</Day></DateOfIssue>
<ReferenceValueSets>
 <AliasTypeValues><AliasType ID="1400">A.K.A.</AliasType><AliasType ID="1401">F.K.A.</AliasType><AliasType ID="1403">Name</AliasType></AliasTypeValues>
 <CountryValues><Country ID="501" ISO2="TD">Chad</Country><Country ID="502">Panama</Country><Country ID="503">undetermined</Country></CountryValues>
 <DetailReferenceValues><DetailReference ID="91527">Female</DetailReference><DetailReference ID="601">Tanker</DetailReference></DetailReferenceValues>
 <FeatureTypeValues><FeatureType ID="1">VESSEL CALL SIGN</FeatureType><FeatureType ID="2">VESSEL TYPE</FeatureType><FeatureType ID="3">VESSEL FLAG</FeatureType>
  <FeatureType ID="8">Birthdate</FeatureType><FeatureType ID="9">Place of Birth</FeatureType><FeatureType ID="10">Nationality Country</FeatureType>
  <FeatureType ID="11">Citizenship Country</FeatureType><FeatureType ID="25">Location</FeatureType><FeatureType ID="224">Gender</FeatureType>
  <FeatureType ID="504">Secondary sanctions risk:</FeatureType><FeatureType ID="505">Tax ID No.</FeatureType></FeatureTypeValues>
 <IDRegDocTypeValues><IDRegDocType ID="1571">Passport</IDRegDocType><IDRegDocType ID="1626">Vessel Registration Identification</IDRegDocType></IDRegDocTypeValues>
 <ListValues><List ID="1550">SDN List</List><List ID="91243">Consolidated List</List></ListValues>
 <NamePartTypeValues><NamePartType ID="1520">Last Name</NamePartType><NamePartType ID="1521">First Name</NamePartType><NamePartType ID="1522">Middle Name</NamePartType>
  <NamePartType ID="1524">Vessel Name</NamePartType><NamePartType ID="1525">Entity Name</NamePartType><NamePartType ID="1528">Nickname</NamePartType></NamePartTypeValues>
 <PartySubTypeValues><PartySubType ID="1" PartyTypeID="4">Vessel</PartySubType><PartySubType ID="3" PartyTypeID="2">Unknown</PartySubType><PartySubType ID="4" PartyTypeID="1">Unknown</PartySubType></PartySubTypeValues>
 <PartyTypeValues><PartyType ID="1">Individual</PartyType><PartyType ID="2">Entity</PartyType><PartyType ID="4">Transport</PartyType></PartyTypeValues>
</ReferenceValueSets>
<Locations>
 <Location ID="1"><LocationCountry CountryID="501"/></Location>
 <Location ID="2"><LocationPart LocPartTypeID="1454"><LocationPartValue Primary="true"><Value>Lima</Value></LocationPartValue></LocationPart><LocationCountry CountryID="502"/></Location>
 <Location ID="3"><LocationCountry CountryID="503"/></Location>
 <Location ID="4"><LocationPart LocPartTypeID="1"><LocationPartValue Primary="true"><Value>Peru</Value></LocationPartValue></LocationPart></Location>
</Locations>
<IDRegDocuments>
 <IDRegDocument ID="1" IDRegDocTypeID="1571" IdentityID="9001" IssuedBy-CountryID="501"><IDRegistrationNo>A8100001</IDRegistrationNo></IDRegDocument>
 <IDRegDocument ID="2" IDRegDocTypeID="1626" IdentityID="9003"><IDRegistrationNo>IMO 8300001</IDRegistrationNo></IDRegDocument>
 <IDRegDocument ID="3" IDRegDocTypeID="1571" IdentityID="9999"><IDRegistrationNo>LOST</IDRegistrationNo></IDRegDocument>
</IDRegDocuments>
<DistinctParties>
<DistinctParty FixedRef="81"><Comment/><Profile ID="81" PartySubTypeID="4">
 <Identity ID="9001" FixedRef="81" Primary="true" False="false">
  <Alias FixedRef="81" AliasTypeID="1403" Primary="true" LowQuality="false">
   <DocumentedName ID="1" DocNameStatusID="1">
    <DocumentedNamePart><NamePartValue NamePartGroupID="11" ScriptID="215">ROE</NamePartValue></DocumentedNamePart>
    <DocumentedNamePart><NamePartValue NamePartGroupID="12" ScriptID="215">Jane</NamePartValue></DocumentedNamePart>
    <DocumentedNamePart><NamePartValue NamePartGroupID="13" ScriptID="215">Mary</NamePartValue></DocumentedNamePart>
   </DocumentedName>
   <DocumentedName ID="2" DocNameStatusID="2">
    <DocumentedNamePart><NamePartValue NamePartGroupID="11" ScriptID="220">Роу</NamePartValue></DocumentedNamePart>
    <DocumentedNamePart><NamePartValue NamePartGroupID="12" ScriptID="220">Джейн</NamePartValue></DocumentedNamePart>
   </DocumentedName>
  </Alias>
  <Alias FixedRef="81" AliasTypeID="1400" Primary="false" LowQuality="true"><DocumentedName ID="3"><DocumentedNamePart><NamePartValue NamePartGroupID="14">THE CLERK</NamePartValue></DocumentedNamePart></DocumentedName></Alias>
  <Alias FixedRef="81" AliasTypeID="1401" Primary="false" LowQuality="false"><DocumentedName ID="4"><DocumentedNamePart><NamePartValue NamePartGroupID="11">POE</NamePartValue></DocumentedNamePart></DocumentedName></Alias>
  <NamePartGroups><MasterNamePartGroup><NamePartGroup ID="11" NamePartTypeID="1520"/></MasterNamePartGroup><MasterNamePartGroup><NamePartGroup ID="12" NamePartTypeID="1521"/></MasterNamePartGroup>
   <MasterNamePartGroup><NamePartGroup ID="13" NamePartTypeID="1522"/></MasterNamePartGroup><MasterNamePartGroup><NamePartGroup ID="14" NamePartTypeID="1528"/></MasterNamePartGroup></NamePartGroups>
 </Identity>
 <Feature ID="1" FeatureTypeID="8"><FeatureVersion ID="1"><DatePeriod CalendarTypeID="1">
  <Start Approximate="false"><From><Year>1972</Year><Month>5</Month><Day>31</Day></From><To><Year>1972</Year><Month>5</Month><Day>31</Day></To></Start>
  <End Approximate="false"><From><Year>1972</Year><Month>5</Month><Day>31</Day></From><To><Year>1972</Year><Month>5</Month><Day>31</Day></To></End></DatePeriod></FeatureVersion></Feature>
 <Feature ID="2" FeatureTypeID="8"><FeatureVersion ID="2"><DatePeriod CalendarTypeID="1">
  <Start Approximate="true"><From><Year>1970</Year><Month>1</Month><Day>1</Day></From><To><Year>1970</Year><Month>1</Month><Day>1</Day></To></Start>
  <End Approximate="true"><From><Year>1970</Year><Month>12</Month><Day>31</Day></From><To><Year>1970</Year><Month>12</Month><Day>31</Day></To></End></DatePeriod></FeatureVersion></Feature>
 <Feature ID="3" FeatureTypeID="8"><FeatureVersion ID="3"><DatePeriod CalendarTypeID="1">
  <Start><From><Year>1974</Year><Month>2</Month><Day>1</Day></From></Start><End><To><Year>1974</Year><Month>2</Month><Day>28</Day></To></End></DatePeriod></FeatureVersion></Feature>
 <Feature ID="4" FeatureTypeID="9"><FeatureVersion ID="4"><VersionLocation LocationID="2"/></FeatureVersion></Feature>
 <Feature ID="5" FeatureTypeID="10"><FeatureVersion ID="5"><VersionLocation LocationID="1"/></FeatureVersion></Feature>
 <Feature ID="6" FeatureTypeID="11"><FeatureVersion ID="6"><VersionLocation LocationID="4"/></FeatureVersion><FeatureVersion ID="66"><VersionLocation LocationID="3"/></FeatureVersion></Feature>
 <Feature ID="7" FeatureTypeID="224"><FeatureVersion ID="7"><VersionDetail DetailTypeID="1431" DetailReferenceID="91527"/></FeatureVersion></Feature>
 <Feature ID="8" FeatureTypeID="504"><FeatureVersion ID="8"><VersionDetail>section 1(b)</VersionDetail></FeatureVersion></Feature>
 <Feature ID="9" FeatureTypeID="505"><FeatureVersion ID="9"><VersionDetail>8100-2</VersionDetail></FeatureVersion></Feature>
</Profile></DistinctParty>
<DistinctParty FixedRef="82"><Profile ID="82" PartySubTypeID="3"><Identity ID="9002" Primary="true">
 <Alias AliasTypeID="1403" Primary="true" LowQuality="false"><DocumentedName ID="5"><DocumentedNamePart><NamePartValue NamePartGroupID="21">ACME TRADE, S.A.</NamePartValue></DocumentedNamePart></DocumentedName></Alias>
 <NamePartGroups><MasterNamePartGroup><NamePartGroup ID="21" NamePartTypeID="1525"/></MasterNamePartGroup></NamePartGroups></Identity>
 <Feature FeatureTypeID="25"><FeatureVersion><VersionLocation LocationID="2"/></FeatureVersion></Feature></Profile></DistinctParty>
<DistinctParty FixedRef="83"><Profile ID="83" PartySubTypeID="1"><Identity ID="9003" Primary="true">
 <Alias AliasTypeID="1403" Primary="true" LowQuality="false"><DocumentedName ID="6"><DocumentedNamePart><NamePartValue NamePartGroupID="31">SEA BIRD</NamePartValue></DocumentedNamePart></DocumentedName></Alias></Identity>
 <Feature FeatureTypeID="3"><FeatureVersion><VersionDetail>Panama</VersionDetail></FeatureVersion></Feature>
 <Feature FeatureTypeID="2"><FeatureVersion><VersionDetail DetailReferenceID="601"/></FeatureVersion></Feature>
 <Feature FeatureTypeID="1"><FeatureVersion><VersionDetail>XYZ2</VersionDetail></FeatureVersion></Feature></Profile></DistinctParty>
</DistinctParties>
<SanctionsEntries>
 <SanctionsEntry ID="1" ProfileID="81" ListID="1550"><SanctionsMeasure ID="1" SanctionsTypeID="1"><Comment>AAA</Comment></SanctionsMeasure><SanctionsMeasure ID="2" SanctionsTypeID="2"><Comment/></SanctionsMeasure></SanctionsEntry>
 <SanctionsEntry ID="2" ProfileID="82" ListID="91243"><SanctionsMeasure ID="3" SanctionsTypeID="1"><Comment>BBB</Comment></SanctionsMeasure></SanctionsEntry>
</SanctionsEntries>
</Sanctions>"#;

#[test]
fn ofac_advanced_xml() {
    let list = read_one(OFAC_ADVANCED.as_bytes());
    let expected = [
        "ofac_sdn 81 person | primary=ROE, Jane Mary; alias=Роу, Джейн; weak_alias=THE CLERK; former=POE | \
         [1972-05-31, ~1970, 1974-02] | TCD PER | F | O:8100-2:- P:A8100001:TCD | Lima, Panama | AAA",
        "ofac_consolidated 82 organisation | primary=ACME TRADE, S.A. | [] | PAN | - |  |  | BBB",
        "ofac_sdn 83 vessel | primary=SEA BIRD | [] | PAN | - | O:XYZ2:- V:8300001:- |  | ",
    ];
    expect(&list, Format::OfacAdvancedXml, &expected);
    assert_eq!(list.report.unusable_by_code.iter().collect::<Vec<_>>(), [(&"orphan-document", &1)]);
    assert_eq!(list.report.files[0].edition.as_deref(), Some("2025-03-04"));
    // The tables may stand anywhere.
    let (start, end) = (OFAC_ADVANCED.find("<ReferenceValueSets>").unwrap(), OFAC_ADVANCED.find("<DistinctParties>").unwrap());
    let moved = format!(
        "{}{}{}</Sanctions>",
        &OFAC_ADVANCED[..start],
        &OFAC_ADVANCED[end..OFAC_ADVANCED.len() - 12],
        &OFAC_ADVANCED[start..end]
    );
    expect(&read_one(moved.as_bytes()), Format::OfacAdvancedXml, &expected);
}

pub(super) const UN: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<CONSOLIDATED_LIST xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" dateGenerated="2025-03-04T00:00:09.554Z"><INDIVIDUALS>
<INDIVIDUAL><DATAID>6900001</DATAID><FIRST_NAME>JANE</FIRST_NAME><SECOND_NAME>MARY</SECOND_NAME><THIRD_NAME/><FOURTH_NAME>ROE</FOURTH_NAME>
 <UN_LIST_TYPE>Nowhere</UN_LIST_TYPE><REFERENCE_NUMBER>NWi.001</REFERENCE_NUMBER><NAME_ORIGINAL_SCRIPT>Джейн Роу</NAME_ORIGINAL_SCRIPT>
 <COMMENTS1>Clerk. Gender: Female.</COMMENTS1><NATIONALITY><VALUE>Chad</VALUE><VALUE>Democratic People's Republic of Korea</VALUE></NATIONALITY>
 <INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>Jane Row; Jean Row</ALIAS_NAME><DATE_OF_BIRTH>1971-01-01</DATE_OF_BIRTH><CITY_OF_BIRTH>Lima</CITY_OF_BIRTH><COUNTRY_OF_BIRTH>Peru</COUNTRY_OF_BIRTH></INDIVIDUAL_ALIAS>
 <INDIVIDUAL_ALIAS><QUALITY>Low</QUALITY><ALIAS_NAME>The Clerk</ALIAS_NAME></INDIVIDUAL_ALIAS>
 <INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>Jane Poe</ALIAS_NAME><NOTE>previously listed as</NOTE></INDIVIDUAL_ALIAS>
 <INDIVIDUAL_ALIAS><QUALITY/><ALIAS_NAME/></INDIVIDUAL_ALIAS>
 <INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>EXACT</TYPE_OF_DATE><DATE>1972-05-31</DATE></INDIVIDUAL_DATE_OF_BIRTH>
 <INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>APPROXIMATELY</TYPE_OF_DATE><YEAR>1970</YEAR></INDIVIDUAL_DATE_OF_BIRTH>
 <INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>BETWEEN</TYPE_OF_DATE><FROM_YEAR>1960</FROM_YEAR><TO_YEAR>1963</TO_YEAR></INDIVIDUAL_DATE_OF_BIRTH>
 <INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>EXACT</TYPE_OF_DATE><NOTE>Nov. 1973 </NOTE></INDIVIDUAL_DATE_OF_BIRTH>
 <INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>EXACT</TYPE_OF_DATE><NOTE>30-35 years old</NOTE></INDIVIDUAL_DATE_OF_BIRTH>
 <INDIVIDUAL_PLACE_OF_BIRTH><CITY>Anytown</CITY><STATE_PROVINCE>North</STATE_PROVINCE><COUNTRY>Chad</COUNTRY></INDIVIDUAL_PLACE_OF_BIRTH>
 <INDIVIDUAL_DOCUMENT><TYPE_OF_DOCUMENT>Passport</TYPE_OF_DOCUMENT><NUMBER>A6900001 (expired 2016)</NUMBER><ISSUING_COUNTRY>Chad</ISSUING_COUNTRY></INDIVIDUAL_DOCUMENT>
 <INDIVIDUAL_DOCUMENT><TYPE_OF_DOCUMENT>National Identification
   Number</TYPE_OF_DOCUMENT><NUMBER>69-1</NUMBER><COUNTRY_OF_ISSUE>Mali</COUNTRY_OF_ISSUE></INDIVIDUAL_DOCUMENT><INDIVIDUAL_DOCUMENT/>
 <INDIVIDUAL_ADDRESS><COUNTRY>Niger</COUNTRY></INDIVIDUAL_ADDRESS>
</INDIVIDUAL></INDIVIDUALS><ENTITIES>
<ENTITY><DATAID>6900002</DATAID><FIRST_NAME>ACME TRADE ; ACME, LTD</FIRST_NAME><UN_LIST_TYPE>Nowhere</UN_LIST_TYPE><REFERENCE_NUMBER/>
 <ENTITY_ALIAS><QUALITY>f.k.a.</QUALITY><ALIAS_NAME>Best</ALIAS_NAME></ENTITY_ALIAS><ENTITY_ALIAS><QUALITY>a.k.a.</QUALITY><ALIAS_NAME>ATL</ALIAS_NAME></ENTITY_ALIAS>
 <ENTITY_ADDRESS><COUNTRY>Iran (Islamic Republic of)</COUNTRY></ENTITY_ADDRESS></ENTITY>
</ENTITIES></CONSOLIDATED_LIST>"#;

#[test]
fn un_xml() {
    let list = read_one(UN.as_bytes());
    expect(
        &list,
        Format::UnXml,
        &[
            "un_sc NWi.001 person | primary=JANE MARY ROE; alias=Джейн Роу; alias=Jane Row; alias=Jean Row; weak_alias=The Clerk; \
             former=Jane Poe | [1971-01-01, 1972-05-31, ~1970, ~1961, ~1963, 1973-11] | TCD PRK | F | P:A6900001:TCD I:69-1:MLI | \
             Lima, Peru; Anytown, North, Chad | Nowhere",
            "un_sc 6900002 organisation | primary=ACME TRADE; alias=ACME, LTD; former=Best; alias=ATL | [] | IRN | - |  |  | Nowhere",
        ],
    );
    assert_eq!((codes(&list), list.report.files[0].edition.as_deref()), (vec![(14, "bad-date")], Some("2025-03-04")));
}

pub(super) const EU: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<export xmlns="http://eu.europa.ec/fpi/fsd/export" generationDate="2025-03-04T16:47:04.449+02:00" globalFileId="1">
<sanctionEntity designationDetails="" unitedNationId="" euReferenceNumber="EU.1.1" logicalId="101">
 <remark>hello</remark><regulation regulationType="regulation" programme="NOW" logicalId="1"><publicationUrl>u</publicationUrl></regulation>
 <subjectType code="person" classificationCode="P"/>
 <nameAlias firstName="Jane" middleName="Mary" lastName="Roe" wholeName="Jane Mary Roe" gender="F" nameLanguage="EN" strong="true" logicalId="2"><regulationSummary/></nameAlias>
 <nameAlias firstName="" middleName="" lastName="" wholeName="Джейн Роу" gender="" nameLanguage="RU" strong="true" logicalId="3"/>
 <nameAlias firstName="" lastName="" wholeName="The Clerk" strong="false" logicalId="4"/>
 <nameAlias firstName="Jane" lastName="Roe" wholeName="Hajja Jane Roe" strong="true" logicalId="5"/>
 <citizenship region="" countryIso2Code="TD" countryDescription="CHAD"/><citizenship countryIso2Code="00" countryDescription="UNKNOWN"/>
 <birthdate circa="false" calendarType="GREGORIAN" city="Lima" zipCode="" birthdate="1972-05-31" dayOfMonth="31" monthOfYear="5" year="1972" region="" place="" countryIso2Code="PE" countryDescription="PERU"/>
 <birthdate circa="true" calendarType="GREGORIAN" year="1970" countryIso2Code="00" countryDescription="UNKNOWN"/>
 <birthdate circa="false" calendarType="GREGORIAN" yearRangeFrom="1960" yearRangeTo="1963"/>
 <birthdate circa="false" calendarType="GREGORIAN" year="1973" monthOfYear="11"/>
 <birthdate circa="false" calendarType="ISLAMIC" year="1392"/>
 <identification diplomatic="false" knownFalse="false" number="A1010001" identificationTypeCode="passport" identificationTypeDescription="National passport" countryIso2Code="TD" countryDescription="CHAD"/>
 <identification number="101-1" identificationTypeCode="id" identificationTypeDescription="National identification card" countryIso2Code="00" countryDescription="UNKNOWN"/>
</sanctionEntity>
<sanctionEntity euReferenceNumber="EU.2.1" logicalId="102"><subjectType code="enterprise" classificationCode="E"/>
 <nameAlias wholeName="Acme Trade, S.A." strong="true"/><nameAlias firstName="" lastName="Acme" wholeName="Acme" strong="true"/><address countryIso2Code="IR" countryDescription="IRAN (ISLAMIC REPUBLIC OF)"/>
 <identification number="102-1" identificationTypeCode="regnumber" identificationTypeDescription="Registration Number"/>
 <identification number="IMO 1020001" identificationTypeCode="imo" identificationTypeDescription="IMO number"/>
</sanctionEntity>
<sanctionEntity/>
</export>"#;

#[test]
fn eu_xml() {
    let list = read_one(EU.as_bytes());
    expect(
        &list,
        Format::EuXml,
        &[
            "eu_fsf 101 person | primary=Roe, Jane Mary; alias=Джейн Роу; weak_alias=The Clerk; alias=Roe, Jane; alias=Hajja Jane Roe | \
             [1972-05-31, ~1970, ~1961, ~1963, 1973-11] | TCD | F | P:A1010001:TCD I:101-1:- | Lima, PERU | NOW",
            "eu_fsf 102 organisation | primary=Acme Trade, S.A.; alias=Acme | [] | IRN | - | O:102-1:- V:1020001:- |  | ",
        ],
    );
    assert_eq!(codes(&list), [(15, "other-calendar"), (24, "no-id")]);
    assert_eq!(list.report.files[0].edition.as_deref(), Some("2025-03-04"));
}

pub(super) const UK: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<Designations xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><DateGenerated>04/03/2025</DateGenerated>
<Designation><LastUpdated>01/02/2025</LastUpdated><DateDesignated>01/02/2020</DateDesignated><UniqueID>NOW0001</UniqueID><OFSIGroupID>1</OFSIGroupID>
 <Names><Name><Name1>Jane</Name1><Name2>Mary</Name2><Name6>ROE</Name6><NameType>Primary Name</NameType></Name>
  <Name><Name6>The Clerk</Name6><NameType>Alias</NameType><AliasStrength>Low quality a.k.a</AliasStrength></Name>
  <Name><Name1>Jane</Name1><Name6>ROW</Name6><NameType>Primary Name Variation</NameType></Name></Names>
 <NonLatinNames><NonLatinName><NameNonLatinScript>Джейн Роу</NameNonLatinScript></NonLatinName></NonLatinNames>
 <RegimeName>The Nowhere Regulations 2020</RegimeName><IndividualEntityShip>Individual</IndividualEntityShip>
 <Addresses><Address><AddressCountry>Mali</AddressCountry></Address></Addresses>
 <IndividualDetails><Individual><DOBs><DOB>31/05/1972</DOB><DOB>dd/mm/1970</DOB></DOBs>
  <Nationalities><Nationality>Chad</Nationality><Nationality>North Korea</Nationality></Nationalities><Genders><Gender>Female</Gender></Genders>
  <PassportDetails><Passport><PassportNumber>A1010001</PassportNumber><PassportAdditionalInformation>Chad</PassportAdditionalInformation></Passport></PassportDetails>
  <NationalIdentifierDetails><NationalIdentifier><NationalIdentifierNumber>101-1</NationalIdentifierNumber></NationalIdentifier></NationalIdentifierDetails>
  <BirthDetails><Location><TownOfBirth>Lima</TownOfBirth><CountryOfBirth>Peru</CountryOfBirth></Location></BirthDetails></Individual></IndividualDetails>
</Designation>
<Designation><UniqueID>NOW0002</UniqueID><Names><Name><Name6>Acme Trade, S.A.</Name6><NameType>Primary Name</NameType></Name></Names>
 <IndividualEntityShip>Entity</IndividualEntityShip><Addresses><Address><AddressCountry>Panama</AddressCountry></Address></Addresses>
 <EntityDetails><Entity><BusinessRegistrationNumbers><BusinessRegistrationNumber>102-1</BusinessRegistrationNumber></BusinessRegistrationNumbers></Entity></EntityDetails></Designation>
<Designation><UniqueID>NOW0003</UniqueID><Names><Name><Name6>SEA BIRD</Name6><NameType>Primary Name</NameType></Name></Names><IndividualEntityShip>Ship</IndividualEntityShip>
 <ShipDetails><Ship><IMONumbers><IMONumber>1030001</IMONumber></IMONumbers><CurrentBelievedFlagOfShips><CurrentBelievedFlagOfShip>Panama</CurrentBelievedFlagOfShip></CurrentBelievedFlagOfShips></Ship></ShipDetails></Designation>
</Designations>"#;

#[test]
fn uk_xml() {
    let list = read_one(UK.as_bytes());
    expect(
        &list,
        Format::UkXml,
        &[
            "uk_sanctions NOW0001 person | primary=ROE, Jane Mary; weak_alias=The Clerk; alias=ROW, Jane; alias=Джейн Роу | [1972-05-31, 1970] | \
             TCD PRK | F | P:A1010001:- I:101-1:- | Lima, Peru | The Nowhere Regulations 2020",
            "uk_sanctions NOW0002 organisation | primary=Acme Trade, S.A. | [] | PAN | - | O:102-1:- |  | ",
            "uk_sanctions NOW0003 vessel | primary=SEA BIRD | [] | PAN | - | V:1030001:- |  | ",
        ],
    );
    assert_eq!((codes(&list), list.report.files[0].edition.as_deref()), (vec![], Some("2025-03-04")));
}

pub(super) const OFSI: &str = r#"<?xml version="1.0"?>
<ArrayOfFinancialSanctionsTarget xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns="http://schemas.hmtreasury.gov.uk/ofsi/consolidatedlist">
<FinancialSanctionsTarget><Name6>ROE</Name6><name1>Jane</name1><name2 i:nil="true"/><GroupTypeDescription>Individual</GroupTypeDescription><AliasType>AKA</AliasType><AliasQuality>Low</AliasQuality><GroupID>11</GroupID></FinancialSanctionsTarget>
<FinancialSanctionsTarget><Name6>ROE</Name6><name1>Jane</name1><name2>Mary</name2><GroupTypeDescription>Individual</GroupTypeDescription><AliasType>Primary name</AliasType>
 <Individual_DateOfBirth>31/05/1972</Individual_DateOfBirth><Individual_Nationality>Chad</Individual_Nationality><Individual_PassportNumber>A1100001</Individual_PassportNumber>
 <RegimeName>Nowhere</RegimeName><GroupID>11</GroupID></FinancialSanctionsTarget>
<FinancialSanctionsTarget><Name6>SEA BIRD</Name6><GroupTypeDescription>Ship</GroupTypeDescription><AliasType>Primary name</AliasType><Ship_IMONumber>1130001</Ship_IMONumber><Ship_Flag>Panama</Ship_Flag><GroupID>13</GroupID></FinancialSanctionsTarget>
</ArrayOfFinancialSanctionsTarget>"#;

#[test]
fn ofsi_xml() {
    expect(
        &read_one(OFSI.as_bytes()),
        Format::OfsiXml,
        &[
            "uk_ofsi 11 person | primary=ROE, Jane Mary; weak_alias=ROE, Jane | [1972-05-31] | TCD | - | P:A1100001:- |  | Nowhere",
            "uk_ofsi 13 vessel | primary=SEA BIRD | [] | PAN | - | V:1130001:- |  | ",
        ],
    );
}

pub(super) const CANADA: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<data-set xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<record><Country>Nowhere / Nulle part</Country><LastName>Roe</LastName><GivenName>Jane Mary</GivenName><DateOfBirthOrShipBuildDate>1972-05-31 OR 1971</DateOfBirthOrShipBuildDate>
 <Schedule>1, Part 1</Schedule><Item>1</Item><Aliases>Джейн Роу; Jane Row</Aliases></record>
<record><Country>Nowhere</Country><EntityOrShip>Acme Trade, S.A.</EntityOrShip><Item>2</Item></record>
<record><Country>Nowhere</Country><EntityOrShip>Sea Bird</EntityOrShip><TitleOrShip>Tanker</TitleOrShip><ShipIMONumber>1230001</ShipIMONumber><DateOfBirthOrShipBuildDate>2005</DateOfBirthOrShipBuildDate><Item>2</Item></record>
</data-set>"#;

#[test]
fn canada_xml() {
    let list = read_one(CANADA.as_bytes());
    expect(
        &list,
        Format::CanadaXml,
        &[
            "ca_sema Nowhere/1, Part 1/1 person | primary=Roe, Jane Mary; alias=Джейн Роу; alias=Jane Row | [1972-05-31, 1971] |  | - |  |  | Nowhere",
            "ca_sema Nowhere/2 organisation | primary=Acme Trade, S.A. | [] |  | - |  |  | Nowhere",
            "ca_sema Nowhere/2#2 vessel | primary=Sea Bird | [] |  | - | V:1230001:- |  | Nowhere",
        ],
    );
    assert_eq!(codes(&list), [(6, "duplicate-number")]);
}
