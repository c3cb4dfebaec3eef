use std::fmt::Write as _;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, ListArray, RecordBatch, StringViewArray, StringViewBuilder, StructArray, UInt32Array,
    new_empty_array, new_null_array,
};
use arrow::buffer::{BooleanBuffer, OffsetBuffer, ScalarBuffer};
use arrow::compute::take;
use arrow::datatypes::{DataType, Field, FieldRef};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::common::{Result, exec_err, internal_err};

use super::compile::CompiledSet;
use super::template::Part;
use crate::schema::hit_type;

/// Item of the list of hits, as in the canonical schema.
pub(super) fn hit_item() -> FieldRef {
    Arc::new(Field::new("item", hit_type(), true))
}

/// Values in an explanation as a person reads them.
const DISPLAY: FormatOptions<'static> = FormatOptions::new()
    .with_null("unknown")
    .with_date_format(Some("%Y-%m-%d"))
    .with_timestamp_format(Some("%Y-%m-%d %H:%M"))
    .with_timestamp_tz_format(Some("%Y-%m-%d %H:%M UTC"));

/// Turns the answers of all scenarios over one batch into one list of hits a row, in the order
/// of the set. Explanations are rendered for what fired and nothing else.
///
/// `fires` has one array a scenario; NULL does not fire. `columns` says which column of the
/// batch each of [`CompiledSet::placeholders`] is.
///
/// # Errors
/// Arrays that do not fit the set or the batch.
pub fn scenario_hits(batch: &RecordBatch, fires: &[&BooleanArray], columns: &[usize], set: &CompiledSet) -> Result<ListArray> {
    let rows = batch.num_rows();
    if fires.len() != set.set().len() || columns.len() != set.placeholders().len() || fires.iter().any(|f| f.len() != rows) {
        return internal_err!("answers of {} scenarios do not fit a set of {}", fires.len(), set.set().len());
    }
    let fired = fires.iter().map(|f| fired(f)).collect::<Vec<_>>();
    let total = fired.iter().map(|f| f.as_ref().map_or(0, BooleanBuffer::count_set_bits)).sum::<usize>();
    if total == 0 {
        let offsets = OffsetBuffer::new_zeroed(rows);
        return Ok(ListArray::try_new(hit_item(), offsets, new_empty_array(&hit_type()), None)?);
    }
    if i32::try_from(total).is_err() {
        return exec_err!("{total} scenario hits in one batch of {rows} rows, use smaller batches");
    }

    let mut offsets = vec![0_i32; rows + 1];
    for buffer in fired.iter().flatten() {
        for row in buffer.set_indices() {
            offsets[row + 1] += 1;
        }
    }
    for row in 0..rows {
        offsets[row + 1] += offsets[row];
    }
    // Counting sort by row; scenarios come in order, so they stay in order within a row.
    let mut next = offsets[..rows].to_vec();
    let mut of_hit = vec![(0_u32, 0_u32); total];
    for (scenario, buffer) in fired.iter().enumerate() {
        for row in buffer.iter().flat_map(BooleanBuffer::set_indices) {
            of_hit[next[row] as usize] = (row as u32, scenario as u32);
            next[row] += 1;
        }
    }

    let explanations = explain(batch, &of_hit, columns, set)?;
    let scenarios = UInt32Array::from_iter_values(of_hit.iter().map(|(_, scenario)| *scenario));
    let DataType::Struct(fields) = hit_type() else { return internal_err!("a hit is not a struct") };
    let constants = &set.constants;
    let arrays = fields
        .iter()
        .map(|field| -> Result<ArrayRef> {
            Ok(match field.name().as_str() {
                "kind" => Arc::new(StringViewArray::from_iter_values(std::iter::repeat_n("scenario", total))),
                "id" => take(&constants.id, &scenarios, None)?,
                "list" => take(&constants.version, &scenarios, None)?,
                "matched" => take(&constants.title, &scenarios, None)?,
                "severity" => take(&constants.severity, &scenarios, None)?,
                "action" => take(&constants.action, &scenarios, None)?,
                "explanation" => Arc::clone(&explanations),
                // Weight and evidence: a rule has neither.
                _ => new_null_array(field.data_type(), total),
            })
        })
        .collect::<Result<Vec<_>>>()?;
    let hits = StructArray::try_new(fields, arrays, None)?;
    Ok(ListArray::try_new(hit_item(), OffsetBuffer::new(ScalarBuffer::from(offsets)), Arc::new(hits), None)?)
}

/// Rows on which a predicate is true; `None` where there are none, which is the common case.
fn fired(answers: &BooleanArray) -> Option<BooleanBuffer> {
    let fired = match answers.nulls() {
        Some(nulls) if nulls.null_count() > 0 => answers.values() & nulls.inner(),
        _ => answers.values().clone(),
    };
    (fired.count_set_bits() > 0).then_some(fired)
}

fn explain(batch: &RecordBatch, of_hit: &[(u32, u32)], columns: &[usize], set: &CompiledSet) -> Result<ArrayRef> {
    let mut formatters: Vec<Option<ArrayFormatter<'_>>> = columns.iter().map(|_| None).collect();
    let mut out = StringViewBuilder::with_capacity(of_hit.len());
    let mut line = String::new();
    for (row, scenario) in of_hit {
        line.clear();
        for part in &set.compiled()[*scenario as usize].template.parts {
            match part {
                Part::Text(text) => line.push_str(text),
                Part::Value(at) => {
                    let formatter = match &mut formatters[*at] {
                        Some(formatter) => formatter,
                        empty => empty.insert(ArrayFormatter::try_new(batch.column(columns[*at]), &DISPLAY)?),
                    };
                    if write!(line, "{}", formatter.value(*row as usize)).is_err() {
                        return exec_err!("column {} cannot be shown in an explanation", set.placeholders()[*at]);
                    }
                }
            }
        }
        out.append_value(&line);
    }
    Ok(Arc::new(out.finish()))
}
