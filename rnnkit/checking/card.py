"""How a verdict looks: a card in a notebook, plain text in a terminal. First the diagnosis, then the numbers behind it.

A card has no colors of its own but at its edge, so that it can be read in a light theme and in a dark one. It uses only
tags and styles that are left to it wherever a submission is shown.
"""

import html
import os
import re
import sys
import textwrap
from typing import NamedTuple

from rnnkit.checking.kernel import notebook
from rnnkit.exercises import EXERCISES

WIDTH = 88
MARKS = {"stale": "note", "blank": "to do", "hint": "", "built": "", "known": "", "ok": "ok", "wrong": "wrong",
         "remark": "note", "printed": "it printed"}
COLORS = {"ok": "#0a8a66", "wrong": "#c2500a", "blank": "#808080"}      # 3 : 1 and more on white and on black
TESTED = 10     # digits to which rnnkit's cells agree with PyTorch's, in the tests
UNKNOWN = "Not right yet, and it is no mistake that the check knows by name. This is what differs:"
COMPARISON = re.compile(r"(\w+)(?:: | has shape | is not finite)")
SIZE = re.compile(r"(?P<name>\w+)(?P<what>: .* wrong, by up to )(?P<size>[^;]+?)(?P<more>(;.*)?\.)")
PLACE = re.compile(r"(In .{1,100}, line \d+:) (.*)")
QUOTED = "margin:2px 0;padding:0 0 0 8px;border-left:3px solid #808080;background:none;color:inherit"


def show(verdict):
    """Display the card where there is a notebook, print it elsewhere.

    nbgrader's Validate button takes what stands on stderr for the reason why a cell is not worth all of its points.
    """
    if "NBGRADER_VALIDATING" in os.environ and not verdict.passed:
        print(as_text(verdict), file=sys.stderr)
    elif notebook():
        from IPython.display import display

        display({"text/html": as_html(verdict), "text/plain": as_text(verdict)}, raw=True)
    else:
        print(as_text(verdict))


class Card(NamedTuple):
    """The lines of a verdict, (mark, text) each, in the order in which they are read.

    lead: what to think about. findings: what was compared with what. remarks: what costs nothing.
    """

    lead: list
    findings: list
    remarks: list
    printed: list

    @classmethod
    def of(cls, verdict):
        exercise = EXERCISES.get(verdict.name)
        outputs = exercise.outputs if exercise else ()
        lead, findings, remarks, printed = [], [], [], []
        for mark, text in verdict.lines:
            compared = mark == "wrong" and (found := COMPARISON.match(text)) and found[1] in outputs
            places = {"ok": findings, "known": findings, "remark": remarks, "printed": printed}
            places.get(mark, findings if compared else lead).append((mark, text))
        if verdict.passed:
            lead.insert(0, ("built", _success(verdict)))
        elif all(mark == "stale" for mark, _ in lead):
            lead.append(("hint", UNKNOWN))
            findings += [("hint", f"What would it give for {edge.what}?") for edge in exercise.edges[-1:]]
        lead.sort(key=lambda line: line[0] != "stale")
        findings.sort(key=lambda line: line[0] != "known")
        return cls(lead, list(_joined(findings)), remarks, printed)


def as_text(verdict):
    """The verdict in plain text, a headline and a line for each finding."""
    score, card = _score(verdict), Card.of(verdict)
    lines = [verdict.name + score.rjust(WIDTH - len(verdict.name))]
    for mark, text in (*card.lead, *card.findings, *card.remarks, *card.printed):
        first, *rest = [piece for line in _shortened(text) for piece in textwrap.wrap(line, WIDTH - 9) or [""]]
        lines.append(f"  {MARKS[mark]:<7}{first}" if len(MARKS[mark]) < 7 else f"  {MARKS[mark]}:\n         {first}")
        lines += [" " * 9 + piece for piece in rest]
    return "\n".join(lines)


def as_html(verdict):
    """The verdict as a card. Everything that came from a student's code is escaped."""
    card = Card.of(verdict)
    edge = COLORS["ok"] if verdict.passed else COLORS["wrong"] if verdict.written else COLORS["blank"]
    return (f'<div class="rnnkit-card" role="group" aria-label="Check of {html.escape(verdict.name)}" '
            f'style="border:1px solid #808080;border-left:6px solid {edge};border-radius:4px;padding:6px 12px;'
            f'max-width:52em;font-size:14px;line-height:1.45">'
            f'<div style="display:flex;justify-content:space-between"><code style="background:none;color:inherit"><b>'
            f'{html.escape(verdict.name)}</b></code><b>{_score(verdict)}</b></div>'
            f'{"".join(_said(mark, text) for mark, text in card.lead)}{_behind_it(verdict, card)}'
            f'{"".join(_said(mark, text, 14) for mark, text in card.remarks)}'
            f'{"".join(_printed(text) for _, text in card.printed)}</div>')


def _said(mark, text, size=15):
    """A paragraph. Of an error what it means comes first, and the line where it happened stands by itself."""
    first, *rest = _shortened(text) or [""]
    place = next((k for k, line in enumerate(rest) if PLACE.match(line)), len(rest))
    if place < len(rest) - 1 and " was given " not in rest[-1]:
        first, rest = rest[-1].removeprefix("In other words: "), [first, *rest[:-1]]
    label = {"stale": "Note: ", "remark": "Note: "}.get(mark, "Almost: " if text.startswith("right so far") else "")
    more = "".join(f'<div style="margin:4px 0;font-size:14px">{_quoted(line)}</div>' for line in rest)
    return (f'<div style="margin:6px 0;font-size:{size}px">{label and f"<b>{label}</b>"}{html.escape(first)}{more}'
            f'</div>')


def _quoted(line):
    place = PLACE.match(line)
    return f'{html.escape(place[1])}<pre style="{QUOTED}">{html.escape(place[2])}</pre>' if place else html.escape(line)


def _behind_it(verdict, card):
    """The findings, folded where something else has been said that is worth reading first."""
    if not card.findings:
        return ""
    known = verdict.passed or verdict.right or any(mark == "known" for mark, _ in card.findings)
    what = "What was checked" if verdict.passed else "The numbers behind it"
    rows = "".join(_row(MARKS[mark], " ".join(_shortened(text))) for mark, text in card.findings)
    return f'<details{"" if known else " open"}><summary>{what}</summary>{rows}</details>'


def _row(label, text):
    """A finding: the label stands in a column of its own, and the text beside it."""
    if not label:
        return f'<div style="margin:2px 0">{html.escape(text)}</div>'
    return (f'<div style="display:table;margin:2px 0"><b style="display:table-cell;width:4em">{label} </b>'
            f'<span style="display:table-cell">{html.escape(text)}</span></div>')


def _printed(text):
    return (f'<details><summary>What it printed</summary><pre style="{QUOTED}">'
            f'{html.escape(chr(10).join(_shortened(text)))}</pre></details>')


def _joined(findings):
    """The findings, where one row says of several results what is the same for all of them but its size."""
    rows = {}
    for mark, text in findings:
        same = SIZE.fullmatch(text) if mark == "wrong" else None
        rows.setdefault((mark, same["what"], same["more"]) if same else (mark, text), []).append(same)
    for (mark, what, *more), found in rows.items():
        if more:
            names, size = ", ".join(each["name"] for each in found), max((each["size"] for each in found), key=float)
            what = f"{names}{what}{size}{more[0]}"
        yield mark, what


def _success(verdict):
    """What was built, and how far it agrees: with rnnkit's as computed, with PyTorch's as the tests hold rnnkit's."""
    exercise = EXERCISES.get(verdict.name)
    parts = ["Right.", exercise.built if exercise else ""]
    if verdict.digits:
        parts.append(f"Its results agree with ours to {verdict.digits} digits")
        parts[-1] += (f", and ours with those of PyTorch's {exercise.torch} to {TESTED} or more, as a test makes sure."
                      if exercise and exercise.torch else ".")
    return " ".join(filter(None, parts))


def _score(verdict):
    return f"{verdict.earned:g} of {verdict.points:g} point{'s' * (verdict.points != 1)}"


def _shortened(text, most=12):
    """The first lines of a text, without what a screen or a message cannot carry, such as half a surrogate pair."""
    lines = ["".join(c if c.isprintable() or c.isspace() else "?" for c in line[:400])
             for line in text.splitlines()]
    return lines[:most] + [f"... and more lines: {len(lines) - most}"] * (len(lines) > most)
