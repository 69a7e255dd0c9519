# Needs python3.11 or newer, make, git; everything else comes with pip. The tests also run snippets: curl, node, java. `make help` lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test browser lint types faults bench soak soak-faults soak-run soak-seeds soak-inputs soak-rows soak-pages lock clean

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Hundreds of processes start in the tests, each 0.6 s sooner with compiled modules.
export PYTHONDONTWRITEBYTECODE :=
WEB := readers/web/node_modules/.ready
LOCKS := requirements.lock requirements-deployment.lock
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
PYTEST := $(BIN)/python -m pytest

# $(call timed,name,command): runs the command and says how long it took, also when it fails.
timed = @began=$$SECONDS; outcome=0; { $(2); } || outcome=$$?; \
	echo "== $(1): $$((SECONDS - began)) s, exit code $$outcome =="; exit $$outcome

# Tests wait most of the time: two halves of them and the types run side by side, and are shown one after the other.
BESIDE := mkdir -p build; $(MAKE) --no-print-directory types > build/types.log 2>&1 & types=$$!; \
	$(PYTEST) tests/unit tests/faults tests/browser > build/beside.log 2>&1 & beside=$$!

help: ## this list
	@sed -nE 's/^([a-z]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 8

run: $(WEB) ## start Kafka, PostgreSQL, worker, gateway, intake and a simulated county, and show tables that change
	@$(BIN)/shanzhi demo

test: $(WEB) browser ## lint, types, and all tests: unit, contract, integration, faults, browser
	$(call timed,lint,$(MAKE) --no-print-directory lint)
	$(call timed,types and tests,$(BESIDE); outcome=0; $(PYTEST) tests/contract tests/integration || outcome=$$?; \
		wait $$types || outcome=$$?; wait $$beside || outcome=$$?; cat build/types.log build/beside.log; test $$outcome = 0)

# Debian's Chromium with fonts for Chinese: installed where we are root, else named.
browser: $(READY)
	@$(BIN)/python tests/browser/chromium.py

lint: $(READY) ## ruff, and who may import whom
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports --no-cache

types: $(READY) ## mypy, strict
	@$(BIN)/mypy

faults: $(READY) ## servers and processes killed, frozen, cut off, full, and what comes twice or broken: a line for each kind
	$(call timed,faults,$(PYTEST) tests/faults)

bench: $(READY) ## events per second live, with one worker and with two, and through the gateway; latency
	@$(BIN)/shanzhi bench live --events 500000 --workers 1 --json
	@$(BIN)/shanzhi bench live --events 500000 --workers 2 --json
	@$(BIN)/shanzhi bench gateway --json
	@$(BIN)/shanzhi bench latency --json

# Hours: each part can be run alone (docs/soak.md).
soak: ## long: 100 kills over a million events, half an hour under load, 100,000 seeds, 1,000,000 inputs, …
	@$(MAKE) --no-print-directory --keep-going soak-faults soak-run soak-seeds soak-inputs soak-rows soak-pages # all, whatever fails

SOAK := SHANZHI_SOAK=1 $(PYTEST) --timeout 14400 -s

soak-faults: $(READY) # every kind of fault, often, with the time-outs of production
	$(call timed,soak-faults,$(SOAK) tests/faults)

soak-run: $(READY) $(WEB) # everything under load for half an hour: what each process holds of memory
	$(call timed,soak-run,$(SOAK) tests/faults/long_run.py)

soak-seeds: $(READY) # 100,000 seeds of the simulation
	$(call timed,soak-seeds,$(SOAK) tests/unit/test_simulation.py)

soak-inputs: $(READY) # 1,000,000 inputs of every way in, more examples of every law, 20,000 calls of the gateway's document
	$(call timed,soak-inputs,$(SOAK) tests/unit/test_fuzz.py tests/unit/test_fuzz_gateway.py tests/unit/test_fuzz_neighbours.py \
		tests/unit/test_open311.py tests/unit/test_import_facts.py tests/unit/test_import_reading.py tests/unit/test_codec.py \
		tests/unit/test_laws.py tests/unit/test_folding.py tests/contract/test_contract_kit.py tests/integration/test_schemathesis.py)

soak-rows: $(READY) # 50,000 rows imported twice, archives and seals edited 10,000 times, 100,000 figures explained
	$(call timed,soak-rows,$(SOAK) tests/integration/test_import.py tests/integration/test_archive.py tests/unit/test_seals.py \
		tests/integration/test_explain.py)

soak-pages: $(WEB) browser # servers away under an open wall, 5,000 calls of the read API
	$(call timed,soak-pages,$(SOAK) tests/browser/test_servers_away.py tests/integration/test_read_api.py)

# In an environment of its own: neither tool is part of ours. Where nobody could be asked about a package, it fails.
.PHONY: audit
audit: $(READY) ## what we are made of (CycloneDX, build/sbom.json), and which of it has a known weakness
	@$(BIN)/python -m venv --clear build/audit
	@build/audit/bin/python -m pip --quiet --disable-pip-version-check install 'cyclonedx-bom==7.5.0' 'pip-audit==2.10.1'
	@build/audit/bin/cyclonedx-py requirements requirements-deployment.lock --output-reproducible --output-file build/sbom.json
	@build/audit/bin/pip-audit --strict --disable-pip --require-hashes --requirement requirements.lock

lock: ## resolve the dependencies anew, after a change of pyproject.toml
	@$(PYTHON_FOUND); "$$python" -m venv --clear build/lock
	@build/lock/bin/python -m pip --quiet install 'pip-tools==7.6.2'
	@env -u PIP_FIND_LINKS CUSTOM_COMPILE_COMMAND='make lock' $(COMPILE) --extra stack --extra gateway --extra readers --extra tables --extra export --extra build --extra dev \
		--output-file requirements.lock pyproject.toml
	@env -u PIP_FIND_LINKS CUSTOM_COMPILE_COMMAND='make lock' $(COMPILE) -c requirements.lock --extra gateway --extra readers --extra tables --extra export --extra build \
		--output-file requirements-deployment.lock pyproject.toml

# --no-emit-…: no address of a package index, and none of this machine's paths, may get into the lock
COMPILE := build/lock/bin/pip-compile --quiet --generate-hashes --strip-extras --newline lf \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options

clean: ## remove the virtual environment and caches; kept data in .shanzhi/ stays
	@rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +

# The first Python that is new enough and can make virtual environments; `make test PYTHON=…` chooses another.
PYTHON_FOUND = for python in $(or $(PYTHON),python3 python3.13 python3.12 python3.11 python); do \
		"$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; \
		python=; \
	done; \
	test -n "$$python" || { echo 'No Python from 3.11 on that has venv (Debian: python3-venv).' \
		'Name one: make test PYTHON=/path/to/python3.11' >&2; exit 1; }

# Made of the lock alone, hashes checked; the project itself goes in as editable, with the locked build backend.
# An environment that breaks half-way has no stamp and is filled again; one whose Python is gone is made anew.
$(READY): requirements.lock pyproject.toml
	@began=$$SECONDS; \
	$(BIN)/python -c '' 2>/dev/null || { $(PYTHON_FOUND); \
		echo "Making $(VENV) with $$("$$python" --version) ..."; "$$python" -m venv --clear $(VENV); }; \
	echo 'Installing what requirements.lock names ...'; \
	$(PIP) install --no-compile --require-hashes -r requirements.lock; \
	$(PIP) install --no-deps --no-build-isolation -e .; \
	touch $@; \
	echo "== install: $$((SECONDS - began)) s =="

# ECharts and htmx for the pages, axe for their tests; npm comes with pip.
$(WEB): $(READY) readers/web/package-lock.json
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --prefix readers/web --ignore-scripts --no-audit --no-fund --loglevel error
	@touch $@
