"""Grade a class: judges in processes of their own, and one coordinator, which alone writes to the gradebook."""

from collections import Counter

from rich.console import Console
from rich.table import Table

from autograder.course import BrokenLesson
from autograder.judging.handed_in import handed_in
from autograder.judging.host import NotSafe, insist, probe
from autograder.judging.judgement import Judgement
from autograder.judging.pool import judged
from autograder.judging.scratch import scratch
from autograder.marks.record import LessonChanged, Records

UNSAFE = "judged by --unsafe, so that nothing here can be relied on"


class LessonsRefused(Exception):
    """Some lessons could not be graded, and why. judgements: of the run, which went on with the others."""

    def __init__(self, reasons: list[str], judgements: list[Judgement]) -> None:
        super().__init__("\n".join(reasons))
        self.judgements = judgements


@scratch()
def grade(course, names, settings, watch=lambda tasks, total: tasks):
    """Grade what was handed in for these lessons, but for what is graded already. Returns the new Judgements.

    watch: wraps the iterator over the submissions of a lesson, as tqdm does. Raises NotSafe where this machine cannot
    lock a student's code in, NoLesson, and LessonsRefused after it graded all other lessons. Stopped at any moment,
    even by SIGKILL, it leaves everything that it finished in the gradebook, and the next call goes on from there.
    """
    held, escapes = probe(settings.layers)
    unsafe = []
    try:
        insist(held, escapes)
    except NotSafe as why:
        if not settings.unsafe:
            raise
        unsafe = [f"{UNSAFE}: {why}"]
    found, lessons, refused = [], [], []
    for name in names:
        try:
            lessons.append(course.lesson(name))
        except BrokenLesson as why:
            refused.append(str(why))
    with Records(course) as book:
        for lesson in tuple(lessons):
            try:
                book.register(lesson)
            except LessonChanged as why:
                refused.append(str(why))
                lessons.remove(lesson)
                continue
            tasks = [task for task in handed_in(course, lesson, settings)
                     if settings.again or book.fingerprint(task.student, lesson.name) != task.fingerprint]
            for task, judgement, read in watch(judged(lesson, tasks, settings, held), total=len(tasks)):
                judgement.flags += unsafe
                book.record(judgement, read, lesson, task.fingerprint)
                found.append(judgement)
        for lesson in lessons:  # now that everybody who handed in anything is enrolled
            book.record_missing(lesson)
    if refused:
        raise LessonsRefused(refused, found)
    return found


def summary(judgements):
    """Print a line for each lesson: how many were graded, how they ended, and what they earned."""
    table = Table("lesson", "graded", "how they ended", "mean points", "to look at")
    for name in dict.fromkeys(judgement.lesson for judgement in judgements):
        of_lesson = [judgement for judgement in judgements if judgement.lesson == name]
        endings = Counter(judgement.status for judgement in of_lesson)
        most = sum(verdict.points for verdict in of_lesson[0].verdicts.values())
        mean = sum(judgement.earned for judgement in of_lesson) / len(of_lesson)
        table.add_row(name, str(len(of_lesson)), ", ".join(f"{count} {status}" for status, count in endings.items()),
                      f"{mean:.2f} of {most:g}", str(sum(bool(judgement.flags) for judgement in of_lesson)))
    if judgements:
        Console().print(table)
        layers = next((judgement.layers for judgement in judgements if judgement.layers), ["none"])
        unsafe = {flag for judgement in judgements for flag in judgement.flags if flag.startswith(UNSAFE)}
        Console().print(f"Sandbox: {', '.join(layers)}.", *(f"[bold red]{flag}[/]" for flag in unsafe))
    else:
        Console().print("Nothing to grade: everything that was handed in is graded already.")
