"""What is said where a student's function stops: unfinished or wrong, and NumPy's errors in the lessons' words."""

import pytest
from notebooks import STEP, STEP_BACKWARD, function, step

RIGHT = "np.tanh(x @ W_x + h @ W_h + b)"
TEMPLATE = "    dx, dh, dW_x, dW_h, db = None, None, None, None, None\n"


def backward(body):
    return f"def rnn_step_backward(dh_next, cache):\n{body}"


def test_template_of_nones_above_finished_code_is_not_what_is_blamed_for_an_error(ask):
    cell = STEP_BACKWARD.replace("    da =", f"{TEMPLATE}    dW_x = x @ dh_next\n    da =")
    _, text = ask(function("rnn_step_backward", STEP, cell))
    assert "to do" not in text and "wrong ValueError: matmul" in text
    assert "In rnn_step_backward, line" in text and ": dW_x = x @ dh_next rnn_step_backward was given" in text


def test_right_code_under_a_template_of_nones_is_right(ask):
    assert ask(function("rnn_step_backward", STEP, STEP_BACKWARD.replace("    da =", f"{TEMPLATE}    da =")))[0] == 4


@pytest.mark.parametrize(("body", "said"), [
    ("    n_x, m = None\n    return n_x", "its line still holds None"),
    ("    (caches, x) = None\n    return x", "its line still holds None"),
    ("    for t in range(None):\n        pass\n    return t", "its line still holds None"),
    ("    dx = dh_next\n    dx += None\n    return dx", "its line still holds None"),
    ("    x, h, h_next, W_x, W_h = cache\n    da = None\n    return (\n        x,\n        da @ W_h.T)",
     "da is still None"),
    ("    W = ...\n    return dh_next @ W", "W is still Ellipsis"),
    ("    class Net: pass\n    net = Net()\n    net.r = None\n    return net.r.shape", "net.r is still None"),
])
def test_placeholder_that_is_read_is_to_do(body, said, ask):
    earned, text = ask(function("rnn_step_backward", STEP, backward(body)))
    assert earned == 0 and "to do" in text and said in text


@pytest.mark.parametrize("body", [
    "    W = None\n    return dh_next @ np.ones((2, 2))", "    y = cache[0].sum(axis=None) @ cache[0]\n    return y",
    "    y = dh_next[:, None] @ np.ones((9, 9))\n    return y",
])
def test_none_that_is_not_why_it_stopped_is_no_placeholder(body, ask):
    _, text = ask(function("rnn_step_backward", STEP, backward(body)))
    assert "to do" not in text and "Error: " in text


def test_cache_that_is_none_is_not_the_way_backs_placeholder(ask):
    keeps_nothing = STEP.replace("(x, h, h_next, W_x, W_h)", "None")
    earned, text = ask(function("rnn_step_backward", keeps_nothing, STEP_BACKWARD))
    assert earned == 4 and "to do" not in text


@pytest.mark.parametrize(("line", "said"), [
    ("W_x @ x", "W_x (4, 6) @ x (3, 4): the inner sizes 6 and 3 do not meet. x @ W_x would fit."),
    ("np.dot(h, W_x)", "h (3, 6) @ W_x (4, 6): the inner sizes 6 and 4 do not meet. h @ W_x.T would fit."),
    ("x.dot(h)", "x (3, 4) @ h (3, 6): the inner sizes 4 and 3 do not meet. x.T @ h would fit."),
    ("(2 * x) @ (2 * h)", "The inner sizes of a product, 4 and 3, do not meet"),
    ("h + h.T", "Arrays of shapes (3,6) and (6,3) do not fit together entry by entry. Is one of them transposed?"),
    ("h + h.sum(axis=1)", "v[:, None] would fit"),
    ("np.stack([x, h])", "np.stack takes arrays of one shape."),
    ("np.array([[1.0], [1.0, 2.0]])", "The entries of the list have different shapes"),
    ("np.zeros((3, 6), np.float)", "NumPy 1.24 dropped np.float: write float."),
    ("[t for t in xrange(3)]", "xrange is Python 2's: write range."),
    ("np.zeros(len(x) / 2)", "// a whole number"),
    ("range(len(x) / 3)", "// a whole number"),
    ("x[:, : 6 / 2]", "// a whole number"),
    ("x[len(x)]", "That axis has 3 entries, 0 to 2."),
    ("np.concatenate(x, h)", "take one list: np.concatenate([a, b], axis=1)"),
    ("1 if x > 0 else 2", "np.where chooses entry by entry"),
    ("np.zeros((3, 4), int).__iadd__(x)", "An array of whole numbers cannot take fractions"),
    ("print(x) + h", "Does a function that is called here lack its return?"),
])
def test_numpys_errors_are_said_again_in_the_lessons_words(line, said, ask):
    _, text = ask(function("rnn_step", step(RIGHT, first=f"y = {line}")))
    assert said in text, text
    assert "In rnn_step, line 2" in text and "wrong " in text


def test_too_few_and_too_many_values_to_unpack_are_counted(ask):
    cell = STEP_BACKWARD.replace("x, h, h_next, W_x, W_h = cache", "x, h, h_next, W_x, W_h, b = cache")
    _, text = ask(function("rnn_step_backward", STEP, cell))
    assert "The left side has 6 names, the right side 5 values." in text
