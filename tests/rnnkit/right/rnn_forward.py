# %% projects all inputs at once
def rnn_forward(x, h0, W_x, W_h, b):
    a_x, h, cache = x @ W_x + b, h0, []
    states = np.empty((len(x), *h0.shape), np.float32)
    for t, a in enumerate(a_x):
        before, h = h, np.tanh(a + h @ W_h)
        cache.append((x[t], before, h, W_x, W_h))
        states[t] = h
    return states, cache


# %% accumulates
def rnn_forward(x, h0, W_x, W_h, b):
    from itertools import accumulate

    h = [*accumulate(x, lambda h, x_t: np.tanh(np.hstack([x_t, h]) @ np.vstack([W_x, W_h]) + b), initial=h0)]
    return np.stack(h[1:]), [(x_t, before, after, W_x, W_h) for x_t, before, after in zip(x, h, h[1:], strict=False)]


# %% counts with while and keeps one array more
def rnn_forward(x, h0, W_x, W_h, b):
    T = x.shape[0]
    states = np.zeros((T + 1, *h0.shape))
    states[-1] = h0
    cache = [None] * T
    t = 0
    while t < T:
        states[t] = np.tanh(np.einsum("nd,dh->nh", x[t], W_x) + np.einsum("nk,kh->nh", states[t - 1], W_h) + b)
        cache[t] = x[t], states[t - 1].copy(), states[t].copy(), W_x, W_h
        t += 1
    return states[:T], cache
