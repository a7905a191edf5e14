"""What every public function does with the arrays it is given: refuses shapes that disagree, keeps the dtype,
and leaves the arrays alone."""

import re

import numpy as np
import pytest

import rnnkit

SIZES = {"T": 5, "N": 3, "D": 4, "H": 6, "V": 7}

STEP = {"x": "N D", "h": "N H", "W_x": "D H", "W_h": "H H", "b": "H"}
SEQUENCE = {"x": "T N D", "h0": "N H", "W_x": "D H", "W_h": "H H", "b": "H"}
KEPT = {"x": "N D", "h": "N H", "h_next": "N H", "W_x": "D H", "W_h": "H H"}


def one_step_back(dh_next, *cache):
    return rnnkit.rnn_step_backward(dh_next, cache)


def all_steps_back(dh, *cache):
    return rnnkit.rnn_backward(dh, [cache] * SIZES["T"])


def layer(dtype=np.float64):
    return rnnkit.RNN(SIZES["D"], SIZES["H"], np.random.default_rng(0), dtype)


def forward_through_layer(x, h0, dtype=np.float64):
    return layer(dtype).forward(x, h0)


def back_through_layer(dh, dtype=np.float64):
    made = layer(dtype)
    made.forward(np.ones((SIZES["T"], SIZES["N"], SIZES["D"]), dtype), np.ones((SIZES["N"], SIZES["H"]), dtype))
    return [*made.backward(dh), made.dW_x, made.dW_h, made.db]


# Each public function, or method of a public class, with its arrays and their axes.
CALLS = {
    "rnn_step": (rnnkit.rnn_step, STEP),
    "rnn_forward": (rnnkit.rnn_forward, SEQUENCE),
    "rnn_step_backward": (one_step_back, {"dh_next": "N H", **KEPT}),
    "rnn_backward": (all_steps_back, {"dh": "T N H", **KEPT}),
    "readout": (rnnkit.readout, {"h": "T N H", "W_y": "H V", "b_y": "V"}),
    "softmax_backward": (rnnkit.softmax_backward, {"dp": "N V", "p": "N V"}),
    "relative_error": (rnnkit.relative_error, {"a": "N D", "n": "N D"}),
    "RNN.forward": (forward_through_layer, {"x": "T N D", "h0": "N H"}),
    "RNN.backward": (back_through_layer, {"dh": "T N H"}),
    "sigmoid": (rnnkit.sigmoid, {"z": "N V"}),
    "relu": (rnnkit.relu, {"z": "N V"}),
    "softmax": (rnnkit.softmax, {"z": "N V"}),
    "activation_slopes": (rnnkit.activation_slopes, {"s": "N H", "t": "N D", "r": "N V"}),
    "numerical_gradient": (lambda x: rnnkit.numerical_gradient(np.sum, x, 1e-3), {"x": "N D"}),
}
ANY_SHAPE = {"sigmoid", "relu", "softmax", "activation_slopes"}     # no two of their arguments have to agree
NO_ARRAYS = {"available", "check", "figures", "yours"}
FIXED = {"RNN.forward": "D H", "RNN.backward": "T N H"}    # sizes settled before the call


def arrays(axes, dtype=np.float64):
    rng = np.random.default_rng(0)
    return {name: rng.uniform(0.1, 0.9, [SIZES[letter] for letter in letters.split()]).astype(dtype)
            for name, letters in axes.items()}


def mismatches():
    """Every argument of every function, with an axis too many, one too few, and each shared axis one too long."""
    for name, (_, axes) in CALLS.items():
        if name in ANY_SHAPE or name == "numerical_gradient":
            continue
        settled = [*FIXED.get(name, "").split(), *" ".join(axes.values()).split()]
        for argument, letters in axes.items():
            shape = tuple(SIZES[letter] for letter in letters.split())
            yield name, argument, (*shape, 1)
            yield name, argument, shape[1:]
            for k, letter in enumerate(letters.split()):
                if settled.count(letter) > 1:
                    yield name, argument, (*shape[:k], shape[k] + 1, *shape[k + 1:])


class Untouchable(np.ndarray):
    """An array that may be looked at, and that nothing may be computed with."""

    def __array_ufunc__(self, ufunc, *_, **__):
        raise AssertionError(f"{ufunc.__name__} was computed before the shapes were checked")

    def __array_function__(self, function, *args):
        if function not in (np.shape, np.zeros_like):
            raise AssertionError(f"{function.__name__} was computed before the shapes were checked")
        return super().__array_function__(function, *args)


def test_every_public_name_is_looked_at_here():
    assert {name.split(".")[0] for name in CALLS} | NO_ARRAYS == set(rnnkit.__all__)


@pytest.mark.parametrize(("name", "argument", "shape"), list(mismatches()), ids=str)
def test_shapes_that_disagree_are_refused_before_computing_and_both_are_named(name, argument, shape):
    call, axes = CALLS[name]
    given = {key: array.view(Untouchable) for key, array in arrays(axes).items()}
    given[argument] = np.ones(shape).view(Untouchable)
    with pytest.raises(ValueError) as refusal:
        call(*given.values())
    message = str(refusal.value)
    assert name.removeprefix("RNN.") in message
    assert set(re.findall(r"(?<=shape )\(.*?\)|(?<=shapes )\(.*?\)|(?<=and )\(.*?\)", message)) > {str(shape)}


def test_function_that_does_not_return_a_number_is_refused_with_both_shapes():
    with pytest.raises(ValueError, match=r"shape \(3, 4\) for x of shape \(3, 4\); a number, of shape \(\)"):
        rnnkit.numerical_gradient(np.sin, np.ones((3, 4)))


def test_integers_are_refused_where_an_entry_has_to_move_a_little():
    with pytest.raises(TypeError, match="int64"):
        rnnkit.numerical_gradient(np.sum, np.ones((3, 4), int))


@pytest.mark.parametrize("cache", [(1, 2), [1, 2, 3, 4, 5], None])
def test_something_else_than_a_cache_is_refused_with_what_was_expected(cache):
    with pytest.raises(ValueError, match=r"rnn_step_backward: cache should be a tuple of 5 arrays"):
        rnnkit.rnn_step_backward(np.ones((3, 6)), cache)


def test_empty_axis_is_refused():
    with pytest.raises(ValueError, match=r"x has shape \(0, 3, 4\); every axis should have at least one entry"):
        rnnkit.rnn_forward(*(array[:0] if name == "x" else array for name, array in arrays(SEQUENCE).items()))


def arrays_in(value):
    if isinstance(value, (tuple, list)):
        return [array for item in value for array in arrays_in(item)]
    return [value]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", [name for name in CALLS if name != "relative_error"])
def test_dtype_that_goes_in_comes_out(name, dtype):
    call, axes = CALLS[name]
    options = {"dtype": dtype} if name.startswith("RNN") else {}
    assert {array.dtype for array in arrays_in(call(*arrays(axes, dtype).values(), **options))} == {np.dtype(dtype)}


@pytest.mark.parametrize("name", CALLS)
def test_arrays_that_are_passed_in_stay_as_they_were(name):
    call, axes = CALLS[name]
    given = arrays(axes)
    call(*given.values())
    for key, array in arrays(axes).items():
        assert np.array_equal(given[key], array)
