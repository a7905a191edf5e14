"""What every public function does with the arrays it is given: refuses shapes that disagree, keeps the dtype,
and leaves the arrays alone."""

import itertools
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rnnkit
from rnnkit import shapes
from rnnkit.shapes import agree, blocks

SIZES = {"T": 5, "N": 3, "D": 4, "H": 6, "V": 7}

RNN = {"W_x": "D H", "W_h": "H H", "b": "H"}
LSTM = {"W_x": "D 4H", "W_h": "H 4H", "b": "4H"}
GRU = {"W_x": "D 3H", "W_h": "H 3H", "b_x": "3H", "b_h": "3H"}
ONE_BIAS = {"W_x": "D 3H", "W_h": "H 3H", "b": "3H"}
WEIGHTS = {"W_x", "W_h"}        # what a cache keeps of them


def step(weights, *more):
    return {"x": "N D", "h": "N H", **dict.fromkeys(more, "N H"), **weights}


def sequence(weights, *more):
    return {"x": "T N D", "h0": "N H", **dict.fromkeys(more, "N H"), **weights}


def kept(weights, *more):
    return step({name: axes for name, axes in weights.items() if name in WEIGHTS}, *more)


RNN_CACHE = kept(RNN, "h_next")
LSTM_CACHE = kept(LSTM, *"cifgo", "c_next")
GRU_CACHE = kept(GRU, *"rzn", "u_n")


def one_step_back(backward, upstream=1):
    return lambda *given: backward(*given[:upstream], given[upstream:])


def all_steps_back(backward, upstream=1):
    return lambda *given: backward(*given[:upstream], [given[upstream:]] * SIZES["T"])


def forward_through(layer):
    def forward(*given, dtype=np.float64):
        return layer(SIZES["D"], SIZES["H"], np.random.default_rng(0), dtype=dtype).forward(*given)
    return forward


def back_through(layer):
    def backward(*given, dtype=np.float64):
        made = layer(SIZES["D"], SIZES["H"], np.random.default_rng(0), dtype=dtype)
        made.forward(np.ones((SIZES["T"], SIZES["N"], SIZES["D"]), dtype))
        return [*made.backward(*given), *(value for name, value in vars(made).items() if name.startswith("d"))]
    return backward


# Each public function, or method of a public class, with its arrays and their axes.
CALLS = {
    "rnn_step": (rnnkit.rnn_step, step(RNN)),
    "rnn_forward": (rnnkit.rnn_forward, sequence(RNN)),
    "rnn_step_backward": (one_step_back(rnnkit.rnn_step_backward), {"dh_next": "N H", **RNN_CACHE}),
    "rnn_backward": (all_steps_back(rnnkit.rnn_backward), {"dh": "T N H", **RNN_CACHE}),
    "RNN.forward": (forward_through(rnnkit.RNN), {"x": "T N D", "h0": "N H"}),
    "RNN.backward": (back_through(rnnkit.RNN), {"dh": "T N H"}),
    "lstm_gates": (rnnkit.lstm_gates, step(LSTM)),
    "lstm_step": (rnnkit.lstm_step, step(LSTM, "c")),
    "lstm_forward": (rnnkit.lstm_forward, sequence(LSTM, "c0")),
    "lstm_step_backward": (one_step_back(rnnkit.lstm_step_backward, 2),
                           {"dh_next": "N H", "dc_next": "N H", **LSTM_CACHE}),
    "lstm_backward": (all_steps_back(rnnkit.lstm_backward, 2), {"dh": "T N H", "dc_T": "N H", **LSTM_CACHE}),
    "LSTM.forward": (forward_through(rnnkit.LSTM), {"x": "T N D", "h0": "N H", "c0": "N H"}),
    "LSTM.backward": (back_through(rnnkit.LSTM), {"dh": "T N H", "dc_T": "N H"}),
    "forget_bias": (lambda b: rnnkit.forget_bias(b, 3.0), {"b": "4H"}),
    "gru_step": (rnnkit.gru_step, step(GRU)),
    "gru_forward": (rnnkit.gru_forward, sequence(GRU)),
    "gru_step_backward": (one_step_back(rnnkit.gru_step_backward), {"dh_next": "N H", **GRU_CACHE}),
    "gru_backward": (all_steps_back(rnnkit.gru_backward), {"dh": "T N H", **GRU_CACHE}),
    "GRU.forward": (forward_through(rnnkit.GRU), {"x": "T N D", "h0": "N H"}),
    "GRU.backward": (back_through(rnnkit.GRU), {"dh": "T N H"}),
    "gru_step_reset_before": (rnnkit.gru_step_reset_before, step(ONE_BIAS)),
    "gru_forward_reset_before": (rnnkit.gru_forward_reset_before, sequence(ONE_BIAS)),
    "lstm_step_peephole": (rnnkit.lstm_step_peephole, {**step(LSTM, "c"), "p": "3H"}),
    "lstm_forward_peephole": (rnnkit.lstm_forward_peephole, {**sequence(LSTM, "c0"), "p": "3H"}),
    "readout": (rnnkit.readout, {"h": "T N H", "W_y": "H V", "b_y": "V"}),
    "softmax_backward": (rnnkit.softmax_backward, {"dp": "N V", "p": "N V"}),
    "relative_error": (rnnkit.relative_error, {"a": "N D", "n": "N D"}),
    "sigmoid": (rnnkit.sigmoid, {"z": "N V"}),
    "relu": (rnnkit.relu, {"z": "N V"}),
    "softmax": (rnnkit.softmax, {"z": "N V"}),
    "activation_slopes": (rnnkit.activation_slopes, {"s": "N H", "t": "N D", "r": "N V"}),
    "numerical_gradient": (lambda x: rnnkit.numerical_gradient(np.sum, x, 1e-3), {"x": "N D"}),
}
ANY_SHAPE = {"sigmoid", "relu", "softmax", "activation_slopes"}     # no two of their arguments have to agree
ONE_ARRAY = {"forget_bias", "numerical_gradient"}                   # there is nothing that it has to agree with
NO_ARRAYS = {"available", "check", "figures", "glorot", "orthogonal", "parameter_count", "yours"}
FIXED = {"forward": "D H", "backward": "T N H"}     # sizes that a layer settles before it is called


def method(name):
    """"forward" of "RNN.forward"; a function's name as it is."""
    return name.split(".")[-1]


def shape_of(axes):
    return tuple(blocks(axis) * SIZES[axis[-1]] for axis in axes.split())


def arrays(axes, dtype=np.float64):
    rng = np.random.default_rng(0)
    return {name: rng.uniform(0.1, 0.9, shape_of(letters)).astype(dtype) for name, letters in axes.items()}


def mismatches():
    """Every argument of every function, with an axis too many, one too few, and each shared axis too long: by one
    entry, and where it holds blocks, by one in each."""
    for name, (_, axes) in CALLS.items():
        if name in ANY_SHAPE | ONE_ARRAY:
            continue
        settled = [axis[-1] for axis in [*FIXED.get(method(name), "").split(), *" ".join(axes.values()).split()]]
        for argument, letters in axes.items():
            shape = shape_of(letters)
            yield name, argument, (*shape, 1)
            yield name, argument, shape[1:]
            for k, axis in enumerate(letters.split()):
                if settled.count(axis[-1]) > 1:
                    for more in sorted({1, blocks(axis)}):
                        yield name, argument, (*shape[:k], shape[k] + more, *shape[k + 1:])


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
    assert method(name) in message
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


def test_step_whose_shapes_have_passed_is_not_compared_again(monkeypatch):
    compared = []
    monkeypatch.setattr(shapes, "_agree", lambda where, arrays: compared.append(where))
    one_step, through_time = (shapes.shaped(f.__wrapped__) for f in (rnnkit.rnn_step, rnnkit.rnn_backward))
    for _ in range(10):
        _, cache = one_step(*arrays(step(RNN)).values())
        through_time(np.ones(shape_of("T N H")), [cache] * SIZES["T"])
    assert compared.count("rnn_step") == compared.count("rnn_backward") == 1


def test_shapes_that_were_refused_are_refused_again_and_in_a_list_at_the_first_step_that_is_wrong():
    _, right = rnnkit.rnn_step(*arrays(step(RNN)).values())
    wrong = (np.ones((3, 5)), *right[1:])
    for _ in range(2):
        with pytest.raises(ValueError, match=re.escape("cache[3]'s x has shape (3, 5), but (N, D) should be (3, 4)")):
            rnnkit.rnn_backward(np.ones(shape_of("T N H")), [right, right, right, wrong, wrong])


def test_arguments_by_name_are_checked_as_those_in_order_are():
    given = arrays(step(RNN))
    by_name, _ = rnnkit.rnn_step(**given)
    assert np.array_equal(by_name, rnnkit.rnn_step(*given.values())[0])
    with pytest.raises(ValueError, match="rnn_step: b has shape"):
        rnnkit.rnn_step(**{**given, "b": np.ones(5)})


def test_empty_axis_is_refused():
    with pytest.raises(ValueError, match=r"x has shape \(0, 3, 4\); every axis should have at least one entry"):
        rnnkit.rnn_forward(*(array[:0] if name == "x" else array for name, array in arrays(sequence(RNN)).items()))


def refusal(*arrays):
    with pytest.raises(ValueError) as refused:
        agree("f", *((name, np.ones(shape), axes) for name, shape, axes in arrays))
    return str(refused.value)


def test_blocks_of_the_wrong_size_are_refused_with_the_size_of_all_of_them():
    assert refusal(("h", (3, 6), "N H"), ("W_h", (6, 20), "H 4H")) == (
        "f: W_h has shape (6, 20), but (H, 4H) should be (6, 24), because h has shape (3, 6).")


def test_axis_that_cannot_be_cut_into_its_blocks_is_refused():
    assert refusal(("h", (3, 6), "N H"), ("b", (26,), "4H")) == (
        "f: b has shape (26,), but (4H) should be (24), because h has shape (3, 6).")


def test_axis_that_cannot_be_cut_is_refused_where_nothing_else_tells_the_size_of_a_block():
    assert refusal(("W_x", (4, 26), "D 4H")) == "f: W_x has shape (4, 26), but (D, 4H) should be (4, 4H)."


def test_blocks_tell_the_size_of_what_follows_them():
    assert refusal(("W_x", (4, 24), "D 4H"), ("h0", (3, 7), "N H")) == (
        "f: h0 has shape (3, 7), but (N, H) should be (3, 6), because W_x has shape (4, 24).")


def test_blocks_of_different_numbers_share_one_size():
    agree("f", ("b", np.ones(24), "4H"), ("p", np.ones(18), "3H"))
    assert refusal(("b", (24,), "4H"), ("p", (24,), "3H")) == (
        "f: p has shape (24,), but (3H) should be (18), because b has shape (24,).")


@given(st.lists(st.tuples(st.lists(st.sampled_from(["N", "H", "2H", "3H"]), min_size=1, max_size=2),
                          st.lists(st.sampled_from([1, 2, 3, 4, 6]), min_size=1, max_size=2)), min_size=1, max_size=3))
def test_arrays_are_refused_exactly_where_no_sizes_explain_their_shapes(shapes):
    arrays = [(f"a{k}", np.ones(shape), " ".join(axes)) for k, (axes, shape) in enumerate(shapes)]
    explained = any(all(list(array.shape) == [blocks(axis) * {"N": N, "H": H}[axis[-1]] for axis in axes.split()]
                        for _, array, axes in arrays) for N, H in itertools.product(range(1, 7), repeat=2))
    if explained:
        agree("f", *arrays)
    else:
        with pytest.raises(ValueError, match=r"f: a\d has shape \(.*\), but \(.*\) should be \(.*\)"):
            agree("f", *arrays)


def arrays_in(value):
    if isinstance(value, (tuple, list)):
        return [array for item in value for array in arrays_in(item)]
    return [value]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", [name for name in CALLS if name != "relative_error"])
def test_dtype_that_goes_in_comes_out(name, dtype):
    call, axes = CALLS[name]
    options = {"dtype": dtype} if "." in name else {}
    assert {array.dtype for array in arrays_in(call(*arrays(axes, dtype).values(), **options))} == {np.dtype(dtype)}


@pytest.mark.parametrize("name", CALLS)
def test_arrays_that_are_passed_in_stay_as_they_were(name):
    call, axes = CALLS[name]
    given = arrays(axes)
    call(*given.values())
    for key, array in arrays(axes).items():
        assert np.array_equal(given[key], array)
