# Everything runs in .venv; nothing outside this folder is changed, but for Debian packages as root (or with CI=true).
PYTHON ?= python3
BIN := .venv/bin
PORT_ISSUER ?= 8000
PORT_VERIFIER ?= 8001

.PHONY: run setup test check bench lock system-packages clean

run: .venv/ready  ## issuer and verifier on localhost, with sample residents
	$(BIN)/countersign run --issuer-port $(PORT_ISSUER) --verifier-port $(PORT_VERIFIER)

setup: .venv/ready

.venv/ready: requirements/dev.lock pyproject.toml requirements/npm/package-lock.json requirements/install_assets.py
	@sh requirements/system-packages.sh python $(PYTHON)
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python requirements/install_assets.py
	touch $@

.venv/ready-for-tests: .venv/ready requirements/npm-test/package-lock.json
	$(BIN)/python requirements/install_assets.py --test
	touch $@

system-packages:
	@sh requirements/system-packages.sh tests

test: .venv/ready-for-tests system-packages  ## everything, as .ci/run does
	$(BIN)/pytest -n auto --dist loadgroup

check: .venv/ready-for-tests system-packages  ## style, types, import rules, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n auto --dist loadgroup

bench: .venv/ready-for-tests  ## ratios against the floor and a peer, measured in one run
	$(BIN)/python -m benchmarks

# What an issue promises, shown: the figures come last, as one line of JSON.
show-%: .venv/ready-for-tests system-packages
	@$(BIN)/python -m tests.shows $*

lock:  ## pin anew; needs uv, writes no addresses
	uv pip compile --universal --generate-hashes --no-header --python-version 3.11 --extra dev pyproject.toml -o requirements/dev.lock
	uv pip compile --universal --generate-hashes --no-header --python-version 3.11 pyproject.toml -o requirements/run.lock
	uv pip compile --universal --generate-hashes --no-header --python-version 3.11 requirements/fuzz.in -o requirements/fuzz.lock

clean:
	rm -rf .venv .venv-fuzz var dist build requirements/npm/node_modules requirements/npm-test/node_modules verifier/static/vendor wallet_export/fonts
