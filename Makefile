# The doors for people. Each installs what it needs and lacks; DRY=1 lists that instead of doing it.

ARGS ?=
export ARGS

.PHONY: help demo test conformance bench fmt lint fuzz prepare
help: ## List these targets
	@grep -hE '^[a-z]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

demo: ## Turn the whole loop twice on the demo's data and leave the service running (ARGS="--exit --json" ends by itself)
	@scripts/need demo $(if $(DRY),--dry)
	$(if $(DRY),,@cargo build --quiet --workspace --bins && exec target/debug/atr demo $(ARGS))

test: ## Run every test
	@scripts/need test $(if $(DRY),--dry)
	$(if $(DRY),,@scripts/test)

conformance: ## Run other people's clients and suites against a real installation
	@scripts/need conformance $(if $(DRY),--dry)
	$(if $(DRY),,@scripts/conformance)

bench: ## Measure one thing: NAME=…; without a name, list them
	@scripts/bench $(NAME)

fmt: ## Format the sources
	cargo fmt --all

lint: ## What the linter says, as errors
	cargo clippy --workspace --all-targets -- -D warnings

fuzz: ## Feed one target inputs made by chance: TARGET=… SECONDS=…; without a target, list them
	@SECONDS_TO_RUN=$(or $(SECONDS),60) scripts/fuzz $(TARGET)

prepare: ## Check every query against the schema and write the offline cache
	@scripts/need test
	@scripts/with-postgres scripts/prepare
