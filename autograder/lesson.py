"""A lesson as the course folder holds it: what students were given, and what earns points in it."""

from dataclasses import dataclass
from functools import cached_property

import nbformat
from nbformat import NotebookNode
from traitlets.config import Config

from autograder.building.editions import student_exporter


def nbgrader_of(cell: NotebookNode) -> dict:
    """What nbgrader knows about a cell of a lesson: its metadata of schema 3; empty for any other cell."""
    return cell.metadata.get("nbgrader", {})


@dataclass(frozen=True, eq=False)
class Lesson:
    """name: also the name of its notebook. instructor: the edition that holds the answers."""

    name: str
    instructor: NotebookNode
    config: Config

    @cached_property
    def student(self) -> NotebookNode:
        """The edition that students get, as a notebook. Do not change it: copy it."""
        text = student_exporter(self.config).from_notebook_node(self.instructor)[0]
        return nbformat.reads(text, as_version=4)

    @cached_property
    def exercises(self) -> dict[str, float]:
        """Exercise -> points, in the lesson's order: what the judge marks."""
        return {grade_id.removeprefix("check-"): float(meta["points"]) for grade_id, meta in self._graded()
                if not meta["solution"]}

    @cached_property
    def essays(self) -> dict[str, float]:
        """Essay -> points: what a person marks."""
        return {grade_id: float(meta["points"]) for grade_id, meta in self._graded() if meta["solution"]}

    def _graded(self) -> list[tuple[str, dict]]:
        metadata = [nbgrader_of(cell) for cell in self.instructor.cells]
        return [(meta["grade_id"], meta) for meta in metadata if meta.get("grade")]
