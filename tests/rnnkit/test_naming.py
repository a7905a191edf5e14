"""Which mistake a check names, and which it does not: a name has to explain everything."""

import itertools
import re

import numpy as np
import pytest
from notebooks import FORWARD, STEP, STEP_BACKWARD, function, step

import rnnkit
from rnnkit.calls import perform
from rnnkit.checking.difference import difference
from rnnkit.checking.ladder import climb
from rnnkit.exercises import EXERCISES

LIBRARY = {name: getattr(rnnkit, name) for name in rnnkit.__all__ if name not in ("check", "yours", "figures")}


def verdict(name, *edits, asked=None, **others):
    """The verdict on the reference's text with these edits, each (right, wrong), beside rnnkit's other functions."""
    exercise = EXERCISES[name]
    text = re.sub(r'\s*""".*?"""|@shaped\s', "", exercise.text, flags=re.DOTALL)
    for right, wrong in edits:
        assert text.count(right) == 1
        text = text.replace(right, wrong)
    notebook = {**exercise._namespace, **LIBRARY, **others, "np": np}
    exec(text, notebook)

    def ask(calls, values, wanted):
        if asked is not None:
            asked.append(calls)
        return perform(calls, notebook, values, wanted)

    return climb(exercise, ask, 10)


def hints(found):
    return " ".join(text for mark, text in found.lines if mark == "hint")


# -- nothing false

LSTM_LOOP = "dx[t], dh_next, dc_next, dW_x_t, dW_h_t, db_t = lstm_step_backward(dh_t, dc_next, cache[t])"


def test_carries_that_are_never_updated_are_named_alone():
    found = verdict("lstm_backward", (LSTM_LOOP, LSTM_LOOP.replace("dh_next, dc_next, dW", "dh_prev, dc_prev, dW")),
                    ("return dx, dh_next, dc_next", "return dx, dh_prev, dc_prev"))
    assert found.mistakes == ["returned-but-never-carried"]


@pytest.mark.parametrize("name", ["rnn_backward", "gru_backward", "exhibit_sum"])
@pytest.mark.parametrize("edit", [("dh_t = dh[t] + dh_next", "dh_t = dh_next"),
                                  ("reversed(range(len(cache)))", "range(len(cache) - 1, 0)")])
def test_everything_zero_is_one_mistake_and_not_one_for_each_output(name, edit):
    found = verdict(name, edit)
    if "range(" in edit[1]:
        assert len(found.mistakes) == 1 or "zero" in found.trouble
    else:
        assert found.mistakes == ["loop-never-ran"]
    assert "added to itself" not in hints(found) and "dh0 is zero" not in hints(found)


def test_one_output_taken_for_another_is_no_exchange():
    found = verdict("lstm_forward", ("c.append(c_t)", "c.append(h_t)"))
    assert found.mistakes == ["hidden-states-twice"]
    assert "wrong order" not in hints(found)


def test_two_gates_from_one_block_are_not_an_order_of_the_blocks():
    found = verdict("lstm_gates", ("sigmoid(a_o)", "sigmoid(a_g)"))
    assert found.mistakes == ["candidates-block-for-output"] and "order" not in hints(found)


def test_mistake_that_agrees_everywhere_but_for_a_single_step_is_another_one():
    found = verdict("lstm_backward", ("for t in reversed(range(len(cache))):", "for t in [0]:"),
                    ("np.zeros_like(h0), dc_T", "np.zeros_like(h0), np.zeros_like(dc_T)"))
    assert "body-outside-the-loop" in found.mistakes and len(found.mistakes) == 2
    assert not {"dc-not-carried", "dc-never-updated"} & set(found.mistakes)


# -- two at once, and orders

@pytest.mark.parametrize(("name", "first", "second"), [
    ("rnn_step", ("h @ W_h", "h @ W_h.T"), (" + b)", " + 2 * b)")),
    ("rnn_step_backward", ("1 - h_next ** 2", "1 - h_next"), ("da @ W_h.T", "da @ W_h")),
    ("rnn_backward", ("dh_t = dh[t] + dh_next", "dh_t = dh[t]"), ("dW_h += dW_h_t", "dW_h = dW_h_t")),
    ("lstm_step", ("f * c + i * g", "(1 - f) * c + i * g"), ("o * np.tanh(c_next)", "o * c_next")),
    ("gru_step", ("r * u_n", "u_n"), ("(1 - z) * n + z * h\n", "z * n + (1 - z) * h\n")),
])
def test_two_mistakes_in_the_same_outputs_are_both_named(name, first, second):
    alone = [verdict(name, edit).mistakes for edit in (first, second)]
    assert all(len(mistakes) == 1 for mistakes in alone)
    assert sorted(verdict(name, first, second).mistakes) == sorted(itertools.chain(*alone))


@pytest.mark.parametrize("order", list(itertools.permutations("ifgo"))[1:])
def test_every_order_of_the_four_blocks_is_named_in_the_gates_and_in_a_step_that_has_them_inside(order):
    names = ", ".join(f"a_{gate}" for gate in order)
    found = verdict("lstm_gates", ("a_i, a_f, a_g, a_o", names))
    assert len(found.mistakes) == 1
    inline = f"{names} = np.split(x @ W_x + h @ W_h + b, 4, axis=1)\n    i, f, g, o = sigmoid(a_i), sigmoid(a_f), " \
             f"np.tanh(a_g), sigmoid(a_o)"
    found = verdict("lstm_step", ("i, f, g, o = lstm_gates(x, h, W_x, W_h, b)", inline), sigmoid=rnnkit.sigmoid)
    assert len(found.mistakes) == 1


@pytest.mark.parametrize("order", list(itertools.permutations("rzn"))[1:])
def test_every_order_of_the_three_blocks_is_named(order):
    found = verdict("gru_step", ("a_r, a_z, a_n", ", ".join(f"a_{gate}" for gate in order)),
                    ("u_r, u_z, u_n", ", ".join(f"u_{gate}" for gate in order)))
    assert found.mistakes == [f"order-{'-'.join(order)}"]


def test_known_mistake_is_named_beside_one_that_nobody_knows():
    found = verdict("rnn_step_backward", ("h.T @ da", "-da.T @ np.sin(h)"), ("da.sum(axis=0)", "da.mean(axis=0)"))
    assert found.mistakes == ["db-mean"]
    assert hints(found).startswith("db is a mean over the batch.")
    assert "Besides, dW_h is wrong in a way that has no name here." in hints(found)
    assert ("known", "db: exactly the numbers of a known mistake.") in found.lines


@pytest.mark.parametrize(("name", "edits"), [
    # db is an average in both, and W_x's gradient is wrong in a way of its own: averaged too, or not?
    ("rnn_step_backward", [("x.T @ da", "np.sin(x).T @ da"), ("h.T @ da", "np.sin(h).T @ da"),
                           ("da.sum(axis=0)", "da.mean(axis=0)")]),
    # of two outputs one tells too little
    ("lstm_step", [("o * np.tanh(c_next)", "o * c_next"), ("f * c + i * g", "np.sin(f * c + i * g) / 2")]),
])
def test_part_that_another_mistake_would_explain_as_well_is_not_named(name, edits):
    assert verdict(name, *edits).mistakes == []


def test_three_mistakes_in_outputs_of_their_own_are_all_named():
    found = verdict("rnn_step_backward", ("da @ W_h.T", "da @ W_h"), ("h.T @ da", "h_next.T @ da"),
                    ("da.sum(axis=0)", "da.mean(axis=0)"))
    assert sorted(found.mistakes) == ["dW_h-from-the-new-state", "db-mean", "dh-transpose-forgotten"]


# -- what an exercise is built on

def test_bias_left_out_inside_the_step_is_named_there(ask):
    cell = '''
def lstm_step(x, h, c, W_x, W_h, b):
    i, f, g, o = np.split(x @ W_x + h @ W_h, 4, axis=1)
    i, f, g, o = 1 / (1 + np.exp(-i)), 1 / (1 + np.exp(-f)), np.tanh(g), 1 / (1 + np.exp(-o))
    c_next = f * c + i * g
    return o * np.tanh(c_next), c_next, None
'''
    _, text = ask(function("lstm_step", cell))
    assert "The bias b was left out of the sum." in text
    assert "These are exactly the numbers of a known mistake in what lstm_gates does." in text


def test_step_written_inside_the_loop_is_named_there(ask):
    cell = '''
def rnn_forward(x, h0, W_x, W_h, b):
    h = [h0]
    for x_t in x:
        h.append(np.tanh(x_t @ W_x + h[-1] @ W_h) + b)
    return np.array(h[1:]), None
'''
    _, text = ask(function("rnn_forward", cell))
    assert "The bias was added after the tanh." in text
    assert "These are exactly the numbers of a known mistake in what rnn_step does." in text


# -- a slip that nobody listed

@pytest.mark.parametrize(("name", "right", "wrong", "said"), [
    ("lstm_step_backward", "dc_next * i * (1 - g ** 2)", "dc_next * o * (1 - g ** 2)", "o is used where i belongs"),
    ("gru_step_backward", "dh_next * (1 - z) * (1 - n ** 2)", "dh_next * (1 - z) / (1 - n ** 2)", "not multiplied"),
    ("rnn_backward", "db += db_t", "db -= db_t", "for db, the sum has the wrong sign"),
    ("rnn_backward", "dh[t] + dh_next", "dh[len(dh) - 1 - t] + dh_next", "dh is read from its other end"),
    ("rnn_step_backward", "da.sum(axis=0)", "da[0]", "only the first row of da counts, not the sum"),
    ("lstm_gates", "np.tanh(a_g)", "np.maximum(0, a_g)", "relu stands where tanh belongs"),
    ("lstm_gates", "sigmoid(a_f)", "1 - sigmoid(a_f)", "the returned f is one minus what it should be"),
    ("parameter_count", "lstm = 4 * rnn", "lstm = 6 * rnn + b", ""),
])
def test_slip_is_described(name, right, wrong, said):
    found = verdict(name, (right, wrong))
    assert said in hints(found) and (found.mistakes or not said)


# -- questions

@pytest.mark.parametrize(("cell", "said"), [
    (step("np.tanh(x @ W_x + h @ W_h + b ** 3)"), "With b = 0 you are right: look at where b enters."),
    (step("np.tanh(x @ W_x + h @ np.sin(W_h + W_h.T) / 2 + b)"), "With h = 0"),
    (step("np.tanh(x @ W_x + h @ W_h + b * len(x) ** 2)"), "For a single sequence (N = 1) you are right"),
    (step("np.tanh(x.sum(axis=0) @ W_x + h @ W_h + b)"), "For a single sequence (N = 1) you are right"),
    (step("np.tanh(abs(x) @ W_x + h @ W_h + b)"), "Where x is positive you are right"),
    (step("np.tanh(x @ W_x + (0 * h + h.mean()) @ W_h + b)"),
     "With h = 0, and with W_h = 0 you are right: look at where h and W_h enter."),
])
def test_mistake_without_a_name_is_asked_where_it_is(cell, said, ask):
    _, text = ask(function("rnn_step", cell))
    assert said in text, text
    assert "known mistake" not in text


def test_loop_that_is_right_for_one_step_is_told_so(ask):
    cell = FORWARD.replace("h[-1], W_x", "h[-1] ** 3 if caches else h0, W_x")
    _, text = ask(function("rnn_forward", STEP, cell))
    assert "For a single step (T = 1) you are right: look at what goes from one step to the next." in text


def test_gradient_that_is_not_proportional_to_what_comes_from_above_is_told_so(ask):
    cell = STEP_BACKWARD.replace("(1 - h_next ** 2)", "(1 - h_next ** 2) + np.abs(h)")
    _, text = ask(function("rnn_step_backward", STEP, cell))
    assert "With twice the dh_next your" in text and "Every term holds the upstream gradient once." in text


def test_transpose_is_found_where_a_symmetric_matrix_hides_it(ask):
    cell = STEP_BACKWARD.replace("da @ W_h.T", "da @ (3 * W_h - 2 * W_h.T)")
    assert "With a symmetric W_h you are right" in ask(function("rnn_step_backward", STEP, cell))[1]


def test_number_of_questions_is_bounded():
    asked = []
    verdict("lstm_backward", ("dh_t = dh[t] + dh_next", "dh_t = np.sin(dh[t] * 9) + np.cos(dh_next) + t"), asked=asked)
    assert len(asked) < 150


def test_right_answer_is_asked_no_question():
    asked = []
    assert verdict("lstm_backward", asked=asked).passed
    assert len(asked) == 2 + len(EXERCISES["lstm_backward"].edges)


# -- what else a difference says

@pytest.mark.parametrize(("change", "said"), [
    (lambda a: a[::-1], "its steps lie in reverse order"),
    (lambda a: np.roll(a, 1, axis=0), "each step holds what belongs to the step before it"),
    (np.tanh, "it is tanh of what was expected"),
    (np.trunc, "it is the whole part of what was expected"),
    (lambda a: a * np.array([1.0, 2.0, 1.0])[:, None], "only in sequence 1 of the batch"),
])
def test_difference_says_the_rule_or_the_place(change, said):
    right = 3 * np.random.default_rng(0).standard_normal((5, 3, 6))
    assert said in difference(EXERCISES["rnn_forward"], "h", change(right), right)


# -- the second chance

def test_misread_cache_earns_nothing_by_accident(ask):
    other_order = STEP.replace("(x, h, h_next, W_x, W_h)", "(x, h_next, h, W_x, W_h)")
    back = STEP_BACKWARD.replace("x, h, h_next, W_x, W_h = cache", "x, h_next, h, W_x, W_h = cache")
    wrong = back.replace("1 - h_next ** 2", "1 - h ** 2")
    earned, text = ask(function("rnn_step_backward", other_order, wrong), points=10)
    assert earned == 0 and "The slope was taken at the old state h" in text and "judged on the cache" not in text
    assert ask(function("rnn_step_backward", other_order, back), points=10)[0] == 10


def test_step_that_is_wrong_at_the_border_alone_is_not_where_to_start(ask):
    _, text = ask(function("rnn_forward", step(f"{'np.tanh(x @ W_x + h @ W_h + b)'}.squeeze()"),
                           FORWARD.replace("h[-1], W_x", "h0, W_x")))
    assert "Start there" not in text
    assert "Your rnn_step is right on the usual inputs, so look at the loop around it." in text


# -- what passed and should not have, and what is said about a cache

def test_numerical_gradient_that_knows_two_axes_only_or_its_own_eps_loses_points(ask):
    two = '''
def numerical_gradient(f, x, eps=1e-6):
    g = np.zeros_like(x)
    for r in range(x.shape[0]):
        for c in range(x.shape[1]):
            p, m = x.copy(), x.copy()
            p[r, c], m[r, c] = p[r, c] + eps, m[r, c] - eps
            g[r, c] = (f(p) - f(m)) / (2 * eps)
    return g
'''
    earned, text = ask(function("numerical_gradient", two))
    assert earned < 4 and "not for an array with one axis" in text and "not for an array with three axes" in text
    own = EXERCISES["numerical_gradient"].text.replace("plus[i] += eps", "eps = 1e-6; plus[i] += eps")
    earned, text = ask(function("numerical_gradient", own))
    assert earned < 4 and "The eps that was passed in is not used." in text


@pytest.mark.parametrize(("kept", "remarked"), [
    ("cache", True), ("[cache]", True), ("{'last': cache}", True), ("caches", False), ("None if 0 else []", False),
    ("(x, np.array(h))", False), ("{t: kept for t, kept in enumerate(caches)}", False),
])
def test_cache_of_the_last_step_alone_is_remarked_on_and_costs_nothing(kept, remarked, ask):
    earned, text = ask(function("rnn_forward", STEP, FORWARD.replace("np.array(h[1:]), caches",
                                                                     f"np.array(h[1:]), {kept}")))
    assert earned == 4 and ("The cache is the last step's alone." in text) == remarked


# -- forms of right results

GATES = '''
def lstm_gates(x, h, W_x, W_h, b):
    a = np.split(x @ W_x + h @ W_h + b, 4, axis=1)
    squash = [lambda v: 1 / (1 + np.exp(-v))] * 4
    squash[2] = np.tanh
    return {}
'''


@pytest.mark.parametrize(("form", "remarked"), [
    ("np.stack([f(v) for f, v in zip(squash, a)])", ""),
    ("(f(v) for f, v in zip(squash, a))", "It returned a value of type generator"),
    ("map(lambda f, v: f(v), squash, a)", "It returned a value of type map"),
    ("[__import__('torch').tensor(f(v), requires_grad=True) for f, v in zip(squash, a)]", "i.detach().numpy()"),
])
def test_right_numbers_in_another_form_earn_everything(form, remarked, ask):
    earned, text = ask(function("lstm_gates", GATES.format(form)))
    assert earned == 4 and remarked in text and ("note" in text) == bool(remarked), text
