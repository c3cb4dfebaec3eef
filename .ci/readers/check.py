"""Reads an output with the tools of others and compares it with what Tamis says.

    check.py OUT EXPECTED.json

EXPECTED.json is what `tamis query` gives for expected.sql with --format json: rows of what, key
and n, as one JSON array or one object a line. Every figure is computed anew by

  * DuckDB and Polars, over a plain glob of the Parquet files,
  * DuckDB over the files that delta-rs finds in the log, and Polars' own Delta scan,
  * delta-rs alone, from the row counts in the log.

Exit code 0 when all agree, 1 when a figure differs, 2 for wrong arguments.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb
import polars as pl
from deltalake import DeltaTable

TABLES = {"flagged": "arrival_date", "hits": "arrival_date", "records": "arrival_date", "dead_letters": "received_date"}
SQL = Path(__file__).with_name("expected.sql")
Figures = dict[tuple[str, str], int]


def expected(path: Path) -> Figures:
    text = path.read_text(encoding="utf-8").strip()
    rows = json.loads(text) if text.startswith("[") else [json.loads(line) for line in text.splitlines() if line]
    return {(row["what"], row["key"]): int(row["n"]) for row in rows}


def glob(out: Path, table: str) -> str:
    return str(out / table / "**" / "*.parquet")


def duckdb_figures(sources: dict[str, str]) -> Figures:
    """Runs the very SQL that Tamis ran; `sources` has the FROM clause of each table."""
    con = duckdb.connect()
    for table, source in sources.items():
        con.execute(f"CREATE VIEW {table} AS SELECT * FROM {source}")
    return {(what, key): int(n) for what, key, n in con.execute(SQL.read_text(encoding="utf-8")).fetchall()}


def quoted(paths: list[str]) -> str:
    return "[" + ", ".join("'" + p.replace("'", "''") + "'" for p in paths) + "]"


def polars_figures(frames: dict[str, pl.LazyFrame]) -> Figures:
    figures: Figures = {}

    def by(table: str, what: str, column: str, where: pl.Expr | None = None) -> None:
        frame = frames[table] if where is None else frames[table].filter(where)
        counts = frame.group_by(pl.col(column).cast(pl.String).fill_null("null").alias("key")).len().collect()
        figures.update({(what, key): n for key, n in counts.iter_rows()})

    for table, day in TABLES.items():
        figures["rows", table] = frames[table].select(pl.len()).collect().item()
        by(table, f"{table} by {day}", day)
    by("records", "triage", "triage")
    by("hits", "hits by list", "list", pl.col("hit_kind") == "watchlist")
    flagged = frames["flagged"].select("hit_count", "hits").collect()
    figures["hits", "hit_count"] = flagged["hit_count"].sum()
    figures["hits", "unnested"] = flagged.select("hits").filter(pl.col("hits").list.len() > 0).explode("hits").height
    figures["hits", "of referred records"] = frames["hits"].filter(pl.col("triage") == "refer").select(pl.len()).collect().item()
    return figures


def delta_figures(tables: dict[str, DeltaTable]) -> Figures:
    """What the logs say: rows a table and a day."""
    figures: Figures = {}
    for table, day in TABLES.items():
        adds = pl.DataFrame(tables[table].get_add_actions(flatten=True))
        figures["rows", table] = int(adds["num_records"].sum()) if adds.height else 0
        for value, n in zip(adds[f"partition.{day}"], adds["num_records"]) if adds.height else ():
            key = (f"{table} by {day}", "null" if value is None else str(value))
            figures[key] = figures.get(key, 0) + int(n)
    return figures


def compare(name: str, want: Figures, got: Figures, all_of_it: bool = True) -> bool:
    want = want if all_of_it else {key: n for key, n in want.items() if key in got or key[0].endswith("_date") or key[0] == "rows"}
    wrong = [(key, want.get(key), got.get(key)) for key in sorted(want.keys() | got.keys()) if want.get(key) != got.get(key)]
    print(f"{'ok    ' if not wrong else 'DIFFER'} {name}: {len(got)} figures")
    for (what, key), ours, theirs in wrong:
        print(f"       {what}, {key}: tamis {ours}, {name} {theirs}")
    return not wrong


def check_records(tables: dict[str, DeltaTable]) -> bool:
    """Every commit of ours carries its record, and conservation holds in each."""
    ok = True
    for table, delta in tables.items():
        records = [json.loads(commit["userMetadata"]) for commit in delta.history() if "userMetadata" in commit]
        bad = [r["epoch"] for r in records if not r["conservation"]["holds"]]
        epochs = [r["epoch"] for r in records]
        if bad or epochs != sorted(set(epochs), reverse=True):
            print(f"DIFFER {table}: epochs {epochs}, without conservation {bad}")
            ok = False
    last = tables["flagged"].transaction_version("tamis")
    print(f"{'ok    ' if ok else 'DIFFER'} commits: {last} epochs, conservation holds in each")
    return ok


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    out, want = Path(sys.argv[1]), expected(Path(sys.argv[2]))
    tables = {table: DeltaTable(str(out / table)) for table in TABLES}
    # A table without rows has no file, and a glob over nothing is an error in every tool.
    globbed = {table: any((out / table).glob("**/*.parquet")) for table in TABLES}

    def empty(table: str) -> pl.DataFrame:
        return pl.scan_delta(str(out / table)).head(0).collect()

    frames = {t: empty(t) for t in TABLES if not globbed[t]}
    by_glob, by_log = {}, {}
    for table in TABLES:
        files = tables[table].file_uris()
        by_glob[table] = f"read_parquet('{glob(out, table)}', hive_partitioning = true)"
        by_log[table] = f"read_parquet({quoted(files)}, hive_partitioning = true)"
        if not globbed[table]:
            frames[table].write_parquet(empty_file := f"{sys.argv[2]}.{table}.empty.parquet")
            by_glob[table] = f"read_parquet('{empty_file}')"
        if not files:
            by_log[table] = by_glob[table]
    results = [
        compare("DuckDB, glob", want, duckdb_figures(by_glob)),
        compare("DuckDB, files of the log", want, duckdb_figures(by_log)),
        compare(
            "Polars, glob",
            want,
            polars_figures(
                {
                    t: pl.scan_parquet(glob(out, t), hive_partitioning=True) if globbed[t] else frames[t].lazy()
                    for t in TABLES
                }
            ),
        ),
        compare("Polars, Delta", want, polars_figures({t: pl.scan_delta(str(out / t)) for t in TABLES})),
        compare("delta-rs, log", want, delta_figures(tables), all_of_it=False),
        check_records(tables),
    ]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
