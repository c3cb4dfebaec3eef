//! The facts that a converter of others states of real waybills.

use super::*;

/// Why a fact has no column of its own.
fn without_column(path: &str) -> Option<&'static str> {
    let reasons = [
        ("countryName", "the column holds the country by its code"),
        ("movementMilestone", "a time is not marked as planned or actual"),
        ("ExpiryDate", "the customs note keeps it as sent (1299)"),
        ("issuedOn", "the customs note keeps it as sent (13APR211147)"),
        ("dimensions.height", "dimensions are not kept, the volume is"),
        ("dimensions.length", "dimensions are not kept, the volume is"),
        ("dimensions.width", "dimensions are not kept, the volume is"),
        ("itemQuantity", "dimensions are not kept, the volume is"),
        ("chargeableWeight", "what a rate is applied to is not kept, the charge is"),
        ("rateCharge", "rates are not kept, the charge is"),
        ("length()", "the converter makes an item of every dimension"),
    ];
    reasons.iter().find(|(part, _)| path.contains(part) && !path.contains("pieces[0].dimensions.volume")).map(|(_, why)| *why)
}

/// Index in the brackets behind a word.
fn index(path: &str, word: &str) -> usize {
    path.split_once(word).and_then(|(_, rest)| rest.trim_start_matches('[').split(']').next()?.parse().ok()).unwrap_or(0)
}

/// What the columns say of a path.
fn actual(batch: &RecordBatch, path: &str) -> String {
    let nth = |list: &str, field: &str, i: usize| parts(batch, list, field, 0).get(i).cloned().unwrap_or_default();
    let all = |list: &str, field: &str| parts(batch, list, field, 0).join("|");
    let one = |name: &str| cell(batch, name, 0);
    let has = |part: &str| path.contains(part);
    let party = index(path, "involvedParties");
    let leg = index(path, "activitySequences");
    if has("waybillType") {
        one("level")
    } else if has("waybillPrefix") || has("waybillNumber") {
        one("bill_number")
    } else if has("shippingRefNo") || has("Declaration") && !has("securityDeclaration") || has("customsOriginCode") {
        all("references", "value")
    } else if has("nvdForCarriage") {
        one("carriage_value")
    } else if has("nvdForCustoms") {
        one("customs_value")
    } else if has("grossWeight") {
        one("gross_weight_kg")
    } else if has("volume") {
        one("volume_m3")
    } else if has("partyRole") {
        nth("parties", "role", party)
    } else if has("partyDetails.name") {
        nth("parties", "name", party)
    } else if has("otherIdentifiers") && has("involvedParties") || has("iataCargoAgent") {
        format!("{} {}", nth("parties", "identifier", party), nth("parties", "other_identifiers", party))
    } else if has("postalCode") {
        nth("parties", "postal_code", party)
    } else if has("streetAddressLines") {
        nth("parties", "address", party)
    } else if has("cityName") {
        nth("parties", "city", party)
    } else if has("countryCode") && has("involvedParties") {
        nth("parties", "country", party)
    } else if has("lastName") && has("involvedParties") {
        nth("parties", "contact", party)
    } else if has("contactDetails") {
        // The number of a contact person may be a note beside that of the party.
        format!("{} {}", nth("parties", "phone", party), all("customs_notes", "value"))
    } else if has("activity.departureLocation") {
        nth("movements", "departure_port", leg)
    } else if has("activity.arrivalLocation") {
        nth("movements", "arrival_port", leg)
    } else if has("transportIdentifier") {
        nth("movements", "carrier", leg) + &nth("movements", "voyage", leg)
    } else if has("movementTimestamp") {
        nth("movements", "departure_local", leg)
    } else if has("departureLocation") {
        one("origin_place")
    } else if has("arrivalLocation") {
        one("delivery_place")
    } else if has("textualHandlingInstructions") {
        one("handling_instructions")
    } else if has("contentCode") || has("regulatedEntityCategory") {
        all("customs_notes", "kind")
    } else if has("subjectCode") {
        all("customs_notes", "subject")
    } else if has("customsInformation") && has("countryCode") {
        all("customs_notes", "country")
    } else if has("customsInformation") || has("securityDeclaration") {
        all("customs_notes", "value")
    } else if has("originCurrency") {
        one("currency")
    } else if has("chargePaymentType") {
        all("charges", "payment")
    } else if has("entitlement") {
        all("charges", "due_to")
    } else if has("otherChargeCode") {
        all("charges", "code")
    } else if has("subTotal") || has("grandTotal") || has(".total.") {
        all("charges", "amount")
    } else if has("hsCode") {
        all("items", "hs")
    } else if has("slacForRate") {
        all("items", "quantity")
    } else if has("goodsDescription") {
        all("items", "description")
    } else if has("uldType") {
        all("containers", "size_type")
    } else if has("uldSerialNumber") {
        all("containers", "number")
    } else {
        panic!("no column and no reason for {path}")
    }
}

/// The texts that a fact names, as the columns write them.
fn wanted(path: &str, value: &str) -> Vec<String> {
    let quoted: Vec<String> = value.split('"').skip(1).step_by(2).map(|s| s.replace("\\n", " ")).collect();
    let word = |w: &str| vec![w.to_owned()];
    match value {
        _ if value.contains("MASTER") => word("master"),
        _ if value.contains("DIRECT") => word("simple"),
        _ if value.contains("HOUSE") => word("house"),
        "true" => word("~"),
        _ if path.contains("partyRole") => {
            let roles = [("_SHP", "consignor"), ("_CNE", "consignee"), ("_FFW", "agent")];
            roles.iter().filter(|(code, _)| value.contains(code)).map(|(_, role)| (*role).to_owned()).collect()
        }
        _ if path.contains("regulatedEntityCategory") => word("RA"),
        _ if path.contains("originCurrency") => word("EUR"),
        _ if path.contains("chargePaymentType") => word("prepaid"),
        _ if path.contains("entitlement") => word("carrier"),
        _ if path.contains("otherChargeCode") => word("MC"),
        _ if path.contains("country.countryCode") => quoted.iter().map(|c| alpha3(c).unwrap().to_owned()).collect(),
        _ if quoted.is_empty() => word(value.trim_end_matches(".0")),
        _ => quoted,
    }
}

#[test]
fn facts_of_real_waybills() {
    let Some(shared) = std::env::var_os("TAMIS_SHARED") else {
        println!("skipped: TAMIS_SHARED names no folder");
        return;
    };
    let folder = PathBuf::from(shared).join("samples/cargo_xml/riege");
    let facts = std::fs::read_to_string(folder.join("expectations.tsv")).unwrap();
    let (mut held, mut without, mut absent, mut raw) = (0, 0, 0, 0);
    let mut wrong = String::new();
    for line in facts.lines().filter(|l| !l.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        let (file, path, value) = (fields[0], fields[1].trim_matches('"'), fields[2]);
        let Ok(bytes) = std::fs::read(folder.join(file)) else {
            absent += 1;
            continue;
        };
        if path == "(raw)" {
            raw += 1;
            continue;
        }
        if without_column(path).is_some() {
            without += 1;
            continue;
        }
        let decoded = decode(&bytes);
        let actual = actual(&decoded.consignments, path);
        let missing = wanted(path, value).into_iter().find(|w| !actual.contains(w.as_str()));
        match missing {
            None => held += 1,
            Some(want) => writeln!(wrong, "{file} {path}: {want} is not in {actual}").unwrap(),
        }
    }
    println!("{held} facts held, {without} have no column, {raw} are no facts, {absent} are of files that are not here");
    assert!(wrong.is_empty(), "{wrong}");
    assert!(held > 0);
}

#[test]
fn pieces_that_do_not_add_up() {
    let Some(shared) = std::env::var_os("TAMIS_SHARED") else {
        println!("skipped: TAMIS_SHARED names no folder");
        return;
    };
    let folder = PathBuf::from(shared).join("samples/cargo_xml/riege");
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "xml") {
            continue;
        }
        let Decoded { consignments, dead_letters, .. } = decode(&std::fs::read(&path).unwrap());
        assert_eq!((consignments.num_rows(), dead_letters.num_rows()), (1, 0));
        let found = findings(&consignments, 0);
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        println!("{name}: {found:?}");
        assert_eq!(found.iter().any(|f| f == "pieces_of_dimensions_differ"), name.contains("pieceQuantityItemCountMismatch"));
    }
}
