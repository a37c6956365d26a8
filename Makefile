# Every target first installs what it needs into .venv. `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help venv demo up test test-lifecycle venv-gpu test-gpu-backend check fix bench chaos openapi fuzz preview deploy inventory contact-sheet requirements clean

PYTHON ?= python3
BIN := .venv/bin
GPU_BIN := .venv-gpu/bin
REQUIREMENTS := $(wildcard functions/*/requirements.in) infra/requirements.in requirements-dev.in requirements-uv.in
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
	--custom-compile-command 'make requirements'

# For one machine alone, Cloud Run's with a GPU, and with PyPI's own torch, which is built for CUDA.
COMPILE_GPU := $(BIN)/uv pip compile --quiet --python-version 3.13 --python-platform x86_64-manylinux_2_28 \
	--generate-hashes --upgrade --custom-compile-command 'make requirements'

PYTEST = $(BIN)/pytest -n $(or $(WORKERS),2) --dist loadfile

DEMO := .local/demo
# DEMO_PROMPT="..." makes another video.
DEMO_PROMPT ?= At dawn, Mara, a young woman in a red coat, walks along the harbour with her small white dog. \
	Rain begins to fall as Mara and the dog pass the fishing boats. \
	She shelters inside a warm café and looks out through the window. \
	At night the rain has stopped; Mara and the dog run home through the glowing city streets.

export DEMO_PROMPT

PULUMI = command -v pulumi >/dev/null || { echo "The Pulumi CLI is not installed; see docs/deploy.md"; exit 1; }; cd infra && pulumi
# FLAGS=--yes where nobody is there to answer.
TO_STACK = --stack $(or $(STACK),dev) $(FLAGS)

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-18s%s\n", $$1, $$2}' Makefile

venv: .venv/installed  ## install everything into .venv

.venv/installed: requirements-uv.txt requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; make PYTHON=python3.x names another") if sys.version_info < (3, 11) else 0'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r requirements-dev.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-build-isolation --no-deps --editable .
	@touch $@

demo: venv  ## make a video from a prompt on this machine: prints the path of the MP4
	@mkdir -p $(DEMO)
	@echo "$$DEMO_PROMPT"
	@$(BIN)/ttv create "$$DEMO_PROMPT" --seconds 24 --seed 7 \
		--sheet $(DEMO)/storyboard.png --thumbnail $(DEMO)/thumbnail.jpg --output $(DEMO)/video.mp4

up: venv  ## run the whole service on this machine until Ctrl-C
	@$(BIN)/ttv up

test: venv  ## run the tests, but for those below: WORKERS=n (2) at a time, each with a local stack of its own
	$(PYTEST) -m "not lifecycle"

test-lifecycle: venv  ## run the tests that boot, kill and replace whole stacks
	$(PYTEST) -m lifecycle tests/integration

venv-gpu: .venv-gpu/installed  ## install everything with torch too, into .venv-gpu: for a GPU of this machine, or its tests

test-gpu-backend: venv-gpu  ## run the tests that need torch: tiny models, on the processor, in .venv-gpu (2 GB)
	$(GPU_BIN)/pytest tests/gpu
	$(GPU_BIN)/pytest tests/hub

.venv-gpu/installed: requirements-uv.txt requirements-dev.txt tests/gpu/torch.txt tests/gpu/requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; make PYTHON=python3.x names another") if sys.version_info < (3, 11) else 0'
	$(PYTHON) -m venv .venv-gpu
	$(GPU_BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.txt
	$(GPU_BIN)/uv pip install --quiet --python $(GPU_BIN)/python --require-hashes -r requirements-dev.txt
	$(GPU_BIN)/pip install --quiet --disable-pip-version-check -r tests/gpu/torch.txt
	$(GPU_BIN)/uv pip install --quiet --python $(GPU_BIN)/python --require-hashes --no-deps -r tests/gpu/requirements.txt
	$(GPU_BIN)/uv pip install --quiet --python $(GPU_BIN)/python --no-build-isolation --no-deps --editable .
	@touch $@

check: venv  ## lint and type-check; changes nothing
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python -m infra.openapi --check

fix: venv  ## mend what the linter can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: venv  ## measure the budgets, as ratios in one run
	$(BIN)/python -m tests.bench

chaos: venv  ## let everything go wrong at once: JOBS=n (200), MODEL=omni, SEED=n repeats a run
	$(BIN)/python -m tests.chaos --jobs $(or $(JOBS),200) $(if $(SEED),--seed $(SEED)) $(if $(MODEL),--model $(MODEL))

openapi: venv  ## write the OpenAPI document and its page anew, from the models
	$(BIN)/python -m infra.openapi

fuzz: venv  ## hold the API to its OpenAPI document with many requests: EXAMPLES=n (200), SEED=n repeats a run
	FUZZ_EXAMPLES=$(or $(EXAMPLES),200) $(if $(SEED),FUZZ_SEED=$(SEED)) $(BIN)/pytest -q tests/integration/test_openapi_fuzz.py

preview: venv  ## show what `make deploy` would change: STACK=name (dev)
	@$(PULUMI) preview --diff $(TO_STACK)

deploy: venv  ## make the whole system on Google Cloud, or bring it up to date: STACK=name (dev)
	@$(PULUMI) up $(TO_STACK)

inventory: venv  ## write the lists of what each stack consists of anew, for review
	$(BIN)/python -m tests.infra.inventory

contact-sheet: venv  ## draw everything the storyboard can draw into docs/board.jpg
	@$(BIN)/python -m tests.board

requirements: venv  ## compile every requirements.in anew, with hashes
	@for source in $(REQUIREMENTS); do $(COMPILE) $$source --output-file $${source%.in}.txt || exit 1; done
	$(COMPILE) tests/gpu/requirements.in --excludes tests/gpu/torch.txt --output-file tests/gpu/requirements.txt
	env -u PIP_FIND_LINKS $(COMPILE_GPU) functions/render/requirements-gpu.in --output-file functions/render/requirements-gpu.txt

clean:  ## remove everything that was made, .venv too
	@! test -e .local/stack.json || { echo "a local stack runs here; stop it first, or remove .local/stack.json"; exit 1; }
	rm -rf .venv .venv-gpu .local .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
