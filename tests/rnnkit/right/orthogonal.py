# %% as in the text
def orthogonal(size, rng):
    Q, R = np.linalg.qr(rng.standard_normal((size, size)))
    return Q * np.sign(np.diag(R))


# %% signs as a matrix
def orthogonal(size, rng):
    A = rng.normal(0, 1, size=(size, size))
    Q, R = np.linalg.qr(A)
    D = np.diag(np.diag(R) / np.abs(np.diag(R)))
    return Q @ D


# %% rows in the place of columns
def orthogonal(size, rng):
    Q, R = np.linalg.qr(rng.standard_normal((size, size)).T)
    return (Q * np.where(np.diag(R) < 0, -1, 1)).T


# %% random signs
def orthogonal(size, rng):
    Q, _ = np.linalg.qr(rng.standard_normal((size, size)))
    return Q * rng.choice([-1.0, 1.0], size)


# %% polar factor
def orthogonal(size, rng):
    U, _, Vt = np.linalg.svd(rng.standard_normal((size, size)))
    return U @ Vt


# %% Gram and Schmidt
def orthogonal(size, rng):
    Q = np.zeros((size, size))
    for k in range(size):
        a = rng.standard_normal(size)
        for _ in range(2):
            a = a - Q[:, :k] @ (Q[:, :k].T @ a)
        Q[:, k] = a / np.linalg.norm(a)
    return Q


# %% Gram and Schmidt in rows, in a list
def orthogonal(size, rng):
    rows = []
    while len(rows) < size:
        a = rng.standard_normal(size)
        for row in rows:
            a = a - (a @ row) * row
        rows.append(a / np.sqrt(a @ a))
    return np.array(rows)


# %% reflections, of Householder
def orthogonal(size, rng):
    Q = np.eye(size)
    for k in range(size):
        v = np.zeros(size)
        v[k:] = rng.standard_normal(size - k)
        sign = 1 if v[k] >= 0 else -1
        v[k] += sign * np.linalg.norm(v[k:])
        v /= np.linalg.norm(v)
        Q = Q @ (np.eye(size) - 2 * np.outer(v, v))
        Q[:, k] *= -sign
    return Q


# %% in float32
def orthogonal(size, rng):
    Q, R = np.linalg.qr(rng.standard_normal((size, size)).astype(np.float32))
    return (Q * np.sign(np.diag(R))).astype(np.float32)


# %% a column at a time
def orthogonal(size, rng):
    A = rng.standard_normal(size=(size, size))
    Q, R = np.linalg.qr(A)
    for j in range(size):
        if R[j, j] < 0:
            Q[:, j] = -Q[:, j]
    return Q


# %% a whole number, and copysign
def orthogonal(size, rng):
    size = int(size)
    Q, R = np.linalg.qr(rng.standard_normal(size * size).reshape(size, size))
    return np.copysign(1.0, R.diagonal()) * Q


# %% inverse root of A^T A
def orthogonal(size, rng):
    A = rng.standard_normal((size, size))
    w, V = np.linalg.eigh(A.T @ A)
    return A @ (V / np.sqrt(w)) @ V.T


# %% a child of the generator, and einsum
def orthogonal(size, rng):
    child = np.random.default_rng(rng.integers(2 ** 63))
    Q, R = np.linalg.qr(child.standard_normal((size, size)))
    return np.einsum("ij,j->ij", Q, np.sign(np.einsum("jj->j", R)))
