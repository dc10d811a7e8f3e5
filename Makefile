# Targets of the project; `make help` lists them.
GO ?= go
# The comparison with other languages is a module of its own: they are no
# dependencies of the product. -mod=mod follows changes of the product's go.mod.
IN_BENCHLANG = cd cmd/internal/benchlang &&

.PHONY: help build demo test deps vet bench bench-lang bench-go bench-mail bench-queue bench-mta day fuzz
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "%-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build the programs into bin/
	$(GO) build -o bin/ ./cmd/hawserd ./cmd/hawserctl ./cmd/hsl ./cmd/hawserbench

demo: build ## show the server at work, in under a minute
	$(GO) build -o bin/demo ./cmd/internal/demo
	bin/demo bin/hawserd

deps: ## install the Debian packages that tests need
	scripts/test-deps.sh

vet: ## format and vet
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "run gofmt -w on these files"; exit 1; }
	$(GO) vet ./...
	$(IN_BENCHLANG) $(GO) vet -mod=mod ./...

test: deps vet ## everything that CI runs
	$(GO) test -race -shuffle=on -timeout 10m ./...
	$(IN_BENCHLANG) $(GO) test -mod=mod -race -shuffle=on -timeout 10m ./...

bench: bench-lang bench-go bench-mail ## all benchmarks

BENCHFLAGS ?=
bench-lang: ## HSL against other languages; BENCHFLAGS="-rounds 3 -programs 'fib|map'"
	scripts/bench-deps.sh
	$(IN_BENCHLANG) $(GO) build -mod=mod -o ../../../bin/benchlang .
	bin/benchlang $(BENCHFLAGS)

bench-go: ## parser, machine and cold hook
	$(GO) test -run xxx -bench . ./lang/... ./runtime/... ./stdlib ./mta/hook

bench-mail: ## signing and the spool
	$(GO) test -run xxx -bench . ./mta/dkim
	$(GO) test -run xxx -bench 'Put|Change|Load' -benchtime 10000x ./mta/spool

bench-queue: ## a start with a million units on disk; minutes, 3 GB in TMPDIR
	$(GO) test -run xxx -bench Million -benchtime 1x -timeout 60m ./mta/spool

MTAFLAGS ?=
bench-mta: build ## the server against Postfix; MTAFLAGS="--rounds 5 --messages 10000"
	scripts/bench-mta.sh $(MTAFLAGS)

DAYMESSAGES ?= 10000000
day: ## a day of a large sender on virtual time, with the real queue and policies
	$(GO) test ./mta/queue -run 'TestDay$$' -v -timeout 90m -day $(DAYMESSAGES)

FUZZTIME ?= 60s
fuzz: ## fuzz every target for FUZZTIME
	@for f in $$(grep -rl --include='*_test.go' '^func Fuzz' .); do \
		for n in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9]*\).*/\1/p' $$f); do \
			$(GO) test -run xxx -fuzz "^$$n$$" -fuzztime $(FUZZTIME) $$(dirname $$f) || exit 1; done; done
