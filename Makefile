# make lab and make test do everything; make help lists the rest.
PYTHON := $(or $(PYTHON),$(shell command -v python3.11 || command -v python3),python3)
BIN := .venv/bin
READY := .venv/ready
COURSE := $(or $(RNNKIT_COURSE),course)
LESSONS := $(patsubst solutions/%.py,lessons/%.ipynb,$(wildcard solutions/*/*.py))
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help lab formgrader test thorough build bench class mutants diagnose faults attacks screenshots clean

help:  ## show this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 20

lab: $(READY) $(LESSONS)  ## open the lessons in JupyterLab, as a student sees them
	$(JUPYTER)

formgrader: $(READY)  ## open the instructor's view: nbgrader's Formgrader, and JupyterLab with its menus at /lab
	$(BIN)/python -m autograder build --missing
	umask $$(test -g "$(COURSE)" && echo 007 || echo 077); $(JUPYTER)

test: $(READY)  ## run every test
	$(BIN)/pytest -n 2 --dist loadfile

thorough: $(READY)  ## run what make test leaves out: all cases of what it samples, and what takes long
	$(BIN)/pytest -n 2 --dist load -m thorough

build: $(READY)  ## write lessons/ anew from solutions/, but for those that somebody wrote in
	$(BIN)/python -m autograder build

bench: $(READY)  ## measure size and speed: the cells' against PyTorch's, the autograder's against stock nbgrader's
	$(BIN)/python tests/bench.py
	$(BIN)/python tests/rnnkit/bench.py
	$(BIN)/python tests/autograder/bench.py

class: $(READY)  ## grade a class of 1,000 and tell how long it took
	$(BIN)/python tests/autograder/bench.py class

mutants: $(READY)  ## change the reference solutions mechanically; every slip has to fail its check
	$(BIN)/python tests/mutants.py

diagnose: $(READY)  ## count what the checks say to answers whose mistakes are known: named, placed, nothing, false
	$(BIN)/python tests/diagnose.py

faults: $(READY)  ## kill the autograder at twenty random moments; the next run has to complete the class
	$(BIN)/python tests/autograder/faults.py $(SEED)

attacks: $(READY)  ## hand in every attack there is, as root and as an ordinary user, and print what each earned
	$(BIN)/python -B tests/attacks/contest.py

screenshots: $(READY)  ## take the pictures in docs/ anew
	SCREENSHOTS=docs $(BIN)/pytest tests/browser tests/rnnkit/test_figures_drawn.py

clean:  ## remove the environment; lessons and student data stay
	rm -rf .venv

# "/" leads to the page that opens. It is set here and not as LabApp.default_url, because the address that
# Jupyter prints would not work: it puts "?token=" behind a default URL that has a "?" already.
JUPYTER = $(BIN)/jupyter lab --LabApp.default_url=/ --ServerApp.tornado_settings="{'default_url': '$(PAGE)'}" \
  --ServerApp.root_dir="$(or $(ROOT),.)" $(if $(filter 0,$(shell id -u)),--allow-root) $(JUPYTER_ARGS)
lab: PAGE := /lab/tree/lessons/00_start_here/00_start_here.ipynb?file-browser-path=/lessons
lab: export JUPYTER_CONFIG_PATH := $(CURDIR)/jupyter/student:$(CURDIR)/jupyter
formgrader: PAGE := /formgrader
formgrader: ROOT := $(RNNKIT_COURSE)
formgrader: export JUPYTER_CONFIG_PATH := $(CURDIR)/jupyter

# A lesson that is missing is built. One that is there may hold a student's answers, and stays.
$(LESSONS): lessons/%.ipynb: | $(READY)
	$(BIN)/python -m autograder build $(*D) --missing

# The stamp is written last, so that an environment left half made is made anew.
$(READY): constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys, venv, ensurepip; assert sys.version_info >= (3, 11)' 2>/dev/null || { \
	  echo 'Expected Python 3.11 or newer with its venv module; "$(PYTHON)" is not that.'; \
	  echo 'Debian, Ubuntu: apt install python3.11-venv. Elsewhere: make $(MAKECMDGOALS) PYTHON=path/to/python3.11'; exit 1; }
	test -e $@ || $(PYTHON) -m venv --clear .venv
	rm -f $@
	$(BIN)/pip install -c constraints.txt torch  # first and by itself, so that nothing else chooses its build
	$(BIN)/pip install -c constraints.txt -e '.[lab,test]'
	touch $@
