# `make dashboard` and `make test` need nothing but make and Python 3.11 or newer.

VENV := .venv
BIN := $(VENV)/bin
supported := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14 python; do \
	$$p -c '$(supported)' 2>/dev/null && echo $$p && break; done)
SHIPPED := pyproject.toml $(wildcard share/jupyter/voila/templates/quadviz/*)

.PHONY: dashboard test lint bench evidence stored plotly lock clean

dashboard: $(VENV)/.installed
	@$(BIN)/quadviz dashboard

test: $(VENV)/.installed-test
	$(BIN)/pytest -n 2 --dist loadfile

lint: $(VENV)/.installed-test $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/nbstripout --verify notebooks/*.ipynb

bench: $(VENV)/.installed
	$(BIN)/python -m benchmarks

evidence: $(VENV)/.installed
	$(BIN)/python -m benchmarks.evidence networks
	$(BIN)/python -m benchmarks.evidence dynamics
	$(BIN)/python -m benchmarks.evidence teachers

# What pages open with, a mean-field solution and trained networks, made anew; about a minute.
stored: $(VENV)/.installed
	$(BIN)/python -m benchmarks.stored

# plotly.js, of the version named in quadviz/explorers/live/plotly_source.py, anew from npm.
plotly: $(VENV)/.installed
	rm -rf build/plotly && mkdir -p build/plotly
	cd build/plotly && npm pack "$$(../../$(BIN)/python -c 'from quadviz.explorers.live.plotly_source import PACKAGE, VERSION; print(PACKAGE, VERSION, sep="@")')"
	tar -xzf build/plotly/*.tgz -C build/plotly
	cp build/plotly/package/plotly-cartesian.min.js quadviz/explorers/live/
	cp build/plotly/package/LICENSE quadviz/explorers/live/plotly-cartesian.LICENSE

# Binder's environment: the newest versions of everything quadviz needs, pinned, so that it builds next year too.
lock: $(BIN)/python
	rm -rf build/lock
	$(BIN)/python -m venv build/lock
	build/lock/bin/python -m pip install --quiet --disable-pip-version-check .
	{ printf '%s\n' '# What mybinder.org installs before it runs postBuild; written by `make lock`.' \
		'channels:' '  - conda-forge' 'dependencies:' '  - python=3.11' '  - pip' '  - pip:'; \
	build/lock/bin/python -m pip freeze --exclude quadviz | sed 's/^/      - /'; } > binder/environment.yml
	rm -rf build/lock

clean:
	rm -rf $(VENV) build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.installed: $(SHIPPED) | $(BIN)/python
	@echo "Installing quadviz into $(VENV); this takes a minute, once."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.installed-%: $(SHIPPED) | $(BIN)/python
	@echo "Installing quadviz[$*] into $(VENV); this takes a minute, once."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[$*]"
	@touch $@

$(BIN)/python:
	@test -n "$(PYTHON)" || { \
		echo "quadviz needs Python 3.11 or newer, and none was found on PATH (set PYTHON=/path/to/python)."; exit 1; }
	@$(PYTHON) -c '$(supported)' || { \
		echo "quadviz needs Python 3.11 or newer, but $(PYTHON) is older."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make virtual environments. On Debian or Ubuntu: apt install python3-venv"; exit 1; }
	@$(PYTHON) -m venv $(VENV)
