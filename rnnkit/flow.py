"""How gradients flow through a recurrent cell h_t = tanh(x_t W_x + h_{t-1} W_h + b), step by step.

From one state to the next a small change is multiplied by the step's Jacobian: dh_t = (dh_{t-1} W_h) * (1 - h_t^2).
A gradient takes the same way back: dL/dh_{t-1} = (dL/dh_t * (1 - h_t^2)) W_h^T. Over many steps both are products of
the same matrices. W_x is not in them: the inputs set the slopes 1 - h_t^2, and nothing else.
"""

import numpy as np

from rnnkit.shapes import shaped


@shaped
def gradient_norms(h: "T N H", W_h: "H H", dh_T: "N H"):
    """How long the gradient is at every state, where the loss reads the last one alone: norms[t] = |dL/dh_t|, with

    dL/dh_{t-1} = (dL/dh_t * (1 - h_t^2)) W_h^T,   back from dL/dh_T = dh_T.

    h: (T, N, H), the state after every step. W_h: (H, H). dh_T: (N, H), the gradient of the loss at the last state.
    Returns norms (T, N): norms[t] belongs to h[t], for every sequence by itself. norms[-1] is |dh_T|, and
    norms[0] / norms[-1] is what is left of the gradient at the first state.
    Raises ValueError where shapes disagree.
    Source: Bengio, Simard and Frasconi, Learning long-term dependencies with gradient descent is difficult (1994).
    """
    norms, dh_t = [], dh_T
    for h_t in reversed(h):
        norms.append(np.linalg.norm(dh_t, axis=1))
        dh_t = (dh_t * (1 - h_t ** 2)) @ W_h.T
    return np.stack(norms[::-1])


@shaped
def growth_rate(h: "T N H", W_h: "H H", v: "N H"):
    """The factor by which a small change v of the first state grows per step, in the mean of the logarithms:

    v_t = (v_{t-1} W_h) * (1 - h_t^2),   rate = exp(mean over t of log(|v_t| / |v_{t-1}|)) = (|v_T| / |v_0|)^(1/T).

    v is made a vector of length 1 after every step, so that nothing underflows. Below 1 changes vanish, and gradients
    with them; above 1 they explode. For T towards infinity log(rate) is the largest Lyapunov exponent.

    h: (T, N, H), the state after every step. W_h: (H, H). v: (N, H), one vector for each sequence, none of them zero.
    Returns rate (N,). Raises ValueError where shapes disagree.
    Source: Benettin, Galgani, Giorgilli and Strelcyn, Lyapunov characteristic exponents for smooth dynamical systems
    (1980); for random networks, Sompolinsky, Crisanti and Sommers, Chaos in random neural networks (1988).
    """
    v = v / np.linalg.norm(v, axis=1, keepdims=True)
    logs = []
    for h_t in h:
        v = (v @ W_h) * (1 - h_t ** 2)
        length = np.linalg.norm(v, axis=1, keepdims=True)
        logs.append(np.log(length[:, 0]))
        v = v / length
    return np.exp(np.mean(logs, axis=0))
