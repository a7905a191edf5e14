"""Build the two editions of every lesson from its one source.

The instructor's edition holds everything, in the course folder that nbgrader calls its own. The students'
edition, in lessons/, is what nbgrader's `generate_assignment` makes of it, to the byte: the same
preprocessors run here, set by the same nbgrader_config.py.
"""

import hashlib
from pathlib import Path
from typing import NamedTuple

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat.v4 import new_notebook
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import SaveCells
from traitlets.config import PyFileConfigLoader

from autograder.building import source
from autograder.files import replace

METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


class Refused(Exception):
    """At least one source has a mistake. `mistakes` lists all of them as file:line: what is wrong."""

    def __init__(self, mistakes):
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


class Built(NamedTuple):
    """What became of a lesson: its name, the points it is worth, and whether a file changed."""

    name: str
    points: float
    changed: bool


def build_lessons(root, lessons=(), config=None):
    """Write both editions of the lessons named, or of all, below the root of a repository.

    config: nbgrader's settings, which say where the course folder is; by default the repository's own.
    Raises Refused, and writes nothing, when one of the sources has a mistake.
    """
    sources = read_sources(root, lessons)
    config = config or PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
    coursedir, exporter = CourseDirectory(config=config), student_exporter(config)
    built, changed = [], {}
    for name, cells in sources.items():
        instructor = instructor_edition(cells)
        course = Path(coursedir.format_path(coursedir.source_directory, ".", name))
        editions = {
            course / f"{name}.ipynb": nbformat.writes(instructor) + "\n",
            root / "lessons" / name / f"{name}.ipynb": exporter.from_notebook_node(instructor)[0],
        }
        new = {path: text for path, text in editions.items() if not holds(path, text)}
        changed |= new
        points = sum(cell.points for cell in cells if cell.kind in ("check", "essay"))
        built.append(Built(name, points, bool(new)))
    replace(changed)
    return built


def read_sources(root, lessons=()):
    """The cells of each lesson by its name; raises Refused with every mistake of every source."""
    patterns = [f"solutions/{name}/*.py" for name in lessons or "*"]
    found, refused = {}, []
    for pattern in patterns:
        paths = sorted(root.glob(pattern))
        if not paths:
            refused.append(f"{pattern}: there is no such lesson; run this at the root of the repository")
        for path in paths:
            try:
                cells = source.read(path)
                wrong = sorted(set(source.mistakes(cells)))
            except source.Unreadable as error:
                cells, wrong = [], [(1, str(error))]
            if path.stem != path.parent.name:
                wrong.insert(0, (1, f"a lesson is called like its folder: expected {path.parent.name}.py"))
            found[path.stem] = cells
            refused += [f"{path.relative_to(root).as_posix()}:{line}: {what}" for line, what in wrong]
    if refused:
        raise Refused(refused)
    return found


def instructor_edition(cells):
    """The notebook that nbgrader calls the source: marks become metadata, and cells get lasting ids."""
    notebook = new_notebook(metadata=METADATA, cells=[cell.node.copy() for cell in cells])
    seen = {}
    for cell, node in zip(cells, notebook.cells, strict=True):
        node.metadata = nbformat.from_dict({k: v for k, v in cell.node.metadata.items() if k == "tags"})
        if cell.kind:
            node.metadata.nbgrader = nbformat.from_dict(nbgrader_metadata(cell))
            node.id = cell.grade_id
        else:
            text = hashlib.sha256(f"{node.cell_type}\n{node.source}".encode()).hexdigest()[:12]
            seen[text] = seen.get(text, 0) + 1
            node.id = f"{text}-{seen[text]}"
    nbformat.validate(notebook)
    return notebook


def nbgrader_metadata(cell):
    metadata = {
        "schema_version": 3,
        "grade_id": cell.grade_id,
        "grade": cell.kind in ("check", "essay"),
        "solution": cell.kind in ("answer", "essay"),
        "locked": cell.kind in ("check", "locked", "rubric"),
        "task": False,
    }
    return metadata | ({"points": cell.points} if metadata["grade"] else {})


def student_exporter(config):
    """nbgrader's own road from its source to its release, without the step that writes to the gradebook."""
    exporter = NotebookExporter(config=config, default_preprocessors=[])
    for step in GenerateAssignment(config=config).preprocessors:
        if step is not SaveCells:
            exporter.register_preprocessor(step)
    return exporter


def holds(path, text):
    return path.exists() and path.read_bytes() == text.encode()
