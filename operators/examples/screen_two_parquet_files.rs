//! Two Parquet files, screened with plain SQL: a list of people and a table of travellers.
//!
//! ```text
//! cargo run --package tamis-operators --example screen_two_parquet_files
//! ```
//!
//! It writes two small files with invented people, registers both, compiles the list into a
//! generation, and asks who of the travellers is on it, with a threshold for each list. It prints the
//! plan, which shows the index at work, and the hits with their evidence.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};
use datafusion::dataframe::DataFrameWriteOptions;
use datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext};
use tamis_operators::join::{register_watchlist, tamis_context};
use tamis_operators::watchlist::{Entity, EntityKind, EntityName, Generation, NameKind};

const LISTED: &str = "SELECT * FROM (VALUES
    ('X-1', 'border', 'HALVORSEN, Ingrid Marit', '1972-05-31', 'NOR'),
    ('X-2', 'border', 'QASSARI, Tariq Hamdan',   '1965-03-02', 'IRQ'),
    ('X-3', 'fraud',  'OKONJOWE, Adaeze',        '1988',       'NGA'),
    ('X-4', 'fraud',  'ABD AL RAHMAN, Umar',     NULL,         NULL)
) AS l(entity_id, list, name, birth_date, nationality)";

const TRAVELLERS: &str = "SELECT * FROM (VALUES
    ('EX101/1', 'QASSARY',      'TARIK HAMDAN', DATE '1965-03-02', 'IRQ'),
    ('EX101/2', 'LINDGREN',     'KARL',         DATE '1980-01-01', 'SWE'),
    ('EX101/3', 'HALVORSEN',    'INGRID',       DATE '1999-12-24', 'NOR'),
    ('EX101/4', 'HALVORSEN',    'INGRID',       DATE '1972-05-31', 'NOR'),
    ('EX102/1', 'ABDULRAHMAN',  'OMAR',         NULL,              'JOR'),
    ('EX102/2', 'OKONJOWE',     'ADAEZEMRS',    DATE '1988-02-11', NULL)
) AS t(record_id, surname, given_names, birth_date, nationality)";

/// A subject is a struct of whatever columns a table has; what is missing is unknown.
const HITS: &str = "
    SELECT t.record_id, w.list, w.entity_id,
           round(watchlist_weight(traveller_subject(t.surname, t.given_names, t.birth_date), w.entity), 1) AS bits,
           watchlist_explanation(traveller_subject(t.surname, t.given_names, t.birth_date), w.entity) AS why
    FROM travellers t JOIN watchlist w
      ON watchlist_weight(traveller_subject(t.surname, t.given_names, t.birth_date), w.entity)
         >= CASE w.list WHEN 'fraud' THEN 14 ELSE 18 END
    ORDER BY bits DESC, t.record_id";

/// Evidence as rows, for those who want to compute with it.
const EVIDENCE: &str = "
    SELECT record_id, e['field'] AS field, e['reported'] AS reported, e['listed'] AS listed, e['level'] AS level, e['bits'] AS bits
    FROM (SELECT t.record_id, unnest(watchlist_evidence(traveller_subject(t.surname, t.given_names, t.birth_date), w.entity)) AS e
          FROM travellers t JOIN watchlist w
            ON watchlist_weight(traveller_subject(t.surname, t.given_names, t.birth_date), w.entity) >= 18)
    ORDER BY record_id, bits DESC";

/// Who else might be meant: names that are spelt alike, without any watchlist.
const ALIKE: &str = "
    SELECT t.record_id, t.surname, l.name, name_agreement(t.surname, split_part(l.name, ',', 1)) AS surnames
    FROM travellers t JOIN listed l ON name_agreement(t.surname, split_part(l.name, ',', 1)) <> 'none'
    ORDER BY t.record_id";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::temp_dir().join(format!("tamis-example-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let shown = screen(&folder).await;
    fs::remove_dir_all(&folder)?;
    shown
}

async fn screen(folder: &Path) -> Result<(), Box<dyn Error>> {
    let ctx = tamis_context(SessionConfig::new());
    for (table, rows) in [("listed", LISTED), ("travellers", TRAVELLERS)] {
        let file = folder.join(format!("{table}.parquet")).display().to_string();
        ctx.sql(rows).await?.write_parquet(&file, DataFrameWriteOptions::new(), None).await?;
        ctx.register_parquet(table, &file, ParquetReadOptions::default()).await?;
    }
    let generation = Generation::build(entities(&ctx).await?)?;
    register_watchlist(&ctx, "watchlist", Arc::new(generation))?;
    for sql in [&format!("EXPLAIN FORMAT INDENT {HITS}"), HITS, EVIDENCE, ALIKE] {
        println!("{}\n", ctx.sql(sql).await?.to_string().await?);
    }
    Ok(())
}

/// The rows of the list as entities, one a row.
async fn entities(ctx: &SessionContext) -> Result<Vec<Entity>, Box<dyn Error>> {
    let text = "SELECT arrow_cast(entity_id, 'Utf8View'), arrow_cast(list, 'Utf8View'), arrow_cast(name, 'Utf8View'), \
                arrow_cast(birth_date, 'Utf8View'), arrow_cast(nationality, 'Utf8View') FROM listed";
    let mut out = Vec::new();
    for batch in ctx.sql(text).await?.collect().await? {
        for row in 0..batch.num_rows() {
            out.push(entity(&batch, row)?);
        }
    }
    Ok(out)
}

fn entity(batch: &RecordBatch, row: usize) -> Result<Entity, Box<dyn Error>> {
    let cell = |column: usize| batch.column(column).as_string_view().iter().nth(row).flatten();
    Ok(Entity {
        id: cell(0).unwrap_or_default().to_owned(),
        list: cell(1).unwrap_or_default().to_owned(),
        kind: EntityKind::Person,
        names: vec![EntityName { text: cell(2).unwrap_or_default().to_owned(), kind: NameKind::Primary }],
        birth_dates: cell(3).map(str::parse).transpose()?.into_iter().collect(),
        nationalities: cell(4).map(str::to_owned).into_iter().collect(),
        sex: None,
        documents: Vec::new(),
        birth_places: Vec::new(),
        programmes: Vec::new(),
    })
}
