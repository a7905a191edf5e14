"""The picture of the GRU shows what the step computes; the three cells and the counters say what they show."""

import re
import xml.etree.ElementTree as ET
from functools import cache

import numpy as np
import pytest

from rnnkit import figures, gru_step, sigmoid
from rnnkit.figures.gru_cell import (
    AT_RANDOM,
    HEIGHT,
    TEXT,
    WITH_CANDIDATE,
    WITH_UPDATE,
    trace,
    weights_by_name,
)
from rnnkit.figures.svg import color_of, number, width_of

SVG = "{http://www.w3.org/2000/svg}"
RUNS = weights_by_name()
every = pytest.mark.parametrize("weights", RUNS)
by_hand = pytest.mark.parametrize("weights", [WITH_UPDATE, WITH_CANDIDATE])
STEPS = range(1, len(TEXT) + 1)


explorer = cache(figures.gru_explorer)


def pictures(weights, steps=STEPS, step=gru_step):
    cell = explorer(step)
    for t in steps:
        yield t, cell.at(step=t, weights=weights)


def elements(picture, tag):
    return list(ET.fromstring(picture.svg).iter(f"{SVG}{tag}"))


def words(element):
    return "".join(element.itertext()).replace("\N{ZERO WIDTH SPACE}", "")


@every
def test_every_number_in_the_diagram_is_the_steps_own(weights):
    W_x, W_h, b_x, b_h = RUNS[weights]
    h = np.zeros((1, 1))
    for t, picture in pictures(weights):
        x = np.array([[float(TEXT[t - 1] == known) for known in "+−0"]])
        h_next, (_, _, r, z, n, u_n, _, _) = gru_step(x, h, W_x, W_h, b_x, b_h)
        r, z, n, u_n, old, new = (array.item() for array in (r, z, n, u_n, h, h_next))
        expected = [f"r = {number(r)}", f"z = {number(z)}", f"n = {number(n)}", f"un = {number(u_n, 1)}",
                    f"1 − z = {number(1 - z)}", f"(1 − z) ⊙ n = {number((1 - z) * n)}", f"z ⊙ ht−1 = {number(z * old)}",
                    number(old), number(new)]
        seen = [words(text) for text in elements(picture, "text")]
        assert [text for text in expected if text not in seen] == []
        assert f"= {number(new)}. States of all steps" in picture.alt
        strands = {(path.get("stroke"), path.get("stroke-width")) for path in elements(picture, "path")
                   if path.get("fill") == "none"}
        for value in (old, z * old, new, z, 1 - z, r, r * u_n, n, (1 - z) * n):
            assert (color_of(value), f"{round(width_of(value), 1):g}") in strands
        h = h_next


@by_hand
def test_a_unit_set_by_hand_remembers_the_last_sign(weights):
    last = 0
    for step in trace(gru_step, *RUNS[weights]):
        if weights == WITH_CANDIDATE and last == 0 and step.h:
            break  # a switch does not keep a zero
        last = {"+": 1, "−": -1, "0": 0}.get(step.symbol, last)
        assert step.h_next == pytest.approx(last, abs=0.06)


def test_one_unit_remembers_with_the_gate_the_other_with_the_candidate():
    gated, switch = (trace(gru_step, *RUNS[name]) for name in (WITH_UPDATE, WITH_CANDIDATE))
    silent = [k for k, symbol in enumerate(TEXT) if symbol == "·"]
    assert all(gated[k].z > 0.99 and abs(gated[k].n) < 0.02 for k in silent)
    assert all(switch[k].z < 0.01 and switch[k].r > 0.99 for k in silent)
    assert [step.symbol for step in switch if step.r < 0.01] == ["0"]
    assert abs(gated[-1].h_next) < 0.01 and abs(switch[-1].h_next) > 0.4


def test_gates_and_candidate_beside_the_step_are_the_steps_own():
    W_x, W_h, b_x, b_h = RUNS[AT_RANDOM]
    for step in trace(gru_step, W_x, W_h, b_x, b_h):
        h_next = (1 - step.z) * step.n + step.z * step.h
        assert step.h_next == pytest.approx(h_next, abs=1e-15)
        assert step.r == sigmoid(np.array(step.sum_r)) and step.z == sigmoid(np.array(step.sum_z))


def test_the_row_of_all_steps_holds_the_candidates_and_states_of_the_whole_sequence():
    run = trace(gru_step, *RUNS[WITH_UPDATE])
    (_, picture), = pictures(WITH_UPDATE, [7])
    boxes = [box for box in elements(picture, "rect") if box.get("height") == "29"]
    assert [box.get("fill") for box in boxes] == [color_of(v) for step in run for v in (step.n, step.h_next)]


@every
def test_no_letter_of_the_diagram_leaves_it_or_lies_on_another(weights):
    matplotlib = pytest.importorskip("matplotlib")
    from matplotlib.textpath import TextPath
    font = matplotlib.font_manager.FontProperties(family="DejaVu Sans")
    for t, picture in pictures(weights, [1, 3, 7, 8, 10, 14]):
        boxes = []
        for text in elements(picture, "text"):
            size, said = float(text.get("font-size")), words(text)
            width = TextPath((0, 0), said, size=size, prop=font).get_extents().width
            left = float(text.get("x")) - {"start": 0, "middle": 0.5, "end": 1}[text.get("text-anchor")] * width
            middle = float(text.get("y")) - 0.36 * size
            boxes.append((said, left, left + width, middle - 0.45 * size, middle + 0.45 * size))
        for k, (said, left, right, top, bottom) in enumerate(boxes):
            assert left >= 0 and right <= 800 and top >= 0 and bottom <= HEIGHT, (t, said)
            for other, left2, right2, top2, bottom2 in boxes[:k]:
                assert min(right, right2) - max(left, left2) < 2 or min(bottom, bottom2) - max(top, top2) < 2, (
                    t, said, other)


def test_the_cell_is_driven_by_the_step_that_was_given():
    def forgetful(x, h, W_x, W_h, b_x, b_h):
        return gru_step(x, 0 * h, W_x, W_h, b_x, b_h)

    (_, picture), = pictures(WITH_UPDATE, [7], forgetful)
    assert "States of all steps: 0.00, 0.00, 1.00, 0.00, 0.00, 0.00, −1.00, 0.00" in picture.alt


def test_a_moved_control_changes_picture_and_words():
    alts = {picture.alt for weights in RUNS for _, picture in pictures(weights)}
    assert len(alts) == 3 * len(TEXT)
    assert all(re.match(r"A GRU cell of one unit, .{200,}", alt) for alt in alts)


def test_anything_but_a_function_is_refused():
    with pytest.raises(ValueError, match="a function was expected"):
        figures.gru_explorer("gru_step")


# Counting


def test_counting_says_what_was_counted_at_the_top_and_at_the_end():
    up = np.arange(1, 6)
    right = np.concatenate([up, up[::-1] - 1])
    picture = figures.counting({"exact": right, "half": right / 2 - 3})
    assert "exact: 5 after the last a, 0 after the last b" in picture.alt
    assert "half: 0 after the last a, −3 after the last b" in picture.alt
    assert "after every letter of 5 times a and then 5 times b" in picture.alt


@pytest.mark.parametrize("counts", [{}, [1, 2], {"odd": [1, 2, 1]}, {"a": [1, 0], "b": [1, 2, 1, 0]}, {"a": [[1, 0]]},
                                    {"none": []}, {str(k): [1, 0] for k in range(7)}])
def test_counts_that_make_no_sense_are_refused(counts):
    with pytest.raises(ValueError, match=r"should be|was expected"):
        figures.counting(counts)
