"""Every lesson leads to the one before and the one after it, and every link leads to a file that is there."""

import re
from itertools import pairwise
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[2]
LESSONS = sorted(ROOT.glob("lessons/*/*_*.ipynb"))
LINK = re.compile(r"\[[^]]*\]\(([^)#:]+)\)|(?:src|href)=\"([^\":]+)\"")


def cells(lesson):
    return [cell.source for cell in nbformat.read(lesson, as_version=4).cells if cell.cell_type == "markdown"]


def links(text, lesson):
    """The files that a text leads to, as absolute paths."""
    return [(lesson.parent / (one or other)).resolve() for one, other in LINK.findall(text)]


def test_every_link_of_every_lesson_leads_to_a_file_that_is_there():
    found = [(lesson.stem, path) for lesson in LESSONS for text in cells(lesson) for path in links(text, lesson)]
    assert len(found) >= 4 * len(LESSONS) - 4
    assert [(lesson, path) for lesson, path in found if not path.is_file()] == []


def test_the_first_and_the_last_cell_of_a_lesson_lead_to_its_neighbors():
    for lesson, following in pairwise(LESSONS):
        for text in (cells(lesson)[0], cells(lesson)[-1]):
            assert following in links(text, lesson), lesson.stem
        for text in (cells(following)[0], cells(following)[-1]):
            assert lesson in links(text, following), following.stem


def test_the_name_of_a_link_is_the_title_of_the_lesson_that_it_opens():
    titles = {lesson: re.match(r"# (.+)", cells(lesson)[0])[1] for lesson in LESSONS}
    for lesson in LESSONS:
        text = cells(lesson)[-1]
        for name, address in re.findall(r"\[(?:← )?(\d\d · [^]]+?)(?: →)?\]\(([^)]+)\)", text):
            assert titles[(lesson.parent / address).resolve()] == name


def test_every_lesson_ends_with_its_points_and_a_sentence():
    for lesson in LESSONS:
        code = [cell.source for cell in nbformat.read(lesson, as_version=4).cells if cell.cell_type == "code"][-1]
        assert re.fullmatch(rf'figures\.end_of_lesson\({int(lesson.stem[:2])}, "[^"]{{40,150}}"\)', code), lesson.stem
