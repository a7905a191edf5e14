"""The map of the course, with the points that the reader's notebooks show."""

import json
import math
import textwrap
from pathlib import Path

from rnnkit.figures.picture import Picture
from rnnkit.figures.strokes import headline, sheet, write
from rnnkit.figures.style import DONE, FAINT, INK, QUIET, SMALL, TEXT, tint

LESSONS = (
    "start here", "sequences and squashing", "the recurrent cell", "backpropagation through time",
    "vanishing and exploding", "training a character model", "the LSTM", "backpropagation through the LSTM",
    "the bug museum", "the GRU and its cousins", "against PyTorch, on the GPU", "who remembers?",
    "four applications", "limits, and what came next",
)
STRETCHES = (  # the name, the first lesson, and the one after the last
    ("the cell", 0, 4),
    ("why it forgets, and how it is trained", 4, 6),
    ("gates", 6, 10),
    ("the wide world", 10, 14),
)

PITCH = 1.5  # inches from stretch to stretch


def course_map(folder=".."):
    """The course as a road with its fourteen lessons, each filled by the share of its points that the reader has.

    Points are those that the checks of a saved notebook last showed; what cannot be read counts as nothing. A lesson
    without a notebook is to come.

    folder: the path of the folder where the lessons lie, as NN_topic/NN_topic.ipynb.
    Returns a Picture. Raises ValueError where folder is no path.
    """
    if not isinstance(folder, (str, Path)):
        raise ValueError(f"course_map: folder is {folder!r}; the path of a folder was expected.")
    notebooks = [find_notebook(folder, lesson) for lesson in range(len(LESSONS))]
    points = [notebook and points_in(notebook) for notebook in notebooks]
    lines = [f"{lesson:02} {title}: {_in_words(points[lesson])}" for lesson, title in enumerate(LESSONS)]
    total = _sum(points)
    title = f"{_in_words(total)} so far" if total and total[1] else "The way through the course"
    alt = f"The course in fourteen lessons. {title}. " + " ".join(
        f"{name[0].upper()}{name[1:]}: {'; '.join(lines[first:end])}." for name, first, end in STRETCHES)
    return Picture(lambda figure: _draw_map(figure, points, title), alt, 6.75)


def find_notebook(folder, lesson):
    """The notebook of a lesson: the one named as its folder, or else the first. None where there is none."""
    notebooks = sorted(Path(folder).glob(f"{lesson:02}_*/{lesson:02}_*.ipynb"))
    namesakes = [path for path in notebooks if path.stem == path.parent.name]
    return next(iter(namesakes + notebooks), None)


def points_in(notebook):
    """The points of a saved notebook, (earned, possible): what its checks last showed, and what they can give."""
    try:
        cells = json.loads(Path(notebook).read_text(encoding="utf-8"))["cells"]
        checks = [check for cell in cells if (check := _check(cell))]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return 0, 0
    return _sum(checks) or (0, 0)


def _sum(pairs):
    """The pairs (earned, possible) added up; None where there is none."""
    pairs = [pair for pair in pairs if pair]
    return tuple(round(math.fsum(column), 2) for column in zip(*pairs, strict=True)) if pairs else None


def _check(cell):
    """(earned, possible) of a check's cell, None for any other."""
    try:
        grading = cell["metadata"]["nbgrader"]
        if cell["cell_type"] != "code" or not grading["grade_id"].startswith("check-"):
            return None
        possible = float(grading["points"])
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return None
    if not 0 < possible < math.inf:
        return None
    return min(max(_shown(cell), 0.0), possible), possible


def _shown(cell):
    """The number that a cell last showed as its result, or 0."""
    try:
        results = [output["data"]["text/plain"] for output in cell["outputs"]
                   if output["output_type"] == "execute_result"]
        number = float("".join(results[-1]))
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        return 0.0
    return 0.0 if math.isnan(number) else number


def _in_words(points):
    if points is None:
        return "to come"
    earned, possible = points
    return f"{earned:g} of {possible:g} point{'s' * (possible != 1)}" if possible else "nothing to earn"


def _draw_map(figure, points, title):
    """A winding road: four stretches from left to right, one below the other."""
    ax, top = sheet(figure), figure.get_figheight() - 1.2
    headline(figure, title)
    road = []
    for row, (name, first, end) in enumerate(STRETCHES):
        level = top - PITCH * row
        places = [(1.05 + 1.95 * k, level) for k in range(end - first)]
        road += [(0.25, level), *places, (7.75, level), (7.75, level - 0.94), (0.25, level - 0.94)]
        of_all = _sum(points[first:end])
        write(ax, (0.45, level + 0.39), name, TEXT, ha="left", fontweight="bold")
        if of_all:
            write(ax, (7.6, level + 0.39), _in_words(of_all), TEXT, ha="right")
        for lesson, place in enumerate(places, start=first):
            _draw_lesson(ax, place, lesson, points[lesson])
    _draw_road(ax, road[1:-3])


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


def _draw_lesson(ax, place, lesson, points, radius=0.26):
    """A round sign with the lesson's number, filled from below by its share of points."""
    from matplotlib.patches import Circle, Rectangle
    edge = {"edgecolor": QUIET, "linestyle": (0, (2, 2))} if points is None else {"edgecolor": INK}
    color = QUIET if points is None else INK
    sign = Circle(place, radius, facecolor="white", linewidth=2, zorder=2, **edge)
    ax.add_patch(sign)
    if points and points[1]:
        corner, share = (place[0] - radius, place[1] - radius), points[0] / points[1]
        level = Rectangle(corner, 2 * radius, 2 * radius * share, color=DONE, linewidth=0, zorder=2)
        ax.add_patch(level).set_clip_path(sign)
    write(ax, place, f"{lesson:02}", TEXT, color, fontweight="bold", zorder=4)
    text = f"{textwrap.fill(LESSONS[lesson], 20)}\n{_in_words(points)}"
    write(ax, (place[0], place[1] - 0.33), text, SMALL, color, va="top", linespacing=1.2)
