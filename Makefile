# What a fresh machine needs: Python 3.11 or newer, git, make. `make demo` shows the whole thing.
PYTHON ?= python3
ARGS ?=
BIN := .venv/bin
TESTS ?= tests
# One more than the two cores of CI: some tests wait for servers meanwhile.
WORKERS ?= 3
# Compiled once and kept: else every process of pytest rewrites the assertions of three hundred files of its plugins anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo up test checked-by-tests slow check format browser rpde mutants bench lock clean

help:
	@echo "make demo     set up, start one organisation, play its story, stay up (ARGS=--once: play, then stop)"
	@echo "make up       set up and start one organisation without the story"
	@echo "make setup    the virtual environment with the locked dependencies; quick the second time"
	@echo "make test     check, and beside it every test but those of make slow (TESTS=tests/payments for some)"
	@echo "make slow     what would take make test past ten minutes: kills across the network, every page and form, most walks in the browser, whole matrices and tables of cases, most seeds, the benches' harness"
	@echo "make check    lint, formatting, types, which module may import which, and whether every column is there"
	@echo "make mutants  mutation testing of the rules in every domain.py"
	@echo "make bench    the figures (ARGS=NAME for one)"
	@echo "make lock     choose dependency versions anew and write the lock files"

setup:
	@$(PYTHON) deploy/setup/bootstrap.py all

demo: setup
	@$(BIN)/chorus demo $(ARGS)

up: setup
	@$(BIN)/chorus up $(ARGS)

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/pyrefly check
	$(BIN)/python -m tests.columns

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

browser: setup
	@$(BIN)/python deploy/setup/browser.py

rpde: setup
	@$(BIN)/python deploy/setup/rpde.py

# Types and columns take half a minute of one core: the tests begin beside them.
test: setup browser rpde
	@$(MAKE) --no-print-directory --jobs 2 check checked-by-tests

checked-by-tests:
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL $(BIN)/pytest -n $(WORKERS) --dist loadscope --no-loadscope-reorder --max-worker-restart 0 -m "not slow" $(ARGS) $(TESTS)

slow: setup browser
	$(BIN)/pytest -m slow $(ARGS) $(TESTS)

mutants: setup
	$(BIN)/python -m tests.mutants $(ARGS)

bench: setup
	$(BIN)/python -m bench $(ARGS)

lock:
	@$(PYTHON) deploy/setup/bootstrap.py lock

clean:
	rm -rf .venv .pytest_cache .ruff_cache mutants
