"""Grade a class: judges in processes of their own, and one coordinator, which alone writes to the gradebook."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

from rich.console import Console
from rich.table import Table

from autograder.course import Course, Damaged
from autograder.judging.handed_in import handed_in
from autograder.judging.host import NotSafe, insist, probe
from autograder.judging.judgement import Judgement
from autograder.judging.pool import Result, Settings, failed, judged
from autograder.judging.scratch import scratch
from autograder.lesson import Lesson
from autograder.marks.record import LessonChanged, Records
from autograder.sandbox import audit
from autograder.texts import visible
from autograder.trouble import LOG, everybodys, log, logged

UNSAFE = "judged by --unsafe, so that nothing here can be relied on"
MOST_NAMED = 10  # students after whom the others are counted
Watch = Callable[..., Iterable[Result]]  # called with the results, and total=their number


class LessonsRefused(Exception):
    """Some lessons could not be graded, and why. judgements: of the run, which went on with the others."""

    def __init__(self, reasons: list[str], judgements: list[Judgement]) -> None:
        super().__init__("\n".join(reasons))
        self.judgements = judgements


@scratch()
def grade(course: Course, names: Iterable[str], settings: Settings,
          watch: Watch = lambda results, total: results) -> list[Judgement]:
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
    named = [f"but a worker can {audit.SEE_A_FILE}"] if audit.SEE_A_FILE in escapes else []
    found, lessons, refused = [], [], []
    for name in names:
        try:
            lessons.append(course.lesson(name))
        except Damaged as why:
            refused.append(str(why))
    with logged(course.folder), Records(course) as book:
        for lesson in tuple(lessons):
            try:
                book.register(lesson)
            except LessonChanged as why:
                refused.append(str(why))
                lessons.remove(lesson)
                continue
            tasks = [task for task in handed_in(course, lesson, settings)
                     if settings.again or book.fingerprint(task.student, lesson.name) != task.fingerprint]
            for result in watch(judged(lesson, tasks, settings, held), total=len(tasks)):
                result.judgement.flags += unsafe
                result.judgement.layers += named if result.judgement.layers else []
                found.append(enter(book, lesson, result))
        for lesson in lessons:  # now that everybody who handed in anything is enrolled
            book.record_missing(lesson)
    if refused:
        raise LessonsRefused(refused, found)
    return found


def enter(book: Records, lesson: Lesson, result: Result) -> Judgement:
    """Put a result on record, and return the judgement that is: what cannot be recorded has failed.

    Only what would hit everybody, such as a full disk, is raised.
    """
    if not result.trace:
        try:
            book.record(result.judgement, result.notebook, lesson, result.task.fingerprint)
            return result.judgement
        except Exception as error:
            if everybodys(error):
                raise
            result = failed(result.task, lesson, error)
    judgement = result.judgement
    log.error("%s, %s: %s\n%s", judgement.student, lesson.name, judgement.detail, result.trace)
    book.record_failed(judgement, lesson, result.task.fingerprint)
    return judgement


def summary(judgements: list[Judgement]) -> None:
    """Print a line for each lesson: how many were graded, how they ended, and what they earned."""
    console = Console()
    if not judgements:
        console.print("Nothing to grade: everything that was handed in is graded already.")
        return
    table = Table("lesson", "graded", "how they ended", "mean points", "to look at")
    for name in dict.fromkeys(judgement.lesson for judgement in judgements):
        of_lesson = [judgement for judgement in judgements if judgement.lesson == name]
        endings = Counter(judgement.status for judgement in of_lesson)
        most = sum(verdict.points for verdict in of_lesson[0].verdicts.values())
        earned = [judgement.earned for judgement in of_lesson if judgement.status != "failed"]
        table.add_row(name, str(len(of_lesson)), ", ".join(f"{count} {status}" for status, count in endings.items()),
                      f"{sum(earned) / len(earned):.2f} of {most:g}" if earned else "none",
                      str(sum(bool(judgement.flags) for judgement in of_lesson)))
    console.print(table)
    if run := [judgement for judgement in judgements if judgement.status in ("judged", "unfinished")]:
        unsafe = {flag for judgement in run for flag in judgement.flags if flag.startswith(UNSAFE)}
        console.print(f"Sandbox: {', '.join(run[0].layers) or 'none'}.", *(f"[bold red]{flag}[/]" for flag in unsafe))


def failures(judgements: Iterable[Judgement]) -> list[str]:
    """A line for each reason for which the engine failed, with the students whom it failed."""
    whom = defaultdict(list)
    for each in judgements:
        if each.status == "failed":
            whom[each.lesson, each.detail].append(each.student)
    lines = []
    for (lesson, why), students in whom.items():
        more = f" and {len(students) - MOST_NAMED} more" if len(students) > MOST_NAMED else ""
        lines.append(visible(f"Failed, {lesson}: {', '.join(students[:MOST_NAMED])}{more}. {why}"))
    if lines:
        lines.append(f"Whoever failed keeps the marks of before, if any. See {LOG} in the course, and grade again.")
    return lines
