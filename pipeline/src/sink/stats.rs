use arrow::datatypes::{DataType, Schema};
use chrono::DateTime;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::statistics::Statistics;
use serde_json::{Map, Value, json};

/// Statistics of a file as the Delta log wants them: rows, and smallest value, largest value and
/// nulls of the named columns. They come out of the Parquet footer, so the two cannot disagree.
/// A bound that is not exact, since Parquet cut it, is left out.
pub(super) fn delta_stats(file: &ParquetMetaData, schema: &Schema, columns: &[&str]) -> String {
    let (mut min, mut max, mut nulls) = (Map::new(), Map::new(), Map::new());
    for name in columns {
        let leaf = file.file_metadata().schema_descr().columns().iter().position(|c| c.path().parts() == [*name]);
        let (Some(leaf), Ok(field)) = (leaf, schema.field_with_name(name)) else { continue };
        let chunks = file.row_groups().iter().map(|g| (g.num_rows() as u64, g.column(leaf).statistics()));
        let Some(summary) = summarise(chunks, field.data_type()) else { continue };
        nulls.insert((*name).to_owned(), json!(summary.nulls));
        if let Some((low, high)) = summary.bounds {
            min.insert((*name).to_owned(), low);
            max.insert((*name).to_owned(), high);
        }
    }
    let rows = file.file_metadata().num_rows();
    json!({"numRecords": rows, "minValues": min, "maxValues": max, "nullCount": nulls}).to_string()
}

struct Summary {
    nulls: u64,
    bounds: Option<(Value, Value)>,
}

#[derive(PartialEq, PartialOrd)]
enum Bound {
    Number(i64),
    Text(String),
}

/// `None` where the nulls are not known; no bounds where one chunk does not tell them.
fn summarise<'a>(chunks: impl Iterator<Item = (u64, Option<&'a Statistics>)>, data_type: &DataType) -> Option<Summary> {
    let mut nulls = 0;
    let mut bounds: Option<(Bound, Bound)> = None;
    let mut known = true;
    for (rows, statistics) in chunks {
        let statistics = statistics?;
        let here = statistics.null_count_opt()?;
        nulls += here;
        if here == rows {
            continue;
        }
        match exact_bounds(statistics) {
            Some((low, high)) => {
                bounds = Some(match bounds {
                    None => (low, high),
                    Some((l, h)) => (if low < l { low } else { l }, if high > h { high } else { h }),
                });
            }
            None => known = false,
        }
    }
    let bounds = bounds.filter(|_| known).and_then(|(l, h)| Some((value(l, data_type)?, value(h, data_type)?)));
    Some(Summary { nulls, bounds })
}

fn exact_bounds(statistics: &Statistics) -> Option<(Bound, Bound)> {
    if !(statistics.min_is_exact() && statistics.max_is_exact()) {
        return None;
    }
    match statistics {
        Statistics::Int32(s) => Some((Bound::Number((*s.min_opt()?).into()), Bound::Number((*s.max_opt()?).into()))),
        Statistics::Int64(s) => Some((Bound::Number(*s.min_opt()?), Bound::Number(*s.max_opt()?))),
        Statistics::ByteArray(s) => {
            let text = |bytes: &[u8]| std::str::from_utf8(bytes).ok().map(|t| Bound::Text(t.to_owned()));
            Some((text(s.min_opt()?.data())?, text(s.max_opt()?.data())?))
        }
        _ => None,
    }
}

fn value(bound: Bound, data_type: &DataType) -> Option<Value> {
    Some(match (bound, data_type) {
        (Bound::Text(text), _) => json!(text),
        (Bound::Number(days), DataType::Date32) => {
            json!(DateTime::from_timestamp(days * 86_400, 0)?.format("%Y-%m-%d").to_string())
        }
        (Bound::Number(micros), DataType::Timestamp(_, zone)) => {
            let zulu = if zone.is_some() { "Z" } else { "" };
            let text = DateTime::from_timestamp_micros(micros)?.format("%Y-%m-%dT%H:%M:%S%.6f").to_string();
            // A year of more than four digits is beyond what readers parse.
            if text.len() != 26 {
                return None;
            }
            json!(text + zulu)
        }
        (Bound::Number(n), _) => json!(n),
    })
}
