"""The picture of the cell shows what the step computes, in numbers, colors, widths and valves."""

import re
import xml.etree.ElementTree as ET
from functools import cache

import numpy as np
import pytest

from rnnkit import figures, lstm_gates, lstm_step
from rnnkit.figures.lstm_cell import AT_RANDOM, BY_HAND, NAMES, TEXT, counting_weights, random_weights, trace
from rnnkit.figures.svg import MOST, Sheet, color_of, number, width_of

SVG = "{http://www.w3.org/2000/svg}"
STEPS = range(1, len(TEXT) + 1)


@cache
def explorer(step=lstm_step, gates=lstm_gates):
    return figures.lstm_explorer(step, gates)


def pictures(weights, steps=STEPS):
    cell = explorer()
    for t in steps:
        yield t, cell.at(step=t, weights=weights)


def elements(picture, tag):
    return list(ET.fromstring(picture.svg).iter(f"{SVG}{tag}"))


def words(element):
    return "".join(element.itertext()).replace("\N{ZERO WIDTH SPACE}", "")


def written(picture):
    return [words(text) for text in elements(picture, "text")]


RUNS = {BY_HAND: counting_weights, AT_RANDOM: random_weights}
both = pytest.mark.parametrize("weights", RUNS)


@both
def test_every_number_in_the_diagram_is_the_steps_own(weights):
    W_x, W_h, b = RUNS[weights]()
    h = c = np.zeros((1, 1))
    for t, picture in pictures(weights):
        x = np.array([[float(TEXT[t - 1] == known) for known in "();"]])
        a = dict(zip("ifgo", (x @ W_x + h @ W_h + b)[0], strict=True))
        i, f, g, o = (gate.item() for gate in lstm_gates(x, h, W_x, W_h, b))
        before = h.item(), c.item()
        kept = f * c.item()
        h, c, _ = lstm_step(x, h, c, W_x, W_h, b)
        expected = [f"a{name} = {number(a[name], 1)}" for name in NAMES]
        expected += [f"{name} = {number(gate)}" for name, gate in {"i": i, "f": f, "g": g, "o": o}.items()]
        expected += [f"f ⊙ ct−1 = {number(kept)}", f"i ⊙ g = {number(i * g)}"]
        expected += [number(value) for value in (*before, c.item(), h.item(), np.tanh(c.item()))]
        seen = written(picture)
        assert [text for text in expected if text not in seen] == []
        assert f"= {number(c.item())}. The hidden state shows" in picture.alt
        assert f"= {number(h.item())}. Cell states" in picture.alt


@both
def test_the_row_of_all_steps_holds_the_states_of_the_whole_sequence(weights):
    run = trace(lstm_step, lstm_gates, *RUNS[weights]())
    (_, picture), = pictures(weights, [7])
    boxes = [box for box in elements(picture, "rect") if box.get("height") == "29"]
    assert [box.get("fill") for box in boxes] == [
        color_of(value) for step in run for value in (step.c_next, step.h_next)]
    steps = [text for text in written(picture) if re.fullmatch(r".?\d\.\d", text)]
    assert steps == [number(value, 1) for step in run for value in (step.c_next, step.h_next)]


def test_the_unit_counts_the_brackets_that_are_open_and_forgets_them_at_a_semicolon():
    depth, depths = 0, []
    for symbol in TEXT:
        depth = 0 if symbol == ";" else depth + (symbol == "(") - (symbol == ")")
        depths.append(depth)
    run = trace(lstm_step, lstm_gates, *counting_weights())
    assert [step.c_next for step in run] == pytest.approx(depths, abs=1e-3)
    assert max(depths) == 3 and not counting_weights()[1].any()
    for step, depth in zip(run, depths, strict=True):
        assert (step.o > 0.9) == step.symbol.isalpha() and (step.i > 0.9) == (step.symbol in "()")
        assert step.h_next == pytest.approx(np.tanh(depth) if step.symbol.isalpha() else 0, abs=0.05)


def test_the_lines_have_the_color_and_the_width_of_what_they_carry():
    (_, picture), = pictures(BY_HAND, [7])
    run = trace(lstm_step, lstm_gates, *counting_weights())
    now = run[6]
    strands = {(path.get("stroke"), path.get("stroke-width")) for path in elements(picture, "path")
               if path.get("fill") == "none"}
    for value in (now.c, now.f * now.c, now.c_next, now.f, now.i, now.g, now.i * now.g, now.o, now.h_next,
                  np.tanh(now.c_next), *now.a.values()):
        assert (color_of(value), f"{round(width_of(value), 1):g}") in strands
    assert now.g < -0.99 and color_of(now.g) != color_of(-now.g)


def test_colors_go_from_purple_through_gray_to_orange_and_widths_grow_with_the_size():
    assert (color_of(-MOST), color_of(-9), color_of(0), color_of(MOST), color_of(9)) == (
        "#542788", "#542788", "#C6C6C6", "#B35806", "#B35806")
    values = np.linspace(0, MOST, 50)
    widths = [width_of(value) for value in values]
    assert np.all(np.diff(widths) > 0) and widths == [width_of(-value) for value in values]
    assert len({color_of(value) for value in values}) == len(values)


@pytest.mark.parametrize("gate", [0, 0.02, 0.3, 0.5, 0.9])
@pytest.mark.parametrize("across", [False, True])
def test_a_valve_leaves_its_gates_share_of_the_way_free(gate, across):
    sheet = Sheet(100, 100)
    sheet.valve((50, 50), gate, across, radius=20)
    jaws = [path.get("d") for path in ET.fromstring(str(sheet)).iter(f"{SVG}path")]
    ends = [[float(part) for part in re.match(r"M([\d.]+),([\d.]+)", jaw).groups()] for jaw in jaws]
    free = abs(np.subtract(*ends)[1 if across else 0])
    assert len(jaws) == 2 and free == pytest.approx(2 * 20 * gate, abs=0.11)
    assert all(np.hypot(*(np.array(end) - 50)) == pytest.approx(20, abs=0.1) for end in ends)


def test_an_open_valve_has_no_jaws():
    sheet = Sheet(100, 100)
    sheet.valve((50, 50), 1.0)
    assert [path.get("d") for path in ET.fromstring(str(sheet)).iter(f"{SVG}path")] == ["", ""]
    assert str(sheet).count("<circle") == 1


@both
def test_no_letter_of_the_diagram_leaves_it_or_lies_on_another(weights):
    matplotlib = pytest.importorskip("matplotlib")
    from matplotlib.textpath import TextPath
    font = matplotlib.font_manager.FontProperties(family="DejaVu Sans")
    for t, picture in pictures(weights):
        boxes = []
        for text in elements(picture, "text"):
            size, said = float(text.get("font-size")), words(text)
            width = TextPath((0, 0), said, size=size, prop=font).get_extents().width
            left = float(text.get("x")) - {"start": 0, "middle": 0.5, "end": 1}[text.get("text-anchor")] * width
            middle = float(text.get("y")) - 0.36 * size
            boxes.append((said, left, left + width, middle - 0.45 * size, middle + 0.45 * size))
        for k, (said, left, right, top, bottom) in enumerate(boxes):
            assert left >= 0 and right <= 800 and top >= 0 and bottom <= 640, (t, said)
            for other, left2, right2, top2, bottom2 in boxes[:k]:
                assert min(right, right2) - max(left, left2) < 2 or min(bottom, bottom2) - max(top, top2) < 2, (
                    t, said, other)


def test_the_semicolon_shuts_the_forget_gate():
    alt = explorer().at(step=11).alt
    assert "Step 11 reads “;”: the cell state goes from 1.00 to 0.00" in alt
    assert "The forget gate drops the old c" in alt


def test_every_step_has_words_and_a_title_of_its_own():
    titles = {written(picture)[0] for _, picture in pictures(BY_HAND)}
    alts = {picture.alt for _, picture in pictures(BY_HAND)}
    assert len(titles) == len(alts) == len(TEXT)


def test_the_cell_is_driven_by_the_step_and_the_gates_that_were_given():
    def forgetful(x, h, c, W_x, W_h, b):
        return lstm_step(x, h, 0 * c, W_x, W_h, b)

    cell = explorer(step=forgetful)
    assert "Cell states of all steps: 0.00, 1.00, 0.00, 1.00, 1.00, 0.00" in cell.picture.alt
    half = explorer(gates=lambda *inputs: [0.5 + 0 * gate for gate in lstm_gates(*inputs)])
    assert "The forget gate keeps 50% of c, the input gate lets in 50% of g" in half.picture.alt


def test_what_a_step_does_to_its_arrays_afterwards_does_not_change_the_picture():
    kept = []

    def same_arrays(x, h, c, W_x, W_h, b):
        h_next, c_next, _ = lstm_step(x, h, c, W_x, W_h, b)
        for array in kept:
            array[:] = 7
        kept[:] = h_next, c_next
        return h_next, c_next, None

    assert explorer(step=same_arrays).picture.alt == explorer().picture.alt


def test_the_cell_is_saved_as_svg(tmp_path):
    explorer().picture.save(tmp_path / "cell.svg")
    assert (tmp_path / "cell.svg").read_text(encoding="utf-8") == explorer().picture.svg


def test_the_picture_is_small():
    assert all(len(picture.svg) < 60_000 for weights in RUNS for _, picture in pictures(weights))


@pytest.mark.parametrize("functions", [(None, lstm_gates), (lstm_step, "lstm_gates")])
def test_anything_but_functions_is_refused(functions):
    with pytest.raises(ValueError, match="a function was expected"):
        figures.lstm_explorer(*functions)
