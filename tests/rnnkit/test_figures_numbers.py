"""What the pictures show is what was computed, and their words say so."""

import json
import re
import warnings
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnkit import activation_slopes, check, figures, numerical_gradient, rnn_backward, rnn_forward, rnn_step, sigmoid
from rnnkit.checking import results
from rnnkit.figures.arguments import scientific
from rnnkit.figures.curves import mean_around
from rnnkit.figures.gradients import gradients_sent_back
from rnnkit.figures.labels import spread
from rnnkit.training import History

matplotlib = pytest.importorskip("matplotlib")

EPS = 10.0 ** np.arange(-12, 0)
V = {"float64": 1e-17 / EPS + EPS ** 2, "float32": np.minimum(1, 1e-8 / EPS + EPS ** 2)}


def naive(z):
    return 1 / (1 + np.exp(-z))


@cache
def impulses():
    return figures.impulse_explorer(rnn_step)


@cache
def activations():
    return figures.activation_explorer(sigmoid, activation_slopes)


@cache
def gradients():
    return figures.gradient_explorer(rnn_forward, rnn_backward)


def number(pattern, text):
    return float(re.search(pattern, text)[1])


# What a state keeps


def test_an_impulse_under_a_small_radius_halves_as_fast_as_the_radius_says():
    picture = impulses().at(radius=0.9, angle=0, impulse=0.1)
    assert number(r"half gone after (\d+) steps", picture.alt) == np.ceil(np.log(0.5) / np.log(0.9))
    assert "It dies" in picture.alt and "changes its sign 0 times" in picture.alt
    assert number(r"([\d.e-]+) at t = 30", picture.alt) == pytest.approx(
        number(r"([\d.e-]+) at t = 0,", picture.alt) * 0.9 ** 30, rel=0.05)


def test_an_impulse_rings_once_in_half_a_turn():
    picture = impulses().at(radius=1, angle=30, impulse=0.1)
    assert number(r"changes its sign (\d+) times", picture.alt) == pytest.approx(59 * 30 / 180, abs=1)


def test_an_impulse_above_radius_one_settles_where_tanh_and_growth_agree():
    fixed = 1.0
    for _ in range(200):
        fixed = np.tanh(1.3 * fixed)
    picture = impulses().at(radius=1.3, angle=0)
    assert number(r"settles on a state of its own, of length ([\d.]+\d)", picture.alt) == pytest.approx(
        np.sqrt(2) * fixed, abs=0.006)


def test_an_impulse_at_radius_one_fades_slowly_since_tanh_takes_a_little_each_time():
    alt = impulses().at(radius=1, angle=0, impulse=0.1).alt
    assert "It fades slowly: of length 0.10 at first, 0.09 after 59 steps" in alt


def test_the_impulse_goes_through_the_step_that_was_given():
    def forgetful(x, h, W_x, W_h, b):
        return rnn_step(x, 0 * h, W_x, W_h, b)

    alt = figures.impulse_explorer(forgetful).picture.alt
    assert "It dies: half gone after 1 step." in alt and "0 at t = 10" in alt


def test_a_step_that_never_hears_anything_is_drawn_too():
    silent = figures.impulse_explorer(lambda x, h, W_x, W_h, b: (0 * h, None))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert silent.html


# Squashing


@pytest.mark.parametrize(("function", "z", "value", "slope"), [
    ("sigmoid", 0, 0.5, 0.25), ("tanh", 1, np.tanh(1), 1 - np.tanh(1) ** 2), ("relu", -2, 0, 0), ("relu", 3, 3, 1)])
def test_the_activation_explorer_says_value_and_slope(function, z, value, slope):
    alt = activations().at(function=function, z=z).alt
    said = f"{function}({z:.2f}) = {value:.4f}, and its slope there is {slope:.4f}"
    assert said.replace("-", "\N{MINUS SIGN}") in alt
    assert ("not saturated" in alt) == (slope >= 0.01)


def test_the_shaded_part_begins_where_the_slope_falls_below_a_hundredth():
    explorer = activations()
    edge = -np.log((1 - np.sqrt(1 - 4 * 0.01)) / (1 + np.sqrt(1 - 4 * 0.01)))
    assert number(r"for z below −([\d.]+\d)", explorer.picture.alt) == pytest.approx(edge, abs=0.02)
    tanh = explorer.at(function="tanh").alt
    assert number(r"and above ([\d.]+\d)", tanh) == pytest.approx(np.arctanh(np.sqrt(0.99)), abs=0.02)


def test_the_activation_explorer_is_driven_by_the_functions_that_were_given():
    explorer = figures.activation_explorer(lambda z: 0 * z + 0.125, lambda s, t, r: (s + 0.5, t, r))
    assert "sigmoid(1.00) = 0.1250, and its slope there is 0.6250" in explorer.picture.alt
    assert "nowhere" in explorer.picture.alt


def test_float32_breaks_where_exp_and_the_last_digit_say():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        alt = figures.sigmoid_in_float32(naive, sigmoid).alt
    assert f"For z below {-np.log(np.finfo(np.float32).max.astype(float)):.2f} the naive one overflows" in alt
    assert number(r"From z = ([\d.]+) on the stable one is exactly 1", alt) == pytest.approx(24 * np.log(2), abs=0.01)
    assert "naive one is above 0 for z from -88.50 to 16.50" in alt


def test_a_stable_sigmoid_never_overflows_in_float32():
    assert "The naive one never overflows" in figures.sigmoid_in_float32(sigmoid, sigmoid).alt


# Gradients


def test_the_gradients_that_flow_back_are_those_that_a_measurement_finds():
    seen = {}

    def forward(*inputs):
        seen.setdefault("inputs", inputs)
        return rnn_forward(*inputs)

    def backward(dh, cache):
        seen.setdefault("dh", dh.copy())
        return rnn_backward(dh, cache)

    alt = gradients().picture.alt
    gradients_sent_back(forward, backward, [False] * 5 + [True], 0.7)
    x, h0, W_x, W_h, b = seen["inputs"]
    states = [h0, *rnn_forward(x, h0, W_x, W_h, b)[0]]
    for t in range(6):
        def loss(h_t, t=t):
            return np.sum(seen["dh"][t:] * rnn_forward(x[t:], h_t, W_x, W_h, b)[0])

        dh_t = numerical_gradient(loss, states[t])
        assert number(rf"([\d.]+) at h_{t}", alt) == float(f"{np.linalg.norm(dh_t):.2g}")
    assert np.linalg.norm(seen["dh"]) == pytest.approx(1)
    assert np.abs(np.linalg.eigvals(W_h)).max() == pytest.approx(0.7)


def test_the_gradients_flow_through_the_backward_that_was_given():
    def without_the_carry(dh, cache):
        dx, _, *others = rnn_backward(dh, cache)
        return dx, rnn_backward(dh[:1], cache[:1])[1], *others

    explorer = figures.gradient_explorer(rnn_forward, without_the_carry)
    assert "the initial state gets 0:" in explorer.picture.alt
    assert re.search(r"0\.\d+ at h_5, 0 at h_4", explorer.picture.alt)


def test_a_loss_reaches_no_later_state():
    alt = gradients().at(loss="2").alt
    assert "0 at h_5, 0 at h_4, 0 at h_3, 0 at h_2, 0." in alt


def test_gradients_of_losses_at_every_step_meet_and_a_large_radius_makes_them_grow():
    explorer = gradients()
    last = number(r"([\d.]+) at h_0", explorer.at(loss="6", radius=1.5).alt)
    alt = explorer.at(loss="every step", radius=1.5).alt
    assert number(r"([\d.]+) at h_0", alt) > last > 1
    assert "6 losses send 1 each" in alt


def test_a_backward_that_eats_its_arrays_does_no_harm():
    def hungry(dh, cache):
        gradients = rnn_backward(dh, cache)
        dh[:] = 0
        cache.clear()
        return gradients

    assert (figures.gradient_explorer(rnn_forward, hungry).picture.alt
            == gradients().picture.alt)


def test_the_v_curve_marks_each_minimum_and_measures_both_arms():
    alt = figures.v_curve(EPS[::-1], {name: error[::-1] for name, error in V.items()}).alt
    assert f"float64 is best at ε = 10⁻⁶, with an error of {scientific(V['float64'].min())}" in alt
    assert f"float32 is best at ε = 0.001, with an error of {scientific(V['float32'].min())}" in alt
    assert "Where rounding rules, the error of float64 goes with ε to the power -1.0" in alt
    assert "Where truncation rules, the error of float64 goes with ε to the power 2.0" in alt


def test_a_v_curve_with_errors_that_no_log_axis_shows_is_drawn():
    errors = {"a": np.where(EPS < 1e-9, np.nan, EPS), "b": np.zeros(len(EPS))}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        picture = figures.v_curve(EPS, errors)
        assert picture.png
    assert "a is best at ε = 10⁻⁹" in picture.alt and "b is best" not in picture.alt


def test_losses_say_where_they_began_and_ended():
    falls = np.geomspace(1, 1e-2, 100)
    alt = figures.losses({"falls": falls, "stays": np.full(40, 0.5)}).alt
    assert f"falls: 1 at first, {falls[-2:].mean():.3g} at the end, after 100 updates" in alt
    assert "stays: 0.5 at first, 0.5 at the end, after 40 updates" in alt


def test_the_museum_counts_the_exhibits_that_reach_a_hundredth_and_those_that_stay():
    falls, rises, high = [0.5, 0.1, 0.002], [0.5, 0.002, 0.4], [0.5, 0.4, 0.3]
    words = figures.museum({"a": (falls, falls), "b": (falls, rises), "c": (falls, high)}).alt
    assert "2 of 3 exhibits reached a loss of 0.01, and 1 stayed there" in words
    assert "b: 0.4 at the end with the exhibit, its lowest 0.002; 0.002 with the right one" in words
    assert "1 of 1 exhibit reached" in figures.museum({"a": (falls, falls)}).alt


def test_learning_curves_say_when_each_baseline_was_passed_and_which_were_not():
    slow = History([6.0, 4.0, 2.0], [1.0, 2.0, 4.0], [(1, 1.0, 5.0), (3, 4.0, 2.5)])
    words = figures.learning_curves({"slow": slow}, {"chance": 6.5, "table": 3.0, "compressor": 1.6}).alt
    assert "slow: 5 after 1 update, 2.5 after 3 updates and 4.0 s, on validation." in words
    assert "Below chance (6.50) after 1 update and 1.0 s. Below table (3.00) after 3 updates and 4.0 s." in words
    assert "Not below compressor (1.60)." in words
    assert "6 after 1 update, 2 after 3 updates and 4.0 s, in the running mean" in figures.learning_curves(
        {"": History([6.0, 4.0, 2.0], [1.0, 2.0, 4.0])}).alt


def test_losses_that_explode_are_drawn_without_a_word_on_stderr():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert figures.losses({"explodes": [1, 10, np.inf, np.nan, np.nan], "fine": [1, 0.5]}).png


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=8), st.floats(0.01, 1))
def test_labels_are_spread_in_order_and_far_enough_apart(places, gap):
    spread_out = spread(places, gap)
    order = np.argsort(places, kind="stable")
    assert np.all(np.diff(spread_out[order]) >= gap - 1e-9)
    assert np.mean(spread_out) == pytest.approx(np.mean(places), abs=1e-9)


# The map of the course


def check_cell(points, shown, name="check-one"):
    outputs = [] if shown is None else [
        {"output_type": "stream", "name": "stdout", "text": "a card"},
        {"output_type": "execute_result", "data": {"text/plain": shown}, "metadata": {}, "execution_count": 1}]
    return {"cell_type": "code", "metadata": {"nbgrader": {"grade_id": name, "points": points}}, "outputs": outputs}


def lesson(folder, name, *cells):
    notebook = folder / name / f"{name}.ipynb"
    notebook.parent.mkdir(exist_ok=True)
    notebook.write_text(json.dumps({"cells": cells}))
    return notebook


def test_the_map_adds_up_what_the_checks_showed(tmp_path):
    lesson(tmp_path, "00_start_here", check_cell(1, ["1.0"]))
    lesson(tmp_path, "01_sequences", check_cell(4, "4.0"), check_cell(4, "2.8"), check_cell(4, None),
           check_cell(3, "3.0", name="essay"), {"cell_type": "markdown", "metadata": {}})
    alt = figures.course_map(tmp_path).alt
    assert "7.8 of 13 points so far" in alt
    assert "00 start here: 1 of 1 point;" in alt
    assert "01 sequences and squashing: 6.8 of 12 points;" in alt
    assert "02 the recurrent cell: to come;" in alt
    assert alt.count("to come") == 12


@pytest.mark.parametrize("shown", ["99.0", "inf", "-3.0", "nan", "4.0 points", "", [], None, "array([4.])"])
def test_no_output_counts_for_more_than_the_points_or_less_than_zero(tmp_path, shown):
    lesson(tmp_path, "00_start_here", check_cell(4, shown))
    expected = 4 if shown in ("99.0", "inf") else 0
    assert f"{expected} of 4 points so far" in figures.course_map(tmp_path).alt


def check_json(grade_id='"check-a"', points="4"):
    grading = f'{{"grade_id": {grade_id}, "points": {points}}}'
    return f'{{"cells": [{{"cell_type": "code", "metadata": {{"nbgrader": {grading}}}}}]}}'


@pytest.mark.parametrize("text", [
    "", "{", "[]", "null", '{"cells": 3}', '{"cells": [1, null, {"metadata": []}]}', "[" * 100_000, "\ud800",
    check_json(points='"many"'), check_json(points="1e999"), check_json(points="1" + "0" * 400),
    check_json(points="-4"), check_json(points="NaN"), check_json(points="null"), check_json(grade_id="7"),
])
def test_a_broken_notebook_counts_for_nothing(tmp_path, text):
    notebook = lesson(tmp_path, "00_start_here")
    notebook.write_bytes(text.encode("utf-8", "surrogatepass"))
    picture = figures.course_map(tmp_path)
    assert "00 start here: nothing to earn" in picture.alt


def test_a_copy_of_a_notebook_does_not_count_twice(tmp_path):
    notebook = lesson(tmp_path, "00_start_here", check_cell(1, "1.0"))
    (notebook.parent / "00_start_here-Copy1.ipynb").write_text(json.dumps({"cells": [check_cell(1, "0.0")]}))
    (tmp_path / "01_a_folder" / "01_a_folder.ipynb").mkdir(parents=True)
    alt = figures.course_map(str(tmp_path)).alt
    assert "00 start here: 1 of 1 point;" in alt and "01 sequences and squashing: nothing to earn" in alt


def essay_cell(points):
    return {"cell_type": "markdown", "metadata": {"nbgrader": {"grade_id": "why", "points": points, "grade": True}}}


def test_the_points_that_a_person_gives_stand_beside_the_others(tmp_path):
    lesson(tmp_path, "03_back", check_cell(5, "5.0"), essay_cell(3))
    alt = figures.course_map(tmp_path).alt
    assert "5 of 5 points so far" in alt and "03 backpropagation through time: 5 of 5 points, +3 by hand." in alt


def test_the_stations_of_the_map_and_of_a_lessons_end_are_links_to_the_lessons_that_are_there(tmp_path):
    lesson(tmp_path, "00_start_here", check_cell(1, "1.0"))
    lesson(tmp_path, "06_the_lstm", check_cell(1, "1.0"))
    for picture in (figures.course_map(tmp_path), figures.end_of_lesson(0, "x", tmp_path)):
        found = re.findall(r'<a href="([^"]+)" title="([^"]+)" aria-label="([^"]+)"', picture.html)
        assert [name for _, name, _ in found] == ["00 start here", "06 the LSTM"] == [name for *_, name in found]
        assert all(Path(address).is_file() for address, *_ in found)
        shares = [float(share) for share in re.findall(r"(?:left|top|width|height): ([\d.]+)%", picture.html)]
        assert all(0 <= share <= 100 for share in shares) and len(shares) >= 8


def test_a_link_of_the_map_begins_where_the_page_lies(tmp_path, monkeypatch):
    lesson(tmp_path, "00_start_here", check_cell(1, "1.0"))
    monkeypatch.chdir(tmp_path / "00_start_here")
    assert 'href="../00_start_here/00_start_here.ipynb"' in figures.course_map("..").html


def test_the_end_of_a_lesson_counts_what_its_checks_said_in_this_kernel_and_says_what_can_be_defended(tmp_path):
    results.clear()  # of other tests
    lesson(tmp_path, "00_start_here", check_cell(1, None, name="check-affine"))
    lesson(tmp_path, "01_sequences", check_cell(4, "3.0"))
    before = figures.end_of_lesson(0, "Time comes first.", tmp_path).alt
    assert before == "Lesson 00: 0 of 1 point. The course so far: 3 of 5 points. You can now defend: Time comes first."

    def affine(x, W, b):
        return x @ W + b

    try:
        assert check(affine, points=1) == 1
        assert "Lesson 00: 1 of 1 point. The course so far: 4 of 5" in figures.end_of_lesson(0, "x", tmp_path).alt
        assert "3 of 5 points so far" in figures.course_map(tmp_path).alt
    finally:
        results.clear()


# Losses, and who counts


def test_the_thick_line_of_a_loss_stands_where_its_cliff_is():
    cliff = np.where(np.arange(600) < 300, 0.3, 1e-4)
    mean = mean_around(cliff)
    assert np.argmax(mean < np.sqrt(0.3 * 1e-4)) == pytest.approx(300, abs=1)
    assert mean[:290] == pytest.approx(0.3) and mean[310:] == pytest.approx(1e-4)


@pytest.mark.parametrize(("histories", "title"), [
    ({"a": [1.0, 0.01]}, "The loss falls, to 1/100 of where it began"),
    ({"a": [1.0, 0.01], "b": [1, 0.1]}, "Both losses fall, to 1/10 of where they began or less"),
    ({"a": [1.0, 0.01], "b": [1, 0.1], "c": [1, 0.02]}, "All 3 losses fall, to 1/10 of where they began or less"),
    ({"a": [1.0, 0.01], "b": [1, 1.1]}, "1 of 2 losses falls"), ({"a": [1.0, 1.1]}, "None of 1 loss falls"),
    ({"a": [1.0, 0.1], "b": [1, 0.1], "c": [1, np.nan]}, "2 of 3 losses fall"),
])
def test_the_headline_of_losses_says_how_far_they_fall(histories, title):
    assert f"log axis. {title}. " in figures.losses(histories).alt


def test_the_headline_of_counts_says_who_is_back_at_zero():
    up = [1.0, 2, 3, 2, 1]
    counts = {"LSTM": [*up, 0], "GRU": [*up, -2], "RNN": [*up, 0.4]}
    for names, said in [(["LSTM", "GRU"], "only LSTM is"), (["GRU"], "no unit is"), (["LSTM", "RNN"], "all units are"),
                        (["LSTM", "GRU", "RNN"], "only 2 of 3 units are")]:
        alt_of = figures.counting({name: counts[name] for name in names}).figure.texts[0].get_text()
        assert alt_of == f"After 3 a and 3 b, {said} back at 0"
