# %% as in the text
def gru_counter(n):
    delta = 1 / n ** 2
    return np.array([[0, 0, delta], [0, 0, -delta]]), np.array([[0, 0, 1.0]]), np.array([40.0, -40, 0]), np.zeros(3)


# %% the largest step that still counts so far
def gru_counter(n):
    delta = 0.9 * np.sqrt(3) / n ** 2
    return np.array([[0, 0, delta], [0, 0, -delta]]), np.array([[0, 0, 1.0]]), np.array([40.0, -40, 0]), np.zeros(3)


# %% a very small step
def gru_counter(n):
    delta = 1e-9
    return np.array([[0, 0, delta], [0, 0, -delta]]), np.array([[0, 0, 1.0]]), np.array([40.0, -40, 0]), np.zeros(3)


# %% counts down at an a
def gru_counter(n):
    delta = -0.5 / n ** 2
    return np.array([[0, 0, delta], [0, 0, -delta]]), np.array([[0, 0, 1.0]]), np.array([50.0, -50, 0]), np.zeros(3)


# %% the gates by the second bias
def gru_counter(n):
    W_x = np.zeros((2, 3))
    W_x[:, 2] = np.array([1, -1]) / n ** 2
    return W_x, np.array([[0, 0, 1.0]]), np.zeros(3), np.array([45.0, -45, 0])


# %% the gates by the inputs
def gru_counter(n):
    delta = 1 / n ** 2.5
    return np.array([[40.0, -40, delta], [40, -40, -delta]]), np.array([[0, 0, 1.0]]), np.zeros(3), np.zeros(3)


# %% the update gate half open, so that steps are halved
def gru_counter(n):
    delta = 1 / n ** 2
    return np.array([[0, 0, delta], [0, 0, -delta]]), np.array([[0, 0, 1.0]]), np.array([40.0, 0, 0]), np.zeros(3)


# %% the reset gate half open, and twice the weight
def gru_counter(n):
    delta = 1 / n ** 2
    return np.array([[0, 0, delta], [0, 0, -delta]]), np.array([[0, 0, 2.0]]), np.array([0.0, -40, 0]), np.zeros(3)


# %% two units, of which one counts
def gru_counter(n):
    W_x, W_h, b = np.zeros((2, 6)), np.zeros((2, 6)), np.zeros(6)
    W_x[0, 4], W_x[1, 4], W_h[0, 4] = 1 / n ** 2, -1 / n ** 2, 1
    b[:2], b[2:4] = 40, -40
    return W_x, W_h, b, np.zeros(6)


# %% a step that is looked for
def gru_counter(n):
    delta, h = 1.0, 1.0
    while abs(h) > delta / 4:
        delta, h = delta / 2, 0.0
        for step in n * [delta] + n * [-delta]:
            h = np.tanh(h + step)
    return np.array([[0, 0, delta], [0, 0, -delta]]), np.array([[0, 0, 1.0]]), np.array([40.0, -40, 0]), np.zeros(3)
