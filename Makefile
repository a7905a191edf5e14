# make lab and make test do everything; make help lists the rest.
PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3)
BIN := .venv/bin
READY := .venv/ready
LESSONS := $(patsubst solutions/%.py,lessons/%.ipynb,$(wildcard solutions/*/*.py))
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)

.PHONY: help lab formgrader test build bench screenshots clean

help:  ## show this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 20

lab: $(READY) $(LESSONS)  ## open the lessons in JupyterLab, as a student sees them
	$(JUPYTER_LAB)

formgrader: $(READY) $(LESSONS)  ## open JupyterLab with the instructor's views
	$(JUPYTER_LAB)

test: $(READY)  ## run every test
	$(BIN)/pytest -n 2

build: $(READY)  ## write lessons/ anew from solutions/
	$(BIN)/python -m autograder build

bench: $(READY)  ## measure size and speed
	$(BIN)/python -m rnnkit.bench

screenshots: $(READY)  ## take the pictures in docs/ anew
	SCREENSHOTS=docs $(BIN)/pytest tests/browser

clean:  ## remove the environment; lessons and student data stay
	rm -rf .venv

# Jupyter's settings: those of the house, and for the student those that hide the instructor's menus.
lab formgrader: export PATH := $(CURDIR)/$(BIN):$(PATH)
lab: export JUPYTER_CONFIG_PATH := $(CURDIR)/jupyter/student:$(CURDIR)/jupyter
formgrader: export JUPYTER_CONFIG_PATH := $(CURDIR)/jupyter
JUPYTER_LAB = $(BIN)/jupyter lab $(AS_ROOT) $(ARGS)

# A lesson that is missing is built; one that is there may hold a student's answers and stays.
$(LESSONS): | $(READY)
	$(BIN)/python -m autograder build

# The stamp is written last, so that an environment left half made is made anew.
$(READY): constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys, venv, ensurepip; assert sys.version_info >= (3, 11)' 2>/dev/null || { \
	  echo "Expected Python 3.11 or newer with its venv module, but $(PYTHON) is not that."; \
	  echo "On Debian or Ubuntu: apt install python3.11 python3.11-venv"; \
	  echo "Elsewhere: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11"; exit 1; }
	test -e $@ || $(PYTHON) -m venv --clear .venv
	rm -f $@
	$(BIN)/pip install -c constraints.txt torch  # first and by itself, so that nothing else chooses its build
	$(BIN)/pip install -c constraints.txt -e '.[lab,test]'
	touch $@
