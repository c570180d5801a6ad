# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# All paths here are relative: make cannot handle a clone whose path holds a space.
PY := sh tools/python.sh

.DEFAULT_GOAL := help
.PHONY: help demo simulator test setup lint units integration doors operations sanity eda matrix bench docs dist clean

help: ## say what there is
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' Makefile

demo: ## see it work: all four providers, simulated on this machine, no account needed
	@$(PY) tools/demo.py

simulator: ## keep the simulated providers running, for playbooks of your own
	@$(PY) tools/demo.py simulator

test: ## everything that CI runs; ends with a line of counts
	@$(PY) tools/check.py lint units integration operations sanity

setup: ## install what the tests need, below .cache/
	@$(PY) tools/environments.py test tools

lint: ## ruff, mypy, yamllint, ansible-lint, shellcheck, changelog
	@$(PY) tools/check.py lint

units: ## unit tests
	@$(PY) tools/check.py units

integration: ## ansible-playbook against the simulator
	@$(PY) tools/check.py integration

doors: ## the integration tests through the fast door and the module door, and their results compared
	@$(PY) tools/check.py doors

operations: ## which operations of the four APIs the integration tests have shown on the wire: seen / listed
	@$(PY) tools/check.py integration operations

sanity: ## ansible-test sanity
	@$(PY) tools/check.py sanity

eda: ## the event source and its rulebook under ansible-rulebook, against the simulator
	@$(PY) tools/check.py eda

matrix: ## units and integration on each ansible-core from 2.17 to 2.21 whose Python is there
	@$(PY) tools/matrix.py

bench: ## what tasks and inventories cost, beside what ansible itself costs
	@$(PY) tools/bench.py

docs: ## write what the documentation takes from the providers' data
	@$(PY) tools/environments.py core
	@$(PY) tools/tree.py
	@PYTHONPATH=.cache/tree PYTHONDONTWRITEBYTECODE=1 .cache/venv/core/bin/python tools/generate_docs.py .

dist: ## build the collection from the last commit, install it elsewhere and look at it
	@$(PY) tools/dist.py

clean: ## remove everything that was made here
	@rm -rf .cache
