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

from autograder.lesson import Course
from autograder.record import Book

LESSONS = ("02_the_recurrent_cell", "03_backpropagation_through_time")


def command(folder):
    return [sys.executable, "-m", "autograder", "--course", str(folder), "grade", "--workers", "2"]


def run(folder, temporary, seconds=None):
    """Grade the class, and kill the coordinator after so many seconds. Returns whether it was killed."""
    environment = {**os.environ, "TMPDIR": str(temporary)}
    running = subprocess.Popen(command(folder), cwd=students.ROOT, env=environment, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    try:
        _, complaints = running.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.kill(running.pid, signal.SIGKILL)
        running.communicate()
        return True
    if running.returncode:
        raise AssertionError(f"exit code {running.returncode}: {complaints.decode()}")
    return False


def recorded(folder):
    """Everything that counts of what the gradebook and the notebooks say."""
    with Book(Course.at(folder)) as book:
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
    """Kill one run at this moment, and complete it. Returns how many were graded before the kill.

    Raises AssertionError where anything is not as it should be.
    """
    folder, temporary = place / "course", place / "temporary"
    shutil.copytree(untouched, folder)
    temporary.mkdir()
    killed = run(folder, temporary, moment)
    assert not (left := alive(place)), f"still running: {left}"
    before = graded(folder)
    assert whole(folder), "the gradebook is damaged after the kill"
    if killed:
        time.sleep(2.1)  # a folder that was made just now is left alone
    assert not run(folder, temporary)
    assert not (left := alive(place)), f"still running: {left}"
    assert not (left := list(temporary.iterdir())), f"left behind: {left}"
    assert whole(folder), "the gradebook is damaged"
    assert not (left := [path.name for path in folder.rglob("*.new")]), f"half written: {left}"
    assert recorded(folder) == expected, "other marks than without the kill"
    return before if killed else None


def trials(place, count, size, seed, tell=lambda *row: None):
    """So many kills, at moments spread over the time that an undisturbed run takes."""
    rng = random.Random(seed)
    untouched, calm, temporary = place / "untouched", place / "calm", place / "temporary"
    students.make_class(untouched, size, rng, LESSONS)
    shutil.copytree(untouched, calm)
    temporary.mkdir()
    start = time.monotonic()
    run(calm, temporary)
    spent, expected = time.monotonic() - start, recorded(calm)
    assert graded(calm) == size
    found = []
    for number in range(count):
        trial_place = place / f"kill{number}"
        moment = rng.uniform(0.1, 1) * spent
        found.append(trial(untouched, trial_place, moment, expected))
        tell(f"{number + 1}", f"{moment:.2f} s", "after the end" if found[-1] is None else f"{found[-1]} of {size}")
        shutil.rmtree(trial_place)
    return found


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else time.time_ns() % 10 ** 9
    table = Table("kill", "at", "graded before it", title=f"SIGKILL while a class is graded (seed {seed})")
    with tempfile.TemporaryDirectory() as place:
        found = trials(Path(place), 20, 40, seed, table.add_row)
    Console().print(table)
    Console().print(f"{len(found)} kills: each time the next run completed the class, with the same marks as an "
                    f"undisturbed run.\nThe gradebook was whole, and no process and no folder was left.")


if __name__ == "__main__":
    main()
