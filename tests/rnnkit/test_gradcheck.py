"""The numerical gradient, and the distance it is judged by."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from rnnkit import numerical_gradient, relative_error, sigmoid, softmax, softmax_backward

rng = np.random.default_rng(0)
A, w = rng.standard_normal((4, 6)), rng.standard_normal((3, 6))


@pytest.mark.parametrize(("f", "gradient"), [
    (lambda x: np.sum(x ** 3), lambda x: 3 * x ** 2),
    (lambda x: np.sum(w * np.sin(x @ A)), lambda x: (w * np.cos(x @ A)) @ A.T),
    (lambda x: np.sum(w * sigmoid(x @ A)), lambda x: (w * sigmoid(x @ A) * (1 - sigmoid(x @ A))) @ A.T),
    (lambda x: np.sum(w * softmax(x @ A)), lambda x: softmax_backward(w, softmax(x @ A)) @ A.T),
    (lambda x: x[0, 0] * x[2, 3], lambda x: np.outer([x[2, 3], 0, 0], [1, 0, 0, 0])
                                            + np.outer([0, 0, x[0, 0]], [0, 0, 0, 1])),
], ids=["cube", "sine", "sigmoid", "softmax", "product"])
def test_agrees_with_the_derived_gradient(f, gradient):
    x = rng.standard_normal((3, 4))
    assert relative_error(numerical_gradient(f, x), gradient(x)) < 1e-9


def test_error_shrinks_with_the_square_of_the_step():
    x = rng.standard_normal((3, 4))
    errors = [relative_error(numerical_gradient(lambda z: np.sum(np.exp(z)), x, eps), np.exp(x))
              for eps in (1e-1, 1e-2, 1e-3)]
    assert errors[0] / errors[1] == pytest.approx(100, rel=0.01)
    assert errors[1] / errors[2] == pytest.approx(100, rel=0.01)


@given(arrays(np.float64, array_shapes(max_dims=4, max_side=3), elements=st.floats(-2, 2)))
def test_gradient_of_a_weighted_sum_is_its_weights(x):
    weights = np.cos(np.arange(x.size)).reshape(x.shape)
    np.testing.assert_allclose(numerical_gradient(lambda z: np.sum(weights * z), x), weights, atol=1e-8)


def test_array_without_axes_has_a_slope():
    assert numerical_gradient(np.exp, np.array(1.0)) == pytest.approx(np.e)


def test_function_that_keeps_and_changes_its_argument_does_no_harm():
    def greedy(x):
        x *= 2
        return np.sum(x)

    x = np.ones((2, 2))
    assert np.allclose(numerical_gradient(greedy, x), 2)
    assert np.array_equal(x, np.ones((2, 2)))


vectors = arrays(np.float64, 5, elements=st.floats(-1e100, 1e100))


@given(vectors, vectors)
def test_relative_error_lies_between_0_and_1_and_does_not_mind_the_order(a, n):
    error = relative_error(a, n)
    assert type(error) is float and 0 <= error <= 1
    assert error == relative_error(n, a)
    assert (error == 0) == np.array_equal(a, n)


def test_relative_error_of_opposites_is_1_and_of_zeros_is_0():
    assert relative_error(np.ones(3), -np.ones(3)) == 1
    assert relative_error(np.ones(3), np.zeros(3)) == 1
    assert relative_error(np.zeros(3), np.zeros(3)) == 0


def test_relative_error_measures_by_the_largest_entry():
    assert relative_error(np.array([1.0, 1e-12]), np.array([1.0, 0.0])) == pytest.approx(5e-13)
