# Every command sets up what it needs, in the checkout, from a lock file with hashes.
# Another Python than python3 (3.11 or newer): make test PYTHON=/path/to/python

.DEFAULT_GOAL := help
.PHONY: help demo test test-lowest test-newest lint format docs pictures benchmark lock \
	lock-newest mutants release-check
.NOTPARALLEL:

export PYTHON
# Material for MkDocs stays with MkDocs 1, and says so at every build unless told not to.
export NO_MKDOCS_2_WARNING := 1
bin := .venv/bin
demo-environment := scripts/environment .venv requirements/demo.txt
test-environment := scripts/environment .venv requirements/test.txt

help:  ## Show these lines
	@sed -nE 's/^([a-z-]+):.*  ## /\1 /p' Makefile | while read -r target text; do \
		printf 'make %-14s %s\n' "$$target" "$$text"; done

demo:  ## Train a spiking network on handwritten digits
	@$(demo-environment)
	$(bin)/spikegrad train digits

test: lint  ## Run everything that has to pass: lint, types, tests, which build the documentation
	$(bin)/python -m pytest -n 2

# Without the peers, which need a newer jax. What old versions call deprecated is old news.
test-lowest:  ## Run the tests with the oldest versions that pyproject.toml allows
	@scripts/environment .venv-lowest requirements/lowest.txt
	SPIKEGRAD_LOWEST=1 .venv-lowest/bin/python -m pytest -n 2 -W ignore::DeprecationWarning

# On the newest Python at hand; TESTS=tests/neurons for a part of them.
test-newest:  ## Run the tests with the newest versions that requirements/newest.txt holds
	@PYTHON=$$(scripts/newest-python) && export PYTHON && \
		scripts/environment .venv-newest requirements/newest.txt
	.venv-newest/bin/python -m pytest -n 2 $(TESTS)

lint:  ## Check style, formatting, types and workflows
	@$(test-environment)
	$(bin)/ruff check
	$(bin)/ruff format --check
	$(bin)/mypy
	$(bin)/actionlint

format:  ## Put the code in the project's format
	@$(test-environment)
	$(bin)/ruff check --fix
	$(bin)/ruff format

docs:  ## Build the documentation site into site/
	@$(test-environment)
	$(bin)/mkdocs build --strict

pictures:  ## Train the demo's network and draw the pictures of the README and the home page anew
	@$(test-environment)
	PYTHONPATH=docs $(bin)/python -m derived.front

benchmark:  ## Measure speed and memory against other libraries; on a machine with nothing else to do
	@$(test-environment)
	benchmarks/environments
	$(bin)/python benchmarks/gradients.py
	$(bin)/python benchmarks/rollouts.py

compile := $(bin)/uv pip compile pyproject.toml --quiet --generate-hashes --no-annotate \
	--no-emit-index-url --no-emit-find-links
universal := $(compile) --universal --python-version 3.11 --fork-strategy fewest \
	--custom-compile-command "make lock"
newest := $(compile) --universal --python-version 3.12 --custom-compile-command "make lock-newest" \
	--extra lab --group newest -o requirements/newest.txt

lock:  ## Write the lock files anew; UPGRADE=--upgrade for the newest versions
	@$(test-environment)
	$(universal) $(UPGRADE) --extra lab --group dev -o requirements/test.txt
	$(universal) $(UPGRADE) --extra lab --group build -c requirements/test.txt -o requirements/demo.txt
	$(universal) $(UPGRADE) --extra lab --group test --resolution lowest-direct -o requirements/lowest.txt
	$(newest) $(UPGRADE)

lock-newest:  ## Write requirements/newest.txt anew, with the newest versions that there are
	@$(test-environment)
	$(newest) --upgrade

mutants:  ## Put faults into the code that tests should notice; PACKAGES="neurons health" for some
	@$(test-environment)
	$(bin)/python scripts/mutants.py $(PACKAGES)

release-check:  ## Build sdist and wheel into dist/ and try both; TAG=v1.2.3 for a release
	@$(test-environment)
	$(bin)/python scripts/release_check.py
