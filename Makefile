# Every target sets up what it needs: Python 3.11+ and make are enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test check bench slow cluster diagram lock clean

# The lock names everything. Left to look for dependencies, pip prefers a newer release of one that is asked for with extras.
$(STAMP): deploy/requirements-dev.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Countersign needs Python 3.11 or newer; this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r deploy/requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(STAMP)

demo: $(STAMP)
	$(BIN)/python -m bot demo

test: $(STAMP)
	$(BIN)/python -m tests.run

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP)
	$(BIN)/python -m benchmarks

slow: $(STAMP)
	$(BIN)/python -m tests.run --slow

cluster: $(STAMP)
	$(BIN)/python -m tests.cluster

diagram: $(STAMP)
	$(BIN)/python -m tests.house

# Needs uv on the PATH; run it after a change of the dependencies in pyproject.toml.
lock:
	uv pip compile pyproject.toml --group dev --generate-hashes --no-header --no-emit-index-url --universal --python-version 3.11 -o deploy/requirements-dev.txt
	uv pip compile pyproject.toml --generate-hashes --no-header --no-emit-index-url --universal --python-version 3.11 -c deploy/requirements-dev.txt -o deploy/requirements.txt

clean:
	rm -rf $(VENV) .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis
