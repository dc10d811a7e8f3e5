# Targets of the project; `make help` lists them.
GO ?= go

.PHONY: help test build
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "%-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## compile every package
	$(GO) build ./...

test: build ## everything that CI runs
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "run gofmt -w on these files"; exit 1; }
	$(GO) vet ./...
	$(GO) test -race -shuffle=on ./...
