"""Read a lesson's source, a Jupytext py:percent script, and say what is wrong with it.

A mark in a cell's first line says what the cell is, and the build turns it into nbgrader's metadata:

    # %% answer="rnn_step"                    what the student writes; part of it is hidden
    # %% check="rnn_step" points=4            earns the points: ends with check(rnn_step, points=4)
    # %% [markdown] locked="one-weight"       text or code that a student cannot edit
    # %% [markdown] rubric="why-add"          an essay's question, and a list of what earns its points
    # %% [markdown] essay="why-add" points=3  the student's own words; the model answer is hidden

Between `### BEGIN SOLUTION` and `### END SOLUTION` lies what a student does not get: in an answer and in
an essay. Between `### BEGIN HIDDEN TESTS` and `### END HIDDEN TESTS`, in a check before its last line, lie
tests that run when the work is graded. A rubric's list adds up to its essay's points:

    # - 1 point: says that the weight is used at every step
    # - 2 points: says that the effects on the loss add up
"""

import ast
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import jupytext
from nbformat import NotebookNode

KINDS = {"answer": "code", "check": "code", "locked": None, "rubric": "markdown", "essay": "markdown"}
HIDES = {"answer": "SOLUTION", "essay": "SOLUTION", "check": "HIDDEN TESTS"}
SCREEN = 45  # lines of code

# Without comment_magics, Jupytext takes a comment such as "# copy the state" for a shell command.
PERCENT = {"extension": ".py", "format_name": "percent", "comment_magics": False}
CELL = re.compile(r"\s*#\s*%%+(\s|$)")
EDGE = re.compile(r"(?:# )?\s*### (BEGIN|END) (SOLUTION|HIDDEN TESTS)\s*")
LIKE_AN_EDGE = re.compile(r"##+\s*(BEGIN|END)\b|(BEGIN|END) (SOLUTION|HIDDEN TEST|MARK SCHEME)|AUTOTEST")
CARD = re.compile(r"# (\d+(?:\.\d+)?) points? · ")
IN_ALL = re.compile(r"\b(\w+(?:-\w+)?)\s+(?:#\s+)?points?,\s+(?:#\s+)?about\b")
UNITS = re.findall(r"\w+", "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
                   "fifteen sixteen seventeen eighteen nineteen")
TENS = re.findall(r"\w+", "twenty thirty forty fifty sixty seventy eighty ninety")
WORDS = {word: number for number, word in enumerate(UNITS)} | {
    "-".join([word, *unit]): 10 * ten + number for ten, word in enumerate(TENS, start=2)
    for number, unit in enumerate([[], *([unit] for unit in UNITS[1:10])])}
RUBRIC_ITEM = re.compile(r"^ *[-*] (\d+(?:\.\d+)?) points?:", re.MULTILINE)


class Unreadable(ValueError):
    """The file cannot be taken apart into cells."""


Mistake = tuple[int, str]  # the line, and what is wrong


@dataclass
class SourceCell:
    """One cell: what Jupytext read, the line it begins on, and its lines as they stand in the file."""

    node: NotebookNode
    line: int
    text: list[str]

    @property
    def kind(self) -> str | None:
        return next((kind for kind in KINDS if kind in self.node.metadata), None)

    @property
    def name(self) -> str:
        return str(self.node.metadata.get(self.kind))

    @property
    def points(self) -> float | None:
        return self.node.metadata.get("points")

    @property
    def grade_id(self) -> str:
        return f"{self.kind}-{self.name}" if self.kind in ("check", "rubric") else self.name

    def numbered(self) -> Iterator[tuple[int, str]]:
        return enumerate(self.text, start=self.line + 1)

    def hidden(self) -> Iterator[tuple[int, str]]:
        """The lines of the file, each with its number, that a student does not get."""
        inside = False
        for line, text in self.numbered():
            if edge := EDGE.fullmatch(text):
                inside = edge[1] == "BEGIN"
            elif inside and text.strip(" #"):
                yield line, text

    def visible(self) -> str:
        """The code that a student gets, with `pass` for what is hidden and every line in its place."""
        hidden = dict(self.hidden())
        lines = [""] * self.line
        for line, text in self.numbered():
            if edge := EDGE.fullmatch(text):
                text = text[: text.index("#")] + "pass" if edge[1] == "BEGIN" else ""
            lines.append("" if line in hidden else text)
        return "\n".join(lines)


def read(path: Path) -> list[SourceCell]:
    """Take a source apart into its cells; raises Unreadable."""
    try:
        text = path.read_text(encoding="utf-8")
        nodes = jupytext.reads(text, fmt=PERCENT).cells
    except Exception as error:  # its own, YAML's and nbformat's
        raise Unreadable(f"Jupytext cannot read this file: {error}") from error
    lines = text.split("\n")
    starts = [number for number, line in enumerate(lines, start=1) if CELL.match(line)]
    if len(nodes) != len(starts):
        raise Unreadable(
            "cells cannot be told apart: expected every cell to begin with '# %%', with no text before the "
            "first one and no line of a string that begins like a cell"
        )
    ends = [*starts[1:], len(lines) + 1]
    return [SourceCell(node, a, lines[a : b - 1]) for node, a, b in zip(nodes, starts, ends, strict=True)]


def mistakes(cells: list[SourceCell], exercises: Collection[str]) -> Iterator[Mistake]:
    """Yield every mistake in a lesson's cells. exercises: the names of those that rnnkit has for this lesson."""
    for cell in cells:
        yield from mark_mistakes(cell)
        yield from hidden_mistakes(cell)
        if cell.node.cell_type == "code":
            yield from code_mistakes(cell)
        if cell.kind == "check" and cell.name not in exercises:
            yield cell.line, unknown_exercise(cell.name, exercises)
    yield from pair_mistakes([cell for cell in cells if cell.kind])
    yield from prose_mistakes(cells)


def unknown_exercise(name: str, exercises: Collection[str]) -> str:
    close = get_close_matches(name, exercises, 1)
    there = f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(exercises) or 'none'}"
    return f"check {name!r}: rnnkit/exercises has no Exercise of that name for this lesson; {there}"


def mark_mistakes(cell: SourceCell) -> Iterator[Mistake]:
    """A mark that there is not, several on one cell, on a cell of the wrong type, or points that do not belong."""
    marks = set(cell.node.metadata) - {"lines_to_next_cell", "lines_to_end_of_cell_marker", "cell_marker"}
    for mark in sorted(marks - set(KINDS) - {"points", "tags"}):
        wrote = mark if mark not in ("title", "incorrectly_encoded_metadata") else cell.node.metadata[mark]
        yield cell.line, f"unknown mark {wrote!r}: expected one of {', '.join(KINDS)}"
    if len(marks & set(KINDS)) > 1:
        yield cell.line, f"one cell, several marks: {', '.join(sorted(marks & set(KINDS)))}; choose one"
    if cell.kind and not re.fullmatch(r"[A-Za-z0-9_-]{1,56}", cell.name):
        yield cell.line, f"{cell.kind}={cell.name!r}: a name has 1 to 56 letters, digits, - or _"
    if KINDS.get(cell.kind) not in (None, cell.node.cell_type):
        yield cell.line, f"{cell.kind} marks a {KINDS[cell.kind]} cell; this is a {cell.node.cell_type} cell"
    if cell.kind in ("check", "essay"):
        if not isinstance(cell.points, int | float) or not cell.points > 0:
            given = "nothing" if cell.points is None else repr(cell.points)
            yield cell.line, f"{cell.kind} {cell.name!r}: expected points above zero, given {given}"
    elif cell.points is not None:
        yield cell.line, "points belong to a check or an essay"


def hidden_mistakes(cell: SourceCell) -> Iterator[Mistake]:
    """Edges of hidden parts that are misspelled, misplaced or unpaired; an answer or essay that hides nothing."""
    opened = None
    for line, text in cell.numbered():
        edge = EDGE.fullmatch(text)
        if not edge:
            code = cell.node.cell_type == "code"
            if LIKE_AN_EDGE.search(text) or (code and text.lstrip().startswith("###")):
                yield line, f"{text.strip()!r}: expected ### BEGIN or ### END, then SOLUTION or HIDDEN TESTS"
            continue
        side, what = edge.groups()
        if HIDES.get(cell.kind) != what:
            yield line, f"### {side} {what} does not belong in {cell.kind or 'a cell without a mark'}"
        if side == "BEGIN":
            if opened:
                yield line, f"### BEGIN {what} inside the hidden part that line {opened[0]} opened"
            if cell.kind == "answer" and text.startswith("#"):
                yield line, "hidden outside a function, so that the student's cell would stop: indent it"
            opened = line, what
        elif not opened:
            yield line, f"### END {what} closes nothing"
        else:
            if opened[1] != what:
                yield line, f"### END {what} closes the ### BEGIN {opened[1]} of line {opened[0]}"
            opened = None
    if opened:
        yield opened[0], f"### BEGIN {opened[1]} is not closed by ### END {opened[1]} in its cell"
    if cell.kind in ("answer", "essay") and not any(cell.hidden()):
        yield cell.line, f"{cell.kind} {cell.name!r} hides nothing: expected ### BEGIN SOLUTION and its end"


def code_mistakes(cell: SourceCell) -> Iterator[Mistake]:
    """Code that is too long or does not parse, for us or for students; an answer that does not define its name."""
    if (length := len(cell.node.source.splitlines())) > SCREEN:
        yield cell.line, f"the cell has {length} lines, and a screen holds {SCREEN}: split it"
    try:
        ast.parse("\n" * cell.line + "\n".join(cell.text))
        seen = ast.parse(cell.visible()).body
    except SyntaxError as error:
        yield error.lineno, f"this does not parse: {error.msg}"
        return
    if cell.kind == "answer" and cell.name not in {name for node in seen for name in defined(node)}:
        yield cell.line, f"this answer does not define {cell.name}, or hides where it does"
    if cell.kind == "check":
        yield from call_mistakes(cell, seen[-1] if seen else None)


def defined(node: ast.stmt) -> list[str]:
    """The names that a statement defines: a function, a class, the targets of an assignment."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = getattr(node, "targets", [])
    return [name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]


def call_mistakes(cell: SourceCell, last: ast.stmt | None) -> Iterator[Mistake]:
    """A check that does not end with its call: its value is its last line's, which a semicolon silences in IPython."""
    match last:
        case ast.Expr(ast.Call(ast.Name("check"), [ast.Name(name), *_], keywords)) if name == cell.name:
            points = {keyword.arg: keyword.value for keyword in keywords}.get("points")
            if not isinstance(points, ast.Constant) or points.value != cell.points:
                given = "nothing" if points is None else ast.unparse(points)
                yield last.lineno, f"the mark says points={cell.points}, the call of check says {given}"
            after = cell.text[last.end_lineno - cell.line - 1].encode()[last.end_col_offset :]
            if after.lstrip().startswith(b";"):
                yield last.end_lineno, "the semicolon hides the points: nbgrader would give all of them"
        case _:
            line = cell.line if last is None else last.lineno
            yield line, f"expected check({cell.name}, points={cell.points}) as the last line, and not hidden"


def pair_mistakes(cells: list[SourceCell]) -> Iterator[Mistake]:
    """A name that is taken; an answer, check, rubric or essay without its partner, or before it."""
    first = {}
    for cell in cells:
        if (before := first.setdefault(cell.grade_id, cell)) is not cell:
            yield cell.line, f"{cell.kind} {cell.name!r}: taken by {before.kind} in line {before.line}"
    named = {(cell.kind, cell.name): cell for cell in reversed(cells)}
    for cell in cells:
        if cell.kind == "answer" and ("check", cell.name) not in named:
            yield cell.line, f"answer {cell.name!r} has no check"
        if cell.kind == "rubric" and ("essay", cell.name) not in named:
            yield cell.line, f"rubric {cell.name!r} has no essay"
        if needed := {"check": "answer", "essay": "rubric"}.get(cell.kind):
            partner = named.get((needed, cell.name))
            if partner is None or partner.line > cell.line:
                yield cell.line, f"{cell.kind} {cell.name!r} has no {needed} before it"
        if cell.kind == "essay" and ("rubric", cell.name) in named:
            yield from sum_mistakes(named["rubric", cell.name], cell.points)


def sum_mistakes(rubric: SourceCell, points: float) -> Iterator[Mistake]:
    """A rubric whose items do not add up to its essay's points."""
    total = sum(float(item) for item in RUBRIC_ITEM.findall(rubric.node.source))
    if total != points:
        yield rubric.line, (
            f"rubric {rubric.name!r} adds up to {total:g} points, its essay is worth {points}: "
            "expected list items that begin '1 point:' or '2 points:'"
        )


def prose_mistakes(cells: list[SourceCell]) -> Iterator[Mistake]:
    """Points that a text gives otherwise than the marks: an exercise's card, and the sum before the first exercise."""
    worth = [cell for cell in cells if cell.kind in ("check", "essay") and isinstance(cell.points, int | float)]
    total, cards = sum(cell.points for cell in worth), []
    for cell in cells:
        if cell.node.cell_type == "markdown":
            cards += [(line, float(card[1])) for line, text in cell.numbered() if (card := CARD.match(text))]
            said = IN_ALL.search("\n".join(cell.text))
            number = said and (WORDS.get(said[1].lower()) if not said[1].isdigit() else int(said[1]))
            if number is not None and number != total and cell.line < min((each.line for each in worth), default=0):
                line = cell.line + 1 + said.string.count("\n", 0, said.start())
                yield line, f"the text says {said[1]!r} points, and the marks of the lesson add up to {total:g}"
        if cell in worth:
            yield from ((line, f"the card says {points:g} points, and {cell.kind} {cell.name!r} points={cell.points}")
                        for line, points in cards if points != cell.points)
            cards = []
