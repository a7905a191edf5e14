"""The optimizers are PyTorch's step for step, and so is clipping by the global norm, which keeps the direction."""

import itertools

import numpy as np
import pytest
import torch
from cells import draw

from rnnkit.optim import SGD, Adam, clip_by_global_norm, clip_by_value, cosine

SHAPES = (3, 4), (4,), (2, 1, 5)


@pytest.mark.parametrize(("ours", "theirs"), [
    (SGD(0.1), lambda p: torch.optim.SGD(p, 0.1)),
    (SGD(0.1, momentum=0.8), lambda p: torch.optim.SGD(p, 0.1, momentum=0.8)),
    (Adam(), torch.optim.Adam),
    (Adam(0.01, betas=(0.7, 0.95), eps=1e-3), lambda p: torch.optim.Adam(p, 0.01, (0.7, 0.95), 1e-3)),
], ids=["SGD", "momentum", "Adam's defaults", "Adam"])
def test_every_one_of_a_hundred_updates_is_pytorchs(ours, theirs):
    parameters = draw(*SHAPES)
    tensors = [torch.tensor(parameter, requires_grad=True) for parameter in parameters]
    optimizer = theirs(tensors)
    for k in range(100):
        gradients = [10.0 ** (k % 7 - 4) * gradient for gradient in draw(*SHAPES, seed=k)]
        ours(parameters, gradients)
        for tensor, gradient in zip(tensors, gradients, strict=True):
            tensor.grad = torch.tensor(gradient)
        optimizer.step()
        assert max(np.abs(mine - tensor.detach().numpy()).max()
                   for mine, tensor in zip(parameters, tensors, strict=True)) < 1e-12


@pytest.mark.parametrize("limit", [0.5, 1.0, 3.0, 1e6])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_clipping_by_global_norm_is_pytorchs(limit, scale):
    gradients = [scale * gradient for gradient in draw(*SHAPES)]
    tensors = [torch.zeros(shape, requires_grad=True, dtype=torch.float64) for shape in SHAPES]
    for tensor, gradient in zip(tensors, gradients, strict=True):
        tensor.grad = torch.tensor(gradient)
    theirs = torch.nn.utils.clip_grad_norm_(tensors, limit)
    clipped, norm = clip_by_global_norm(gradients, limit)
    assert norm == pytest.approx(theirs.item(), rel=1e-14)
    for mine, tensor in zip(clipped, tensors, strict=True):
        np.testing.assert_allclose(mine, tensor.grad.numpy(), rtol=1e-12)


def flat(arrays):
    return np.concatenate([array.ravel() for array in arrays])


def test_the_global_norm_keeps_the_direction_and_values_do_not():
    gradients = draw(*SHAPES)
    before = flat(gradients)
    for clipped, same in [(clip_by_global_norm(gradients, 0.3)[0], True), (clip_by_value(gradients, 0.3), False)]:
        after = flat(clipped)
        along = before @ after / np.linalg.norm(before) / np.linalg.norm(after)
        assert (1 - along < 1e-12) == same
    assert np.abs(flat(clip_by_value(gradients, 0.3))).max() == 0.3


def test_clipping_leaves_the_given_arrays_alone_and_keeps_their_dtype():
    gradients = [gradient.astype(np.float32) for gradient in draw(*SHAPES)]
    before = [gradient.copy() for gradient in gradients]
    for clipped in (clip_by_global_norm(gradients, 0.1)[0], clip_by_value(gradients, 0.1)):
        assert {array.dtype for array in clipped} == {np.dtype(np.float32)}
    assert all(np.array_equal(*pair) for pair in zip(gradients, before, strict=True))


def test_a_gradient_that_is_no_number_is_not_hidden_by_clipping():
    clipped, norm = clip_by_global_norm([np.array([1.0, np.nan]), np.ones(3)], 1.0)
    assert np.isnan(norm) and np.isnan(flat(clipped)).all()


@pytest.mark.parametrize("update", [SGD(0.1, 0.5), Adam()], ids=["SGD", "Adam"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_parameters_change_in_place_and_keep_their_dtype(update, dtype):
    update = type(update)(np.float64(0.1))
    parameters = [parameter.astype(dtype) for parameter in draw(*SHAPES)]
    same, before = [*parameters], [parameter.copy() for parameter in parameters]
    update(parameters, [np.ones_like(parameter) for parameter in parameters])
    for parameter, array, old in zip(parameters, same, before, strict=True):
        assert parameter is array and parameter.dtype == dtype and (parameter < old).all()


@pytest.mark.parametrize("update", [SGD(0.1), Adam()], ids=["SGD", "Adam"])
def test_gradients_of_something_else_are_refused_before_anything_moves(update):
    parameters = draw(*SHAPES)
    before = [parameter.copy() for parameter in parameters]
    with pytest.raises(ValueError, match="3 parameters and 2 gradients"):
        update(parameters, parameters[:2])
    with pytest.raises(ValueError, match=r"gradient 2 has shape \(2, 5\); its parameter has shape \(2, 1, 5\)"):
        update(parameters, [*parameters[:2], np.ones((2, 5))])
    assert all(np.array_equal(*pair) for pair in zip(parameters, before, strict=True))


@pytest.mark.parametrize("limit", [0, -1, np.nan])
@pytest.mark.parametrize("clip", [clip_by_global_norm, clip_by_value])
def test_a_limit_that_is_not_positive_is_refused(clip, limit):
    with pytest.raises(ValueError, match=f"a limit for gradients should be a positive number; it is {limit}"):
        clip([np.ones(3)], limit)


def test_the_cosine_falls_from_the_rate_to_the_lowest_and_stays_there():
    rate = cosine(0.1, 200, lowest=0.01)
    rates = [rate(done) for done in range(300)]
    assert rates[0] == pytest.approx(0.1) and rates[100] == pytest.approx(0.055) and rates[200] == pytest.approx(0.01)
    assert all(now > after for now, after in itertools.pairwise(rates[:201])) and rates[250] == rates[200]
