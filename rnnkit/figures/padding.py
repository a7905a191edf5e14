"""What padding with zeros does to a state: its units step by step, and how far it moves after its last real input."""

import numpy as np

from rnnkit.figures.arguments import count, expect_whole
from rnnkit.figures.diagram import WIDTH, Diagram
from rnnkit.figures.picture import Drawing
from rnnkit.figures.style import COLOR, FAINT, INK, QUIET, SHADE
from rnnkit.figures.svg import color_of

LEFT, TOP, STRIP, BARS = 150, 96, 150, 110   # px: where the strip stands, its height, and the height of the longest bar


def padding(h, length):
    """One sequence's state over time, with the part that is padding, and how far it has moved there.

    h: (T, H), the states of one sequence, or (T, 1, H), a batch of one.
    length: how many of the T steps are the sequence.
    Returns a Drawing. Raises ValueError where h has another shape, or length is no whole number from 1 to T.
    """
    h = np.asarray(h, float)
    if h.ndim not in (2, 3) or 0 in h.shape or h.shape[1:-1] not in ((), (1,)):
        raise ValueError(f"padding: h has shape {h.shape}; (T, H) or (T, 1, H) was expected, the states of "
                         "one sequence. Of a batch, take h[:, n].")
    h = h.reshape(len(h), h.shape[-1])
    length = expect_whole("padding", "length", length, 1, len(h))
    T, H = h.shape
    distance = np.linalg.norm(h[length - 1:] - h[length - 1], axis=1)
    size = np.linalg.norm(h[length - 1])
    share = f"{100 * distance[-1] / size:.0f}% of its length" if size else "it had length 0"
    rest = count(T - length, "step")
    title = (f"After {rest} of padding the state has moved by {distance[-1]:.2f} ({share})" if length < T
             else f"No padding: the sequence fills all {count(T, 'step')}")
    alt = (f"The {count(H, 'unit')} of a state, over {count(T, 'step')}. The sequence has {count(length, 'step')}, and "
           f"at its last one the state has length {size:.2f}; in the {rest} after it the input is zero. {title}. Its "
           f"distance from the last real state: {', '.join(f'{d:.2f}' for d in distance[1:]) or 'none'}.")
    return Drawing(_drawn(h, length, distance, title), alt)


def _drawn(h, length, distance, title):
    """A strip with a row for each unit, as under the diagrams of the cells; below it, bars for the distances."""
    T, H = h.shape
    sheet, wide, high = Diagram(TOP + STRIP + BARS + 92, title), (WIDTH - LEFT - 20) / T, STRIP / H
    border, ground = LEFT + wide * length, TOP + STRIP + BARS + 46
    if length < T:
        sheet.box(((border + LEFT + wide * T) / 2, (TOP - 30 + ground) / 2), wide * (T - length), ground - TOP + 30,
                  SHADE, "none", corner=0)
        words = "padding: the input is 0" if T - length > 0.3 * T else "padding"
        sheet.write((LEFT + wide * T, TOP - 42), words, 13, ha="end")
    sheet.write(((LEFT + border) / 2, TOP - 42), "the sequence", 13)
    for t in range(T):
        across = LEFT + wide * (t + 0.5)
        if T <= 20 or t % 5 == 4:
            sheet.write((across, TOP - 14), str(t + 1), 12, QUIET)
        for unit in range(H):
            level = TOP + high * (unit + 0.5)
            sheet.box((across, level), wide - 1.5, high - 1.5, color_of(h[t, unit]), "none", corner=0)
    for unit in range(H) if H <= 8 else ():
        sheet.write((LEFT - 10, TOP + high * (unit + 0.5)), f"unit {unit + 1}", 12, ha="end")
    top = distance.max() or 1
    for k, moved in enumerate(distance):
        tall = BARS * moved / top
        sheet.box((LEFT + wide * (length + k - 0.5), ground - tall / 2), 0.6 * wide, tall, COLOR["h"], "none", corner=0)
    sheet.way([(LEFT, ground), (LEFT + wide * T, ground)], FAINT, 1)
    sheet.way([(border, TOP - 56), (border, ground)], INK, 2)
    sheet.write((LEFT - 10, ground - BARS / 2 - 9), "distance from the", 12, ha="end")
    sheet.write((LEFT - 10, ground - BARS / 2 + 9), "last real state", 12, ha="end")
    if wide * (T - length) > 100:
        sheet.write((LEFT + wide * (length + 0.5), ground + 16), f"{distance[1]:.2f}", 13)
    if length < T:
        sheet.write((LEFT + wide * (T - 0.5), ground + 16), f"{distance[-1]:.2f}", 13, bold=True)
    return str(sheet)
