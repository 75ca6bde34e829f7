# Every target does its own set-up; `make` alone lists them.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.ready

help:            ## what can be done here
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 12

setup: $(STAMP)  ## a working .venv/bin/claimclock

# Debian's Python may lack ensurepip: then the pip that is there fills the environment from outside.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed: make $(or $(MAKECMDGOALS),setup) PYTHON=/path/to/python3" >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv .venv >/dev/null 2>&1 \
	  || { rm -rf .venv && $(PYTHON) -m venv --without-pip .venv \
	       && $(PYTHON) -m pip --quiet --python $(BIN)/python install pip; } \
	  || { rm -rf .venv; echo "$(PYTHON) can make no environment: install python3-venv, or python3-pip" >&2; exit 1; }
	@echo "installing into .venv (about a minute the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(STAMP)   ## a clinic's month, from X12 files to the worklists
	@$(BIN)/claimclock demo --no-serve

serve: $(STAMP)  ## the web pages and the HTTP API
	@$(BIN)/claimclock serve

# One process per core, each with servers of its own; a process that runs out of tests takes some from another.
PYTEST = $(BIN)/python -m pytest -n auto --dist worksteal --durations=25 $(ARGS)

test: $(STAMP)   ## all tests
	@$(PYTEST)

test-fast: $(STAMP) ## no browser, no faults, no long runs, a few examples of each property
	@CLAIMCLOCK_TEST_SHORT=1 $(PYTEST) -m "not browser and not fault and not slow" --ignore=tests/acceptance

lint: $(STAMP)   ## ruff and mypy
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

soak: $(STAMP)   ## random kills for MINUTES=60, then every accepted event is looked for
	@$(BIN)/python -m tests.faults.soak --minutes $(or $(MINUTES),60) $(ARGS)

bench: $(STAMP)  ## events per second, as ratios against a floor
	@$(BIN)/claimclock bench

.PHONY: help setup demo serve test test-fast lint soak bench
