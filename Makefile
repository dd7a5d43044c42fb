# Every daily command. Bare `make` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev

.DEFAULT_GOAL := help
.PHONY: help demo test check format messages lock sbom bench clean

help: ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | awk -F'\t' '{printf "  make %-10s %s\n", $$1, $$2}'

$(BIN)/python:
	@$(PYTHON) tools/require_python.py
	$(PYTHON) -m venv $(VENV)

$(STAMP): $(BIN)/python requirements/base.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/base.txt
	$(BIN)/python tools/install_command.py
	@touch $@

$(DEV_STAMP): $(STAMP) requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

demo: $(STAMP) ## start Tocsin with sample data: public door, desk, worker
	$(BIN)/tocsin demo

test: $(DEV_STAMP) ## every test: SQLite, PostgreSQL, servers, headless browser
	$(BIN)/python tools/run_tests.py

check: $(DEV_STAMP) ## lint, types, import contracts, templates, translations (under a minute)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy tocsin tests tools benchmarks
	$(BIN)/lint-imports
	$(BIN)/djlint --lint --quiet tocsin
	$(BIN)/python tools/messages.py --check

format: $(DEV_STAMP) ## put code and templates into the house layout
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

messages: $(DEV_STAMP) ## collect interface texts for translation, compile what is translated
	$(BIN)/python tools/messages.py

lock: $(DEV_STAMP) ## pin all dependencies again, with hashes
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --quiet -o requirements/base.txt
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --quiet -o requirements/dev.txt

sbom: $(DEV_STAMP) ## write the software bill of materials to build/sbom.json
	@mkdir -p build
	$(BIN)/cyclonedx-py requirements requirements/base.txt --of JSON -o build/sbom.json

bench: $(DEV_STAMP) ## measure this machine (docs/performance.md says how to read it)
	$(BIN)/tocsin bench intake
	$(BIN)/tocsin bench ledger

clean: ## remove the environment, caches and the demonstration
	rm -rf $(VENV) .demo build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
