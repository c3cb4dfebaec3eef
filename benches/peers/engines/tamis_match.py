"""Tamis: `tamis match` as anyone would run it, one thread.

Loading is the CPU time of a run with one query (start of the program, reading and compiling the list);
querying is that of a run with all of them less the loading: cold, each distinct token is looked up once.
For the warm rate the same queries go in several times over, and the first pass is taken away. Evidence is
made and written as text for every hit, which is inside the clock: at 0 bits that is most of it.
"""

import csv
import io
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile

from common import given_first

PASSES = 9


def queries_as_csv(rows, dob):
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(("id", "name", "birth_date", "nationality"))
    for row in rows:
        writer.writerow((row["id"], row["name"], row["birth_date"] if dob else "", row["nationality"] if dob else ""))
    return text.getvalue().encode()


def cpu_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measured(job, asked, out):
    """CPU seconds of one run."""
    begun = cpu_of_children()
    command = [job["tamis"], "match", "-", "--watchlist", job["list"], "--threads", "1"]
    command += ["--min-bits", str(job["options"]["min_bits"]), "--out", out]
    done = subprocess.run(command, input=asked, capture_output=True, check=False)
    if done.returncode != 0:
        sys.exit(f"tamis match: {done.stderr.decode(errors='replace').strip()[-500:]}")
    return cpu_of_children() - begun


def told_apart(seconds, base):
    """A difference of two runs, or nothing where it drowns in what runs differ by anyway."""
    return seconds if seconds > max(0.05 * base, 0.01) else None


def main():
    job = json.loads(sys.argv[1])
    sys.stdin.reconfigure(encoding="utf-8", newline="")
    rows = list(csv.DictReader(sys.stdin))
    if job["options"].get("given_first"):
        rows = [row | {"name": given_first(row["name"])} for row in rows]
    dob = job["fields"] == "name+dob"
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "hits.csv")
        one, once = queries_as_csv(rows[:1], dob), queries_as_csv(rows, dob)
        # In turns, so that a busy minute of the machine falls on both.
        pairs = [(measured(job, one, out), measured(job, once, out)) for _ in range(job["repeat"])]
        load = statistics.median(first for first, _ in pairs)
        single = statistics.median(second for _, second in pairs)
        warm = None
        if job["options"]["min_bits"] > 0:
            many = queries_as_csv(rows * PASSES, dob)
            runs = statistics.median(measured(job, many, out) for _ in range(job["repeat"]))
            passes = told_apart(runs - single, single)
            warm = passes and passes / (PASSES - 1)
            measured(job, once, out)
        hits = 0
        with open(out, encoding="utf-8", newline="") as found, open(job["hits"], "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("id", "entity_id", "score"))
            for row in csv.DictReader(found):
                writer.writerow((row["id"], row["entity_id"], row["bits"]))
                hits += 1
    with open(job["list"], encoding="utf-8", newline="") as file:
        names = sum(1 for _ in csv.DictReader(file))
    version = subprocess.run([job["tamis"], "--version"], capture_output=True, check=True, text=True).stdout.split()[-1]
    report = {"version": version, "load_cpu_s": load, "query_cpu_s": told_apart(single - load, load), "warm_cpu_s": warm}
    print(json.dumps(report | {"queries": len(rows), "names": names, "hits": hits}))


if __name__ == "__main__":
    main()
