#!/bin/sh
# One run of tally against the benchmark kit's server, from nothing: what `bench.py --add` starts.
#     run.sh TALLY [streaming|keeping] [fresh|again]
# streaming: records are counted as they arrive; keeping: the line list is kept. again: on the state of the run before.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tally=$1 mode=${2:-streaming} state=${3:-fresh}
work=${TMPDIR:-/tmp}/tally-kit-$mode
[ "$state" = again ] || rm -rf "$work"
mkdir -p "$work"
cp "$here/places.csv" "$work/"
if [ "$mode" = keeping ]; then sed 's/keep = "nothing"/keep = "records"/' "$here/tally.toml"; else cat "$here/tally.toml"; fi > "$work/tally.toml"
export BENCH_PASSWORD=bench
exec "$tally" --quiet run --config "$work/tally.toml" --from 2019W52 --to 2022W5 --output json
