#!/usr/bin/env bash
# All tests: with the race detector where a C compiler is at hand, on SQLite and
# on a private PostgreSQL. CHARGEWRIGHT_SEEDS=N sets the seeds of the simulation
# (20; of these 2 under the race detector, which slows them 15 times).
set -euo pipefail
cd "$(dirname "$0")/.."

race=""
if command -v gcc >/dev/null 2>&1; then race="-race"; export CGO_ENABLED=1
else echo "test.sh: no gcc here, so the race detector is off (apt-get install gcc)"; fi

build/pgtest.sh go test $race -timeout 20m ./...
if [ -n "$race" ]; then CGO_ENABLED=0 go test -timeout 20m ./app -run TestSeededSimulation; fi
