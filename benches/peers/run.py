#!/usr/bin/env python3
"""Compares Tamis with other matchers: same queries, same list, one core, one table.

    run.py --tamis BIN [--python PYTHON] [--engines NAME…] [--sets NAME…] [--fields name name+dob]
           [--queries N] [--repeat N] [--keep FILE.csv…] [--out FILE.csv] [--markdown FILE.md] [--smoke]

Engines and sets are those of definitions/*.toml; PYTHON is what setup.sh printed. README.md says what
is measured, and what is unfair.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

import score
import sets

HERE = Path(__file__).resolve().parent
FEW_NEGATIVES = 2_000
FEWEST_POSITIVES = 200
# Hits of Tamis at 0 bits from here on are kept, to compare with those of its higher thresholds.
KEPT_BITS = 24.0
ONE_THREAD = {
    name: "1"
    for name in (
        "POLARS_MAX_THREADS",
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "RAYON_NUM_THREADS",
        "NOMENKLATURA_DUCKDB_THREADS",
        "TOKIO_WORKER_THREADS",
    )
}
COLUMNS = (
    "set fields engine version names positives negatives sampled load_cpu_s query_cpu_s names_per_cpu_s "
    "warm_names_per_cpu_s hits recall_0.1 recall_1 recall_5 core_0.1 core_1 core_5 tamis_0.1 tamis_1 tamis_5 "
    "plateau min_bits wall_s note"
).split()


class Broken(Exception):
    """An engine failed or gave what cannot be; the message says what."""


def definitions(file, key):
    return tomllib.loads((HERE / "definitions" / file).read_text(encoding="utf-8"))[key]


def chosen(defined, wanted, what):
    """Those asked for, in that order; without a wish, all that are not `default = false`."""
    if not wanted:
        return [one for one in defined if one.get("default", True)]
    by_name = {one["name"]: one for one in defined}
    for name in wanted:
        if name not in by_name:
            sys.exit(f"run.py: no {what} {name}; there are {', '.join(by_name)}")
    return [by_name[name] for name in wanted]


def ids_for(engine, data, most):
    """The queries that an engine gets, and whether these are a sample."""
    positives, negatives = len(data.positives()), len(data.negatives())
    if most:
        positives, negatives = min(positives, most), min(negatives, most)
    can = engine.get("max_pairs", float("inf")) / max(data.names, 1)
    if positives + negatives > can:
        negatives = min(negatives, FEW_NEGATIVES)
        positives = min(positives, max(FEWEST_POSITIVES, int(can) - negatives))
    ids = data.sample(positives, negatives)
    return ids, len(ids) < len(data.truth)


def one_core():
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def installed(python, engine):
    if "module" not in engine:
        return True
    test = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({engine['module']!r}) is None)"
    return subprocess.run([python, "-c", test], check=False).returncode == 0


def run_engine(engine, data, fields, ids, options, bits, hits):
    """Runs one engine in a process of its own, which writes the file of hits; its report."""
    job = {
        "list": str(data.list),
        "fields": fields,
        "options": engine["options"] | ({"min_bits": bits} if bits is not None else {}),
        "hits": str(hits),
        "tamis": options.tamis,
        "repeat": options.repeat,
    }
    begun = time.monotonic()
    done = subprocess.run(
        [options.python, str(HERE / "engines" / engine["runner"]), json.dumps(job)],
        input=data.as_csv(ids),
        capture_output=True,
        env=os.environ | ONE_THREAD,
        preexec_fn=one_core,
        timeout=options.timeout,
        check=False,
    )
    if done.returncode != 0:
        raise Broken((done.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"])[-1])
    return json.loads(done.stdout.decode().strip().splitlines()[-1]) | {"wall_s": time.monotonic() - begun}


class Hits:
    """What one pass over a file of hits tells; at 0 bits there are too many to keep."""

    def __init__(self, path, data, ids):
        self.path = path
        self.count = 0
        self.unknown = 0
        self.canaries = set()
        self.known = frozenset(ids)
        self.data = data
        truth = {key: data.truth[key] for key in ids}
        self.top, self.right = score.best_scores(self._counted(), truth, data.clusters)

    def _counted(self):
        for query, entity, value in score.read_hits(self.path, "score"):
            self.count += 1
            if query in self.data.canaries:
                self.canaries.add((query, entity))
            elif query not in self.known:
                self.unknown += 1
            yield query, entity, value

    def above(self, bits):
        """(query, entity) -> score, of those that reach so many bits."""
        every = score.read_hits(self.path, "score")
        return {(query, entity): value for query, entity, value in every if value >= bits and query in self.known}


def verify(report, hits, bits, base):
    """Whether the counts agree: everything was asked, and what is in the list word for word was found."""
    data = hits.data
    sent = len(hits.known) + len(data.canaries)
    if report["queries"] != sent:
        raise Broken(f"{report['queries']} queries were read, {sent} were sent")
    if report["names"] != data.names:
        raise Broken(f"{report['names']} names were read, the list has {data.names}")
    if report["hits"] != hits.count:
        raise Broken(f"{report['hits']} hits were told, {hits.count} were written")
    if hits.unknown:
        raise Broken(f"{hits.unknown} hits name a query that was not asked")
    if (bits or 0) > 0:
        # A name may weigh less than the threshold even word for word.
        if base is not None:
            same_as_base(hits.above(bits), base, bits)
        return
    missing = sum((key, entity) not in hits.canaries for key, (_, entity) in data.canaries.items())
    if missing:
        raise Broken(f"{missing} of {len(data.canaries)} names that the list has word for word were not found")


def same_as_base(high, base, bits):
    """A higher threshold may not lose or change a hit: it gives those of the lower one that reach it."""
    # Weights are written with four digits.
    nearly = 0.001
    lost = sum(value > bits + nearly and pair not in high for pair, value in base.items())
    other = sum(abs(base.get(pair, score.NOTHING) - value) > nearly for pair, value in high.items() if value > bits + nearly)
    if lost or other:
        raise Broken(f"{lost} hits of the run at 0 bits are missing, {other} differ")


def recall_at(right, truth, limits, prefix):
    table = score.recall_table(right, truth, limits)
    row = {}
    for kind, name in (("ALL", prefix), ("CORE", "core")):
        if kind in table and (kind == "ALL" or prefix == "recall"):
            row |= {f"{name}_{rate}": value for rate, value in zip(("0.1", "1", "5"), table[kind][1])}
    return row


class Comparison:
    """Runs engines over sets and keeps the rows of the table."""

    def __init__(self, options):
        self.options = options
        self.rows = []
        self.failed = False
        kept = [row for path in options.keep for row in read_csv(path)]
        self.kept = {(row["set"], row["fields"], row["engine"]): row for row in kept}

    def of_set(self, data, fields, engines):
        """All engines on one set; Tamis at 0 bits goes first, the others are compared with it."""
        base, above, bits_of_rate = None, None, None
        for engine in sorted(engines, key=lambda engine: engine["name"] != "tamis-0"):
            if fields not in engine["fields"]:
                continue
            row = dict.fromkeys(COLUMNS, "") | {"set": data.name, "fields": fields, "engine": engine["name"]}
            self.rows.append(row)
            bits = engine["options"].get("min_bits")
            if bits == "1pct":
                bits = bits_of_rate
                if bits is None or bits == score.NOTHING:
                    row["note"] = "needs the threshold of tamis-0"
                    continue
            if not installed(self.options.python, engine):
                row["note"] = "not installed"
                continue
            if data.names > engine.get("max_names", float("inf")):
                row["note"] = "left out: the list is too long for it"
                continue
            ids, sampled = ids_for(engine, data, self.options.queries)
            print(f"{data.name} {fields} {engine['name']}: {len(ids)} queries", file=sys.stderr)
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "hits.csv"
                try:
                    report = run_engine(engine, data, fields, ids, self.options, bits, path)
                    hits = Hits(path, data, ids)
                    verify(report, hits, bits, above)
                except (Broken, subprocess.TimeoutExpired, ValueError) as fault:
                    row["note"] = "failed: " + " ".join(str(fault).split())[:200]
                    self.failed = True
                    print(f"  {row['note']}", file=sys.stderr)
                    continue
                truth = {key: data.truth[key] for key in ids}
                limits = score.thresholds(hits.top, truth)
                if engine["name"] == "tamis-0":
                    base, bits_of_rate = hits, limits[1]
                    kept = KEPT_BITS if bits_of_rate in (None, score.NOTHING) else min(KEPT_BITS, bits_of_rate)
                    above = hits.above(kept)
            row |= rates(report) | recall_at(hits.right, truth, limits, "recall")
            if base and engine["package"] != "tamis":
                row |= same_queries(base, truth)
            row |= {
                "version": report["version"],
                "names": data.names,
                "positives": sum(bool(entity) for _, entity in truth.values()),
                "negatives": sum(not entity for _, entity in truth.values()),
                "sampled": "yes" if sampled else "no",
                "hits": hits.count,
                "plateau": score.plateau(hits.right),
                "min_bits": bits,
                "wall_s": report["wall_s"],
            }
        self.keep(data, fields, base, {engine["name"] for engine in engines})

    def keep(self, data, fields, base, ran):
        """Rows of an earlier run of the engines that did not run now, where the list is as long as then."""
        for engine in definitions("engines.toml", "engine"):
            row = self.kept.get((data.name, fields, engine["name"]))
            if engine["name"] in ran or row is None or row["note"] or row["names"] != data.names:
                continue
            self.rows.append(row)
            ids, _ = ids_for(engine, data, self.options.queries)
            truth = {key: data.truth[key] for key in ids}
            told = sum(bool(entity) for _, entity in truth.values()), sum(not entity for _, entity in truth.values())
            if base and engine["package"] != "tamis" and told == (row["positives"], row["negatives"]):
                row |= same_queries(base, truth)


def rates(report):
    asked = report["queries"]
    row = {"load_cpu_s": report["load_cpu_s"], "query_cpu_s": report["query_cpu_s"]}
    # None: too few queries to tell their time from that of loading.
    if report["query_cpu_s"]:
        row["names_per_cpu_s"] = asked / report["query_cpu_s"]
    if report.get("warm_cpu_s"):
        row["warm_names_per_cpu_s"] = asked / report["warm_cpu_s"]
    return row


def same_queries(base, truth):
    """What Tamis reaches on exactly the queries that another engine was given."""
    if not truth.keys() <= base.top.keys():
        return {}
    limits = score.thresholds({key: base.top[key] for key in truth}, truth)
    return recall_at({key: base.right[key] for key in truth}, truth, limits, "tamis")


def shown(value, digits=1):
    if value is None or value == "":
        return "-"
    if isinstance(value, float):
        return f"{value:,.{digits}f}" if abs(value) < 1000 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def triple(row, prefix):
    values = [row.get(f"{prefix}_{rate}") for rate in ("0.1", "1", "5")]
    return " / ".join(shown(value) for value in values) if any(v not in (None, "") for v in values) else "-"


def markdown(rows):
    """One table a set and flavour."""
    lines = []
    for key in dict.fromkeys((row["set"], row["fields"]) for row in rows):
        part = [row for row in rows if (row["set"], row["fields"]) == key]
        size = next((row["names"] for row in part if row["names"]), "?")
        lines += [f"### {key[0]}, {key[1]}, {shown(size)} names", ""]
        core = any(row["core_1"] not in ("", None) for row in part)
        head = ["engine", "positives + negatives", "load CPU s", "query CPU s", "names/s, one core", "warm", "hits"]
        head += ["recall % at 0.1 / 1 / 5 %"] + (["CORE"] if core else []) + ["Tamis, same queries", "plateau %"]
        lines += ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
        for row in part:
            name = f"{row['engine']} {row['version']}".strip()
            if row["min_bits"] not in ("", None):
                name += f" ({float(row['min_bits']):.1f} bits)"
            if row["note"]:
                lines.append(f"| {name} | {row['note']} |" + " |" * (len(head) - 2))
                continue
            cells = [name, f"{shown(row['positives'])} + {shown(row['negatives'])}" + (" (sample)" if row["sampled"] == "yes" else "")]
            cells += [shown(row["load_cpu_s"], 2), shown(row["query_cpu_s"], 2), shown(row["names_per_cpu_s"])]
            cells += [shown(row["warm_names_per_cpu_s"]), shown(row["hits"]), triple(row, "recall")]
            cells += ([triple(row, "core")] if core else []) + [triple(row, "tamis"), shown(row["plateau"])]
            lines.append("| " + " | ".join(cells) + " |")
        lines.append("")
    return lines + ratios(rows)


def ratios(rows):
    """How many times the rate of the peers Tamis has, at each of its thresholds."""
    wanted = [f"{peer} (wanted {times:,} ×)" if times else peer for peer, times in PEERS.items()]
    lines = ["### Rate of Tamis over that of others", "", "| set | names | Tamis | cold or warm | " + " | ".join(wanted) + " |"]
    lines.append("|---|---|---|---|" + "---|" * len(PEERS))
    rate_of = {(row["set"], row["fields"], row["engine"]): row["names_per_cpu_s"] for row in rows}
    for own in rows:
        if own["engine"] not in OWN or own["note"]:
            continue
        for name, column in (("cold", "names_per_cpu_s"), ("warm", "warm_names_per_cpu_s")):
            if own[column] in ("", None):
                continue
            cells = [f"{own['set']}, {own['fields']}", shown(own["names"]), f"{float(own['min_bits']):.1f} bits", name]
            for peer in PEERS:
                same, names_only = ((own["set"], fields, peer) for fields in (own["fields"], "name"))
                rate = rate_of.get(same) or rate_of.get(names_only)
                told = "" if rate_of.get(same) else ", which has no birth dates"
                cells.append(f"{own[column] / rate:,.1f} ×{told}" if rate else "-")
            lines.append("| " + " | ".join(cells) + " |")
    return lines + [""]


OWN = ("tamis-24", "tamis-1pct", "tamis-0")
# And how many times their rate is wanted; None: for comparison.
PEERS = {"logic-v2": 3_000, "polars-sim": 100, "splink": None}


def number(cell):
    """What a cell of the CSV is: an integer, a number, or the text that it is."""
    for kind in (int, float):
        try:
            return kind(cell)
        except ValueError:
            continue
    return cell


def read_csv(path):
    text = {"set", "fields", "engine", "version", "sampled", "note"}
    return [{key: value if key in text else number(value) for key, value in row.items()} for row in score.read_rows(path)]


def write_csv(path, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        for row in rows:
            writer.writerow({key: f"{value:.6g}" if isinstance(value, float) else value for key, value in row.items()})


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tamis", required=True, help="the binary; a release build, or the rates mean nothing")
    parser.add_argument("--python", default=sys.executable, help="the python that has the peers [this one]")
    parser.add_argument("--engines", nargs="+", default=[])
    parser.add_argument("--sets", nargs="+", default=[])
    parser.add_argument("--fields", nargs="+", default=["name", "name+dob"], choices=["name", "name+dob"])
    parser.add_argument("--queries", type=int, help="at most so many positives and so many negatives")
    parser.add_argument("--repeat", type=int, default=3, help="runs of tamis, of which the median counts [3]")
    parser.add_argument("--timeout", type=float, default=3600, help="seconds that an engine may take [3600]")
    parser.add_argument("--keep", nargs="+", default=[], help="what earlier runs wrote: rows of engines that do not run now are taken from it")
    parser.add_argument("--out", help="CSV of everything measured")
    parser.add_argument("--markdown", help="the tables; else they go to stdout")
    parser.add_argument("--smoke", action="store_true", help="Tamis and rapidfuzz on a tiny generated world")
    options = parser.parse_args()
    options.tamis = os.path.abspath(options.tamis)
    if options.smoke:
        options.engines = options.engines or ["tamis-0", "tamis-24", "rapidfuzz-token-sort"]
        options.sets = options.sets or ["smoke"]
        options.fields, options.repeat = ["name"], 1
    return options


def smoke_holds(rows):
    """The smoke test: every engine ran and found more of the listed than chance would."""
    least = {"tamis-0": 50.0, "rapidfuzz-token-sort": 30.0}
    for row in rows:
        wanted = least.get(row["engine"], 0.0)
        if row["note"] or row["recall_5"] in ("", None) or row["recall_5"] < wanted:
            print(f"smoke: {row['engine']}: {row['note'] or row['recall_5']}", file=sys.stderr)
            return False
    return bool(rows)


def main():
    options = arguments()
    engines = chosen(definitions("engines.toml", "engine"), options.engines, "engine")
    comparison = Comparison(options)
    for definition in chosen(definitions("sets.toml", "set"), options.sets, "set"):
        with tempfile.TemporaryDirectory() as folder:
            try:
                data = sets.prepare(definition, options.tamis, Path(folder))
            except sets.Unavailable as reason:
                print(f"{definition['name']}: left out: {reason}", file=sys.stderr)
                continue
            for fields in (one for one in options.fields if one in data.fields):
                comparison.of_set(data, fields, engines)
                if options.out:
                    write_csv(options.out, comparison.rows)
    text = "\n".join(markdown(comparison.rows))
    if options.markdown:
        Path(options.markdown).write_text(text + "\n", encoding="utf-8")
    else:
        print(text)
    if options.smoke:
        passed = smoke_holds(comparison.rows)
        print(f"smoke: {'passed' if passed else 'failed'}")
        sys.exit(0 if passed else 1)
    sys.exit(1 if comparison.failed or not comparison.rows else 0)


if __name__ == "__main__":
    main()
