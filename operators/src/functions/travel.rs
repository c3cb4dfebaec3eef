//! Dates and times of a trip.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int32Array, Int64Array};
use arrow::datatypes::DataType;
use chrono::{Datelike, NaiveDate};
use datafusion::error::Result;
use datafusion::logical_expr::ScalarUDF;

use super::function::{Function, Parameter, dates, times};

const MICROSECONDS_A_MINUTE: i64 = 60_000_000;

/// The functions of this file.
pub(super) fn functions() -> Vec<ScalarUDF> {
    use Parameter::{Date, Time};
    vec![
        Function::udf(
            "age_at(birth_date, on_date)",
            &[Date, Date],
            DataType::Int32,
            ages,
            "Completed years of life on a day; negative where the birth date lies after it. Who was born on 29 February has a birthday on 1 March in common years.",
        ),
        Function::udf(
            "days_between(from_date, to_date)",
            &[Date, Date],
            DataType::Int32,
            days_between,
            "Days from the first date to the second; negative where the second comes first.",
        ),
        Function::udf(
            "minutes_between(from_time, to_time)",
            &[Time, Time],
            DataType::Int64,
            minutes_between,
            "Whole minutes from the first time to the second as the clocks read, rounded towards zero; no time zone is applied.",
        ),
    ]
}

/// Completed years from one date to another.
fn years(from: NaiveDate, to: NaiveDate) -> i32 {
    to.year() - from.year() - i32::from((to.month(), to.day()) < (from.month(), from.day()))
}

fn ages(args: &[ArrayRef]) -> Result<ArrayRef> {
    let (births, on) = (dates(&args[0])?, dates(&args[1])?);
    let date = |array: &arrow::array::Date32Array, row| {
        array.is_valid(row).then(|| array.value(row)).and_then(arrow::temporal_conversions::date32_to_datetime)
    };
    Ok(Arc::new(
        (0..births.len()).map(|row| Some(years(date(births, row)?.date(), date(on, row)?.date()))).collect::<Int32Array>(),
    ))
}

fn days_between(args: &[ArrayRef]) -> Result<ArrayRef> {
    let (from, to) = (dates(&args[0])?, dates(&args[1])?);
    let out = arrow::compute::kernels::arity::binary::<_, _, _, arrow::datatypes::Int32Type>(from, to, |from, to| {
        // Dates of SQL reach further than an i32 of days; those of messages do not.
        to.saturating_sub(from)
    })?;
    Ok(Arc::new(out))
}

fn minutes_between(args: &[ArrayRef]) -> Result<ArrayRef> {
    let (from, to) = (times(&args[0])?, times(&args[1])?);
    let out: Int64Array =
        arrow::compute::kernels::arity::binary(from, to, |from, to| to.saturating_sub(from) / MICROSECONDS_A_MINUTE)?;
    Ok(Arc::new(out))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use arrow::array::{AsArray, Date32Array, TimestampMicrosecondArray};
    use arrow::datatypes::{Int32Type, Int64Type};
    use proptest::prelude::*;

    use super::*;

    fn day(y: i32, m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(y, m, d).unwrap()
    }

    #[test]
    fn a_birthday_completes_the_year() {
        assert_eq!(years(day(2000, 5, 2), day(2024, 5, 1)), 23);
        assert_eq!(years(day(2000, 5, 2), day(2024, 5, 2)), 24);
        assert_eq!(years(day(2000, 2, 29), day(2023, 2, 28)), 22);
        assert_eq!(years(day(2000, 2, 29), day(2023, 3, 1)), 23);
        assert_eq!(years(day(2024, 5, 2), day(2024, 5, 1)), -1);
    }

    #[test]
    fn unknown_in_unknown_out() {
        let a: ArrayRef = Arc::new(Date32Array::from(vec![Some(0), None, Some(10)]));
        let b: ArrayRef = Arc::new(Date32Array::from(vec![Some(366), Some(1), None]));
        let days = days_between(&[Arc::clone(&a), Arc::clone(&b)]).unwrap();
        assert_eq!(days.as_primitive::<Int32Type>().iter().collect::<Vec<_>>(), [Some(366), None, None]);
        let ages = ages(&[a, b]).unwrap();
        assert_eq!(ages.as_primitive::<Int32Type>().iter().collect::<Vec<_>>(), [Some(1), None, None]);
    }

    #[test]
    fn minutes_go_both_ways() {
        let a: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![Some(0), Some(90_000_000), None]));
        let b: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![Some(150_000_000), Some(0), Some(0)]));
        let out = minutes_between(&[a, b]).unwrap();
        assert_eq!(out.as_primitive::<Int64Type>().iter().collect::<Vec<_>>(), [Some(2), Some(-1), None]);
    }

    proptest! {
        #[test]
        fn an_age_is_the_number_of_birthdays(birth in -20_000_i32..20_000, lived in 0_i32..40_000) {
            let epoch = NaiveDate::default();
            let birth = epoch + chrono::Duration::days(i64::from(birth));
            let on = birth + chrono::Duration::days(i64::from(lived));
            // The slow twin walks from birthday to birthday.
            let mut count = 0;
            loop {
                let year = birth.year() + count + 1;
                let birthday = NaiveDate::from_ymd_opt(year, birth.month(), birth.day())
                    .unwrap_or_else(|| NaiveDate::from_ymd_opt(year, 3, 1).unwrap());
                if birthday > on {
                    break;
                }
                count += 1;
            }
            prop_assert_eq!(years(birth, on), count);
        }
    }
}
