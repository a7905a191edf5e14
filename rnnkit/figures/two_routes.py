"""The two routes on which one cell state reaches the next."""

from itertools import pairwise

from rnnkit.figures.diagram import Diagram
from rnnkit.figures.picture import Drawing
from rnnkit.figures.style import COLOR, QUIET

HEIGHT, C, SQUASH, GATES, H = 410, 95, 152, 208, 315   # px: levels from the top
STEPS, RADIUS = (100, 400, 700), 27


def two_routes():
    """A diagram of three LSTM steps: the route along the cell state, and the one through hidden state and gates.

    Returns a Drawing.
    """
    alt = ("Three steps of an LSTM, from left to right. In the upper row the cell states c_1, c_2 and c_3, in the "
           "lower row the hidden states h_1, h_2 and h_3; between two columns stand the gates and the candidate of the "
           "next step. A solid route runs along the upper row: from c_1 to c_2 times f_2, from c_2 to c_3 times f_3. "
           "A dashed route leaves it at every step: from c_1 down to h_1 through tanh and the output gate o_1, from "
           "h_1 through W_h into i_2, f_2, g_2 and o_2, and from there up into c_2 and down into h_2.")
    sheet = Diagram(HEIGHT, "One cell state reaches the next by two routes, and only one avoids the weights")
    for t, (before, after) in enumerate(pairwise(STEPS), start=2):
        _draw_step(sheet, before, after, t)
    for t, across in enumerate(STEPS, start=1):
        _draw_dashed(sheet, (across, C + RADIUS), (across, H - RADIUS - 2))
        sheet.squash((across, SQUASH), "tanh", 46, 24)
        _draw_valve(sheet, (across, GATES))
        left = t == len(STEPS)
        sheet.write((across + (24 if not left else -24), GATES), f"*o_{t}*", 14, ha="end" if left else "start")
        sheet.state((across, C), f"c_{t}", RADIUS)
        sheet.state((across, H), f"h_{t}", RADIUS)
    sheet.way([(40, 388), (90, 388)], COLOR["h"], 8, arrow=True)
    sheet.write((102, 388), "along the cell state", ha="start")
    _draw_dashed(sheet, (330, 388), (380, 388))
    sheet.write((392, 388), "through the hidden state and the gates", ha="start")
    return Drawing(str(sheet), alt)


def _draw_step(sheet, before, after, t):
    """From one step to the next: along the cell state, and through the weights into the gates."""
    gates = (before + after) / 2 + 14
    sheet.way([(before + RADIUS, C), (after - RADIUS - 3, C)], COLOR["h"], 8, arrow=True)
    _draw_valve(sheet, ((before + after) / 2, C), across=True)
    sheet.write(((before + after) / 2, C - 32), f"*f_{t}*", 15)
    _draw_dashed(sheet, (before + 22, H - 17), (gates - 63, GATES + 14))
    _draw_dashed(sheet, (gates + 40, GATES - 19), (after - 24, C + 22))
    _draw_dashed(sheet, (gates + 40, GATES + 19), (after - 24, H - 20))
    sheet.box((gates, GATES), 124, 40, "white", QUIET, 1.5, 9)
    for k, name in enumerate("ifgo"):
        sheet.write((gates + 29 * (k - 1.5), GATES), f"*{name}_{t}*", 14)
    sheet.weights((gates - 88, GATES + 46), 34, across=True)
    sheet.write((gates - 70, GATES + 58), "*W_h*", 14, QUIET, ha="start")


def _draw_dashed(sheet, start, end):
    sheet.way([start, end], COLOR["h"], 2.5, arrow=True, dashed=True)


def _draw_valve(sheet, at, across=False):
    """A gate on a line, half open."""
    sheet.circle(at, 15, stroke="none")
    sheet.valve(at, 0.45, across, radius=15)
