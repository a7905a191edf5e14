"""What a check says about the GRU: which gate, which of two functions, the step or the loop; and about numbers."""

import pytest
from notebooks import function

STEP = '''
def sigmoid(a):
    return 1 / (1 + np.exp(-a))

def gru_step(x, h, W_x, W_h, b_x, b_h):
    a_r, a_z, a_n = np.split(x @ W_x + b_x, 3, axis=1)
    u_r, u_z, u_n = np.split(h @ W_h + b_h, 3, axis=1)
    r, z = sigmoid(a_r + u_r), sigmoid(a_z + u_z)
    n = np.tanh(a_n + r * u_n)
    return (1 - z) * n + z * h, (x, h, r, z, n, u_n, W_x, W_h)
'''
FORWARD = '''
def gru_forward(x, h0, W_x, W_h, b_x, b_h):
    h, caches = [h0], []
    for x_t in x:
        h_t, cache = gru_step(x_t, h[-1], W_x, W_h, b_x, b_h)
        h.append(h_t)
        caches.append(cache)
    return np.array(h[1:]), caches
'''
STEP_BACKWARD = '''
def gru_step_backward(dh_next, cache):
    x, h, r, z, n, u_n, W_x, W_h = cache
    da_z = dh_next * (h - n) * z * (1 - z)
    da_n = dh_next * (1 - z) * (1 - n ** 2)
    da_r = da_n * u_n * r * (1 - r)
    da, du = np.hstack([da_r, da_z, da_n]), np.hstack([da_r, da_z, r * da_n])
    return da @ W_x.T, du @ W_h.T + dh_next * z, x.T @ da, h.T @ du, da.sum(axis=0), du.sum(axis=0)
'''
BACKWARD = '''
def gru_backward(dh, cache):
    dx, dh_next, parts = [], np.zeros_like(dh[0]), [0, 0, 0, 0]
    for dh_t, cache_t in zip(dh[::-1], cache[::-1]):
        dx_t, dh_next, *new = gru_step_backward(dh_t + dh_next, cache_t)
        dx, parts = [dx_t, *dx], [old + part for old, part in zip(parts, new)]
    return np.array(dx), dh_next, *parts
'''
RESETS_TWICE = STEP.replace("r * u_n)", "r * r * u_n)")
FLIPPED = STEP.replace("(1 - z) * n + z * h", "z * n + (1 - z) * h")


def without(cell, right, wrong=""):
    """The cell with one edit."""
    assert cell.count(right) == 1
    return cell.replace(right, wrong)


@pytest.mark.parametrize(("gate", "slope"), [("r", " * r * (1 - r)"), ("z", " * z * (1 - z)")])
def test_lost_slope_of_one_gate_is_found_in_its_block_and_called_by_its_name(gate, slope, ask):
    _, text = ask(function("gru_step_backward", STEP, without(STEP_BACKWARD, slope)))
    for output in ("dW_x", "dW_h", "db_x", "db_h"):
        row = next(row for row in text.split("wrong ")[1:] if output in row.split(":")[0].split(", "))
        assert f"only in the block of {gate}." in row
    assert f"The slope {gate} (1 - {gate}) is missing from the {'reset' if gate == 'r' else 'update'} gate" in text


def test_reset_gate_in_the_wrong_bias_shows_in_the_block_of_the_candidate_alone(ask):
    _, text = ask(function("gru_step_backward", STEP, without(STEP_BACKWARD, "du.sum(axis=0)", "da.sum(axis=0)")))
    assert "db_h: " in text and "only in the block of n." in text
    assert "db_h is a copy of db_x." in text and "dx, dh, dW_x, dW_h, db_x: right" in text


def test_mistake_that_nobody_knew_names_its_gate(ask):
    _, text = ask(function("gru_step_backward", STEP, without(STEP_BACKWARD, "r * (1 - r)", "r ** 2 * (1 - r) ** 2")))
    assert "only in the block of r." in text and "known mistake" not in text


def test_wrong_step_does_not_cost_the_marks_of_a_right_way_back(ask):
    earned, text = ask(function("gru_step_backward", RESETS_TWICE, STEP_BACKWARD))
    assert earned == 4
    assert "Your gru_step does not pass its own check, so this was judged on the cache of rnnkit's own." in text


def test_wrong_step_under_the_lessons_own_loop_does_not_cost_the_marks_of_a_right_loop_back(ask):
    earned, text = ask(function("gru_backward", FLIPPED, FORWARD, STEP_BACKWARD, BACKWARD))
    assert earned == 4
    assert "Your gru_step does not pass its own check, so this was judged on the cache of rnnkit's own." in text
    assert "z and 1 - z are exchanged" in text


def test_without_a_step_the_loop_back_is_judged_all_the_same(ask):
    earned, text = ask(function("gru_backward", STEP_BACKWARD, BACKWARD))
    assert earned == 4
    assert "You have no gru_step here, so this was judged on what rnnkit's own keeps in its cache." in text


def test_nothing_written_is_said_of_the_function_that_is_checked(ask):
    stubs = ["def gru_step(*given):\n    raise NotImplementedError",
             "def gru_step_backward(dh_next, cache):\n    raise NotImplementedError"]
    earned, text = ask(function("gru_step_backward", *stubs))
    assert earned == 0 and "to do gru_step_backward is not written yet" in text and "gru_step " not in text


def test_wrong_way_back_without_a_step_is_told_what_is_wrong_with_it(ask):
    _, text = ask(function("gru_step_backward", without(STEP_BACKWARD, "x.T @ da", "x.T @ (3 * da)")))
    assert "dW_x: every entry wrong" in text and "You have no gru_step here" in text


def test_wrong_loop_over_a_right_step_back_is_told_that_it_is_the_loop(ask):
    _, text = ask(function("gru_backward", STEP, FORWARD, STEP_BACKWARD, without(BACKWARD, "dh_t + dh_next", "dh_t")))
    assert "What step t + 1 sent back never arrives" in text
    assert "Your gru_step_backward passes its own check, so look at the loop around it." in text


def test_wrong_step_back_under_a_right_loop_is_where_to_start(ask):
    _, text = ask(function("gru_backward", STEP, FORWARD, without(STEP_BACKWARD, " + dh_next * z"), BACKWARD))
    assert "Your gru_step_backward does not pass its own check. Start there: " in text
    assert "The direct route is missing from dh" in text


def test_all_right_functions_earn_everything_without_a_word(ask):
    for name in ("gru_step", "gru_step_backward", "gru_backward"):
        earned, text = ask(function(name, STEP, FORWARD, STEP_BACKWARD, BACKWARD))
        assert earned == 4 and "note" not in text


# -- numbers

COUNT = """
def parameter_count(D, H):
    block = H * (D + H + 1)
    return block, 4 * block, 3 * block + 3 * H, 3 * block
"""


def test_numbers_are_called_numbers_and_earn_everything(ask):
    earned, text = ask(function("parameter_count", COUNT))
    assert earned == 4 and "written, 4 numbers" in text and "shape" not in text


def test_wrong_number_is_told_apart_from_the_right_ones_and_by_how_much(ask):
    earned, text = ask(function("parameter_count", without(COUNT, "3 * block + 3 * H", "3 * block + 3")))
    assert earned == 3 and "rnn, lstm, gru_before: right" in text
    assert "gru: wrong by" in text and "every entry" not in text


def test_array_for_a_number_is_refused_in_words(ask):
    _, text = ask(function("parameter_count", without(COUNT, "4 * block,", "[block] * 4,")))
    assert "lstm has shape (4,); expected one number." in text
