"""The recurrent cell against PyTorch, whose layout is the transpose of ours."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import rnnkit
from rnnkit import RNN, relative_error

AWKWARD = (1, 2, 7, 13)
STEPS = ["-".join(map(str, sizes)) for sizes in itertools.product(AWKWARD, repeat=3)]
SEQUENCES = ["-".join(map(str, sizes)) for sizes in itertools.product(AWKWARD, repeat=4)]
TOLERANCE = 1e-10


def draw(*shapes, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return [(0.7 * rng.standard_normal(shape)).astype(dtype) for shape in shapes]


def sequence(T, N, D, H, **options):
    """x, h0, W_x, W_h, b, and an upstream gradient for every state."""
    return draw((T, N, D), (N, H), (D, H), (H, H), (H,), (T, N, H), **options)


def torchs(module, W_x, W_h, b):
    """PyTorch's module with our parameters: its two biases add up, so the second one is zero."""
    values = {"weight_ih": W_x.T, "weight_hh": W_h.T, "bias_ih": b, "bias_hh": 0 * b}
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            parameter.copy_(torch.from_numpy(values[name.removesuffix("_l0")]))
    return module


def leaf(array):
    return torch.tensor(array, requires_grad=True)


def gradients(module, *inputs):
    """What autograd found, in our layout: the inputs', then dW_x, dW_h, db."""
    W_x, W_h, b, _ = (parameter.grad.numpy() for parameter in module.parameters())
    return [*(tensor.grad.numpy() for tensor in inputs), W_x.T, W_h.T, b]


def assert_equal(ours, theirs):
    for mine, other in zip(ours, theirs, strict=True):
        assert relative_error(mine, other) < TOLERANCE


def sizes_of(text):
    return map(int, text.split("-"))


@pytest.mark.parametrize("sizes", STEPS)
def test_step_and_its_gradients_agree_with_autograd(sizes):
    N, D, H = sizes_of(sizes)
    x, h, W_x, W_h, b, dh_next = draw((N, D), (N, H), (D, H), (H, H), (H,), (N, H))
    cell, inputs = torchs(torch.nn.RNNCell(D, H, dtype=torch.float64), W_x, W_h, b), (leaf(x), leaf(h))
    theirs = cell(*inputs)
    theirs.backward(torch.from_numpy(dh_next))

    h_next, cache = rnnkit.rnn_step(x, h, W_x, W_h, b)

    assert relative_error(h_next, theirs.detach().numpy()) < TOLERANCE
    assert_equal(rnnkit.rnn_step_backward(dh_next, cache), gradients(cell, *inputs))


@pytest.mark.parametrize("sizes", SEQUENCES)
def test_sequence_and_its_gradients_agree_with_autograd(sizes):
    T, N, D, H = sizes_of(sizes)
    x, h0, W_x, W_h, b, dh = sequence(T, N, D, H)
    net, inputs = torchs(torch.nn.RNN(D, H, dtype=torch.float64), W_x, W_h, b), (leaf(x), leaf(h0[None]))
    theirs, _ = net(*inputs)
    theirs.backward(torch.from_numpy(dh))

    h, cache = rnnkit.rnn_forward(x, h0, W_x, W_h, b)
    dx, dh0, *parameters = rnnkit.rnn_backward(dh, cache)

    assert relative_error(h, theirs.detach().numpy()) < TOLERANCE
    assert_equal([dx, dh0[None], *parameters], gradients(net, *inputs))


@pytest.mark.parametrize("sizes", SEQUENCES)
def test_layer_without_an_initial_state_agrees_with_autograd(sizes):
    T, N, D, H = sizes_of(sizes)
    x, _, W_x, W_h, b, dh = sequence(T, N, D, H)
    net, inputs = torchs(torch.nn.RNN(D, H, dtype=torch.float64), W_x, W_h, b), [leaf(x)]
    theirs, _ = net(*inputs)
    theirs.backward(torch.from_numpy(dh))

    layer = RNN(D, H, np.random.default_rng(0))
    layer.W_x, layer.W_h, layer.b = W_x, W_h, b
    h = layer.forward(x)
    dx, _ = layer.backward(dh)

    assert relative_error(h, theirs.detach().numpy()) < TOLERANCE
    assert_equal([dx, layer.dW_x, layer.dW_h, layer.db], gradients(net, *inputs))


def test_layer_is_the_two_passes_with_its_own_parameters():
    x, h0, _, _, _, dh = sequence(5, 3, 4, 6)
    layer = RNN(4, 6, np.random.default_rng(1))
    layer.b += 0.5
    h, cache = rnnkit.rnn_forward(x, h0, layer.W_x, layer.W_h, layer.b)
    expected = rnnkit.rnn_backward(dh, cache)

    assert np.array_equal(layer.forward(x, h0), h)
    dx, dh0 = layer.backward(dh)
    for mine, other in zip((dx, dh0, layer.dW_x, layer.dW_h, layer.db), expected, strict=True):
        assert np.array_equal(mine, other)


def test_layers_weights_have_the_stated_spread_and_follow_the_generator():
    one, same = RNN(300, 200, np.random.default_rng(3)), RNN(300, 200, np.random.default_rng(3))
    assert np.array_equal(one.W_x, same.W_x) and np.array_equal(one.W_h, same.W_h)
    assert one.W_x.std() == pytest.approx(300 ** -0.5, rel=0.02)
    assert one.W_h.std() == pytest.approx(200 ** -0.5, rel=0.02)
    assert not one.b.any()


def test_layer_says_to_go_forward_first():
    with pytest.raises(ValueError, match="call forward first"):
        RNN(4, 6, np.random.default_rng(0)).backward(np.ones((5, 3, 6)))


@pytest.mark.parametrize("sizes", SEQUENCES[::5])
def test_readout_agrees_with_a_linear_layer(sizes):
    T, N, H, V = sizes_of(sizes)
    h, W_y, b_y = draw((T, N, H), (H, V), (V,))
    theirs = torch.nn.functional.linear(*map(torch.from_numpy, (h, np.ascontiguousarray(W_y.T), b_y)))
    assert relative_error(rnnkit.readout(h, W_y, b_y), theirs.numpy()) < TOLERANCE


some_sizes = st.tuples(st.integers(1, 9), st.integers(1, 5), st.integers(1, 5), st.integers(1, 5))
seeds = st.integers(0, 2 ** 32 - 1)


@given(some_sizes, seeds, st.data())
def test_sequence_may_be_cut_anywhere_if_the_state_is_carried(sizes, seed, data):
    x, h0, *weights, _ = sequence(*sizes, seed=seed)
    cut = data.draw(st.integers(1, max(1, len(x) - 1)))
    whole, _ = rnnkit.rnn_forward(x, h0, *weights)
    parts = [rnnkit.rnn_forward(x[:cut], h0, *weights)[0]]
    if cut < len(x):
        parts.append(rnnkit.rnn_forward(x[cut:], parts[0][-1], *weights)[0])
    assert np.array_equal(np.concatenate(parts), whole)


@given(some_sizes, seeds, st.data())
def test_upstream_of_step_t_reaches_every_input_up_to_t_and_none_after(sizes, seed, data):
    *inputs, dh = sequence(*sizes, seed=seed)
    t = data.draw(st.integers(0, len(dh) - 1))
    only_t = np.zeros_like(dh)
    only_t[t] = dh[t]
    dx, *_ = rnnkit.rnn_backward(only_t, rnnkit.rnn_forward(*inputs)[1])
    assert dx[:t + 1].any(axis=(1, 2)).all()
    assert not dx[t + 1:].any()


@given(some_sizes, seeds, st.floats(-3, 3))
def test_backward_is_linear_in_the_upstream(sizes, seed, factor):
    *inputs, dh = sequence(*sizes, seed=seed)
    other = np.flip(dh, axis=0)
    cache = rnnkit.rnn_forward(*inputs)[1]
    together = rnnkit.rnn_backward(dh + factor * other, cache)
    apart = zip(rnnkit.rnn_backward(dh, cache), rnnkit.rnn_backward(other, cache), strict=True)
    for sum_, (a, b) in zip(together, apart, strict=True):
        np.testing.assert_allclose(sum_, a + factor * b, rtol=1e-9, atol=1e-9)


@given(some_sizes, seeds)
def test_sequences_of_a_batch_do_not_touch(sizes, seed):
    x, h0, *weights, dh = sequence(*sizes, seed=seed)
    h, cache = rnnkit.rnn_forward(x, h0, *weights)
    dx, dh0, *_ = rnnkit.rnn_backward(dh, cache)
    for n in range(x.shape[1]):
        alone, cache = rnnkit.rnn_forward(x[:, n:n + 1], h0[n:n + 1], *weights)
        dx_alone, dh0_alone, *_ = rnnkit.rnn_backward(dh[:, n:n + 1], cache)
        for mine, other in ((h[:, n:n + 1], alone), (dx[:, n:n + 1], dx_alone), (dh0[n:n + 1], dh0_alone)):
            np.testing.assert_allclose(mine, other, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("argument", range(5), ids=["x", "h0", "W_x", "W_h", "b"])
def test_backward_agrees_with_the_numerical_gradient(argument):
    *inputs, dh = sequence(4, 2, 3, 5)
    derived = rnnkit.rnn_backward(dh, rnnkit.rnn_forward(*inputs)[1])[argument]

    def loss(value):
        return np.sum(dh * rnnkit.rnn_forward(*inputs[:argument], value, *inputs[argument + 1:])[0])

    assert relative_error(rnnkit.numerical_gradient(loss, inputs[argument]), derived) < 1e-8
