//! The order of the legs of a conveyance.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, ListArray, TimestampMicrosecondArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use datafusion::common::exec_err;
use datafusion::error::Result;
use datafusion::logical_expr::ScalarUDF;

use super::function::{Function, Parameter, Texts};

/// Times in a message are those of the clock at the port and carry no zone. Clocks run from
/// UTC-12 to UTC+14, so two of them may differ by this much at one moment: a flight eastward over
/// the date line arrives "before" it left. Only what lies beyond is impossible. The same span
/// serves connections, also at one port: an estimated arrival late by hours stands beside the
/// scheduled departure of the next leg.
const CLOCKS_DIFFER: i64 = 26 * 3_600_000_000;

/// The functions of this file.
pub(super) fn functions() -> Vec<ScalarUDF> {
    vec![
        Function::udf(
            "legs_out_of_order(legs)",
            &[Parameter::Structs(&["departure_local", "arrival_local"])],
            DataType::Boolean,
            |args| by_row(args, out_of_order),
            "Whether a leg arrives before it departs, or departs before the leg before it arrives, by more than the 26 hours that two local clocks can differ. NULL where nothing shows it and a time is unknown.",
        ),
        Function::udf(
            "legs_broken(legs)",
            &[Parameter::Structs(&["departure_port", "arrival_port"])],
            DataType::Boolean,
            |args| by_row(args, broken),
            "Whether a leg departs from another port than the one where the leg before it arrives. NULL where nothing shows it and a port is unknown, or one is an IATA code and the other a UN/LOCODE.",
        ),
    ]
}

/// Runs a kernel over the legs of each row and keeps the NULLs of the column.
fn by_row(args: &[ArrayRef], kernel: fn(&ListArray) -> Result<Vec<Option<bool>>>) -> Result<ArrayRef> {
    let Some(list) = args[0].as_list_opt::<i32>() else {
        return exec_err!("{} is not a list", args[0].data_type());
    };
    Ok(Arc::new(BooleanArray::from(kernel(list)?)))
}

/// `OR` of SQL over the answers of a row: one that is true decides, else one that is unknown.
fn any(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut unknown = false;
    for answer in answers {
        match answer {
            Some(true) => return Some(true),
            Some(false) => {}
            None => unknown = true,
        }
    }
    if unknown { None } else { Some(false) }
}

fn field<'a>(list: &'a ListArray, name: &str) -> Result<&'a ArrayRef> {
    let Some(column) = list.values().as_struct_opt().and_then(|legs| legs.column_by_name(name)) else {
        return exec_err!("the list has no field {name}");
    };
    Ok(column)
}

fn ranges(list: &ListArray) -> impl Iterator<Item = Option<std::ops::Range<usize>>> + '_ {
    (0..list.len())
        .map(|row| list.is_valid(row).then(|| list.value_offsets()[row] as usize..list.value_offsets()[row + 1] as usize))
}

fn out_of_order(list: &ListArray) -> Result<Vec<Option<bool>>> {
    let time = |name| -> Result<TimestampMicrosecondArray> {
        let column = cast(field(list, name)?, &DataType::Timestamp(TimeUnit::Microsecond, None))?;
        Ok(column.as_primitive::<TimestampMicrosecondType>().clone())
    };
    let (departures, arrivals) = (time("departure_local")?, time("arrival_local")?);
    let at = |times: &TimestampMicrosecondArray, i: usize| times.is_valid(i).then(|| times.value(i));
    let too_early = |later: Option<i64>, earlier: Option<i64>| Some(later? < earlier?.saturating_sub(CLOCKS_DIFFER));
    Ok(ranges(list)
        .map(|range| {
            let range = range?;
            let start = range.start;
            any(range.flat_map(|i| {
                let within = too_early(at(&arrivals, i), at(&departures, i));
                let behind = if i == start { Some(false) } else { too_early(at(&departures, i), at(&arrivals, i - 1)) };
                [within, behind]
            }))
        })
        .collect())
}

fn broken(list: &ListArray) -> Result<Vec<Option<bool>>> {
    let (departures, arrivals) = (field(list, "departure_port")?, field(list, "arrival_port")?);
    let (departures, arrivals) = (Texts::new(departures)?, Texts::new(arrivals)?);
    Ok(ranges(list)
        .map(|range| {
            let range = range?;
            any(range.skip(1).map(|i| {
                let (from, to) = (departures.get(i)?, arrivals.get(i - 1)?);
                (from.len() == to.len()).then(|| from != to)
            }))
        })
        .collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use arrow::array::{ListBuilder, StringViewBuilder, StructBuilder, TimestampMicrosecondBuilder};
    use arrow::datatypes::Field;

    use super::*;

    type Leg = (Option<&'static str>, Option<i64>, Option<&'static str>, Option<i64>);

    /// Departure port and hour, arrival port and hour.
    fn legs(rows: &[Option<&[Leg]>]) -> ListArray {
        let time = DataType::Timestamp(TimeUnit::Microsecond, None);
        let fields = vec![
            Field::new("departure_port", DataType::Utf8View, true),
            Field::new("departure_local", time.clone(), true),
            Field::new("arrival_port", DataType::Utf8View, true),
            Field::new("arrival_local", time, true),
        ];
        let mut list = ListBuilder::new(StructBuilder::from_fields(fields, 8));
        for row in rows {
            for (from, departs, to, arrives) in row.unwrap_or_default() {
                let leg = list.values();
                leg.field_builder::<StringViewBuilder>(0).unwrap().append_option(*from);
                leg.field_builder::<TimestampMicrosecondBuilder>(1).unwrap().append_option(departs.map(|h| h * 3_600_000_000));
                leg.field_builder::<StringViewBuilder>(2).unwrap().append_option(*to);
                leg.field_builder::<TimestampMicrosecondBuilder>(3).unwrap().append_option(arrives.map(|h| h * 3_600_000_000));
                leg.append(true);
            }
            list.append(row.is_some());
        }
        list.finish()
    }

    #[test]
    fn only_what_no_pair_of_clocks_explains_is_impossible() {
        let list = legs(&[
            None,
            Some(&[]),
            // Auckland to Honolulu arrives on the day before.
            Some(&[(Some("AKL"), Some(100), Some("HNL"), Some(85))]),
            Some(&[(Some("AKL"), Some(100), Some("HNL"), Some(74))]),
            Some(&[(Some("AKL"), Some(100), Some("HNL"), Some(73))]),
            Some(&[(Some("A"), Some(100), Some("B"), Some(105)), (Some("B"), Some(90), Some("C"), Some(95))]),
            Some(&[(Some("A"), Some(100), Some("B"), Some(105)), (Some("B"), Some(50), Some("C"), Some(55))]),
            Some(&[(Some("A"), Some(100), Some("B"), None)]),
            // One proof is enough, whatever else is unknown.
            Some(&[(Some("A"), None, Some("B"), Some(105)), (Some("B"), Some(50), Some("C"), None)]),
        ]);
        assert_eq!(
            out_of_order(&list).unwrap(),
            [None, Some(false), Some(false), Some(false), Some(true), Some(false), Some(true), None, Some(true)]
        );
        // A slice keeps its own rows.
        assert_eq!(out_of_order(&list.slice(4, 2)).unwrap(), [Some(true), Some(false)]);
    }

    #[test]
    fn a_gap_between_ports_breaks_the_route() {
        let list = legs(&[
            None,
            Some(&[(Some("YUL"), None, Some("CDG"), None)]),
            Some(&[(Some("YUL"), None, Some("CDG"), None), (Some("CDG"), None, Some("CAI"), None)]),
            Some(&[(Some("YUL"), None, Some("CDG"), None), (Some("ORY"), None, Some("CAI"), None)]),
            Some(&[(Some("YUL"), None, Some("CDG"), None), (None, None, Some("CAI"), None)]),
            Some(&[(Some("YUL"), None, Some("CDG"), None), (Some("FRCDG"), None, Some("CAI"), None)]),
        ]);
        assert_eq!(broken(&list).unwrap(), [None, Some(false), Some(false), Some(true), None, None]);
    }
}
