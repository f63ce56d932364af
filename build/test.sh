#!/usr/bin/env bash
# All tests: with the race detector where a C compiler is at hand, on SQLite and
# on a private PostgreSQL. CHARGEWRIGHT_SEEDS=N sets the seeds of the simulation
# (20; of these 3 under the race detector, which slows them 4 times).
set -euo pipefail
cd "$(dirname "$0")/.."

[ -n "${CHARGEWRIGHT_TEST_POSTGRES:-}" ] || exec build/pgtest.sh build/test.sh

# SQLite is C in Go's clothes, and its memory is not Go's: the detector has nothing to
# find there, and looking takes four times as long as all the rest.
race=()
if command -v gcc >/dev/null 2>&1; then race=(-race "-gcflags=modernc.org/...=-race=false"); export CGO_ENABLED=1
else echo "test.sh: no gcc here, so the race detector is off (apt-get install gcc)"; fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
# One package more at a time than there are processors: tests wait for real
# connections, and the longest package need not leave a processor idle.
tests() { go test "${race[@]}" -p "$(($(nproc) + 1))" -timeout 20m "$@" 2>&1 | tee "$log"; }

# The detector itself dies now and then of very many goroutines: of a failed CHECK
# of its own, or of a fault outside Go code (one in Go code is a panic). The packages
# it took along run again, once; a test that failed, a race or a panic is final.
detector_died() {
	grep -qE '^ThreadSanitizer: CHECK failed|^SIGSEGV: segmentation violation$' "$log" && ! grep -qE '^ *--- FAIL|^WARNING: DATA RACE|^panic:' "$log"
}

# The two longest first: they would run alone at the end.
if ! tests ./app ./edge/api ./...; then
	detector_died || exit 1
	again=$(awk '$1 == "FAIL" && NF > 1 { print $2 }' "$log")
	echo "test.sh: the race detector died; once more: $again"
	# shellcheck disable=SC2086 # one word for each package
	tests $again
fi
if [ "${#race[@]}" -gt 0 ]; then
	CGO_ENABLED=0 go test -timeout 20m ./app -run TestSeededSimulation
	CGO_ENABLED=0 go test -timeout 20m ./edge/api -run /postgres # see its race_test.go
fi
