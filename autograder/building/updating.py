"""What an earlier build left behind, and whether a new one may replace it."""

import hashlib
from collections.abc import Collection, Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import compute_checksum
from traitlets.config import Config


def places(root: Path, coursedir: CourseDirectory, name: str) -> tuple[Path, Path]:
    """Where the two editions of a lesson lie: the instructor's and the students'."""
    course = Path(coursedir.format_path(coursedir.source_directory, ".", name))
    return course / f"{name}.ipynb", root / "lessons" / name / f"{name}.ipynb"


def written_in(path: Path) -> bool:
    """Whether a notebook holds a text that was in no edition that we built. Outputs count for nothing: they come again.

    A file that cannot be read as a notebook counts as one.
    """
    try:
        return path.exists() and not all(map(as_built, nbformat.read(path, as_version=4).cells))
    except Exception:  # nbformat's, json's, and what a cell without its metadata raises
        return True


def as_built(cell: NotebookNode) -> bool:
    """Whether a cell says what it said when it was built, in whatever edition: nbgrader's checksum or the id tells."""
    if marked := cell.metadata.get("nbgrader"):
        return not cell.source.strip() or marked.checksum == compute_checksum(cell)
    return not cell.source.strip() or cell.id.rpartition("-")[0] == digest(cell)


def digest(cell: NotebookNode) -> str:
    """What the id of a cell without a mark begins with."""
    return hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:12]


def pinned(path: Path, new: NotebookNode, coursedir: CourseDirectory, force: bool) -> str:
    """Why the edition in the course has to stay although there is a new one; "" where it need not."""
    try:
        old = graded(nbformat.read(path, as_version=4))
    except Exception:  # as above: then it is worth nothing
        return ""
    lost, gained = old - graded(new), graded(new) - old
    name = path.stem
    if not lost and (force or not gained):
        return ""
    if not (marks := submissions(coursedir, name)):
        return ""
    why = [f"{path} stays as it is: in the gradebook it has {marks} submission{'s' * (marks > 1)}."]
    if gained:
        why.append(f"The new edition asks for {listed(gained)} as well: `python -m autograder build --force {name}` "
                   "takes that up, and everybody's work is judged by it.")
    if lost:
        why.append(f"The new edition no longer asks for {listed(lost)}, whose marks would be lost: begin a new course "
                   f"for it, or take all marks of the lesson away with `nbgrader db assignment remove {name} --force`.")
    return " ".join(why)


def graded(notebook: NotebookNode) -> set[tuple[str, bool, bool]]:
    """The cells of a lesson that marks or comments hang on: name, whether it earns points, whether it is written in."""
    cells = [cell.metadata.get("nbgrader", {}) for cell in notebook.cells]
    return {(cell["grade_id"], cell["grade"], cell["solution"]) for cell in cells
            if cell.get("grade") or cell.get("solution")}


def listed(cells: Collection[tuple[str, bool, bool]]) -> str:
    return " and ".join(sorted({name.removeprefix("check-") for name, _, _ in cells}))


def submissions(coursedir: CourseDirectory, lesson: str) -> int:
    """How many submissions of a lesson the gradebook has."""
    path = Path(coursedir.db_url.removeprefix("sqlite:///"))
    if coursedir.db_url.startswith("sqlite:") and not path.exists():
        return 0
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        try:
            return len(gradebook.assignment_submissions(lesson))
        except MissingEntry:
            return 0


def without_source(root: Path, config: Config) -> Iterator[str]:
    """A sentence on each lesson that the course has and solutions/ has no more."""
    coursedir = CourseDirectory(config=config)
    folders, _ = places(root, coursedir, "x")
    for path in sorted(folders.parent.parent.glob("*/*.ipynb")):
        if path.stem == path.parent.name and not (root / "solutions" / path.stem / f"{path.stem}.py").exists():
            marks = submissions(coursedir, path.stem)
            yield (f"{path.parent} has no source in solutions/ any more, and is still a lesson of this course. "
                   + (f"It has {marks} submissions in the gradebook: keep it." if marks else
                      "Delete it if it should not be."))


def take_up(gradebook: Gradebook, lesson: str, new: NotebookNode) -> None:
    """Enter the cells that a lesson gained since its first submission; take out those that it lost and no mark needs.

    nbgrader's SaveCells, which has to come after this, refuses any change of the set of cells. But a cell that is new
    costs no mark, and on a locked one there are none. What else is gone stays, for SaveCells to refuse.
    """
    try:
        old = gradebook.find_notebook(lesson, lesson)
    except MissingEntry:
        return
    if not old.submissions:
        return  # SaveCells makes it anew
    cells = {meta["grade_id"]: (meta, cell.cell_type) for cell in new.cells if (meta := cell.metadata.get("nbgrader"))}
    marked = {cell.name for cell in (*old.grade_cells, *old.solution_cells)}
    gone = [cell for cell in old.source_cells if cell.name not in cells and cell.name not in marked]
    sources, grades, solutions = ({cell.name for cell in known}
                                  for known in (old.source_cells, old.grade_cells, old.solution_cells))
    for name, (meta, kind) in cells.items():
        if meta["grade"] and name not in grades:
            gradebook.add_grade_cell(name, lesson, lesson, max_score=meta["points"], cell_type=kind)
        if meta["solution"] and name not in solutions:
            gradebook.add_solution_cell(name, lesson, lesson)
        if name not in sources:
            gradebook.add_source_cell(name, lesson, lesson, cell_type=kind, locked=meta["locked"])
    for cell in gone:
        gradebook.db.delete(cell)
    gradebook.db.commit()
