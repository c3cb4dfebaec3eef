#!/bin/sh
# Makes the seed corpus of each target out of the hand-made messages and lists of the tests.
set -eu
cd "$(dirname "$0")"
messages=../decode/tests/messages
rm -rf seeds
seed() {
    mkdir -p "seeds/$1" "corpus/$1"
    for file in "$@"; do
        [ "$file" = "$1" ] || cp "$messages/$file" "seeds/$1/"
    done
}
seed paxlst paxlst.edi us_paxlst.edi
seed pnrgov pnrgov.edi
seed cusres cusres.edi
seed cuscar cuscar.edi cusrep.edi
seed x12 309.x12 310.x12 358.x12 997.x12
seed cargo_xml xfwb.xml xffm.xml soap.xml
seed cargo_imp fwb.imp fhl.imp ffm.imp fsu.imp
seed ens ens.xml soap.xml
seed wco wco.xml
seed pnrgov_xml pnrgov.xml
seed app app.txt
seed csv travellers.csv
seed json consignments.jsonl
seed rows
seed mapping
cp ../docs/mappings/*.toml seeds/mapping/
# Everything together, and cut and joined by the fuzzer.
mkdir -p seeds/split corpus/split
cp "$messages"/* seeds/split/
cat "$messages"/*.edi "$messages"/*.x12 "$messages"/*.xml "$messages"/*.imp > seeds/split/all
# Archives of two messages each, as far as the tools are there.
mkdir -p seeds/packed corpus/packed
two="paxlst.edi letter.txt"
(cd "$messages" && tar cf - $two) > seeds/packed/tar
for tool in gzip zstd xz bzip2; do
    if command -v "$tool" > /dev/null; then "$tool" -c < seeds/packed/tar > "seeds/packed/$tool"; fi
done
if command -v zip > /dev/null; then (cd "$messages" && zip -q - $two) > seeds/packed/zip; fi
if command -v python3 > /dev/null; then
    python3 - "$messages" <<'PY'
import sys, zipfile
for name, method in [("stored", zipfile.ZIP_STORED), ("deflated", zipfile.ZIP_DEFLATED)]:
    with zipfile.ZipFile(f"seeds/packed/zip_{name}", "w", method) as z:
        for member in ["paxlst.edi", "letter.txt"]:
            z.write(f"{sys.argv[1]}/{member}", member)
PY
fi
# Rows come from the decoder itself, lists from the tests of their readers, which write them.
cd ..
TAMIS_SEEDS="$PWD/fuzz/seeds/rows" cargo test -q -p tamis-decode --test accounted rows_that > /dev/null
TAMIS_SEEDS="$PWD/fuzz/seeds" cargo test -q -p tamis-lists undamaged_every_form > /dev/null
