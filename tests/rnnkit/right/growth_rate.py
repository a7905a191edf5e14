# %% as in the text
def growth_rate(h, W_h, v):
    v = v / np.linalg.norm(v, axis=1, keepdims=True)
    total = 0
    for t in range(len(h)):
        v = (v @ W_h) * (1 - h[t] ** 2)
        norm = np.linalg.norm(v, axis=1, keepdims=True)
        total = total + np.log(norm)
        v = v / norm
    return np.exp(total / len(h))[:, 0]


# %% with an axis too many
def growth_rate(h, W_h, v):
    logs = []
    for h_t in h:
        before = np.linalg.norm(v, axis=1, keepdims=True)
        v = (v / before) @ W_h * (1 - h_t ** 2)
        logs.append(np.log(np.linalg.norm(v, axis=1, keepdims=True)))
    return np.exp(np.mean(logs, axis=0))


# %% ratios
def growth_rate(h, W_h, v):
    ratios = []
    for h_t in h:
        new = v.dot(W_h) * (1 - h_t * h_t)
        ratios.append(np.sqrt((new ** 2).sum(-1)) / np.sqrt((v ** 2).sum(-1)))
        v = new / np.abs(new).max(axis=1, keepdims=True)
    return np.exp(np.log(ratios).mean(0))


# %% one sequence at a time
def growth_rate(h, W_h, v):
    rates = []
    for n in range(h.shape[1]):
        u, s = v[n] / np.linalg.norm(v[n]), 0.0
        for t in range(h.shape[0]):
            u = np.diag(1 - h[t, n] ** 2) @ (W_h.T @ u)
            s += np.log(np.linalg.norm(u))
            u /= np.linalg.norm(u)
        rates.append(np.exp(s / h.shape[0]))
    return np.array(rates)


# %% base two
def growth_rate(h, W_h, v):
    def length(a):
        return np.linalg.norm(a, axis=1)

    v, bits = v / length(v)[:, None], np.zeros(len(v))
    for h_t in h:
        v = np.multiply(v @ W_h, 1 - np.square(h_t))
        bits += np.log2(length(v))
        v = v / length(v)[:, None]
    return 2 ** (bits / len(h))


# %% geometric mean step by step
def growth_rate(h, W_h, v):
    T = len(h)
    rate = np.ones(len(v))
    v = v / np.linalg.norm(v, axis=1)[:, None]
    for h_t in h:
        v = (v @ W_h) * (1 - h_t ** 2)
        size = np.linalg.norm(v, axis=1)
        rate *= size ** (1 / T)
        v = v / size[:, None]
    return rate


# %% normalized every tenth step
def growth_rate(h, W_h, v):
    start = np.linalg.norm(v, axis=1)
    log = -np.log(start)
    for t, h_t in enumerate(h, 1):
        v = (v @ W_h) * (1 - h_t ** 2)
        if t % 10 == 0:
            size = np.linalg.norm(v, axis=1)
            log += np.log(size)
            v = v / size[:, None]
    log += np.log(np.linalg.norm(v, axis=1))
    return np.exp(log / len(h))


# %% in place
def growth_rate(h, W_h, v):
    v = v.copy()
    v /= np.linalg.norm(v, axis=1, keepdims=True)
    logs = np.empty(h.shape[:2])
    for t, h_t in enumerate(h):
        v @= W_h
        v *= 1 - h_t ** 2
        norms = np.linalg.norm(v, axis=1)
        logs[t] = np.log(norms)
        v /= norms[:, None]
    return np.exp(logs.mean(axis=0))


# %% in float32
def growth_rate(h, W_h, v):
    h, W_h, v = (a.astype("float32") for a in (h, W_h, v))
    v = v / np.linalg.norm(v, axis=1, keepdims=True)
    logs = np.zeros(len(v), np.float32)
    for h_t in h:
        v = (v @ W_h) * (1 - h_t ** 2)
        n = np.linalg.norm(v, axis=1)
        logs += np.log(n)
        v = v / n[:, None]
    return np.exp(logs / len(h))


# %% einsum, and half the logarithm of the square
def growth_rate(h, W_h, v):
    s, logs = 1 - h ** 2, []
    v = v / np.sqrt(np.einsum("nh,nh->n", v, v))[:, None]
    for s_t in s:
        v = np.einsum("ni,ij,nj->nj", v, W_h, s_t)
        square = np.einsum("nh,nh->n", v, v)
        logs.append(0.5 * np.log(square))
        v = v / square[:, None] ** 0.5
    return np.exp(sum(logs) / len(logs))


# %% helpers
def unit(v):
    n = np.linalg.norm(v, axis=-1)
    return v / n[..., None], n


def pushed(v, h_t, W_h):
    return (v @ W_h) * (1 - h_t ** 2)


def growth_rate(h, W_h, v):
    v, _ = unit(v)
    lengths = []
    for h_t in h:
        v, n = unit(pushed(v, h_t, W_h))
        lengths.append(n)
    return np.exp(np.mean(np.log(lengths), axis=0))


# %% a list of numbers
import math


def growth_rate(h, W_h, v):
    T, N, _ = h.shape
    out = []
    for n in range(N):
        u = [float(e) for e in v[n]]
        size = math.sqrt(math.fsum(e * e for e in u))
        total = 0.0
        for t in range(T):
            u = [e / size for e in u]
            u = (np.array(u) @ W_h * (1 - h[t, n] ** 2)).tolist()
            size = math.sqrt(math.fsum(e * e for e in u))
            total += math.log(size)
        out.append(math.exp(total / T))
    return np.array(out)
