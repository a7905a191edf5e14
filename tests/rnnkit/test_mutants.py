"""Mutants of the references: `make mutants` takes all of them through their checks; here, the making of them."""

import ast
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

import mutants
from equivalent import EQUIVALENT

from rnnkit.exercises import EXERCISES


def lines(name):
    return [line for line, _ in mutants.mutants(EXERCISES[name])]


def test_each_kind_of_slip_is_made():
    made = lines("rnn_step") + lines("rnn_step_backward") + lines("rnn_backward")
    for line in ("h_next = np.tanh(x @ W_x + h @ W_h - b)", "h_next = np.tanh(x @ W_x + h @ W_h)",
                 "h_next = np.sin(x @ W_x + h @ W_h + b)", "h_next = -np.tanh(x @ W_x + h @ W_h + b)",
                 "dx, dh = (da @ W_x, da @ W_h.T)", "da = dh_next * (1 + h_next ** 2)",
                 "da = dh_next * (1 - h_next ** 3)",
                 "dW_x, dW_h, db = (x.T @ da, h.T @ da, da.sum(axis=1))", "dW_x = dW_x_t", "dW_x -= dW_x_t",
                 "for t in range(len(cache)):", "for t in reversed(range(len(cache) - 1)):",
                 "for t in list(reversed(range(len(cache))))[1:]:", "dh_t = dh[t - 1] + dh_next",
                 "return (dh_next, dx, dW_x, dW_h, db)"):
        assert line in made, line


def test_a_cache_is_left_alone():
    returned = [line for line in lines("rnn_step") if line.startswith("return")]
    assert not any("x, h, h_next, W_x, W_h" not in line for line in returned)


@pytest.mark.parametrize("name", ["affine", "rnn_step", "readout", "activation_slopes", "rnn_forward"])
def test_every_slip_fails_its_check(name):
    assert [line for line, mutant in mutants.mutants(EXERCISES[name])
            if mutants.survives(EXERCISES[name], mutant)] == list(EQUIVALENT.get(name, ()))


def test_the_reference_itself_survives():
    for exercise in (EXERCISES["rnn_step"], EXERCISES["rnn_backward"]):
        same = ast.unparse(ast.parse(exercise.text))
        assert mutants.survives(exercise, mutants.made(exercise, same))


def test_what_is_listed_is_of_an_exercise_and_has_a_reason():
    assert EQUIVALENT.keys() <= EXERCISES.keys()
    assert all(reason for listed in EQUIVALENT.values() for reason in listed.values())
