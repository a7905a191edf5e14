"""PyTorch's and Keras's layers, given our arrays: the second witness of a lesson.

T time steps, N sequences in a batch, D input size, H hidden size. Time first. Everything is computed in float64.
Both packages are imported when they are asked. Where one is missing, a printed line says so and its answer is None.
"""

import numpy as np

from rnnkit.optional import available


def torch_gru(x, h0, W_x, W_h, b_x, b_h, dh):
    """What torch.nn.GRU makes of our arrays: its blocks lie in our order, r, z, n, and its matrices are transposed.

    x: (T, N, D), h0: (N, H), W_x: (D, 3H), W_h: (H, 3H), b_x, b_h: (3H,), as in `rnnkit.gru_forward`.
    dh: (T, N, H), the upstream gradient of every state.
    Returns h (T, N, H), and a list of its gradients: dx, dh0, dW_x, dW_h, db_x, db_h. Or None without PyTorch.
    """
    if not (torch := available("torch")):
        return None
    layer = torch.nn.GRU(*x.shape[2:], *h0.shape[1:], dtype=torch.float64)
    parameters = list(layer.parameters())   # weight_ih, weight_hh, bias_ih, bias_hh
    with torch.no_grad():
        for parameter, ours in zip(parameters, (W_x.T, W_h.T, b_x, b_h), strict=True):
            parameter.copy_(torch.tensor(ours))
    x, h0 = (torch.tensor(array, dtype=torch.float64, requires_grad=True) for array in (x, h0))
    h, _ = layer(x, h0[None])
    h.backward(torch.tensor(dh))
    return h.detach().numpy(), [tensor.grad.numpy().T if tensor.ndim == 2 and tensor is not h0 else tensor.grad.numpy()
                                for tensor in (x, h0, *parameters)]


def keras_gru(x, h0, W_x, W_h, b):
    """What keras.layers.GRU makes of these arrays, which have to lie in its order: blocks z, r, n, and biases stacked.

    x: (T, N, D), h0: (N, H), W_x: (D, 3H), W_h: (H, 3H), b: (2, 3H).
    Returns h (T, N, H), or None without Keras.
    """
    if not (keras := available("keras")):
        return None
    before = keras.config.floatx()
    keras.config.set_floatx("float64")      # else its products are rounded to float32
    try:
        layer = keras.layers.GRU(len(W_h), return_sequences=True, dtype="float64")
        layer.build((x.shape[1], x.shape[0], x.shape[2]))
        layer.set_weights([W_x, W_h, b])
        h = keras.ops.convert_to_numpy(layer(x.swapaxes(0, 1), initial_state=h0))
    finally:
        keras.config.set_floatx(before)
    return np.swapaxes(h, 0, 1)


def parameters_in(package, D, H):
    """How many parameters a package's own layers count: {"rnn", "lstm", "gru", "gru before": a whole number}.

    package: "torch" or "keras". D, H: the input size and the hidden size. PyTorch has no GRU whose reset gate comes
    before the product, so that one is missing. Without the package the answer is empty.
    """
    if not (library := available(package)):
        return {}
    if package == "torch":
        modules = {"rnn": library.nn.RNN, "lstm": library.nn.LSTM, "gru": library.nn.GRU}
        return {name: sum(p.numel() for p in module(D, H).parameters()) for name, module in modules.items()}
    cells = library.layers
    layers = {"rnn": cells.SimpleRNN(H), "lstm": cells.LSTM(H), "gru": cells.GRU(H),
              "gru before": cells.GRU(H, reset_after=False)}
    for layer in layers.values():
        layer.build((1, 1, D))
    return {name: layer.count_params() for name, layer in layers.items()}
