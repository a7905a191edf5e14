# %% as in the text
def clip_by_global_norm(gradients, limit):
    norm = np.sqrt(sum(np.sum(g ** 2) for g in gradients))
    factor = min(1, limit / (norm + 1e-6))
    return [g * factor for g in gradients], norm


# %% an if
def clip_by_global_norm(gradients, limit):
    total = 0
    for g in gradients:
        total += (g ** 2).sum()
    norm = total ** 0.5
    if norm > limit:
        gradients = [g * limit / norm for g in gradients]
    return gradients, norm


# %% in place
def clip_by_global_norm(gradients, limit):
    norm = np.sqrt(sum((g * g).sum() for g in gradients))
    if norm > limit:
        for g in gradients:
            g *= limit / norm
    return gradients, norm


# %% one long vector
def clip_by_global_norm(gradients, limit):
    long = np.concatenate([g.ravel() for g in gradients])
    norm = np.linalg.norm(long)
    long = long * (limit / max(norm, limit))
    out, start = [], 0
    for g in gradients:
        out.append(long[start:start + g.size].reshape(g.shape))
        start += g.size
    return out, norm


# %% a norm of norms
def clip_by_global_norm(gradients, limit):
    norm = np.linalg.norm([np.linalg.norm(g) for g in gradients])
    return tuple(np.where(norm > limit, limit / np.maximum(norm, limit), 1) * g for g in gradients), norm


# %% math.hypot
import math


def clip_by_global_norm(gradients, limit):
    norm = math.hypot(*(float(np.linalg.norm(g)) for g in gradients))
    factor = 1.0 if norm <= limit else limit / norm
    return [factor * np.array(g) for g in gradients], norm


# %% a generator
def clip_by_global_norm(gradients, limit):
    norm = np.sqrt(np.sum([np.vdot(g, g) for g in gradients]))
    scale = np.clip(limit / (norm + 1e-12), 0, 1)
    return (scale * g for g in gradients), norm


# %% single numbers
def clip_by_global_norm(gradients, limit):
    square = 0.0
    for g in gradients:
        for e in np.nditer(g):
            square += float(e) ** 2
    norm = math.sqrt(square) if "math" in globals() else square ** 0.5
    clipped = []
    for g in gradients:
        c = np.zeros_like(g)
        for index in np.ndindex(*g.shape):
            c[index] = g[index] * limit / norm if norm > limit else g[index]
        clipped.append(c)
    return clipped, norm


# %% in float32
def clip_by_global_norm(gradients, limit):
    gradients = [g.astype(np.float32) for g in gradients]
    norm = np.sqrt(sum(np.sum(g ** 2) for g in gradients))
    return [g * np.float32(min(1.0, limit / (norm + 1e-6))) for g in gradients], norm


# %% with torch
def clip_by_global_norm(gradients, limit):
    import torch
    parameters = [torch.zeros(g.shape, dtype=torch.float64, requires_grad=True) for g in gradients]
    for p, g in zip(parameters, gradients, strict=True):
        p.grad = torch.tensor(g)
    norm = torch.nn.utils.clip_grad_norm_(parameters, limit)
    return [p.grad.numpy() for p in parameters], float(norm)


# %% helpers, and np.dot
def length(arrays):
    return np.sqrt(sum(np.dot(a.flatten(), a.flatten()) for a in arrays))


def shrink(arrays, factor):
    return list(map(lambda a: factor * a, arrays))


def clip_by_global_norm(gradients, limit):
    norm = length(gradients)
    return (shrink(gradients, limit / norm) if norm >= limit else gradients), norm


# %% an array of arrays
def clip_by_global_norm(gradients, limit):
    held = np.empty(len(gradients), object)
    held[:] = gradients
    norm = np.sqrt(sum(np.square(g).sum() for g in held))
    return held * min(1, limit / (norm + 1e-6)), norm
