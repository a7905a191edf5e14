"""What every test may count on: the environment's programs are on the PATH, and where the repository lies."""

import os
import sys
from collections import Counter
from pathlib import Path

import pytest

# nbgrader calls alembic, and JupyterLab calls python, by name.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Of the cases of a test that is `sampled(n)`, every n-th runs with `make test`, and the others are `thorough`."""
    met = Counter()
    for item in items:
        if mark := item.get_closest_marker("sampled"):
            name = item.nodeid.split("[")[0]
            if met[name] % mark.args[0]:
                item.add_marker("thorough")
            met[name] += 1


@pytest.fixture(scope="session")
def root():
    """The root of the repository."""
    return Path(__file__).resolve().parent.parent
