"""Read what a student handed in. Any file becomes a Submission, or an Unreadable whose text says why not.

The file is hostile. Nothing in it is run, and no Python is parsed, for a parser can be slow or run out of stack:
what a cell defines is told from the look of its lines. Only the texts of the cells are kept, and the points on the
saved cards, so that whoever comes later meets neither outputs nor metadata of a student's making.
"""

import codecs
import json
import os
import re
import stat
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from autograder.lesson import Lesson

MOST_BYTES = 64_000_000
MOST_VALUES = 2_000_000  # numbers, lists and objects in the JSON, of 100 bytes of memory each
MOST_CELLS = 5_000
MOST_TEXT = 5_000_000  # characters in all cells, without outputs
NO_MARKS = bytes(set(range(256)) - set(b',[{"'))

KINDS = {"code": "code", "markdown": "markdown", "heading": "markdown", "html": "markdown"}
BLOCK = re.compile(r"(?:if|elif|else|try|except|finally|with|for|while)\b")
DEFINITION = re.compile(r"(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)|(\w+)[ \t]*(?::[^=]*)?=(?!=)")
CARD = re.compile(r"(\w+) +(\d{1,6}(?:\.\d{1,6})?) of (\d{1,6}(?:\.\d{1,6})?) points?", re.ASCII)
Form = TypeVar("Form", dict, list)


class Unreadable(ValueError):
    """The file cannot be graded. The text is a sentence for a person: what was expected, and what was found."""


@dataclass(frozen=True)
class SubmittedCell:
    """One cell of a student's notebook.

    position: in `Submission.cells`, from 0; remarks count from 1, as people do. kind: "code", "markdown" or "raw".
    source: with Unix line ends, and good for UTF-8. grade_id: what the cell is in the lesson, "" for any other; no
    two cells have the same. stub: nothing was written here: the cell is empty, or as the lesson gave it to be filled.
    unchanged: the text is, but for blanks at line ends, that of a cell in the lesson.
    """

    position: int
    kind: str
    source: str
    grade_id: str = ""
    stub: bool = False
    unchanged: bool = False


@dataclass(frozen=True)
class Submission:
    """A notebook that was handed in.

    cells: all of them, in the student's order. remarks: what was odd and did no harm. claims: exercise -> the points
    on the card that the notebook's own check left behind, where there is one. places: what `answers` looks up.
    """

    cells: tuple[SubmittedCell, ...]
    remarks: tuple[str, ...] = ()
    claims: dict[str, float] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)

    def answers(self) -> dict[str, SubmittedCell]:
        """Exercise or essay -> the cell that holds it, as far as one was found.

        A cell that is a `stub` is here only if nothing else can be the answer. One cell may hold several answers.
        """
        return {name: self.cells[position] for name, position in self.places.items()}


def read(path: Path, lesson: "Lesson") -> Submission:
    """The Submission in a file: the lesson's cells, found again in whatever a student made of its notebook.

    A cell is recognized by nbgrader's `grade_id`, else by its id, which the build makes the same, else by its text.
    Raises Unreadable. Never follows a symbolic link and never waits for a pipe.
    """
    notebook, remarks = _parse(content(path))
    nodes = _nodes(notebook, remarks)
    given = {cell.metadata.nbgrader.grade_id: cell for cell in lesson.student.cells if "nbgrader" in cell.metadata}
    cells = _recognized(nodes, lesson, given)
    holders = {name: _holder(name, cells, lesson, given) for name in given}
    holders = {name: cell for name, cell in holders.items() if cell}
    labels = {cell.position: name for name, cell in holders.items() if cell.grade_id in ("", name)}
    claims = {name: _claim(nodes[holders[f"check-{name}"].position], name, points)
              for name, points in lesson.exercises.items() if f"check-{name}" in holders}
    return Submission(
        cells=tuple(replace(cell, grade_id=labels.get(cell.position, "")) for cell in cells),
        remarks=(*remarks, *_oddities(cells, holders, given)),
        claims={name: points for name, points in claims.items() if points is not None},
        places={name: holders[name].position for name in [*lesson.exercises, *lesson.essays] if name in holders},
    )


def content(path: Path) -> bytes:
    """The bytes of a regular file, as UTF-8."""
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            raise Unreadable("Expected a file, found a folder, a link or something else that is none.")
        with open(path, "rb", opener=lambda path, flags: os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)) as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise Unreadable(f"Expected a file that can be opened, found: {error.strerror}.") from error
    if len(content) > MOST_BYTES:
        raise Unreadable(f"Expected at most {MOST_BYTES / 1e6:.0f} MB, found more. Clear the outputs.")
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace").encode()
    return content.removeprefix(codecs.BOM_UTF8)


def _parse(content: bytes) -> tuple[object, list[str]]:
    """What the JSON says, and what was odd. Every number becomes a float, for a long int would be refused."""
    if not content.strip():
        raise Unreadable("Expected a notebook, found an empty file.")
    if _too_many_values(content):
        raise Unreadable(f"Expected at most {MOST_VALUES:,} numbers, lists and objects, found more. Clear the outputs.")
    try:
        text, remarks = content.decode(), []
    except UnicodeDecodeError:
        text, remarks = content.decode("latin-1"), ["not UTF-8: read as Latin-1"]
    try:
        return json.loads(text, parse_int=float), remarks
    except json.JSONDecodeError as error:
        raise Unreadable(f"Expected a notebook, which is JSON. Found a file that begins with {text[:20]!a} and is no "
                         f"JSON in line {error.lineno}, column {error.colno}.") from error
    except (RecursionError, MemoryError) as error:
        raise Unreadable("Expected a notebook, found JSON that is nested too deeply, or too large.") from error


def _too_many_values(content: bytes) -> bool:
    """Whether so many values stand in the JSON that to parse it would take gigabytes."""
    if sum(map(content.count, (b",", b"[", b"{", b'"'))) <= MOST_VALUES:
        return False
    bare = content.replace(rb"\\", b"").replace(rb"\"", b"")  # every quote that is left begins or ends a string
    if bare.count(b'"') > 4 * MOST_VALUES:
        return True
    outside = bare.translate(None, delete=NO_MARKS).split(b'"')[::2]
    return sum(map(len, outside)) > MOST_VALUES


def _nodes(notebook: object, remarks: list[str]) -> list[dict[str, Any]]:
    """The cells as the file has them, each with its "kind" and "text" in one form for every nbformat."""
    notebook = _as(dict, notebook)
    sheets = [notebook, *(_as(dict, sheet) for sheet in _as(list, notebook.get("worksheets")))]  # of nbformat 3
    if not any(isinstance(sheet.get("cells"), list) for sheet in sheets):
        raise Unreadable("Expected a notebook, found JSON without a list of cells.")
    found = [cell for sheet in sheets for cell in _as(list, sheet.get("cells"))]
    nodes = [cell for cell in found if isinstance(cell, dict)]
    if len(nodes) > MOST_CELLS:
        raise Unreadable(f"Expected at most {MOST_CELLS:,} cells, found {len(nodes):,}.")
    for node in nodes:
        node["kind"] = KINDS.get(str(node.get("cell_type"))[:9], "raw")
        node["text"] = _plain(_text(node.get("source", node.get("input")))).replace("\r\n", "\n").replace("\r", "\n")
    if (length := sum(len(node["text"]) for node in nodes)) > MOST_TEXT:
        raise Unreadable(f"Expected at most {MOST_TEXT:,} characters in all cells together, found {length:,}.")
    if notebook.get("nbformat") != 4:
        remarks.append("written in another nbformat than 4")
    if len(nodes) < len(found):
        remarks.append(f"no cells, so left out: {len(found) - len(nodes)} of {len(found)}")
    return nodes


def _recognized(nodes: list[dict[str, Any]], lesson: "Lesson",
                given: dict[str, "NotebookNode"]) -> list[SubmittedCell]:
    """The cells, each with the grade_id that it bears; several can bear the same. "" for the student's own."""
    texts = {(cell.cell_type, _tidy(cell.source)): "" for cell in lesson.student.cells}
    texts |= {(cell.cell_type, _tidy(cell.source)): name for name, cell in given.items()}
    stubs = {_tidy(cell.source) for cell in given.values() if cell.metadata.nbgrader.solution} | {""}
    looks = [(node["kind"], _tidy(node["text"])) for node in nodes]
    names = [_name(node, lesson, given) for node in nodes]
    borne = {"", *names}
    for position, look in enumerate(looks):
        if not names[position] and (name := texts.get(look, "")) not in borne:
            names[position] = name
            borne.add(name)
    return [SubmittedCell(position, node["kind"], node["text"], name, look[1] in stubs, look in texts)
            for position, (node, name, look) in enumerate(zip(nodes, names, looks, strict=True))]


def _name(node: dict[str, Any], lesson: "Lesson", given: dict[str, "NotebookNode"]) -> str:
    """The grade_id that a cell's metadata or id says, if it is one for a cell of this kind."""
    metadata = _as(dict, node.get("metadata"))
    for name in (_as(dict, metadata.get("nbgrader")).get("grade_id"), node.get("id"), metadata.get("id")):
        if isinstance(name, str) and name in given and (name in lesson.essays or given[name].cell_type == node["kind"]):
            return name
    return ""


def _holder(name: str, cells: list[SubmittedCell], lesson: "Lesson",
            given: dict[str, "NotebookNode"]) -> SubmittedCell | None:
    """The cell that is, for better or worse, the lesson's cell of this name; None where there is none."""
    called = [cell for cell in cells if cell.grade_id == name]
    if name in lesson.exercises:
        return _answer(name, called, cells)
    if name in lesson.essays:
        return _essay(name, called, cells)
    unchanged = [cell for cell in called if _tidy(cell.source) == _tidy(given[name].source)]
    return next(iter(unchanged or called), None)


def _answer(name: str, called: list[SubmittedCell], cells: list[SubmittedCell]) -> SubmittedCell | None:
    """The cell that defines an exercise's name, best one that is called so, and the last of several.

    A cell split in two leaves two that are called so, and the one without the definition is a helper's. An answer
    may stand in a cell of another name, or of none. A cell that is called so and defines something else, such as a
    function that was renamed, comes after those; a stub comes last. What the lesson itself defines is no answer.
    """
    defining = [cell for cell in cells if cell.kind == "code" and not cell.stub and not cell.unchanged
                and name in cell.source and name in _defined(cell.source)]
    ranks = (
        [cell for cell in defining if cell.grade_id == name],
        defining,
        [cell for cell in called if not cell.stub],
        called,
    )
    return next((rank[-1] for rank in ranks if rank), None)


def _essay(name: str, called: list[SubmittedCell], cells: list[SubmittedCell]) -> SubmittedCell | None:
    """The last cell that is called so and says something, else the student's first own text after the question.

    That text stands before the lesson's next cell, so that a note elsewhere is not taken for the essay.
    """
    if written := [cell for cell in called if not cell.stub]:
        return written[-1]
    question = [cell for cell in cells if cell.grade_id == f"rubric-{name}"] or called
    for cell in cells[question[0].position + 1 :] if question else []:
        if cell.grade_id not in ("", name):
            break
        if cell.kind != "code" and not cell.stub and not cell.unchanged:
            return cell
    return next(iter(called), None)


def _defined(source: str) -> set[str]:
    """The names that lines at top level seem to define, also those below an if, a try or a with."""
    names, block = set(), None
    for line in source.split("\n"):
        top = line[:1] not in ("", " ", "\t", "#")
        if top:
            block = BLOCK.match(line)
        if (top or block) and (definition := DEFINITION.match(line.lstrip(" \t"))):
            names.add(definition[1] or definition[2])
    return names


def _oddities(cells: list[SubmittedCell], holders: dict[str, SubmittedCell],
              given: dict[str, "NotebookNode"]) -> list[str]:
    """What an instructor may want to know about the lesson's cells, one remark for each kind of oddity."""
    called = Counter(cell.grade_id for cell in cells)
    odd = {
        "not found": [name for name in given if name not in holders],
        "found by what it says": [name for name, cell in holders.items() if cell.grade_id != name],
        "several cells of this name": [f"{name} (cell {cell.position + 1} was taken)"
                                       for name, cell in holders.items() if called[name] > 1],
        "changed, but the lesson's own counts": [name for name, cell in holders.items()
                                                 if given[name].metadata.nbgrader.locked and not cell.unchanged],
        "in a cell of another kind": [f"{name} ({cell.kind})" for name, cell in holders.items()
                                      if cell.kind != given[name].cell_type],
    }
    return [f"{what}: {', '.join(names)}" for what, names in odd.items() if names]


def _claim(node: dict[str, Any], name: str, points: float) -> float | None:
    """The points that the card saved below a check claims, as a part of what the exercise is worth; or None."""
    for output in _as(list, node.get("outputs")):
        output = _as(dict, output)
        text = _text(_as(dict, output.get("data")).get("text/plain", output.get("text")))
        if (card := CARD.match(text)) and card[1] == name and float(card[3]):
            return round(points * min(float(card[2]) / float(card[3]), 1.0), 2)
    return None


def _tidy(text: str) -> str:
    """A text without what an editor changes: blanks at line ends, empty lines around it."""
    return "\n".join(map(str.rstrip, text.split("\n"))).strip("\n")


def _text(source: object) -> str:
    """A notebook's multi-line string: a string, or a list of them."""
    return "".join(part for part in (source if isinstance(source, list) else [source]) if isinstance(part, str))


def _plain(text: str) -> str:
    """The text with U+FFFD for half a surrogate pair, which no UTF-8 can hold."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _as(form: type[Form], value: object) -> Form:
    """The value if it has the form that it should have, else an empty one."""
    return value if isinstance(value, form) else form()
