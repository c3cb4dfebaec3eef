#!/usr/bin/env bash
# Installs and starts a server with the API of S3 (moto, Apache-2.0, from PyPI) and prints its address.
# It has one bucket, `tamis`, keeps all in memory and runs until `kill $(cat FOLDER/pid)`.
# usage: setup.sh FOLDER
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
folder="${1:?name a folder}"
if ! cmp -s "$here/requirements.txt" "$folder/installed.txt"; then
    "${PYTHON:-python3}" -m venv --clear "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: -r "$here/requirements.txt" >&2
    cp "$here/requirements.txt" "$folder/installed.txt"
fi
rm -f "$folder/address"
"$folder/bin/python" "$here/server.py" "$folder/address" </dev/null >"$folder/log" 2>&1 &
echo $! >"$folder/pid"
for _ in $(seq 300); do
    [ -s "$folder/address" ] && { cat "$folder/address"; echo; exit 0; }
    kill -0 "$(cat "$folder/pid")" 2>/dev/null || break
    sleep 0.1
done
cat "$folder/log" >&2
echo "the server did not start" >&2
exit 1
