"""A few kills of the twenty that `make faults` makes."""

import random

import faults
import pytest


@pytest.mark.thorough
@pytest.mark.usefixtures("safe")
def test_a_killed_run_is_completed_by_the_next_one_with_the_same_marks(tmp_path):
    seed = random.SystemRandom().randrange(10 ** 6)
    print("seed", seed)  # for `make faults SEED=...`
    assert len(faults.trials(tmp_path, 3, 8, seed)) == 3
