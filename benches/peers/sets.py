"""The sets of definitions/sets.toml as lists, queries and truth."""

import csv
import io
import json
import os
import random
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import score

SEED = 20_261
COLUMNS = ("id", "name", "birth_date", "nationality")
CANARIES = 5


class Unavailable(Exception):
    """This set cannot be had here; the message says why."""


@dataclass
class Set:
    """A list, queries by id, and what is true of them."""

    name: str
    list: Path
    queries: dict
    truth: dict
    names: int
    fields: list
    says: str
    clusters: dict = field(default_factory=dict)
    canaries: dict = field(default_factory=dict)

    def positives(self):
        return [key for key, (_, entity) in self.truth.items() if entity]

    def negatives(self):
        return [key for key, (_, entity) in self.truth.items() if not entity]

    def sample(self, positives, negatives):
        """A seeded sample of ids: at most so many of each."""
        chosen = []
        for ids, most in ((self.positives(), positives), (self.negatives(), negatives)):
            chosen += ids if len(ids) <= most else sorted(random.Random(SEED).sample(sorted(ids), most))
        return chosen

    def as_csv(self, ids):
        """Queries as CSV, names of the list at the end that every engine must find."""
        added = [{"id": key, "name": name} for key, (name, _) in self.canaries.items()]
        return queries_as_csv([self.queries[key] for key in ids] + added)


def queries_as_csv(rows):
    """Rows with at least the columns of a query as the CSV that `tamis match` reads."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore", restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def labelled_folder():
    shared = os.environ.get("TAMIS_SHARED")
    if not shared:
        raise Unavailable("TAMIS_SHARED is not set: the labelled sets are not here")
    folder = Path(shared) / "truth" / "dev"
    if not folder.is_dir():
        raise Unavailable("TAMIS_SHARED has no truth/dev")
    return folder


def labelled(definition):
    folder = labelled_folder()
    queries, truth = {}, {}
    for part in filter(None, (definition.get("positives"), "neg")):
        queries |= {row["id"]: row for row in score.read_rows(folder / f"queries_{part}.csv")}
        truth |= score.read_truth([folder / f"truth_{part}.csv"])
    return folder / definition["list"], queries, truth, score.read_clusters(folder / "clusters.csv")


def run_tamis(tamis, *arguments):
    done = subprocess.run([tamis, *map(str, arguments)], capture_output=True, check=False)
    if done.returncode != 0:
        raise Unavailable(f"tamis {arguments[0]}: {done.stderr.decode(errors='replace').strip()[-300:]}")
    return done.stdout


def generated(definition, tamis, folder):
    """A generated day, decoded: the listed persons among the travellers are the positives."""
    world, decoded = folder / "world", folder / "decoded"
    travellers, entities, seed = (definition[key] for key in ("travellers", "entities", "seed"))
    run_tamis(tamis, "generate", "--travellers", travellers, "--entities", entities, "--seed", seed, "--dirt", 0, "--out", world)
    run_tamis(tamis, "decode", world / "messages", "--out", decoded)
    planted = {
        row["carrier_ref"]: (row["name_mutation"], row["entity_id"])
        for row in score.read_rows(world / "truth.csv")
        if row["entity_id"]
    }
    sql = """SELECT carrier_ref, max(surname) surname, max(given_names) given_names,
                    max(CAST(birth_date AS VARCHAR)) birth_date,
                    max(birth_date_precision) precision, max(nationality) nationality
             FROM travellers WHERE carrier_ref IS NOT NULL GROUP BY carrier_ref ORDER BY carrier_ref"""
    rows = json.loads(run_tamis(tamis, "query", sql, "--data", decoded, "--format", "json"))
    others = [row for row in rows if row["carrier_ref"] not in planted]
    others = random.Random(SEED).sample(others, min(definition["negatives"], len(others)))
    queries, truth = {}, {}
    for row in [row for row in rows if row["carrier_ref"] in planted] + others:
        key = row["carrier_ref"]
        name = ", ".join(part for part in (row["surname"], row["given_names"]) if part)
        birth = row["birth_date"] or ""
        if row["precision"] == "year":
            birth = birth[:4]
        elif row["precision"] == "month":
            birth = birth[:7]
        if name:
            queries[key] = dict(zip(COLUMNS, (key, name, birth, row["nationality"] or "")))
            truth[key] = planted.get(key, ("not_listed", ""))
    # Travellers are persons; so is the list that every engine gets.
    listed = folder / "list.csv"
    with open(listed, "w", encoding="utf-8", newline="") as file:
        writer = None
        for row in score.read_rows(world / "watchlist.csv"):
            if writer is None:
                writer = csv.DictWriter(file, row.keys())
                writer.writeheader()
            if row["entity_kind"] == "person":
                writer.writerow(row)
    return listed, queries, truth, {}


def canaries(names):
    """Names that the list has once, of two or three plain words: whoever misses them is broken."""
    seen = {}
    for entity, name in names:
        seen.setdefault(name, set()).add(entity)
    plain = [
        (name, next(iter(entities)))
        for name, entities in sorted(seen.items())
        if len(entities) == 1 and len(name.split()) in (2, 3) and all(len(part.strip(",")) > 4 and part.isascii() for part in name.split())
    ]
    chosen = random.Random(SEED).sample(plain, min(CANARIES, len(plain)))
    return {f"canary-{i}": found for i, found in enumerate(chosen)}


def prepare(definition, tamis, folder):
    """Makes or opens a set.

    Raises Unavailable where it cannot be had.
    """
    if definition["kind"] == "labelled":
        listed, queries, truth, clusters = labelled(definition)
    else:
        listed, queries, truth, clusters = generated(definition, tamis, folder)
    names = [(row["entity_id"], row["name"]) for row in score.read_rows(listed)]
    truth = {key: value for key, value in truth.items() if key in queries}
    return Set(
        name=definition["name"],
        list=listed,
        queries=queries,
        truth=truth,
        names=len(names),
        fields=definition["fields"],
        says=definition["says"],
        clusters=clusters,
        canaries=canaries(names),
    )
