"""The losses and their gradients are PyTorch's over the valid tokens, for scores of any size, and misuse is named."""

import numpy as np
import pytest
import torch
from cells import assert_equal, draw, leaf

from rnnkit import numerical_gradient, relative_error
from rnnkit.losses import cross_entropy, mean_squared_error

T, N, V = 5, 4, 6
SCORES, OUTPUTS, WANTED = draw((T, N, V), (T, N, V), (T, N, V))
TARGETS = np.random.default_rng(1).integers(0, V, (T, N))
MASK = np.random.default_rng(2).random((T, N)) < 0.6


@pytest.mark.parametrize("mask", [None, MASK, MASK.astype(int), MASK.astype(float)],
                         ids=["all", "bool", "int", "float"])
def test_cross_entropy_and_its_gradient_are_pytorchs_over_the_valid_tokens(mask):
    valid = torch.from_numpy(np.ones((T, N), bool) if mask is None else MASK)
    scores = leaf(SCORES)
    theirs = torch.nn.functional.cross_entropy(scores[valid], torch.from_numpy(TARGETS)[valid])
    theirs.backward()
    loss, dscores = cross_entropy(SCORES, TARGETS, mask)
    assert type(loss) is float and loss == pytest.approx(theirs.item(), rel=1e-12)
    assert_equal([dscores], [scores.grad.numpy()])


@pytest.mark.parametrize("mask", [None, MASK], ids=["all", "mask"])
def test_mean_squared_error_and_its_gradient_are_pytorchs_over_the_valid_tokens(mask):
    valid = torch.from_numpy(np.ones((T, N), bool) if mask is None else MASK)
    outputs = leaf(OUTPUTS)
    theirs = torch.nn.functional.mse_loss(outputs[valid], torch.from_numpy(WANTED)[valid])
    theirs.backward()
    loss, doutputs = mean_squared_error(OUTPUTS, WANTED, mask)
    assert type(loss) is float and loss == pytest.approx(theirs.item(), rel=1e-12)
    assert_equal([doutputs], [outputs.grad.numpy()])


@pytest.mark.parametrize(("loss", "given", "targets"), [(cross_entropy, SCORES, TARGETS),
                                                        (mean_squared_error, OUTPUTS, WANTED)])
def test_gradients_are_the_numerical_ones(loss, given, targets):
    derived = loss(given, targets, MASK)[1]
    assert relative_error(derived, numerical_gradient(lambda z: loss(z, targets, MASK)[0], given)) < 1e-8
    assert not derived[~MASK].any()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scores_of_any_size_have_a_finite_loss(dtype):
    scores = np.array([[1e4, -1e4, 0], [-1e30, 0, 1e30]], dtype)
    loss, dscores = cross_entropy(scores, np.array([0, 2]))
    assert loss == 0 and not dscores.any() and dscores.dtype == dtype
    assert cross_entropy(scores[:1], np.array([1]))[0] == 2e4


def test_scores_that_are_all_the_same_cost_log_v():
    assert cross_entropy(np.zeros((T, N, V)), TARGETS)[0] == pytest.approx(np.log(V))


@pytest.mark.parametrize("elsewhere", [-1, 10 ** 6])
def test_what_stands_at_masked_places_does_not_matter(elsewhere):
    padded = np.where(MASK, TARGETS, elsewhere)
    garbage = np.where(MASK[..., None], SCORES, np.nan)
    loss, dscores = cross_entropy(SCORES, TARGETS, MASK)
    again, dagain = cross_entropy(garbage, padded, MASK)
    assert again == loss and np.array_equal(dagain, dscores)
    loss, doutputs = mean_squared_error(OUTPUTS, WANTED, MASK)
    again, dagain = mean_squared_error(OUTPUTS, np.where(MASK[..., None], WANTED, np.inf), MASK)
    assert again == loss and np.array_equal(dagain, doutputs)


def test_padding_does_not_change_the_loss():
    longer = np.concatenate([SCORES, np.ones((3, N, V))])
    mask = np.arange(T + 3)[:, None].repeat(N, 1) < T
    padded = cross_entropy(longer, np.concatenate([TARGETS, np.zeros((3, N), int)]), mask)[0]
    assert padded == pytest.approx(cross_entropy(SCORES, TARGETS)[0], rel=1e-14)


def test_nothing_that_was_given_is_changed():
    given_ = [SCORES.copy(), TARGETS.copy(), MASK.copy()]
    cross_entropy(*given_)
    assert all(np.array_equal(*pair) for pair in zip(given_, (SCORES, TARGETS, MASK), strict=True))


@pytest.mark.parametrize(("call", "words"), [
    (lambda: cross_entropy(SCORES, TARGETS, np.zeros((T, N), bool)), "no token is valid"),
    (lambda: cross_entropy(SCORES[:0], TARGETS[:0]), "no token is valid"),
    (lambda: mean_squared_error(OUTPUTS, WANTED, np.zeros((T, N))), "no token is valid"),
    (lambda: cross_entropy(SCORES, TARGETS + 1), rf"from 0 to {V - 1}, because the scores have V = {V}; .* {V}\."),
    (lambda: cross_entropy(SCORES, TARGETS - 1), "the smallest is -1"),
    (lambda: cross_entropy(SCORES, TARGETS.astype(float)), "whole numbers from 0 to 5; they are float64"),
    (lambda: cross_entropy(SCORES, TARGETS[:3]), r"targets have shape \(3, 4\).* should be \(5, 4\)"),
    (lambda: cross_entropy(SCORES, TARGETS, MASK.T), r"the mask has shape \(4, 5\); it should be \(5, 4\)"),
    (lambda: cross_entropy(SCORES, TARGETS, 2 * MASK), "it holds other values"),
    (lambda: mean_squared_error(OUTPUTS, WANTED[..., :2]), r"targets have shape \(5, 4, 2\)"),
    (lambda: mean_squared_error(OUTPUTS, WANTED, MASK[:2]), "the mask has shape"),
])
def test_what_makes_no_loss_is_refused_in_words(call, words):
    with pytest.raises(ValueError, match=words):
        call()
