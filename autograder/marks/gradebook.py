"""Rows in nbgrader's tables, and in the one that stands beside them for all that the judge found.

The tables are nbgrader's own, the statements are few: its Gradebook takes a query and a commit for every cell.
"""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Container
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from nbgrader.api import (
    Assignment,
    Base,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    Notebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    MetaData,
    NullPool,
    Row,
    String,
    Table,
    Text,
    bindparam,
    create_engine,
    delete,
    event,
    insert,
    make_url,
    select,
    update,
)

from autograder.files import make_folder, mode_in
from autograder.judging.judgement import Judgement
from autograder.lesson import Lesson

JUDGEMENTS = Table(
    "judgements", MetaData(),
    Column("student", String(128), primary_key=True),
    Column("lesson", String(128), primary_key=True),
    Column("fingerprint", String(128)),
    Column("status", String(32), nullable=False),
    Column("essays", Text, nullable=False),  # essay -> digest of its text, to tell when a mark has lost its ground
    Column("json", Text, nullable=False),
)

# Students who are in the gradebook because they handed something in: nobody enrolled them.
NEWCOMERS = Table("newcomers", JUDGEMENTS.metadata, Column("student", String(128), primary_key=True))


def create(url: str, course_id: str) -> None:
    """Have nbgrader make the gradebook, under another name first: made half way, it would have no version for ever."""
    if not shutil.which("alembic"):  # nbgrader starts it by its name
        os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    path = make_url(url).database if make_url(url).get_backend_name() == "sqlite" else None
    if path and not Path(path).exists():
        make_folder(folder := Path(path).parent)
        with tempfile.NamedTemporaryFile(dir=folder, prefix="gradebook.", suffix=".new") as fresh:
            os.chmod(fresh.name, mode_in(folder) & 0o666)
            Gradebook(f"sqlite:///{fresh.name}", course_id).close()
            with suppress(FileExistsError):  # another process was faster
                os.link(fresh.name, path)
    Gradebook(url, course_id).close()


def engine(url: str) -> Engine:
    """SQLite as nbgrader has it, except that a transaction holds the file from its start: nothing it read grows old.

    Nothing stays open between two transactions, so that a process which is forked there inherits nothing.
    """
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, poolclass=NullPool)
    made = create_engine(url, poolclass=NullPool, connect_args={"timeout": 60, "isolation_level": None})
    event.listen(made, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return made


def sheet(connection: Connection, student: str, lesson: Lesson, timestamp: datetime | None) -> str:
    """The id of a student's SubmittedNotebook. What is missing on the way there, the student included, is made."""
    notebook = connection.execute(
        select(Notebook.id, Notebook.assignment_id).join(Assignment)
        .where(Assignment.name == lesson.name, Notebook.name == lesson.name)).one_or_none()
    if not notebook:
        raise LookupError(f"{lesson.name} is not in the gradebook: register it before its submissions are recorded")
    if not connection.scalar(select(Student.id).where(Student.id == student)):
        connection.execute(insert(Student).values(id=student))
        connection.execute(delete(NEWCOMERS).where(NEWCOMERS.c.student == student))  # may have been removed meanwhile
        connection.execute(insert(NEWCOMERS).values(student=student))
    submission = _row(connection, SubmittedAssignment, assignment_id=notebook.assignment_id, student_id=student)
    if timestamp:
        connection.execute(update(SubmittedAssignment).where(SubmittedAssignment.id == submission)
                           .values(timestamp=timestamp))
    return _row(connection, SubmittedNotebook, notebook_id=notebook.id, assignment_id=submission)


def _row(connection: Connection, table: type[Base], **key: str) -> str:
    """The id of the row with this key, which is made where it is missing."""
    found = connection.scalar(select(table.id).filter_by(**key))
    if not found:
        connection.execute(insert(table).values(id=(found := uuid4().hex), **key))
    return found


def mark(connection: Connection, sheet: str, scores: dict[str, float | None], changed: set[str]) -> None:
    """Put down what was earned. scores: grade cell -> points, None where a person has to say.

    A score that a person gave stays. It waits for another look when the essay in `changed` is no longer the one that
    was marked, or when the judge gives other points than before.
    """
    cells = _cells(connection, sheet, "GradeCell")
    old, rows = _old(connection, Grade.__table__, sheet, cells), []
    for cell, name in cells.items():
        row, score = old.get(cell), scores.get(name, 0.0)
        if row and row.manual_score is not None:
            waits = row.needs_manual_grade or name in changed or row.auto_score != score
        else:
            waits = score is None
        rows.append({"cell_id": cell, "auto_score": score, "needs_manual_grade": waits})
    _write(connection, Grade.__table__, sheet, rows, old)


def marked(connection: Connection, student: str, lesson: Lesson) -> bool:
    """Whether a submission has grades already."""
    return bool(connection.scalar(
        select(Grade.id).join(SubmittedNotebook, SubmittedNotebook.id == Grade.notebook_id)
        .join(SubmittedAssignment).join(Assignment)
        .where(Assignment.name == lesson.name, SubmittedAssignment.student_id == student).limit(1)))


def await_marks(connection: Connection, sheet: str) -> None:
    """Let every grade cell of a new sheet wait for a person: an empty score is no zero."""
    rows = [{"cell_id": cell, "auto_score": None, "needs_manual_grade": True}
            for cell in _cells(connection, sheet, "GradeCell")]
    _write(connection, Grade.__table__, sheet, rows, {})


def remark(connection: Connection, sheet: str, answered: Container[str]) -> None:
    """nbgrader's own comment on every cell that was left as it was handed out. A person's comments stay."""
    cells = _cells(connection, sheet, "SolutionCell")
    rows = [{"cell_id": cell, "auto_comment": None if name in answered else "No response."}
            for cell, name in cells.items()]
    _write(connection, Comment.__table__, sheet, rows, _old(connection, Comment.__table__, sheet, cells))


def _cells(connection: Connection, sheet: str, kind: str) -> dict[str, str]:
    """The lesson's cells of a kind: id -> name."""
    query = (select(BaseCell.id, BaseCell.name)
             .join(SubmittedNotebook, SubmittedNotebook.notebook_id == BaseCell.notebook_id)
             .where(SubmittedNotebook.id == sheet, BaseCell.type == kind))
    return dict(connection.execute(query).all())


def _old(connection: Connection, table: Table, sheet: str, cells: Container[str]) -> dict[str, Row]:
    """The rows that a sheet has already: id of the cell -> row. They are looked up by cell: there is the index."""
    query = select(table).where(table.c.notebook_id == sheet, table.c.cell_id.in_(cells))
    return {row.cell_id: row for row in connection.execute(query)}


def _write(connection: Connection, table: Table, sheet: str, rows: list[dict[str, object]],
           old: Container[str]) -> None:
    """Insert the rows whose cell is new to this sheet, update the others."""
    new = [row | {"id": uuid4().hex, "notebook_id": sheet} for row in rows if row["cell_id"] not in old]
    known = [{("cell" if key == "cell_id" else key): value for key, value in row.items()}
             for row in rows if row["cell_id"] in old]
    if new:
        connection.execute(insert(table), new)
    if known:
        connection.execute(update(table).where(table.c.notebook_id == sheet, table.c.cell_id == bindparam("cell")),
                           known)


def flag(connection: Connection, sheet: str) -> None:
    """Have Formgrader show that somebody should look at a submission."""
    connection.execute(update(SubmittedNotebook).where(SubmittedNotebook.id == sheet).values(flagged=True))


def recall(connection: Connection, student: str, lesson_name: str) -> tuple[dict, dict[str, str]]:
    """What was kept about a submission: its judgement as plain data, and the digests of its essays."""
    row = connection.execute(select(JUDGEMENTS).where(
        JUDGEMENTS.c.student == student, JUDGEMENTS.c.lesson == lesson_name)).one_or_none()
    return (json.loads(row.json), json.loads(row.essays)) if row else ({}, {})


def keep(connection: Connection, judgement: Judgement, fingerprint: str | None, essays: dict[str, str]) -> None:
    """Keep a judgement, instead of the one that was kept before."""
    connection.execute(delete(JUDGEMENTS).where(
        JUDGEMENTS.c.student == judgement.student, JUDGEMENTS.c.lesson == judgement.lesson))
    connection.execute(insert(JUDGEMENTS).values(
        student=judgement.student, lesson=judgement.lesson, fingerprint=fingerprint, status=judgement.status,
        essays=json.dumps(essays), json=json.dumps(judgement.as_dict())))
