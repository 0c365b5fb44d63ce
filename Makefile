# Everything runs in a local environment (.venv) that the first target to need it makes; only Python >= 3.11, git and
# make must be there.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SCENE ?= two-engines
IMAGE ?= llmd-routes:latest
# Test processes; 0 runs the tests in one process, e.g. for a debugger.
WORKERS ?= auto
FUZZ ?= 30
# Each folder and the package it is; mypy finds a package by its name only.
PACKAGES := generator=llmd_routes sidecar=llmd_routes_sidecar templates=llmd_routes_templates
STAMP := $(VENV)/.installed
LOCK := --quiet --generate-hashes --no-header --no-annotate --python-version 3.13

.PHONY: demo browser docs lint test check fuzz e2e e2e-long engines scene scene-down kind bench check-wheel release-check image-check manifests image image-requirements clean

demo: $(STAMP)  ## pools and routes for an example, without a cluster
	@$(BIN)/llmd-routes generate -f tests/data/two-engines/objects.yaml

lint: $(STAMP)  ## style, layers and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	@mkdir -p build/types && for each in $(PACKAGES); do ln -sfn ../../$${each%=*} build/types/$${each#*=}; done
	MYPYPATH=build/types $(BIN)/mypy $(foreach each,$(PACKAGES),-p $(lastword $(subst =, ,$(each))))

test: $(STAMP)  ## all tests that Python alone can run, with branch coverage
	$(BIN)/pytest -m "not bench" --numprocesses=$(WORKERS) --dist=loadfile --cov --cov-report=term:skip-covered --cov-fail-under=90

check: lint test  ## everything but real servers

fuzz: $(STAMP)  ## FUZZ times as many manifests, commands and texts by chance as in make test (30: a quarter of an hour)
	FUZZ=$(FUZZ) $(BIN)/pytest --numprocesses=$(WORKERS) --dist=worksteal tests/test_corpus.py tests/test_robustness.py \
	  tests/generator/pods/test_any_command.py tests/generator/output/test_lua_program.py tests/sidecar/test_extraction.py tests/attack

e2e: $(STAMP)  ## tests with real control planes, which the first run builds (minutes)
	$(BIN)/python -m tests.bench

e2e-long: $(STAMP)  ## the same with every case in every way, and many examples
	E2E_LONG=1 $(BIN)/python -m tests.bench

scene: $(STAMP)  ## a cluster to try things on: istiod, Envoy, endpoint pickers, two engines (SCENE=empty: control planes only; SCENE=controller)
	@$(BIN)/python -m tests.bench.scene up $(SCENE)

scene-down: $(STAMP)  ## ends it
	@$(BIN)/python -m tests.bench.scene down

engines: $(STAMP)  ## vLLM, SGLang and llama.cpp on CPUs behind the chain and behind the stand-alone Envoy (5 GB in the cache)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group engines
	BENCH_SECONDS=600 $(BIN)/python -m tests.engines

browser: $(STAMP)  ## the pages of `graph` and `compare` in a headless browser, for those who have Chromium and ChromeDriver
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group browser
	$(BIN)/pytest -q tests/browser/check_page.py tests/browser/check_comparison.py

kind: $(STAMP)  ## the guide's cluster on kind with istio, for those who have Docker
	@tests/kind/run.sh

bench: $(STAMP)  ## what the program costs, beside its budgets (builds a kube-apiserver and helm the first time)
	$(BIN)/python -m tests.speed

check-wheel: $(STAMP)  ## types of the tests against an installed wheel, and the tests against it
	rm -rf build/wheel && $(BIN)/python -m build --outdir build/wheel .
	$(PYTHON) -m venv build/wheel/venv
	build/wheel/venv/bin/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	build/wheel/venv/bin/python -m pip install --quiet --disable-pip-version-check build/wheel/*.whl --group dev
	cd build/wheel && venv/bin/llmd-routes --version && venv/bin/mypy --strict ../../tests
	build/wheel/venv/bin/pytest -m "not bench"

release-check: $(STAMP)  ## what would be published: built, checked and installed, as users get it
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group release
	$(BIN)/pytest -q -p no:cacheprovider tests/release/check_distributions.py tests/release/check_workflow.py

image-check: $(STAMP)  ## builds the image without Docker, for those who have buildah and debootstrap, as root
	$(BIN)/pytest -q -p no:cacheprovider tests/release/check_image.py

release-distributions release-materials release-executable release-krew release-digests release-notes: release-%: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group release
	$(BIN)/python -m tests.release $*

release-cut release-begin: release-%: $(STAMP)  ## dates the changelog; VERSION=0.2.0 begins the next version
	$(BIN)/python -m tests.release $*

manifests: $(STAMP)  ## rewrites every committed file that is made from the code
	$(BIN)/python -m tests.regenerate

image: ## builds the image of all programs, IMAGE=NAME:TAG (needs Docker)
	@command -v docker > /dev/null || { echo "error: docker is not installed, and builds the image" >&2; exit 1; }
	docker build --file manifests/image/Dockerfile --tag $(IMAGE) .

image-requirements:  ## resolves anew what the image holds and is built with, with the hashes of all files
	rm -rf build/image && $(PYTHON) -m venv build/image
	build/image/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	for each in requirements build-requirements; do \
	  head -1 manifests/image/$$each.txt > build/$$each.txt; \
	  { [ $$each = requirements ] && build/image/bin/uv pip compile $(LOCK) --extra sidecar pyproject.toml \
	    || echo 'setuptools>=77' | build/image/bin/uv pip compile $(LOCK) -; } >> build/$$each.txt \
	  && mv build/$$each.txt manifests/image/$$each.txt || exit 1; \
	done

docs: $(STAMP)  ## the documentation as a site, in build/site; fails for a broken link
	@$(BIN)/python -c 'import mkdocs' 2> /dev/null \
	  || $(BIN)/python -m pip install --quiet --disable-pip-version-check --group docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

clean:  ## removes what the targets above made
	rm -rf $(VENV) build *.egg-info .coverage .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

# setuptools warns about every editable install; here the folders are named apart from the packages, so it is noise.
$(STAMP): pyproject.toml
	@echo "installing into $(VENV)" >&2
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "llmd-routes needs Python 3.11 or newer")'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	@PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check --group dev --editable .
	@touch $(STAMP)
