#!/bin/sh
# Runs fuzz targets for so many seconds each (60 unless given), so many side by side (1 unless given). Seeds are
# the hand-made messages and lists of the tests; what is found lies in artifacts/ and becomes a test. Each run ends
# with a line: seconds, executions, what was covered, and what was found.
#   ./targets.sh [-j side_by_side] [seconds] [target ...]
set -eu
cd "$(dirname "$0")"
jobs=1
if [ "${1:-}" = -j ]; then
    jobs=$2
    shift 2
fi
seconds=${1:-60}
[ $# -gt 0 ] && shift
targets=${*:-$(cd fuzz_targets && ls *.rs | sed 's/\.rs$//')}
./seeds.sh
# The compiler of the workspace is stable; libFuzzer needs the nightly one.
cargo +nightly fuzz build --fuzz-dir . --sanitizer none
host=$(rustc +nightly -vV | sed -n 's/^host: //p')
export BINARIES="${CARGO_TARGET_DIR:-$PWD/target}/$host/release" SECONDS_EACH="$seconds"
# Lists are read from files, which are best in memory.
[ -d /dev/shm ] && export TMPDIR=/dev/shm
mkdir -p logs
# shellcheck disable=SC2016
printf '%s\n' $targets | xargs -P "$jobs" -I '{}' sh -c '
    mkdir -p "corpus/$1" "seeds/$1" "artifacts/$1"
    started=$(date +%s)
    "$BINARIES/$1" "corpus/$1" "seeds/$1" "-artifact_prefix=artifacts/$1/" "-max_total_time=$SECONDS_EACH" \
        -max_len=16384 -timeout=120 -rss_limit_mb=4096 -print_final_stats=1 > "logs/$1.log" 2>&1 || true
    executed=$(sed -n "s/^stat::number_of_executed_units: *//p" "logs/$1.log")
    covered=$(grep -ao "cov: [0-9]*" "logs/$1.log" | tail -1)
    found=$(grep -am1 -E "panicked at|ERROR: libFuzzer" "logs/$1.log" || echo nothing)
    echo "$1: $(($(date +%s) - started)) s, ${executed:-no} executions, ${covered:-cov: none}, found: $found"
' sh '{}'
