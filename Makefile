# Two commands: `make book` and `make test`. Everything else is in `make help`.
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help book test quick lint outputs lock bench results test-long serve clean

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# The lock is made for 3.11; a newer Python is used only if it is all there is.
PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3,$(shell $(name) -c 'import sys, venv; print("$(name)" if (3, 11) <= sys.version_info < (3, 14) else "")' 2>/dev/null)))
export JUPYTER_PREFER_ENV_PATH := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

help: ## this list
	@echo "slthlib: make book and make test need nothing else. All targets:"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|'

# The environment is complete when the stamp is newer than the lock; an interrupted install leaves no stamp.
$(READY): requirements.txt pyproject.toml
	@if [ -z "$(PYTHON)" ]; then \
	  echo "Missing: Python 3.11, 3.12 or 3.13 (with venv). Found: $$(python3 --version 2>&1 || true)."; \
	  echo "Install one (Debian: apt-get install python3.11 python3.11-venv), or name it: make book PYTHON=/path/to/python3.11"; \
	  exit 1; fi
	@echo "==> Python: $$($(PYTHON) --version), environment: $(VENV)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "==> Installing the lock, requirements.txt ($$(grep -c == requirements.txt) packages, a minute or two)"
	@$(BIN)/pip install --quiet -r requirements.txt 2>&1 | { grep -v '^WARNING: Location' || true; }
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable . 2>&1 | { grep -v '^WARNING: Location' || true; }
	@touch $(READY)

book: $(READY) ## build the HTML book into _build/html
	@echo "==> Building the book (chapters run when something they use has changed)"
	@$(BIN)/jupyter-book build . -W -n --keep-going --quiet
	@echo "==> The book is at $(CURDIR)/_build/html/index.html (make serve shows it)"

test: book ## build the book and run every check
	@echo "==> Running every check"
	@$(BIN)/python -m pytest -m "not long"

quick: $(READY) ## the inner loop: lint, types, the fast tests
	@$(BIN)/python -m pytest -q -x -m "not long and not slow and not book"

lint: $(READY) ## put imports and layout in order, then lint and type-check
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format . && $(BIN)/mypy

outputs: $(READY) ## run stale chapters and store their outputs in the notebooks
	@$(BIN)/python -m sphinx_ext.execute --store

lock: ## remake requirements.txt from the ranges in pyproject.toml
	@bash experiments/make_lock.sh "$(PYTHON)"

bench: $(READY) ## time solvers and training against their peers and record the tables
	@test -x .venv-bench/bin/python || $(PYTHON) -m venv .venv-bench
	@.venv-bench/bin/pip install --quiet -r requirements-bench.txt
	@.venv-bench/bin/pip install --quiet --no-deps --no-build-isolation --editable .
	@.venv-bench/bin/python benchmarks/sums.py --write
	@$(BIN)/python benchmarks/tickets.py --rounds 3 --levels 2 --full --write
	@$(BIN)/python benchmarks/strong.py --rounds 7 --write

results: $(READY) ## remake the recorded results in chapters/results (minutes)
	@for script in experiments/*.py; do echo "==> $$script"; $(BIN)/python $$script || exit 1; done

test-long: book ## also the tests that take minutes
	@$(BIN)/python -m pytest

serve: book ## show the book on http://localhost:8000
	@echo "==> http://localhost:8000 (Ctrl-C stops)"
	@$(BIN)/python -m http.server 8000 --bind 127.0.0.1 --directory _build/html

clean: ## remove what was built (the environment stays)
	rm -rf _build build .pytest_cache .mypy_cache .ruff_cache .hypothesis
