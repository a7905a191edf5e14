"""The notebook that Formgrader and feedback show: the lesson as it was handed out, the answers, and the verdicts.

The student's notebook is not taken over, only its texts are. What stands below a cell is what the judge saw.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import nbformat

from autograder.judging.judgement import STATUSES, Judgement
from autograder.judging.submission import Submission, SubmittedCell
from autograder.lesson import Lesson, nbgrader_of
from autograder.texts import as_prose, fit
from rnnkit.checking import Verdict
from rnnkit.checking.card import as_html, as_text

Cell = dict[str, object]  # of a notebook, as nbformat has it
BANNER = "how-it-was-judged"
MOST_CELLS, MOST_TEXT, MOST_OUTPUT = 200, 50_000, 20_000


@dataclass(frozen=True)
class Autograded:
    """What is kept of a submission besides its Judgement.

    text: the notebook. digests: answer or essay -> a digest of what the student wrote there, where that is anything.
    """

    text: str
    digests: dict[str, str]


def autograded(judgement: Judgement, submission: Submission | None, lesson: Lesson) -> Autograded:
    """The notebook of a submission. submission: None where it could not be read."""
    release = lesson.student
    followers = _followers(submission, release)
    answers = submission.answers() if submission else {}
    cells = [_markdown(BANNER, _banner(judgement, submission)), *_added(followers[""], judgement)]
    for cell in release.cells:
        if name := grade_id(cell):
            cells += [_known(cell, answers.get(name), judgement), *_added(followers[name], judgement)]
        elif submission is None:
            cells.append(cell)
    digests = {name: digest(cell.source) for name, cell in answers.items() if not cell.stub}
    return Autograded(json.dumps({**release, "cells": cells}), digests)


def grade_id(cell: nbformat.NotebookNode) -> str:
    """The name of a cell that nbgrader knows, "" for any other."""
    return nbgrader_of(cell).get("grade_id", "")


def digest(text: str) -> str:
    """Of a text's words: another line break is no other text."""
    return sha256(" ".join(text.split()).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _followers(submission: Submission | None, release: nbformat.NotebookNode) -> dict[str, list[SubmittedCell]]:
    """Cell of the lesson -> the cells of the student's that stand behind it and are none of the lesson's."""
    locked = {tuple(cell.source.split()): name for cell in release.cells if (name := grade_id(cell))
              and not cell.metadata.nbgrader.solution}
    followers, last = defaultdict(list), ""
    answers = {cell.position: name for name, cell in (submission.answers() if submission else {}).items()}
    for cell in submission.cells if submission else ():
        known = cell.grade_id or answers.get(cell.position) or locked.get(tuple(cell.source.split()))
        if known:
            last = known
        else:
            followers[last].append(cell)
    return followers


def _known(cell: nbformat.NotebookNode, answer: SubmittedCell | None, judgement: Judgement) -> Cell:
    """A cell of the lesson, with the student's answer or the judge's verdict in it."""
    name, shown = grade_id(cell), dict(cell)
    verdict = judgement.verdicts.get(name.removeprefix("check-")) if cell.metadata.nbgrader.grade else None
    if answer and cell.metadata.nbgrader.solution:
        shown["source"] = fit(answer.source, MOST_TEXT)
    if cell.cell_type == "code":
        shown["outputs"] = [_card(verdict)] if verdict else _printed(answer, judgement)
    return shown


def _added(cells: Sequence[SubmittedCell], judgement: Judgement) -> list[Cell]:
    shown = []
    for cell in cells[:MOST_CELLS]:
        made = {"id": f"added-{cell.position}", "cell_type": cell.kind, "metadata": {},
                "source": fit(cell.source, MOST_TEXT)}
        if cell.kind == "code":
            made |= {"execution_count": None, "outputs": _printed(cell, judgement)}
        shown.append(made)
    if left := cells[MOST_CELLS:]:
        shown.append(_markdown(f"left-out-{left[0].position}", f"*Cells of the student's left out here: {len(left)}.*"))
    return shown


def _printed(cell: SubmittedCell | None, judgement: Judgement) -> list[Cell]:
    text = judgement.printed.get(cell.position) if cell else None
    return [{"output_type": "stream", "name": "stdout", "text": fit(text, MOST_OUTPUT)}] if text else []


def _card(verdict: Verdict) -> Cell:
    data = {"text/html": fit(as_html(verdict)), "text/plain": fit(as_text(verdict))}
    return {"output_type": "display_data", "metadata": {}, "data": data}


def _markdown(name: str, source: str) -> Cell:
    return {"id": name, "cell_type": "markdown", "metadata": {}, "source": source}


def _banner(judgement: Judgement, submission: Submission | None) -> str:
    """How it was judged, for the student and the marker alike. Flags are the instructor's: they stay out."""
    says = [f"**{judgement.status.capitalize()}:** {STATUSES[judgement.status]}. {as_prose(judgement.detail)}\n"]
    if judgement.layers:
        says.append(f"Your code ran in a sandbox: {as_prose(', '.join(judgement.layers))}.")
    elif judgement.status in ("judged", "unfinished"):
        says.append("Your code ran without a sandbox.")
    if submission:
        says.append("This is the lesson as it was handed out, with your answers in it. The outputs are the judge's.\n")
    else:
        says.append("None of your answers could be read. This is the lesson as it was handed out.\n")
    return "\n".join([*says, *(f"- {as_prose(remark)}" for remark in judgement.remarks[:20])])
