"""The drawings that stand still, in SVG: they speak one language, and say what they show."""

import os
import re
from pathlib import Path

import numpy as np
import pytest
from drawings import elements, grounds, letters, written

from rnnkit import figures, lstm_gates, lstm_step
from rnnkit.figures.arguments import scientific
from rnnkit.figures.film import counting_cell, film
from rnnkit.figures.style import COLOR, SERIES, contrast, readable_on, tint
from rnnkit.figures.svg import color_of

STEPS = np.arange(120)
STATES = np.random.default_rng(0).standard_normal((20, 5)) / 2
DRAWINGS = {
    "bag_of_words": lambda: figures.bag_of_words("not bad, good", "not good, bad"),
    "bag_of_words long": lambda: figures.bag_of_words("the dog bit the man because the man was mean", "a man"),
    "bag_of_words longest": lambda: figures.bag_of_words("incomprehensible " * 12, "x"),
    "unrolled": figures.unrolled,
    "unrolled one step": lambda: figures.unrolled(1, loss="every"),
    "unrolled long": lambda: figures.unrolled(10, loss="every"),
    "unrolled W_h": lambda: figures.unrolled(4, highlight="W_h", loss="last"),
    "unrolled W_y long": lambda: figures.unrolled(10, highlight="W_y"),
    "wirings": figures.wirings,
    "padding": lambda: figures.padding(STATES, 8),
    "padding long": lambda: figures.padding(np.tile(STATES, (3, 4)), 58),
    "padding none": lambda: figures.padding(STATES, 20),
    "padding one": lambda: figures.padding(STATES[:1], 1),
    "three_cells": figures.three_cells,
    "two_routes": figures.two_routes,
    "dots": lambda: figures.dots("A headline", "delay", "loss after training", {
        name: {delay: 0.1 ** (delay * k / 3) for delay in (1, 2, 3, 4)} for k, name in enumerate("abcd")}),
    "dots alone": lambda: figures.dots("A headline", "bias", "what arrives", {
        "a": {k: [1e-20 * 10 ** k] * 3 for k in range(4)}}),
    "growth": lambda: figures.growth("A headline", "steps", "count", {
        f"*f* = {f}, limit {1 / (1 - f):.0f}": np.cumsum(f ** np.arange(1000)) for f in (0.5, 0.9, 0.999, 0.9999)}),
    "growth equal": lambda: figures.growth("A headline", "steps", "count", {
        name: np.ones(9) for name in "abcdef"}),
    "rate_map": lambda: figures.rate_map((0.5, 1, 2, 3), (0, 0.5, 2), np.outer((0.6, 1, 1.2, 1.4), (1, 0.9, 0.5))),
    "rate_map one": lambda: figures.rate_map((1,), (0,), [[1.1]]),
    "chaos": lambda: figures.chaos(*np.sin([STEPS / 3, STEPS / 2]), *np.minimum(np.exp(STEPS / 5) / 1e8, [[3], [1e9]])),
    "chaos short": lambda: figures.chaos([0, 0.5], [0, 0.4], [1e-3, 0.1], [1e-3, 0.1]),
    "xray RNN": lambda: figures.xray("Exhibit 1 · the sum", gradients(1, 1), gradients(1, 3, [("db", 0)])),
    "xray LSTM": lambda: figures.xray("Exhibit 6 · the upstream gradient",
                                      *(gradients(4, T, [("db", 0)]) for T in (1, 3))),
    "wall": lambda: figures.wall({f"exhibit {k}": (
        gradients(1 + 3 * (k % 2), 3, [("dx", 1)]), np.geomspace(1, 1e-3, 100), np.geomspace(1, 1e-1, 100),
        "the most frequent one: seen/in_some_repository, issue 1") for k in range(6)}),
}
every = pytest.mark.parametrize("make", DRAWINGS.values(), ids=DRAWINGS)


@every
def test_a_drawing_is_svg_with_a_headline_and_words(make):
    drawing = make()
    first = elements(drawing, "text")[0]
    assert first.get("font-weight") == "bold" and first.get("font-size") == "17"
    assert elements(drawing, "rect")[0].get("fill") == "white"
    assert re.search(r'<img class="rnnkit-picture" alt="[^"]{80,}" style="width: 800px; max-width: 100%;', drawing.html)


@every
def test_no_letter_leaves_a_drawing_or_lies_on_another(make):
    pytest.importorskip("matplotlib")
    drawing = make()
    width, height = (float(size) for size in re.search(r'viewBox="0 0 (\d+) (\d+)"', drawing.svg).groups())
    found = list(letters(drawing))
    for k, (said, left, right, top, bottom) in enumerate(found):
        assert left >= 0 and right <= width and top >= 0 and bottom <= height, said
        for other, left2, right2, top2, bottom2 in found[:k]:
            assert min(right, right2) - max(left, left2) < 2 or min(bottom, bottom2) - max(top, top2) < 2, (said, other)


@every
def test_every_letter_of_a_drawing_stands_out_from_what_lies_under_it(make):
    for said, color, under in grounds(make()):
        assert contrast(color, under) >= 4.5, f"{said!r} in {color} on {under}"


def test_drawings_do_without_matplotlib(monkeypatch):
    import sys
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for make in DRAWINGS.values():
        assert "<img" in make().html


# Colors and numbers


def test_black_on_white_has_a_contrast_of_21_and_a_gray_that_is_known_has_its_own():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21) == contrast("#FFFFFF", "#000000")
    assert contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.01)


def test_a_value_can_be_read_on_its_own_color_whatever_it_is():
    for value in np.linspace(-3.2, 3.2, 400):
        assert contrast(readable_on(color_of(value)), color_of(value)) >= 4.5


OKLAB = np.array([[0.2105, 0.7936, -0.0041], [1.9780, -2.4286, 0.4506], [0.0259, 0.7828, -0.8087]])


def seen_by(color, kind):
    """A color as a reader with protanopia or deuteranopia sees it (Machado et al. 2009), in Oklab (Ottosson 2020)."""
    matrix = {"protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                         [-0.003882, -0.048116, 1.051998]],
              "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                         [-0.011820, 0.042940, 0.968881]]}[kind]
    shares = np.array([int(color[k:k + 2], 16) for k in (1, 3, 5)]) / 255
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    cones = np.array([[0.4122, 0.5363, 0.0514], [0.2119, 0.6807, 0.1074], [0.0883, 0.2817, 0.6300]])
    return OKLAB @ np.cbrt(cones @ np.clip(matrix @ linear, 0, 1))


@pytest.mark.parametrize("kind", ["protan", "deutan"])
def test_the_colors_of_curves_stay_apart_for_color_blind_readers_and_stand_out_from_the_sheet(kind):
    for k, color in enumerate(SERIES):
        assert contrast(color, "#FFFFFF") >= 4.5 and color not in COLOR.values()
        for other in SERIES[:k]:
            assert np.linalg.norm(seen_by(color, kind) - seen_by(other, kind)) > 0.14, (color, other)


@pytest.mark.parametrize(("value", "digits", "said"), [
    (7e-21, 1, "7 × 10⁻²¹"), (7.04e-21, 2, "7.0 × 10⁻²¹"), (1e-6, 1, "10⁻⁶"), (0.075, 2, "0.075"), (0.5, 2, "0.5"),
    (120, 3, "120"), (4e5, 1, "4 × 10⁵"), (-3e-7, 1, "−3 × 10⁻⁷"), (0, 2, "0"), (np.inf, 2, "inf"), (-1e-6, 1, "−10⁻⁶"),
])
def test_a_power_of_ten_is_written_as_people_write_it(value, digits, said):
    assert scientific(value, digits) == said


# The unrolled network


def bars(drawing, color):
    return [box for box in elements(drawing, "rect") if box.get("fill") == color and box.get("rx") == "5"]


@pytest.mark.parametrize(("weight", "loss", "uses"), [
    ("W_h", None, 5), ("W_x", "every", 5), ("W_y", None, 5), ("W_y", "last", 1), ("W_h", "last", 5)])
def test_a_highlighted_weight_is_marked_and_labeled_at_every_use(weight, loss, uses):
    drawing = figures.unrolled(5, highlight=weight, loss=loss)
    assert len(bars(drawing, COLOR["W"])) == uses
    assert written(drawing)[1:].count(weight.replace("_", "")) == uses
    assert written(drawing)[0].startswith(f"One matrix {weight.replace('_', '')}, used")
    assert f"one matrix, used {'once' if uses == 1 else f'{uses} times'}" in drawing.alt


def test_an_unrolled_network_without_highlight_marks_nothing_and_says_that_weights_are_shared():
    drawing = figures.unrolled(3)
    assert bars(drawing, COLOR["W"]) == [] and len(bars(drawing, tint(COLOR["W"], 0.35))) == 9
    assert "W_x and W_h are used 3 times each, W_y 3 times" in drawing.alt


def test_a_loss_at_the_last_step_leaves_one_output():
    drawing = figures.unrolled(4, loss="last")
    assert [text for text in written(drawing) if text.startswith("y")] == ["y4"]
    assert "The loss L reads y_4." in drawing.alt


# Cells and wirings


def test_the_three_cells_have_as_many_blocks_and_states_as_their_captions_say():
    drawing = figures.three_cells()
    labels = written(drawing)
    for letter in "ifgorzn":
        assert labels.count(letter) == 1
    assert {"1 block of weights, 1 state", "4 blocks, 2 states", "3 blocks, 1 state"} < set(labels)
    assert len(bars(drawing, tint(COLOR["W"], 0.35))) == 1 + 4 + 3 + 1     # and one in the legend
    assert [labels.count(state) for state in ("ht−1", "ht", "ct−1", "ct")] == [3, 3, 1, 1]
    assert "h_(t-1) goes straight to h_t, multiplied by z" in drawing.alt


def test_encoder_and_decoder_look_different_and_one_to_one_is_called_not_recurrent():
    drawing = figures.wirings()
    halos = [ring for ring in elements(drawing, "circle") if ring.get("fill") == tint(COLOR["h"], 0.25)]
    assert len(halos) == 2
    assert {"encoder", "not recurrent"} < set(written(drawing))
    assert "The first hands no state on" in drawing.alt


def test_the_two_routes_are_drawn_in_the_color_of_states_and_not_of_gradients():
    drawing = figures.two_routes()
    assert COLOR["gradient"] not in drawing.svg
    assert len([path for path in elements(drawing, "path") if path.get("stroke-dasharray")]) == 3 + 2 * 3 + 1


# Bags and padding


def test_two_orders_of_the_same_words_have_one_bag():
    drawing = figures.bag_of_words("not bad, good", "Not good, bad.")
    assert "The bags are the same, the sentences are not" in drawing.alt
    assert "not 1 and 1; bad 1 and 1; good 1 and 1" in drawing.alt
    assert [written(drawing).count(word) for word in ("not", "bad", "good", "=")] == [2, 2, 2, 1]


def test_bags_that_differ_say_in_which_words_and_leave_their_places_empty():
    drawing = figures.bag_of_words("a rose is a rose", "a rose is red")
    assert "The bags differ in a, rose, red" in drawing.alt
    assert "rose 2 and 1" in drawing.alt and "red 0 and 1" in drawing.alt
    tiles = [box for box in elements(drawing, "rect") if box.get("rx") == "6"]
    assert len(tiles) == 12 and [box.get("fill") for box in tiles].count("white") == 3


@pytest.mark.parametrize("batch", [False, True])
def test_padding_says_and_draws_how_far_the_state_has_moved(batch):
    drawing = figures.padding(STATES[:, None] if batch else STATES, length=8)
    distances = np.linalg.norm(STATES[7:] - STATES[7], axis=1)
    share = f"{100 * distances[-1] / np.linalg.norm(STATES[7]):.0f}% of its length"
    assert f"After 12 steps of padding the state has moved by {distances[-1]:.2f} ({share})" in drawing.alt
    bars = [float(box.get("height")) for box in elements(drawing, "rect") if box.get("fill") == COLOR["h"]]
    assert np.array(bars) / max(bars) == pytest.approx(distances / max(distances), abs=0.01)
    strip = [box.get("fill") for box in elements(drawing, "rect")][2:102]
    assert strip == [color_of(value) for value in STATES.ravel()]


def test_a_sequence_without_padding_has_not_moved():
    assert "No padding" in figures.padding(STATES, 20).alt


# Results


def circles(drawing):
    return [(float(ring.get("cx")), float(ring.get("cy"))) for ring in elements(drawing, "circle")]


def test_dots_stand_at_the_logarithms_of_their_numbers():
    results = {"one": {1: 1.0, 2: 0.1, 3: 1e-3}, "other": {1: 1, 2: 1, 3: 1}}
    drawing = figures.dots("They fall", "delay", "loss", results)
    (_, top), (_, tenth), (_, least) = circles(drawing)[:3]
    assert (least - top) / (tenth - top) == pytest.approx(3, abs=0.01)
    assert "They fall. Loss, on a log axis, against delay. one: 1 at 1; 0.1 at 2; 0.001 at 3. other" in drawing.alt


def test_several_dots_of_one_case_have_their_geometric_mean_written_beside_them():
    drawing = figures.dots("Spread", "kind", "left", {"left": {"RNN": [1e-28, 1e-24], "LSTM": [1e-8, 1e-8]}})
    assert {"10⁻²⁶", "10⁻⁸"} < set(written(drawing)) and len(circles(drawing)) == 4


@pytest.mark.parametrize("results", [{}, {"a": {}}, {"a": {1: 0.0}}, {"a": {1: np.nan}}, {"a": {1: 1}, "b": {2: 1}}])
def test_dots_that_no_log_axis_shows_are_refused(results):
    with pytest.raises(ValueError, match="should"):
        figures.dots("t", "x", "y", results)


def test_growth_says_where_it_began_and_ended():
    runs = {"*f* = 0.5": np.cumsum(0.5 ** np.arange(50)), "*f* = 1": np.arange(1.0, 1001)}
    drawing = figures.growth("Up to *1 / (1 - f)*", "steps", "count", runs)
    assert drawing.alt.startswith("Up to 1 / (1 - f). Count against steps")
    assert "f = 0.5: 1 after 1, 2 after 50." in drawing.alt and "f = 1: 1 after 1, 1000 after 1000." in drawing.alt
    with pytest.raises(ValueError, match="above 0"):
        figures.growth("t", "x", "y", {"a": [0.0, 1]})


# X-rays


def gradients(blocks=1, T=3, wrong=()):
    """Right gradients of an RNN, or of an LSTM with blocks = 4, but for `wrong`: (name, index into the array)."""
    rng = np.random.default_rng(0)
    shapes = {"dx": (T, 2, 3), "dh0": (2, 4), "dc0": (2, 4), "dW_x": (3, 4 * blocks), "dW_h": (4, 4 * blocks),
              "db": (4 * blocks,)}
    pairs = {name: (array, array.copy()) for name, array in
             ((name, rng.standard_normal(shape)) for name, shape in shapes.items() if blocks == 4 or name != "dc0")}
    for name, index in wrong:
        pairs[name][0][index] += 1
    return pairs


def test_an_xray_is_dark_where_a_gradient_is_wrong_and_only_there():
    wrong = [("dx", 1), ("db", slice(8, 12))]
    drawing = figures.xray("Exhibit", gradients(4, 1), gradients(4, 3, wrong))
    assert written(drawing)[0] == "Right for one step, wrong for 3: dx, db"
    said = re.search(r"For T = 3: dx ([^;]+);.* db ([^.]+\..+)\.", drawing.alt)
    assert [mark == "ok" for mark in said[1].split(", ")] == [True, False, True]
    assert [mark == "ok" for mark in said[2].split(", ")] == [True, True, False, True]
    assert written(drawing).count("ok") == (1 + 2 + 12) + (2 + 2 + 11)


def test_an_xray_says_whether_one_step_is_wrong_already_and_when_all_is_right():
    right = figures.xray("as in lesson 03", gradients(1, 1), gradients(1, 3))
    assert written(right)[0] == "Every gradient is right" and "as in lesson 03" in written(right)
    wrong = figures.xray("Exhibit", gradients(1, 1, [("dW_h", 0)]), gradients(1, 3, [("dW_h", 0)]))
    assert written(wrong)[0] == "Wrong for one step already: dW_h"


@pytest.mark.parametrize("films", [({}, {}), (gradients(1), gradients(4)), ({"db": gradients()["db"]},) * 2])
def test_an_xray_of_something_else_is_refused(films):
    with pytest.raises(ValueError, match="should be"):
        figures.xray("plate", *films)


def test_the_wall_counts_what_the_xrays_show_and_what_the_losses_hide():
    falls, stays = np.geomspace(1, 1e-4, 200), np.full(200, 0.5)
    dark, clear = gradients(1, 3, [("db", 0)]), gradients(4, 3)
    drawing = figures.wall({"sum": (dark, falls, falls, "seen somewhere"), "gates": (dark, falls, stays, "there"),
                            "none": (clear, falls, falls, "a rather long story of where it was seen, and by whom")})
    assert written(drawing)[0] == "2 of 3 x-rays show a mistake, 2 of 3 losses end below 0.01"
    assert "gates: wrong in db; the loss ends at 0.5, with a right one at 1.0 × 10⁻⁴." in drawing.alt
    assert {"seen somewhere", "there"} < set(written(drawing))


def test_the_wall_draws_a_loss_that_explodes():
    drawing = figures.wall({"a": (gradients(), [1, 0.1, 0.01], [1, np.inf, np.nan], "x")})
    assert "nan" not in drawing.svg and "the loss ends at nan" in drawing.alt


# A drawing that moves by itself

FRAMES = ['<svg><rect width="100%" height="100%" fill="white"/><text>a</text><circle/></svg>',
          '<svg><rect width="100%" height="100%" fill="white"/><text>b</text><circle/><path/></svg>',
          '<svg><rect width="100%" height="100%" fill="white"/><text>a</text><circle/></svg>']


def test_a_film_holds_what_its_frames_share_once_and_shows_the_rest_in_its_time():
    moving = film(FRAMES, seconds=2, still=1)
    assert moving.count("<rect") == moving.count("<circle") == moving.count(">a<") == moving.count(">b<") == 1
    shown = dict(re.findall(r'values="([^"]+)"[^>]+dur="6s"[^>]+/>(<.*?)</g>', moving))
    assert shown == {"visible;hidden;visible": "<text>a</text>", "hidden;visible;hidden": "<path/>"}
    assert re.findall(r'<g visibility="(\w+)">', moving) == ["hidden", "visible", "visible"]


def test_every_letter_of_a_moving_cell_stands_out_from_what_lies_under_it():
    for said, color, under in grounds(counting_cell(lstm_step, lstm_gates)):
        assert contrast(color, under) >= 4.5, f"{said!r} in {color} on {under}"


def test_the_cell_in_the_readme_is_what_the_code_draws():
    saved = Path(__file__).parents[2] / "docs" / "cell.svg"
    drawing = counting_cell(lstm_step, lstm_gates)
    if "SCREENSHOTS" in os.environ:
        drawing.save(saved)
    assert saved.read_text(encoding="utf-8") == drawing.svg
    assert "3 after (" in drawing.alt and "0 after ;" in drawing.alt
