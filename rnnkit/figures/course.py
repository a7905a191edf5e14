"""The map of the course, and the moment at the end of a lesson, with the points that the reader's notebooks show."""

import math
import textwrap
from pathlib import Path, PurePath

from rnnkit.figures.arguments import expect_whole
from rnnkit.figures.picture import Picture
from rnnkit.figures.progress import LESSONS, Progress, find_notebook, progress_in
from rnnkit.figures.strokes import headline, sheet, write
from rnnkit.figures.style import COLOR, DONE, FAINT, INK, QUIET, SMALL, TEXT, WIDTH, tint

STRETCHES = (  # the name, the first lesson, and the one after the last
    ("the cell", 0, 4),
    ("why it forgets, and how it is trained", 4, 6),
    ("gates", 6, 10),
    ("the wide world", 10, 14),
)

PITCH, HEIGHT = 1.85, 7.85  # inches: from stretch to stretch, and of the map


def course_map(folder=".."):
    """The course as a road with its fourteen lessons, each filled by the share of its points that the reader has.

    Points are those that the checks of a saved notebook last showed; what cannot be read counts as nothing. What a
    person gives for an essay stands beside them. A lesson without a notebook is to come. The others are links.

    folder: the path of the folder where the lessons lie, as NN_topic/NN_topic.ipynb.
    Returns a Picture. Raises ValueError where folder is no path.
    """
    notebooks, lessons = _read("course_map", folder)
    lines = [f"{k:02} {title}: {_in_words(lessons[k])}" for k, title in enumerate(LESSONS)]
    total = sum(filter(None, lessons), Progress())
    title = f"{total.in_words} so far" if total.possible else "The way through the course"
    alt = f"The course in fourteen lessons. {title}. " + " ".join(
        f"{name[0].upper()}{name[1:]}: {'; '.join(lines[first:end])}." for name, first, end in STRETCHES)
    places = [(1.05 + 1.95 * (k - first), HEIGHT - 1.2 - PITCH * row)
              for row, (_, first, end) in enumerate(STRETCHES) for k in range(first, end)]
    return Picture(lambda figure: _draw_map(figure, places, lessons, title), alt, HEIGHT,
                   _links(notebooks, folder, [(across - 0.95, up - 0.75, 1.9, 1.05) for across, up in places], HEIGHT))


def end_of_lesson(lesson, sentence, folder=".."):
    """The moment at the end of a lesson: its points, the way so far, and a sentence that the reader can now defend.

    The points of the lesson are those that its checks showed in this kernel, or else in the saved notebook.

    lesson: its number, 0 to 13. sentence: what the lesson has shown. folder: where the lessons lie.
    Returns a Picture. Raises ValueError for anything else.
    """
    lesson = expect_whole("end_of_lesson", "lesson", lesson, 0, len(LESSONS) - 1)
    notebooks, lessons = _read("end_of_lesson", folder, lesson)
    total, here = sum(filter(None, lessons), Progress()), lessons[lesson] or Progress()
    title = f"Lesson {lesson:02}: {_in_words(here)}"
    so_far = f"The course so far: {total.in_words}"
    lines = textwrap.wrap(f"\N{LEFT DOUBLE QUOTATION MARK}{sentence}\N{RIGHT DOUBLE QUOTATION MARK}", 74)
    alt = f"{title}. {so_far}. You can now defend: {sentence}"
    height = 1.75 + 0.27 * len(lines)
    places = [(0.4 + 0.554 * k, height - 0.85) for k in range(len(LESSONS))]
    boxes = [(across - 0.26, up - 0.26, 0.52, 0.52) for across, up in places]
    return Picture(lambda figure: _draw_end(figure, lesson, lessons, (title, so_far), lines, places), alt, height,
                   _links(notebooks, folder, boxes, height))


def _read(where, folder, lesson=None):
    """The notebook of every lesson, and its Progress; None where there is none. lesson: the one that runs here."""
    if not isinstance(folder, (str, Path)):
        raise ValueError(f"{where}: folder is {folder!r}; the path of a folder was expected.")
    notebooks = [find_notebook(folder, k) for k in range(len(LESSONS))]
    return notebooks, [notebook and progress_in(notebook, now=k == lesson) for k, notebook in enumerate(notebooks)]


def _links(notebooks, folder, boxes, height):
    """(address, name, box in shares of the picture) for every lesson that is there, as a page beside them needs it."""
    return [(f"{PurePath(folder).as_posix()}/{notebook.parent.name}/{notebook.name}", f"{k:02} {LESSONS[k]}",
             (left / WIDTH, 1 - (bottom + tall) / height, wide / WIDTH, tall / height))
            for k, (notebook, (left, bottom, wide, tall)) in enumerate(zip(notebooks, boxes, strict=True)) if notebook]


def _in_words(progress):
    return ", ".join(filter(None, (progress.in_words, progress.aside))) if progress else "to come"


def _draw_map(figure, places, lessons, title):
    """A winding road: four stretches from left to right, one below the other."""
    ax = sheet(figure)
    headline(figure, title)
    road = []
    for name, first, end in STRETCHES:
        level = places[first][1]
        road += [(0.25, level), *places[first:end], (7.75, level), (7.75, level - 1.17), (0.25, level - 1.17)]
        of_all = sum(filter(None, lessons[first:end]), Progress())
        write(ax, (0.45, level + 0.43), name, TEXT, ha="left", fontweight="bold")
        if of_all.possible:
            write(ax, (7.6, level + 0.43), of_all.in_words, TEXT, ha="right")
    _draw_road(ax, road[1:-3])
    for lesson, (place, progress) in enumerate(zip(places, lessons, strict=True)):
        _draw_sign(ax, place, lesson, progress)
        look = {"va": "top", "linespacing": 1.2}
        across, level = place
        name = textwrap.wrap(LESSONS[lesson], 20)
        write(ax, (across, level - 0.33), "\n".join(name), SMALL, COLOR["h"] if progress else QUIET, **look)
        points = "\n".join(filter(None, (progress.in_words, progress.aside))) if progress else "to come"
        write(ax, (across, level - 0.36 - 0.16 * len(name)), points, SMALL, INK if progress else QUIET, **look)


def _draw_end(figure, lesson, lessons, titles, lines, places):
    """The lessons in a row, this one in a ring; below, the sentence."""
    ax, level = sheet(figure), places[0][1]
    headline(figure, titles[0])
    write(ax, (WIDTH - 0.1, figure.get_figheight() - 0.3), titles[1], TEXT, QUIET, ha="right")
    _draw_road(ax, [(places[0][0], level), (places[-1][0], level)])
    ax.plot(*places[lesson], "o", markersize=47, markerfacecolor=tint(DONE, 0.35), markeredgewidth=0, zorder=1)
    for k, (place, progress) in enumerate(zip(places, lessons, strict=True)):
        _draw_sign(ax, place, k, progress, 0.22)
    write(ax, (0.15, level - 0.6), "You can now defend:", TEXT, QUIET, ha="left")
    for k, line in enumerate(lines):
        write(ax, (0.15, level - 0.92 - 0.27 * k), line, TEXT + 2, ha="left", fontstyle="italic")


def _draw_road(ax, places, bend=0.25):
    """A line through the places, round at the corners."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path as Line
    vertices, codes = [places[0]], [Line.MOVETO]
    for before, at, after in zip(places, places[1:], places[2:], strict=False):
        vertices += [_toward(at, before, bend), at, _toward(at, after, bend)]
        codes += [Line.LINETO, Line.CURVE3, Line.CURVE3]
    line = Line([*vertices, places[-1]], [*codes, Line.LINETO])
    ax.add_patch(PathPatch(line, facecolor="none", edgecolor=tint(FAINT, 0.55), linewidth=6, zorder=1))


def _toward(start, end, distance):
    share = distance / math.dist(start, end)
    return tuple(a + share * (b - a) for a, b in zip(start, end, strict=True))


def _draw_sign(ax, place, lesson, progress, radius=0.26):
    """A round sign with the lesson's number, filled from below by its share of points."""
    from matplotlib.patches import Circle, Rectangle
    edge = {"edgecolor": INK} if progress else {"edgecolor": QUIET, "linestyle": (0, (2, 2))}
    sign = Circle(place, radius, facecolor="white", linewidth=2, zorder=2, **edge)
    ax.add_patch(sign)
    if progress and progress.share:
        corner = place[0] - radius, place[1] - radius
        level = Rectangle(corner, 2 * radius, 2 * radius * progress.share, color=DONE, linewidth=0, zorder=2)
        ax.add_patch(level).set_clip_path(sign)
    write(ax, place, f"{lesson:02}", TEXT, INK if progress else QUIET, fontweight="bold", zorder=4)
