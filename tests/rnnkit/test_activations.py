"""The squashing functions: never an overflow, and slopes that agree with autograd."""

import itertools
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import rnnkit
from rnnkit import relative_error

dtypes = st.sampled_from([np.float32, np.float64])


def corners(dtype):
    """The floats at which an exponential or a difference could go wrong."""
    limits = np.finfo(dtype)
    return [float(dtype(z)) for z in (limits.max, limits.min, limits.tiny, limits.smallest_subnormal, 0.0, -0.0,
                                      16.7, -88.8, 88.8, 709.9, -745.2)]


def any_finite(dtype, **shape):
    """Arrays of any floats, the largest and the smallest ones among them."""
    floats = st.one_of(st.sampled_from(corners(dtype)),
                       st.floats(allow_nan=False, allow_infinity=False, width=8 * dtype().itemsize))
    return arrays(dtype, array_shapes(max_dims=3, max_side=4, **shape), elements=floats)


@pytest.fixture(autouse=True)
def no_warning():
    with warnings.catch_warnings(), np.errstate(over="raise", divide="raise", invalid="raise"):
        warnings.simplefilter("error")
        yield


@given(st.data(), dtypes)
def test_sigmoid_of_any_float_lies_between_0_and_1_without_a_warning(data, dtype):
    z = data.draw(any_finite(dtype))
    s = rnnkit.sigmoid(z)
    assert s.dtype == dtype and s.shape == z.shape
    assert np.all((s >= 0) & (s <= 1))
    assert np.all((s >= 0.5) == (z >= 0) | (s == 0.5))
    assert np.allclose(s + rnnkit.sigmoid(-z), 1)


@given(st.data(), dtypes)
def test_rows_of_softmax_sum_to_1_for_any_floats_without_a_warning(data, dtype):
    z = data.draw(any_finite(dtype, min_dims=1))
    p = rnnkit.softmax(z)
    assert p.dtype == dtype and p.shape == z.shape
    assert np.all((p >= 0) & (p <= 1))
    assert np.allclose(p.sum(axis=-1), 1, atol=1e-5)
    assert np.all(np.take_along_axis(p, z.argmax(axis=-1)[..., None], -1) == p.max(axis=-1, keepdims=True))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_softmax_of_the_two_ends_of_the_number_line_in_one_row(dtype):
    z = np.array([*itertools.product(corners(dtype), repeat=3)], dtype)
    p = rnnkit.softmax(z)
    assert p.dtype == dtype
    assert np.allclose(p.sum(axis=-1), 1)
    assert np.array_equal(rnnkit.softmax(np.array([[np.finfo(dtype).max, np.finfo(dtype).min]], dtype)), [[1, 0]])


@given(st.data(), st.floats(-1e6, 1e6))
def test_softmax_is_blind_to_what_a_whole_row_has_in_common(data, level):
    z = data.draw(arrays(np.float64, (3, 4), elements=st.floats(-50, 50)))
    np.testing.assert_allclose(rnnkit.softmax(z + level), rnnkit.softmax(z), rtol=1e-8, atol=1e-12)


def test_sigmoid_agrees_with_pytorch_also_far_out():
    z = np.concatenate([np.linspace(-800, 800, 3201), [-1e300, 1e300]])
    np.testing.assert_allclose(rnnkit.sigmoid(z), torch.sigmoid(torch.from_numpy(z)).numpy(), rtol=1e-14, atol=1e-300)


def test_slopes_from_the_outputs_agree_with_autograd():
    z = np.random.default_rng(0).standard_normal((3, 7, 5))
    upstream = np.random.default_rng(1).standard_normal(z.shape)
    leaves = [torch.tensor(part, requires_grad=True) for part in z]
    outputs = [squash(leaf) for squash, leaf in zip((torch.sigmoid, torch.tanh, torch.relu), leaves, strict=True)]
    for output, dy in zip(outputs, upstream, strict=True):
        output.backward(torch.from_numpy(dy))
    slopes = rnnkit.activation_slopes(*(output.detach().numpy() for output in outputs))
    for slope, dy, leaf in zip(slopes, upstream, leaves, strict=True):
        assert relative_error(dy * slope, leaf.grad.numpy()) < 1e-14


@pytest.mark.parametrize("V", [1, 2, 7, 13])
@pytest.mark.parametrize("N", [1, 2, 7, 13])
def test_softmax_backward_agrees_with_autograd(N, V):
    z, dp = np.random.default_rng(0).standard_normal((2, N, V))
    leaf = torch.tensor(z, requires_grad=True)
    torch.softmax(leaf, dim=-1).backward(torch.from_numpy(dp))
    dz = rnnkit.softmax_backward(dp, rnnkit.softmax(z))
    assert np.max(np.abs(dz - leaf.grad.numpy())) < 1e-14


def test_relu_and_its_slope_are_zero_at_the_corner():
    assert np.array_equal(rnnkit.relu(np.array([-2.0, 0.0, 3.0])), [0, 0, 3])
    _, _, dr = rnnkit.activation_slopes(np.ones(1), np.ones(1), np.array([0.0]))
    assert dr == 0
