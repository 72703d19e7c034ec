# sealpress: `make` lists what can be done.
.DEFAULT_GOAL := help
BIN := .venv/bin
PARTS := .venv/test tests/node_modules/run browser postgres ceph kannel postfix spamassassin build/bench-tools/run
# each process begins with a half of the tests, in their order: few servers are started in both
BOTH := -n auto --dist worksteal

help:  ## list these targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

demo: .venv/run  ## build and publish the shipped site, and print links to open
	@$(BIN)/sealpress demo

serve: .venv/run  ## serve the built site on this machine
	@$(BIN)/sealpress serve

test: $(PARTS)  ## run every test
	$(BIN)/pytest $(BOTH)

test-deep: $(PARTS)  ## try properties with forty times as many examples, and others in each run
	$(BIN)/pytest $(BOTH) -m hypothesis --hypothesis-profile deep

lint: .venv/lint  ## check style, types and the order of the rooms
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/lint  ## rewrite the code in the house's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

golden: .venv/test  ## regenerate the golden pages; read the difference before committing
	$(BIN)/python -m tests.golden

bench: bench-build bench-watch bench-publish bench-send bench-page  ## measure everything

bench-build: build/bench-tools/run  ## nights of up to a million clients, beside peers and a floor
	$(BIN)/python -m bench.build

bench-watch: .venv/test  ## from an event to the published page
	$(BIN)/python -m bench.watch

bench-publish: build/bench-tools/run  ## up to a million files into a store, beside peers
	$(BIN)/python -m bench.publish

bench-send: .venv/test kannel postfix  ## handing over beside bare loops, and planning
	$(BIN)/python -m bench.send
	$(BIN)/python -m bench.planning

build/bench-tools/run: .venv/test bench/peers/requirements.txt bench/peers/package-lock.json
	@echo "Installing the peers of the benchmarks." >&2
	@$(BIN)/python -m bench.peers >/dev/null || [ "$${CI:-}" != true ]
	@mkdir -p build/bench-tools && touch $@

bench-page: .venv/test tests/node_modules/run browser  ## what opening a page costs in a browser
	$(BIN)/python -m bench.page

clean:  ## remove what was built and installed; keys, state and logs stay
	rm -rf build/site build/spare build/staged build/bench-* .venv tests/node_modules .mypy_cache .ruff_cache

.venv/run: pyproject.toml
	@sh .ci/venv.sh .venv
	@$(BIN)/pip install -q -e .
	@touch $@

.venv/test: .venv/run
	@$(BIN)/pip install -q -e '.[test]'
	@touch $@

.venv/lint: .venv/test
	@$(BIN)/pip install -q -e '.[test,lint]'
	@touch $@

tests/node_modules/run: tests/package.json tests/package-lock.json
	@sh .ci/node.sh
	@mkdir -p tests/node_modules && touch $@

browser:
	@sh .ci/browser.sh

postgres:
	@sh .ci/postgres.sh

ceph kannel postfix spamassassin:
	@sh .ci/$@.sh

.PHONY: help demo serve test test-deep lint format golden bench bench-build bench-watch bench-publish bench-send bench-page clean browser postgres ceph kannel postfix spamassassin
