# Everything runs from a virtual environment of its own; nothing outside this directory is written.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
SUPPORTED := import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))
FIND_PYTHON = for each in $(PYTHON) python3 python3.12 python3.11 python3.10 python; do \
	if "$$each" -c '$(SUPPORTED)' >/dev/null 2>&1; then command -v "$$each"; break; fi; done
INSTALL = $(BIN)/python -m pip install --disable-pip-version-check --constraint conf/constraints.txt --editable
UNIT_TESTS = $(BIN)/python -m pytest tests/unit --numprocesses auto
LARGE := sed -u -n -E 's/^ *(Downloading .*\([0-9]{2,}[0-9.]* MB\))$$/  \1/p; /^ERROR/p'

help: ## this list
	@sed -n -E 's/^([a-z-]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

demo: $(VENV)/installed ## the whole system on one machine with 17 real homes; leaves it running
	@$(BIN)/solera demo

test: $(VENV)/installed-test ## every test; starts the servers it needs on ports of its own
	@$(UNIT_TESTS)
	@echo "Now the tests on shared servers, and beside them those in Spark and on servers of their own, said at the end"; \
	mkdir -p .solera; said=.solera/own-tests.log; code=0; \
	{ own=0; $(BIN)/python -m pytest tests/spark || own=$$?; \
	  $(BIN)/python -m pytest tests/integration -m own_servers || own=$$?; exit $$own; } >$$said 2>&1 & half=$$!; \
	$(BIN)/python -m pytest tests/integration -m "not own_servers" || code=$$?; \
	wait $$half || code=$$?; cat $$said; exit $$code

test-unit: $(VENV)/installed-test ## the tests that need no server
	@$(UNIT_TESTS)

laws: $(VENV)/installed-test ## the tests that need no server, their laws on examples drawn anew
	@$(UNIT_TESTS) --hypothesis-profile drawn

test-faults: $(VENV)/installed-test ## kill -9 of every part under load, nothing lost and nothing counted twice
	@$(BIN)/python -m pytest tests/faults --capture=no --timeout 7200

containers: $(VENV)/installed-test ## docker-compose.yml started, asked and hurt, on images built here; needs Docker with compose
	@$(BIN)/python -m tests.containers

cluster: $(VENV)/installed-test ## brokers, nodes and workers of docs/cluster.md on this machine, each killed under load; needs 8 GB
	@$(BIN)/python -m tests.cluster

lint: $(VENV)/installed-test ## style, types and the import rule
	@$(BIN)/python -m pytest tests/unit/test_quality.py

up: $(VENV)/installed ## start the stack without the demo's homes
	@$(BIN)/solera up

status: $(VENV)/installed ## what runs, and how old its data are
	@$(BIN)/solera status

down: ## stop everything that demo or up started
	@if [ -x $(BIN)/solera ]; then $(BIN)/solera down; else echo "Nothing was ever started here."; fi

bench: $(VENV)/installed ## the measurements, each beside its peer
	@$(BIN)/solera bench

clean: down ## stop the stack and delete its data; keeps the downloads
	@rm -rf .solera/{checkpoints,conf,data,gateway,logs,run,spark,token} .{mypy,pytest,ruff,import_linter}_cache .hypothesis

$(VENV)/pyvenv.cfg:
	@python=$$($(FIND_PYTHON)); \
	if [ -z "$$python" ]; then \
		echo "Solera needs Python 3.10, 3.11 or 3.12 and finds none: install one, or name it with 'make PYTHON=/path/to/python3.12 …'." >&2; exit 1; fi; \
	echo "Making $(VENV) with $$("$$python" --version)"; \
	"$$python" -m venv $(VENV) || { rm -rf $(VENV); \
		echo "$$python cannot make a virtual environment: install its venv package (on Debian python3-venv) and try again." >&2; exit 1; }

$(VENV)/installed: pyproject.toml conf/constraints.txt | $(VENV)/pyvenv.cfg
	@echo "Installing the libraries, about 600 MB the first time (pyspark alone is 300 MB)"
	@$(INSTALL) '.[platform]' | $(LARGE)
	@touch $@

$(VENV)/installed-test: $(VENV)/installed
	@echo "Installing the test tools"
	@$(INSTALL) '.[test]' | $(LARGE)
	@touch $@

.PHONY: help demo test test-unit laws test-faults containers cluster lint up status down bench clean
