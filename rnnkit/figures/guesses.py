"""How a guess looks: the question, the answer over the guess, and the score of a lesson and of the course."""

import html
from dataclasses import dataclass

import numpy as np

from rnnkit.figures.picture import image
from rnnkit.figures.style import DONE, FAINT, INK, QUIET, tint
from rnnkit.figures.svg import Sheet
from rnnkit.figures.table import cell, table

CARD = ("border: 1px solid #808080; border-left: 6px solid {edge}; border-radius: 4px; padding: 6px 12px; "
        "max-width: 52em; line-height: 1.45")
CHIP = "border: {line} #808080; border-radius: 4px; padding: 2px 10px; margin: 2px 6px 2px 0; display: inline-block"
LEFT, RIGHT, LEVEL = 60, 740, 52  # of the axis, in px


@dataclass
class Shown:
    """Something that a notebook shows: as HTML, or as plain text."""

    html: str
    text: str

    def __repr__(self):
        return self.text

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/html": self.html, "text/plain": self.text}


def written(value):
    """A guess or an answer as plain text."""
    return typeset(value)[1]


def typeset(value):
    """A guess or an answer as HTML, and as plain text."""
    return cell(value, ".2g" if isinstance(value, float) else "")[:2]


def question_card(question, data, answers):
    """The HTML of a question, with what a page needs that scores it itself, as data-... attributes.

    answers: those among which to choose, in words.
    """
    return _card("rnnkit-guess", {"guess": question.name, **data},
                 f"<b>Guess first.</b> {html.escape(question.question)} {html.escape(answers)}")


def choice_card(question, options):
    """The answer among the options, and the guess."""
    chips = "".join(_chip(option, option == question.answer, option == question.guess)
                    for option in options or [written(question.answer)])
    return _answer(question, f"<div>{chips}</div>")


def place_card(question):
    """The answer on its axis, and the guess."""
    return _answer(question, image("svg+xml", str(_axis(question)).encode(), _axis_in_words(question)))


def score_card(records):
    """What became of the guesses of a lesson, and those to remember."""
    if not records:
        text = "Your guesses: none so far. A guess counts when it is made before its answer is there."
        return Shown(_card("rnnkit-score", {}, html.escape(text)), text)
    right = sum(record["right"] for record in records)
    first = f"Your guesses in this lesson: {right} of {len(records)} right."
    wrong = [f"{record['question']} You said {written(record['guess'])}. It is {written(record['answer'])}."
             for record in records if not record["right"]]
    more = "To remember, because it surprised you:" if wrong else ""
    items = "".join(f"<li>{html.escape(line)}</li>" for line in wrong)
    return Shown(_card("rnnkit-score", {"right": right, "of": len(records)}, f"<b>{first}</b> {more}<ul>{items}</ul>"
                       if wrong else f"<b>{first}</b>"), "\n".join([f"{first} {more}".strip(), *wrong]))


def course_table(lessons):
    """The guesses of every lesson, lesson -> name -> record, as a table."""
    counts = {lesson: (sum(record["right"] for record in records.values()), len(records))
              for lesson, records in sorted(lessons.items()) if records}
    if not counts:
        return score_card([])
    total = [sum(column) for column in zip(*counts.values(), strict=True)]
    rows = [(lesson.replace("_", " "), right, of) for lesson, (right, of) in counts.items()]
    return table(f"Your guesses so far: {total[0]} of {total[1]} right", {"lesson": "", "right": "", "of": ""}, rows)


def _answer(question, drawn):
    """The card of an answer. Where there is no guess it says the answer, and nothing else."""
    shown, words = (_in_words(question, *pair) for pair in zip(
        typeset(question.answer), typeset(question.guess), strict=True))
    edge = DONE if question.guess is not None and question.right() else FAINT
    data = {"guess": question.name, "answer": question.answer}
    return Shown(_card("rnnkit-answer", data, f"{shown}{drawn}", edge), words)


def _in_words(question, answer, guess):
    """What became of a guess. answer, guess: as they are written."""
    if question.guess is None:
        return f"The answer: {answer}."
    if question.right():
        return f"Your guess is right: {answer}."
    return f"You said {guess}. It is {answer}."


def _chip(option, right, guessed):
    said = " ".join(filter(None, ["\N{CHECK MARK}" if right else "", html.escape(option),
                                  "<i>(your guess)</i>" if guessed else ""]))
    line = "2px solid" if right else "1px dashed" if guessed else "1px solid"
    return f'<span style="{CHIP.format(line=line)}">{f"<b>{said}</b>" if right else said}</span>'


def _axis_in_words(question):
    guess = "" if question.guess is None else f" Your guess, {written(question.guess)}, is marked."
    return f"An axis from {question.low:g} to {question.high:g}, with the answer at {written(question.answer)}.{guess}"


def _axis(question):
    """The axis of a number, with the answer, how far a guess may be from it, and the guess."""
    sheet = Sheet(800, 92)
    answer, within = question.answer, question.within
    near = (answer / within, answer * within) if question.log else (answer - within, answer + within)
    left, right = (_place(question, value) for value in near)
    sheet.box(((left + right) / 2, LEVEL), right - left, 20, fill=tint(DONE, 0.35), stroke="none", line=0)
    sheet.add("path", d=f"M{LEFT},{LEVEL} L{RIGHT},{LEVEL}", stroke=QUIET, stroke_width=1.5)
    for tick in _ticks(question):
        place = _place(question, tick)
        sheet.add("path", d=f"M{place},{LEVEL - 4} L{place},{LEVEL + 4}", stroke=QUIET, stroke_width=1.5)
        _write_tick(sheet, (place, LEVEL + 22), tick, question.log)
    at = _place(question, answer)
    sheet.circle((at, LEVEL), 8, fill=INK, width=2.5)
    sheet.write((at, LEVEL - 22), "the answer", 13, INK, bold=True)
    if question.guess is not None:
        guessed = _place(question, question.guess)
        sheet.circle((guessed, LEVEL), 8, width=2.5)
        sheet.write((guessed, LEVEL - (40 if abs(guessed - at) < 90 else 22)), "your guess", 13, INK)
    return sheet


def _write_tick(sheet, at, tick, log):
    if not log:
        return sheet.write(at, f"{tick:g}", 12, QUIET)
    power = str(round(np.log10(tick))).replace("-", "\N{MINUS SIGN}")
    sheet.add("text", f'10<tspan dy="-5" font-size="9">{power}</tspan>', x=at[0], y=at[1] + 4, font_size=12, fill=QUIET,
              text_anchor="middle")


def _place(question, value):
    """Where a value stands on the axis, in px. What lies outside stands at its end."""
    low, high = question.low, question.high
    if question.log:
        low, high, value = np.log10([low, high, max(value, low)])
    return LEFT + (RIGHT - LEFT) * float(np.clip((value - low) / (high - low), 0, 1))


def _ticks(question):
    if not question.log:
        return np.linspace(question.low, question.high, 6)
    first, last = (round(power) for power in np.log10([question.low, question.high]))
    return [10.0 ** power for power in range(first, last + 1, max(1, (last - first) // 8))]


def _card(kind, data, inside, edge=FAINT):
    told = "".join(f' data-{name}="{html.escape(str(value))}"' for name, value in data.items())
    return f'<div class="{kind}" role="group"{told} style="{CARD.format(edge=edge)}">{inside}</div>'
