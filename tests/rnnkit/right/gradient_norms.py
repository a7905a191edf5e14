# %% as in the text
def gradient_norms(h, W_h, dh_T):
    norms = np.zeros(h.shape[:2])
    dh = dh_T
    for t in reversed(range(len(h))):
        norms[t] = np.linalg.norm(dh, axis=1)
        da = dh * (1 - h[t] ** 2)
        dh = da @ W_h.T
    return norms


# %% with the step of lesson 03
def gradient_norms(h, W_h, dh_T):
    dh, norms = dh_T, []
    for t in range(len(h) - 1, -1, -1):
        norms.insert(0, np.sqrt((dh ** 2).sum(axis=-1)))
        cache = (np.zeros((len(dh), 3)), np.zeros_like(dh), h[t], np.zeros((3, h.shape[2])), W_h)
        _, dh, _, _, _ = rnn_step_backward(dh, cache)
    return np.array(norms)


# %% the whole matrix of every sequence
def gradient_norms(h, W_h, dh_T):
    T, N, H = h.shape
    norms = np.empty((T, N))
    for n in range(N):
        product = np.eye(H)
        for t in range(T - 1, -1, -1):
            norms[t, n] = np.linalg.norm(dh_T[n] @ product)
            product = product @ np.diag(1 - h[t, n] ** 2) @ W_h.T
    return norms


# %% column vectors
def gradient_norms(h, W_h, dh_T):
    T, N, _ = h.shape
    norms = np.zeros((T, N))
    for n in range(N):
        g = dh_T[n]
        norms[T - 1, n] = np.linalg.norm(g)
        for t in range(T - 1, 0, -1):
            J = np.diag(1 - h[t, n] ** 2) @ W_h.T
            g = J.T @ g
            norms[t - 1, n] = np.linalg.norm(g)
    return norms


# %% in place
def gradient_norms(h, W_h, dh_T):
    norms = np.zeros((h.shape[0], h.shape[1]))
    for t in range(h.shape[0])[::-1]:
        norms[t] = np.linalg.norm(dh_T, axis=1)
        dh_T *= 1 - h[t] ** 2
        dh_T[:] = dh_T @ W_h.T
    return norms


# %% einsum
def gradient_norms(h, W_h, dh_T):
    slopes = 1 - h * h
    found = [dh_T]
    for t in range(len(h) - 1, 0, -1):
        found.append(np.einsum("nj,nj,ij->ni", found[-1], slopes[t], W_h))
    return np.linalg.norm(np.stack(found[::-1]), axis=2)


# %% recursive
def gradient_norms(h, W_h, dh_T):
    here = np.linalg.norm(dh_T, axis=1)[None]
    if len(h) == 1:
        return here
    return np.concatenate([gradient_norms(h[:-1], W_h, (dh_T * (1 - h[-1] ** 2)) @ W_h.T), here])


# %% single numbers
def gradient_norms(h, W_h, dh_T):
    T, N, H = h.shape
    norms = [[0.0] * N for _ in range(T)]
    for n in range(N):
        g = [float(dh_T[n, j]) for j in range(H)]
        for t in range(T - 1, -1, -1):
            norms[t][n] = sum(e * e for e in g) ** 0.5
            g = [sum(g[j] * (1 - h[t, n, j] ** 2) * W_h[i, j] for j in range(H)) for i in range(H)]
    return np.array(norms)


# %% in float32
def gradient_norms(h, W_h, dh_T):
    h, W, g = (np.asarray(a, dtype=np.float32) for a in (h, W_h, dh_T))
    norms = np.zeros(h.shape[:2], np.float32)
    for t in range(len(h) - 1, -1, -1):
        norms[t] = np.linalg.norm(g, axis=1)
        g = np.dot(g * (1 - h[t] ** 2), W.T)
    return norms


# %% helpers
def jacobian(h_t, W_h):
    return (1 - h_t[:, :, None] ** 2) * W_h.T


def back(dh, h_t, W_h):
    return (dh[:, None] @ jacobian(h_t, W_h))[:, 0]


def gradient_norms(h, W_h, dh_T):
    dhs = {len(h) - 1: dh_T}
    for t in range(len(h) - 1, 0, -1):
        dhs[t - 1] = back(dhs[t], h[t], W_h)
    return np.array([np.linalg.norm(dhs[t], axis=-1) for t in range(len(h))])


# %% with torch's autograd
def gradient_norms(h, W_h, dh_T):
    import torch
    d = torch.tensor(dh_T)
    out = [d.norm(dim=1)]
    for h_t in torch.tensor(h[1:][::-1].copy()):
        d = (d * (1 - h_t.square())) @ torch.tensor(W_h).T
        out.append(d.norm(dim=1))
    return torch.stack(out[::-1]).numpy()


# %% scaled on the way, so that nothing underflows
def gradient_norms(h, W_h, dh_T):
    scale = np.linalg.norm(dh_T, axis=1)
    g = dh_T / scale[:, None]
    logs = [np.log(scale)]
    for h_t in h[:0:-1]:
        g = (g * (1 - h_t ** 2)) @ W_h.T
        length = np.linalg.norm(g, axis=1)
        logs += [logs[-1] + np.log(length)]
        g = g / length[:, None]
    return np.exp(logs[::-1])
