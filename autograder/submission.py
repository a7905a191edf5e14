"""Read what a student handed in. Any file becomes a Submission, or an Unreadable whose text says why not.

The file is hostile: nothing in it is run, and no Python in it is parsed here, for a parser can be slow or run out
of stack. Which names a cell defines is told from the look of its lines. Only the texts of the cells are kept, and
the points on the saved cards, so that whoever comes later meets neither outputs nor metadata of a student's making.
"""

import codecs
import json
import os
import re
import stat
from dataclasses import dataclass, field, replace
from pathlib import Path

MOST_BYTES = 64_000_000
MOST_VALUES = 3_000_000  # numbers, lists and objects in the JSON: 100 bytes of memory each, or less
MOST_CELLS = 5_000
MOST_TEXT = 5_000_000  # characters in all cells, without outputs

KINDS = {"code": "code", "markdown": "markdown", "raw": "raw", "heading": "markdown", "html": "markdown"}
BLOCK = re.compile(r"(?:if|elif|else|try|except|finally|with|for|while)\b")
DEFINITION = re.compile(r"(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)|(\w+)[ \t]*(?::[^=]*)?=(?!=)")
CARD = re.compile(r"(\w+) +(\d{1,6}(?:\.\d{1,12})?(?:e-\d\d)?) of (\d{1,6}(?:\.\d{1,12})?) points?", re.ASCII)


class Unreadable(ValueError):
    """The file cannot be graded. The text is a sentence for a person: what was expected, and what was found."""


@dataclass(frozen=True)
class Cell:
    """One cell of a student's notebook.

    position: in `Submission.cells`, from 0; remarks count from 1, as people do. kind: "code", "markdown" or "raw".
    source: with Unix line ends, and good for UTF-8. grade_id: what the cell is in the lesson, "" for any other; no
    two cells have the same. stub: nothing was written here, the cell is empty or as the lesson gave it to be filled.
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

    cells: tuple[Cell, ...]
    remarks: tuple[str, ...] = ()
    claims: dict[str, float] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)

    def answers(self):
        """Exercise or essay -> the cell that holds it, as far as one was found.

        A cell that is a `stub` is here only if nothing else can be the answer. One cell may hold two answers.
        """
        return {name: self.cells[position] for name, position in self.places.items()}


def read(path, lesson):
    """The Submission in a file, found again in whatever a student made of the lesson's notebook.

    A cell is recognized by nbgrader's `grade_id`, else by its id, which the build makes the same, else by its text.
    Raises Unreadable. Never follows a symbolic link and never waits for a pipe.
    """
    path = Path(path)
    try:
        nodes, remarks = _nodes(_parse(_content(path)))
    except Unreadable as error:
        raise Unreadable(_plain(f"{path.name}: {error}")) from error
    given = {cell.metadata.nbgrader.grade_id: cell for cell in lesson.student.cells if "nbgrader" in cell.metadata}
    cells = _recognized(nodes, lesson, given)
    holders = {name: _holder(name, cells, lesson, given) for name in given}
    labels = {cell.position: name for name, cell in holders.items() if cell and cell.grade_id in ("", name)}
    for name, cell in holders.items():
        remarks += _oddities(name, cell, [c for c in cells if c.grade_id == name], given[name])
    claims = {name: _claim(nodes[cell.position], name, lesson.exercises[name]) for name in lesson.exercises
              if (cell := holders.get(f"check-{name}"))}
    return Submission(
        cells=tuple(replace(cell, grade_id=labels.get(cell.position, "")) for cell in cells),
        remarks=tuple(remarks),
        claims={name: points for name, points in claims.items() if points is not None},
        places={name: cell.position for name, cell in holders.items()
                if cell and (name in lesson.exercises or name in lesson.essays)},
    )


def _content(path):
    """The bytes of a regular file, as UTF-8."""
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            raise Unreadable("expected a file, found a folder, a link or something else that is none")
        with open(path, "rb", opener=lambda p, flags: os.open(p, flags | os.O_NOFOLLOW | os.O_NONBLOCK)) as file:
            size = os.fstat(file.fileno()).st_size
            content = b"" if size > MOST_BYTES else file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise error if isinstance(error, Unreadable) else Unreadable(
            f"expected a file that can be opened, found: {getattr(error, 'strerror', None) or error}") from error
    if max(size, len(content)) > MOST_BYTES:
        raise Unreadable(f"expected at most {MOST_BYTES // 10**6} MB, found {max(size, len(content)) / 10**6:.0f} MB; "
                         "clear the outputs and hand it in again")
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace").encode("utf-8", "replace")
    return content.removeprefix(codecs.BOM_UTF8)


def _parse(content):
    """What the JSON says, and what was odd. Every number becomes a float: an int of many digits would be refused."""
    if not content.strip():
        raise Unreadable("expected a notebook, found an empty file")
    if _values(content) > MOST_VALUES:
        raise Unreadable(f"expected at most {MOST_VALUES:,} numbers, lists and objects, found more; "
                         "clear the outputs and hand it in again")
    remarks = []
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
        remarks.append("the file is not UTF-8: it was read as Latin-1")
    try:
        return json.loads(text, parse_int=float), remarks
    except json.JSONDecodeError as error:
        raise Unreadable(f"expected a notebook, which is JSON, found a file that begins with {text[:20]!a} and is no "
                         f"JSON in line {error.lineno}, column {error.colno}") from error
    except (RecursionError, MemoryError) as error:
        raise Unreadable("expected a notebook, found JSON that is nested too deeply or too large") from error


def _values(content):
    """How many values JSON holds at most; many more quotes than values count as too many."""
    if sum(content.count(mark) for mark in (b",", b"[", b"{", b'"')) <= MOST_VALUES:
        return 0
    bare = content.replace(b"\\\\", b"").replace(b'\\"', b"")  # every quote that is left begins or ends a string
    if bare.count(b'"') > 4 * MOST_VALUES:
        return bare.count(b'"')
    return sum(piece.count(mark) for piece in bare.split(b'"')[::2] for mark in (b",", b"[", b"{"))


def _nodes(parsed):
    """The cells as the file has them, each with "kind" and "text" added in one form for every nbformat."""
    notebook, remarks = parsed
    if not isinstance(notebook, dict):
        raise Unreadable("expected a notebook, which is a JSON object, found another kind of JSON")
    found = notebook.get("cells")
    if not isinstance(found, list):  # nbformat 2 and 3
        sheets = [_dict(sheet).get("cells") for sheet in _list(notebook.get("worksheets"))]
        found = [cell for sheet in sheets if isinstance(sheet, list) for cell in sheet]
        if not any(isinstance(sheet, list) for sheet in sheets):
            raise Unreadable("expected a notebook with a list of cells, found JSON without one")
    version = notebook.get("nbformat")
    if version != 4:
        number = f"{version:g}" if isinstance(version, float) else "missing"
        remarks.append(f"nbformat is {number}, not 4")
    nodes = [cell for cell in found if isinstance(cell, dict)]
    if len(nodes) < len(found):
        remarks.append(f"left out, for they are no cells: {len(found) - len(nodes)}")
    if len(nodes) > MOST_CELLS:
        raise Unreadable(f"expected at most {MOST_CELLS:,} cells, found {len(nodes):,}")
    for node in nodes:
        node["kind"] = KINDS.get(node.get("cell_type") if isinstance(node.get("cell_type"), str) else "", "raw")
        node["text"] = _plain(_text(node.get("source", node.get("input")))).replace("\r\n", "\n").replace("\r", "\n")
    if (length := sum(len(node["text"]) for node in nodes)) > MOST_TEXT:
        raise Unreadable(f"expected at most {MOST_TEXT:,} characters in all cells together, found {length:,}")
    return nodes, remarks


def _recognized(nodes, lesson, given):
    """The cells, each with the grade_id that it bears; several can bear the same. "" for the student's own."""
    texts = {(cell.cell_type, _tidy(cell.source)): "" for cell in lesson.student.cells}
    texts |= {(cell.cell_type, _tidy(cell.source)): name for name, cell in given.items() if name not in lesson.essays}
    stubs = {_tidy(cell.source) for cell in given.values() if cell.metadata.nbgrader.solution} | {""}
    tidy = [_tidy(node["text"]) for node in nodes]
    names = [_name(node, lesson, given) for node in nodes]
    named = {"", *names}
    for position, node in enumerate(nodes):
        name = texts.get((node["kind"], tidy[position]), "")
        if not names[position] and name not in named:
            names[position] = name
            named.add(name)
    return [Cell(position, node["kind"], node["text"], names[position], tidy[position] in stubs,
                 (node["kind"], tidy[position]) in texts) for position, node in enumerate(nodes)]


def _name(node, lesson, given):
    """The grade_id that a cell's metadata or id says, if it is one for a cell of this kind."""
    metadata = _dict(node.get("metadata"))
    for name in (_dict(metadata.get("nbgrader")).get("grade_id"), node.get("id"), metadata.get("id")):
        if isinstance(name, str) and name in given and (given[name].cell_type == node["kind"] or name in lesson.essays):
            return name
    return ""


def _holder(name, cells, lesson, given):
    """The cell that is, for better or worse, the lesson's cell of this name; None where there is none."""
    called = [cell for cell in cells if cell.grade_id == name]
    if name in lesson.exercises:
        return _answer(name, called, cells)
    if name in lesson.essays:
        return _essay(name, called, cells)
    own = [cell for cell in called if _tidy(cell.source) == _tidy(given[name].source)]
    return (own or called or [None])[0]


def _answer(name, called, cells):
    """The cell that defines an exercise's name, best the one that is called so, and the last of several.

    A cell split in two leaves two that are called so, and the one without the definition is a helper's. An answer
    may stand in a cell of another name, or none. A cell that is called so and defines something else, such as a
    function that was renamed, comes after those; a stub comes last. What the lesson itself defines is no answer.
    """
    defining = [cell for cell in cells if cell.kind == "code" and not cell.stub and not cell.unchanged
                and name in cell.source and name in _defined(cell.source)]
    ranks = (
        [cell for cell in defining if cell.grade_id == name],
        [cell for cell in defining if cell.grade_id == ""],
        defining,
        [cell for cell in called if not cell.stub],
        called,
    )
    return next((rank[-1] for rank in ranks if rank), None)


def _essay(name, called, cells):
    """The last cell that is called so and says something, else the student's first own text after the question.

    The text has to come before the lesson's next cell, so that a note elsewhere is not taken for the essay.
    """
    if written := [cell for cell in called if not cell.stub]:
        return written[-1]
    question = [cell for cell in cells if cell.grade_id == f"rubric-{name}"] or called
    for cell in cells[question[0].position + 1 :] if question else []:
        if cell.grade_id not in ("", name):
            break
        if cell.kind != "code" and not cell.grade_id and not cell.stub and not cell.unchanged:
            return cell
    return called[-1] if called else None


def _defined(source):
    """The names that lines at top level seem to define, also below an if, a try or a with."""
    names, block = set(), False
    for line in source.split("\n"):
        top = line[:1] not in ("", " ", "\t", "#")
        if top:
            block = BLOCK.match(line)
        if (top or block) and (definition := DEFINITION.match(line.lstrip(" \t"))):
            names.add(definition[1] or definition[2])
    return names


def _oddities(name, holder, called, given):
    """What an instructor may want to know about one cell of the lesson."""
    place = f"cell {holder.position + 1}" if holder else ""
    if not holder:
        yield f"no cell called {name}"
    elif holder not in called:
        yield f"{name} was found in {place}, by what it holds"
    if len(called) > 1:
        yield f"{len(called)} cells called {name}: {place} was taken"
    if holder and holder.kind != given.cell_type:
        yield f"{name} is written in a {holder.kind} cell"
    if holder and given.metadata.nbgrader.locked and not holder.unchanged:
        yield f"{name} was changed: the lesson's own counts"


def _claim(node, name, points):
    """The points that the card saved below a check claims, as a part of what the exercise is worth; or None."""
    for output in _list(node.get("outputs")):
        output = _dict(output)
        text = _text(_dict(output.get("data", output)).get("text/plain", output.get("text")))
        if (card := CARD.match(text)) and card[1] == name and float(card[3]):
            return points * min(float(card[2]) / float(card[3]), 1.0)
    return None


def _tidy(text):
    """A text without what an editor changes: blanks at line ends, empty lines around it."""
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n")


def _text(source):
    """A notebook's multi-line string: a string, or a list of them."""
    return "".join(part for part in (source if isinstance(source, list) else [source]) if isinstance(part, str))


def _plain(text):
    """The text with a replacement character for half a surrogate pair, which no UTF-8 can hold."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _dict(value):
    return value if isinstance(value, dict) else {}


def _list(value):
    return value if isinstance(value, list) else []
