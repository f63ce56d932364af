#!/usr/bin/env bash
# Browser tests (ui/e2e): the real server, simulated stations and Chromium. Further
# words go to Playwright:  build/browser.sh driver.spec
# CHROMIUM names a browser; E2E_WORKERS how many run side by side (2).
set -euo pipefail
cd "$(dirname "$0")/.."

find_browser() {
	local name
	for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
		[ -n "$name" ] && command -v "$name" && return
	done
	return 0
}

CHROMIUM=$(find_browser)
if [ -z "$CHROMIUM" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	echo "browser.sh: installing chromium" >&2
	{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; } >&2 || true
	CHROMIUM=$(find_browser)
fi
if [ -z "$CHROMIUM" ]; then
	echo "browser.sh: there is no Chromium: apt-get install chromium, or set CHROMIUM to its path" >&2
	exit 1
fi
export CHROMIUM

if [ -z "${CHARGEWRIGHT_BIN:-}" ]; then
	build/ui.sh
	CGO_ENABLED=0 go build -o bin/chargewright ./cmd/chargewright
	CHARGEWRIGHT_BIN=$PWD/bin/chargewright
fi
export CHARGEWRIGHT_BIN
build/npm.sh
cd ui
exec npx --no-install playwright test -c e2e "--project=${E2E_PROJECT:-proof}" "$@"
