#!/usr/bin/env bash
# Screens a generated day and has DuckDB, Polars and delta-rs read what came out.
# Usage: run.sh TAMIS PYTHON FOLDER
set -euo pipefail
tamis=$1 python=$2 work=$3
here=$(cd "$(dirname "$0")" && pwd)
"$tamis" generate --travellers 5000 --entities 2000 --seed 7 --dirt 0.2 --out "$work/day"
"$tamis" screen "$work/day/messages" --watchlist "$work/day/watchlist.csv" --out "$work/out"
"$tamis" query "$(cat "$here/expected.sql")" --data "$work/out" --format json >"$work/expected.json"
"$python" "$here/check.py" "$work/out" "$work/expected.json"
