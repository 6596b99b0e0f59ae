PYTHON ?= python3
BASE = .venv-base
DEV = .venv
EXTRAS = .venv-extras
PIP = -m pip install --quiet --disable-pip-version-check

.PHONY: demo test test-extras check clean

demo: $(BASE)/ready
	$(BASE)/bin/earwitness analyze examples --out demo

test: $(DEV)/ready
	sh tools/debian-packages
	$(DEV)/bin/python -m pytest

test-extras: $(EXTRAS)/ready
	$(EXTRAS)/bin/python tools/extras_result.py cluster opensmile trillsson

check: $(DEV)/ready
	$(DEV)/bin/ruff check .
	$(DEV)/bin/ruff format --check .
	$(DEV)/bin/mypy

$(BASE)/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(BASE)
	$(BASE)/bin/python $(PIP) --constraint constraints.txt --editable .
	touch $@

$(DEV)/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(DEV)
	$(DEV)/bin/python $(PIP) --constraint constraints.txt torch
	$(DEV)/bin/python $(PIP) --constraint constraints.txt --editable '.[alignment,av,dev,formats,making,plots,train,tune]'
	touch $@

$(EXTRAS)/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(EXTRAS)
	$(EXTRAS)/bin/python $(PIP) --constraint constraints.txt --editable '.[cluster,opensmile,trillsson]' pytest pytest-timeout
	touch $@

clean:
	rm -rf $(BASE) $(DEV) $(EXTRAS) demo
