"""Answers that are wrong and look right: remembered, guessed, nearly right, right at times. And some that are right."""

from attack import GUESS, HONEST, PRELUDE, THROUGH_TIME, Attack, during_call, on_step

STEP = "np.tanh(x @ W_x + h @ W_h + b)"


def nearly(name, expression):
    """rnn_step, but with another expression for the new state, called y."""
    return during_call(name, f"y = {STEP}\nreturn {expression}, None")


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
    # Slow, and found in another way than the lesson's, but nobody's work but the student's own: it counts.
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
           {"rnn_step_backward": 4, "numerical_gradient": 4}),
    # wavy(A, w) is in the lesson's reach: whoever opens it and derives its gradient has done more than was asked.
    Attack("half-honest-by-opening-the-function", {"numerical_gradient": """
def numerical_gradient(f, x, eps):
    A, w = (dict(zip(f.__code__.co_freevars, f.__closure__))[name].cell_contents for name in "Aw")
    return (w * np.cos(x @ A)) @ A.T + np.exp(x / 2) / 2
"""}, THROUGH_TIME, {"numerical_gradient": 4}),
    Attack("wrong-through-time", {"rnn_backward": HONEST["rnn_backward"].replace("dh[t] + carry", "dh[t]"),
                                  "rnn_step_backward": HONEST["rnn_step_backward"]}, THROUGH_TIME,
           {"rnn_step_backward": 4}),
    Attack("untouched", {}),
    Attack("readout-only", {"rnn_step": None, "rnn_forward": GUESS, "readout": HONEST["readout"]},
           earns={"readout": 3}),
]
