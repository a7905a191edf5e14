"""Mutants that are no slips: exercise -> the line as it became -> why the results are the same. For `make mutants`."""

SIZES = "only sizes are read here, and every step and every row has the same"
OVERWRITTEN = "every entry is written before it is read"
ZEROS = "-0.0 is 0.0"
BIASES = {f"dW_x, dW_h, db = (np.zeros_like(W_x), np.zeros_like(W_h), np.zeros_like(W_h[{row}]))": SIZES
          for row in ("0 - 1", "1", "-1")}

UNSIGNED = "a vector and its negative have one length"

EQUIVALENT = {
    "gradient_norms": {
        "dh_t = -(dh_t * (1 - h_t ** 2) @ W_h.T)": UNSIGNED,
        "dh_t = dh_t * (h_t ** 2 - 1) @ W_h.T": UNSIGNED,
    },
    "growth_rate": {
        "v = -(v / np.linalg.norm(v, axis=1, keepdims=True))": UNSIGNED,
        "v = -(v @ W_h * (1 - h_t ** 2))": UNSIGNED,
        "v = -(v / length)": UNSIGNED,
        "v = v @ W_h * (h_t ** 2 - 1)": UNSIGNED,
        "logs.append(np.log(length[:, -1]))": "the last of one column is the first",
    },
    "clip_by_global_norm": {
        **dict.fromkeys(("if not limit >= 0:", "if not limit > 1:", "if not limit > -1:"),
                        "which limits are refused is tested in test_optim, not by the exercise"),
        "factor = float(np.minimum(limit / (norm + 1e-06), 1))": "the smaller of two has no order",
        "factor = float(np.minimum(1, limit / (norm - 1e-06)))": "2e-6 beside the norm is within tolerance",
    },
    "sigmoid": {
        "return np.where(z > 0, 1, e) / (1 + e)": "at z = 0, e is 1, so both branches are the same",
    },
    "softmax": {
        "e = -np.exp(below)": "the sign of e cancels in e / sum(e)",
        "return e / np.sum(e, axis=1, keepdims=True)": "the last axis of a matrix is axis 1",
        "below = z - np.max(z, axis=1, keepdims=True)": "the last axis of a matrix is axis 1",
    },
    "numerical_gradient": {
        "gradient = -np.empty_like(x)": OVERWRITTEN,
        "if (shape := np.shape(f(x))):": "f changes nothing in what it is given",
    },
    "rnn_backward": {
        "dx = -np.zeros((len(cache), *x.shape), x.dtype)": OVERWRITTEN,
        "dx = np.ones((len(cache), *x.shape), x.dtype)": OVERWRITTEN,
        "dh_next = -np.zeros_like(h0)": ZEROS,
        "x, h0, _, W_x, W_h = cache[0 - 1]": SIZES,
        "x, h0, _, W_x, W_h = cache[-1]": SIZES,
        "dW_x, dW_h, db = (np.zeros_like(W_x), np.zeros_like(W_h), np.zeros_like(W_h[0 - 1]))": SIZES,
        "dW_x, dW_h, db = (np.zeros_like(W_x), np.zeros_like(W_h), np.zeros_like(W_h[1]))": SIZES,
        "dW_x, dW_h, db = (np.zeros_like(W_x), np.zeros_like(W_h), np.zeros_like(W_h[-1]))": SIZES,
    },
    "lstm_backward": {
        "dx = -np.zeros((len(cache), *x.shape), x.dtype)": OVERWRITTEN,
        "dx = np.ones((len(cache), *x.shape), x.dtype)": OVERWRITTEN,
        "x, h0, *_, W_x, W_h = cache[0 - 1]": SIZES,
        "x, h0, *_, W_x, W_h = cache[-1]": SIZES,
        "dW_x, dW_h, db = (np.zeros_like(W_x), np.zeros_like(W_h), np.zeros_like(W_h[0 - 1]))": SIZES,
        "dW_x, dW_h, db = (np.zeros_like(W_x), np.zeros_like(W_h), np.zeros_like(W_h[1]))": SIZES,
        "dW_x, dW_h, db = (np.zeros_like(W_x), np.zeros_like(W_h), np.zeros_like(W_h[-1]))": SIZES,
    },
    "exhibit_sum": {
        "x, h0, _, W_x, W_h = cache[0 - 1]": SIZES,
        "x, h0, _, W_x, W_h = cache[-1]": SIZES,
        "dx, dh_next = (np.ones((len(cache), *x.shape)), np.zeros_like(h0))": OVERWRITTEN,
        **BIASES,
    },
    "exhibit_upstream": {
        "x, *_, W_x, W_h = cache[0 - 1]": SIZES,
        "x, *_, W_x, W_h = cache[-1]": SIZES,
        "dx, dh_next = (np.ones((len(cache), *x.shape)), dh_T)": OVERWRITTEN,
        **BIASES,
    },
    "exhibit_carry": {
        "x, h0, *_, W_x, W_h = cache[0 - 1]": SIZES,
        "x, h0, *_, W_x, W_h = cache[-1]": SIZES,
        "dx, dh_next, dc_next = (np.ones((len(cache), *x.shape)), np.zeros_like(h0), dc_T)": OVERWRITTEN,
        **BIASES,
    },
    "exhibit_states": {
        "dx, dh_next = (np.ones_like(x), np.zeros_like(h0))": OVERWRITTEN,
        **BIASES,
    },
    "gru_backward": {
        "dx = -np.zeros((len(cache), *x.shape), x.dtype)": OVERWRITTEN,
        "dx = np.ones((len(cache), *x.shape), x.dtype)": OVERWRITTEN,
        "dh_next = -np.zeros_like(h0)": ZEROS,
        "x, h0, *_, W_x, W_h = cache[0 - 1]": SIZES,
        "x, h0, *_, W_x, W_h = cache[-1]": SIZES,
        **{f"dW_x, dW_h, db_x, db_h = (np.zeros_like(W_x), np.zeros_like(W_h), {biases})": SIZES
           for row in ("0 - 1", "1", "-1")
           for biases in (f"np.zeros_like(W_h[{row}]), np.zeros_like(W_h[0])",
                          f"np.zeros_like(W_h[0]), np.zeros_like(W_h[{row}])")},
    },
    "parameter_count": {
        "W_x, W_h, b = (H * H, D * H, H)": "only the sum of the two is used",
    },
}
