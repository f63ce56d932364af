#!/usr/bin/env bash
# Installs what ui/ is made with, exactly as its lockfile says, when that changed.
set -euo pipefail
cd "$(dirname "$0")/../ui"
have=$(cat node_modules/.lock 2>/dev/null || true)
want=$(sha256sum package-lock.json)
[ "$have" = "$want" ] && exit 0
PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund --loglevel error
echo "$want" >node_modules/.lock
