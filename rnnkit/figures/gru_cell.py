"""A GRU cell at work: one unit remembers a sign, in one of two ways, and its two gates open and close."""

from dataclasses import dataclass

import numpy as np

from rnnkit.activations import sigmoid
from rnnkit.figures.arguments import expect_functions
from rnnkit.figures.cells import draw_legend, draw_timeline, draw_value
from rnnkit.figures.explorer import Choice, Explorer, Slider
from rnnkit.figures.picture import Drawing
from rnnkit.figures.style import COLOR, FAINT, INK, QUIET, SHADE, tint
from rnnkit.figures.svg import Sheet, color_of, number

TEXT = "··+···−··0······"
SYMBOLS = "+−0"   # one input each; a dot is a row of zeros
WITH_UPDATE = "remember with the update gate, as an LSTM does"
WITH_CANDIDATE = "remember with the candidate, as an RNN does"
AT_RANDOM = "random, as before training"

WIDTH, HEIGHT = 800, 660                             # px
STATE, SHARE, NEW, GATES, H, X = 124, 186, 252, 300, 375, 440   # levels of the diagram, from its top
AT_Z, AT_R, AT_U, AT_N = 195, 318, 452, 555          # where the columns stand
LEFT, RIGHT = 48, WIDTH - 48


@dataclass
class Moment:
    """Everything that one step of one unit computes, as numbers. u_n is what the reset gate multiplies."""

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
    """One unit of a GRU reads plus, minus and zero signs: its lines, its two gates, its state, one step at a time.

    gru_step: gru_step(x, h, W_x, W_h, b_x, b_h) -> h_next, cache. It runs for 16 steps with N = 1, D = 3, H = 1; the
    states are its own, gates and candidate are computed beside it.
    Returns an Explorer with the controls `step` (1 to 16) and `weights` (WITH_UPDATE, WITH_CANDIDATE or AT_RANDOM).
    Raises ValueError where gru_step is no function.
    """
    expect_functions("gru_explorer", gru_step=gru_step)
    runs = {name: moments(gru_step, *weights) for name, weights in weights_by_name().items()}

    def picture_of(step, weights):
        run, t = runs[weights], round(step)
        return Drawing(_drawn(run, t), _in_words(run, t, weights))

    return Explorer(picture_of, step=Slider("Step", 1, len(TEXT), 1, 7),
                    weights=Choice("Weights", (WITH_UPDATE, WITH_CANDIDATE, AT_RANDOM), WITH_UPDATE))


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


def moments(gru_step, W_x, W_h, b_x, b_h):
    """What the unit computes at each step of the text, from h = 0: a list of Moments."""
    h, run = np.zeros((1, 1)), []
    for symbol in TEXT:
        x = np.array([[float(symbol == known) for known in SYMBOLS]])
        (a_r, a_z, a_n), (u_r, u_z, u_n) = (x @ W_x + b_x)[0], (h @ W_h + b_h)[0]
        r, z = sigmoid(np.array([a_r + u_r, a_z + u_z]))
        h_next = np.array(gru_step(x, h, W_x, W_h, b_x, b_h)[0])
        run.append(Moment(symbol, x[0], h.item(), a_r + u_r, a_z + u_z, a_n, u_n, r, z, np.tanh(a_n + r * u_n),
                          h_next.item()))
        h = h_next
    return run


def _title(now, t):
    before, after = number(now.h), number(now.h_next)
    change = f"the state stays at {after}" if before == after else f"the state goes from {before} to {after}"
    quoted = f"\N{LEFT DOUBLE QUOTATION MARK}{now.symbol}\N{RIGHT DOUBLE QUOTATION MARK}"
    read = "nothing" if now.symbol == "·" else quoted
    return f"Step {t} reads {read}: {change}"


def _deeds(now):
    """What the two gates do, in a sentence."""
    keeps, shows = (0 if gate < 0.1 else 2 if gate > 0.9 else 1 for gate in (now.z, now.r))
    return (f"The update gate {('takes the candidate *n*', f'keeps {now.z:.0%} of *h*', 'keeps *h*')[keeps]}. "
            f"The reset gate shows the candidate {('nothing', f'{now.r:.0%}', 'all')[shows]} of the old state")


def _in_words(run, t, weights):
    now, deeds = run[t - 1], _deeds(run[t - 1]).replace("*", "")
    r, z, rest, n, h, u_n, h_next = map(number, (now.r, now.z, 1 - now.z, now.n, now.h, now.u_n, now.h_next))
    return (f"A GRU cell of one unit, its weights set to {weights}, at step {t} of the {len(TEXT)} of {TEXT}. "
            f"{_title(now, t)}. {deeds}. Reset gate r = {r}, update gate z = {z}, candidate n = "
            f"tanh({number(now.a_n)} + {r} times {u_n}) = {n}. The new state is (1 - z) n + z h = "
            f"{rest} times {n} plus {z} times {h} = {h_next}. "
            f"States of all steps: {', '.join(number(moment.h_next) for moment in run)}.")


def _drawn(run, t):
    sheet, now = Sheet(WIDTH, HEIGHT), run[t - 1]
    sheet.write((8, 20), f"{_title(now, t)}.", 17, ha="start", bold=True)
    sheet.write((8, 45), f"{_deeds(now)}.", 13, QUIET, ha="start")
    sheet.box((411, 249), 602, 338, "#FAFAFA", FAINT, 1.2, 26)
    _draw_sums(sheet, now)
    _draw_candidate(sheet, now)
    _draw_blend(sheet, now)
    draw_legend(sheet, X)
    _draw_steps(sheet, run, t)
    return str(sheet)


def _draw_sums(sheet, now):
    """The old state and the input, side by side, and the sums that are made of them."""
    sheet.strand([(LEFT, STATE), (LEFT, H), (AT_U, H)], now.h, thinner=0.6)
    for k, value in enumerate(now.x):
        below, across = 12 + 6 * k, 142 + 6 * k
        sheet.strand([(across, X - 25), (across, H + below), (AT_N, H + below)], value, thinner=0.5)
    for across, name, value in ((AT_Z, "a_z + u_z", now.sum_z), (AT_R, "a_r + u_r", now.sum_r)):
        sheet.strand([(across, H), (across, GATES + 24)], value, arrow=True)
        draw_value(sheet, (across + 13, H - 27), name, value, digits=1)
        sheet.box((across, GATES), 86, 48, SHADE, INK, 1.2, 9)
        sheet.write((across, GATES - 10), "update gate" if across == AT_Z else "reset gate", 12)
        sheet.write((across, GATES + 11), "*\N{GREEK SMALL LETTER SIGMA}*", 14)
        _draw_weights(sheet, (across, H + 10), 38)
    sheet.strand([(AT_U, H), (AT_U, GATES)], now.u_n)
    sheet.strand([(AT_N, H + 18), (AT_N, NEW + 24)], now.a_n, arrow=True)
    draw_value(sheet, (AT_U + 10, H - 27), "u_n", now.u_n, digits=1)
    draw_value(sheet, (AT_N + 13, H - 27), "a_n", now.a_n, digits=1)
    _draw_weights(sheet, (AT_U, H), 16)
    _draw_weights(sheet, (AT_N, H + 18), 24)


def _draw_weights(sheet, at, height):
    sheet.box(at, 14, height, tint(COLOR["W"], 0.35), COLOR["W"], 1.5, 5)


def _draw_candidate(sheet, now):
    """What the reset gate leaves of the old state's part goes into the tanh beside the input's part."""
    sheet.strand([(AT_R + 43, GATES), (AT_U - 21, GATES)], now.r, arrow=True)
    draw_value(sheet, ((AT_R + AT_U) / 2 + 11, GATES - 16), "r", now.r, ha="middle")
    sheet.strand([(AT_U, GATES + 1), (AT_U, NEW), (AT_N - 43, NEW)], now.r * now.u_n, arrow=True)
    sheet.valve((AT_U, GATES), now.r)
    sheet.box((AT_N, NEW), 86, 48, SHADE, INK, 1.2, 9)
    sheet.write((AT_N, NEW - 10), "candidate", 12)
    sheet.write((AT_N, NEW + 11), "*tanh*", 14)


def _draw_blend(sheet, now):
    """z keeps the old state, 1 - z lets the candidate in, and their sum is the new state."""
    sheet.strand([(AT_Z, GATES - 24), (AT_Z, STATE + 21)], now.z, arrow=True)
    sheet.strand([(AT_Z, SHARE), (AT_R + 30, SHARE)], now.z)
    sheet.strand([(AT_R + 30, SHARE), (AT_N - 21, SHARE)], 1 - now.z, arrow=True)
    sheet.box((AT_R + 30, SHARE), 40, 26, SHADE, INK, 1.2, 13)
    sheet.write((AT_R + 30, SHARE), "1 \N{MINUS SIGN}", 13)
    draw_value(sheet, (AT_Z + 13, 245), "z", now.z)
    draw_value(sheet, ((AT_R + AT_N) / 2 + 14, SHARE - 19), "1 - z", 1 - now.z, ha="middle")
    sheet.strand([(AT_N, NEW - 24), (AT_N, SHARE)], now.n)
    draw_value(sheet, (AT_N + 24, SHARE + 26), "n", now.n)
    share = (1 - now.z) * now.n
    sheet.strand([(AT_N, SHARE + 1), (AT_N, STATE + 16)], share, arrow=True)
    draw_value(sheet, (AT_N + 24, SHARE - 25), "(1 - z) \N{CIRCLED DOT OPERATOR} n", share)
    sheet.valve((AT_N, SHARE), 1 - now.z)
    sheet.strand([(LEFT, STATE), (AT_Z, STATE)], now.h)
    sheet.strand([(AT_Z - 1, STATE), (AT_N - 16, STATE)], now.z * now.h, arrow=True)
    draw_value(sheet, ((AT_Z + AT_N) / 2, STATE - 19), "z \N{CIRCLED DOT OPERATOR} h_{t-1}", now.z * now.h, ha="middle")
    sheet.valve((AT_Z, STATE), now.z, across=True)
    sheet.strand([(AT_N, STATE), (RIGHT - 33, STATE)], now.h_next, arrow=True)
    sheet.circle((AT_N, STATE), 15)
    sheet.write((AT_N, STATE), "+", 19)
    for at, symbol, value in ((LEFT, "h_{t-1}", now.h), (RIGHT, "h_t", now.h_next)):
        sheet.circle((at, STATE), 31, stroke=color_of(value), width=5)
        sheet.write((at, STATE), f"*{symbol}*", 16)
        sheet.write((at, STATE - 46), number(value), 15, bold=True)
    sheet.box((148, X), 46, 46, tint(COLOR["x"]), COLOR["x"], 2.5, 6)
    sheet.write((148, X), now.symbol, 20, mono=True)
    sheet.write((112, X), "*x_t*", 15, ha="end")


def _draw_steps(sheet, run, t):
    """All steps side by side: symbol, gates, candidate, state."""
    gates = [("update gate *z*", 526, [now.z for now in run]), ("reset gate *r*", 553, [now.r for now in run])]
    states = [("candidate *n*", 592, [now.n for now in run]), ("state *h*", 625, [now.h_next for now in run])]
    draw_timeline(sheet, (496, [now.symbol for now in run]), t, gates, states, (561, 168))
