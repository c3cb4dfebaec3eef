#!/bin/sh
# Runs every fuzz target for so many seconds (60 unless given), one after the other. Seeds are the
# hand-made messages of the tests; what is found lies in artifacts/ and becomes a test.
#   ./targets.sh [seconds] [target ...]
set -eu
cd "$(dirname "$0")"
seconds=${1:-60}
[ $# -gt 0 ] && shift
targets=${*:-$(cd fuzz_targets && ls *.rs | sed 's/\.rs$//')}
./seeds.sh
for target in $targets; do
    echo "== $target"
    # The compiler of the workspace is stable; libFuzzer needs the nightly one.
    cargo +nightly fuzz run --fuzz-dir . --sanitizer none "$target" "corpus/$target" "seeds/$target" -- \
        -max_total_time="$seconds" -max_len=16384 -timeout=10 -rss_limit_mb=4096 -print_final_stats=1 2>&1 |
        grep -E "^(stat::number_of_executed|stat::average_exec|stat::new_units|SUMMARY|==[0-9]+== ERROR)|panicked|Test unit" || true
done
