#!/usr/bin/env bash
# Builds both faces into edge/web/dist/built, which git does not track. Does
# nothing when nothing of ui/ or the API's description changed since.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v npm >/dev/null 2>&1 || {
	echo "ui.sh: Node.js 20.19 or newer with npm is needed to build the interface (apt-get install nodejs npm)" >&2
	exit 1
}
stamp=edge/web/dist/built/.stamp
now=$(find ui docs/openapi.json -type f -not -path '*/node_modules/*' -not -path 'ui/e2e/*' -not -path 'ui/test-results/*' -not -name schema.d.ts -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$now" ]; then exit 0; fi
build/npm.sh
(cd ui && npm run --silent build)
echo "$now" >"$stamp"
