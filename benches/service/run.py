#!/usr/bin/env python3
"""Puts load on `tamis run` and watches it from outside: what it commits, its memory, its commits.

    python3 benches/service/run.py --tamis target/release/tamis capacity
    python3 benches/service/run.py --tamis target/release/tamis overload
    python3 benches/service/run.py --tamis target/release/tamis swap
    python3 benches/service/run.py --tamis target/release/tamis soak --seconds 3600

`capacity` reads made-up travellers as fast as it can; `overload` offers ten times of that; `swap` lets the lists grow
by 1,000 entities, ten times; `soak` runs at 80 % of the capacity. Every run ends with SIGTERM, and the rows in the tables
are counted against those that were told: a run that lost some fails. Needs nothing but Python 3. The result is one JSON
object on stdout.
"""

import argparse, json, os, re, signal, socket, subprocess, sys, tempfile, threading, time, urllib.request
from pathlib import Path

LIST_HEAD = "entity_id,list,entity_kind,name,birth_dates\n"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def percentile(values, share):
    values = sorted(values)
    return round(values[int((len(values) - 1) * share)], 4) if values else None


class Run:
    """One `tamis run` over a generator of so many travellers a second (0: as fast as possible)."""

    def __init__(self, args, rate, home):
        self.home, self.port = Path(home), free_port()
        made = [args.tamis, "generate", "--travellers", "1000", "--entities", str(args.entities), "--seed", "2026"]
        subprocess.run(made + ["--out", str(self.home / "day")], check=True, capture_output=True)
        self.list = self.home / "lists" / "watchlist.csv"
        self.list.parent.mkdir()
        (self.home / "day" / "watchlist.csv").rename(self.list)
        config = self.home / "run.toml"
        config.write_text(
            f'[output]\nfolder = "tables"\nrecords = {"true" if args.records else "false"}\n'
            f'[watchlist]\npaths = ["lists"]\ncheck_seconds = 0.5\n[epoch]\nseconds = {args.epoch}\n'
            f"[maintenance]\ncompact_files = {args.compact}\n"
            f'[http]\nlisten = "127.0.0.1:{self.port}"\n'
            f'[[source]]\nname = "load"\nkind = "generator"\ntravellers = 2000000000\nentities = {args.entities}\n'
            f"seed = 2026\nrate = {rate}\n"
        )
        self.log = open(self.home / "stderr.log", "wb")
        self.child = subprocess.Popen(
            [args.tamis, "run", str(config), "--format", "json"], stdout=subprocess.PIPE, stderr=self.log, text=True
        )
        self.epochs, self.samples = [], []
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        self.tables = self.home / "tables"
        while True:
            try:
                self.metrics()
                break
            except OSError:
                assert self.child.poll() is None, f"it did not begin: {(self.home / 'stderr.log').read_text()}"
                time.sleep(0.05)
        self.begun = time.time()

    def read(self):
        for line in self.child.stdout:
            if line.startswith("{"):
                self.epochs.append((time.time(), json.loads(line)))

    def metrics(self):
        url = f"http://127.0.0.1:{self.port}/metrics"
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.read().decode()

    def rss(self):
        """Resident memory now and at its highest, in MB."""
        text = Path(f"/proc/{self.child.pid}/status").read_text()
        return [int(re.search(rf"{key}:\s+(\d+)", text)[1]) // 1024 for key in ("VmRSS", "VmHWM")]

    def sample(self, seconds):
        """Looks every second."""
        end = time.time() + seconds
        while time.time() < end:
            time.sleep(max(0.0, 1.0 - time.time() % 1.0))
            if self.child.poll() is not None:
                raise SystemExit(f"the service ended by itself with {self.child.returncode}: see {self.home}/stderr.log")
            # Decoded rows, since those of epochs come in steps of seconds.
            rows = sum(int(n) for n in re.findall(r"^tamis_records_total\{[^}]*\} (\d+)", self.metrics(), re.M))
            self.samples.append((time.time(), rows, self.rss()[0]))

    def stop(self):
        high = self.rss()[1]
        self.child.send_signal(signal.SIGTERM)
        code = self.child.wait(timeout=120)
        self.reader.join(timeout=10)
        assert code == 0, f"it ended with {code}"
        return high

    def in_tables(self, tamis):
        # Counted by the logs of the tables, without reading a row.
        state = subprocess.run([tamis, "inspect", "state", str(self.tables), "--format", "json"], capture_output=True, text=True)
        found = json.loads(state.stdout)
        assert state.returncode == 0, found["problems"]
        return {t["table"]: t["rows"] for t in found["tables"]}

    def rate_between(self, a, b):
        """Rows a second that were decoded in a span of time, by the samples."""
        inside = [(t, rows) for t, rows, _ in self.samples if a <= t <= b]
        return (inside[-1][1] - inside[0][1]) / (inside[-1][0] - inside[0][0]) if len(inside) > 1 else 0.0

    def rate(self, since=0.0):
        """Rows a second between the first and the last committed epoch after a time."""
        seen = [(t, e["rows"]) for t, e in self.epochs if t >= since]
        if len(seen) < 2:
            return 0.0
        return sum(rows for _, rows in seen[1:]) / (seen[-1][0] - seen[0][0])


def finish(run, args, out):
    high = run.stop()
    told = sum(e["rows"] for _, e in run.epochs)
    tables = run.in_tables(args.tamis)
    counted = {"hits": "hits", "dead_letters": "dead"} | ({"records": "rows"} if args.records else {})
    for table, key in counted.items():
        of = sum(e[key] for _, e in run.epochs)
        assert tables[table] == of, f"{tables[table]} rows in {table}, {of} were told"
    dead = sum(e["dead"] for _, e in run.epochs)
    out.update(rows=told, dead=dead, epochs=len(run.epochs), peak_mb=high, counted=sorted(counted))
    return out


def capacity(args, rate=0, name="capacity", seconds=None):
    with tempfile.TemporaryDirectory(dir=args.work) as home:
        run = Run(args, rate, home)
        run.sample(seconds or args.seconds or 30)
        warm = run.begun + 5
        out = {"run": name, "offered": rate, "rows_a_second": round(run.rate(warm)), "rss_mb": run.samples[-1][2]}
        return finish(run, args, out)


def overload(args):
    one = capacity(args)
    ten = capacity(args, rate=10 * one["rows_a_second"], name="ten times the capacity")
    return {"run": "overload", "at_capacity": one, "at_ten_times": ten, "peak_mb_ratio": round(ten["peak_mb"] / one["peak_mb"], 2)}


def swap(args):
    """Lets the lists grow by 1,000 entities several times. Between the swaps lie quiet stretches as long as a swap: any
    stretch of some seconds is faster or slower by a tenth, swap or no swap, so one alone says little."""
    with tempfile.TemporaryDirectory(dir=args.work) as home:
        run = Run(args, args.rate, home)
        run.sample(args.seconds or 30)
        generation = lambda: re.search(r'edition_info\{generation="(\w+)"', run.metrics())[1]
        quiet, swapping, to_force = [], [], []
        for n in range(args.swaps):
            begun = time.time()
            run.sample(7)
            quiet.append(run.rate_between(begun, time.time()))
            old = generation()
            rows = [f"new-{i},more-{n},person,{name(i + 1000 * n)},19{i % 80 + 10}-05-{i % 28 + 1:02}\n" for i in range(1000)]
            more = run.list.with_name(f"more-{n}.csv")
            more.with_suffix(".part").write_text(LIST_HEAD + "".join(rows))
            more.with_suffix(".part").rename(more)
            written = time.time()
            while generation() == old:
                assert time.time() < written + 60, "the new list never came into force"
                run.sample(0.5)
            to_force.append(time.time() - written)
            # To five seconds behind its coming into force: compiled beside the data, then met with cold memos.
            run.sample(5)
            swapping.append(run.rate_between(written, time.time()))
        mean = lambda rates: sum(rates) / len(rates)
        out = {
            "run": "swap",
            "offered": args.rate,
            "decoded_a_second_quiet": round(mean(quiet)),
            "decoded_a_second_swapping": round(mean(swapping)),
            "dip": round(1 - mean(swapping) / mean(quiet), 3),
            "quiet": [round(r) for r in quiet],
            "swapping": [round(r) for r in swapping],
            "seconds_to_force": {p: percentile(to_force, s) for p, s in (("p50", 0.5), ("max", 1.0))},
        }
        finish(run, args, out)
        # Which epochs were screened with what, as their commits say.
        of = {}
        for entry in sorted((run.tables / "flagged" / "_delta_log").glob("*.json")):
            for line in entry.read_text().splitlines():
                record = json.loads(line).get("commitInfo", {}).get("userMetadata")
                if record:
                    record = json.loads(record)
                    of.setdefault(record["generation"], []).append(record["epoch"])
        assert len(of) == args.swaps + 1, f"{len(of)} generations"
        spans = sorted((min(e), max(e)) for e in of.values())
        assert all(a[1] < b[0] for a, b in zip(spans, spans[1:])), f"generations overlap: {spans}"
        return out


def name(n):
    letters = ""
    for _ in range(6):
        letters, n = letters + chr(ord("A") + (n * 7 + len(letters) * 5) % 26), n // 3 + len(letters) * 11
    return f"{letters} Nova{letters[:3].lower()}"


def soak(args):
    # The capacity is that of a minute, however long the soak is.
    rate = args.rate or round(0.8 * capacity(args, seconds=60)["rows_a_second"])
    with tempfile.TemporaryDirectory(dir=args.work) as home:
        run = Run(args, rate, home)
        run.sample(args.seconds or 3600)
        gaps = [b[0] - a[0] for a, b in zip(run.epochs, run.epochs[1:])]
        half = len(run.samples) // 2
        mean = lambda part: round(sum(s[2] for s in part) / max(1, len(part)))
        out = {
            "run": "soak",
            "offered": rate,
            "seconds": args.seconds or 3600,
            "rows_a_second": round(run.rate(run.begun + 5)),
            "rss_mb": {"first_minute": mean(run.samples[:60]), "first_half": mean(run.samples[:half]), "second_half": mean(run.samples[half:])},
            "seconds_between_epochs": {p: percentile(gaps, s) for p, s in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))},
            "first_half_p99": percentile(gaps[: len(gaps) // 2], 0.99),
            "second_half_p99": percentile(gaps[len(gaps) // 2 :], 0.99),
        }
        return finish(run, args, out)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["capacity", "overload", "swap", "soak"])
    parser.add_argument("--tamis", required=True)
    parser.add_argument("--entities", type=int, default=60_000)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--rate", type=float, default=0)
    parser.add_argument("--epoch", type=float, default=2.0)
    parser.add_argument("--swaps", type=int, default=10)
    parser.add_argument("--compact", type=int, default=0)
    parser.add_argument("--no-records", dest="records", action="store_false")
    parser.add_argument("--work", help="folder for the tables; a fast disk")
    args = parser.parse_args()
    args.tamis = os.path.abspath(args.tamis)
    json.dump(globals()[args.what](args), sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
