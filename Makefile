# Epsilon: `make run` serves the site, `make test` passes the tests. `make help` lists the rest.
.DEFAULT_GOAL := help
SHELL := /bin/sh
VENV := .venv
PY := $(VENV)/bin/python
BIND ?= 127.0.0.1:8000
export TF_CPP_MIN_LOG_LEVEL ?= 2

.PHONY: help install run dev test lint format bench peers lock messages clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

$(VENV)/bin/python:
	@for candidate in python3.11 python3.12 python3.13 python3 python; do \
	  if $$candidate -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then \
	    found=$$candidate; break; fi; done; \
	if [ -z "$$found" ]; then echo "Epsilon needs Python 3.11, 3.12 or 3.13 on the PATH." >&2; exit 1; fi; \
	echo "Making $(VENV) with $$($$found --version)."; \
	trap 'rm -rf $(VENV); exit 1' HUP INT TERM; \
	$$found -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "$(VENV) could not be made. On Debian and Ubuntu Python needs a package for it: apt install python3-venv" >&2; \
	  exit 1; }

$(VENV)/.installed: requirements.txt | $(VENV)/bin/python
	@echo "Installing the locked packages (TensorFlow is large: a minute or two the first time)."
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

MESSAGES := $(wildcard locale/*/LC_MESSAGES/*.po)
$(VENV)/.messages: $(MESSAGES) $(VENV)/.installed
	@for domain in django djangojs; do \
	  if ls locale/*/LC_MESSAGES/$$domain.po >/dev/null 2>&1; then \
	    $(VENV)/bin/pybabel --quiet compile --directory locale --domain $$domain; fi; done
	@touch $@

STATIC := $(shell find static -type f 2>/dev/null)
$(VENV)/.static: $(STATIC) $(VENV)/.installed
	@$(PY) manage.py collectstatic --noinput --clear --verbosity 0
	@touch $@

install: $(VENV)/.installed $(VENV)/.messages ## prepare .venv only

run: install $(VENV)/.static ## serve the site on http://127.0.0.1:8000
	@$(PY) manage.py migrate --verbosity 0
	@echo "Epsilon: http://$(BIND)  (Ctrl-C stops it; the models warm up for a few seconds, the first time for a minute or two)"
	@echo "For http://$(BIND)/admin/ make a superuser: $(PY) manage.py createsuperuser"
	@BIND=$(BIND) exec $(VENV)/bin/gunicorn --config gunicorn.conf.py

dev: install ## the same with DEBUG and autoreload
	@DEBUG=True $(PY) manage.py migrate --verbosity 0
	@DEBUG=True $(PY) -m experiments.keeper & keeper=$$!; trap 'kill $$keeper' EXIT INT TERM; \
	  DEBUG=True $(PY) manage.py runserver $(BIND)

test: $(VENV)/.installed-dev $(VENV)/.messages ## every test that this machine can run
	@$(PY) -m pytest $(ARGS)

lint: $(VENV)/.installed-dev ## style and types
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(PY) manage.py makemigrations --check --dry-run --verbosity 0

format: $(VENV)/.installed-dev ## put the code into the one format
	@$(VENV)/bin/ruff check --fix .
	@$(VENV)/bin/ruff format .

.venv-peers/.installed: requirements-peers.txt | $(VENV)/bin/python
	@$(PY) -m venv .venv-peers
	@.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-peers.txt
	@touch $@

peers: .venv-peers/.installed ## CleverHans, Foolbox and ART in an environment of their own

.venv-gradio/.installed: requirements-gradio.txt | $(VENV)/bin/python
	@$(PY) -m venv .venv-gradio
	@.venv-gradio/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-gradio.txt
	@touch $@

bench: install peers .venv-gradio/.installed ## speed, side by side with the peers
	@$(PY) manage.py bench $(ARGS)

lock: ## write requirements*.txt anew from pyproject.toml (needs uv)
	@for target in "requirements.txt" "requirements-dev.txt --group dev -c requirements.txt"; do \
	  uv pip compile --quiet pyproject.toml --universal --python-version 3.11 --no-emit-index-url \
	    --custom-compile-command "make lock" --output-file $$target; done
	@for target in peers gradio; do \
	  uv pip compile --quiet requirements-$$target.in --universal --python-version 3.11 --no-emit-index-url \
	    --custom-compile-command "make lock" --output-file requirements-$$target.txt; done

messages: $(VENV)/.installed ## collect the texts to translate into locale/ (needs gettext)
	@$(PY) manage.py makemessages --locale fr --no-wrap --no-location --ignore '.venv*' --ignore tests --ignore staticfiles

clean: ## remove what was built; keeps var/ and media/
	rm -rf $(VENV) .venv-peers .venv-gradio staticfiles .mypy_cache .ruff_cache .pytest_cache
