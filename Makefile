# make demo   a charging network on this machine, from nothing
# make test   everything that must hold: format, vet, lint, race, SQLite and PostgreSQL, both faces in Chromium
# make browser  the last part of it alone
# make screens  pictures of every page into docs/screens
# make run    the server on ./data
# make check  the quick part of test: format, vet, lint
# make replay a month of real sessions over OCPP into both databases, compared to the Wh
# make bench  our figures beside the limit of the same run
# make ui     both faces, built to be embedded (Node 20.19 or newer)
# make dev    the server and the faces from their source, for work on ui/
# make generate SCHEMAS=../shared/ocpp-schemas   the OCPP messages from the official schemas

export CGO_ENABLED = 0
SCHEMAS ?= ../shared/ocpp-schemas
GO ?= go

.PHONY: demo run test check replay oracle bench generate build fmt ui dev uicheck browser screens

build: ui
	$(GO) build -trimpath -ldflags "-s -w" -o bin/chargewright ./cmd/chargewright

ui:
	@build/ui.sh

# Two programs; both end together.
dev:
	@build/npm.sh
	$(GO) build -o bin/chargewright ./cmd/chargewright
	@trap 'kill 0' EXIT INT TERM; ./bin/chargewright demo & (cd ui && npm run dev); wait

uicheck:
	@build/npm.sh
	cd ui && npm run --silent check && npm test --silent

demo: build
	./bin/chargewright demo

run: build
	./bin/chargewright serve --data-dir data

check:
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo "run: make fmt"; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

fmt:
	gofmt -w $$(git ls-files '*.go')

test: check uicheck ui
	build/test.sh
	build/browser.sh

browser: ui
	build/browser.sh

screens: ui
	E2E_PROJECT=screens build/browser.sh

replay:
	CHARGEWRIGHT_REPLAY=whole build/pgtest.sh $(GO) test ./app -count 1 -run TestReplayOfRealSessions -v

oracle:
	CHARGEWRIGHT_ORACLE=whole $(GO) test ./core/tariff -count 1 -run TestRateFileEqualsOracle -timeout 60m -v

bench: build
	./bin/chargewright bench

generate:
	$(GO) run ./wire/ocpp/gen -schemas $(SCHEMAS)
