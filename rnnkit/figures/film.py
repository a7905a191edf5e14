"""A drawing that moves by itself, without a script: an animated SVG, as a README and a page of text can show it."""

import re
from difflib import SequenceMatcher

from rnnkit.figures.lstm_cell import TEXT, _drawn, counting_weights, trace
from rnnkit.figures.picture import Drawing

ELEMENT = re.compile(r"<(\w+)[^>]*?(?:/>|>.*?</\1>)", re.DOTALL)


def counting_cell(lstm_step, lstm_gates, seconds=1.4):
    """An LSTM unit that counts brackets, step after step, for so many seconds each. Its own functions drive it.

    lstm_step, lstm_gates: as lstm_explorer takes them. Returns a Drawing. Where nothing moves, it shows the fifth step.
    """
    run = trace(lstm_step, lstm_gates, *counting_weights())
    counts = ", ".join(f"{step.c_next:.0f} after {step.symbol}" for step in run)
    alt = (f"An LSTM cell of one unit reads {TEXT} and counts the brackets that are open. Every line shows its value "
           f"as a color, a width and a number, and each gate is open or closed. Its cell state: {counts}.")
    return Drawing(film([str(_drawn(run, t)) for t in range(1, len(run) + 1)], seconds, still=4), alt)


def film(frames, seconds, still=0):
    """Images in SVG of one size, shown one after the other, over and over. What they share is there once.

    frames: the images, as text. seconds: how long each is shown. still: which one stands where nothing moves.
    """
    start = frames[0].index(">") + 1
    parts = [[match[0] for match in ELEMENT.finditer(frame[start:-len("</svg>")])] for frame in frames]
    shared = parts[0]
    for frame in parts[1:]:
        blocks = SequenceMatcher(None, shared, frame, autojunk=False).get_matching_blocks()
        shared = [part for block in blocks for part in shared[block.a:block.a + block.size]]
    places, drawn = [0] * len(parts), []
    for part in [*shared, None]:
        between = []
        for k, frame in enumerate(parts):
            end = len(frame) if part is None else frame.index(part, places[k])
            between.append("".join(frame[places[k]:end]))
            places[k] = end + 1
        drawn += [_shown(text, [text == other for other in between], seconds, still)
                  for text in dict.fromkeys(between) if text]
        drawn.append(part or "")
    return frames[0][:start] + "".join(drawn) + "</svg>"


def _shown(text, when, seconds, still):
    """Part of an image, which is there in some frames only."""
    states = ";".join("visible" if there else "hidden" for there in when)
    animation = (f'<animate attributeName="visibility" values="{states}" calcMode="discrete" '
                 f'dur="{seconds * len(when):g}s" repeatCount="indefinite"/>')
    return f'<g visibility="{"visible" if when[still] else "hidden"}">{animation}{text}</g>'
