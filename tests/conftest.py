"""What every test may count on: the environment's programs are on the PATH, and where the repository lies."""

import os
import sys
from pathlib import Path

import pytest

# nbgrader calls alembic, and JupyterLab calls python, by name.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])


@pytest.fixture(scope="session")
def root():
    """The root of the repository."""
    return Path(__file__).resolve().parent.parent
