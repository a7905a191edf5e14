"""An LSTM cell at work: one unit reads a text, every line shows its value, and the gates open and close."""

from dataclasses import dataclass

import numpy as np

from rnnkit.figures.arguments import expect_functions
from rnnkit.figures.cells import draw_legend, draw_timeline, draw_value
from rnnkit.figures.explorer import Choice, Explorer, Slider
from rnnkit.figures.picture import Drawing
from rnnkit.figures.style import COLOR, FAINT, INK, QUIET, SHADE, tint
from rnnkit.figures.svg import Sheet, color_of, number

TEXT = "a(b((c)d)e;f(g)h"
SYMBOLS = "();"   # one input each; a letter is a row of zeros
BY_HAND, AT_RANDOM = "set by hand, to count brackets", "random, as before training"
NAMES = {"i": "input gate", "f": "forget gate", "g": "candidate", "o": "output gate"}

WIDTH, HEIGHT = 800, 640                       # px
C, I_VALVE, O_VALVE, BOX, H, X = 106, 183, 206, 273, 347, 414   # levels of the diagram, from its top
AT = {"f": 195, "i": 293, "g": 391, "o": 497}  # where the boxes stand
LEFT, OUT, RIGHT = 48, 605, WIDTH - 48


@dataclass
class Moment:
    """Everything that one step of one unit computes, as numbers; `a` has the four sums before the squashing."""

    symbol: str
    x: np.ndarray
    h: float
    c: float
    a: dict
    i: float
    f: float
    g: float
    o: float
    c_next: float
    h_next: float


def lstm_explorer(lstm_step, lstm_gates):
    """One unit of an LSTM reads a short text: its lines, its gates, its cell state, one step at a time.

    lstm_step: lstm_step(x, h, c, W_x, W_h, b) -> h_next, c_next, cache. lstm_gates: lstm_gates(x, h, W_x, W_h, b) ->
    i, f, g, o. They run for 16 steps with N = 1, D = 3, H = 1.
    Returns an Explorer with the controls `step` (1 to 16) and `weights` (the one or the other of BY_HAND, AT_RANDOM).
    Raises ValueError where one of the two is no function.
    """
    expect_functions("lstm_explorer", lstm_step=lstm_step, lstm_gates=lstm_gates)
    runs = {name: moments(lstm_step, lstm_gates, *weights) for name, weights in
            {BY_HAND: counter(), AT_RANDOM: newborn()}.items()}

    def picture_of(step, weights):
        run, t = runs[weights], round(step)
        return Drawing(_drawn(run, t), _in_words(run, t, weights))

    return Explorer(picture_of, step=Slider("Step", 1, len(TEXT), 1, 5),
                    weights=Choice("Weights", (BY_HAND, AT_RANDOM), BY_HAND))


def counter():
    """W_x (3, 4), W_h (1, 4) and b (4,) of a unit that counts the brackets which are open, in blocks i, f, g, o.

    The candidate is +1 at an opening bracket, -1 at a closing one. The input gate opens at brackets, the forget gate
    closes at a semicolon, the output gate opens at letters. W_h is zero: all memory is in the cell state.
    """
    W_x = np.array([[24.0, 0, 6, -8], [24, 0, -6, -8], [0, -24, 0, -8]])
    return W_x, np.zeros((1, 4)), np.array([-12.0, 12, 0, 4])


def newborn():
    """The same three arrays, drawn from U(-1, 1) as PyTorch does for one unit, b as the sum of two biases."""
    rng = np.random.default_rng(0)
    return rng.uniform(-1, 1, (3, 4)), rng.uniform(-1, 1, (1, 4)), rng.uniform(-1, 1, (2, 4)).sum(axis=0)


def moments(lstm_step, lstm_gates, W_x, W_h, b):
    """What the unit computes at each step of the text, from h = c = 0: a list of Moments."""
    h, c, run = np.zeros((1, 1)), np.zeros((1, 1)), []
    for symbol in TEXT:
        x = np.array([[float(symbol == known) for known in SYMBOLS]])
        a = dict(zip("ifgo", (x @ W_x + h @ W_h + b)[0], strict=True))
        gates = dict(zip("ifgo", (np.array(gate).item() for gate in lstm_gates(x, h, W_x, W_h, b)), strict=True))
        h_next, c_next, _ = lstm_step(x, h, c, W_x, W_h, b)
        h_next, c_next = np.array(h_next), np.array(c_next)
        run.append(Moment(symbol, x[0], h.item(), c.item(), a, **gates, c_next=c_next.item(), h_next=h_next.item()))
        h, c = h_next, c_next
    return run


def _title(now, t):
    before, after = number(now.c), number(now.c_next)
    change = f"the cell state stays at {after}" if before == after else f"the cell state goes from {before} to {after}"
    return f"Step {t} reads {_quoted(now.symbol)}: {change}"


def _deeds(now):
    """What the three gates do, in a sentence."""
    keeps, lets_in, shows = (0 if gate < 0.1 else 2 if gate > 0.9 else 1 for gate in (now.f, now.i, now.o))
    return (f"The forget gate {('drops the old *c*', f'keeps {now.f:.0%} of *c*', 'keeps *c*')[keeps]}, "
            f"the input gate {('lets nothing in', f'lets in {now.i:.0%} of *g*', 'lets *g* in')[lets_in]}, "
            f"the output gate {('shows nothing', f'shows {now.o:.0%} of *tanh(c)*', 'shows *tanh(c)*')[shows]}")


def _quoted(symbol):
    return f"\N{LEFT DOUBLE QUOTATION MARK}{symbol}\N{RIGHT DOUBLE QUOTATION MARK}"


def _in_words(run, t, weights):
    now, deeds = run[t - 1], _deeds(run[t - 1]).replace("*", "")
    i, f, g, o, c, c_next, squashed, h_next = map(
        number, (now.i, now.f, now.g, now.o, now.c, now.c_next, np.tanh(now.c_next), now.h_next))
    over_time = {what: ", ".join(number(getattr(moment, what)) for moment in run) for what in ("c_next", "h_next")}
    return (f"An LSTM cell of one unit, with weights {weights}, at step {t} of the {len(TEXT)} of the text {TEXT}. "
            f"{_title(now, t)}. {deeds}. Forget gate f = {f}, input gate i = {i}, candidate g = {g}, output gate "
            f"o = {o}. The new cell state is f c + i g = {f} times {c} plus {i} times {g} = {c_next}. The hidden state "
            f"shows o tanh(c) = {o} times {squashed} = {h_next}. Cell states of all steps: {over_time['c_next']}. "
            f"Hidden states: {over_time['h_next']}.")


def _drawn(run, t):
    sheet, now = Sheet(WIDTH, HEIGHT), run[t - 1]
    sheet.write((8, 20), f"{_title(now, t)}.", 17, ha="start", bold=True)
    sheet.write((8, 45), f"{_deeds(now)}.", 13, QUIET, ha="start")
    sheet.box((397, 230), 574, 320, "#FAFAFA", FAINT, 1.2, 26)
    _draw_bus(sheet, now)
    _draw_gates(sheet, now)
    _draw_cell_state(sheet, now)
    _draw_hidden_state(sheet, now)
    draw_legend(sheet, X)
    _draw_steps(sheet, run, t)
    return str(sheet)


def _draw_bus(sheet, now):
    """The old hidden state and the input, side by side, and the four sums that are made of them."""
    sheet.strand([(LEFT, H), (AT["o"], H)], now.h, thinner=0.6)
    for k, value in enumerate(now.x):
        below, across = 12 + 6 * k, 142 + 6 * k
        sheet.strand([(across, X - 25), (across, H + below), (AT["o"], H + below)], value, thinner=0.5)
    for name, across in AT.items():
        sheet.strand([(across, H), (across, BOX + 24)], now.a[name], arrow=True)
        sheet.box((across, H + 10), 14, 38, tint(COLOR["W"], 0.35), COLOR["W"], 1.5, 5)
        draw_value(sheet, (across + 13, H - 27), f"a_{name}", now.a[name], digits=1)
        sheet.box((across, BOX), 86, 48, SHADE, INK, 1.2, 9)
        sheet.write((across, BOX - 10), NAMES[name].split()[0])
        sheet.write((across, BOX + 11), "*tanh*" if name == "g" else "*\N{GREEK SMALL LETTER SIGMA}*", 14)
    sheet.write((AT["o"] + 16, H + 10), "*x W_x + h W_h + b*", 11, QUIET, ha="start")


def _draw_gates(sheet, now):
    """From each box to its valve; and the candidate, through the input gate, into the cell state."""
    top = BOX - 24
    sheet.strand([(AT["f"], top), (AT["f"], C + 21)], now.f, arrow=True)
    draw_value(sheet, (AT["f"] + 13, 209), "f", now.f)
    sheet.strand([(AT["i"], top), (AT["i"], I_VALVE), (AT["g"] - 21, I_VALVE)], now.i, arrow=True)
    draw_value(sheet, (AT["i"] + 13, 227), "i", now.i)
    sheet.strand([(AT["g"], top), (AT["g"], I_VALVE)], now.g)
    draw_value(sheet, (AT["g"] + 13, 227), "g", now.g)
    sheet.strand([(AT["g"], I_VALVE + 1), (AT["g"], C + 16)], now.i * now.g, arrow=True)
    draw_value(sheet, (AT["g"] + 22, 148), "i \N{CIRCLED DOT OPERATOR} g", now.i * now.g)
    sheet.valve((AT["g"], I_VALVE), now.i)
    sheet.strand([(AT["o"], top), (AT["o"], O_VALVE), (OUT - 21, O_VALVE)], now.o, arrow=True)
    draw_value(sheet, (AT["o"] + 14, 188), "o", now.o)


def _draw_cell_state(sheet, now):
    """The old cell state, through the forget gate, plus what is let in: the new cell state."""
    kept = now.f * now.c
    sheet.strand([(LEFT, C), (AT["f"], C)], now.c)
    sheet.strand([(AT["f"] - 1, C), (AT["g"] - 16, C)], kept, arrow=True)
    draw_value(sheet, ((AT["f"] + AT["g"]) / 2, C - 19), "f \N{CIRCLED DOT OPERATOR} c_{t-1}", kept, ha="middle")
    sheet.valve((AT["f"], C), now.f, across=True)
    sheet.strand([(AT["g"], C), (RIGHT - 33, C)], now.c_next, arrow=True)
    sheet.circle((AT["g"], C), 15)
    sheet.write((AT["g"], C), "+", 19)
    _draw_state(sheet, (LEFT, C), "c_{t-1}", now.c)
    _draw_state(sheet, (RIGHT, C), "c_t", now.c_next)


def _draw_hidden_state(sheet, now):
    """What the output gate lets out of the new cell state, squashed: the new hidden state."""
    squashed = np.tanh(now.c_next)
    sheet.strand([(OUT, C), (OUT, 136)], now.c_next, arrow=True)
    sheet.strand([(OUT, 151), (OUT, O_VALVE)], squashed)
    sheet.box((OUT, 151), 60, 30, SHADE, INK, 1.2, 15)
    sheet.write((OUT, 151), "*tanh*", 14)
    sheet.write((OUT + 12, 176), number(squashed), ha="start")
    sheet.strand([(OUT, O_VALVE - 1), (OUT, H), (RIGHT - 33, H)], now.h_next, arrow=True)
    sheet.valve((OUT, O_VALVE), now.o)
    _draw_state(sheet, (LEFT, H), "h_{t-1}", now.h)
    _draw_state(sheet, (RIGHT, H), "h_t", now.h_next)
    sheet.box((148, X), 46, 46, tint(COLOR["x"]), COLOR["x"], 2.5, 6)
    sheet.write((148, X), now.symbol, 20, mono=True)
    sheet.write((112, X), "*x_t*", 15, ha="end")


def _draw_state(sheet, at, symbol, value):
    sheet.circle(at, 31, stroke=color_of(value), width=5)
    sheet.write(at, f"*{symbol}*", 16)
    sheet.write((at[0], at[1] + 48), number(value), 15, bold=True)


def _draw_steps(sheet, run, t):
    """All steps side by side: symbol, gates, cell state, hidden state."""
    gates = [(f"{NAMES[gate]} *{gate}*", level, [getattr(now, gate) for now in run])
             for gate, level in (("f", 496), ("i", 523), ("o", 550))]
    states = [("cell state *c*", 588, [now.c_next for now in run]),
              ("hidden state *h*", 619, [now.h_next for now in run])]
    draw_timeline(sheet, (467, [now.symbol for now in run]), t, gates, states, (544, 188))
