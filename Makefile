# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# All paths here are relative: make cannot handle a clone whose path holds a space.
PY := sh tools/python.sh

.DEFAULT_GOAL := help
.PHONY: help demo simulator test gate setup lint units integration doors operations coverage sanity dist docs awx eda matrix matrix-sanity bench campaign generate clean

help: ## say what there is
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' Makefile

demo: ## see it work: all four providers, simulated on this machine, no account needed
	@$(PY) tools/demo.py

simulator: ## keep the simulated providers running, for playbooks of your own
	@$(PY) tools/demo.py simulator

test: ## everything that CI runs; ends with a line of counts
	@$(PY) tools/check.py lint units integration operations sanity

gate: ## everything, before a release: may take an hour
	@$(PY) tools/check.py lint units integration doors operations coverage sanity campaign dist docs awx eda matrix matrix-sanity

setup: ## install what the tests need, below .cache/
	@$(PY) tools/environments.py test tools

lint: ## ruff, mypy, yamllint, ansible-lint, shellcheck, documentation, changelog, licence lines
	@$(PY) tools/check.py lint

units: ## unit tests
	@$(PY) tools/check.py units

integration: ## ansible-playbook against the simulator
	@$(PY) tools/check.py integration

campaign: ## everything that can go wrong with any writing call, and SIGKILL: what is there afterwards, what was billed; ARGS="--seed 7"
	@$(PY) tools/check.py campaign

doors: ## the integration tests through the fast door and the module door, and their results compared
	@$(PY) tools/check.py doors

operations: ## which operations of the four APIs the integration tests have shown on the wire: seen / listed
	@$(PY) tools/check.py integration operations

coverage: ## the unit and integration tests, and how many lines of the collection they run
	@$(PY) tools/check.py units integration coverage

sanity: ## ansible-test sanity
	@$(PY) tools/check.py sanity

docs: ## the site, strictly built; its guides followed to the letter; each page looked at in a browser
	@$(PY) tools/check.py docs

awx: ## what sets up AWX, and what it runs, as it does it
	@$(PY) tools/check.py awx

eda: ## the event source and its rulebook under ansible-rulebook, against the simulator
	@$(PY) tools/check.py eda

matrix: ## units and integration on each ansible-core from 2.17 to 2.21 whose Python is there
	@$(PY) tools/check.py matrix

matrix-sanity: ## ansible-test sanity of each of these
	@$(PY) tools/check.py matrix-sanity

bench: ## what tasks and inventories cost, beside what ansible itself costs
	@$(PY) tools/bench.py

generate: ## write what is made of other data: documentation of the providers', AWX's file for import of its assets
	@$(PY) tools/environments.py core
	@$(PY) tools/tree.py
	@PYTHONPATH=.cache/tree PYTHONDONTWRITEBYTECODE=1 .cache/venv/core/bin/python tools/generate_docs.py .
	@.cache/venv/core/bin/python tools/awx_assets.py

dist: ## build the collection from the last commit, and try it as a user and as Galaxy would
	@$(PY) tools/check.py dist

clean: ## remove everything that was made here
	@rm -rf .cache
