"""What every public function does with the arrays it is given: refuses shapes that disagree, keeps the dtype,
and leaves the arrays alone."""

import inspect
import itertools
import re
from types import FunctionType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rnnkit
from rnnkit import shapes
from rnnkit.shapes import agree, blocks

SIZES = {"T": 5, "N": 3, "D": 4, "H": 6, "V": 7}

LAYERS = {"RNN": {"h0": "N H"}, "LSTM": {"h0": "N H", "c0": "N H"}, "GRU": {"h0": "N H"}}   # and their first states


def promised(function):
    """What a function's annotations promise: the call that takes its arrays one by one, and the axes of each.

    The arrays of a cache come one by one as well, and a list of caches holds the same one for every step.
    """
    axes, parts = {}, []
    for name, parameter in inspect.signature(function).parameters.items():
        if isinstance(text := parameter.annotation, str):
            fields = dict(re.findall(r"(\w+): ([^],]+)", text)) or {name: text}
            axes |= fields
            parts.append((text, len(fields)))

    def call(*given):
        arrays, arguments = iter(given), []
        for text, count in parts:
            cache = tuple(itertools.islice(arrays, count))
            arguments.append(cache[0] if ":" not in text else [cache] * SIZES["T"] if "[" in text else cache)
        return function(*arguments)

    return call, axes


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


# Each public function, or method of a public class, with its arrays and their axes. Those that say the axes of all of
# their arguments are found; of the others it has to be said how they are called, or that they take no arrays.
CALLS = {
    **{name: promised(function) for name in rnnkit.__all__
       if isinstance(function := getattr(rnnkit, name), FunctionType)
       and any(isinstance(axes, str) for axes in function.__annotations__.values())},
    **{f"{name}.forward": (forward_through(getattr(rnnkit, name)), {"x": "T N D", **states})
       for name, states in LAYERS.items()},
    **{f"{name}.backward": (back_through(getattr(rnnkit, name)), {"dh": "T N H", **dict.fromkeys(("dc_T",) * (
        "c0" in states), "N H")}) for name, states in LAYERS.items()},
    "forget_bias": (lambda b: rnnkit.forget_bias(b, 3.0), {"b": "4H"}),
    "relative_error": (rnnkit.relative_error, {"a": "N D", "n": "N D"}),
    "sigmoid": (rnnkit.sigmoid, {"z": "N V"}),
    "relu": (rnnkit.relu, {"z": "N V"}),
    "softmax": (rnnkit.softmax, {"z": "N V"}),
    "activation_slopes": (rnnkit.activation_slopes, {"s": "N H", "t": "N D", "r": "N V"}),
    "numerical_gradient": (lambda x: rnnkit.numerical_gradient(np.sum, x, 1e-3), {"x": "N D"}),
}
ANY_SHAPE = {"sigmoid", "relu", "softmax", "activation_slopes"}     # no two of their arguments have to agree
ONE_ARRAY = {"forget_bias", "numerical_gradient"}                   # there is nothing that it has to agree with
NO_ARRAYS = {"available", "bracket_counter", "check", "figures", "glorot", "gru_counter", "guess", "latch",
             "libraries", "losses", "optim", "orthogonal", "parameter_count", "pencil", "tasks", "training", "yours"}
# test_layers and test_model give these arrays that do not fit; clip_by_global_norm takes any, as test_optim shows
ELSEWHERE = {"Embedding", "Readout", "SequenceModel", "clip_by_global_norm"}
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
    looked_at = {name.split(".")[0] for name in CALLS} | NO_ARRAYS | ELSEWHERE
    assert set(rnnkit.__all__) == looked_at, (
        "annotate its arrays with their axes, as in x: 'N D', under @shaped; or say in CALLS how it is called, or in "
        "NO_ARRAYS that it takes none")


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
        _, cache = one_step(*arrays(CALLS["rnn_step"][1]).values())
        through_time(np.ones(shape_of("T N H")), [cache] * SIZES["T"])
    assert compared.count("rnn_step") == compared.count("rnn_backward") == 1


def test_shapes_that_were_refused_are_refused_again_and_in_a_list_at_the_first_step_that_is_wrong():
    _, right = rnnkit.rnn_step(*arrays(CALLS["rnn_step"][1]).values())
    wrong = (np.ones((3, 5)), *right[1:])
    for _ in range(2):
        with pytest.raises(ValueError, match=re.escape("cache[3]'s x has shape (3, 5), but (N, D) should be (3, 4)")):
            rnnkit.rnn_backward(np.ones(shape_of("T N H")), [right, right, right, wrong, wrong])


def test_arguments_by_name_are_checked_as_those_in_order_are():
    given = arrays(CALLS["rnn_step"][1])
    by_name, _ = rnnkit.rnn_step(**given)
    assert np.array_equal(by_name, rnnkit.rnn_step(*given.values())[0])
    with pytest.raises(ValueError, match="rnn_step: b has shape"):
        rnnkit.rnn_step(**{**given, "b": np.ones(5)})


def test_empty_axis_is_refused():
    with pytest.raises(ValueError, match=r"x has shape \(0, 3, 4\); every axis should have at least one entry"):
        x, *others = arrays(CALLS["rnn_forward"][1]).values()
        rnnkit.rnn_forward(x[:0], *others)


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
    """The arrays in what a function returns; a cache may hold numbers besides."""
    if isinstance(value, (tuple, list)):
        return [array for item in value for array in arrays_in(item)]
    return [value] if isinstance(value, np.ndarray | np.generic) else []


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


@shapes.shaped
def layer_norm_forward(x: "N H", gain: "H", bias: "H", eps=1e-5):  # noqa: F722, F821
    """A function that takes a number besides its arrays, and keeps one in its cache."""
    centered = x - x.mean(axis=1, keepdims=True)
    scale = 1 / np.sqrt((centered ** 2).mean(axis=1, keepdims=True) + eps)
    return gain * centered * scale + bias, (centered, scale, gain, eps)


def test_function_with_a_number_among_its_arguments_and_in_its_cache_is_found_with_its_axes():
    call, axes = promised(layer_norm_forward)
    assert axes == {"x": "N H", "gain": "H", "bias": "H"}
    assert [array.dtype for array in arrays_in(call(*arrays(axes, np.float32).values()))] == 4 * [np.float32]
    with pytest.raises(ValueError, match="layer_norm_forward: gain has shape"):
        call(np.ones((3, 6)), np.ones(5), np.ones(6))
