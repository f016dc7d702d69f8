# Two commands are all it takes: `make demo` to see it, `make test` to prove it. Both need Python 3.11 or later, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint types pytest sdl pins clean
.DELETE_ON_ERROR:

demo: $(VENV)/installed
	@exec $(BIN)/python -m hub demo

test: lint types pytest

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/installed-dev
	$(BIN)/mypy

pytest: $(VENV)/installed-dev
	$(BIN)/python -m pytest -n 2

# The served SDL, committed beside the schema that it comes from.
sdl: $(VENV)/installed
	$(BIN)/python -m hub export-schema --output schema/schema.graphql

# Pin every dependency anew, with hashes, for every platform.
pins: $(VENV)/installed-dev
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
		--no-annotate --no-header --upgrade --quiet --output-file requirements.txt
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
		--no-annotate --no-header --constraints requirements.txt --upgrade --quiet \
		--output-file requirements-dev.txt

$(VENV)/created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed; set PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/installed: requirements.txt $(VENV)/created
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/installed-dev: requirements-dev.txt $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
