"""What holds for the RNN, the LSTM and the GRU alike: they are PyTorch's, forward and back, and time runs one way."""

import numpy as np
import pytest
import torch
from cells import CELLS, FAST, SEQUENCES, STEPS, assert_equal, listed, sizes_of
from hypothesis import given
from hypothesis import strategies as st

from rnnkit import numerical_gradient, parameter_count, relative_error

every_cell = pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
both_ways = pytest.mark.parametrize("cell", [*CELLS, *FAST], ids=lambda cell: cell.label)
some_sizes = st.tuples(st.integers(2, 9), st.integers(1, 5), st.integers(1, 5), st.integers(1, 5))
seeds = st.integers(0, 2 ** 32 - 1)


@every_cell
@pytest.mark.parametrize("sizes", STEPS)
def test_step_and_its_gradients_agree_with_autograd(cell, sizes):
    x, states, parameters, upstream = cell.draw(*sizes_of(sizes))
    outputs, gradients = cell.torchs(x, states, parameters, upstream)

    *after, cache = cell.function("step")(x, *states, *parameters)

    assert_equal(after, outputs)
    assert_equal(cell.function("step_backward")(*upstream, cache), gradients)


@both_ways
@pytest.mark.parametrize("sizes", SEQUENCES)
def test_sequence_and_its_gradients_agree_with_autograd(cell, sizes):
    x, states, parameters, upstream = cell.draw(*sizes_of(sizes))
    outputs, gradients = cell.torchs(x, states, parameters, upstream)

    h, *c, cache = cell.function("forward")(x, *states, *parameters)

    assert_equal([h, *(state[-1] for state in c)], outputs)
    assert_equal(cell.function("backward")(*upstream, cache), gradients)


@every_cell
@pytest.mark.parametrize("sizes", SEQUENCES)
def test_layer_without_initial_states_agrees_with_autograd(cell, sizes):
    x, _, parameters, upstream = cell.draw(*sizes_of(sizes))
    outputs, (dx, *dparameters) = cell.torchs(x, [], parameters, upstream)

    layer = cell.layer(x.shape[-1], len(parameters[1]))
    vars(layer).update(zip(cell.parameters, parameters, strict=True))
    h, *c = listed(layer.forward(x))
    ours, *_ = layer.backward(*upstream)

    assert_equal([h, *(state[-1] for state in c)], outputs)
    assert_equal([ours, *(getattr(layer, f"d{name}") for name in cell.parameters)], [dx, *dparameters])


@pytest.mark.parametrize("cell", FAST, ids=lambda cell: cell.name)
def test_layer_is_the_two_fast_passes_with_its_own_parameters(cell):
    x, states, _, upstream = cell.draw(5, 3, 4, 6)
    layer = cell.layer(4, 6)
    for name in cell.biases:
        vars(layer)[name] += 0.5
    *expected, cache = cell.function("forward")(x, *states, *(vars(layer)[name] for name in cell.parameters))
    gradients = cell.function("backward")(*upstream, cache)

    after = listed(layer.forward(x, *states))
    ours = [*layer.backward(*upstream), *(vars(layer)[f"d{name}"] for name in cell.parameters)]

    for mine, other in zip([*after, *ours], [*expected, *gradients], strict=True):
        assert np.array_equal(mine, other)


@every_cell
def test_layer_says_to_go_forward_first(cell):
    with pytest.raises(ValueError, match=rf"^{cell.name}.backward .* call forward first"):
        cell.layer(4, 6).backward(np.ones((5, 3, 6)))


@every_cell
def test_parameters_are_as_many_as_counted_and_pytorchs_has_a_second_bias_everywhere(cell):
    D, H = 4, 5
    rnn, lstm, gru, _ = parameter_count(D, H)
    counted = {"RNN": rnn, "LSTM": lstm, "GRU": gru}[cell.name]
    assert sum(vars(cell.layer(D, H))[name].size for name in cell.parameters) == counted
    missing = (2 - len(cell.biases)) * cell.blocks * H
    assert sum(theirs.numel() for theirs in getattr(torch.nn, cell.name)(D, H).parameters()) == counted + missing


@every_cell
def test_layers_weights_follow_the_generator(cell):
    one, same, other = (vars(cell.layer(4, 6, seed)) for seed in (3, 3, 4))
    for name in cell.parameters:
        assert np.array_equal(one[name], same[name])
        assert name in cell.biases or not np.array_equal(one[name], other[name])


@every_cell
@given(some_sizes, seeds)
def test_sequence_is_the_step_repeated(cell, sizes, seed):
    x, states, parameters, _ = cell.draw(*sizes, seed=seed)
    *after, _ = cell.function("forward")(x, *states, *parameters)
    for t, x_t in enumerate(x):
        *states, _ = cell.function("step")(x_t, *states, *parameters)
        assert all(np.array_equal(state, every[t]) for state, every in zip(states, after, strict=True))


@both_ways
@given(some_sizes, seeds, st.data())
def test_sequence_may_be_cut_anywhere_if_states_and_their_gradients_are_carried(cell, sizes, seed, data):
    x, states, parameters, (dh, *dc_T) = cell.draw(*sizes, seed=seed)
    forward, backward, S = cell.function("forward"), cell.function("backward"), len(states)
    cut = data.draw(st.integers(1, len(x) - 1))
    *whole, cache = forward(x, *states, *parameters)
    gradients = backward(dh, *dc_T, cache)

    *first, first_cache = forward(x[:cut], *states, *parameters)
    *second, second_cache = forward(x[cut:], *(state[-1] for state in first), *parameters)
    for *parts, state in zip(first, second, whole, strict=True):
        same = np.array_equal if cell in CELLS else np.allclose      # BLAS may round a longer product otherwise
        assert same(np.concatenate(parts), state)

    dx_second, dh_cut, *later = backward(dh[cut:], *dc_T, second_cache)
    dh[cut - 1] += dh_cut
    dx_first, *earlier = backward(dh[:cut], *later[:S - 1], first_cache)
    parts = [np.concatenate([dx_first, dx_second]), *earlier[:S],
             *(a + b for a, b in zip(earlier[S:], later[S - 1:], strict=True))]
    for part, gradient in zip(parts, gradients, strict=True):
        np.testing.assert_allclose(part, gradient, rtol=1e-9, atol=1e-12)


@both_ways
@given(some_sizes, seeds, st.data())
def test_upstream_of_step_t_reaches_every_input_up_to_t_and_none_after(cell, sizes, seed, data):
    x, states, parameters, (dh, *dc_T) = cell.draw(*sizes, seed=seed)
    t = data.draw(st.integers(0, len(dh) - 1))
    only_t = np.zeros_like(dh)
    only_t[t] = dh[t]
    *_, cache = cell.function("forward")(x, *states, *parameters)
    dx, *_ = cell.function("backward")(only_t, *map(np.zeros_like, dc_T), cache)
    assert dx[:t + 1].any(axis=(1, 2)).all()
    assert not dx[t + 1:].any()


@both_ways
@given(some_sizes, seeds, st.floats(-3, 3))
def test_backward_is_linear_in_the_upstream(cell, sizes, seed, factor):
    x, states, parameters, upstream = cell.draw(*sizes, seed=seed)
    other = [np.flip(gradient, axis=0) for gradient in upstream]
    *_, cache = cell.function("forward")(x, *states, *parameters)
    backward = cell.function("backward")
    together = backward(*(a + factor * b for a, b in zip(upstream, other, strict=True)), cache)
    for sum_, a, b in zip(together, backward(*upstream, cache), backward(*other, cache), strict=True):
        np.testing.assert_allclose(sum_, a + factor * b, rtol=1e-9, atol=1e-9)


@both_ways
@given(some_sizes, seeds)
def test_sequences_of_a_batch_do_not_touch(cell, sizes, seed):
    def both_passes(only):
        x, states, parameters, (dh, *dc_T) = cell.draw(*sizes, seed=seed)
        *after, cache = cell.function("forward")(x[:, only], *(state[only] for state in states), *parameters)
        dx, *gradients = cell.function("backward")(dh[:, only], *(gradient[only] for gradient in dc_T), cache)
        return [*after, dx], gradients[:len(states)]

    sequences, initial = both_passes(slice(None))
    for n in range(sizes[1]):
        alone, initial_alone = both_passes(slice(n, n + 1))
        for mine, other in [*zip(alone, (array[:, n:n + 1] for array in sequences), strict=True),
                            *zip(initial_alone, (array[n:n + 1] for array in initial), strict=True)]:
            np.testing.assert_allclose(mine, other, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("cell", "argument"), [
    pytest.param(cell, k, id=f"{cell.label}-{name}")
    for cell in [*CELLS, *FAST] for k, name in enumerate(["x", *cell.states, *cell.parameters])])
def test_backward_agrees_with_the_numerical_gradient(cell, argument):
    x, states, parameters, (dh, *dc_T) = cell.draw(4, 2, 3, 5)
    inputs = [x, *states, *parameters]
    forward = cell.function("forward")
    *_, cache = forward(*inputs)
    derived = cell.function("backward")(dh, *dc_T, cache)[argument]

    def loss(value):
        h, *c, _ = forward(*inputs[:argument], value, *inputs[argument + 1:])
        return np.sum(dh * h) + sum(np.sum(gradient * state[-1]) for gradient, state in zip(dc_T, c, strict=True))

    assert relative_error(numerical_gradient(loss, inputs[argument]), derived) < 1e-8
