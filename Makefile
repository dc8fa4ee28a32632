# Needs Python 3.11 to 3.13, Node.js 20 or newer, and make. `make` lists what there is to do.

PYTHON ?= python3
ENV ?= dev
DATA ?=

BIN := .venv/bin
CDK := node_modules/.bin/cdk
INSTALLED := .venv/requirements.stamp
INSTALLED_DEV := .venv/requirements-dev.stamp
INSTALLED_CHECKOV := .venvs/checkov/requirements.stamp
INSTALLED_NODE := node_modules/package-lock.stamp
PIP_INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-compile -c constraints.txt

CHROMIUM ?=
CASES ?= 1000

export CHROMIUM
export CDK_DISABLE_VERSION_CHECK := 1
export CDK_DISABLE_CLI_TELEMETRY := true
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20
# Compiling the CDK's modules takes longer than a synth: it is done once.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help
help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-20s %s\n", $$1, $$2 }' Makefile
	@echo "  ENV=dev|prod chooses the environment (dev), DATA=<folder> real raw data for make local and bench-quality."

## Installing

.PHONY: setup
setup: $(INSTALLED) $(INSTALLED_NODE) ## Install what synth, deploy and manage.py need

$(INSTALLED): requirements.txt constraints.txt
	@command -v $(PYTHON) > /dev/null || { echo "Python isn't installed ($(PYTHON)): install Python 3.11, 3.12 or 3.13, or name one with PYTHON=."; exit 1; }
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v <= (3, 13) else "$(PYTHON) is Python %d.%d: this needs 3.11, 3.12 or 3.13. Name one with PYTHON=, for instance make PYTHON=python3.12." % v)'
	@echo "Installing Python packages into .venv"
	@$(PYTHON) -m venv .venv
	@$(PIP_INSTALL) -r $<
	@touch $@

$(INSTALLED_DEV): requirements-dev.txt constraints.txt $(INSTALLED)
	@echo "Installing the tests' Python packages into .venv"
	@$(PIP_INSTALL) -r $<
	@touch $@

# Apart from the others: it holds back packages that they need newer.
$(INSTALLED_CHECKOV): tests/checkov/requirements.txt $(INSTALLED)
	@echo "Installing checkov into .venvs/checkov"
	@$(BIN)/python -m venv --clear .venvs/checkov
	@.venvs/checkov/bin/python -m pip install -qq --disable-pip-version-check --no-compile --no-deps -r $<
	@touch $@

$(INSTALLED_NODE): package.json package-lock.json
	@command -v node > /dev/null && command -v npm > /dev/null || { echo "Node.js isn't installed (node, npm): install version 20 or newer."; exit 1; }
	@node -e 'const v = process.versions.node; if (parseInt(v) < 20) { console.error(`Node.js is $${v}: this needs 20 or newer.`); process.exit(1) }'
	@echo "Installing the CDK command line into node_modules"
	@npm ci --loglevel=error --no-progress > /dev/null
	@touch $@

## The local AWS

.PHONY: local local-stop local-clean
local: setup ## Start the local AWS, deploy, train, and ask for a recommendation (DATA=, ENV=)
	@$(BIN)/python manage.py local up --env $(ENV) $(if $(DATA),--data "$(DATA)")

local-stop: $(INSTALLED) ## Stop the local AWS; the next start goes on from its state
	@$(BIN)/python manage.py local stop

local-clean: $(INSTALLED) ## Stop the local AWS and forget all it holds
	@$(BIN)/python manage.py local clean

.PHONY: local-permissions
local-permissions: $(INSTALLED_DEV) local-clean ## Live the platform's whole life, and show which permissions it used
	@$(BIN)/python manage.py local up
	@$(BIN)/python -m tests.permissions.life
	@$(BIN)/python manage.py local permissions --unused --check

## Tests

.PHONY: test lint types test-unit test-infrastructure test-browser chromium images test-local test-platform test-local-aws test-permissions bench bench-quality fuzz
# Two at a time, so that both are busy to the end: what fails soonest comes first, and what takes longest
# before what fills up the rest.
test: ## Everything: lint, types, and all tests
	@$(MAKE) --no-print-directory -j 2 $(OUTPUT_SYNC) images lint types test-unit test-infrastructure \
	  test-platform test-local-aws test-browser

# A target's output in one piece, where make can do that.
OUTPUT_SYNC := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

lint: $(INSTALLED_DEV) ## Style
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --check --quiet .

types: $(INSTALLED_DEV) ## Static types
	$(BIN)/mypy .

test-unit: $(INSTALLED_DEV) ## Pure code
	$(BIN)/python -m pytest -q tests/unit

test-infrastructure: $(INSTALLED_DEV) $(INSTALLED_CHECKOV) $(INSTALLED_NODE) ## Templates
	$(BIN)/python -m pytest -q tests/infrastructure

chromium:
	@for name in "$(CHROMIUM)" chromium chromium-browser google-chrome "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do \
	  command -v "$$name" > /dev/null && exit 0; done; \
	echo "Chromium isn't installed: the page's tests need it (apt-get install chromium), or name one with CHROMIUM=."; exit 1

test-browser: $(INSTALLED_DEV) $(INSTALLED_NODE) chromium ## The page, in Chromium
	$(BIN)/python -m pytest -q tests/browser

images: $(INSTALLED) ## The local AWS and the environments of its images
	@$(BIN)/python manage.py local install

test-local: test-platform test-local-aws ## What runs on local AWSs of its own

test-platform: $(INSTALLED_DEV) $(INSTALLED_NODE) images chromium ## The platform, end to end
	$(BIN)/python -m pytest -q tests/local/platform

test-local-aws: $(INSTALLED_DEV) images ## The local AWS itself
	$(BIN)/python -m pytest -q tests/local --ignore tests/local/platform

test-permissions: $(INSTALLED_DEV) local-clean ## Every statement of the road's roles, taken away alone (hours; ROLES=)
	@$(BIN)/python manage.py local up
	@$(BIN)/python -m tests.permissions.life work_in_studio
	@$(BIN)/python -m tests.permissions.take_away $(ROLES)

fuzz: $(INSTALLED_DEV) ## Thousands of generated requests to the API that make local deployed (CASES=)
	@$(BIN)/python -m tests.fuzzing $(CASES)

bench: $(INSTALLED_DEV) $(INSTALLED_NODE) images chromium ## Ratios, each to a baseline taken in the same run
	@$(BIN)/python -m benchmarks

bench-quality: $(INSTALLED_DEV) $(INSTALLED_NODE) ## How good the models are on real data (DATA=)
	@test -n "$(DATA)" || { echo "DATA= names the folder with the real data, for instance make bench-quality DATA=/tmp/data."; exit 1; }
	@$(BIN)/python -m benchmarks.quality "$(DATA)"

## AWS

.PHONY: synth acknowledgements bootstrap deploy destroy
synth: setup ## Write the templates to cdk.out (ENV=)
	@$(CDK) synth --quiet -c env=$(ENV)

acknowledgements: synth ## What is accepted of cdk-nag's and checkov's findings, by decision (ENV=)
	@$(BIN)/python manage.py acknowledgements

bootstrap: setup ## Prepare your AWS account and region for the CDK, once (ENV=)
	@$(CDK) bootstrap -c env=$(ENV)

deploy: setup ## Deploy every stack to AWS (ENV=)
	@$(CDK) deploy --all -c env=$(ENV)

destroy: setup ## Delete every stack from AWS (ENV=)
	@$(CDK) destroy --all -c env=$(ENV)

.PHONY: image-table
image-table: $(INSTALLED_DEV) ## Write settings/image_table.json anew from the SageMaker SDK's data
	@$(BIN)/python -m settings.generate_image_table
