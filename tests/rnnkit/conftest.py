"""Hypothesis without a stopwatch, since a slow example is not a wrong one; and what tests of a check share."""

import sys
from pathlib import Path

import pytest
from hypothesis import settings

from rnnkit import check

settings.register_profile("rnnkit", deadline=None, database=None, max_examples=50)
settings.load_profile("rnnkit")

sys.path.insert(0, str(Path(__file__).parent))      # for `from notebooks import ...`


@pytest.fixture
def ask(capfd):
    """Check a function, and return the points and what was said, on one line.

    Whatever is checked: the points are a plain float within range, and nothing reaches stderr.
    """
    def run(function, points=4):
        capfd.readouterr()
        earned = check(function, points=points)
        out, err = capfd.readouterr()
        assert err == ""
        assert type(earned) is float and 0 <= earned <= points
        return earned, " ".join(out.split())

    return run
