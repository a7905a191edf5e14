"""What a class understood, and what an instructor should look at: numbers, and one HTML page that shows them."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from statistics import mean, median
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from autograder.course import Course
from autograder.files import replace
from autograder.grade import UNSAFE
from autograder.judging.judgement import STATUSES, Judgement
from autograder.marks.record import Records
from autograder.reporting.charts import ENDINGS, columns, stretches
from autograder.texts import visible
from rnnkit.checking import Verdict
from rnnkit.checking.card import COLORS
from rnnkit.exercises import EXERCISES
from rnnkit.figures import style

COUNTED = ("judged", "unfinished", "unreadable")  # handed in, and the engine did its part
MOST_BARS = 20
LONGEST = 1000  # characters of one text


class NotGraded(Exception):
    """There is nothing to report on."""


def graded(course: Course, lessons: Sequence[str] = ()) -> list[Judgement]:
    """The judgements on these lessons, or on all. Raises NotGraded where there is none."""
    if not course.lessons():
        raise NotGraded(f"{course.folder} has no lessons yet: run `python -m autograder build` first.")
    with Records(course) as book:
        found = [judgement for judgement in book.judgements() if judgement.lesson in lessons or not lessons]
    if absent := sorted(set(lessons) - {judgement.lesson for judgement in found}):
        raise NotGraded(f"Not graded yet: {', '.join(absent)}. Run `python -m autograder grade` first.")
    if not found:
        raise NotGraded("Nothing is graded yet: run `python -m autograder grade` first.")
    return found


def write(course: Course, lessons: list[dict[str, Any]], out: Path | None = None) -> Path:
    """Write the page on these numbers, by default as report.html in the course folder. Gives its path."""
    out = out or course.folder / "report.html"
    replace({out: page(lessons, "What this class understood")})
    return out


def numbers(judgements: list[Judgement]) -> list[dict[str, Any]]:
    """All that the page says, as plain data: one dictionary for each lesson, in the order of their names."""
    lessons = defaultdict(list)
    for judgement in judgements:
        lessons[judgement.lesson].append(judgement)
    return [of_lesson(name, lessons[name]) for name in sorted(lessons)]


def of_lesson(name: str, judgements: list[Judgement]) -> dict[str, Any]:
    """The numbers of one lesson. Marks and rates are of the submissions whose status is in COUNTED."""
    counted = [judgement for judgement in judgements if judgement.status in COUNTED]
    points = sum(verdict.points for verdict in judgements[0].verdicts.values())
    return {
        "lesson": name, "points": points, "enrolled": len(judgements), "counted": len(counted),
        "marks": distribution([judgement.earned for judgement in counted], points),
        "exercises": exercises(judgements[0].verdicts, counted),
        "misconceptions": misconceptions(counted),
        "unnamed": unnamed(counted),
        "statuses": statuses(judgements),
        "details": details(judgements),
        "flagged": flagged(judgements),
        "remarks": sayings((text, each.student) for each in judgements for text in each.remarks),
        "sandbox": sandbox(judgements),
    }


def distribution(marks: list[float], points: float) -> dict[str, Any]:
    """How many submissions earned what. A bar begins at its mark and ends before the next; the last is full marks."""
    width = max(1, math.ceil(points / MOST_BARS))
    starts = [*range(0, math.ceil(points), width), points]
    bars = Counter(points if mark >= points else int(mark // width) * width for mark in marks)
    return {"mean": round(mean(marks), 2) if marks else None, "median": round(median(marks), 2) if marks else None,
            "full": bars[points], "bars": [{"from": start, "submissions": bars[start]} for start in starts]}


def exercises(names: Iterable[str], judgements: list[Judgement]) -> list[dict[str, Any]]:
    """How each exercise went, in the lesson's order."""
    return [exercise(name, [each.verdicts[name] for each in judgements if name in each.verdicts]) for name in names]


def exercise(name: str, verdicts: list[Verdict]) -> dict[str, Any]:
    """How an exercise went: each of ENDINGS, the share of full marks, and the mean."""
    ended = Counter("full" if verdict.passed else "part" if verdict.earned else "none" if verdict.written else "blank"
                    for verdict in verdicts)
    return {"exercise": name, "points": verdicts[0].points if verdicts else None,
            **{ending: ended[ending] for ending in ENDINGS},
            "pass_rate": round(ended["full"] / len(verdicts), 4) if verdicts else None,
            "mean": round(mean(verdict.earned for verdict in verdicts), 2) if verdicts else None}


def misconceptions(judgements: list[Judgement]) -> list[dict[str, Any]]:
    """The mistakes that were recognized, most frequent first, each with its hint and who made it."""
    made = most_first(((name, mistake), each.student) for each in judgements
                      for name, verdict in each.verdicts.items() for mistake in verdict.mistakes)
    return [{"exercise": name, "id": mistake, "hint": hint(name, mistake), "students": students}
            for (name, mistake), students in made]


def hint(name: str, mistake: str) -> str:
    """What the mistake's hint says; nothing where the exercise does not know it any more."""
    known = EXERCISES[name].misconceptions if name in EXERCISES else ()
    return next((misconception.hint for misconception in known if misconception.id == mistake), "")


def unnamed(judgements: list[Judgement]) -> list[dict[str, Any]]:
    """What else was wrong, most frequent first: neither a known mistake, nor one of the step that is repeated."""
    def step_passed(name: str, verdicts: dict[str, Verdict]) -> bool:
        step = EXERCISES[name].one_step if name in EXERCISES else ""
        return step not in verdicts or verdicts[step].passed

    found = most_first(((name, first_wrong(verdict)), each.student) for each in judgements
                       for name, verdict in each.verdicts.items()
                       if verdict.written and not verdict.passed and not verdict.mistakes
                       and step_passed(name, each.verdicts))
    return [{"exercise": name, "text": text, "students": students} for (name, text), students in found]


def first_wrong(verdict: Verdict) -> str:
    """The first line of the first thing that was said to be wrong."""
    return next((text.split("\n")[0] for mark, text in verdict.lines if mark == "wrong"), "")


def statuses(judgements: list[Judgement]) -> list[dict[str, Any]]:
    """How submissions ended, in the order of STATUSES: each status that there is, what it means, and who."""
    return [{"status": status, "meaning": meaning, "students": students} for status, meaning in STATUSES.items()
            if (students := [each.student for each in judgements if each.status == status])]


def details(judgements: list[Judgement]) -> list[dict[str, Any]]:
    """Why submissions ended as they did, where there is more to say than their status."""
    return sayings((each.detail, each.student) for each in judgements if each.detail and each.status != "missing")


def flagged(judgements: list[Judgement]) -> list[dict[str, Any]]:
    """Who has flags. That the sandbox did not hold is said elsewhere."""
    return [{"student": each.student, "earned": each.earned, "flags": flags} for each in judgements
            if (flags := [flag for flag in each.flags if not flag.startswith(UNSAFE)])]


def sandbox(judgements: list[Judgement]) -> list[dict[str, Any]]:
    """The layers that held while code ran, and whose it was."""
    ran = (((tuple(each.layers), unsafe(each)), each.student) for each in judgements
           if each.status in ("judged", "unfinished"))
    return [{"layers": list(layers), "unsafe": why, "students": students}
            for (layers, why), students in most_first(ran)]


def sayings(pairs: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """Group (text, student): texts and their students, the text with most students first."""
    return [{"text": text, "students": students} for text, students in most_first(pairs)]


def most_first(pairs: Iterable[tuple[Any, str]]) -> list[tuple[Any, list[str]]]:
    """Group (thing, student): things and their students, the thing with most students first."""
    groups = defaultdict(dict)
    for thing, student in pairs:
        groups[thing][student] = True
    return sorted(((thing, sorted(students)) for thing, students in groups.items()),
                  key=lambda group: (-len(group[1]), group[0]))


def unsafe(judgement: Judgement) -> str:
    """Why nothing of what was judged can be relied on; "" where the sandbox held."""
    return next((flag.removeprefix(f"{UNSAFE}: ") for flag in judgement.flags if flag.startswith(UNSAFE)), "")


def page(lessons: list[dict[str, Any]], title: str, when: datetime | None = None) -> str:
    """The numbers as one HTML page that needs nothing else. Whatever it was given, it is shown as text."""
    looks = {"ink": style.INK, "quiet": style.QUIET, "faint": style.FAINT, "shade": style.SHADE,
             "full": style.DONE, "part": style.tint(style.DONE, 0.45), "none": style.tint(COLORS["wrong"], 0.6),
             "blank": style.FAINT, "alarm": COLORS["wrong"]}
    alarms = most_first((each["unsafe"], lesson["lesson"]) for lesson in lessons for each in lesson["sandbox"]
                        if each["unsafe"])
    return TEMPLATES.get_template("report.html").render(
        lessons=lessons, alarms=alarms, title=title, when=f"{when or datetime.now():%Y-%m-%d %H:%M}",
        endings=ENDINGS, color=looks)


def shown(value: object) -> object:
    """A text in which nothing is invisible and that is not too long; anything else as it is."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return visible(value[:LONGEST]) + "…" * (len(value) > LONGEST)


TEMPLATES = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, finalize=shown,
                        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
TEMPLATES.filters |= {"columns": columns, "stretches": stretches, "number": lambda value: f"{value:g}",
                     "percent": lambda share: f"{100 * share:.0f} %"}
