"""The engine killed at random moments while it grades a class. The next run has to complete it.

    make faults

Each time another copy of the course is graded, the coordinator gets SIGKILL, and the same command runs again. The
marks have to be those of an undisturbed run, the gradebook whole, every process and temporary folder gone.
"""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import students
from rich.console import Console
from rich.table import Table

from autograder.course import Course
from autograder.marks.record import Records

LESSONS = ("02_the_recurrent_cell", "03_backpropagation_through_time")


def command(folder):
    return [sys.executable, "-m", "autograder", "--course", str(folder), "grade", "--workers", "2"]


def run(folder, temporary, moment=None):
    """Grade the class. Returns whether the coordinator was killed before it was done.

    moment: when to kill it, as the number of notebooks that it wrote, and seconds after that.
    """
    environment = {**os.environ, "TMPDIR": str(temporary)}
    with tempfile.TemporaryFile("w+") as said:
        running = subprocess.Popen(command(folder), cwd=students.ROOT, env=environment, stdout=said, stderr=said)
        while moment and running.poll() is None and written(folder) < moment[0]:
            time.sleep(0.01)
        try:
            running.wait(moment and moment[1])
        except subprocess.TimeoutExpired:
            os.kill(running.pid, signal.SIGKILL)
            running.wait()
            return True
        said.seek(0)
        assert running.returncode == 0, f"exit code {running.returncode}: {said.read()}"
    return False


def written(folder):
    return sum(1 for _ in (folder / "autograded").glob("*/*/*.ipynb"))


def recorded(folder):
    """Everything that counts of what the gradebook and the notebooks say."""
    with Records(Course.at(folder)) as book:
        judgements = {(each.student, each.lesson): {**each.as_dict(), "seconds": 0, "megabytes": 0}
                      for each in book.judgements()}
    with closing(sqlite3.connect(folder / "gradebook.db")) as gradebook:
        grades = gradebook.execute(
            "select student_id, base_cell.name, auto_score, manual_score, needs_manual_grade from grade"
            " join base_cell on cell_id = base_cell.id"
            " join submitted_notebook on grade.notebook_id = submitted_notebook.id"
            " join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id"
            " order by 1, 2").fetchall()
    notebooks = {path.relative_to(folder): path.read_bytes() for path in (folder / "autograded").rglob("*.ipynb")}
    return judgements, grades, notebooks


def whole(folder):
    with closing(sqlite3.connect(folder / "gradebook.db")) as gradebook:
        return gradebook.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def graded(folder):
    with closing(sqlite3.connect(folder / "gradebook.db")) as gradebook:
        there = gradebook.execute("select name from sqlite_master where name = 'judgements'").fetchall()
        query = "select count(*) from judgements where status != 'missing'"
        return gradebook.execute(query).fetchone()[0] if there else 0


def alive(place, seconds=5):
    """The processes whose command line names this folder, after some time to die."""
    ends = time.monotonic() + seconds
    while (found := _alive(place)) and time.monotonic() < ends:
        time.sleep(0.05)
    return found


def _alive(place):
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes()
        except OSError:
            continue
        if str(place).encode() in line and int(path.parent.name) != os.getpid():
            found.append(line.replace(b"\0", b" ").decode())
    return found


def trial(untouched, place, moment, expected):
    """Kill one run at this moment, and complete it. Returns how many were graded before; None if it was done by then.

    Raises AssertionError where anything is not as it should be.
    """
    folder, temporary = place / "course", place / "temporary"
    shutil.copytree(untouched, folder)
    temporary.mkdir()
    if not run(folder, temporary, moment):
        return None
    assert not (left := alive(place)), f"still running: {left}"
    before = graded(folder)
    assert whole(folder), "the gradebook is damaged after the kill"
    time.sleep(2.1)  # a folder that was made just now is left alone
    assert not run(folder, temporary)
    assert not (left := alive(place)), f"still running: {left}"
    assert not (left := list(temporary.iterdir())), f"left behind: {left}"
    assert not (left := [path.name for path in folder.rglob("*.new")]), f"half written: {left}"
    assert whole(folder), "the gradebook is damaged"
    assert recorded(folder) == expected, "other marks than without the kill"
    return before


def trials(place, count, size, seed, tell=lambda *row: None):
    """So many kills: a fifth of them in the first seconds, the others after a random number of submissions."""
    rng = random.Random(seed)
    untouched, calm, temporary = place / "untouched", place / "calm", place / "temporary"
    students.make_class(untouched, size, rng, LESSONS)
    shutil.copytree(untouched, calm)
    temporary.mkdir()
    run(calm, temporary)
    expected, found = recorded(calm), []
    assert graded(calm) == size
    while len(found) < count:
        early = len(found) % 5 == 4
        moment = (0, rng.uniform(0.1, 3)) if early else (rng.randrange(1, size), rng.uniform(0, 0.2))
        before = trial(untouched, place / "trial", moment, expected)
        shutil.rmtree(place / "trial")
        if before is not None:
            found.append(before)
            tell(str(len(found)), f"{moment[1]:.2f} s after {moment[0] or 'the start'}", f"{before} of {size}")
    return found


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else time.time_ns() % 10 ** 9
    table = Table("kill", "when", "graded by then", title=f"Kills (seed {seed})")
    with tempfile.TemporaryDirectory() as place:
        found = trials(Path(place), 20, 40, seed, table.add_row)
    Console().print(table)
    Console().print(f"{len(found)} kills: each time the next run completed the class, with the same marks as an "
                    f"undisturbed run.\nThe gradebook was whole, and no process and no folder was left.")


if __name__ == "__main__":
    main()
