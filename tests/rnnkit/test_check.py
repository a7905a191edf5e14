"""What a check says: its message for every rung of the ladder, asserted by content."""

import sys

import numpy as np
import pytest
from notebooks import BACKWARD, FORWARD, RIGHT, STEP, STEP_BACKWARD, function, step

import rnnkit
from rnnkit import check
from rnnkit.calls import perform
from rnnkit.checking.difference import difference
from rnnkit.checking.ladder import climb
from rnnkit.checking.verdict import Verdict
from rnnkit.exercises.exercise import Exercise, Misconception, normal

# -- not written yet

@pytest.mark.parametrize(("cell", "said"), [
    ("def rnn_step(x, h, W_x, W_h, b):\n    raise NotImplementedError()",
     "rnn_step is not written yet: it still raises NotImplementedError."),
    ("def rnn_step(x, h, W_x, W_h, b):\n    pass", "rnn_step is not written yet: it returns None. Is its return"),
    ("def rnn_step(x, h, W_x, W_h, b):\n    ...", "rnn_step is not written yet: it returns None."),
    ("def rnn_step(x, h, W_x, W_h, b):\n    return ...", "rnn_step is not written yet: it returns Ellipsis."),
    ("def rnn_step(x, h, W_x, W_h, b):\n    return None, None", "not finished yet: h_next is still None."),
    ("def rnn_step(x, h, W_x, W_h, b):\n    return ..., (x, h)", "not finished yet: h_next is still Ellipsis."),
    ("def rnn_step(x, h, W_x, W_h, b):\n    return h_next, cache", "not finished yet: h_next has no value. NameError"),
    (STEP.replace(RIGHT, "None"), "rnn_step is not finished yet: h_next is still None."),
    (step("np.tanh(x @ W_x + rest)", first="rest = None"), "rnn_step is not finished yet: rest is still None."),
    (step("np.tanh(x @ W_x + rest)", first="rest = ..."), "rnn_step is not finished yet: rest is still Ellipsis."),
    ("def rnn_step(x, *a):\n    if not len(x):\n        h_next = 1\n    return h_next, x", "h_next has no value"),
    ("rnn_step = None", "This is still None: the function is not written yet."),
    ("rnn_step = ...", "This is still Ellipsis: the function is not written yet."),
])
def test_blank_or_placeholder_is_to_do_and_not_wrong(cell, said, ask):
    earned, text = ask(function("rnn_step", cell))
    assert earned == 0
    assert "to do" in text and "wrong" not in text
    assert said in text


def test_one_output_that_is_still_a_placeholder_is_named(ask):
    earned, text = ask(function("rnn_step_backward", STEP, STEP_BACKWARD.replace("da.sum(axis=0)", "...")))
    assert earned == 0
    assert "to do rnn_step_backward is not finished yet: db is still Ellipsis." in text


def test_blank_step_under_a_written_sequence_is_what_is_to_do(ask):
    stub = "def rnn_step(x, h, W_x, W_h, b):\n    raise NotImplementedError()"
    _, text = ask(function("rnn_forward", stub, FORWARD))
    assert "to do rnn_step is not written yet, and rnn_forward needs it: it still raises NotImplementedError." in text
    _, text = ask(function("rnn_forward", FORWARD))
    assert "NameError: name 'rnn_step' is not defined" in text


# -- types, counts, shapes, finite

@pytest.mark.parametrize(("answer", "said"), [
    ("'tanh'", "rnn_step returned a value of type str."),
    ("{'h': h}", "rnn_step returned a value of type dict."),
    ("(row for row in h)", "rnn_step returned a value of type generator."),
    ("[[1.0], [2.0, 3.0]]", "rnn_step returned a value of type list."),
    ("h + 0j", "rnn_step returned an array of shape (3, 6) and dtype complex128."),
    ("h.astype(object)", "rnn_step returned an array of shape (3, 6) and dtype object."),
    ("h.astype(str)", "rnn_step returned an array of shape (3, 6) and dtype <U"),
    ("np.tanh", "rnn_step returned a value of type ufunc."),
])
def test_wrong_type_is_named(answer, said, ask):
    earned, text = ask(function("rnn_step", f"def rnn_step(x, h, W_x, W_h, b):\n    return {answer}, None"))
    assert earned == 0 and f"h_next should be an array of numbers; {said}" in text


@pytest.mark.parametrize(("answer", "said"), [
    ("h", "rnn_step should return 2 values (h_next, cache); it returned one, an array of shape (3, 6)"),
    ("h, 1, 2", "rnn_step should return 2 values (h_next, cache); it returned 3."),
    ("(h,)", "rnn_step should return 2 values (h_next, cache); it returned 1."),
    ("{h.shape: h}", "it returned one, a value of type dict."),
])
def test_wrong_count_of_values_is_named(answer, said, ask):
    earned, text = ask(function("rnn_step", f"def rnn_step(x, h, W_x, W_h, b):\n    return {answer}"))
    assert earned == 0 and said in text


def test_wrong_shape_is_named_with_its_axes(ask):
    earned, text = ask(function("rnn_step", step("np.tanh(x @ W_x + h @ W_h + b).T")))
    assert earned == 0
    assert "wrong h_next has shape (6, 3); expected (3, 6), which is (N, H)." in text


def test_number_where_an_array_belongs_is_a_wrong_shape(ask):
    _, text = ask(function("rnn_step", step("3")))
    assert "h_next has shape (); expected (3, 6)" in text


def test_nan_is_counted_and_is_not_called_a_value(ask):
    earned, text = ask(function("rnn_step", step(RIGHT, then="h_next[0, 1] = np.nan; h_next[2, 2] = np.inf")))
    assert earned == 0
    assert "wrong h_next is not finite: 2 of 18 entries are NaN or infinite." in text


def test_outputs_that_are_right_keep_their_share(ask):
    db_wrong = STEP_BACKWARD.replace("da.sum(axis=0)", "da.sum(axis=0) ** 3")
    earned, text = ask(function("rnn_step_backward", STEP, db_wrong), points=10)
    assert earned == pytest.approx(10 * 4 / 5 * 0.9)
    assert "ok dx, dh, dW_x, dW_h: right for 2 random inputs" in text


# -- values that belong to no known mistake

def test_unknown_mistake_gets_the_entries_the_steps_and_the_size(ask):
    late = FORWARD.replace("return np.array(h[1:])", "h[3] = h[3] + 0.5; return np.array(h[1:])")
    earned, text = ask(function("rnn_forward", STEP, late))
    assert earned == 0
    assert ("wrong h: 18 of 90 entries wrong, by up to 0.5; "
            "the first step that differs is t = 2, the last t = 2 (of 0 to 4).") in text


@pytest.mark.parametrize(("answer", "said"), [
    ("-np.tanh(x @ W_x + h @ W_h + b)", "the sign is wrong"),
    ("3 * np.tanh(x @ W_x + h @ W_h + b)", "it is 3 times what was expected"),
    ("0 * h", "all of them are zero"),
])
def test_unknown_mistake_with_a_simple_rule_is_told_the_rule(answer, said, ask):
    assert said in ask(function("rnn_step", step(answer)))[1]


def test_transposed_square_is_told_from_other_numbers(ask):
    text = ask(function("rnn_step_backward", STEP, STEP_BACKWARD.replace("h.T @ da", "da.T @ h")))[1]
    assert "it is the transpose of what was expected" in text


GATES = Exercise(name="gates", signature="gates(x) -> a", inputs=normal(x="N 4H"), outputs={"a": "N 4H"},
                 reference=rnnkit.sigmoid, misconceptions=(), sizes={"N": 3, "H": 2}, blocks={"a": "i f g o"})


@pytest.mark.parametrize(("mistake", "said"), [
    ("a[:, 2:4] += 1", "; only in the block of f."),
    ("a[:, 2:4] += 1; a[:, 7] += 1", "; only in the blocks of f, o."),
    ("a[:, 2:4] *= 4", "; only in the block of f (it is 4 times what was expected)."),
    ("a[:, 4:6] *= -1; a[:, 6:] += 1", "; only in the blocks of g (the sign is wrong), o."),
    ("a[:, :2] = 0; a[:, 6:] /= 2",
     "; only in the blocks of i (all of them are zero), o (it is 0.5 times what was expected)."),
    ("a[:, 4:6], a[:, 6:] = a[:, 6:].copy(), a[:, 4:6].copy()",
     "; only in the blocks of g (it holds what belongs to o), o (it holds what belongs to g)."),
    ("a += 1; a[:, :2] -= 1; a[:, :2] *= 3", "; in the blocks of i (it is 3 times what was expected), f, g, o."),
    ("a *= 2", "; it is 2 times what was expected."),
    ("a += 1", "every entry wrong, by up to 1."),
])
def test_difference_names_the_blocks_of_the_gates_that_are_wrong_and_the_rule_in_each(mistake, said):
    right = np.random.default_rng(0).standard_normal((3, 8))
    wrong = right.copy()
    exec(mistake, {"a": wrong})
    assert difference(GATES, "a", wrong, right).endswith(said)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("floats", ["warn", "raise"])
@pytest.mark.parametrize("size", [1e300, 1.7e308, 1e-300, np.inf])
def test_numbers_near_the_limits_of_a_float_are_wrong_without_a_warning(size, floats, ask):
    with np.errstate(all=floats):
        earned, _ = ask(function("rnn_step", step(f"{size!r} * ({RIGHT})".replace("inf", "np.inf"))))
    assert earned == 0


def shifted(x):
    """Adds one."""
    a = x + 1
    return a


@pytest.mark.filterwarnings("error")
def test_infinite_numbers_can_be_a_known_mistake_in_a_notebook_that_raises_on_float_errors():
    exercise = Exercise(name="shifted", signature="shifted(x) -> a", inputs=normal(x="N D"), outputs={"a": "N D"},
                        reference=shifted, sizes={"N": 3, "D": 4},
                        misconceptions=(Misconception("infinite", "x + 1", "abs(x) / 0", "Divided by zero."),))

    def ask(calls, values, wanted):
        return perform(calls, {"shifted": lambda x: abs(x) / 0}, values, wanted)

    with np.errstate(all="raise"):
        assert climb(exercise, ask, 4).mistakes == ["infinite"]


# -- exceptions

def test_exception_comes_with_the_line_of_the_students_code_and_the_shapes(ask):
    earned, text = ask(function("rnn_step", step("np.tanh(W_x @ x + h @ W_h + b)")))
    assert earned == 0
    assert "wrong ValueError: matmul: Input operand 1 has a mismatch" in text
    assert "In rnn_step, line 3: h_next = np.tanh(W_x @ x + h @ W_h + b)" in text
    assert "rnn_step was given x (3, 4), h (3, 6), W_x (4, 6), W_h (6, 6), b (6,)." in text


def test_exception_deep_inside_a_library_is_shown_at_the_students_line(ask):
    text = ask(function("rnn_forward", STEP, FORWARD.replace("np.array(h[1:])", "np.stack([h0, x])")))[1]
    assert "ValueError: all input arrays must have the same shape In rnn_forward, line 7: return np.stack" in text


def test_exception_in_the_step_is_shown_in_the_step(ask):
    text = ask(function("rnn_forward", step("np.tanh(x @ W_x + h @ missing)"), FORWARD))[1]
    assert "NameError: name 'missing' is not defined In rnn_step, line 3" in text
    assert "Your rnn_step does not pass its own check. Start there" in text


def test_wrong_number_of_arguments_is_told_what_is_passed(ask):
    text = ask(function("rnn_step", "def rnn_step(x, h):\n    return h, x"))[1]
    assert "TypeError: rnn_step() takes 2 positional arguments but 5 were given" in text
    assert "rnn_step was given x (3, 4), h (3, 6), W_x" in text


@pytest.mark.parametrize(("body", "said"), [
    ("import sys; sys.exit('I give up')", "SystemExit: I give up"),
    ("exit()", "SystemExit: None"),
    ("return rnn_step(x, h, W_x, W_h, b)", "RecursionError: maximum recursion depth exceeded"),
    ("raise BaseException('base')", "BaseException: base"),
    ("raise GeneratorExit", "GeneratorExit"),
    ("np.zeros(2 ** 50)", "MemoryError: Unable to allocate"),
    ("1 / 0", "ZeroDivisionError: division by zero"),
    ("assert h.sum() > 1e9, 'too small'", "AssertionError: too small"),
    ("eval('1 +')", "SyntaxError: invalid syntax"),
    ("class Mute(Exception):\n        def __str__(self): 1 / 0\n    raise Mute", "Mute: <exception str() failed>"),
    ("raise KeyError(10 ** 5 * 'long')", "longlonglong"),
])
def test_whatever_is_raised_is_caught_and_named(body, said, ask):
    earned, text = ask(function("rnn_step", f"def rnn_step(x, h, W_x, W_h, b):\n    {body}"))
    assert earned == 0 and said in text
    assert len(text) < 2000


def test_interrupting_a_check_interrupts_it_and_gives_stderr_back(capfd):
    def rnn_step(x, h, W_x, W_h, b):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check(rnn_step)
    print("still here", file=sys.stderr)
    assert capfd.readouterr().err == "still here\n"


# -- edges

@pytest.mark.parametrize(("name", "cells", "said", "share"), [
    ("rnn_step", [step(f"{RIGHT}.squeeze()")],
     "right so far, but not for a batch of one (N = 1): h_next has shape (6,); expected (1, 6). "
     "Does a squeeze, or an axis given as -1, drop the batch axis?", 0.9),
    ("rnn_forward", [STEP, FORWARD.replace("return", "caches[1]; return")],
     "right so far, but not for a single step (T = 1): IndexError: list index out of range", 0.9),
    ("rnn_forward", [STEP, FORWARD.replace("np.array(h[1:])", "np.array(h[1:]).squeeze()")],
     "not for a single step (T = 1): h has shape (3, 6); expected (1, 3, 6).", 0.8),
    ("rnn_step", [step(f"{RIGHT} / (len(x) > 1)")],
     "not for a batch of one (N = 1): h_next is not finite: 6 of 6 entries are NaN or infinite.", 0.9),
    ("rnn_step", [step(f"{RIGHT} + (len(x) == 1)")],
     "not for a batch of one (N = 1): h_next: every entry wrong, by up to 1.", 0.9),
    ("sigmoid", ["def sigmoid(z):\n    return 1 / (1 + np.exp(-z))"],
     "not for entries in the thousands: NumPy met overflow on the way. For z = -1000 this computes exp(1000)", 0.5),
    ("sigmoid", ["import math\ndef sigmoid(z):\n    return np.array([[1 / (1 + math.exp(-v)) for v in r] for r in z])"],
     "not for entries in the thousands: OverflowError: math range error", 0.5),
    ("softmax", ["def softmax(z):\n    e = np.exp(z)\n    return e / e.sum(axis=-1, keepdims=True)"],
     "not for entries in the thousands: NumPy met invalid value and overflow on the way.", 0.5),
])
def test_failure_at_the_edge_alone_has_its_own_message_and_share(name, cells, said, share, ask):
    earned, text = ask(function(name, *cells), points=10)
    assert earned == pytest.approx(10 * share)
    assert said in text


# -- inputs that were changed

def test_changed_upstream_is_free_with_a_remark(ask):
    in_place = STEP_BACKWARD.replace("da = dh_next *", "da = dh_next; da *=")
    earned, text = ask(function("rnn_step_backward", STEP, in_place))
    assert earned == 4
    assert "note It changes dh_next in place. That costs nothing here" in text


def test_changed_input_costs_a_little_and_says_why(ask):
    earned, text = ask(function("rnn_step", step(RIGHT, then="x *= 2; W_h[0] = 0")), points=10)
    assert earned == 9
    assert "wrong It changes its input W_h and x in place. The caller still needs that array" in text


def test_input_that_was_moved_and_put_back_is_not_a_changed_input(ask):
    earned, text = ask(function("rnn_step", step(RIGHT, then="x += 0.1; x -= 0.1")))
    assert earned == 4 and "in place" not in text


def test_number_among_the_arguments_is_nobodys_array(ask):
    earned, text = ask(function("numerical_gradient", '''
def numerical_gradient(f, x, eps=1e-6):
    g = np.array([f(x + eps * move.reshape(x.shape)) - f(x - eps * move.reshape(x.shape))
                  for move in np.eye(x.size)]).reshape(x.shape)
    eps *= 2
    assert isinstance(eps, float)
    return g / eps
'''))
    assert earned == 4 and "in place" not in text


def test_backward_that_eats_our_cache_is_not_charged_for_a_changed_input(ask):
    eater = BACKWARD.replace("zip(dh[::-1], cache[::-1])", "zip(dh[::-1], [cache.pop() for _ in dh])")
    other_cache = FORWARD.replace("np.array(h[1:]), caches", "np.array(h[1:]), 'nothing'")
    earned, text = ask(function("rnn_backward", STEP, other_cache, STEP_BACKWARD, eater))
    assert earned == 4 and "in place" not in text
    assert "Your rnn_forward is right, but its cache does not hold what your rnn_backward expects there" in text


# -- points

@pytest.mark.parametrize("points", [1, 3, 0.5, 1 / 3, np.float64(4), np.int64(4), np.float32(2.5), 7.25])
def test_points_are_a_plain_float_whatever_they_are_given_as(points, ask):
    assert ask(function("rnn_step", STEP), points=points)[0] == float(points)
    db_zero = STEP_BACKWARD.replace("da.sum(axis=0)", "0 * da[0]")
    earned, _ = ask(function("rnn_step_backward", STEP, db_zero), points=points)
    assert 0 < earned < points
    assert ask(function("rnn_step", step("0 * h")), points=points)[0] == 0


def test_nothing_earned_is_no_pass_even_where_there_is_nothing_to_earn():
    assert not Verdict("rnn_step", points=0).passed
