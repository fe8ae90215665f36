# Everything one types, for people and for CI alike. Each target makes the environment it needs, once.

PYTHON ?= python3
VENV   ?= .venv
PEERS  ?= .venv-peers
BIN    := $(VENV)/bin
RUN    ?= runs/mnist

.DEFAULT_GOAL := help
.PHONY: help demo explore test test-all lint format bench peers docs clean

help:
	@echo "make demo     set up and run the main job: two digit networks, their neurons, their dictionaries"
	@echo "make explore  draw a digit, look at every unit: opens the explorer on the demo's run"
	@echo "make test     set up and pass the tests"
	@echo "make lint     ruff and mypy"
	@echo "make bench    the benchmarks behind every speed that is stated anywhere"
	@echo "make peers    check files and speed against the other libraries' own packages"
	@echo "make docs     draw the pictures and write the generated pages of docs/ anew"
	@echo "make clean    remove the environment and caches (runs/ stays)"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else f"Sememe needs Python 3.11 or newer, this is {v.major}.{v.minor}: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)

# The stamps say for which pyproject.toml and constraints.txt the environment was made.
$(VENV)/.demo: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	$(BIN)/python -m sememe.dictionaries.kernels
	@touch $@

$(VENV)/.test: pyproject.toml constraints.txt $(VENV)/.demo
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test,lint]'
	@touch $@

demo: $(VENV)/.demo
	$(BIN)/sememe run mnist --run $(RUN)

explore: $(VENV)/.demo
	$(BIN)/sememe explore $(RUN)

test: $(VENV)/.test
	$(BIN)/python -m pytest -m "not slow and not peers" -n auto --dist loadfile

test-all: $(VENV)/.test
	$(BIN)/python -m pytest -m "not peers"

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The other libraries take part in their own environment, where `make peers` has made it.
BESIDE = $(if $(wildcard $(PEERS)/.ready),PYTHONPATH=src $(PEERS)/bin/python,$(BIN)/python)
# The explorer is timed with a finished run, where `make demo` has made one.
EXPLORED = $(if $(wildcard $(RUN)/report.html),$(BIN)/python benchmarks/explorer.py $(RUN),@echo "explorer: needs the run of make demo")

bench: $(VENV)/.test
	$(BIN)/python benchmarks/train_digit_cnn.py
	$(BESIDE) benchmarks/train_step.py
	$(BESIDE) benchmarks/train_step.py --encode
	$(BESIDE) benchmarks/time_to_fvu.py
	$(BIN)/python benchmarks/scaling.py
	$(BIN)/python benchmarks/wait_policy.py
	$(BIN)/python benchmarks/planted_recovery.py
	$(BIN)/python benchmarks/dictionary_families.py
	$(BIN)/python benchmarks/measures.py
	$(BIN)/python benchmarks/monosemanticity.py
	$(EXPLORED)

# The other libraries, in an environment of their own: some of them need older packages than we do.
$(PEERS)/.ready: pyproject.toml
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/pip install --quiet -c constraints.txt torch safetensors numba scikit-learn jaxtyping "zarr>=3"
	$(PEERS)/bin/pip install --quiet einops "matplotlib<3.9" scikit-image simple-parsing schedulefree natsort \
	    transformers accelerate datasets "transformer-lens>=2.16.1,<4" babe nltk tenacity python-dotenv plotly plotly-express
	$(PEERS)/bin/pip install --quiet --no-deps overcomplete dictionary-learning eai-sparsify sae-lens
	@touch $@

peers: $(VENV)/.test $(PEERS)/.ready
	SEMEME_PEERS_PYTHON=$(PEERS)/bin/python $(BIN)/python -m pytest -m peers

docs: $(VENV)/.demo
	$(BIN)/python docs/generate.py --pictures

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
