# Needs python3 (3.11 or newer) and make; everything else goes into .venv.
# One environment from the development lock: it has the embedded PostgreSQL that `run` needs and the tools of `check`.

PYTHON ?= python3
BIN := .venv/bin
VENV := .venv/.installed
LOCK := $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header $(args)

.DEFAULT_GOAL := help
.PHONY: help run demo test test-inside test-adapters test-outside check bench stress torture lock migration clean

help: ## print every target
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

run: $(VENV) ## start everything on this machine: database, vendors' sandbox, server
	@exec $(BIN)/growth up

demo: $(VENV) ## walk through the service on sample data
	@exec $(BIN)/growth demo

test: $(VENV) ## run the tests, in three parts at once: each has a database server of its own
	@$(MAKE) --no-print-directory -j3 test-inside test-adapters test-outside

test-inside: $(VENV)
	$(BIN)/python -m pytest $(wildcard tests/test_*.py) tests/domain tests/end_to_end $(EVERY_ROUTE)

test-adapters: $(VENV)
	$(BIN)/python -m pytest tests/adapters

test-outside: $(VENV)
	$(BIN)/python -m pytest tests/api --ignore=$(EVERY_ROUTE)

# It calls every route a thousand times; there the three parts take about as long as each other.
EVERY_ROUTE := tests/api/test_openapi.py

check: $(VENV) ## lint, format, types, import contracts and the laws of the architecture
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m pytest tests/test_architecture.py

bench: $(VENV) ## measure throughput and latency
	$(BIN)/python -m benchmarks

stress: export STRESS_KEY := $(or $(value KEY),$(value STRESS_KEY))
stress: $(VENV) ## load a server: make stress URL=http://127.0.0.1:8000 KEY=service:… args="--rate 100"
	@test -n "$(URL)" || { echo 'Say which server: make stress URL=http://127.0.0.1:8000 KEY=service:…' >&2; exit 2; }
	@exec $(BIN)/python -m stress --url "$(URL)" $(args)

torture: $(VENV) ## keep every promise under faults, at full size; takes long
	$(BIN)/python -m pytest tests/torture -q -s

lock: $(VENV) ## pin the dependencies of pyproject.toml; args=--upgrade takes the newest versions
	$(LOCK) --output-file requirements.lock
	$(LOCK) --output-file requirements-dev.lock --extra embedded --extra ml --extra dev --constraints requirements.lock
	echo hatchling | $(subst pyproject.toml,-,$(LOCK)) --output-file requirements-build.lock \
		--constraints requirements-dev.lock

migration: $(VENV) ## write a migration from the tables' changes: make migration m="add calls"
	@test -n "$$m" || { echo 'Say what changes: make migration m="add calls"' >&2; exit 2; }
	$(BIN)/python -c "$$NEW_MIGRATION"

clean: ## remove .venv and caches; your data in .growth stays
	rm -rf .venv .cache .hypothesis .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	find src tests benchmarks stress migrations -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV): requirements-dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Growth needs Python 3.11 or newer; name one: make PYTHON=/path/to/python3.13" >&2; exit 1; }
	@echo "Installing into .venv (once for each requirements-dev.lock) …"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# Alembic compares the tables with a database: an empty one, migrated up to now and thrown away.
export m
define NEW_MIGRATION
import os, tempfile
from pathlib import Path
from alembic import command
from alembic.config import Config
from growth.adapters.db.embedded import embedded

with tempfile.TemporaryDirectory() as folder, embedded(Path(folder) / "pg", durable=False) as url:
    config = Config("alembic.ini")
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    command.upgrade(config, "head")
    number = 1 + len(list(Path("migrations/versions").glob("*.py")))
    command.revision(config, message=os.environ["m"], autogenerate=True, rev_id=f"{number:04}")
endef
export NEW_MIGRATION
