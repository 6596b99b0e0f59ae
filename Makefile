PYTHON ?= python3
BASE = .venv-base
DEV = .venv
EXTRAS = .venv-extras
PHYSIO = .venv-physio
PIP = -m pip install --quiet --disable-pip-version-check

.PHONY: demo test test-extras check clean

demo: $(BASE)/ready
	$(BASE)/bin/earwitness analyze examples --out demo

test: $(DEV)/ready
	sh tools/debian-packages
	$(DEV)/bin/python -m pytest

test-extras: $(EXTRAS)/ready $(PHYSIO)/ready
	$(EXTRAS)/bin/python tools/extras_result.py cluster opensmile trillsson
	$(PHYSIO)/bin/python tools/extras_result.py physio

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

# neurokit2 wants pandas below 3, the development environment has a later one
$(PHYSIO)/ready: pyproject.toml constraints-physio.txt
	$(PYTHON) -m venv $(PHYSIO)
	$(PHYSIO)/bin/python $(PIP) --constraint constraints-physio.txt --editable '.[physio]' pytest pytest-timeout
	touch $@

clean:
	rm -rf $(BASE) $(DEV) $(EXTRAS) $(PHYSIO) demo
