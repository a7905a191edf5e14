"""Who handed in a file, and for which lesson: read from the layout of what was downloaded."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from itertools import accumulate
from typing import NamedTuple

from autograder.collecting.archive import NOTEBOOK, Refused, common_folders

RENAMED = r"(?:[-_ ]?copy\d*|-\d+| ?\(\d+\))*"  # what Canvas, Jupyter and browsers add to a name in use
GRADE_ID = re.compile(rb'"grade_id"\s*:\s*"(?:check-)?([^"\\]{1,200})"')
TIME = re.compile(r"(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d{1,6})?) ?(UTC|Z|[+-]\d\d:?\d\d)?")

# Canvas: content_zipper.rb. The user's id is the same in every assignment, and the upload's id only grows. A name
# loses its spaces and signs; one that keeps an underscore could pass for two ids, and is not taken. An anonymous
# student has another id in every assignment. A date has this form too: kim_2026_1_31.ipynb.
CANVAS = (r"(?:(?P<person>[^_/]+)_(?:LATE_)?(?!(?:19|20)\d\d_(?:0?[1-9]|1[0-2])_\d{1,2}(?!\d))(?P<student>[1-9]\d*)"
          r"|(?:LATE_)?(?P<anonymous>anon_[A-Za-z0-9]+))_(?P<upload>[1-9]\d*)_(?P<file>[^/]+)")
# Moodle: mod/assign/classes/downloader.php. The number behind the name is another one in every assignment, so
# the student is known by the name; it holds no underscore. Within an assignment the number is the person's.
MOODLE = (r"(?P<student>[^_/]+)(?:_(?P<number>\d+))?_assignsubmission_file"
          r"(?:_?/(?:.*/)?|_)(?P<file>[^/]+)")
EXCHANGE = (r"(?P<student>[^+/]+)\+(?P<lesson>[^+/]+)\+(?P<time>\d{4}-\d\d-\d\d[^+/]*)(?:\+[^/]*)?"
            r"/(?:.*/)?(?P<file>[^/]+)")
SUBMITTED = r"(?P<student>[^/]+)/(?P<lesson>{lessons})/(?:.*/)?(?P<file>[^/]+)"
PLAIN = r"(?:(?P<student>[^/]+)/(?:(?P<inside>[^/]+)/(?:.*/)?)?)?(?P<file>[^/]+)"

CANVAS_LABEL, MOODLE_LABEL = "Canvas's download of submissions", "Moodle's download of all submissions"
EXCHANGE_LABEL, SUBMITTED_LABEL = "nbgrader's exchange", "nbgrader's folder of submissions"
PLAIN_LABEL = "a plain folder"
UNLIKE = (CANVAS, MOODLE, EXCHANGE)  # what no path in a plain folder looks like


class Layout(NamedTuple):
    """label: for a person. top: the folder that holds everything, or "". pattern: of a path below it.

    unlike: patterns of other layouts. A path that has one of these would be read wrongly.
    """

    label: str
    top: str
    pattern: str
    unlike: tuple[str, ...] = ()

    def parts(self, name: str) -> dict[str, str] | None:
        """What a path says, as a dictionary, or None where it does not fit."""
        path = name.removeprefix(self.top)
        match = re.fullmatch(self.pattern, path, re.S)
        if any(re.fullmatch(other, path, re.S) for other in self.unlike):
            return None
        return match and {key: text for key, text in match.groupdict().items() if text is not None}


def recognise(names: Sequence[str], everything: Sequence[str], lessons: Sequence[str],
              known: Callable[[str], bool]) -> Layout:
    """The layout that most of what lies at the top has: a student has one vote, however many notebooks.

    names: of the notebooks. everything: the names of all files, the refused ones too. known: whether an id is on the
    roster. Raises Refused where a folder's name could be a student's.
    """
    folders = common_folders(everything) if everything else []
    *outer, top = accumulate([f"{folder}/" for folder in folders], initial="")
    patterns = {
        CANVAS_LABEL: CANVAS,
        MOODLE_LABEL: MOODLE,
        EXCHANGE_LABEL: EXCHANGE,
        SUBMITTED_LABEL: SUBMITTED.format(lessons="|".join(map(re.escape, lessons))),
    }
    for inside in (*outer, top):
        for label, pattern in patterns.items():
            layout = Layout(label, inside, pattern)
            if most(layout, names):
                return layout
    flat = [name.removeprefix(top) for name in names if "/" not in name.removeprefix(top)]
    if not top or not flat:
        return Layout(PLAIN_LABEL, top, PLAIN, UNLIKE)
    if any(known(flat_student(name, lessons) or "") for name in flat):
        return Layout(PLAIN_LABEL, top, PLAIN, UNLIKE)
    if known(folders[-1]) or {stem(name) for name in flat} <= set(lessons):
        return Layout(PLAIN_LABEL, outer[-1], PLAIN, UNLIKE)
    raise Refused(f"holds one folder, {top}, with notebooks right in it: is that a student, or a class? "
                  "Collect the folder itself if it is a class; give each student a folder if not")


def deeper(names: Sequence[str]) -> str:
    """A sentence on a folder further inside that has a layout we know, or ""."""
    found = Counter()
    for name in names:
        *folders, _ = accumulate([f"{folder}/" for folder in name.split("/")], initial="")
        for folder in folders:
            inside = name.removeprefix(folder)
            found.update((folder, label) for label, pattern in ((MOODLE_LABEL, MOODLE), (EXCHANGE_LABEL, EXCHANGE))
                         if folder and re.fullmatch(pattern, inside, re.S))
    if not found:
        return ""
    (folder, label), _ = found.most_common(1)[0]
    return f" Its folder {folder} looks like {label}: collect that one"


def most(layout: Layout, names: Sequence[str]) -> bool:
    """Whether most of what lies at the top has this layout: the folders by most of their notebooks."""
    votes = defaultdict(list)
    for name in names:
        votes[name.removeprefix(layout.top).split("/")[0]].append(layout.parts(name) is not None)
    return sum(sum(fits) > len(fits) / 2 for fits in votes.values()) > len(votes) / 2


def stem(file: str) -> str:
    """A notebook's name without its ending; "" for any other file."""
    match = NOTEBOOK.fullmatch(file)
    return match["stem"] if match else ""


def named_lesson(file: str, lessons: Sequence[str]) -> str | None:
    """The lesson whose whole name is in a file's name, or None."""
    text = unicodedata.normalize("NFC", stem(file)).casefold()
    inside = [name for name in lessons if name.casefold() in text]
    longest = [name for name in inside if not any(name in other and name != other for other in inside)]
    return longest[0] if len(longest) == 1 else None


def lesson_inside(data: bytes, exercises: Mapping[str, Collection[str]]) -> str:
    """The one lesson whose cells a notebook holds. Raises Refused where there is none, or more.

    exercises: lesson -> the names of its exercises and essays.
    """
    homes = {name.encode(): lesson for lesson, names in exercises.items() for name in names}
    lessons = sorted({homes[match[1]] for match in GRADE_ID.finditer(data) if match[1] in homes})
    if len(lessons) != 1:
        what = f"cells of {' and '.join(lessons)}" if lessons else "no cell of a lesson"
        raise Refused(f"could be any lesson: its name says nothing, and it holds {what}. Rename it, or use --lesson")
    return lessons[0]


def resubmission(file: str) -> int:
    """3 for name-3.ipynb."""
    match = re.search(r"-(\d{1,9})$", stem(file))
    return int(match[1]) if match else 0


def flat_student(file: str, lessons: Sequence[str]) -> str | None:
    """ada of ada.ipynb and of ada_<lesson>.ipynb, or None of <lesson>.ipynb."""
    name = stem(file)
    for lesson in lessons:
        match = re.fullmatch(rf"(?P<student>.*){re.escape(lesson)}{RENAMED}", name, re.I | re.S)
        if match:
            return match["student"].rstrip("-_. ") or None
    return name


def student_id(text: str) -> str:
    """A name that is safe as a folder, in a glob and on a command line; raises Refused where nothing is left.

    Letters, digits, marks and . - _ @ and single spaces stay; anything else becomes an underscore.
    """
    text = unicodedata.normalize("NFC", text)
    text = "".join(c if unicodedata.category(c)[0] in "LMN" or c in ".-_@ " else "_" for c in text)
    text = re.sub(" +", " ", text).strip(" ").lstrip(".- ")
    if not text.strip("._ "):
        raise Refused("names no student")
    if len(text) > 100 or len(text.encode()) > 200:
        raise Refused("names a student with more than 100 letters")
    return text


def alike(student: str) -> str:
    """The same for two ids that some file systems, or some eyes, take for one."""
    return unicodedata.normalize("NFKC", student).casefold()


def parse_time(text: str) -> datetime | None:
    """nbgrader's `2026-01-31 12:00:00.000000 UTC`, or None."""
    match = TIME.fullmatch(text.strip())
    try:
        when = datetime.fromisoformat(match[1] + (match[2] or "Z").replace("UTC", "Z")) if match else None
        return when and when.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
