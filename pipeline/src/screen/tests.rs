//! A consignment through its plan: every subject on it is screened, one row stays one row.
#![allow(clippy::unwrap_used)]

use arrow::array::{Array, AsArray};
use arrow::datatypes::Int32Type;
use serde_json::json;
use tamis_operators::scenario::{ScenarioSet, example_batch};
use tamis_operators::watchlist::{Entity, EntityKind, EntityName, Generation, ListedDocument, NameKind};

use super::*;
use crate::runtime::Runtimes;

fn entity(id: &str, kind: EntityKind, name: &str, number: &str) -> Entity {
    Entity {
        id: id.into(),
        list: "test".into(),
        kind,
        names: vec![EntityName { text: name.into(), kind: NameKind::Primary }],
        birth_dates: vec![],
        nationalities: vec![],
        sex: None,
        documents: vec![ListedDocument { kind: 'O', number: number.into(), issuer: None }],
        birth_places: vec![],
        programmes: vec![],
    }
}

fn screening() -> Arc<Screening> {
    let listed = vec![
        entity("ship", EntityKind::Vessel, "QUIET HALVORSEN", "IMO 9074729"),
        entity("firm", EntityKind::Organisation, "ZARNOVIA PUMP TRADING LLC", "RC-99123"),
        entity("box", EntityKind::Unknown, "CSQU3054383", "CSQU3054383"),
        entity("other", EntityKind::Person, "INGRID HALVORSEN", "X1"),
    ];
    let generation = Arc::new(Generation::build(listed).unwrap());
    Arc::new(Screening::try_new(generation, ScenarioSet::new(vec![]).unwrap(), 10.0, Strategy::Index).unwrap())
}

#[test]
fn parties_vessel_and_containers_are_subjects() {
    let kind = RecordKind::Consignment;
    let given = json!({
        "mode": "sea", "conveyance_name": "QUIET HALVORSEN", "conveyance_id": "9074729", "level": "master",
        "parties": [
            {"role": "consignor", "name": "ZARNOVIA PUMP TRADING L.L.C."},
            {"role": "consignee", "name": "NOBODY OF INTEREST"},
        ],
        "containers": [{"number": "CSQU3054383"}, {"number": "TGHU1234567"}],
    });
    let plain = json!({"mode": "sea", "level": "house", "parties": [{"role": "consignee", "name": "NOBODY OF INTEREST"}]});
    let batch = |given: &serde_json::Value| example_batch(given.as_object().unwrap(), &kind.schema()).unwrap();

    let runtimes = Runtimes::new(1).unwrap();
    let Lane { input, mut output } = Lane::open(screening(), kind, runtimes.compute());
    input.blocking_send(batch(&given)).unwrap();
    input.blocking_send(batch(&plain)).unwrap();
    drop(input);
    let flagged = output.blocking_recv().unwrap().unwrap();
    let clean = output.blocking_recv().unwrap().unwrap();
    assert!(output.blocking_recv().is_none());
    assert_eq!((flagged.num_rows(), clean.num_rows()), (1, 1));
    assert_eq!(clean.column_by_name("triage").unwrap().as_string_view().value(0), "standard");
    assert_eq!(flagged.column_by_name("triage").unwrap().as_string_view().value(0), "refer");
    let hits = flagged.column_by_name("hits").unwrap().as_list::<i32>().value(0);
    let hits = hits.as_struct();
    let text = |name: &str| hits.column_by_name(name).unwrap().as_string_view().clone();
    let mut found: Vec<_> = (0..hits.len()).map(|i| format!("{} {}", text("subject").value(i), text("id").value(i))).collect();
    found.sort();
    assert_eq!(found, ["consignor firm", "container box", "vessel ship"]);
    assert_eq!(flagged.column_by_name("hit_count").unwrap().as_primitive::<Int32Type>().value(0), 3);
}
