"""The LSTM cell run backwards: gradients as strands in its diagram, from the last step of a text to the first."""

from dataclasses import dataclass

import numpy as np

from rnnkit.figures.arguments import expect_functions, ten_to
from rnnkit.figures.explorer import Control, Explorer, steps
from rnnkit.figures.gated_cell import INPUT, LEFT, RIGHT, WIDTH, CellSheet, one_hot, opening, quoted
from rnnkit.figures.lstm_cell import AT, BOX, I_VALVE, NAMES, O_VALVE, OUT, SYMBOLS, TEXT, C, H, X
from rnnkit.figures.picture import Drawing
from rnnkit.figures.plot import power
from rnnkit.figures.style import FAINT, INK, QUIET, SHADE
from rnnkit.figures.svg import gradient_color, power_of_ten
from rnnkit.lstm import forget_bias, lstm_gates, lstm_step
from rnnkit.lstm import lstm_step_backward as known

HEIGHT = 782
FORMULAS = {   # which edges a formula computes; the last two of the left column are an exercise of lesson 07
    "total": "*dc_{total}* = *dc_{next}* + *dh_{next}* ⊙ *o* ⊙ (1 − *tanh*²(*c_{next}*))",
    "i": "*da_i* = *dc_{total}* ⊙ *g* ⊙ *i* (1 − *i*)",
    "g": "*da_g* = *dc_{total}* ⊙ *i* ⊙ (1 − *g*²)",
    "f": "*da_f* = *dc_{total}* ⊙ *c* ⊙ *f* (1 − *f*)",
    "o": "*da_o* = *dh_{next}* ⊙ *tanh*(*c_{next}*) ⊙ *o* (1 − *o*)",
    "c": "*dc* = *dc_{total}* ⊙ *f*",
    "h": "*dh* = *da W_h*ᵀ",
    "x": "*dx* = *da W_x*ᵀ",
    "W": "*dW_x* = *x*ᵀ*da*,  *dW_h* = *h*ᵀ*da*,  *db* = *da*",
}
WITHHELD = {"f": "*da_f* = …  yours to derive", "o": "*da_o* = …  yours to derive"}


@dataclass
class Step:
    """The gradients of one step of one unit, as numbers. da: of the four sums. dh, dc, dx: what leaves the step."""

    symbol: str
    gates: dict
    dh_next: float
    dc_next: float
    shown: float
    total: float
    before: dict
    da: dict
    dh: float
    dc: float
    dx: np.ndarray


def backward_explorer(lstm_step_backward):
    """The diagram of one LSTM unit with the gradients of one step at a time, from the last step of a text to the first.

    The loss is the last hidden state. What enters and leaves a step, and the gradients of the four sums (db, for there
    is one sequence), are the function's own; what lies in between is computed beside it.

    lstm_step_backward: lstm_step_backward(dh_next, dc_next, cache) -> dx, dh, dc, dW_x, dW_h, db. It runs for 16 steps
    with N = 1, D = 3, H = 1, on the caches of rnnkit's lstm_step. The formulas of the forget gate and of the output
    gate are withheld where it is rnnkit's own, for they are an exercise.
    Returns an Explorer with the controls `step` (1 to 16) and `bias` (of the forget gate).
    Raises ValueError where lstm_step_backward is no function.
    """
    expect_functions("backward_explorer", lstm_step_backward=lstm_step_backward)
    formulas = FORMULAS | (WITHHELD if lstm_step_backward is known else {})
    biases = Control("Bias of the forget gate", (-1, 0, 1, 3, 5), 1, ("−1", "0", "1", "3", "5"))
    runs = {bias: trace_back(lstm_step_backward, bias) for bias in biases.options}

    def frame_of(step, bias):
        return Drawing(_drawn(runs[bias], step, formulas), _in_words(runs[bias], step, bias))

    return Explorer(frame_of, "step", backwards=True, step=steps(len(TEXT), 14), bias=biases)


def weights():
    """W_x (3, 4), W_h (1, 4) and b (4,) of a unit like the one that counts brackets, with gates that are never shut.

    All but one: at a semicolon the forget gate is, whatever its bias. W_h is not zero, so there are two routes back.
    """
    W_x = np.array([[2.5, 0, 2, -2], [2.5, 0, -2, -2], [0, -30, 0, -2]])
    return W_x, np.array([[0.9, 0.6, 1.2, 0.8]]), np.array([-1.0, 0, 0.4, 1])


def trace_back(lstm_step_backward, bias):
    """Run the unit over the text, and back again. Returns a Step for every symbol, the first one first."""
    W_x, W_h, b = weights()
    b, h, c, caches = forget_bias(b, bias), np.zeros((1, 1)), np.zeros((1, 1)), []
    for symbol in TEXT:
        x = one_hot(symbol, SYMBOLS)
        gates = {name: gate.item() for name, gate in zip("ifgo", lstm_gates(x, h, W_x, W_h, b), strict=True)}
        old = c.item()
        h, c, cache = lstm_step(x, h, c, W_x, W_h, b)
        caches.append((symbol, gates, old, c.item(), cache))
    run, dh, dc = [], np.ones((1, 1)), np.zeros((1, 1))
    for symbol, gates, old, new, cache in reversed(caches):
        dh_next, dc_next = dh.item(), dc.item()
        dx, dh, dc, _, _, db = map(np.array, lstm_step_backward(dh.copy(), dc.copy(), cache))
        shown = dh_next * gates["o"] * (1 - np.tanh(new) ** 2)
        total = dc_next + shown
        before = {"i": total * gates["g"], "f": total * old, "g": total * gates["i"], "o": dh_next * np.tanh(new)}
        run.insert(0, Step(symbol, gates, dh_next, dc_next, shown, total, before, dict(zip("ifgo", db, strict=True)),
                           dh.item(), dc.item(), dx[0]))
    return run


def _title(now, t):
    return f"Step {t}: {power(now.total)} at c; {power(now.dc)} goes on along c, {power(now.dh)} through the gates"


def _deeds(now):
    keeps = ("shut: the route along *c* ends here", f"open to {now.gates['f']:.0%}", "open: nothing is lost along *c*")
    return f"Read: {quoted(now.symbol)}. The forget gate is {keeps[opening(now.gates['f'])]}"


def _in_words(run, t, bias):
    now = run[t - 1]
    sums = ", ".join(f"da_{name} = {power(now.da[name])}" for name in "ifgo")
    along, through = (", ".join(power(getattr(step, name)) for step in run) for name in ("dc", "dh"))
    return (f"An LSTM cell of one unit, run backwards over the text {TEXT}, at step {t} of {len(TEXT)}, with a bias of "
            f"{bias:g} in the forget gate. The loss is the last hidden state. {_title(now, t)}. "
            f"{_deeds(now).replace('*', '')}. From the right come dh_next = {power(now.dh_next)} and dc_next = "
            f"{power(now.dc_next)}; dc_total = {power(now.dc_next)} + {power(now.shown)} = {power(now.total)}. {sums}. "
            f"To the left leave dh = {power(now.dh)} and dc = {power(now.dc)}, to the input dx = "
            f"({', '.join(map(power, now.dx))}). dc of all steps, from the first: {along}. dh: {through}.")


def _drawn(run, t, formulas):
    sheet, now = CellSheet(WIDTH, HEIGHT), run[t - 1]
    sheet.heading(_title(now, t), _deeds(now))
    _draw_steps(sheet, run, t)
    sheet.box((397, 418), 574, 320, "#FAFAFA", FAINT, 1.2, 26)
    _draw_sums(sheet, now)
    _draw_split(sheet, now)
    _draw_states(sheet, now)
    _draw_legend(sheet)
    for k, (name, formula) in enumerate(formulas.items()):
        row, column = k % 5, k // 5
        with sheet.marked(data_light=name):
            sheet.write((60 + 430 * column, 660 + 25 * row), formula, 13, ha="start")
    return sheet


def _draw_steps(sheet, run, t):
    """All steps side by side: what each reads, its gates, and what it sends to the step before it."""
    gates = [(f"{NAMES[name]} *{name}*", level, [step.gates[name] for step in run])
             for name, level in (("f", 107), ("i", 134), ("o", 161))]
    sent = [("along *c*: *dc*", 199, [step.dc for step in run]), ("gates: *dh*", 230, [step.dh for step in run])]
    sheet.timeline((78, [step.symbol for step in run]), t, gates, sent, (155, 188), _size)


def _size(value):
    """Color and text of a gradient in the strip: a number, or its power of ten where it is small."""
    small = np.isfinite(power_of_ten(value)) and abs(value) < 0.01
    return gradient_color(value), ten_to(round(power_of_ten(value))) if small else power(value)


def _draw_split(sheet, now):
    """Where the two gradients of c meet, and where they part: to c, to the four boxes."""
    top, g = BOX - 24, now.gates
    with sheet.marked(data_edge="total o"):
        sheet.gradient([(RIGHT - 33, H), (OUT, H), (OUT, O_VALVE)], now.dh_next, arrow=False)
    with sheet.marked(data_edge="total"):
        sheet.gradient([(OUT, O_VALVE), (OUT, C + 14)], now.shown)
        sheet.gradient([(RIGHT - 33, C), (OUT + 10, C)], now.dc_next)
        sheet.write((OUT + 13, 364), power(now.shown), 13, ha="start")
    with sheet.marked(data_edge="total i g f c"):
        sheet.gradient([(OUT - 9, C), (AT["g"] + 16, C)], now.total)
        sheet.write(((OUT + AT["g"]) / 2, C - 19), f"*dc_{{total}}* = {power(now.total)}", 13)
    with sheet.marked(data_edge="f c"):
        sheet.gradient([(AT["g"] - 16, C), (AT["f"], C)], now.total, arrow=False)
    with sheet.marked(data_edge="c"):
        sheet.gradient([(AT["f"], C), (LEFT + 33, C)], now.dc)
    with sheet.marked(data_edge="f"):
        sheet.gradient([(AT["f"], C + 21), (AT["f"], top)], now.before["f"])
    with sheet.marked(data_edge="i g"):
        sheet.gradient([(AT["g"], C + 16), (AT["g"], I_VALVE)], now.total, arrow=False)
    with sheet.marked(data_edge="g"):
        sheet.gradient([(AT["g"], I_VALVE), (AT["g"], top)], now.before["g"])
    with sheet.marked(data_edge="i"):
        sheet.gradient([(AT["g"] - 21, I_VALVE), (AT["i"], I_VALVE), (AT["i"], top)], now.before["i"])
    with sheet.marked(data_edge="o"):
        sheet.gradient([(OUT - 21, O_VALVE), (AT["o"], O_VALVE), (AT["o"], top)], now.before["o"])
    for at, gate, across in (((AT["f"], C), g["f"], True), ((AT["g"], I_VALVE), g["i"], False),
                             ((OUT, O_VALVE), g["o"], False)):
        sheet.valve(at, gate, across)
    sheet.box((OUT, 339), 60, 30, SHADE, INK, 1.2, 15)
    sheet.write((OUT, 339), "*tanh*", 14)
    sheet.plus((AT["g"], C))
    sheet.circle((OUT, C), 10)
    sheet.write((OUT, C), "+", 14)


def _draw_sums(sheet, now):
    """The gradients of the four sums, and what they add up to: for the old hidden state, and for the input."""
    with sheet.marked(data_edge="h"):
        sheet.gradient([(AT["o"], H), (LEFT + 33, H)], now.dh)
    with sheet.marked(data_edge="x"):
        sheet.gradient([(AT["o"], H + 20), (INPUT, H + 20), (INPUT, X - 25)], np.linalg.norm(now.dx))
    for name, across in AT.items():
        with sheet.marked(data_edge=f"{name} h x W"):
            sheet.gradient([(across, BOX + 24), (across, H - 3)], now.da[name])
            sheet.write((across + 13, H - 36), f"*da_{name}*", 13, ha="start")
            sheet.write((across + 13, H - 18), power(now.da[name]), 13, ha="start")
        with sheet.marked(data_edge="W"):
            sheet.weights((across, H + 14), 34)
        sheet.activation((across, BOX), NAMES[name].split()[0], "tanh" if name == "g" else "σ")


def _draw_states(sheet, now):
    """What comes from the step after this one, and what goes to the step before it."""
    for edge, at, name, value in (("total o", (RIGHT, H), "dh_{next}", now.dh_next), ("c", (LEFT, C), "dc", now.dc),
                                  ("total", (RIGHT, C), "dc_{next}", now.dc_next), ("h", (LEFT, H), "dh", now.dh)):
        with sheet.marked(data_edge=edge):
            sheet.circle(at, 31, stroke=gradient_color(value), width=5)
            sheet.write(at, f"*{name}*", 14)
            sheet.write((at[0], at[1] + 48), power(value), 14, bold=True)
    with sheet.marked(data_edge="x"):
        sheet.input_box(X, now.symbol)


def _draw_legend(sheet):
    sheet.valves(X)
    sheet.write((395, X), "what a line carries:", 12, QUIET, ha="start")
    for k, value in enumerate((1, 0.1, 0.01, 0.001, 0)):
        sheet.gradient([(560 + 48 * k, X), (526 + 48 * k, X)], value, arrow=False)
        sheet.write((543 + 48 * k, X + 18), power(value), 12, QUIET)
    sheet.write((60, 636), "Point at a formula: its edges light up.", 12, QUIET, ha="start")
