# %% block by block
def bracket_counter():
    W_x = np.zeros((4, 4))
    W_x[:, 0] = 50, 50, -50, -50
    W_x[:, 1] = 50, 50, -50, 50
    W_x[:, 2] = 30, -30, 0, 0
    return W_x, np.zeros((1, 4)), np.zeros(4)


# %% with biases
def bracket_counter():
    W_x = np.array([[80.0, 0, 25, 0], [80, 0, -25, 0], [0, -80, 0, 0], [0, 0, 0, 0]])
    return W_x, np.zeros((1, 4)), np.array([-40.0, 40, 0, 0])


# %% the input gate always open, the candidate zero
def bracket_counter():
    W_x = np.array([[0.0, 0, 25, 0], [0, 0, -25, 0], [0, -90, 0, 0], [0, 0, 0, 0]])
    return W_x, np.zeros((1, 4)), np.array([40.0, 40, 0, -40])


# %% two units, of which the second counts semicolons
def bracket_counter():
    W_x, b = np.zeros((4, 8)), np.repeat([40.0, 40, 0, -40], 2)
    W_x[0, 4], W_x[1, 4], W_x[2, 2] = 25, -25, -90
    W_x[2, 5] = 25
    return W_x, np.zeros((2, 8)), b


# %% whole numbers
def bracket_counter():
    return (np.array([[60, 60, 60, 0], [60, 60, -60, 0], [-60, -60, 0, 0], [-60, 60, 0, 0]]),
            np.zeros((1, 4), int), np.zeros(4, int))


# %% a candidate that is not zero where nothing is let in
def bracket_counter():
    i, f, g, o = [40, 40, -40, -40], [40, 40, -40, 40], [20, -20, 5, 5], [1, 2, 3, 4]
    return np.array([i, f, g, o], float).T, np.zeros((1, 4)), np.zeros(4)


# %% blocks put side by side
def bracket_counter():
    numbers = [40, 40, 0, -40], [40, 40, -40, 40], [20, -20, 0, 0], [0] * 4
    blocks = [np.array(block, float)[:, None] for block in numbers]
    return np.hstack(blocks), np.hstack([np.zeros((1, 1))] * 4), np.hstack([np.zeros(1)] * 4)


# %% in float32
def bracket_counter():
    W_x = np.array([[40, 40, 20, 0], [40, 40, -20, 0], [-40, -40, 0, 0], [-40, 40, 0, 0]], np.float32)
    return W_x, np.zeros((1, 4), np.float32), np.zeros(4, np.float32)


# %% with a dictionary of symbols
def bracket_counter():
    what = {"(": (40, 40, 20, 40), ")": (40, 40, -20, 40), ";": (-40, -40, 0, -40), "a": (-40, 40, 0, 40)}
    return np.array([what[symbol] for symbol in "();a"], float), np.zeros((1, 4)), np.zeros(4)


# %% a second unit that says inside or not, and that nobody hears
def bracket_counter():
    W_x, W_h, b = np.zeros((4, 8)), np.zeros((2, 8)), np.zeros(8)
    W_x[:, [0, 2, 4]] = np.array([[40, 40, -40, -40], [40, 40, -40, 40], [20, -20, 0, 0]]).T
    W_h[0, 5] = 3
    return W_x, W_h, b
