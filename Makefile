# Two commands do everything: `make demo` and `make test`.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
CLI    := $(BIN)/python -m infra.cli

.DEFAULT_GOAL := help
.PHONY: help install demo up down status verify logs send test lint types unit e2e package bench fuzz scan audit chaos clean

help: ## show the commands
	@grep -hE '^[a-z-]+:.*?## ' $(MAKEFILE_LIST) | awk -F ':.*?## ' '{printf "  make %-14s %s\n", $$1, $$2}'

install: $(STAMP) ## make the environment in .venv
$(STAMP): requirements.txt requirements-dev.txt infra/layer/requirements.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else "Mailroom needs Python 3.11 to 3.13, this is %d.%d. Try: make PYTHON=python3.12 <target>" % v)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing what Mailroom needs into $(VENV) (about a minute the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

demo: $(STAMP) ## run the main job on embedded defaults, from sample mail to notification
	@$(CLI) demo

up: $(STAMP) ## start Mailroom on this machine and keep it running
	@$(CLI) up

down: $(STAMP) ## stop it, keep its data
	@$(CLI) down

status: $(STAMP) ## queues, quarantine, ledger, latest mail
	@$(CLI) status

verify: $(STAMP) ## prove that no mail is lost
	@$(CLI) verify

logs: $(STAMP) ## what the functions did (ids and codes only)
	@$(CLI) logs

send: $(STAMP) ## push your own mail: make send FILES="a.eml b.mbox Maildir/"
	@test -n "$(FILES)" || { echo 'which mail? make send FILES="a.eml b.mbox Maildir/"'; exit 2; }
	@$(CLI) send $(FILES)

lint: $(STAMP) ## format and lint, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types: $(STAMP) ## mypy --strict on chalicelib
	$(BIN)/mypy

package: $(STAMP) ## the zip and the one template, in build/package
	@$(BIN)/python -m infra.cloudformation.package

test: lint types scan package test-apps-script test-browser ## everything that must pass
	$(BIN)/python -m pytest -n 2

scan: $(STAMP) ## look for secrets in the repository (offline)
	@$(BIN)/python -m infra.scan

AUDIT := build/audit
audit: $(STAMP) ## known vulnerabilities of what ships and of what builds it (needs the internet)
	@test -x $(AUDIT)/bin/pip-audit || { $(BIN)/python -m venv $(AUDIT) && $(AUDIT)/bin/pip install --quiet --disable-pip-version-check pip-audit==2.10.1; }
	$(AUDIT)/bin/pip-audit --strict --requirement requirements.txt --requirement infra/layer/requirements.txt
	cd apps_script && npm audit --audit-level=high
	cd tests/browser && npm audit --audit-level=high

fuzz: $(STAMP) ## damage and forge whatever comes in: make fuzz MINUTES=10 SEED=…
	@$(BIN)/python -m tests.fuzz $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED))

bench: $(STAMP) ## measure, print a table, write docs/bench.json
	@$(BIN)/python -m infra.bench

chaos: $(STAMP) ## break everything at random while mail comes in, then prove that none was lost (SEED=…, up to 20 minutes)
	@$(BIN)/python -m infra.chaos $(if $(SEED),--seed $(SEED))

load: $(STAMP) ## half an hour at 80 % of the measured maximum; nothing may grow (MINUTES=…)
	@$(BIN)/python -m infra.load $(if $(MINUTES),--minutes $(MINUTES))

# Node and npm come from the environment, so that a machine needs only Python.
export PATH := $(CURDIR)/$(BIN):$(PATH)
include apps_script/apps_script.mk
$(APPS_STAMP): $(STAMP)
include tests/browser/browser.mk
$(BROWSER_STAMP): $(STAMP)
-include infra/layer/layer.mk infra/bench/privacy.mk

clean: ## remove what was built (not .venv, not .mailroom)
	rm -rf build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
