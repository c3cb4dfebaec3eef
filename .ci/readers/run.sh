#!/usr/bin/env bash
# Screens a generated day and has DuckDB, Polars and delta-rs read what came out; then the same of a service
# of many epochs, whose logs were cut off behind a checkpoint.
# Usage: run.sh TAMIS PYTHON FOLDER
set -euo pipefail
tamis=$1 python=$2 work=$3
here=$(cd "$(dirname "$0")" && pwd)
"$tamis" generate --travellers 5000 --entities 2000 --seed 7 --dirt 0.2 --out "$work/day"
"$tamis" screen "$work/day/messages" --watchlist "$work/day/watchlist.csv" --out "$work/out"
"$tamis" query "$(cat "$here/expected.sql")" --data "$work/out" --format json >"$work/expected.json"
"$python" "$here/check.py" "$work/out" "$work/expected.json"

cat >"$work/run.toml" <<TOML
[output]
folder = "service"
[watchlist]
paths = ["day/watchlist.csv"]
[batch]
milliseconds = 5
[epoch]
seconds = 0.02
[maintenance]
log_versions = 6
compact_files = 8
[[source]]
name = "load"
kind = "generator"
travellers = 5000
entities = 2000
seed = 7
rate = 1000.0
TOML
"$tamis" run "$work/run.toml"
for table in flagged records; do
    if [ -e "$work/service/$table/_delta_log/00000000000000000000.json" ]; then
        echo "the log of $table was not cut off" >&2
        exit 1
    fi
done
"$tamis" query "$(cat "$here/expected.sql")" --data "$work/service" --format json >"$work/service.json"
"$python" "$here/check.py" "$work/service" "$work/service.json"
