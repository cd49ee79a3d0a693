.DEFAULT_GOAL := help

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "%-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: test
test: ## the tests with all of the generated cases; go test ./... runs a tenth of them
	@.ci/run test

.PHONY: race
race: ## the tests in random order under the race detector
	@.ci/run race

.PHONY: lint
lint: ## gofmt, go vet, staticcheck and tidy module files
	@.ci/run lint mod

.PHONY: cover
cover: ## the tests run enough of the code
	@.ci/run cover

.PHONY: fuzz
fuzz: ## every fuzz target, FUZZTIME (8s) each
	@.ci/run fuzz

.PHONY: purity
purity: ## no clock, file, network, log or chance; a small and documented surface
	@.ci/run purity

.PHONY: api
api: ## breaking changes since the last release are announced
	@.ci/run api

.PHONY: count
count: ## an assessment takes no more instructions than those that are committed
	@.ci/run instructions

.PHONY: ci
ci: ## everything that CI runs, two steps at a time
	@.ci/run

.PHONY: golden
golden: ## rewrite the golden files; look at the difference before you commit
	go test $$(grep -rl --include='*_test.go' --exclude-dir=bench 'flag.Bool("update"' . | xargs -r -n1 dirname | sort -u) -update
	go -C bench test -run TestPolicy . -update

BASE = $(shell git diff --quiet HEAD && echo HEAD^ || echo HEAD)

.PHONY: same
same: ## 100,000 generated leads have the same assessments, to the byte, as with the library of BASE, the last commit; some five minutes
	@.ci/same $(BASE)

.PHONY: bench
bench: ## instructions and times beside those of BASE, the last commit, and the table of speed ratios of bench/README.md; some six minutes
	@cd bench && if command -v valgrind >/dev/null; then go run ./instructions -base $(BASE); else echo "instructions are not counted: there is no valgrind"; fi
	@cd bench && for round in 1 2 3 4 5; do go test -run '^$$' -bench . -benchtime 150ms . || exit 1; done | go run ./table

.PHONY: horizon
horizon: ## a simulated year of 100,000 leads, nightly and on Until; some six minutes
	@go -C bench run ./horizon
