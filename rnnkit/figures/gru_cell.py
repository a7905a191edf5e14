"""The diagram of a GRU cell with its numbers, step by step over a text: lines, gates, candidate, state."""

from dataclasses import dataclass

import numpy as np

from rnnkit.activations import sigmoid
from rnnkit.figures.arguments import expect_functions
from rnnkit.figures.explorer import Control, Explorer, steps
from rnnkit.figures.gated_cell import LEFT, RIGHT, WIDTH, CellSheet, change, one_hot, opening, quoted
from rnnkit.figures.picture import Drawing
from rnnkit.figures.style import FAINT, INK, SHADE
from rnnkit.figures.svg import number

TEXT = "··+···−··0······"
SYMBOLS = "+−0"   # one input each; a dot is a row of zeros
WITH_UPDATE = "remember with the update gate, as an LSTM does"
WITH_CANDIDATE = "remember with the candidate, as an RNN does"
AT_RANDOM = "random, as before training"

HEIGHT = 640                                         # px
STATE, SHARE, NEW, GATES, H, X = 287, 349, 415, 463, 538, 603   # levels of the diagram, from its top
AT_Z, AT_R, AT_U, AT_N = 181, 324, 452, 540          # where the columns stand


@dataclass
class Step:
    """Everything that one step of one unit computes, as numbers. u_n: what the reset gate multiplies."""

    symbol: str
    x: np.ndarray
    h: float
    sum_r: float
    sum_z: float
    a_n: float
    u_n: float
    r: float
    z: float
    n: float
    h_next: float


def gru_explorer(gru_step):
    """The diagram of one GRU unit that reads plus, minus and zero signs, with the numbers of one step at a time.

    gru_step: gru_step(x, h, W_x, W_h, b_x, b_h) -> h_next, cache. It runs for 16 steps with N = 1, D = 3, H = 1. The
    states are its own; gates and candidate are computed beside it.
    Returns an Explorer with the controls `step` (1 to 16) and `weights` (WITH_UPDATE, WITH_CANDIDATE or AT_RANDOM).
    Raises ValueError where gru_step is no function.
    """
    expect_functions("gru_explorer", gru_step=gru_step)
    runs = {name: trace(gru_step, *weights) for name, weights in weights_by_name().items()}

    def frame_of(step, weights):
        return Drawing(_drawn(runs[weights], step), _in_words(runs[weights], step, weights))

    return Explorer(frame_of, "step", step=steps(len(TEXT), 7), weights=Control(
        "Weights", (WITH_UPDATE, WITH_CANDIDATE, AT_RANDOM), WITH_UPDATE, ordered=False))


def weights_by_name():
    """W_x (3, 3), W_h (1, 3), b_x and b_h (3,) of three units, in blocks r, z, n.

    The first keeps its state with z, and lets it go at every sign. The second has z shut and r open: n = tanh(x + 2 h)
    keeps a sign, and r shuts at a zero. The third is drawn from U(-1, 1), as PyTorch does for one unit.
    """
    rng, candidate, zeros = np.random.default_rng(3), np.array([[0.0, 0, 2]]), np.zeros(3)
    return {
        WITH_UPDATE: (np.array([[0.0, -12, 4], [0, -12, -4], [0, -12, 0]]), candidate, np.array([-6.0, 6, 0]), zeros),
        WITH_CANDIDATE: (np.array([[0.0, 0, 4], [0, 0, -4], [-12, 0, 0]]), candidate, np.array([6.0, -6, 0]), zeros),
        AT_RANDOM: tuple(rng.uniform(-1, 1, shape) for shape in ((3, 3), (1, 3), 3, 3)),
    }


def trace(gru_step, W_x, W_h, b_x, b_h):
    """Run the unit over the text, from h = 0. Returns a Step for every symbol."""
    h, run = np.zeros((1, 1)), []
    for symbol in TEXT:
        x = one_hot(symbol, SYMBOLS)
        (a_r, a_z, a_n), (u_r, u_z, u_n) = (x @ W_x + b_x)[0], (h @ W_h + b_h)[0]
        r, z = sigmoid(np.array([a_r + u_r, a_z + u_z]))
        h_next = np.array(gru_step(x, h, W_x, W_h, b_x, b_h)[0])
        run.append(Step(symbol, x[0], h.item(), a_r + u_r, a_z + u_z, a_n, u_n, r, z, np.tanh(a_n + r * u_n),
                          h_next.item()))
        h = h_next
    return run


def _title(now, t):
    read = "nothing" if now.symbol == "·" else quoted(now.symbol)
    return f"Step {t} reads {read}: {change('state', now.h, now.h_next)}"


def _deeds(now):
    """What the two gates do, in a sentence."""
    keeps, shows = map(opening, (now.z, now.r))
    return (f"The update gate {('takes the candidate *n*', f'keeps {now.z:.0%} of *h*', 'keeps *h*')[keeps]}. "
            f"The reset gate shows the candidate {('nothing', f'{now.r:.0%}', 'all')[shows]} of the old state")


def _in_words(run, t, weights):
    now, deeds = run[t - 1], _deeds(run[t - 1]).replace("*", "")
    r, z, rest, n, h, u_n, h_next = map(number, (now.r, now.z, 1 - now.z, now.n, now.h, now.u_n, now.h_next))
    return (f"A GRU cell of one unit, its weights set to {weights}, at step {t} of the {len(TEXT)} of {TEXT}. "
            f"{_title(now, t)}. {deeds}. Reset gate r = {r}, update gate z = {z}, candidate n = "
            f"tanh({number(now.a_n)} + {r} times {u_n}) = {n}. The new state is (1 - z) n + z h = "
            f"{rest} times {n} plus {z} times {h} = {h_next}. "
            f"States of all steps: {', '.join(number(step.h_next) for step in run)}.")


def _drawn(run, t):
    sheet, now = CellSheet(WIDTH, HEIGHT), run[t - 1]
    sheet.heading(_title(now, t), _deeds(now))
    sheet.box((411, 412), 602, 338, "#FAFAFA", FAINT, 1.2, 26)
    _draw_steps(sheet, run, t)
    _draw_sums(sheet, now)
    _draw_candidate(sheet, now)
    _draw_blend(sheet, now)
    sheet.legend(X)
    return sheet


def _draw_sums(sheet, now):
    """The old state and the input, side by side, and the sums that are made of them."""
    sheet.strand([(LEFT, STATE), (LEFT, H), (AT_U, H)], now.h, thinner=0.6)
    sheet.input_strands(now.x, X, H, AT_N)
    for across, name, value in ((AT_Z, "a_z + u_z", now.sum_z), (AT_R, "a_r + u_r", now.sum_r)):
        sheet.strand([(across, H), (across, GATES + 24)], value, arrow=True)
        sheet.value((across + 13, H - 27), name, value, digits=1)
        gate = "update gate" if across == AT_Z else "reset gate"
        sheet.activation((across, GATES), gate, "\N{GREEK SMALL LETTER SIGMA}", 12)
        sheet.weights((across, H + 10), 38)
    sheet.strand([(AT_U, H), (AT_U, GATES)], now.u_n)
    sheet.strand([(AT_N, H + 18), (AT_N, NEW + 24)], now.a_n, arrow=True)
    sheet.value((AT_U + 10, H - 27), "u_n", now.u_n, digits=1)
    sheet.value((AT_N + 13, H - 27), "a_n", now.a_n, digits=1)
    sheet.weights((AT_U, H), 16)
    sheet.weights((AT_N, H + 18), 24)


def _draw_candidate(sheet, now):
    """What the reset gate leaves of the old state's part goes into the tanh beside the input's part."""
    sheet.strand([(AT_R + 43, GATES), (AT_U - 21, GATES)], now.r, arrow=True)
    sheet.value(((AT_R + AT_U) / 2 + 11, GATES - 16), "r", now.r, ha="middle")
    sheet.strand([(AT_U, GATES + 1), (AT_U, NEW), (AT_N - 43, NEW)], now.r * now.u_n, arrow=True)
    sheet.valve((AT_U, GATES), now.r)
    sheet.activation((AT_N, NEW), "candidate", "tanh", 12)


def _draw_blend(sheet, now):
    """z keeps the old state, 1 - z lets the candidate in, and their sum is the new state."""
    sheet.strand([(AT_Z, GATES - 24), (AT_Z, STATE + 21)], now.z, arrow=True)
    sheet.strand([(AT_Z, SHARE), (AT_R + 30, SHARE)], now.z)
    sheet.strand([(AT_R + 30, SHARE), (AT_N - 21, SHARE)], 1 - now.z, arrow=True)
    sheet.box((AT_R + 30, SHARE), 40, 26, SHADE, INK, 1.2, 13)
    sheet.write((AT_R + 30, SHARE), "1 \N{MINUS SIGN}", 13)
    sheet.value((AT_Z + 13, 408), "z", now.z)
    sheet.value(((AT_R + AT_N) / 2 + 14, SHARE - 19), "1 - z", 1 - now.z, ha="middle")
    sheet.strand([(AT_N, NEW - 24), (AT_N, SHARE)], now.n)
    sheet.value((AT_N + 24, SHARE + 26), "n", now.n)
    share = (1 - now.z) * now.n
    sheet.strand([(AT_N, SHARE + 1), (AT_N, STATE + 16)], share, arrow=True)
    sheet.value((AT_N + 24, SHARE - 25), "(1 - z) \N{CIRCLED DOT OPERATOR} n", share)
    sheet.valve((AT_N, SHARE), 1 - now.z)
    sheet.strand([(LEFT, STATE), (AT_Z, STATE)], now.h)
    sheet.strand([(AT_Z - 1, STATE), (AT_N - 16, STATE)], now.z * now.h, arrow=True)
    sheet.value(((AT_Z + AT_N) / 2, STATE - 19), "z \N{CIRCLED DOT OPERATOR} h_{t-1}", now.z * now.h, ha="middle")
    sheet.valve((AT_Z, STATE), now.z, across=True)
    sheet.strand([(AT_N, STATE), (RIGHT - 33, STATE)], now.h_next, arrow=True)
    sheet.plus((AT_N, STATE))
    sheet.state((LEFT, STATE), "h_{t-1}", now.h, -46)
    sheet.state((RIGHT, STATE), "h_t", now.h_next, -46)
    sheet.input_box(X, now.symbol)


def _draw_steps(sheet, run, t):
    """All steps side by side: symbol, gates, candidate, state."""
    gates = [("update gate *z*", 107, [now.z for now in run]), ("reset gate *r*", 134, [now.r for now in run])]
    states = [("candidate *n*", 173, [now.n for now in run]), ("state *h*", 206, [now.h_next for now in run])]
    sheet.timeline((77, [now.symbol for now in run]), t, gates, states, (142, 168))
