# Everything runs in .venv; `make` lists the targets.

PYTHON ?= python3
JOBS ?= 2
N ?= 300

VENV := .venv
RUN := $(VENV)/bin/python
INSTALL := $(RUN) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
BENCHMARKS := scoring probes stacked memory store stats
DEMO := --space nb201 --dataset cifar10

# The build of zsbench itself is pinned too: the first for pip before 25.3, the second from then on.
export PIP_CONSTRAINT := constraints.txt
export PIP_BUILD_CONSTRAINT := constraints.txt

.DEFAULT_GOAL := help
.PHONY: help demo test check lint format typecheck bench faithful fidelity fidelity-nb101 fidelity-transnas tables clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.installed ## Score 150 networks of NAS-Bench-201 with every proxy and print the correlations
	$(RUN) -m zsbench score $(DEMO) --sample 150 --proxy all
	$(RUN) -m zsbench correlate $(DEMO)

test: $(VENV)/.installed-dev ## Run the tests
	$(RUN) -m pytest --numprocesses $(JOBS)

check: lint typecheck test ## Lint, check types, run the tests

lint: $(VENV)/.installed-dev ## Check style and formatting
	$(RUN) -m ruff check
	$(RUN) -m ruff format --check

format: $(VENV)/.installed-dev ## Format and mend what can be mended
	$(RUN) -m ruff check --fix
	$(RUN) -m ruff format

typecheck: $(VENV)/.installed-dev ## Check types
	$(RUN) -m mypy

bench: $(VENV)/.installed ## Time scoring, store and statistics against their targets (TABLE=FILE.md keeps the tables)
	@$(if $(TABLE),: > $(TABLE);) status=0; for name in $(BENCHMARKS); do \
		$(RUN) benchmarks/$$name.py $(if $(TABLE),-o $(TABLE)) || status=$$?; \
	done; exit $$status

faithful: $(VENV)/.installed ## Rank 200 networks with every proxy and with its plain form (hours; goes on where it was stopped)
	@mkdir -p build
	$(RUN) benchmarks/faithful.py --values build/faithful.jsonl -o results/faithful.md

fidelity: $(VENV)/.installed-dev ## Compare N=300 scores with those of the published tool (needs ZSBENCH_REFERENCE)
	$(RUN) tests/fidelity/run.py --networks $(N)

fidelity-nb101: $(VENV)/.installed-dev ## The same for 173 cells of NAS-Bench-101 (half an hour of one core)
	$(RUN) tests/fidelity/run_nb101.py

fidelity-transnas: $(VENV)/.installed-dev ## The same for 40 cells of TransNAS-Bench-101 (a quarter of an hour)
	$(RUN) tests/fidelity/run_transnas.py

baseline: $(VENV)/.installed ## Record results/baselines/ci.h5 anew, which the tests hold every ranking against
	$(RUN) -m zsbench check --record -o results/baselines/ci.h5 --space nb201 --dataset ImageNet16-120 \
		--sample 10 --seed 0-1 --batch-size 8 --input photos --target valid

tables: $(VENV)/.installed ## Regenerate results/tables from the stored scores
	$(RUN) -m zsbench reproduce --output results/tables

clean: ## Remove .venv and caches; scores and data stay
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
	find zsbench tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "zsbench needs Python 3.11 or newer; try: make PYTHON=python3.12" >&2; exit 1; }
	@echo "making $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "installing zsbench (PyTorch is large: this takes a minute or more)"
	@$(INSTALL) --editable .
	@$(INSTALL) --no-deps pytorchcv
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@echo "installing what tests and checks need"
	@$(INSTALL) --editable '.[dev]'
	@touch $@
