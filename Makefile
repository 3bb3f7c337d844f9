# Two commands do everything: `make demo` and `make test`. `.venv/bin/mailroom --help` lists what an operator needs.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
# What `mailroom` runs. By module, so that a target always runs this folder's code.
CLI    := $(BIN)/python -m infra.cli.start

.DEFAULT_GOAL := help
.PHONY: help install demo up down status verify logs dashboard send test lint types package bench fuzz scan audit chaos load docs clean

help: ## List the targets.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1	/' | awk -F '\t' '{printf "  make %-18s %s\n", $$1, $$2}'
	@echo
	@echo "  $(BIN)/mailroom --help lists the operator's commands."

install: $(STAMP) ## Install everything that Mailroom needs into .venv, with the command mailroom.
$(STAMP): requirements.txt requirements-dev.txt infra/layer/requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else "Mailroom needs Python 3.11 to 3.13, this is %d.%d. Try: make PYTHON=python3.12 <target>" % v)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing what Mailroom needs into $(VENV) (two minutes the first time)."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
# The `mailroom` command. Chalice has brought setuptools, so that nothing is downloaded a second time.
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(STAMP) ## Run Mailroom once from end to end with invented mail, and check the result.
	@$(CLI) demo

up: $(STAMP) ## Start Mailroom on this machine and keep it running.
	@$(CLI) up

down: $(STAMP) ## Stop Mailroom on this machine and keep its data.
	@$(CLI) down

status: $(STAMP) ## Show queues, failed messages, breakers, ledger, flags and the latest mail.
	@$(CLI) status

verify: $(STAMP) ## Prove that no mail is lost.
	@$(CLI) verify

logs: $(STAMP) ## Print the log lines of the functions: ids and codes only, never content.
	@$(CLI) logs

dashboard: $(STAMP) ## Print the address of the dashboard and how to sign in.
	@$(CLI) dashboard

send: $(STAMP) ## Push your own mail into the running stack: make send FILES="a.eml b.mbox Maildir/".
	@$(if $(strip $(FILES)),$(CLI) send $(FILES),echo 'Name the mail: make send FILES="a.eml b.mbox Maildir/"' >&2; exit 2)

lint: $(STAMP) ## Check format, lint and import contracts.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types: $(STAMP) ## Check the types of chalicelib with mypy --strict.
	$(BIN)/mypy

package: $(STAMP) ## Write the deployment zip and the CloudFormation template into build/package.
	@$(CLI) package

test: lint types scan package test-apps-script test-browser ## Run every check and every test.
	$(BIN)/python -m pytest -n 2

scan: $(STAMP) ## Look for secrets in the repository, offline; make scan ACCEPT=1 records false positives.
	@$(BIN)/python -m infra.scan $(if $(ACCEPT),--accept)

AUDIT := build/audit
audit: $(STAMP) ## Look up known vulnerabilities of all dependencies (needs the internet).
	@test -x $(AUDIT)/bin/pip-audit || { $(BIN)/python -m venv $(AUDIT) && $(AUDIT)/bin/pip install --quiet --disable-pip-version-check pip-audit==2.10.1; }
	$(AUDIT)/bin/pip-audit --strict --requirement requirements.txt --requirement infra/layer/requirements.txt
	cd apps_script && npm audit --audit-level=high
	cd tests/browser && npm audit --audit-level=high

fuzz: $(STAMP) ## Send damaged and forged input: make fuzz MINUTES=10 SEED=7.
	@$(BIN)/python -m tests.fuzz $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED))

docs: $(STAMP) ## Rewrite the generated parts of the documents.
	@$(BIN)/python -m infra.docs

bench: $(STAMP) ## Measure, print a table and write docs/bench.json.
	@$(BIN)/python -m infra.bench

chaos: $(STAMP) ## Break everything at random while mail comes in, and prove that none is lost (up to 20 minutes): make chaos SEED=7.
	@$(BIN)/python -m infra.chaos $(if $(SEED),--seed $(SEED))

load: $(STAMP) ## Send 80 % of the measured maximum for 30 minutes, and check that nothing grows: make load MINUTES=30.
	@$(BIN)/python -m infra.load $(if $(MINUTES),--minutes $(MINUTES))

# Node and npm come from the environment, so that a machine needs only Python.
export PATH := $(CURDIR)/$(BIN):$(PATH)
include apps_script/apps_script.mk
$(APPS_STAMP): $(STAMP)
include tests/browser/browser.mk
$(BROWSER_STAMP): $(STAMP)
-include infra/layer/layer.mk infra/bench/privacy.mk infra/bench/mail.mk infra/bench/classify.mk

clean: ## Remove what was built, but neither .venv nor .mailroom.
	rm -rf build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
