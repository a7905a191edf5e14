"""Guess first: a question before a result, the reader's guess beside the computed answer, and the score.

    guess.choose("knock", "How much of the knock is left?", "about half", "about a tenth", "less")
    guess.reveal("knock", "less" if left < 0.05 else "about a tenth")

A guess is kept in this kernel, and once it has met its answer also in guesses.json in the folder above the lesson's.
Nothing else is written, and nothing leaves the machine. ipywidgets is imported when a question is shown. Without it,
and in a script, the reader writes the guess into the question: guess.choose(..., mine="about half").
"""

import contextlib
import html
import json
import math
import os
import re
import tempfile
from pathlib import Path

from rnnkit.figures.guesses import choice_card, course_table, place_card, question_card, score_card, written
from rnnkit.optional import missing

FILE = "guesses.json"
LESSON = re.compile(r"\d\d_\w+")
_asked = {}   # name -> Question, of the lesson that runs in this kernel
_met = {}     # the lesson's folder -> name -> what was asked, guessed and answered, and whether the guess was right


def choose(name, question, *options, mine=None):
    """Ask for one of a few answers, with a button for each.

    name: what `reveal` calls the question. options: the answers, as strings. mine: the guess of a reader who writes it
    here instead of clicking. Returns a Question, which a notebook shows. Raises ValueError where options are missing.
    """
    if len(options) < 2 or not all(isinstance(option, str) for option in options):
        raise ValueError(f"guess.choose: the options are {options!r}; two strings or more were expected.")
    return _ask(Choice(name, question, options), mine)


def place(name, question, low, high, log=True, within=None, mine=None):
    """Ask for a number, by a point that is placed on an axis.

    low, high: the ends of the axis. log: whether it is logarithmic. within: how far off a guess may be and still be
    right, as a factor on a log axis (by default 10), else as a distance (by default a tenth of the axis).
    mine: as in `choose`. Returns a Question. Raises ValueError where the ends are no axis.
    """
    if not low < high or (log and low <= 0):
        raise ValueError(f"guess.place: the axis runs from {low} to {high}; low < high was expected, and above 0 on a "
                         f"log axis.")
    return _ask(Place(name, question, low, high, log, within or (10 if log else (high - low) / 10)), mine)


def reveal(name, answer):
    """Show the answer over the guess, and keep both. A guess that was made later does not count.

    name: of a question that was asked. answer: computed by the lesson: one of the options, or a number.
    Returns what a notebook shows. A question whose cell was not run has no guess; its answer is shown alone.
    """
    question = _asked.get(name) or Question(name, "")
    question.meet(answer)
    return question.with_answer()


def made(name):
    """The guess that was made of a question, or None."""
    return _asked[name].guess if name in _asked else None


def score():
    """The guesses of this lesson that met their answer, as a notebook shows them."""
    return score_card([*_known().values()])


def course(folder=".."):
    """The guesses of the whole course, lesson by lesson, as they are kept in this folder.

    A file that is missing, or that nobody can read, holds none.
    """
    return course_table(_read(Path(folder) / FILE))


class Question:
    """Something that is asked before the result is seen. guess: what the reader said, or None. answer: None so far."""

    def __init__(self, name, question):
        self.name, self.question, self.guess, self.answer, self.said = name, question, None, None, ""

    def fits(self, value):
        """The value as a guess at this question; None where it is none."""
        return None

    def right(self):
        """Whether the guess is right."""
        return False

    def keep(self, value):
        """Take a guess. What comes after the answer is no guess any more."""
        if self.answer is not None:
            self.said = "The answer is there already, so this does not count."
        elif (fitting := self.fits(value)) is None:
            self.said = f"{value!r} is not one of the answers."
        else:
            self.guess, self.said = fitting, f"Your guess is kept: {written(fitting)}. Now run on."

    def meet(self, answer):
        """Take the answer. The first time that a guess meets it, both are kept."""
        self.answer = answer
        if self.guess is not None and self.name not in _known():
            _remember(self.name, {"question": self.question, "guess": self.guess, "answer": answer,
                                  "right": bool(self.right())})

    def with_answer(self):
        return choice_card(self, ())

    def __repr__(self):
        return f"Guess first: {self.question} {self.in_words()}"

    def in_words(self):
        """How to answer, in plain text."""
        return ""

    def _ipython_display_(self):
        """The question, which every page shows, and below it the control, which a page without a kernel leaves out."""
        from IPython.display import display
        try:
            import ipywidgets
        except ImportError:
            how = f"{missing('ipywidgets')} Or write your guess into the cell, as mine={self.example!r}."
            display({"text/html": f"{self.html}<p>{html.escape(how)}</p>", "text/plain": f"{self!r}\n{how}"}, raw=True)
            return
        display({"text/html": self.html, "text/plain": repr(self)}, raw=True)
        display(self._widget(ipywidgets))

    def _widget(self, widgets):
        said = widgets.HTML(html.escape(self.said))

        def keep(value):
            self.keep(value)
            said.value = html.escape(self.said)

        return widgets.VBox([self._control(widgets, keep), said])


class Choice(Question):
    """A question with a few answers."""

    def __init__(self, name, question, options):
        super().__init__(name, question)
        self.options, self.example = options, options[0]

    def fits(self, value):
        return value if value in self.options else None

    def right(self):
        return self.guess == self.answer

    def meet(self, answer):
        """Take the answer. Raises ValueError where it is none of the options."""
        if answer not in self.options:
            raise ValueError(f"guess.reveal: {answer!r} is not one of the options of {self.name}: {self.options!r}.")
        super().meet(answer)

    def with_answer(self):
        return choice_card(self, self.options)

    @property
    def html(self):
        return question_card(self, {"kind": "choice", "options": "|".join(self.options)}, self.in_words())

    def in_words(self):
        return f"({', '.join(self.options)})"

    def _control(self, widgets, keep):
        buttons = widgets.ToggleButtons(options=self.options, value=self.guess, style={"button_width": "auto"})
        buttons.observe(lambda change: keep(change["new"]), names="value")
        return buttons


class Place(Question):
    """A question for a number on an axis from low to high."""

    def __init__(self, name, question, low, high, log, within):
        super().__init__(name, question)
        self.low, self.high, self.log, self.within = low, high, log, within
        self.example = (low * high) ** 0.5 if log else (low + high) / 2

    def fits(self, value):
        try:
            number = float(value)
        except (TypeError, ValueError):
            return None
        return number if self.low <= number <= self.high else None

    def right(self):
        if not self.log:
            return abs(self.guess - self.answer) <= self.within
        return self.answer > 0 and 1 / self.within <= self.guess / self.answer <= self.within

    def meet(self, answer):
        super().meet(float(answer))

    def with_answer(self):
        return place_card(self)

    @property
    def html(self):
        return question_card(self, {"kind": "place", "low": self.low, "high": self.high, "within": self.within,
                                    "scale": "log" if self.log else "linear"}, self.in_words())

    def in_words(self):
        return f"(a number from {self.low:g} to {self.high:g})"

    def _control(self, widgets, keep):
        looks = {"readout_format": ".1e" if self.log else ".2g", "layout": {"width": "36em"}, "description": "",
                 "value": self.example if self.guess is None else self.guess}
        if self.log:
            axis = widgets.FloatLogSlider(min=math.log10(self.low), max=math.log10(self.high), step=0.1, **looks)
        else:
            axis = widgets.FloatSlider(min=self.low, max=self.high, step=(self.high - self.low) / 100, **looks)
        button = widgets.Button(description="Place my guess here")
        button.on_click(lambda _: keep(axis.value))
        return widgets.HBox([axis, button])


def _ask(question, mine):
    """The question, with the guess that was kept of it before, or that the reader wrote."""
    _asked[question.name] = question
    before = _known().get(question.name)
    if before and (guess := question.fits(before["guess"])) is not None:
        question.guess, question.said = guess, f"You guessed {written(guess)}. The first guess counts."
    elif mine is not None:
        question.keep(mine)
    return question


def _folder():
    """The folder of the lesson that this kernel runs, or None where it runs no lesson."""
    folder = Path.cwd()
    return folder if LESSON.fullmatch(folder.name) else None


def _known():
    """The guesses of this lesson that met their answer: name -> what was guessed and what it is."""
    folder = _folder()
    if folder not in _met:
        _met[folder] = dict(_read(folder.parent / FILE).get(folder.name, {})) if folder else {}
    return _met[folder]


def _remember(name, record):
    _known()[name] = record
    folder = _folder()
    if not folder:
        return
    everything = {**_read(folder.parent / FILE), folder.name: _known()}
    with contextlib.suppress(OSError):
        _write(folder.parent / FILE, json.dumps(everything, indent=1))


def _write(path, text):
    """Replace a file's text, or leave it as it was."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(name, path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _read(path):
    """The guesses in a file, lesson -> name -> record; whatever in it is no such record is left out."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    lessons = kept.items() if isinstance(kept, dict) else ()
    return {lesson: {name: record for name, record in records.items() if _is_record(record)}
            for lesson, records in lessons if LESSON.fullmatch(lesson) and isinstance(records, dict)}


def _is_record(record):
    kinds = {"question": str, "right": bool, "guess": str | int | float, "answer": str | int | float}
    return isinstance(record, dict) and all(isinstance(record.get(what), kind) for what, kind in kinds.items())
