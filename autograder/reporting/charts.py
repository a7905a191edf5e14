"""Where the parts of the report's charts stand, in the units of their SVG."""

from collections.abc import Iterator
from typing import Any

ENDINGS = {"full": "full marks", "part": "part of the points", "none": "no points", "blank": "not written"}


def columns(bars: list[dict[str, Any]], width: float = 960, bottom: float = 170) -> Iterator[dict[str, Any]]:
    """Where the columns of a histogram stand: x, y, width and height of each, beside what it shows."""
    most = max([bar["submissions"] for bar in bars] + [1])
    step = width / len(bars)
    for place, bar in enumerate(bars):
        tall = (bottom - 24) * bar["submissions"] / most
        yield bar | {"x": round(place * step + step * 0.08, 1), "y": round(bottom - tall, 1),
                     "width": round(step * 0.84, 1), "height": round(tall, 1), "middle": round((place + 0.5) * step, 1)}


def stretches(exercise: dict[str, Any], width: float = 300) -> Iterator[dict[str, Any]]:
    """The parts of an exercise's bar, one for each ending that occurred."""
    total = sum(exercise[ending] for ending in ENDINGS)
    x = 0.0
    for ending in ENDINGS:
        if exercise[ending]:
            long = width * exercise[ending] / total
            yield {"ending": ending, "count": exercise[ending], "x": round(x, 1), "width": round(long, 1),
                   "middle": round(x + long / 2, 1)}
            x += long
