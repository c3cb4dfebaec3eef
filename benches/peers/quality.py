#!/usr/bin/env python3
"""Fills the tables of docs/quality.md: recall of `tamis match` on the labelled sets, kind by kind.

    quality.py --tamis BIN [--sets aka mut xlist mrz] [--threads N] [--min-bits 0] [--peers FILE.csv…]
               [--doc FILE.md] [--json FILE.json]

The labelled sets are read in place from $TAMIS_SHARED/truth/dev. --peers takes what `run.py --out` wrote
and fills the side-by-side tables as well. Only what stands between `<!-- begin NAME -->` and
`<!-- end NAME -->` is replaced; parts that were not measured stay as they are.
"""

import argparse
import json
import math
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from datetime import date
from pathlib import Path

import run
import score
import sets

HERE = Path(__file__).resolve().parent
DOC = HERE.parent.parent / "docs" / "quality.md"
FLAVOURS = (("name", "name alone"), ("name+dob", "with birth date and nationality"))
TOTALS = ("CORE", "ALL")
SETS = ("aka", "mut", "xlist", "mrz")


class Measured:
    """One run of `tamis match` over positives and negatives."""

    def __init__(self, tamis, data, dob, options):
        ids = list(data.truth)
        rows = [data.queries[key] for key in ids]
        if not dob:
            rows = [row | {"birth_date": "", "nationality": ""} for row in rows]
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "hits.csv"
            command = [tamis, "match", "-", "--watchlist", str(data.list), "--min-bits", str(options.min_bits)]
            command += ["--out", str(out)] + (["--threads", str(options.threads)] if options.threads else [])
            asked = sets.queries_as_csv(rows)
            done = subprocess.run(command, input=asked, capture_output=True, check=False)
            if done.returncode != 0:
                sys.exit(f"tamis match: {done.stderr.decode(errors='replace').strip()[-500:]}")
            self.top, self.right = score.best_scores(score.read_hits(out), data.truth, data.clusters)
        self.truth = data.truth
        self.limits = score.thresholds(self.top, data.truth)
        self.recall = score.recall_table(self.right, data.truth, self.limits)

    def largest_tie(self):
        """Share in % of the right pairs above the middle threshold that have one and the same score."""
        above = [value for value in self.right.values() if value > (self.limits[1] or score.NOTHING)]
        return 100.0 * max(Counter(above).values()) / len(above) if above else None

    def alerts_by_kind(self):
        """kind of negative -> (count, share in % above each threshold)."""
        kinds = {}
        for key, (kind, entity) in self.truth.items():
            if not entity:
                kinds.setdefault(kind, []).append(self.top[key])
        return {
            kind: (len(tops), [100.0 * sum(top > (limit or score.NOTHING) for top in tops) / len(tops) for limit in self.limits])
            for kind, tops in kinds.items()
        }


def triple(values, digits=1):
    return " / ".join("-" if value is None else f"{value:.{digits}f}" for value in values)


def half_width(percent, count):
    """Half of the 95 % interval of a share, in points (Wilson)."""
    p, z = percent / 100.0, 1.96
    return 100.0 * z * math.sqrt(p * (1 - p) / count + z * z / (4 * count * count)) / (1 + z * z / count)


def spread(count, recall):
    known = [value for value in recall if value is not None]
    return f"{max(half_width(value, count) for value in known):.1f}" if known else "-"


def summary(results, reference):
    """The figures that are wanted, those that were reached, and the best of the others."""
    lines = ["| set | kind | Tamis | wanted | reached | best of the others |", "|---|---|---|---|---|---|"]
    for wanted in reference["wanted"]:
        measured = results.get((wanted["set"], wanted["fields"]))
        if measured is None or wanted["row"] not in measured.recall:
            continue
        count, recall = measured.recall[wanted["row"]]
        reached = ["yes" if value is not None and value >= want else "no" for value, want in zip(recall, wanted["recall"])]
        title = f"{wanted['set']}, {dict(FLAVOURS)[wanted['fields']]}"
        best = f"{triple(wanted['best'])} ({wanted['best_of']})" if "best" in wanted else wanted["best_of"]
        cells = [title, f"{wanted['row']}, {count:,}", f"**{triple(recall)}**", triple(wanted["recall"]), " / ".join(reached), best]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def kinds(results, of_set):
    """Recall per kind, name alone beside name with birth date."""
    runs = [(title, results[of_set, flavour]) for flavour, title in FLAVOURS if (of_set, flavour) in results]
    lines = ["| kind | queries | " + " | ".join(f"{title} | ±" for title, _ in runs) + " |"]
    lines.append("|---|---|" + "---|---|" * len(runs))
    every = runs[0][1].recall
    for kind in sorted(set(every) - set(TOTALS)) + [total for total in TOTALS if total in every]:
        name = f"**{kind}**" if kind in TOTALS else kind
        cells = [name, f"{every[kind][0]:,}"]
        for _, measured in runs:
            count, recall = measured.recall[kind]
            cells += [triple(recall), spread(count, recall)]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def limits(results):
    """Thresholds in bits, ties, and who the false alerts are."""
    lines = ["| set | flavour | negatives | bits at 0.1 / 1 / 5 % | most right pairs with one score |", "|---|---|---|---|---|"]
    titles = dict(FLAVOURS)
    for (name, flavour), measured in results.items():
        negatives = sum(not entity for _, entity in measured.truth.values())
        bits = " / ".join("-" if limit is None else "below the lowest asked" if limit == score.NOTHING else f"{limit:.1f}" for limit in measured.limits)
        tie = measured.largest_tie()
        lines.append(f"| {name} | {titles[flavour]} | {negatives:,} | {bits} | {'-' if tie is None else f'{tie:.1f} %'} |")
    lines += ["", "| set | flavour | kind of negative | count | share that alerts, % |", "|---|---|---|---|---|"]
    for (name, flavour), measured in results.items():
        for kind, (count, shares) in sorted(measured.alerts_by_kind().items()):
            lines.append(f"| {name} | {titles[flavour]} | {kind} | {count:,} | {triple(shares, 2)} |")
    return lines


def published(reference):
    """What other matchers reach, as it was measured once on the whole sets."""
    lines = ["| matcher | aliases, CORE | aliases, all | mutations | other publisher |", "|---|---|---|---|---|"]
    for peer in reference["peer"]:
        cells = [triple(peer[column]) if peer.get(column) else "-" for column in ("core", "aka", "mut", "xlist")]
        lines.append(f"| {peer['name']} | " + " | ".join(cells) + " |")
    return lines


def side_by_side(paths):
    return run.markdown([row for path in paths for row in run.read_csv(path)])


def put(text, name, lines):
    """Replaces what stands between the markers of `name`."""
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    if not pattern.search(text):
        sys.exit(f"quality.py: the document has no part between {begin} and {end}")
    body = "\n".join(line.rstrip() for line in lines).strip()
    return pattern.sub(lambda _: f"{begin}\n\n{body}\n\n{end}", text, count=1)


def as_json(results):
    return {
        f"{name} {flavour}": {"thresholds": measured.limits, "kinds": {kind: {"n": n, "recall": recall} for kind, (n, recall) in measured.recall.items()}}
        for (name, flavour), measured in results.items()
    }


def measure(options):
    definitions = {one["name"]: one for one in run.definitions("sets.toml", "set") if "positives" in one}
    results = {}
    for name in options.sets:
        if name not in definitions:
            sys.exit(f"quality.py: no labelled set {name}; there are {', '.join(definitions)}")
        try:
            data = sets.prepare(definitions[name], options.tamis, Path())
        except sets.Unavailable as reason:
            sys.exit(f"quality.py: {reason}")
        for flavour, title in FLAVOURS:
            print(f"{name}, {title}: {len(data.truth):,} queries against {data.names:,} names", file=sys.stderr)
            results[name, flavour] = Measured(options.tamis, data, flavour == "name+dob", options)
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tamis", help="the binary; without it only --peers is filled in")
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--threads", type=int)
    parser.add_argument("--min-bits", type=float, default=0.0, help="the least weight of a hit [0]")
    parser.add_argument("--peers", nargs="+", default=[], help="what run.py --out wrote")
    parser.add_argument("--doc", type=Path, default=DOC)
    parser.add_argument("--json", type=Path, help="the figures for programs")
    options = parser.parse_args()
    reference = tomllib.loads((HERE / "definitions" / "reference.toml").read_text(encoding="utf-8"))
    text = put(options.doc.read_text(encoding="utf-8"), "published", published(reference))
    if options.tamis:
        options.tamis = os.path.abspath(options.tamis)
        version = subprocess.run([options.tamis, "--version"], capture_output=True, check=True, text=True).stdout.split()[-1]
        results = measure(options)
        for name in options.sets:
            text = put(text, f"kinds-{name}", kinds(results, name))
        if set(SETS) <= set(options.sets):
            text = put(text, "when", [f"Measured {date.today()} with Tamis {version}, hits from {options.min_bits:g} bits on."])
            text = put(text, "summary", summary(results, reference))
            text = put(text, "thresholds", limits(results))
        else:
            print("the tables over all sets stay as they are: not all sets were measured", file=sys.stderr)
        if options.json:
            options.json.write_text(json.dumps(as_json(results), indent=1), encoding="utf-8")
    if options.peers:
        text = put(text, "side-by-side", side_by_side(options.peers))
    options.doc.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
