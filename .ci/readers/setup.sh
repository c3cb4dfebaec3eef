#!/usr/bin/env bash
# Makes a virtual environment with the readers that outputs are checked with.
# Usage: setup.sh [FOLDER]; prints the path of its python. Does nothing where it is up to date.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
venv=${1:-${CARGO_TARGET_DIR:-$here/../../target}/readers}
if ! cmp -s "$here/requirements.txt" "$venv/installed.txt"; then
    "${PYTHON:-python3}" -m venv --clear "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: -r "$here/requirements.txt" >&2
    cp "$here/requirements.txt" "$venv/installed.txt"
fi
echo "$venv/bin/python"
