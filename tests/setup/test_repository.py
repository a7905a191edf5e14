"""What is committed: clean code, nobody's data, nothing that holds on one machine only."""

import json
import re
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pytest


def git(root, *arguments):
    return subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True)


@pytest.fixture
def in_git(root):
    if git(root, "rev-parse").returncode:
        pytest.skip("not a git checkout")


def test_ruff_finds_nothing(root):
    told = subprocess.run(["ruff", "check", "--output-format=concise"], cwd=root,
                          capture_output=True, text=True)
    assert told.returncode == 0, told.stdout


@pytest.mark.parametrize("path", ["course/gradebook.db", "course/submitted/ada/02/02.ipynb", ".venv/ready"])
def test_git_ignores_student_data_and_the_environment(root, in_git, path):
    assert git(root, "check-ignore", path).returncode == 0


@pytest.mark.parametrize("pattern", ["/(work|root|home)/[a-z]", "file:/{2}", "index-ur[l]", "pypi[.]or[g]"])
def test_no_committed_file_names_a_place_on_one_machine_or_a_registry(root, in_git, pattern):
    assert git(root, "grep", "-nE", pattern, "--", ":!tests/setup").stdout == ""


def test_the_menus_hidden_from_students_are_those_that_nbgrader_has(root):
    settings = json.loads((root / "jupyter/student/labconfig/page_config.json").read_text())
    told = subprocess.run(["jupyter", "labextension", "list", "--verbose"], capture_output=True, text=True)
    folder = re.search(r"^(\S+labextensions)$", told.stdout + told.stderr, re.MULTILINE)[1]
    scripts = Path(folder, "@jupyter/nbgrader/static").glob("*.js")
    plugins = set(re.findall("@jupyter/nbgrader:[a-z-]+", "".join(script.read_text() for script in scripts)))
    assert set(settings["disabledExtensions"]) == plugins - {"@jupyter/nbgrader:validate-assignment"}


def test_the_readmes_pictures_are_there_small_and_described(root):
    pictures = re.findall(r"!\[([^]]*)\]\((docs/[^)]*)\)", (root / "README.md").read_text())
    assert {path for _, path in pictures} == {"docs/cell.svg", "docs/check.png"}
    for words, path in pictures:
        assert len(words.split()) > 10
        assert (root / path).stat().st_size < 300_000


def test_binder_opens_the_page_that_make_lab_opens(root):
    badge = re.search(r"\?urlpath=(\S+)\)", (root / "README.md").read_text())[1]
    page = re.search(r"^lab: PAGE := (\S+)$", (root / "Makefile").read_text(), re.MULTILINE)[1]
    assert "/" + unquote(badge) == page
