"""The diagram of an LSTM cell with its numbers, step by step over a text: lines, gates, cell state, hidden state."""

from dataclasses import dataclass

import numpy as np

from rnnkit.figures.arguments import expect_functions
from rnnkit.figures.explorer import Control, Explorer, steps
from rnnkit.figures.gated_cell import LEFT, RIGHT, WIDTH, CellSheet, change, one_hot, opening, quoted
from rnnkit.figures.picture import Drawing
from rnnkit.figures.style import FAINT, INK, QUIET, SHADE
from rnnkit.figures.svg import number

TEXT = "a(b((c)d)e;f(g)h"
SYMBOLS = "();"   # one input each; a letter is a row of zeros
BY_HAND, AT_RANDOM = "set by hand, to count brackets", "random, as before training"
NAMES = {"i": "input gate", "f": "forget gate", "g": "candidate", "o": "output gate"}

HEIGHT = 640                                   # px
C, I_VALVE, O_VALVE, BOX, H, X = 294, 371, 394, 461, 535, 602   # levels of the diagram, from its top
AT = {"f": 195, "i": 293, "g": 391, "o": 497}  # where the boxes stand
OUT = 605                                      # where the hidden state leaves the cell state


@dataclass
class Step:
    """Everything that one step of one unit computes, as numbers. a: the four sums before they are squashed."""

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
    """The diagram of one LSTM unit that reads a short text, with the numbers of one step at a time.

    lstm_step: lstm_step(x, h, c, W_x, W_h, b) -> h_next, c_next, cache. lstm_gates: lstm_gates(x, h, W_x, W_h, b) ->
    i, f, g, o. They run for 16 steps with N = 1, D = 3, H = 1.
    Returns an Explorer with the controls `step` (1 to 16) and `weights` (BY_HAND or AT_RANDOM).
    Raises ValueError where one of the two is no function.
    """
    expect_functions("lstm_explorer", lstm_step=lstm_step, lstm_gates=lstm_gates)
    runs = {name: trace(lstm_step, lstm_gates, *weights) for name, weights in
            {BY_HAND: counting_weights(), AT_RANDOM: random_weights()}.items()}

    def frame_of(step, weights):
        return Drawing(_drawn(runs[weights], step), _in_words(runs[weights], step, weights))

    return Explorer(frame_of, "step", step=steps(len(TEXT), 5),
                    weights=Control("Weights", (BY_HAND, AT_RANDOM), BY_HAND, ordered=False))


def counting_weights():
    """W_x (3, 4), W_h (1, 4) and b (4,) of a unit that counts the brackets which are open, in blocks i, f, g, o.

    The candidate is +1 at an opening bracket, -1 at a closing one. The input gate opens at brackets, the forget gate
    closes at a semicolon, the output gate opens at letters. W_h is zero: all memory is in the cell state.
    """
    W_x = np.array([[24.0, 0, 6, -8], [24, 0, -6, -8], [0, -24, 0, -8]])
    return W_x, np.zeros((1, 4)), np.array([-12.0, 12, 0, 4])


def random_weights():
    """W_x (3, 4), W_h (1, 4) and b (4,) of a unit before training, drawn from U(-1, 1) as PyTorch does for one unit.

    b is the sum of PyTorch's two biases.
    """
    rng = np.random.default_rng(0)
    return rng.uniform(-1, 1, (3, 4)), rng.uniform(-1, 1, (1, 4)), rng.uniform(-1, 1, (2, 4)).sum(axis=0)


def trace(lstm_step, lstm_gates, W_x, W_h, b):
    """Run the unit over the text, from h = c = 0. Returns a Step for every symbol."""
    h, c, run = np.zeros((1, 1)), np.zeros((1, 1)), []
    for symbol in TEXT:
        x = one_hot(symbol, SYMBOLS)
        a = dict(zip("ifgo", (x @ W_x + h @ W_h + b)[0], strict=True))
        gates = dict(zip("ifgo", (np.array(gate).item() for gate in lstm_gates(x, h, W_x, W_h, b)), strict=True))
        h_next, c_next, _ = lstm_step(x, h, c, W_x, W_h, b)
        h_next, c_next = np.array(h_next), np.array(c_next)
        run.append(Step(symbol, x[0], h.item(), c.item(), a, **gates, c_next=c_next.item(), h_next=h_next.item()))
        h, c = h_next, c_next
    return run


def _title(now, t):
    return f"Step {t} reads {quoted(now.symbol)}: {change('cell state', now.c, now.c_next)}"


def _deeds(now):
    """What the three gates do, in a sentence."""
    keeps, lets_in, shows = map(opening, (now.f, now.i, now.o))
    return (f"The forget gate {('drops the old *c*', f'keeps {now.f:.0%} of *c*', 'keeps *c*')[keeps]}, "
            f"the input gate {('lets nothing in', f'lets in {now.i:.0%} of *g*', 'lets *g* in')[lets_in]}, "
            f"the output gate {('shows nothing', f'shows {now.o:.0%} of *tanh(c)*', 'shows *tanh(c)*')[shows]}")


def _in_words(run, t, weights):
    now, deeds = run[t - 1], _deeds(run[t - 1]).replace("*", "")
    i, f, g, o, c, c_next, squashed, h_next = map(
        number, (now.i, now.f, now.g, now.o, now.c, now.c_next, np.tanh(now.c_next), now.h_next))
    over_time = {what: ", ".join(number(getattr(step, what)) for step in run) for what in ("c_next", "h_next")}
    return (f"An LSTM cell of one unit, with weights {weights}, at step {t} of the {len(TEXT)} of the text {TEXT}. "
            f"{_title(now, t)}. {deeds}. Forget gate f = {f}, input gate i = {i}, candidate g = {g}, output gate "
            f"o = {o}. The new cell state is f c + i g = {f} times {c} plus {i} times {g} = {c_next}. The hidden state "
            f"shows o tanh(c) = {o} times {squashed} = {h_next}. Cell states of all steps: {over_time['c_next']}. "
            f"Hidden states: {over_time['h_next']}.")


def _drawn(run, t):
    sheet, now = CellSheet(WIDTH, HEIGHT), run[t - 1]
    sheet.heading(_title(now, t), _deeds(now))
    sheet.box((397, 418), 574, 320, "#FAFAFA", FAINT, 1.2, 26)
    _draw_steps(sheet, run, t)
    _draw_bus(sheet, now)
    _draw_gates(sheet, now)
    _draw_cell_state(sheet, now)
    _draw_hidden_state(sheet, now)
    sheet.legend(X)
    return sheet


def _draw_bus(sheet, now):
    """The old hidden state and the input, side by side, and the four sums that are made of them."""
    sheet.strand([(LEFT, H), (AT["o"], H)], now.h, thinner=0.6)
    sheet.input_strands(now.x, X, H, AT["o"])
    for name, across in AT.items():
        sheet.strand([(across, H), (across, BOX + 24)], now.a[name], arrow=True)
        sheet.weights((across, H + 10), 38)
        sheet.value((across + 13, H - 27), f"a_{name}", now.a[name], digits=1)
        function = "tanh" if name == "g" else "\N{GREEK SMALL LETTER SIGMA}"
        sheet.activation((across, BOX), NAMES[name].split()[0], function)
    sheet.write((AT["o"] + 16, H + 10), "*x W_x + h W_h + b*", 11, QUIET, ha="start")


def _draw_gates(sheet, now):
    """From each box to its valve; and the candidate, through the input gate, into the cell state."""
    top = BOX - 24
    sheet.strand([(AT["f"], top), (AT["f"], C + 21)], now.f, arrow=True)
    sheet.value((AT["f"] + 13, 397), "f", now.f)
    sheet.strand([(AT["i"], top), (AT["i"], I_VALVE), (AT["g"] - 21, I_VALVE)], now.i, arrow=True)
    sheet.value((AT["i"] + 13, 415), "i", now.i)
    sheet.strand([(AT["g"], top), (AT["g"], I_VALVE)], now.g)
    sheet.value((AT["g"] + 13, 415), "g", now.g)
    sheet.strand([(AT["g"], I_VALVE + 1), (AT["g"], C + 16)], now.i * now.g, arrow=True)
    sheet.value((AT["g"] + 22, 336), "i \N{CIRCLED DOT OPERATOR} g", now.i * now.g)
    sheet.valve((AT["g"], I_VALVE), now.i)
    sheet.strand([(AT["o"], top), (AT["o"], O_VALVE), (OUT - 21, O_VALVE)], now.o, arrow=True)
    sheet.value((AT["o"] + 14, 376), "o", now.o)


def _draw_cell_state(sheet, now):
    """The old cell state, through the forget gate, plus what is let in: the new cell state."""
    kept = now.f * now.c
    sheet.strand([(LEFT, C), (AT["f"], C)], now.c)
    sheet.strand([(AT["f"] - 1, C), (AT["g"] - 16, C)], kept, arrow=True)
    sheet.value(((AT["f"] + AT["g"]) / 2, C - 19), "f \N{CIRCLED DOT OPERATOR} c_{t-1}", kept, ha="middle")
    sheet.valve((AT["f"], C), now.f, across=True)
    sheet.strand([(AT["g"], C), (RIGHT - 33, C)], now.c_next, arrow=True)
    sheet.plus((AT["g"], C))
    sheet.state((LEFT, C), "c_{t-1}", now.c, 48)
    sheet.state((RIGHT, C), "c_t", now.c_next, 48)


def _draw_hidden_state(sheet, now):
    """What the output gate lets out of the new cell state, squashed: the new hidden state."""
    squashed = np.tanh(now.c_next)
    sheet.strand([(OUT, C), (OUT, 324)], now.c_next, arrow=True)
    sheet.strand([(OUT, 339), (OUT, O_VALVE)], squashed)
    sheet.box((OUT, 339), 60, 30, SHADE, INK, 1.2, 15)
    sheet.write((OUT, 339), "*tanh*", 14)
    sheet.write((OUT + 12, 364), number(squashed), ha="start")
    sheet.strand([(OUT, O_VALVE - 1), (OUT, H), (RIGHT - 33, H)], now.h_next, arrow=True)
    sheet.valve((OUT, O_VALVE), now.o)
    sheet.state((LEFT, H), "h_{t-1}", now.h, 48)
    sheet.state((RIGHT, H), "h_t", now.h_next, 48)
    sheet.input_box(X, now.symbol)


def _draw_steps(sheet, run, t):
    """All steps side by side: symbol, gates, cell state, hidden state."""
    gates = [(f"{NAMES[gate]} *{gate}*", level, [getattr(now, gate) for now in run])
             for gate, level in (("f", 107), ("i", 134), ("o", 161))]
    states = [("cell state *c*", 199, [now.c_next for now in run]),
              ("hidden state *h*", 230, [now.h_next for now in run])]
    sheet.timeline((78, [now.symbol for now in run]), t, gates, states, (155, 188))
