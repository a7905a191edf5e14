"""The versions: one list, and the environments of make, conda and Binder follow it."""

import ast
import os
import platform
import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, packages_distributions, version

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from rattler import MatchSpec, PackageRecord
from rattler.package import BuildString

from rnnkit.optional import INSTALL


@pytest.fixture(scope="module")
def pins(root):
    """Package name -> the version that constraints.txt allows."""
    lines = (root / "constraints.txt").read_text().splitlines()
    lines = [line for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in lines), "only name==version, one a line"
    return {canonicalize_name(name): pin for name, pin in (line.split("==") for line in lines)}


@pytest.fixture(scope="module")
def wanted(root):
    """Group -> the packages that pyproject.toml asks for by name."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    groups = {"rnnkit": project["dependencies"], **project["optional-dependencies"]}
    named = {group: [Requirement(line) for line in lines] for group, lines in groups.items()}

    def packages(group):
        return set().union(*(set().union(*map(packages, one.extras)) if one.name == project["name"]
                             else {canonicalize_name(one.name)} for one in named[group]))

    return {group: packages(group) for group in groups}


@pytest.fixture(scope="module")
def environment(root):
    """The conda part of environment.yml, as a list, and its pip part, as name -> requirement."""
    dependencies = yaml.safe_load((root / "environment.yml").read_text())["dependencies"]
    (pip,) = [entry["pip"] for entry in dependencies if isinstance(entry, dict)]
    requirements = {canonicalize_name(Requirement(line).name): Requirement(line) for line in pip}
    return [entry for entry in dependencies if isinstance(entry, str)], requirements


def imported(root, *places):
    """The packages that the files in these places import, each with the first of its files."""
    owners, found = packages_distributions(), {}
    ours = {"autograder", "rnnkit", *(path.stem for path in (root / "tests").rglob("*.py") if "tests" in places)}
    for path in (path for place in places for path in [root / place, *(root / place).rglob("*.py")] if path.is_file()):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = ([alias.name for alias in node.names] if isinstance(node, ast.Import)
                       else [node.module] if isinstance(node, ast.ImportFrom) and not node.level else [])
            for module in {module.split(".")[0] for module in modules} - sys.stdlib_module_names - ours:
                [owner] = set(owners.get(module, [f"{module}, which is not installed"]))
                found.setdefault(canonicalize_name(owner), path.relative_to(root))
    return found


@pytest.mark.parametrize(("places", "groups"), [
    (["rnnkit", "solutions"], ["rnnkit", "lessons"]),
    (["autograder", "nbgrader_config.py"], ["rnnkit", "grader"]),
    (["tests"], ["rnnkit", "lab", "test"]),
])
def test_whatever_is_imported_is_asked_for_by_name(root, wanted, places, groups):
    asked = set().union(*(wanted[group] for group in groups))
    assert {name: path for name, path in imported(root, *places).items() if name not in asked} == {}


def test_students_need_no_grader_and_the_lab_is_both(wanted):
    assert not {"nbgrader", "nh3", "sqlalchemy"} & wanted["lessons"]
    assert wanted["lab"] == wanted["lessons"] | wanted["grader"]


def test_every_package_asked_for_has_a_pin(pins, wanted):
    assert set().union(*wanted.values()) <= set(pins)


def test_what_is_installed_is_what_is_pinned(pins):
    def installed(name):
        try:
            return Version(version(name)).public
        except PackageNotFoundError:
            return "missing"

    assert {name: installed(name) for name in pins} == pins


def test_nothing_is_installed_that_no_pin_covers(pins):
    freeze = subprocess.run([sys.executable, "-m", "pip", "freeze", "--all", "--exclude-editable"],
                            capture_output=True, text=True, check=True).stdout
    assert {canonicalize_name(re.split("[ =@]", line)[0]) for line in freeze.splitlines()} <= {"pip", *pins}


def test_a_lesson_that_lacks_a_package_asks_for_the_pinned_version(pins):
    for package, requirement in INSTALL.items():
        assert requirement == f"{package}=={pins[package]}"


def test_conda_gets_exactly_python_3_11(environment):
    conda, _ = environment
    assert "python=3.11" in conda


def test_conda_specs_parse_strictly_and_accept_what_is_installed(environment):
    conda, _ = environment
    specs = {spec.name.normalized: spec for spec in (MatchSpec(line, strict=True) for line in conda)}
    here = {"python": platform.python_version(), "pip": version("pip"),
            "pytorch-cpu": Version(version("torch")).public}
    assert set(specs) == set(here)
    for name, spec in specs.items():
        assert matches(spec, name, here[name]), f"{spec}: {here[name]}"


def matches(spec, name, release):
    return spec.matches(PackageRecord(name, release, BuildString("0"), 0, "linux-64"))


def test_conda_may_choose_among_releases_of_pytorch_and_is_told_which_one_was_tested(root, environment, pins):
    conda, _ = environment
    spec = next(MatchSpec(line, strict=True) for line in conda if line.startswith("pytorch-cpu"))
    accepted = [release for release in ("1.13.1", "2.3.1", "2.4.0", "2.5.1", "2.7.1", "2.13.0", "2.14.0", "3.0.0")
                if matches(spec, "pytorch-cpu", release)]
    assert accepted == ["2.4.0", "2.5.1", "2.7.1", "2.13.0", "2.14.0"]
    tested = re.search(r"pytorch-cpu.*# tested with ([\d.]+)", (root / "environment.yml").read_text())[1]
    assert pins["torch"].startswith(f"{tested}.")


def test_binder_installs_what_the_lessons_need_at_the_pinned_versions(environment, wanted, pins):
    _, pip = environment
    assert set(pip) == wanted["rnnkit"] | wanted["lab"] - {"torch"}
    for name, requirement in pip.items():
        assert str(requirement.specifier) == f"=={pins[name]}"
        assert version(name) in requirement.specifier


def test_repo2docker_makes_a_dockerfile_of_the_root_files(root):
    told = subprocess.run(["jupyter-repo2docker", "--no-build", "--debug", "."], cwd=root,
                          capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert told.returncode == 0, told.stderr
    assert "environment for python=3.11" in told.stderr
    dockerfile = told.stdout
    assert "src/environment.yml" in dockerfile, "the environment is installed before the repository is copied"
    assert "RUN ./postBuild" in dockerfile
    assert 'R2D_ENTRYPOINT="${REPO_DIR}/start"' in dockerfile


def test_post_build_stops_at_the_first_error(root):
    assert os.access(root / "postBuild", os.X_OK)
    assert "set -e" in (root / "postBuild").read_text().splitlines()


def test_start_sets_one_thread_and_the_students_jupyterlab(root):
    told = subprocess.run([root / "start", "env"], env={"PATH": os.environ["PATH"]}, cwd="/",
                          capture_output=True, text=True, check=True).stdout.splitlines()
    assert "OMP_NUM_THREADS=1" in told
    assert f"JUPYTER_CONFIG_PATH={root}/jupyter/student:{root}/jupyter" in told


def test_start_hands_over_to_the_command(root):
    assert subprocess.run([root / "start", "sh", "-c", "exit 3"]).returncode == 3
