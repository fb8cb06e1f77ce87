# Everything a newcomer needs: `make demo`, `make test`. Both set up what they need in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := -m pip --disable-pip-version-check --quiet install --require-hashes
PEERS := pycose cwt
# A real node for the chain tests, where npm can bring it.
ANVIL := $(if $(shell command -v npm),$(VENV)/anvil.stamp)
# Everything, but for what has no wheel for this machine; a 32-bit Python gets what every machine can have.
RUN := $(shell $(PYTHON) -c 'import struct; print("run" if struct.calcsize("P") == 8 else "gateway")')

.PHONY: demo test check format bench bench-device lock contracts anvil clean

demo: $(VENV)/run.stamp
	rm -rf build/demo
	$(BIN)/sealmote demo --out build/demo

test: $(VENV)/test.stamp $(PEERS:%=$(VENV)/peer-%.stamp) $(VENV)/contracts.stamp $(VENV)/stubs.stamp $(ANVIL)
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

check: $(VENV)/test.stamp $(VENV)/stubs.stamp
	$(BIN)/python tools/check.py

format: $(VENV)/test.stamp
	$(BIN)/ruff format . && $(BIN)/ruff check --fix .

bench: $(VENV)/test.stamp
	$(BIN)/python tools/bench/run.py

bench-device: $(VENV)/test.stamp  ## signing on the board's interpreter, beside its peers (counts need valgrind)
	$(BIN)/python tools/bench/device.py

lock: $(VENV)/test.stamp  ## pin every requirement again, with hashes and without addresses
	$(BIN)/python -m pip --disable-pip-version-check --quiet install uv
	$(BIN)/python tools/lock.py

contracts: $(VENV)/contracts.stamp  ## compile the contracts into host_sdk/sealmote/chain/evm/contracts/artifacts
	$(BIN)/python tools/build_contracts.py

anvil: $(VENV)/anvil.stamp  ## a real Ethereum node for the chain tests (needs npm)

clean:
	rm -rf $(VENV) build dist

$(VENV)/run.stamp: requirements/$(RUN).txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Sealmote needs Python 3.11 or newer: make PYTHON=python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python $(PIP) -r requirements/build.txt
	$(BIN)/python $(PIP) -r requirements/$(RUN).txt
	$(BIN)/python -m pip --disable-pip-version-check --quiet install --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/test.stamp: $(VENV)/run.stamp requirements/test.txt
	$(BIN)/python $(PIP) -r requirements/test.txt
	touch $@

$(VENV)/stubs.stamp: $(VENV)/run.stamp requirements/stubs.txt
	$(BIN)/python $(PIP) --no-deps --upgrade --target $(VENV)/stubs -r requirements/stubs.txt
	touch $@

# Each peer has an environment of its own, for each pins a CBOR library that we do not want.
$(VENV)/%.stamp: $(VENV)/run.stamp requirements/%.txt
	$(PYTHON) -m venv $(VENV)/$*
	$(VENV)/$*/bin/python $(PIP) -r requirements/$*.txt
	touch $@

$(VENV)/anvil.stamp: $(VENV)/run.stamp
	npm install --silent --no-save --no-package-lock --prefix $(VENV)/anvil @foundry-rs/anvil@1.7.1
	touch $@
