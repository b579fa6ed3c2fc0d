PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --constraint constraints.txt

.PHONY: setup demo test lint style types bundles docs clean

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) torch==2.13.0
	$(PIP) --editable ".[dev,pretrained,excel,formats,dicom,export,tracking,sweep,triage]"
# On all cores, which pip does not; files for other versions of Python cannot be compiled.
	$(BIN)/python -m compileall -qq -j 0 $(VENV)/lib || true
	touch $(STAMP)

demo: $(STAMP)
	PATH="$(CURDIR)/$(BIN):$$PATH" bash scripts/demo.sh

test: $(STAMP)
	$(BIN)/python -m pytest --numprocesses 2 --dist loadscope --no-loadscope-reorder

lint: style types bundles

style: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

bundles: $(STAMP)
	$(BIN)/radiobundle render --check
	$(BIN)/radiobundle lint --run bundles/*

docs: $(VENV)/.docs
	$(BIN)/python scripts/build_site.py build/site

$(VENV)/.docs: $(STAMP)
	$(PIP) --editable ".[docs]"
	touch $@

clean:
	rm -rf $(VENV) demo build/site
