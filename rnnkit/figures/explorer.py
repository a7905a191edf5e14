"""Explorer: a picture with controls, whose frames are computed beforehand and moved in the browser.

A notebook holds the first frame once, as an image that every page shows. Beside it stands what differs in the other
frames, and a small script (moving.js) that puts it into the picture. So the picture moves without a kernel: in
JupyterLab, in an exported page, on a web site. Where scripts are stripped, the first frame stays.
"""

import itertools
import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from rnnkit.figures.arguments import expect_one_of
from rnnkit.figures.svg import Wave, number

ALPHABET = "".join(chr(k) for k in range(35, 127) if chr(k) not in "<\\")    # the digits of numbers, in a script
STILL = "Here the picture stands still. It moves in JupyterLab, where the notebook is trusted, and in an exported page."


@dataclass
class Control:
    """A slider, or a list: one of a few values.

    name: what it is, and its unit. options: its values. value: the first one that is shown.
    said: the values in words, one for each. ordered: whether it is a slider.
    """

    name: str
    options: tuple
    value: object
    said: tuple = ()
    ordered: bool = True

    def __post_init__(self):
        self.said = tuple(self.said or map(str, self.options))


def steps(count, value):
    """The slider over the steps 1 to `count`."""
    return Control("Step", tuple(range(1, count + 1)), value, [f"Step {t} of {count}" for t in range(1, count + 1)])


def numbers(name, low, high, step, value, unit=""):
    """A slider over the numbers from `low` to `high` that are `step` apart. unit: follows the number in words."""
    digits = len(f"{step:g}".partition(".")[2])
    options = tuple(round(low + step * k, digits) for k in range(round((high - low) / step) + 1))
    return Control(name, options, value, [number(option, digits) + unit for option in options])


class Explorer:
    """A picture that follows its controls, in the browser.

    frame_of: makes a Drawing from a value of each control, given by name. All its drawings have the same parts, and
    differ in their attributes and in what is written.
    headline: which parts are announced when the picture moves. plays: the control that the play button moves, pace: a
    step of it in ms, backwards: from its last value to its first.
    controls: name -> Control.
    """

    def __init__(self, frame_of, plays, pace=900, backwards=False, headline=(0,), **controls):
        self.frame_of, self.controls, self.headline = frame_of, controls, headline
        self.plays = list(controls).index(plays), -1 if backwards else 1, pace
        self.frames = [frame_of(**dict(zip(controls, values, strict=True)))
                       for values in itertools.product(*(control.options for control in controls.values()))]

    def at(self, **values):
        """The Drawing at these values; a control that is not named stands where it does at first.

        Raises ValueError where a control cannot have the value.
        """
        if unknown := values.keys() - self.controls.keys():
            known = ", ".join(self.controls)
            raise ValueError(f"There is no control {', '.join(unknown)}; one of {known} was expected.")
        place = 0
        for name, control in self.controls.items():
            expect_one_of(control.name, "its value", values.get(name, control.value), control.options)
            place = place * len(control.options) + control.options.index(values.get(name, control.value))
        return self.frames[place]

    @property
    def picture(self):
        """The Drawing that is shown first."""
        return self.at()

    @cached_property
    def html(self):
        """The picture as a page shows it: its first frame, what differs in the others, and the script."""
        data = json.dumps(self._data(), ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
        return (f'<div class="rnnkit-moving">{self.picture.html}<p class="rnnkit-still">{STILL}</p>'
                f"<script>{script()}({data})</script></div>")

    def _data(self):
        sizes = [len(control.options) for control in self.controls.values()]
        sentences = [re.split(r"(?<=\. )", frame.alt) for frame in self.frames]
        return {
            "controls": [{"name": control.name, "said": control.said, "at": control.options.index(control.value),
                          "ordered": control.ordered} for control in self.controls.values()],
            "plays": self.plays, "headline": self.headline, "slots": list(self._slots(sizes)),
            "words": [packed(column, sizes) for column in itertools.zip_longest(*sentences, fillvalue="")],
        }

    def _slots(self, sizes):
        """What differs between the frames: which part, which of its attributes (none: what is inside), its values."""
        for index, parts in enumerate(zip(*(frame.sheet.parts for frame in self.frames), strict=True)):
            tags, attributes, inside = zip(*parts, strict=True)
            if len(set(tags)) > 1:
                raise ValueError(f"Part {index} is {' and '.join(sorted(set(tags)))}; the same tag was expected in "
                                 f"every frame.")
            names = dict.fromkeys(itertools.chain(*attributes))
            columns = {name: [each.get(name, "") for each in attributes] for name in names}
            for name, column in {**columns, "": inside}.items():
                if len(set(column)) == 1:
                    continue
                if isinstance(column[0], Wave):
                    (grid,) = {(wave.start, wave.apart, len(wave.levels)) for wave in column}
                    yield [index, name, *packed([in_pairs(wave.levels) for wave in column], sizes), grid]
                else:
                    yield [index, name, *packed(column, sizes)]

    def __repr__(self):
        return self.picture.alt

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/html": self.html, "text/plain": self.picture.alt}


def packed(column, sizes):
    """A text for every frame, as [before, after, axes, values, ids]: each once, along those controls that change it.

    before, after: how all of them begin and end. values: what differs. ids: where in `values` each one is, in digits
    of ALPHABET, two for one from 91 values on; 0 where that is the values' own order.
    """
    before = beginning(column)
    after = beginning([text[len(before):][::-1] for text in column])[::-1]
    column = [text[len(before):len(text) - len(after)] for text in column]
    values = list(dict.fromkeys(column))
    place = {value: k for k, value in enumerate(values)}
    ids = np.array([place[value] for value in column]).reshape(sizes)
    axes = [k for k in range(ids.ndim) if (ids != ids.take([0], k)).any()]
    ids = ids[tuple(slice(None) if k in axes else 0 for k in range(ids.ndim))].ravel()
    if len(values) == len(ids):
        return [before, after, axes, [values[k] for k in ids], 0]
    digits = "".join(ALPHABET[k] if len(values) <= len(ALPHABET) else pair(k) for k in ids)
    return [before, after, axes, values, digits]


def beginning(texts):
    """What all texts begin with."""
    low, high = min(texts), max(texts)
    return low[:next((k for k, (one, other) in enumerate(zip(low, high, strict=False)) if one != other), len(low))]


def pair(whole):
    """A whole number from 0 to 8099 as two digits of ALPHABET."""
    return ALPHABET[whole // len(ALPHABET)] + ALPHABET[whole % len(ALPHABET)]


def in_pairs(levels):
    """Heights in px, from 0 to 809.9, as tenths in two digits each; the last one is not repeated."""
    tenths = [round(10 * level) for level in levels]
    while len(tenths) > 1 and tenths[-1] == tenths[-2]:
        tenths.pop()
    return "".join(map(pair, tenths))


def script():
    """The function in moving.js, without its comments and its indentation."""
    lines = Path(__file__).with_name("moving.js").read_text(encoding="utf-8").splitlines()
    return "\n".join(line.strip() for line in lines if not line.lstrip().startswith("//"))
