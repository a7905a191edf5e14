"""The Makefile, run on a copy of its own inputs with a Python that only pretends."""

import os
import re
import shutil
import subprocess

import pytest

PRETEND = """#!/bin/sh
case "$*" in
  "-m venv --clear .venv")
    rm -rf .venv; mkdir -p .venv/bin; cp "$0".pip .venv/bin/pip; cp /bin/true .venv/bin/pytest ;;
esac
"""


@pytest.fixture
def house(root, tmp_path):
    """A copy of what make reads, and make itself, called with the pretending Python."""
    for name in ("Makefile", "constraints.txt", "pyproject.toml"):
        shutil.copy(root / name, tmp_path)
    python = tmp_path / "python"
    python.write_text(PRETEND)
    python.chmod(0o755)
    pip_that("exit 0", tmp_path)

    def make(*arguments, python=python):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        return subprocess.run(["make", *arguments, f"PYTHON={python}"], cwd=tmp_path, env=environment,
                              capture_output=True, text=True, stdin=subprocess.DEVNULL)

    return tmp_path, make


def pip_that(does, folder):
    pip = folder / "python.pip"
    pip.write_text(f"#!/bin/sh\n{does}\n")
    pip.chmod(0o755)


def test_a_second_run_installs_nothing(house):
    _, make = house
    first, second = make("test"), make("test")
    assert (first.returncode, second.returncode) == (0, 0)
    assert "pip install" in first.stdout
    assert "pip install" not in second.stdout


def test_an_interrupted_first_run_is_begun_anew(house):
    folder, make = house
    pip_that('case "$*" in *torch*) touch .venv/half; exit 0;; *) exit 1;; esac', folder)
    assert make("test").returncode != 0
    assert (folder / ".venv/half").exists()
    pip_that("exit 0", folder)
    assert make("test").returncode == 0
    assert not (folder / ".venv/half").exists()


def test_an_interrupted_update_is_begun_anew(house):
    folder, make = house
    make("test")
    os.utime(folder / ".venv/ready", (0, 0))
    pip = folder / ".venv/bin/pip"
    pip.write_text("#!/bin/sh\nexit 1\n")
    assert make("test").returncode != 0
    assert "venv --clear" in make("test").stdout


def test_new_pins_update_the_environment_in_place(house):
    folder, make = house
    make("test")
    (folder / ".venv/kept").touch()
    os.utime(folder / ".venv/ready", (0, 0))
    assert "pip install" in make("test").stdout
    assert (folder / ".venv/kept").exists()


def test_torch_is_installed_first_and_by_itself(house):
    _, make = house
    installs = re.findall(r"pip install -c constraints.txt (\S+)", make("test").stdout)
    assert installs == ["torch", "-e"]


def test_a_missing_python_is_explained_and_leaves_nothing_behind(house):
    folder, make = house
    told = make("test", python="/bin/false")
    assert told.returncode != 0
    assert "Python 3.11 or newer with its venv module" in told.stdout
    assert "PYTHON=" in told.stdout
    assert not (folder / ".venv").exists()


def test_make_lab_builds_the_lesson_that_is_missing_and_leaves_the_one_that_is_there(house):
    folder, make = house
    make("test")
    for name in ("01_there", "02_missing"):
        (folder / "solutions" / name).mkdir(parents=True)
        (folder / "solutions" / name / f"{name}.py").touch()
    there = folder / "lessons/01_there/01_there.ipynb"
    there.parent.mkdir(parents=True)
    there.write_text("a student's answers")
    os.utime(there, (0, 0))
    assert re.findall(r"autograder build (\S+)", make("-n", "lab").stdout) == ["02_missing"]


def test_make_formgrader_builds_what_is_missing_and_nothing_else(house):
    _, make = house
    make("test")
    assert re.findall(r"autograder (build.*)", make("-n", "formgrader").stdout) == ["build --missing"]


def test_make_help_lists_every_target(house):
    folder, make = house
    targets = re.search(r"^\.PHONY: (.*)$", (folder / "Makefile").read_text(), re.MULTILINE)[1].split()
    assert re.findall(r"^  make (\w+)", make("help").stdout, re.MULTILINE) == targets
