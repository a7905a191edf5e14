"""What a check says about the LSTM's way back: which gate, which of two functions, the step or the loop."""

import pytest
from notebooks import function

STEP = '''
def sigmoid(a):
    return 1 / (1 + np.exp(-a))

def lstm_step(x, h, c, W_x, W_h, b):
    i, f, g, o = np.split(x @ W_x + h @ W_h + b, 4, axis=1)
    i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
    c_next = f * c + i * g
    return o * np.tanh(c_next), c_next, (x, h, c, i, f, g, o, c_next, W_x, W_h)
'''
FORWARD = '''
def lstm_forward(x, h0, c0, W_x, W_h, b):
    h, c, caches = [h0], [c0], []
    for x_t in x:
        h_t, c_t, cache = lstm_step(x_t, h[-1], c[-1], W_x, W_h, b)
        h.append(h_t)
        c.append(c_t)
        caches.append(cache)
    return np.array(h[1:]), np.array(c[1:]), caches
'''
STEP_BACKWARD = '''
def lstm_step_backward(dh_next, dc_next, cache):
    x, h, c, i, f, g, o, c_next, W_x, W_h = cache
    dc_next = dc_next + dh_next * o * (1 - np.tanh(c_next) ** 2)
    da_i = dc_next * g * i * (1 - i)
    da_f = dc_next * c * f * (1 - f)
    da_g = dc_next * i * (1 - g ** 2)
    da_o = dh_next * np.tanh(c_next) * o * (1 - o)
    da = np.hstack([da_i, da_f, da_g, da_o])
    return da @ W_x.T, da @ W_h.T, dc_next * f, x.T @ da, h.T @ da, da.sum(axis=0)
'''
BACKWARD = '''
def lstm_backward(dh, dc_T, cache):
    dx, dh_next, dc_next, dW_x, dW_h, db = [], np.zeros_like(dc_T), dc_T, 0, 0, 0
    for dh_t, cache_t in zip(dh[::-1], cache[::-1]):
        dx_t, dh_next, dc_next, dW_x_t, dW_h_t, db_t = lstm_step_backward(dh_t + dh_next, dc_next, cache_t)
        dx, dW_x, dW_h, db = [dx_t, *dx], dW_x + dW_x_t, dW_h + dW_h_t, db + db_t
    return np.array(dx), dh_next, dc_next, dW_x, dW_h, db
'''
SHOWS_C = STEP.replace("o * np.tanh(c_next), c_next", "o * c_next, c_next")    # a wrong step with a right cache


def without(cell, right, wrong=""):
    """The cell with one edit."""
    assert cell.count(right) == 1
    return cell.replace(right, wrong)


# -- which gate

@pytest.mark.parametrize(("gate", "slope"), [("i", " * i * (1 - i)"), ("f", " * f * (1 - f)"), ("g", " * (1 - g ** 2)"),
                                             ("o", " * o * (1 - o)")])
def test_lost_slope_of_one_gate_is_found_in_its_block_and_called_by_its_name(gate, slope, ask):
    _, text = ask(function("lstm_step_backward", STEP, without(STEP_BACKWARD, slope)))
    for output in ("dW_x", "dW_h", "db"):
        assert f"wrong {output}: " in text
    assert text.count(f"only in the block of {gate}.") == 3
    missing = slope.removeprefix(" * ").strip("()").replace(" * (", " (").replace("g ** 2", "g^2")
    assert f"The slope {missing}" in text


@pytest.mark.parametrize(("gate", "right"), [("i", "dc_next * g"), ("f", "dc_next * c"), ("g", "dc_next * i"),
                                             ("o", "dh_next * np.tanh(c_next) *")])
def test_unknown_factor_in_one_gate_is_found_in_its_block_with_its_size(gate, right, ask):
    earned, text = ask(function("lstm_step_backward", STEP, without(STEP_BACKWARD, right, f"2.5 * {right}")))
    assert earned == pytest.approx(4 * 1 / 6 * 0.9, abs=0.01)
    assert text.count(f"only in the block of {gate} (it is 2.5 times what was expected).") == 3
    assert "known mistake" not in text


def test_blocks_in_an_unknown_order_are_said_to_hold_each_others_numbers(ask):
    mixed = without(STEP_BACKWARD, "[da_i, da_f, da_g, da_o]", "[da_g, da_f, da_i, da_o]")
    _, text = ask(function("lstm_step_backward", STEP, mixed))
    assert "only in the blocks of i (it holds what belongs to g), g (it holds what belongs to i)." in text


# -- which of the two

def test_wrong_step_does_not_cost_the_marks_of_a_right_way_back(ask):
    swapped = without(STEP, "np.tanh(g), sigmoid(o)\n", "sigmoid(g), np.tanh(o)\n")
    earned, text = ask(function("lstm_step_backward", swapped, STEP_BACKWARD))
    assert earned == 4
    assert "note Your lstm_step does not pass its own check, so this was judged on the cache of rnnkit's own." in text
    assert "What is wrong there: h_next: every entry wrong" in text


def test_wrong_step_with_a_right_cache_costs_nothing_and_needs_no_word(ask):
    earned, text = ask(function("lstm_step_backward", SHOWS_C, STEP_BACKWARD))
    assert earned == 4 and "note" not in text


def test_right_step_with_another_cache_is_told_so(ask):
    keeps_tanh = without(STEP, "g, o, c_next, W_x", "g, o, np.tanh(c_next), W_x")
    earned, text = ask(function("lstm_step_backward", keeps_tanh, STEP_BACKWARD))
    assert earned == 4
    assert "Your lstm_step is right, but its cache does not hold what your lstm_step_backward expects there" in text


def test_wrong_step_and_wrong_way_back_are_both_told(ask):
    swapped = without(STEP, "np.tanh(g), sigmoid(o)\n", "sigmoid(g), np.tanh(o)\n")
    _, text = ask(function("lstm_step_backward", swapped, without(STEP_BACKWARD, "dc_next * f,", "dc_next,")))
    assert "Your lstm_step does not pass its own check" in text
    assert "dc went past the forget gate as if it were open." in text


def test_way_back_that_follows_its_own_wrong_order_of_gates_is_sent_to_the_step(ask):
    order = ("i, f, g, o", "i, f, o, g")
    own = without(STEP.replace(*order), "np.tanh(g), sigmoid(o)", "sigmoid(o), np.tanh(g)")
    back = without(STEP_BACKWARD.replace(*order), "da_g, da_o]", "da_o, da_g]")
    earned, text = ask(function("lstm_step_backward", own, back))
    assert earned < 4
    assert "Your lstm_step does not pass its own check. Start there: h_next: every entry wrong" in text


def test_wrong_loop_forward_does_not_cost_the_marks_of_a_right_loop_back(ask):
    forgets = without(FORWARD, "h[-1], c[-1], W_x", "h[-1], c0, W_x")
    earned, text = ask(function("lstm_backward", STEP, forgets, STEP_BACKWARD, BACKWARD))
    assert earned == 4
    assert "Your lstm_forward does not pass its own check, so this was judged on the cache of rnnkit's own." in text


# -- the step or the loop

def test_wrong_loop_over_a_right_step_back_is_told_that_it_is_the_loop(ask):
    _, text = ask(function("lstm_backward", STEP, FORWARD, STEP_BACKWARD, without(BACKWARD, "dh_t + dh_next", "dh_t")))
    assert "What step t + 1 sent back along the hidden state never arrives" in text
    assert "Your lstm_step_backward passes its own check, so look at the loop around it." in text


def test_wrong_step_back_under_a_right_loop_is_where_to_start(ask):
    _, text = ask(function("lstm_backward", STEP, FORWARD, without(STEP_BACKWARD, " * f * (1 - f)"), BACKWARD))
    assert "Your lstm_step_backward does not pass its own check. Start there: " in text
    assert "The slope f (1 - f) is missing from the forget gate" in text


def test_all_four_right_functions_earn_everything_without_a_word(ask):
    for name in ("lstm_step", "lstm_forward", "lstm_step_backward", "lstm_backward"):
        earned, text = ask(function(name, STEP, FORWARD, STEP_BACKWARD, BACKWARD))
        assert earned == 4 and "note" not in text


# -- the bias

def test_bias_that_is_set_in_the_callers_own_array_costs_a_little(ask):
    earned, text = ask(function("forget_bias", '''
def forget_bias(b, value):
    b[len(b) // 4:len(b) // 2] = value
    return b
'''))
    assert earned == pytest.approx(3.6)
    assert "It changes its input b in place." in text


def test_one_in_place_of_the_value_is_found_in_the_forget_gates_block(ask):
    _, text = ask(function("forget_bias", '''
def forget_bias(b, value):
    H = len(b) // 4
    return np.concatenate([b[:H], np.ones(H), b[2 * H:]])
'''))
    assert "only in the block of f (it is" in text
