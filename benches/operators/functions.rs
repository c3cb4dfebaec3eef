//! Functions over identifiers and places: a million values in batches, one thread.
//!
//! Axes, and why they matter:
//! * check digits of short and long identifiers, and the reason beside the answer: what every
//!   record costs.
//! * look-ups in the tables of airports (0.2 MB) and places (2 MB, any of them): caches tell.
//! * local clocks: zone rules are searched for every row.
//!
//! Counted: one value in 32 is wrong, or in no table, on purpose.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringViewArray, TimestampMicrosecondArray};
use arrow::datatypes::Field;
use criterion::{Criterion, Throughput};
use datafusion::config::ConfigOptions;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF};
use tamis_benches::{BATCH_ROWS, criterion, sized};
use tamis_operators::functions;
use tamis_records::identifiers::{awb, container, imo, mrz};
use tamis_records::reference::{airport, place};

/// One value in so many is wrong.
const WRONG: usize = 32;

fn main() {
    let mut c = criterion();
    let rows = sized(1_000_000_usize, 4_096);
    let wrong = rows.div_ceil(WRONG);

    let containers =
        texts(rows, |n| checked(&format!("{}U{:06}", letters(n), n % 1_000_000), n, |t| container::check(t).is_ok()));
    run(&mut c, "container_valid", &[Arc::clone(&containers)], |out| out.as_boolean().true_count(), rows - wrong);
    run(&mut c, "container_fault", &[containers], valid, wrong);
    let waybills = texts(rows, |n| checked(&format!("{:03}-{:07}", 1 + n % 900, 1 + n), n, |t| awb::check(t).is_ok()));
    run(&mut c, "awb_valid", &[waybills], |out| out.as_boolean().true_count(), rows - wrong);
    let ships = texts(rows, |n| checked(&format!("IMO {:06}", 123_457 + n % 400_000), n, |t| imo::check(t).is_ok()));
    run(&mut c, "imo_valid", &[ships], |out| out.as_boolean().true_count(), rows - wrong);
    let zones = texts(rows, zone);
    run(&mut c, "mrz_valid", &[Arc::clone(&zones)], |out| out.as_boolean().true_count(), rows - wrong);
    run(&mut c, "mrz_surname", &[zones], valid, rows);
    let codes = texts(rows, |n| format!("{:02}{:02}.{:02}", 1 + n % 76, 1 + n / 76 % 90, n % WRONG));
    run(&mut c, "hs_valid", &[codes], |out| out.as_boolean().true_count(), rows);

    let airports: Vec<_> = airport::all().filter(|a| a.zone().is_some()).map(airport::Airport::iata).collect();
    let airports =
        texts(
            rows,
            |n| if n.is_multiple_of(WRONG) { "QQQ".to_owned() } else { airports[scattered(n) % airports.len()].to_owned() },
        );
    run(&mut c, "airport_country", &[Arc::clone(&airports)], valid, rows - wrong);
    let places: Vec<_> = place::all().map(place::Place::code).collect();
    let places =
        texts(
            rows,
            |n| if n.is_multiple_of(WRONG) { "QQAAA".to_owned() } else { places[scattered(n) % places.len()].to_owned() },
        );
    run(&mut c, "locode_name", &[Arc::clone(&places)], valid, rows - wrong);
    run(&mut c, "airport_locode", &[places], valid, rows - wrong);
    // Ten years from 2020.
    let instants: ArrayRef = Arc::new(
        (0..rows)
            .map(|n| Some((1_577_836_800 + (scattered(n) % 315_576_000) as i64) * 1_000_000))
            .collect::<TimestampMicrosecondArray>(),
    );
    run(&mut c, "local_time", &[Arc::clone(&instants), Arc::clone(&airports)], valid, rows - wrong);
    run(&mut c, "utc_time", &[instants, airports], valid, rows - wrong);
    c.final_summary();
}

/// Runs a function over the columns in batches; `count` of its answers must sum to `expected`.
fn run(c: &mut Criterion, name: &str, columns: &[ArrayRef], count: impl Fn(&ArrayRef) -> usize, expected: usize) {
    let function = functions::all().into_iter().find(|f| f.name() == name).expect("a function of this name");
    let rows = columns[0].len();
    let mut group = c.benchmark_group("functions");
    group.throughput(Throughput::Elements(rows as u64));
    group.bench_function(name, |b| {
        b.iter(|| {
            let found: usize = (0..rows)
                .step_by(BATCH_ROWS)
                .map(|at| {
                    let length = BATCH_ROWS.min(rows - at);
                    count(&call(&function, columns.iter().map(|column| column.slice(at, length)).collect(), length))
                })
                .sum();
            assert_eq!(found, expected, "{name}");
        });
    });
    group.finish();
}

fn call(function: &ScalarUDF, columns: Vec<ArrayRef>, rows: usize) -> ArrayRef {
    let types: Vec<_> = columns.iter().map(|c| c.data_type().clone()).collect();
    let args = ScalarFunctionArgs {
        arg_fields: types.iter().map(|t| Arc::new(Field::new("argument", t.clone(), true))).collect(),
        return_field: Arc::new(Field::new("answer", function.return_type(&types).expect("a type"), true)),
        args: columns.into_iter().map(ColumnarValue::Array).collect(),
        number_rows: rows,
        config_options: Arc::new(ConfigOptions::default()),
    };
    function.invoke_with_args(args).expect("an answer").into_array(rows).expect("an array")
}

fn valid(array: &ArrayRef) -> usize {
    array.len() - array.null_count()
}

/// Text as the canonical columns have it.
fn texts(rows: usize, text: impl Fn(usize) -> String) -> ArrayRef {
    Arc::new((0..rows).map(|n| Some(text(n))).collect::<StringViewArray>())
}

/// A number that jumps about.
fn scattered(n: usize) -> usize {
    (n as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29) as usize
}

fn letters(n: usize) -> String {
    [n / 676, n / 26, n].iter().map(|n| char::from(b'A' + (n % 26) as u8)).collect()
}

/// With its check digit, or the next one where the value is to be wrong.
fn checked(text: &str, n: usize, is_right: impl Fn(&str) -> bool) -> String {
    let right = (0..10).find(|digit| is_right(&format!("{text}{digit}"))).expect("one of ten digits is right");
    format!("{text}{}", (right + usize::from(n.is_multiple_of(WRONG))) % 10)
}

/// The zone of a passport.
fn zone(n: usize) -> String {
    let digit = |field: &str| mrz::check_digit(field.as_bytes()).expect("characters of a zone");
    let number = format!("{}{:06}", letters(n), n % 1_000_000);
    let birth = format!("{:02}{:02}{:02}", n % 90, 1 + n % 12, 1 + n % 28);
    let expiry = format!("{:02}{:02}{:02}", 27 + n % 9, 1 + n % 12, 1 + n % 28);
    let optional = "<<<<<<<<<<<<<<";
    let (a, b, c) = (digit(&number), digit(&birth), digit(&expiry));
    let all = digit(&format!("{number}{a}{birth}{b}{expiry}{c}{optional}0"));
    let all = (all + u8::from(n.is_multiple_of(WRONG))) % 10;
    let name = format!("P<UTO{}SON<<ANNA<MARIA", letters(n));
    format!("{name:<<44}\n{number}{a}UTO{birth}{b}F{expiry}{c}{optional}0{all}")
}
