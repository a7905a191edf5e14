"""What only the fast passes have: stretches, groups of columns, and a cache of their own. `test_cells` has the rest."""

import numpy as np
import pytest
from cells import CELLS, FAST, assert_equal
from hypothesis import given
from hypothesis import strategies as st

from rnnkit import relative_error
from rnnkit.fast import blocks

every_cell = pytest.mark.parametrize(("plain", "fast"), list(zip(CELLS, FAST, strict=True)),
                                     ids=lambda cell: cell.label)


def both_passes(cell, x, states, parameters, upstream):
    *after, cache = cell.function("forward")(x, *states, *parameters)
    return [*after, *cell.function("backward")(*upstream, cache)]


@every_cell
@pytest.mark.parametrize("sizes", [(4, 3, 5, 64), (5, 8, 7, 128), (3, 1, 2, 192), (2, 130, 3, 128)], ids=str)
def test_products_in_groups_of_columns_are_the_products(plain, fast, sizes):
    case = plain.draw(*sizes)
    grouped = blocks.Product(case[2][1][None, :, :sizes[-1]], sizes[1])
    assert len(grouped.groups[0]) == (1 if sizes[1] == 130 else sizes[-1] // 64)
    assert_equal(both_passes(fast, *case), both_passes(plain, *case))


@every_cell
@given(st.integers(1, 9), st.integers(1, 500))
def test_stretches_of_any_length_give_the_same_gradients(plain, fast, T, numbers):
    case = plain.draw(T, 2, 3, 5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "STRETCH", numbers)
        assert_equal(both_passes(fast, *case), both_passes(plain, *case))


@every_cell
def test_a_backward_pass_can_be_run_twice(plain, fast):
    x, states, parameters, upstream = fast.draw(6, 3, 4, 5)
    *_, cache = fast.function("forward")(x, *states, *parameters)
    once, again = (fast.function("backward")(*upstream, cache) for _ in range(2))
    assert all(np.array_equal(*pair) for pair in zip(once, again, strict=True))


@every_cell
def test_nothing_that_was_given_is_changed(plain, fast):
    case = x, states, parameters, upstream = fast.draw(6, 3, 4, 5)
    given_ = [array for group in ([x], states, parameters, upstream) for array in group]
    before = [array.copy() for array in given_]
    both_passes(fast, *case)
    assert all(np.array_equal(*pair) for pair in zip(given_, before, strict=True))


@every_cell
def test_single_precision_stays_single_and_is_as_close_to_double_as_the_plain_passes_are(plain, fast):
    x, states, parameters, upstream = plain.draw(10, 4, 5, 16)
    single = [[array.astype(np.float32) for array in arrays] for arrays in ([x], states, parameters, upstream)]
    exact = both_passes(plain, x, states, parameters, upstream)
    found, expected = (both_passes(cell, single[0][0], *single[1:]) for cell in (fast, plain))
    for mine, theirs, right in zip(found, expected, exact, strict=True):
        assert mine.dtype == np.float32
        assert relative_error(mine, right) <= 4 * relative_error(theirs, right) + 1e-6


@every_cell
def test_an_upstream_gradient_of_another_shape_is_refused(plain, fast):
    x, states, parameters, (dh, *dc_T) = fast.draw(6, 3, 4, 5)
    *_, cache = fast.function("forward")(x, *states, *parameters)
    with pytest.raises(ValueError, match=r"backward: .* has shape .* should be"):
        fast.function("backward")(dh[:5], *dc_T, cache)
    with pytest.raises(ValueError, match="forward: h0 has shape"):
        fast.function("forward")(x, *(state[:2] for state in states), *parameters)


@every_cell
def test_they_bear_the_names_of_the_plain_passes(plain, fast):
    for part in ("forward", "backward"):
        assert fast.function(part).__name__ == plain.function(part).__name__
