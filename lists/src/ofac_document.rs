use tamis_records::country;
use tamis_watchlist::ListedDocument;

/// Labels of numbers as OFAC writes them, and the document kind that they make: `P` lets a
/// person travel, `I` identifies a person, `O` anything else. Longer labels stand before
/// shorter ones that begin alike.
#[rustfmt::skip]
const LABELS: &[(&str, char)] = &[
    ("Passport Booklet", 'P'),
    ("Passport", 'P'),
    ("Diplomatic Passport", 'P'),
    ("Official Passport", 'P'),
    ("Service Passport", 'P'),
    ("Stateless Person Passport", 'P'),
    ("Stateless Person ID Card", 'I'),
    ("British National Overseas Passport", 'P'),
    ("U.S.A. Passport", 'P'),
    ("Travel Document Number", 'P'),
    ("Refugee ID Card", 'I'),
    ("National ID No.", 'I'),
    ("National ID Number", 'I'),
    ("National Foreign ID Number", 'I'),
    ("Personal ID Card", 'I'),
    ("Tazkira National ID Card", 'I'),
    ("Identification Number", 'I'),
    ("Identity Card", 'I'),
    ("ID Card", 'I'),
    ("Turkish Identification Number", 'I'),
    ("Moroccan Personal ID No.", 'I'),
    ("Bosnian Personal ID No.", 'I'),
    ("Kenyan ID No.", 'I'),
    ("UAE Identification", 'I'),
    ("Citizen's Card Number", 'I'),
    ("Residency Number", 'I'),
    ("Birth Certificate Number", 'I'),
    ("Numero de Identidad", 'I'),
    ("Cedula No.", 'I'),
    ("Cedula de Ciudadania", 'I'),
    ("D.N.I.", 'I'),
    ("N.I.E.", 'I'),
    ("C.U.R.P.", 'I'),
    ("C.U.I.P.", 'I'),
    ("C.U.I.T.", 'O'),
    ("C.U.I.", 'I'),
    ("I.F.E.", 'I'),
    ("LE Number", 'I'),
    ("SSN", 'I'),
    ("Electoral Registry No.", 'I'),
    ("Credencial electoral", 'I'),
    ("Cartilla de Servicio Militar Nacional", 'I'),
    ("Military Registration Number", 'I'),
    ("Driver's License No.", 'I'),
    ("Driver's License", 'I'),
    ("Italian Fiscal Code", 'I'),
    ("Immigration No.", 'I'),
    ("VisaNumberID", 'I'),
    ("Interpol: Red Notice. File No.", 'I'),
    ("SRE Permit No.", 'I'),
    ("Tarjeta Profesional", 'I'),
    ("Public Security and Immigration No.", 'I'),
    ("Vessel Registration Identification", 'V'),
    ("MMSI", 'M'),
    ("Other Vessel Call Sign", 'O'),
    ("Vessel Call Sign", 'O'),
    ("Aircraft Manufacturer's Serial Number (MSN)", 'O'),
    ("Aircraft Construction Number (also called L/N or S/N or F/N)", 'O'),
    ("Aircraft Mode S Transponder Code", 'O'),
    ("Aircraft Tail Number", 'T'),
    ("Previous Aircraft Tail Number", 'T'),
    ("Tax ID No.", 'O'),
    ("R.F.C.", 'O'),
    ("RFC", 'O'),
    ("NIT", 'O'),
    ("RUC", 'O'),
    ("RUN", 'O'),
    ("RTN", 'O'),
    ("RIF", 'O'),
    ("RNC", 'O'),
    ("C.I.F.", 'O'),
    ("C.R. No.", 'O'),
    ("US FEIN", 'O'),
    ("UK Company Number", 'O'),
    ("V.A.T. Number", 'O'),
    ("D-U-N-S Number", 'O'),
    ("SWIFT/BIC", 'T'),
    ("BIK (RU)", 'O'),
    ("Registration Number", 'O'),
    ("Registration ID", 'O'),
    ("Company Number", 'O'),
    ("Company ID", 'O'),
    ("Commercial Registry Number", 'O'),
    ("Business Registration Number", 'O'),
    ("Business Registration Document", 'O'),
    ("Business Number", 'O'),
    ("Public Registration Number", 'O'),
    ("Certificate of Incorporation Number", 'O'),
    ("Chamber of Commerce Number", 'O'),
    ("Dubai Chamber of Commerce Membership No.", 'O'),
    ("Enterprise Number", 'O'),
    ("Branch Unit Number", 'O'),
    ("Legal Entity Number", 'O'),
    ("Economic Register Number (CBLS)", 'O'),
    ("Folio Mercantil No.", 'O'),
    ("Matricula Mercantil No", 'O'),
    ("Government Gazette Number", 'O'),
    ("Trade License No.", 'O'),
    ("License", 'O'),
    ("Registered Charity No.", 'O'),
    ("File Number", 'O'),
    ("Serial No.", 'O'),
    ("Chinese Commercial Code", 'C'),
    ("Numero Unico de Identificacao Tributaria (NUIT)", 'O'),
    ("United Social Credit Code Certificate (USCCC)", 'O'),
    ("Unified Social Credit Code (USCC)", 'O'),
];

/// Words that may stand between a label and the number.
const FILLERS: [&str; 7] = ["No.", "Number", "Booklet", "Laissez-Passer", "RNE:", "No", "#"];

/// Words after which a number has ended.
const ENDS: [&str; 9] = [" (", " issued", " expires", " expired", ", ", ",issued", " - ", " and ", " at "];

/// A longer text is no number.
const LONGEST_NUMBER: usize = 48;

/// What a clause says about a document.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// It does not speak of a document.
    Nothing,
    /// A document without a number that could be read.
    Unreadable,
    /// A number of no use for screening.
    Ignored,
    /// A document.
    Document(ListedDocument),
}

/// Reads a clause such as `Passport T700Q1X2Z (Germany) expires 03 May 2031`, without `alt.` in
/// front and stop at the end. A label that is not in the table counts where a number follows
/// `No.`, `Number`, `#`, `ID`, `Card` or `Code`, so that new sorts of numbers are not lost.
pub(super) fn read_document(clause: &str) -> Found {
    let known = LABELS.iter().find_map(|(label, kind)| after(clause, label).map(|rest| (rest, *kind)));
    let Some((rest, kind)) = known.or_else(|| unknown_label(clause)) else { return Found::Nothing };
    if kind == 'C' {
        return Found::Ignored;
    }
    // Tail numbers and bank codes may be letters only: `QQ-ABC`.
    let letters = || rest.split(' ').next().filter(|t| kind == 'T' && !t.is_empty()).map(|tail| (tail, None));
    let Some((number, issuer)) = number_of(rest).or_else(letters) else { return Found::Unreadable };
    let (kind, number) = settled(kind, number);
    Found::Document(ListedDocument { kind, number: number.to_owned(), issuer: issuer.map(str::to_owned) })
}

/// What sort of document a label of OFAC means, and the number as it is compared: without `IMO`
/// and `MMSI`. `None` where the label is not known to mean a document; the number of a label
/// that is known and of no use is empty.
pub(super) fn read_labelled<'a>(label: &str, number: &'a str) -> Option<(char, &'a str)> {
    let kind = LABELS.iter().find_map(|(known, kind)| after(label, known).map(|_| *kind));
    let kind = kind.or_else(|| guessed(&label.to_ascii_lowercase()))?;
    Some(if kind == 'C' { ('O', "") } else { settled(kind, number) })
}

/// Inner sorts of labels as document kinds.
fn settled(kind: char, number: &str) -> (char, &str) {
    let bare = |prefix: &str| number.strip_prefix(prefix).map(|n| n.trim_start_matches([' ', ':', '#', '.']));
    match (kind, bare("IMO")) {
        ('V', None) => ('V', number),
        // Shipping companies have IMO numbers as well.
        (_, Some(number)) if number.bytes().any(|b| b.is_ascii_digit()) => (if kind == 'V' { 'V' } else { 'O' }, number),
        ('M', _) => ('O', bare("MMSI").unwrap_or(number)),
        ('T' | 'V', _) => ('O', number),
        _ => (kind, number),
    }
}

/// The sort of document that words of a label that is not known suggest.
fn guessed(label: &str) -> Option<char> {
    let has = |words: &[&str]| words.iter().any(|w| label.contains(w));
    if has(&["passport", "travel document"]) {
        Some('P')
    } else if has(&["tax", "company", "commercial", "business", "registration", "licen", "membership"]) {
        Some('O')
    } else if has(&["national id", "personal id", "identity", "identification", "id card", "citizen", "driver"]) {
        Some('I')
    } else if has(&["no.", "number", " id", "card", "code", "#"]) {
        Some('O')
    } else {
        None
    }
}

/// The text after a label; ASCII case does not matter. `None` where the clause does not begin
/// with the label as a whole word.
pub(super) fn after<'a>(clause: &'a str, label: &str) -> Option<&'a str> {
    let head = clause.get(..label.len())?;
    let rest = &clause[label.len()..];
    let whole = label.ends_with('.') || rest.is_empty() || rest.starts_with([' ', ':', '#', ',', '.', '\u{a0}']);
    (head.eq_ignore_ascii_case(label) && whole).then(|| rest.trim_start_matches([' ', ':', '\u{a0}']))
}

/// Finds `… No. X` and the like in a clause whose label is not known.
fn unknown_label(clause: &str) -> Option<(&str, char)> {
    const MARKS: [&str; 8] = ["no.", "number", "#", "id", "card", "code", "no.:", "number:"];
    let digit = clause.find(|c: char| c.is_ascii_digit())?;
    let (mut at, mut mark) = (0, None);
    for word in clause[..digit].split_inclusive(' ') {
        at += word.len();
        let word = word.trim_end();
        if MARKS.iter().any(|m| word.eq_ignore_ascii_case(m)) {
            mark = Some(at);
        }
    }
    let mark = mark?;
    let label = clause[..mark].to_ascii_lowercase();
    let kind = guessed(&label).unwrap_or('O');
    // A label is a few words; a number in the middle of a sentence is none.
    (label.split(' ').count() <= 8).then_some((&clause[mark..], kind))
}

/// Number and issuing state out of what follows a label.
fn number_of(rest: &str) -> Option<(&str, Option<&'static str>)> {
    let mut rest = rest.trim_start_matches([' ', ':', '#', '.']);
    while let Some(shorter) = FILLERS.iter().find_map(|f| rest.strip_prefix(f)).filter(|r| !r.starts_with(char::is_alphanumeric))
    {
        rest = shorter.trim_start_matches([' ', ':', '#', '.']);
    }
    let end = ENDS.iter().filter_map(|e| rest.find(e)).min().unwrap_or(rest.len());
    let (number, tail) = rest.split_at(end);
    // `(Congo, Democratic Republic of the)` is one country, `, Kenya, Issue Date …` another.
    let bracket = tail.split_once('(').map(|(_, t)| t.split_once(')').map_or(t, |(t, _)| t));
    let mut issuer = bracket.and_then(country::alpha3).or_else(|| tail.split(',').skip(1).find_map(country::alpha3));
    let mut number = number.trim().trim_end_matches([',', ')', '.', ' ']);
    if number.matches('(').count() > number.matches(')').count() {
        // The closing one of `Z700000(1)` was cut off.
        number = &rest[..(number.len() + 1).min(rest.len())];
    }
    // `ZZ700002 Colombia`, `61 Upper Street`: words that follow the number are not part of it.
    let last = number.rfind(|c: char| c.is_ascii_digit())?;
    if let Some(blank) = number[last..].find(' ') {
        let words = number[last + blank..].trim();
        if words.len() > 2 {
            issuer = issuer.or_else(|| country::alpha3(words));
            number = &number[..last + blank];
        }
    }
    let starts_late = ["issued", "expires", "under"].iter().any(|w| number.starts_with(w));
    (!starts_late && number.len() <= LONGEST_NUMBER).then_some((number, issuer))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(clause: &str) -> String {
        match read_document(clause) {
            Found::Document(d) => format!("{}:{}:{}", d.kind, d.number, d.issuer.unwrap_or_default()),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn clauses_of_every_shape() {
        for (clause, document) in [
            ("Passport T700Q1X2Z (Germany) expires 03 May 2031", "P:T700Q1X2Z:DEU"),
            ("Passport QL 7000001 (Lebanon)", "P:QL 7000001:LBN"),
            ("Passport ZZ700002 Colombia", "P:ZZ700002:COL"),
            ("Passport No.: 7000003, Eritrea, Issue Date 01 August 2001, Expire Date 31 July 2011)", "P:7000003:ERI"),
            ("Passport D700000004, Diplomatic (Syria)", "P:D700000004:SYR"),
            ("Passport C 7000005 - 1/1/1400H issued 01 Jan 1980", "P:C 7000005:"),
            ("Passport 7000006 issued under the name of someone", "P:7000006:"),
            ("Passport #H7000007 (Iraq)", "P:H7000007:IRQ"),
            ("Passport Booklet: A7000008 (Pakistan)", "P:A7000008:PAK"),
            ("Passport 700009 (Congo, Democratic Republic of the)", "P:700009:COD"),
            ("Diplomatic Passport Laissez-Passer 70010", "P:70010:"),
            ("National ID No. Z700000(1) (Hong Kong)", "I:Z700000(1):HKG"),
            ("National ID No.: 7000011, Kenya", "I:7000011:KEN"),
            ("National Foreign ID Number RNE: W700012-1 (Brazil)", "I:W700012-1:BRA"),
            ("C.U.R.P. # AAAA700013BBBCCC01 (Mexico)", "I:AAAA700013BBBCCC01:MEX"),
            ("NIT # 700000014-1 (Colombia)", "O:700000014-1:COL"),
            ("V.A.T. Number BE 700,000,015", "O:BE 700,000,015:"),
            ("Vessel Registration Identification IMO 7000016", "V:7000016:"),
            ("Vessel Registration Identification 7000017", "V:7000017:"),
            ("Identification Number IMO 7000018", "O:7000018:"),
            ("MMSI 700000019", "O:700000019:"),
            ("Aircraft Manufacturer's Serial Number (MSN) 7020", "O:7020:"),
            ("Aircraft Construction Number (also called L/N or S/N or F/N) 7021", "O:7021:"),
            ("Aircraft Tail Number QQ-ABC", "O:QQ-ABC:"),
            ("BIK (RU) 700000022", "O:700000022:"),
            ("Paraguayan tax identification number AAAA 7000023", "O:AAAA 7000023:"),
            ("Brand New Personal ID Number X-12 (Peru)", "I:X-12:PER"),
            ("Chinese Commercial Code 7000 0024", "Ignored"),
            ("Passport issued in Anytown", "Unreadable"),
            ("U.S.A. Passport issued 01 Jan 1990 in Anytown", "Unreadable"),
            ("Passports are known", "Nothing"),
            ("Minister since 1979", "Nothing"),
            ("Judge of Court No. of the town", "Nothing"),
        ] {
            assert_eq!(read(clause), document, "{clause}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(label in prop::sample::select(LABELS), rest in "[ (),.:#0-9A-Zéa-z-]{0,24}") {
            read_document(&format!("{} {rest}", label.0));
            read_document(&rest);
        }

        #[test]
        fn a_plain_number_is_kept_whole(number in "[A-Z]{0,3}[0-9]{4,9}") {
            prop_assert_eq!(read(&format!("Passport {number} (France)")), format!("P:{number}:FRA"));
        }
    }
}
