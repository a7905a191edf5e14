"""Build the two editions of every lesson from its one source.

The instructor's edition holds everything, in the course folder that nbgrader calls its own. The students'
edition, in lessons/, is what nbgrader's `generate_assignment` makes of it, to the byte: the same
preprocessors run here, set by the same nbgrader_config.py.
"""

import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbformat.v4 import new_notebook
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import SaveCells
from traitlets.config import Config, PyFileConfigLoader

from autograder.building import source
from autograder.building.source import SourceCell
from autograder.building.updating import digest, pinned, places, written_in
from autograder.files import replace, unused
from rnnkit.exercises import LESSONS

# What the kernel says of its language, word for word. JupyterLab writes it into a lesson when the kernel starts, and a
# lesson in which that changes nothing is not taken for one that somebody edited.
LANGUAGE = {
    "codemirror_mode": {"name": "ipython", "version": 3}, "file_extension": ".py", "mimetype": "text/x-python",
    "name": "python", "nbconvert_exporter": "python", "pygments_lexer": "ipython3", "version": "3.11.7",
}
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": LANGUAGE,
}


class Refused(Exception):
    """At least one source has a mistake. `mistakes` lists all of them as file:line: what is wrong."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


class Built(NamedTuple):
    """What became of a lesson: its name, the points it is worth, whether a file changed, and what was not replaced."""

    name: str
    points: float
    changed: bool
    kept: tuple[str, ...] = ()


def build_lessons(root: Path, lessons: Collection[str] = (), config: Config | None = None, missing: bool = False,
                  force: bool = False) -> list[Built]:
    """Write both editions of the lessons named, or of all, below the root of a repository.

    A lesson that somebody wrote in is replaced only if it is named, and then a copy stays beside it. An edition in the
    course whose submissions have marks is replaced only if that loses no mark, and asks for nothing more than before.

    config: nbgrader's settings, which say where the course folder is; by default the repository's own. missing: write
    only what is not there. force: let a lesson with marks ask for more. Raises Refused, and writes nothing, when one
    of the sources has a mistake.
    """
    config = config or PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
    coursedir, exporter = CourseDirectory(config=config), student_exporter(config)
    names = list(lessons) or None
    if missing:
        names = [name for name in names or sorted(path.stem for path in root.glob("solutions/*/*.py"))
                 if not all(path.exists() for path in places(root, coursedir, name))]
    built, for_course, for_students = [], {}, {}
    for name, cells in read_sources(root, names).items():
        instructor, kept = instructor_edition(cells), []
        ours, theirs = places(root, coursedir, name)
        editions = {ours: nbformat.writes(instructor) + "\n", theirs: exporter.from_notebook_node(instructor)[0]}
        new = {path: text for path, text in editions.items()
               if not holds(path, text) and not (missing and path.exists())}
        if ours in new and (why := pinned(ours, instructor, coursedir, force)):
            kept.append(why)
            del new[ours]
        if theirs in new and written_in(theirs):
            if name in lessons:
                for_students[copy := unused(theirs.with_name("saved.ipynb"))] = theirs.read_bytes()
                kept.append(f"What stood in {theirs.relative_to(root)} is kept in {copy.relative_to(root)}.")
            else:
                kept.append(f"{theirs.relative_to(root)} stays as it is: somebody wrote in it. "
                            f"`python -m autograder build {name}` replaces it, and keeps a copy.")
                del new[theirs]
        for_course |= {path: text for path, text in new.items() if path == ours}
        for_students |= {path: text for path, text in new.items() if path == theirs}
        points = sum(cell.points for cell in cells if cell.kind in ("check", "essay"))
        built.append(Built(name, points, bool(new), tuple(kept)))
    replace(for_course)
    replace(for_students, public=True)
    return built


def read_sources(root: Path, lessons: Sequence[str] | None = None) -> dict[str, list[SourceCell]]:
    """The cells of each lesson by its name; raises Refused with every mistake of every source."""
    patterns = [f"solutions/{name}/*.py" for name in ("*" if lessons is None else lessons)]
    found, refused = {}, []
    for pattern in patterns:
        paths = sorted(root.glob(pattern))
        if not paths:
            refused.append(f"{pattern}: there is no such lesson; run this at the root of the repository")
        for path in paths:
            try:
                cells = source.read(path)
                wrong = sorted(set(source.mistakes(cells, exercises(path.parent.name))))
            except source.Unreadable as error:
                cells, wrong = [], [(1, str(error))]
            if not re.match(r"\d", path.parent.name):
                wrong.insert(0, (1, "a lesson's name begins with its number, as in 02_the_recurrent_cell"))
            if path.stem != path.parent.name:
                wrong.insert(0, (1, f"a lesson is called like its folder: expected {path.parent.name}.py"))
            found[path.stem] = cells
            refused += [f"{path.relative_to(root).as_posix()}:{line}: {what}" for line, what in wrong]
    if refused:
        raise Refused(refused)
    return found


def exercises(lesson: str) -> list[str]:
    """The names of the exercises that rnnkit has for a lesson: what the judge can mark there, and withholds."""
    number = re.match(r"\d+", lesson)
    module = LESSONS.get(int(number[0])) if number else None
    return [exercise.name for exercise in module.EXERCISES] if module else []


def instructor_edition(cells: list[SourceCell]) -> NotebookNode:
    """The notebook that nbgrader calls the source: marks become metadata, and cells get lasting ids."""
    notebook = new_notebook(metadata=METADATA, cells=[cell.node.copy() for cell in cells])
    seen = {}
    for cell, node in zip(cells, notebook.cells, strict=True):
        node.metadata = nbformat.from_dict({k: v for k, v in cell.node.metadata.items() if k == "tags"})
        if cell.kind:
            node.metadata.nbgrader = nbformat.from_dict(nbgrader_metadata(cell))
            node.id = cell.grade_id
        else:
            text = digest(node)
            seen[text] = seen.get(text, 0) + 1
            node.id = f"{text}-{seen[text]}"
    nbformat.validate(notebook)
    return notebook


def nbgrader_metadata(cell: SourceCell) -> dict:
    metadata = {
        "schema_version": 3,
        "grade_id": cell.grade_id,
        "grade": cell.kind in ("check", "essay"),
        "solution": cell.kind in ("answer", "essay"),
        "locked": cell.kind in ("check", "locked", "rubric"),
        "task": False,
    }
    return metadata | ({"points": cell.points} if metadata["grade"] else {})


def student_exporter(config: Config) -> NotebookExporter:
    """nbgrader's own road from its source to its release, without the step that writes to the gradebook."""
    exporter = NotebookExporter(config=config, default_preprocessors=[])
    for step in GenerateAssignment(config=config).preprocessors:
        if step is not SaveCells:
            exporter.register_preprocessor(step)
    return exporter


def holds(path: Path, text: str) -> bool:
    return path.exists() and path.read_bytes() == text.encode()
