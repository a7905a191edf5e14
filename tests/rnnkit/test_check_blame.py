"""Which function is to blame, where several play together, and what is no exercise's function."""

from types import FunctionType

import numpy as np
import pytest
from notebooks import BACKWARD, FORWARD, STEP, STEP_BACKWARD, function, notebook, step

import rnnkit
from rnnkit import check, yours
from rnnkit.exercises import EXERCISES

# -- which function is to blame

def test_wrong_forward_does_not_cost_the_marks_of_a_right_backward(ask):
    earned, text = ask(function("rnn_step_backward", step("np.tanh(x @ W_x + h @ W_h)"), STEP_BACKWARD))
    assert earned == 4
    assert "note Your rnn_step does not pass its own check, so this was judged on the cache of rnnkit's own." in text
    assert "What is wrong there: h_next: every entry wrong" in text and "The bias b was left out" in text


def test_right_forward_with_the_wrong_cache_is_told_so(ask):
    saves_a = STEP.replace("(x, h, h_next", "(x, x @ W_x + h @ W_h + b, h_next")
    earned, text = ask(function("rnn_step_backward", saves_a, STEP_BACKWARD))
    assert earned == 4
    assert "Your rnn_step is right, but its cache does not hold what your rnn_step_backward expects there" in text
    assert "With yours: dW_h: every entry wrong" in text


def test_wrong_forward_and_wrong_backward_are_both_told(ask):
    no_slope = STEP_BACKWARD.replace("dh_next * (1 - h_next ** 2)", "dh_next")
    earned, text = ask(function("rnn_step_backward", step("np.tanh(x @ W_x + h @ W_h)"), no_slope))
    assert earned == 0
    assert "Your rnn_step does not pass its own check" in text
    assert "The gradient went past the tanh as if it were not there." in text


def test_wrong_forward_with_a_cache_of_its_own_is_where_to_start(ask):
    own = step("np.tanh(x @ W_x + h @ W_h)").replace("(x, h, h_next, W_x, W_h)",
                                                     "dict(x=x, h=h, y=h_next, U=W_x, W=W_h)")
    back = STEP_BACKWARD.replace("= cache", "= (cache[name] for name in 'xhyUW')")
    earned, text = ask(function("rnn_step_backward", own, back))
    assert earned == 0
    assert "Your rnn_step does not pass its own check. Start there: h_next: every entry wrong" in text


def test_backward_without_any_forward_in_the_notebook_is_judged_on_ours(ask):
    earned, text = ask(function("rnn_step_backward", STEP_BACKWARD))
    assert earned == 4
    assert "You have no rnn_step here, so this was judged on what rnnkit's own keeps in its cache." in text


def test_right_step_under_a_wrong_loop_is_told_that_it_is_the_loop(ask):
    earned, text = ask(function("rnn_forward", STEP, FORWARD.replace("h[-1], W_x", "h0 + h[-1], W_x")))
    assert earned == 0
    assert "Your rnn_step passes its own check, so look at the loop around it." in text


def test_wrong_step_under_a_loop_is_where_to_start(ask):
    earned, text = ask(function("rnn_forward", step("np.tanh(x @ W_x + h @ W_h)"), FORWARD))
    assert earned == 0
    assert "Your rnn_step does not pass its own check. Start there: h_next: every entry wrong" in text
    assert "The bias b was left out of the sum." in text


def test_wrong_loop_over_a_right_backward_step_is_told_that_it_is_the_loop(ask):
    _, text = ask(function("rnn_backward", STEP, FORWARD, STEP_BACKWARD, BACKWARD.replace("dh_t + dh_next", "dh_t")))
    assert "What step t + 1 sent back never arrives" in text
    assert "Your rnn_step_backward passes its own check, so look at the loop around it." in text


GATES = """
def lstm_gates(x, h, W_x, W_h, b):
    i, f, g, o = np.split(x @ W_x + h @ W_h + b, 4, axis=1)
    return sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
"""
LSTM_STEP = """
def lstm_step(x, h, c, W_x, W_h, b):
    i, f, g, o = lstm_gates(x, h, W_x, W_h, b)
    c_next = f * c + i * g
    return o * np.tanh(c_next), c_next, (i, f, g, o)
"""


def test_wrong_gates_under_a_right_lstm_step_are_where_to_start(ask):
    gates = GATES.replace("i, f, g, o = np", "i, f, o, g = np")
    earned, text = ask(function("lstm_step", gates, LSTM_STEP, sigmoid=rnnkit.sigmoid))
    assert earned == 0
    assert "Your lstm_gates does not pass its own check. Start there: g: every entry wrong" in text
    assert "you read the weights in the order i, f, o, g" in text


def test_right_gates_under_a_wrong_lstm_step_are_not_to_blame(ask):
    step = LSTM_STEP.replace("i * g", "i * g / 2")
    earned, text = ask(function("lstm_step", GATES, step, sigmoid=rnnkit.sigmoid))
    assert earned == 0
    assert "Your lstm_gates passes its own check, so look at what becomes of its results." in text


# -- names taken from the notebook

def test_parameter_read_from_the_notebook_is_named(ask):
    cell = "def rnn_step(x, h, Wx, Wh, b):\n    return np.tanh(x @ W_x + h @ W_h + b), (x,)"
    _, text = ask(function("rnn_step", cell, W_x=np.ones((4, 6)), W_h=np.ones((6, 6)), b=np.ones(6)))
    assert "rnn_step reads W_h and W_x from the notebook. Take what it needs from the arguments" in text


def test_parameter_read_from_the_notebook_by_an_inner_function_is_named(ask):
    cell = "def rnn_step(x, h, Wx, Wh, b):\n    return np.tanh([v @ W_x + u @ Wh + b for v, u in zip(x, h)]), (x,)"
    assert "rnn_step reads W_x from the notebook" in ask(function("rnn_step", cell, W_x=np.ones((4, 6))))[1]


@pytest.mark.parametrize("size", ["N", "H"])
def test_size_read_from_the_notebook_is_named_though_it_is_one_that_the_check_uses(size, ask):
    sizes = EXERCISES["rnn_forward"].sizes
    axes = {"N": "(len(x), N, h0.shape[1])", "H": "(len(x), len(h0), H)"}[size]
    cell = FORWARD.replace("np.array(h[1:])", f"np.array(h[1:]) + np.zeros({axes})")
    earned, text = ask(function("rnn_forward", STEP, cell, **sizes))
    assert earned == 0
    assert f"rnn_forward reads {size} from the notebook. Take what it needs from the arguments" in text


def test_sizes_written_down_as_numbers_do_not_pass(ask):
    cell = STEP_BACKWARD.replace("dh_next *", "dh_next.reshape(3, 6) *")
    earned, text = ask(function("rnn_step_backward", STEP, cell))
    assert earned == 0
    assert "ValueError: cannot reshape array of size 28 into shape (3,6) In rnn_step_backward, line 3" in text


def test_attribute_of_a_cache_is_no_name_from_the_notebook(ask):
    kept = "from types import SimpleNamespace\n" + STEP.replace("(x, h, h_next, W_x, W_h)",
                                                               "SimpleNamespace(x=x, h=h, y=h_next, W_x=W_x, W_h=W_h)")
    back = STEP_BACKWARD.replace("= cache", "= cache.x, cache.h, cache.y, cache.W_x, cache.W_h")
    back = back.replace("da.sum", "-da.sum")
    _, text = ask(function("rnn_step_backward", kept, back, x=1, h=2, W_x=3, W_h=4))
    assert "from the notebook" not in text


# -- what is not an exercise's function

@pytest.mark.parametrize(("expression", "said"), [
    ("rnn_step(np.ones((3, 4)), np.ones((3, 6)), np.ones((4, 6)), np.ones((6, 6)), np.ones(6))",
     "check takes the function itself, as in check(rnn_step). It was given a value of type tuple."),
    ("'rnn_step'", "It was given a value of type str. Are there brackets or quotes around the name?"),
    ("3", "It was given a value of type int."),
    ("np.ones(3)", "It was given a value of type ndarray."),
    ("type('rnn_step', (), {})", "It was given a value of type type."),
    ("lambda x: x", "No exercise asks for a function called <lambda>. Write it with def"),
    ("my_step", "No exercise asks for a function called my_step."),
    ("np.tanh", "It was given a value of type ufunc."),
    ("print", "No exercise asks for a function called print."),
    ("hostile", "It was given a value of type Hostile."),
])
def test_something_else_than_an_exercises_function_is_told_what_to_pass(expression, said, ask):
    held = notebook(STEP, "def my_step(x): return x", '''
class Hostile:
    def __getattribute__(self, name): raise RuntimeError(name)
hostile = Hostile()
''')
    earned, text = ask(eval(expression, held))
    assert earned == 0 and said in text


def test_rnnkits_own_function_earns_nothing(ask):
    earned, text = ask(rnnkit.rnn_step)
    assert earned == 0
    assert "This is rnnkit's own rnn_step. The exercise asks for yours: write it with def." in text


@pytest.mark.parametrize("cell", [
    "from functools import wraps\ndef same(f):\n    @wraps(f)\n    def g(*a): return f(*a)\n    return g\n@same" + STEP,
    "class Net:\n" + STEP.replace("\n", "\n    ").replace("(x, h,", "(self, x, h,") + "\nrnn_step = Net().rnn_step",
    "def make():\n" + STEP.replace("\n", "\n    ") + "\n    return rnn_step\nrnn_step = make()",
    STEP.replace("b):", "b=0, *, squash=np.tanh):"),
], ids=["decorated", "method", "closure", "options"])
def test_function_made_in_another_way_is_checked_like_any(cell, ask):
    assert ask(function("rnn_step", cell))[0] == 4


# -- yours

def test_yours_is_the_students_function_once_it_is_right(capsys):
    mine = notebook(STEP)["rnn_step"]
    assert yours(mine) is mine
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("cell", ["def rnn_step(x, h, W_x, W_h, b):\n    raise NotImplementedError()", step("h")])
def test_yours_is_rnnkits_own_until_then_and_says_so_in_a_line(cell, capfd):
    assert yours(notebook(cell)["rnn_step"]) is rnnkit.rnn_step
    assert capfd.readouterr() == ("Your rnn_step does not pass its check yet, so what follows uses rnnkit's own.\n", "")


def test_yours_takes_rnnkits_own_as_it_is(capsys):
    assert yours(rnnkit.rnn_step) is rnnkit.rnn_step
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("something", [None, 3, print, lambda x: x])
def test_yours_of_something_else_says_what_it_takes(something):
    with pytest.raises(TypeError, match="yours takes an exercise's function, as in yours"):
        yours(something)


def test_check_leaves_the_students_arrays_and_names_alone():
    held = notebook(STEP, x=np.ones(3))
    before = dict(held)
    check(held["rnn_step"])
    assert held == before and isinstance(held["rnn_step"], FunctionType)
