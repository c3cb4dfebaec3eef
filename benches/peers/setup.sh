#!/usr/bin/env bash
# Makes a virtual environment with the peers.
# Usage: setup.sh [FOLDER] [--smoke]; prints the path of its python on the last line.
# --smoke installs rapidfuzz and numpy alone, into a folder of its own. Does nothing where it is up to date.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
target=${CARGO_TARGET_DIR:-$here/../../target}
venv="" only=""
for argument in "$@"; do
    case $argument in
        --smoke) only='^(rapidfuzz|numpy)==' ;;
        *) venv=$argument ;;
    esac
done
venv=${venv:-$target/peers${only:+-smoke}}

wanted=$(mktemp)
trap 'rm -f "$wanted"' EXIT
if [ -n "$only" ]; then
    grep -E "$only" "$here/requirements.txt" >"$wanted"
else
    cat "$here/requirements.txt" >"$wanted"
    if pkg-config --exists icu-i18n 2>/dev/null && command -v "${CXX:-g++}" >/dev/null; then
        cat "$here/requirements-nomenklatura.txt" >>"$wanted"
    else
        echo "nomenklatura is left out: it needs ICU's headers, pkg-config and a C++ compiler" \
            "(Debian: apt-get install libicu-dev pkg-config g++), then run this again" >&2
    fi
fi

if ! cmp -s "$wanted" "$venv/installed.txt"; then
    "${PYTHON:-python3}" -m venv --clear "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: --no-binary pyicu -r "$wanted" >&2
    cp "$wanted" "$venv/installed.txt"
fi
echo "$venv/bin/python"
