# Every target makes its own environment first (setup/environment.sh); nothing has to be prepared by hand.
SHELL := bash
.DEFAULT_GOAL := help
.PHONY: help setup budget test lint check serve lab data lock clean

bin := .venv/bin
city ?= data/ningbo
store ?= out/store
reports ?= out/reports
port ?= 5006
workers ?= 2
uv := .setup/uv/bin/uv
# Tests that open pages and workbooks as a reader would are left out, aloud, where the program for it is missing.
missing := $(strip $(if $(shell command -v chromium),,browser) $(if $(shell command -v soffice),,office))
left_out := $(if $(missing),-m "not ($(subst $() , or ,$(missing)))")
compile := pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' Makefile

setup: ## the environment in .venv, from requirements.lock
	@setup/environment.sh

budget: setup ## next year's budget of the city, with its reports in Chinese and English (city=data/ningbo)
	@$(bin)/actuarial budget $(city) --store $(store) --out $(reports)

test: setup ## every test
	@$(if $(missing),echo "Without Chromium or LibreOffice these tests are left out: $(missing). setup/system_packages.sh installs them.")
	@$(bin)/python -m pytest --quiet --numprocesses $(workers) $(left_out)

lint: setup ## format, style, types and layers
	@$(bin)/ruff format --check .
	@$(bin)/ruff check .
	@$(bin)/pyright
	@$(bin)/lint-imports

check: lint test ## what has to pass before a commit

serve: setup ## the pages of the stored runs, on this machine alone (port=5006)
	@test -d $(store) || $(MAKE) --no-print-directory budget
	@$(bin)/actuarial serve --store $(store) --port $(port)

lab: setup ## JupyterLab on the notebooks, on this machine alone
	@$(bin)/jupyter lab --ip=127.0.0.1 --notebook-dir=notebooks $(if $(filter 0,$(shell id -u)),--allow-root)

data: setup ## the estimated tables of the shipped cities, made again from what is published
	@$(bin)/python -m data.estimates

lock: setup ## newer versions of every package, within pyproject.toml
	@$(uv) $(compile) --upgrade --python-version 3.12 --group dev pyproject.toml --output-file requirements.lock
	@echo uv | $(uv) $(compile) --upgrade --python-version 3.9 --no-annotate - --output-file setup/uv.lock
	@setup/environment.sh

clean: ## remove what was made: environment, outputs, caches
	@rm -rf .venv .setup out build dist *.egg-info .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
