"""Splink on DuckDB, one thread: names alone, or names and birth date.

Splink links two tables that are both there from the start, and learns on them without labels. Training
(u by random sampling, m by expectation maximisation) is counted as loading, `predict` as querying.
Two records are compared only where one of the blocking rules holds.
"""

import logging
import re

import duckdb
import pyarrow
import splink.comparison_library as compare
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from common import Runner, folded

logging.getLogger("splink").setLevel(logging.ERROR)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
SAME = "l.{0} = r.{1}"


def record(key, text, births):
    parts = folded(text).split()
    day = next((birth for birth in births if DAY.fullmatch(birth)), None)
    return {
        "unique_id": key,
        "first_name": parts[0] if parts else None,
        "last_name": parts[-1] if parts else None,
        "longest": max(parts, key=len, default=None),
        "all_parts": " ".join(sorted(parts)) or None,
        "dob": day,
    }


def table(records):
    text = pyarrow.string()
    fields = ["unique_id", "first_name", "last_name", "longest", "all_parts", "dob"]
    return pyarrow.Table.from_pylist(records, schema=pyarrow.schema([(field, text) for field in fields]))


def settings(dob):
    rules = [SAME.format(left, right) for left in ("first_name", "last_name") for right in ("first_name", "last_name")]
    rules.append(SAME.format("longest", "longest"))
    rules.append(SAME.format("all_parts", "all_parts"))
    comparisons = [
        compare.NameComparison("all_parts", jaro_winkler_thresholds=[0.95, 0.9, 0.8]),
        compare.NameComparison("first_name"),
        compare.NameComparison("last_name"),
    ]
    if dob:
        rules.append(SAME.format("dob", "dob"))
        comparisons.append(compare.DateOfBirthComparison("dob", input_is_string=True))
    return SettingsCreator(
        link_type="link_only",
        comparisons=comparisons,
        blocking_rules_to_generate_predictions=rules,
        retain_matching_columns=False,
    )


def main():
    runner = Runner("splink")
    with runner.loading():
        # A list has several names an entity: each is a record, the best of them counts.
        listed = table([record(str(i), name.text, name.births) for i, name in enumerate(runner.names)])
        asked = table([record(q.id, q.text, [q.birth]) for q in runner.queries])
        api = DuckDBAPI(duckdb.connect(config={"threads": 1}))
        tables = [api.register(asked, table_name="asked"), api.register(listed, table_name="listed")]
        linker = Linker(tables, settings(runner.dob), log_level=logging.ERROR)
        linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
        for column in ["last_name", "first_name"] + (["dob"] if runner.dob else []):
            linker.training.estimate_parameters_using_expectation_maximisation(block_on(column))
    with runner.querying():
        found = linker.inference.predict(threshold_match_weight=-20).as_pyarrow_table()
    left, right = found["unique_id_l"].to_pylist(), found["unique_id_r"].to_pylist()
    sides = found["source_dataset_l"].to_pylist()
    hits = (
        (a, runner.names[int(b)].entity, weight) if side == "asked" else (b, runner.names[int(a)].entity, weight)
        for a, b, side, weight in zip(left, right, sides, found["match_weight"].to_pylist())
    )
    runner.finish(hits)


if __name__ == "__main__":
    main()
