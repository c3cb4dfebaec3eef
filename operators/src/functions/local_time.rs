//! Local clocks of airports: messages have them, deadlines and instants do not.

use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, TimeUnit};
use chrono::{DateTime, Duration, MappedLocalTime, NaiveDateTime, Offset, TimeZone};
use chrono_tz::Tz;
use datafusion::error::Result;
use datafusion::logical_expr::ScalarUDF;
use tamis_records::reference::airport;

use super::function::{Function, Parameter, Texts, times, unpacked};

/// Rules of the zones of the airport table, by their number.
static ZONES: LazyLock<Vec<Option<Tz>>> = LazyLock::new(|| airport::zones().iter().map(|name| name.parse().ok()).collect());

/// The functions of this file.
pub(super) fn functions() -> Vec<ScalarUDF> {
    use Parameter::{Text, Time};
    vec![
        Function::udf(
            "local_time(instant, airport)",
            &[Time, Text],
            DataType::Timestamp(TimeUnit::Microsecond, None),
            |args| convert(args, local_of, None),
            "What the clocks of an airport (IATA code, ICAO code or UN/LOCODE) show at an instant. NULL where its time zone is not known.",
        ),
        Function::udf(
            "utc_time(local, airport)",
            &[Time, Text],
            DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            |args| convert(args, instant_of, Some("UTC")),
            "The instant at which the clocks of an airport (IATA code, ICAO code or UN/LOCODE) show a time: the first where they are turned back over it, and by the offset before where they are turned forward over it. NULL where its time zone is not known.",
        ),
    ]
}

/// What clocks show at an instant.
fn local_of(instant: NaiveDateTime, zone: Tz) -> Option<NaiveDateTime> {
    instant.checked_add_offset(zone.offset_from_utc_datetime(&instant).fix())
}

/// The instant at which clocks show a time.
fn instant_of(local: NaiveDateTime, zone: Tz) -> Option<NaiveDateTime> {
    let offset = match zone.offset_from_local_datetime(&local) {
        MappedLocalTime::Single(offset) | MappedLocalTime::Ambiguous(offset, _) => offset,
        // Clocks never show it. A day before they showed the time of the offset before; whole days
        // were left out where the date line moved.
        MappedLocalTime::None => {
            (1..=2).find_map(|days| zone.offset_from_local_datetime(&local.checked_sub_signed(Duration::days(days))?).latest())?
        }
    };
    local.checked_sub_offset(offset.fix())
}

fn convert(
    args: &[ArrayRef],
    turn: impl Fn(NaiveDateTime, Tz) -> Option<NaiveDateTime>,
    zone_name: Option<&str>,
) -> Result<ArrayRef> {
    let codes = unpacked(&args[1])?;
    let (time, code) = (times(&args[0])?, Texts::new(&codes)?);
    // Neighbours are often of one flight.
    let mut last: Option<(&str, Option<Tz>)> = None;
    let mut zone_of = |code| match last {
        Some((known, zone)) if known == code => zone,
        _ => {
            let zone = airport::find(code).and_then(airport::Airport::zone_number).and_then(|n| *ZONES.get(n)?);
            last = Some((code, zone));
            zone
        }
    };
    let out: TimestampMicrosecondArray = (0..time.len())
        .map(|row| {
            let zone = zone_of(code.get(row)?)?;
            let at = time.is_valid(row).then(|| time.value(row))?;
            Some(turn(DateTime::from_timestamp_micros(at)?.naive_utc(), zone)?.and_utc().timestamp_micros())
        })
        .collect();
    Ok(Arc::new(match zone_name {
        Some(zone) => out.with_timezone(zone),
        None => out,
    }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn time(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    fn zone(code: &str) -> Tz {
        ZONES[airport::find(code).unwrap().zone_number().unwrap()].unwrap()
    }

    #[test]
    fn every_zone_of_the_table_has_rules() {
        for (name, zone) in airport::zones().iter().zip(ZONES.iter()) {
            assert_eq!(zone.map(Tz::name), Some(*name));
        }
    }

    #[test]
    fn summer_and_winter() {
        let local = |at, code| local_of(time(at), zone(code)).unwrap();
        assert_eq!(local("2026-01-15T12:00:00", "YUL"), time("2026-01-15T07:00:00"));
        assert_eq!(local("2026-07-15T12:00:00", "YUL"), time("2026-07-15T08:00:00"));
        assert_eq!(local("2026-07-15T20:30:00", "DEL"), time("2026-07-16T02:00:00"));
        assert_eq!(local("2026-07-15T12:00:00", "KTM"), time("2026-07-15T17:45:00"));
        assert_eq!(instant_of(time("2026-07-15T08:00:00"), zone("YUL")), Some(time("2026-07-15T12:00:00")));
    }

    #[test]
    fn clocks_that_are_turned() {
        let instant = |at, code| instant_of(time(at), zone(code)).unwrap();
        // 2026-11-01 02:00 EDT is 01:00 EST: half past one comes twice, the first counts.
        assert_eq!(instant("2026-11-01T01:30:00", "YYZ"), time("2026-11-01T05:30:00"));
        // 2026-03-08 02:00 EST is 03:00 EDT: half past two never comes and is read as EST.
        assert_eq!(instant("2026-03-08T02:30:00", "YYZ"), time("2026-03-08T07:30:00"));
        // Samoa had no 30 December 2011.
        assert_eq!(instant("2011-12-30T12:00:00", "APW"), time("2011-12-30T22:00:00"));
    }

    proptest! {
        #[test]
        fn there_and_back(seconds in 0_i64..4_000_000_000, n in any::<prop::sample::Index>()) {
            let zone = ZONES[n.index(ZONES.len())].unwrap();
            let at = DateTime::from_timestamp(seconds, 0).unwrap().naive_utc();
            let local = local_of(at, zone).unwrap();
            let back = instant_of(local, zone).unwrap();
            // The hour that comes twice is read as its first.
            prop_assert_eq!(local_of(back, zone).unwrap(), local);
            prop_assert!(back <= at);
        }

        #[test]
        fn any_time_gets_an_answer(micros in any::<i64>(), n in any::<prop::sample::Index>()) {
            let zone = ZONES[n.index(ZONES.len())].unwrap();
            if let Some(at) = DateTime::from_timestamp_micros(micros) {
                let _ = (local_of(at.naive_utc(), zone), instant_of(at.naive_utc(), zone));
            }
        }
    }
}
