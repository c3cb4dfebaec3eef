use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Float32Array, Float32Builder, Int32Array, ListArray, RecordBatch, StringViewArray,
    StringViewBuilder, StructArray, new_empty_array,
};
use arrow::buffer::{OffsetBuffer, ScalarBuffer};
use arrow::compute::interleave;
use arrow::datatypes::{DataType, FieldRef, Float32Type, Schema, SchemaRef};
use datafusion::common::{Result, exec_err, plan_err};

use crate::schema::{FLAGGED, TRIAGE};

/// Column with the hits of the watchlists.
pub const WATCHLIST_HITS: &str = "watchlist_hits";
/// Column with the hits of the scenarios.
pub const SCENARIO_HITS: &str = crate::scenario::HITS_COLUMN;

/// Schema after triage: the columns of the record in their order, then [`TRIAGE`] and
/// [`FLAGGED`] instead of the two columns of hits.
///
/// # Errors
/// A schema without one of the columns of hits, or with another type there.
pub fn triage_schema(input: &Schema) -> Result<SchemaRef> {
    let hits = hits_field();
    for name in [WATCHLIST_HITS, SCENARIO_HITS] {
        match input.field_with_name(name) {
            Ok(field) if field.data_type() == hits.data_type() => {}
            Ok(field) => return plan_err!("column {name} is {}, not a list of hits", field.data_type()),
            Err(_) => return plan_err!("there is no column {name}, triage comes after watchlists and scenarios"),
        }
    }
    let mut fields = kept(input).map(|i| Arc::clone(&input.fields()[i])).collect::<Vec<FieldRef>>();
    fields.extend(TRIAGE.iter().chain(FLAGGED).map(|c| Arc::new(c.field())));
    Ok(Arc::new(Schema::new_with_metadata(fields, input.metadata().clone())))
}

/// The field `hits` of the canonical schema.
fn hits_field() -> FieldRef {
    let field = FLAGGED.iter().find(|c| c.name == "hits").unwrap_or(&FLAGGED[FLAGGED.len() - 1]);
    Arc::new(field.field())
}

/// Columns that stay.
pub(super) fn kept(input: &Schema) -> impl Iterator<Item = usize> + '_ {
    (0..input.fields().len()).filter(|i| !matches!(input.field(*i).name().as_str(), WATCHLIST_HITS | SCENARIO_HITS))
}

/// What triage found in one batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct TriageCounts {
    /// Records that a person looks at.
    pub(super) referred: usize,
    /// Hits of watchlists and scenarios.
    pub(super) hits: usize,
}

/// Puts the hits of each record together: watchlists by falling weight, then scenarios by
/// falling severity. `refer` where one of them asks for it, else `standard`; trusted programmes,
/// which `expedite`, come later.
///
/// # Errors
/// A batch without the two columns of hits, see [`triage_schema`].
pub fn triage(batch: &RecordBatch) -> Result<RecordBatch> {
    let schema = triage_schema(batch.schema_ref())?;
    Ok(triage_as(batch, &schema)?.0)
}

/// As [`triage`], with the schema at hand and counts for metrics.
pub(super) fn triage_as(batch: &RecordBatch, schema: &SchemaRef) -> Result<(RecordBatch, TriageCounts)> {
    let rows = batch.num_rows();
    let watchlist = Hits::new(batch, WATCHLIST_HITS)?;
    let scenario = Hits::new(batch, SCENARIO_HITS)?;
    let mut columns = kept(batch.schema_ref()).map(|i| Arc::clone(batch.column(i))).collect::<Vec<ArrayRef>>();
    let counts = if watchlist.is_empty() && scenario.is_empty() {
        nothing_found(rows, &mut columns)?;
        TriageCounts::default()
    } else {
        found(rows, &watchlist, &scenario, &mut columns)?
    };
    Ok((RecordBatch::try_new(Arc::clone(schema), columns)?, counts))
}

/// Most batches have no hit at all.
fn nothing_found(rows: usize, columns: &mut Vec<ArrayRef>) -> Result<()> {
    let DataType::List(item) = hits_field().data_type().clone() else { return exec_err!("hits are not a list") };
    columns.push(Arc::new(StringViewArray::from_iter_values(std::iter::repeat_n("standard", rows))));
    columns.push(Arc::new(Int32Array::from(vec![0; rows])));
    columns.push(Arc::new(Float32Array::new_null(rows)));
    columns.push(Arc::new(StringViewArray::from_iter_values(std::iter::repeat_n("", rows))));
    let none = new_empty_array(item.data_type());
    columns.push(Arc::new(ListArray::try_new(item, OffsetBuffer::new_zeroed(rows), none, None)?));
    Ok(())
}

fn found(rows: usize, watchlist: &Hits, scenario: &Hits, columns: &mut Vec<ArrayRef>) -> Result<TriageCounts> {
    let mut counts = TriageCounts::default();
    let mut triage = StringViewBuilder::with_capacity(rows);
    let mut hit_count = Vec::with_capacity(rows);
    let mut max_bits = Float32Builder::with_capacity(rows);
    let mut summary = StringViewBuilder::with_capacity(rows);
    let mut offsets = Vec::with_capacity(rows + 1);
    offsets.push(0_i32);
    // (0, i) is hit i of the watchlists, (1, i) of the scenarios, as `interleave` counts.
    let mut order: Vec<(usize, usize)> = Vec::new();
    let mut line = String::new();
    for row in 0..rows {
        let start = order.len();
        order.extend(watchlist.range(row).map(|i| (0, i)));
        let middle = order.len();
        order.extend(scenario.range(row).map(|i| (1, i)));
        // Both sorts are stable: what weighs the same keeps its order, run after run.
        order[start..middle].sort_by(|a, b| watchlist.weight(b.1).total_cmp(&watchlist.weight(a.1)));
        order[middle..].sort_by_key(|(_, i)| std::cmp::Reverse(scenario.severity(*i)));
        let hits = &order[start..];

        line.clear();
        let mut refer = false;
        for (side, i) in hits {
            let of = if *side == 0 { watchlist } else { scenario };
            refer |= of.action.is_valid(*i) && of.action.value(*i) == "refer";
            if of.explanation.is_valid(*i) {
                if !line.is_empty() {
                    line.push_str("; ");
                }
                line.push_str(of.explanation.value(*i));
            }
        }
        counts.referred += usize::from(refer);
        triage.append_value(if refer { "refer" } else { "standard" });
        let Ok(count) = i32::try_from(hits.len()) else { return exec_err!("a record has {} hits", hits.len()) };
        hit_count.push(count);
        max_bits.append_option(
            order[start..middle]
                .first()
                .map(|(_, i)| *i)
                .filter(|i| watchlist.bits.is_valid(*i))
                .map(|i| watchlist.bits.value(i)),
        );
        summary.append_value(&line);
        let Ok(end) = i32::try_from(order.len()) else {
            return exec_err!("{} hits in one batch, use smaller batches", order.len());
        };
        offsets.push(end);
    }
    counts.hits = order.len();
    let hits = interleave(&[watchlist.items, scenario.items], &order)?;
    let DataType::List(item) = hits_field().data_type().clone() else { return exec_err!("hits are not a list") };
    columns.push(Arc::new(triage.finish()));
    columns.push(Arc::new(Int32Array::from(hit_count)));
    columns.push(Arc::new(max_bits.finish()));
    columns.push(Arc::new(summary.finish()));
    columns.push(Arc::new(ListArray::try_new(item, OffsetBuffer::new(ScalarBuffer::from(offsets)), hits, None)?));
    Ok(counts)
}

/// One column of hits, with the fields that triage reads.
struct Hits<'a> {
    list: &'a ListArray,
    items: &'a StructArray,
    bits: &'a Float32Array,
    severity: &'a StringViewArray,
    action: &'a StringViewArray,
    explanation: &'a StringViewArray,
}

impl<'a> Hits<'a> {
    fn new(batch: &'a RecordBatch, name: &str) -> Result<Self> {
        let list = batch.column_by_name(name).and_then(|c| c.as_list_opt::<i32>());
        let Some(list) = list else { return exec_err!("there is no column {name} of hits") };
        let Some(hits) = list.values().as_struct_opt() else { return exec_err!("{name} holds no hits") };
        let text = |field: &str| {
            let Some(column) = hits.column_by_name(field).and_then(|c| c.as_string_view_opt()) else {
                return exec_err!("the hits of {name} have no text {field}");
            };
            Ok(column)
        };
        let Some(bits) = hits.column_by_name("bits").and_then(|c| c.as_primitive_opt::<Float32Type>()) else {
            return exec_err!("the hits of {name} have no bits");
        };
        Ok(Self {
            list,
            items: hits,
            bits,
            severity: text("severity")?,
            action: text("action")?,
            explanation: text("explanation")?,
        })
    }

    /// Whether no row has a hit; hits that a slice left behind do not count.
    fn is_empty(&self) -> bool {
        let offsets = self.list.value_offsets();
        offsets.first() == offsets.last()
    }

    fn range(&self, row: usize) -> std::ops::Range<usize> {
        if self.list.is_null(row) {
            return 0..0;
        }
        self.list.value_offsets()[row] as usize..self.list.value_offsets()[row + 1] as usize
    }

    /// A hit without weight comes last.
    fn weight(&self, i: usize) -> f32 {
        if self.bits.is_valid(i) { self.bits.value(i) } else { f32::NEG_INFINITY }
    }

    fn severity(&self, i: usize) -> u8 {
        match self.severity.is_valid(i).then(|| self.severity.value(i)) {
            Some("high") => 3,
            Some("medium") => 2,
            Some("low") => 1,
            _ => 0,
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used)]
    use arrow::array::{Float32Builder, ListBuilder, StringViewBuilder, StructBuilder};
    use arrow::datatypes::{Field, Fields};
    use proptest::prelude::*;

    use super::*;
    use crate::schema::hit_type;

    /// kind, explanation, bits, severity, action
    pub(in crate::triage) type Hit = (&'static str, String, Option<f32>, Option<&'static str>, &'static str);

    pub(in crate::triage) fn hits(rows: &[Vec<Hit>]) -> ListArray {
        let DataType::Struct(fields) = hit_type() else { panic!("a hit is a struct") };
        // Lists are added after building: their builders would need the nested types spelt out.
        let plain = fields.iter().filter(|f| !f.data_type().is_nested()).map(Arc::clone).collect::<Fields>();
        let mut list = ListBuilder::new(StructBuilder::from_fields(plain, 8));
        for row in rows {
            for (kind, explanation, bits, severity, action) in row {
                let hit = list.values();
                for (i, text) in [Some(*kind), Some("id"), Some("list"), Some("matched")].into_iter().enumerate() {
                    hit.field_builder::<StringViewBuilder>(i).unwrap().append_option(text);
                }
                hit.field_builder::<Float32Builder>(4).unwrap().append_option(*bits);
                for (i, text) in [*severity, Some(*action), Some(explanation)].into_iter().enumerate() {
                    hit.field_builder::<StringViewBuilder>(i + 5).unwrap().append_option(text);
                }
                hit.field_builder::<StringViewBuilder>(8).unwrap().append_null();
                hit.append(true);
            }
            list.append(true);
        }
        let (_, offsets, values, _) = list.finish().into_parts();
        let built = values.as_struct();
        let column = |f: &Arc<Field>| {
            let missing = || arrow::array::new_null_array(f.data_type(), values.len());
            built.column_by_name(f.name()).map_or_else(missing, Arc::clone)
        };
        let arrays = fields.iter().map(column).collect();
        let values = StructArray::try_new(fields, arrays, None).unwrap();
        ListArray::try_new(Arc::new(Field::new("item", hit_type(), true)), offsets, Arc::new(values), None).unwrap()
    }

    pub(in crate::triage) fn batch(watchlist: &[Vec<Hit>], scenario: &[Vec<Hit>]) -> RecordBatch {
        let ids = (0..watchlist.len()).map(|i| i.to_string()).collect::<Vec<_>>();
        RecordBatch::try_from_iter([
            (WATCHLIST_HITS, Arc::new(hits(watchlist)) as ArrayRef),
            ("record_id", Arc::new(StringViewArray::from_iter_values(ids)) as ArrayRef),
            (SCENARIO_HITS, Arc::new(hits(scenario)) as ArrayRef),
        ])
        .unwrap()
    }

    fn listed(text: &str, bits: f32) -> Hit {
        ("watchlist", text.to_owned(), Some(bits), None, "refer")
    }
    fn rule(text: &str, severity: &'static str, action: &'static str) -> Hit {
        ("scenario", text.to_owned(), None, Some(severity), action)
    }
    fn texts(batch: &RecordBatch, name: &str) -> Vec<String> {
        batch.column_by_name(name).unwrap().as_string_view().iter().map(|t| t.unwrap_or("NULL").to_owned()).collect()
    }

    #[test]
    fn the_heaviest_comes_first_and_one_refer_refers() {
        let batch = batch(
            &[vec![], vec![listed("b", 20.0), listed("a", 30.5)], vec![], vec![]],
            &[
                vec![rule("n", "high", "note")],
                vec![rule("l", "low", "refer"), rule("h", "high", "note"), rule("h2", "high", "refer")],
                vec![],
                vec![rule("r", "low", "refer")],
            ],
        );
        let out = triage(&batch).unwrap();
        assert_eq!(texts(&out, "triage"), ["standard", "refer", "standard", "refer"]);
        assert_eq!(texts(&out, "summary"), ["n", "a; b; h; h2; l", "", "r"]);
        assert_eq!(texts(&out, "record_id"), ["0", "1", "2", "3"]);
        let count = out.column_by_name("hit_count").unwrap().as_primitive::<arrow::datatypes::Int32Type>();
        assert_eq!(count.values(), &[1, 5, 0, 1]);
        let bits = out.column_by_name("max_bits").unwrap().as_primitive::<Float32Type>();
        assert_eq!(bits.iter().collect::<Vec<_>>(), [None, Some(30.5), None, None]);
        assert_eq!(out.column_by_name("hits").unwrap().as_list::<i32>().value_length(1), 5);
        assert_eq!(
            out.schema().fields().iter().map(|f| f.name().as_str()).collect::<Vec<_>>(),
            ["record_id", "triage", "hit_count", "max_bits", "summary", "hits"]
        );
        // A slice keeps its own rows, and one without hits takes the short way.
        let slice = triage(&batch.slice(1, 1)).unwrap();
        assert_eq!(texts(&slice, "summary"), ["a; b; h; h2; l"]);
        let none = triage(&batch.slice(2, 1)).unwrap();
        assert_eq!(texts(&none, "triage"), ["standard"]);
        assert_eq!(none.schema(), slice.schema());
    }

    #[test]
    fn a_missing_column_is_an_error_and_not_an_outcome() {
        let batch = batch(&[vec![]], &[vec![]]).project(&[0, 1]).unwrap();
        assert!(triage(&batch).unwrap_err().to_string().contains("scenario_hits"));
    }

    fn any_hit() -> impl Strategy<Value = Hit> {
        let severity = prop_oneof![Just("low"), Just("medium"), Just("high")];
        let action = prop_oneof![Just("refer"), Just("note")];
        (0_u8..4, severity, action).prop_map(|(n, severity, action)| rule(&n.to_string(), severity, action))
    }
    fn any_listed() -> impl Strategy<Value = Hit> {
        (0_u8..4, 10_u8..13).prop_map(|(n, bits)| listed(&n.to_string(), f32::from(bits)))
    }

    proptest! {
        /// The slow twin sorts structs row by row.
        #[test]
        fn rows_are_those_of_a_plain_sort(
            rows in prop::collection::vec(
                (prop::collection::vec(any_listed(), 0..4), prop::collection::vec(any_hit(), 0..4)), 1..12)
        ) {
            let (watchlist, scenario): (Vec<_>, Vec<_>) = rows.iter().cloned().unzip();
            let out = triage(&batch(&watchlist, &scenario)).unwrap();
            let (outcomes, summaries) = (texts(&out, "triage"), texts(&out, "summary"));
            for (row, (mut listed, mut rules)) in rows.into_iter().enumerate() {
                let refer = listed.iter().chain(&rules).any(|h| h.4 == "refer");
                prop_assert_eq!(&outcomes[row], if refer { "refer" } else { "standard" });
                listed.sort_by(|a, b| b.2.partial_cmp(&a.2).unwrap());
                let rank = |h: &Hit| ["high", "medium", "low"].iter().position(|s| Some(*s) == h.3);
                rules.sort_by_key(rank);
                let all = listed.into_iter().chain(rules).map(|h| h.1).collect::<Vec<_>>().join("; ");
                prop_assert_eq!(&summaries[row], &all);
            }
        }
    }
}
