//! Screening with plain SQL: two tables, one join, no pipeline.
//!
//! ```text
//! cargo run --release --package tamis-operators --example sql_without_pipeline
//! ```
//!
//! It compiles three invented people into a generation, joins a table of arrivals with them
//! through the index, and repeats the join as a nested loop to show that the rows are the same.

use std::error::Error;
use std::sync::Arc;

use datafusion::prelude::{SessionConfig, SessionContext};
use tamis_operators::join::{register_watchlist, tamis_context};
use tamis_operators::watchlist::{Entity, EntityKind, EntityName, Generation, NameKind};

const ARRIVALS: &str = "CREATE TABLE arrivals AS SELECT * FROM (VALUES
    ('EX101/1', 'QASSARY', 'TARIK HAMDAN', DATE '1965-03-02'),
    ('EX101/2', 'LINDGREN', 'KARL', DATE '1980-01-01'),
    ('EX101/3', 'HALVORSEN', 'INGRID MARIT', DATE '1999-12-24'),
    ('EX101/4', 'HALVORSEN', 'INGRID', DATE '1972-05-31')
) AS a(record_id, surname, given_names, birth_date)";

const SCREEN: &str = "SELECT a.record_id, w.entity_id, w.name,
    watchlist_explanation(traveller_subject(a.surname, a.given_names, a.birth_date), w.entity) AS why
FROM arrivals a JOIN watchlist w
    ON watchlist_weight(traveller_subject(a.surname, a.given_names, a.birth_date), w.entity) >= 15
ORDER BY a.record_id, w.entity_id";

fn listed(id: &str, name: &str, birth_date: &str) -> Result<Entity, Box<dyn Error>> {
    Ok(Entity {
        id: id.into(),
        list: "example".into(),
        kind: EntityKind::Person,
        names: vec![EntityName { text: name.into(), kind: NameKind::Primary }],
        birth_dates: vec![birth_date.parse()?],
        nationalities: vec![],
        sex: None,
        documents: vec![],
        birth_places: vec![],
        programmes: vec![],
    })
}

async fn show(ctx: &SessionContext, statements: &[&str]) -> Result<(), Box<dyn Error>> {
    for sql in statements {
        let table = ctx.sql(sql).await?;
        if !table.schema().fields().is_empty() {
            println!("{}", table.to_string().await?);
        }
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let generation = Generation::build(vec![
        listed("X-1", "HALVORSEN, Ingrid Marit", "1972-05-31")?,
        listed("X-2", "QASSARI, Tariq Hamdan", "1965-03-02")?,
        listed("X-3", "OKONJOWE, Adaeze", "1988")?,
    ])?;
    let ctx = tamis_context(SessionConfig::new());
    register_watchlist(&ctx, "watchlist", Arc::new(generation))?;

    let explain = format!("EXPLAIN FORMAT INDENT {SCREEN}");
    show(&ctx, &[ARRIVALS, "SET tamis.watchlist_join = true", &explain, SCREEN]).await?;
    println!("The same without the index:");
    show(&ctx, &["SET tamis.watchlist_join = false", &explain, SCREEN]).await
}
