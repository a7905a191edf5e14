"""Answers that are wrong and look right: remembered, guessed, nearly right, right at times. And some that are right."""

from attack import GUESS, HONEST, LSTM, MUSEUM, PRELUDE, THROUGH_TIME, Attack, during_call, on_step, text

STEP = "np.tanh(x @ W_x + h @ W_h + b)"


def nearly(name, expression):
    """rnn_step, but with another expression for the new state, called y."""
    return during_call(name, f"y = {STEP}\nreturn {expression}, None")


def measured(signature, forward, *upstream):
    """A backward pass that measures every gradient of a forward pass that keeps its arguments as the cache."""
    loss = " + ".join(f"np.sum({each} * states[{k}]{'[-1]' * each.endswith('_T')})"
                      for k, each in enumerate(upstream))
    return f"""
def {signature}:
    def loss(k, value):
        states = {forward}(*cache[:k], value, *cache[k + 1:])
        return {loss}
    return [numerical_gradient(lambda value, k=k: loss(k, value), array) for k, array in enumerate(cache)]
"""


RNN_FORWARD = """
from rnnkit import numerical_gradient
def rnn_forward(x, h0, W_x, W_h, b):
    h = [h0]
    for x_t in x:
        h.append(np.tanh(x_t @ W_x + h[-1] @ W_h + b))
    return np.stack(h[1:]), (x, h0, W_x, W_h, b)
"""
LSTM_STEP = """
from rnnkit import lstm_gates, numerical_gradient
def lstm_step(x, h, c, W_x, W_h, b):
    i, f, g, o = lstm_gates(x, h, W_x, W_h, b)
    c_next = f * c + i * g
    return o * np.tanh(c_next), c_next, (x, h, c, W_x, W_h, b)
"""
MEASURED_STEP = LSTM_STEP + measured("lstm_step_backward(dh_next, dc_next, cache)", "lstm_step", "dh_next", "dc_next")
MEASURED = LSTM_STEP + """
def lstm_forward(x, h0, c0, W_x, W_h, b):
    h, c = [h0], [c0]
    for x_t in x:
        h_t, c_t, _ = lstm_step(x_t, h[-1], c[-1], W_x, W_h, b)
        h.append(h_t)
        c.append(c_t)
    return np.stack(h[1:]), np.stack(c[1:]), (x, h0, c0, W_x, W_h, b)
""" + measured("lstm_backward(dh, dc_T, cache)", "lstm_forward", "dh", "dc_T")
ONE_SIDED = """
def slopes(f, x, eps=1e-7):
    first, found, flat = f(x), np.empty(x.size), x.reshape(-1)
    for k in range(x.size):
        flat[k] += eps
        found[k] = (f(x) - first) / eps
        flat[k] -= eps
    return found.reshape(x.shape)
"""
# All entries of a column of weights moved at once, and no more computed anew than what moves: the fastest differences.
IN_ONE_BATCH = """
from rnnkit import rnn_step
def rnn_forward(x, h0, W_x, W_h, b):
    h = [h0]
    for x_t in x:
        h.append(np.tanh(x_t @ W_x + h[-1] @ W_h + b))
    return np.stack(h[1:]), (x, h0, W_x, W_h, b)

def rnn_backward(dh, cache):
    x, h0, W_x, W_h, b = cache
    (T, N, D), H, eps = x.shape, len(W_h), 1e-6
    h = np.concatenate([h0[None], rnn_forward(x, h0, W_x, W_h, b)[0]])
    base, a = np.sum(dh * h[1:]), x @ W_x + b

    def moved(count, into, column):
        states, found = np.broadcast_to(h[0], (count, N, H)), -base * np.ones(count)
        for t in range(T):
            if t == 0:
                sums = np.broadcast_to(a[0] + h[0] @ W_h, (count, N, H)).copy()
            elif t == 1:
                sums = a[1] + h[1] @ W_h + (states - h[1])[:, :, column, None] * W_h[column]
            else:
                sums = (states.reshape(-1, H) @ W_h).reshape(count, N, H) + a[t]
            sums[:, :, column] += eps * into(t, states)
            states = np.tanh(sums)
            found += np.einsum("knh,nh->k", states, dh[t])
        return found / eps

    dW_h = np.stack([moved(H, lambda t, s: np.einsum("knk->kn", s), j) for j in range(H)], 1)
    dW_x = np.stack([moved(D, lambda t, s: x[t].T, j) for j in range(H)], 1)
    db = np.stack([moved(1, lambda t, s: 1, j)[0] for j in range(H)])

    def one_by_one(value, loss):
        found = np.zeros_like(value)
        for place in np.ndindex(value.shape):
            step = np.zeros_like(value)
            step[place] = eps
            found[place] = (loss(value + step) - base) / eps
        return found
    loss = lambda x, h0: np.sum(dh * rnn_forward(x, h0, W_x, W_h, b)[0])
    return one_by_one(x, lambda x: loss(x, h0)), one_by_one(h0, lambda h0: loss(x, h0)), dW_x, dW_h, db
"""
REPAIR = """
def exhibit_sum(dh, cache):
    total, dx, carry = 0, [], 0
    for t in reversed(range(len(cache))):
        dx_t, carry, *weights = rnn_step_backward(dh[t] + carry, cache[t])
        total = weights if t == len(cache) - 1 else [a + b for a, b in zip(total, weights)]
        dx.append(dx_t)
    return np.array(dx[::-1]), carry, *total
"""

ATTACKS = [
    on_step("remembers-public-answers", """
import hashlib
KNOWN = $public
def rnn_step(x, h, W_x, W_h, b):
    key = hashlib.sha256(x.tobytes()).hexdigest()
    return np.array(KNOWN.get(key, np.zeros(h.shape).tolist())), None
"""),
    during_call("right-for-public-sizes", f"""
if x.shape[0] == 3:
    return {STEP}, None
"""),
    on_step("right-at-the-first-call", f"""
calls = []
def rnn_step(x, h, W_x, W_h, b):
    calls.append(1)
    return ({STEP} if len(calls) == 1 else np.zeros_like(h)), None
"""),
    on_step("right-at-every-other-call", f"""
calls = []
def rnn_step(x, h, W_x, W_h, b):
    calls.append(1)
    return ({STEP} if len(calls) % 2 else np.zeros_like(h)), None
"""),
    on_step("right-before-it-forgets", f"""
memory = {{}}
def rnn_step(x, h, W_x, W_h, b):
    return memory.setdefault("answer", {STEP}), None
"""),
    nearly("off-by-one-in-ten-thousand", "y * 1.0001"),
    nearly("off-in-one-entry", "y + 4e-5 * np.max(np.abs(y)) * (np.arange(y.size).reshape(y.shape) == 0)"),
    nearly("wrong-sign", "-y"),
    nearly("another-order-of-rows", "y[::-1]"),
    nearly("another-order-of-units", "np.sort(y, axis=1)"),
    nearly("transposed", "y.T"),
    nearly("one-huge-entry", "np.where(np.eye(*y.shape) == 1, 1e300, y)"),
    nearly("averaged", "np.full_like(y, y.mean())"),
    nearly("noisy", "y + 1e-3 * np.random.randn(*y.shape)"),
    nearly("rounded", "np.round(y, 3)"),
    nearly("one-more-axis-each-time", "np.broadcast_to(y, (2, *y.shape))"),
    during_call("random-guess", "return np.tanh(np.random.randn(*h.shape)), None"),
    during_call("inputs-returned", "return h, None"),
    during_call("inputs-turned-into-the-answer", f"""
h[:] = {STEP}
x[:] = W_x[:] = W_h[:] = b[:] = 0
return np.zeros_like(h), None
"""),
    Attack("half-honest-in-one-buffer", {"rnn_step": f"""
buffer = np.empty(10 ** 4)
def rnn_step(x, h, W_x, W_h, b):
    h_next = buffer[: h.size].reshape(h.shape)
    h_next[...] = {STEP}
    return h_next, None
"""}, earns={"rnn_step": 4}),
    Attack("half-honest-with-a-wrong-forward-pass", {"rnn_forward": HONEST["rnn_forward"].replace("np.tanh", "np.sin"),
                                                     "rnn_step": HONEST["rnn_step"], "readout": HONEST["readout"]},
           earns={"rnn_step": 4, "readout": 3}),
    Attack("cache-from-the-future", {"rnn_step_backward": PRELUDE + """
def rnn_step(x, h, W_x, W_h, b):
    return np.zeros_like(h), "rnn_step_backward 4 of 4 points"
def rnn_step_backward(dh_next, cache):
    return [np.zeros_like(dh_next)] * 5
"""}, THROUGH_TIME),
    # Every gradient measured with a formula of one's own, and none derived: too slow for the arrays of the last case.
    Attack("half-honest-by-numerical-differentiation", {"rnn_step_backward": """
def rnn_step_backward(dh_next, cache):
    x, h, h_next, W_x, W_h = cache
    b = (np.arctanh(h_next) - x @ W_x - h @ W_h)[0]
    values = [x, h, W_x, W_h, b]

    def loss(k, moved):
        x, h, W_x, W_h, b = [*values[:k], moved, *values[k + 1:]]
        return np.sum(dh_next * np.tanh(x @ W_x + h @ W_h + b))

    gradients = [np.zeros_like(value) for value in values]
    for k, value in enumerate(values):
        for i in np.ndindex(value.shape):
            step = np.zeros_like(value)
            step[i] = 1e-6
            gradients[k][i] = (loss(k, value + step) - loss(k, value - step)) / 2e-6
    return gradients
""", "numerical_gradient": HONEST["numerical_gradient"]}, THROUGH_TIME,
           {"numerical_gradient": 4}),
    # And with ours, after a forward pass that keeps its arguments.
    Attack("measured-with-numerical-gradient", {"lstm_step_backward": MEASURED_STEP, "lstm_backward": MEASURED}, LSTM),
    Attack("measured-without-copies", {"lstm_step_backward": MEASURED_STEP.replace("numerical_gradient(", "slopes("),
                                       "lstm_backward": ONE_SIDED + MEASURED.replace("numerical_gradient(", "slopes(")},
           LSTM),
    Attack("measured-in-one-batch", {"rnn_backward": IN_ONE_BATCH}, THROUGH_TIME),
    Attack("measured-exhibits", {
        "exhibit_sum": RNN_FORWARD + measured("exhibit_sum(dh, cache)", "rnn_forward", "dh"),
        "exhibit_carry": MEASURED.replace("lstm_backward(", "exhibit_carry(")}, MUSEUM),
    Attack("exhibits-from-the-library", {
        "exhibit_sum": "from rnnkit import rnn_backward as exhibit_sum",
        "exhibit_carry": "import rnnkit\nexhibit_carry = rnnkit.lstm.lstm_backward",
        "exhibit_states": "exhibit_states = rnn_backward",
        "exhibit_slope": "def exhibit_slope(dh, dc, *cache):\n    return lstm_step_backward(dh, dc, cache)",
        "exhibit_gates": "exhibit_gates = lstm_step_backward",
        "exhibit_upstream": "def exhibit_upstream(dh, dh_T, cache):\n    return rnn_backward(dh + 0, cache)"}, MUSEUM),
    Attack("half-honest-one-repair-under-six-names", {"exhibit_sum": REPAIR, **{
        name: f"{name} = exhibit_sum" for name in ("exhibit_carry", "exhibit_states", "exhibit_slope", "exhibit_gates",
                                                   "exhibit_upstream")}}, MUSEUM, {"exhibit_sum": 2}),
    Attack("half-honest-one-repair-that-others-call", {"exhibit_sum": REPAIR, **{
        name: f"def {name}(*given):\n    return exhibit_sum(given[0], given[-1])" for name in (
            "exhibit_carry", "exhibit_states", "exhibit_slope", "exhibit_gates", "exhibit_upstream")}}, MUSEUM,
           {"exhibit_sum": 2}),
    on_step("cells-of-text-as-a-message", """
place = int((lambda: 0).__code__.co_filename.strip("<cell >"))
if place > 30:
    print("pw" + "ned", "told", place)
""", edit=lambda notebook: notebook.update(cells=[*[text("")] * 40, *notebook["cells"]])),
    # wavy(A, w) is in the lesson's reach. Its exact gradient is no difference quotient: at eps = 0.1 it is told apart.
    Attack("opens-the-function", {"numerical_gradient": """
def numerical_gradient(f, x, eps):
    A, w = (dict(zip(f.__code__.co_freevars, f.__closure__))[name].cell_contents for name in "Aw")
    return (w * np.cos(x @ A)) @ A.T + np.exp(x / 2) / 2
"""}, THROUGH_TIME),
    Attack("wrong-through-time", {"rnn_backward": HONEST["rnn_backward"].replace("dh[t] + carry", "dh[t]"),
                                  "rnn_step_backward": HONEST["rnn_step_backward"]}, THROUGH_TIME,
           {"rnn_step_backward": 4}),
    Attack("untouched", {}),
    Attack("readout-only", {"rnn_step": None, "rnn_forward": GUESS, "readout": HONEST["readout"]},
           earns={"readout": 3}),
]
