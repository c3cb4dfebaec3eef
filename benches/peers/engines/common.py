"""What every runner shares: the job, the queries, the list, the clock and the report.

A runner is started as `runner.py JOB`, where JOB is JSON: {"list": path of a list in Tamis CSV, "fields":
"name" or "name+dob", "options": {...}, "hits": path to write to}. Queries (id, name, birth_date,
nationality) come on stdin as CSV. It writes hits as CSV (id, entity_id, score; more is better) and prints one line of JSON: version,
load_cpu_s, query_cpu_s, queries, names, hits.

Time is CPU time of the process and all its threads (user and system). Starting Python, importing
libraries, reading the CSV files and writing hits are outside both clocks; turning names into what the
library wants is inside.
"""

import csv
import json
import re
import sys
import time
import unicodedata
from contextlib import contextmanager
from importlib.metadata import version as version_of
from typing import NamedTuple

NOT_A_LETTER = re.compile(r"[\W_]+")


class Name(NamedTuple):
    """One name of the list."""

    entity: str
    kind: str
    text: str
    births: list
    countries: list


class Query(NamedTuple):
    """One query."""

    id: str
    text: str
    birth: str
    country: str


def given_first(name):
    """`SURNAME, Given` as `Given SURNAME`."""
    surname, comma, given = name.partition(",")
    return f"{given.strip()} {surname.strip()}" if comma and given.strip() else name


def folded(name, as_written=False):
    """Given names first, capitals, no accents, nothing but letters, digits and single spaces."""
    letters = unicodedata.normalize("NFKD", name if as_written else given_first(name)).upper()
    letters = "".join(c for c in letters if not unicodedata.combining(c))
    return NOT_A_LETTER.sub(" ", letters).strip()


def several(cell):
    return [part.strip() for part in cell.split(";") if part.strip()]


class Runner:
    """The job, the clock, and the report at the end."""

    def __init__(self, package):
        self.job = json.loads(sys.argv[1])
        self.options = self.job["options"]
        self.dob = self.job["fields"] == "name+dob"
        self.report = {"version": version_of(package), "load_cpu_s": 0.0, "query_cpu_s": 0.0}
        with open(self.job["list"], encoding="utf-8", newline="") as file:
            self.names = [
                Name(
                    row["entity_id"],
                    row["name_kind"],
                    row["name"],
                    several(row["birth_dates"]) if self.dob else [],
                    several(row["nationalities"]) if self.dob else [],
                )
                for row in csv.DictReader(file)
            ]
        sys.stdin.reconfigure(encoding="utf-8", newline="")
        self.queries = [
            Query(row["id"], row["name"], row["birth_date"] if self.dob else "", row["nationality"] if self.dob else "")
            for row in csv.DictReader(sys.stdin)
        ]

    @contextmanager
    def loading(self):
        yield from self._clock("load_cpu_s")

    @contextmanager
    def querying(self):
        yield from self._clock("query_cpu_s")

    def _clock(self, what):
        begun = time.process_time()
        yield
        self.report[what] += time.process_time() - begun

    def finish(self, hits, **more):
        """Writes hits, an iterable of (query id, entity id, score), and prints the report."""
        count = 0
        with open(self.job["hits"], "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("id", "entity_id", "score"))
            for hit in hits:
                writer.writerow(hit)
                count += 1
        self.report.update(queries=len(self.queries), names=len(self.names), hits=count, **more)
        print(json.dumps(self.report))
