"""What is stored of a figure that moves is every frame, once; and the frames of lessons 02, 06 and 07 are right."""

import re
from functools import cache

import numpy as np
import pytest
from drawings import grounds, letters, written

import rnnkit
from rnnkit import figures, forget_bias, lstm_backward, lstm_forward, lstm_step_backward, numerical_gradient
from rnnkit.figures.explorer import ALPHABET, Control, Explorer, in_pairs, numbers, packed
from rnnkit.figures.gated_cell import one_hot
from rnnkit.figures.growing import STAGES
from rnnkit.figures.lstm_back import SYMBOLS, TEXT, trace_back, weights
from rnnkit.figures.picture import Drawing
from rnnkit.figures.plot import Plot, power
from rnnkit.figures.style import contrast
from rnnkit.figures.svg import Sheet, Wave, number

VALUES = np.concatenate([[0.5], 0.3 * np.random.default_rng(6).standard_normal(100)])
MOVING = {
    "lstm_explorer": lambda: figures.lstm_explorer(rnnkit.lstm_step, rnnkit.lstm_gates),
    "gru_explorer": lambda: figures.gru_explorer(rnnkit.gru_step),
    "backward_explorer": lambda: figures.backward_explorer(lambda *given: lstm_step_backward(*given)),
    "growing_cell": lambda: figures.growing_cell(VALUES),
    "switch_explorer": lambda: figures.switch_explorer(lambda x, h, w: np.tanh(3 * x + w * h)),
    "gradient_explorer": lambda: figures.gradient_explorer(rnnkit.rnn_forward, rnnkit.rnn_backward),
    "routes_explorer": lambda: figures.routes_explorer(lstm_forward, lstm_backward, forget_bias),
    "activation_explorer": lambda: figures.activation_explorer(rnnkit.sigmoid, rnnkit.activation_slopes),
    "impulse_explorer": lambda: figures.impulse_explorer(rnnkit.rnn_step),
    "flow_explorer": lambda: figures.flow_explorer(rnnkit.gradient_norms),
}
every = pytest.mark.parametrize("name", MOVING)


@cache
def explorer(name):
    return MOVING[name]()


def some(name):
    """The first frame, the last, and some fifteen in between."""
    frames = explorer(name).frames
    return [*frames[::max(1, len(frames) // 15)], frames[-1]]


def seen(frame):
    """The frame without what cannot be seen in it: texts without a letter, and what is hidden."""
    sheet = Sheet(frame.sheet.width, frame.sheet.height)
    sheet.parts = [part for part in frame.sheet.parts
                   if "visibility" not in part[1] and (part[0] != "text" or part[2])]
    return Drawing(sheet, frame.alt)


def unpacked(before, after, axes, values, ids, sizes, place):
    """What the script makes of packed texts, for the frame at a place."""
    n = 0
    for k in axes:
        n = n * sizes[k] + place[k]
    if ids:
        digits = [ALPHABET.index(letter) for letter in ids]
        n = digits[2 * n] * 90 + digits[2 * n + 1] if len(values) > 90 else digits[n]
    return before + values[n] + after


@every
def test_what_is_stored_makes_every_frame_again(name):
    made = explorer(name)
    data, sizes = made._data(), [len(control.options) for control in made.controls.values()]
    changing = {(index, key): slot for index, key, *slot in data["slots"]}
    for k, frame in enumerate(made.frames):
        place = np.unravel_index(k, sizes)
        assert "".join(unpacked(*sentence, sizes, place) for sentence in data["words"]) == frame.alt
        for index, (_, attributes, inside) in enumerate(frame.sheet.parts):
            for key, value in {**attributes, "": inside}.items():
                if slot := changing.get((index, key)):
                    stored = in_pairs(value.levels) if isinstance(value, Wave) else value
                    assert unpacked(*slot[:5], sizes, place) == stored
                else:
                    assert value == (inside if key == "" else made.frames[0].sheet.parts[index][1][key])


@every
def test_the_picture_is_stored_once_and_is_small(name):
    html = explorer(name).html
    print(f"{name:20} {len(explorer(name).frames):4} frames, {len(html.encode()):7,} bytes")
    assert html.count("data:image/svg+xml;base64,") == 1 and "<svg" not in html
    assert len(html.encode()) < 200_000
    assert html.count("</script>") == html.count("<script>") == 1
    assert not re.search(r"https?:", re.sub(r"base64,[^\"]*", "", html))


@every
def test_every_frame_has_words_and_a_headline_of_its_own(name):
    frames = explorer(name).frames
    assert len({frame.alt for frame in frames}) == len(frames)
    assert all(len(frame.alt) > 80 and len(written(frame)[0]) > 20 for frame in frames)
    assert repr(explorer(name)) == explorer(name).picture.alt


@every
def test_no_letter_of_a_frame_leaves_it_or_lies_on_another(name):
    pytest.importorskip("matplotlib")
    for frame in some(name):
        found = list(letters(seen(frame)))
        for k, (said, left, right, top, bottom) in enumerate(found):
            assert left >= -1 and right <= frame.sheet.width + 1 and top >= 0 and bottom <= frame.sheet.height, said
            for other, left2, right2, top2, bottom2 in found[:k]:
                assert min(right, right2) - max(left, left2) < 3 or min(bottom, bottom2) - max(top, top2) < 3, (
                    f"{said!r} lies on {other!r}: {frame.alt[:200]}")


@every
def test_letters_can_be_read_on_what_lies_under_them(name):
    for frame in some(name):
        hidden = {inside for _, attributes, inside in frame.sheet.parts if float(attributes.get("opacity", 1)) < 1}
        for (said, color, ground), (_, _, inside) in zip(
                grounds(frame), (part for part in frame.sheet.parts if part[0] == "text"), strict=True):
            assert inside in hidden or contrast(color, ground) >= 4.5, (said, color, ground)


def test_a_control_that_is_not_there_and_a_value_that_it_cannot_have_are_refused():
    with pytest.raises(ValueError, match="one of"):
        explorer("gru_explorer").at(step=17)
    with pytest.raises(ValueError, match="no control stride"):
        explorer("gru_explorer").at(stride=1)


def test_frames_with_different_parts_are_refused():
    def frame_of(k):
        sheet = Sheet(10, 10)
        sheet.circle((1, 1), 2) if k else sheet.box((1, 1), 2, 2)
        return Drawing(sheet, f"Frame {k}.")

    with pytest.raises(ValueError, match="the same tag was expected"):
        _ = Explorer(frame_of, "k", k=Control("k", (0, 1), 0)).html


def test_more_values_than_digits_take_two_each_and_an_order_of_their_own_none():
    column = [f"a{k % 100}b" for k in range(200)]
    before, after, axes, values, ids = packed(column, [200])
    assert (before, after, axes, len(values), len(ids)) == ("a", "b", [0], 100, 400)
    assert packed([f"{k}" for k in range(6) for _ in range(2)], [6, 2]) == ["", "", [0], list("012345"), 0]
    assert [unpacked(before, after, axes, values, ids, [200], [k]) for k in range(200)] == column


def test_a_slider_over_numbers_says_them_as_they_are():
    slider = numbers("Turn", 0, 180, 30, 30, " degrees")
    assert slider.options == (0, 30, 60, 90, 120, 150, 180) and slider.said[1] == "30 degrees"
    assert numbers("w", -1, 1, 0.25, 0).said[:2] == ("−1.00", "−0.75")


def test_a_plot_puts_what_no_axis_shows_on_an_edge():
    plot = Plot(Sheet(100, 100), (10, 10, 90, 90), (0, 1), (1e-4, 1), log=True)
    assert plot.y(np.array([1, 1e-2, 1e-4, 0, 1e-9, np.inf, np.nan])).tolist() == [10, 50, 90, 90, 90, 10, 90]


@pytest.mark.parametrize(("size", "said"), [
    (0, "0"), (0.217, "0.22"), (1, "1"), (13.4, "13"), (0.0041, "0.0041"), (7.4e-21, "7 × 10⁻²¹"), (1e-7, "10⁻⁷"),
    (4.2e5, "4 × 10⁵"), (-0.5, "−0.5"), (np.inf, "inf"), (np.nan, "nan"), (4234, "4200")])
def test_a_size_is_written_in_one_way(size, said):
    assert power(size) == said


# The cell run backwards


def passes(bias):
    """The whole sequence of the backward figure: inputs, initial states and parameters."""
    W_x, W_h, b = weights()
    x = np.stack([one_hot(symbol, SYMBOLS) for symbol in TEXT])
    return x, np.zeros((1, 1)), np.zeros((1, 1)), W_x, W_h, forget_bias(b, bias)


@pytest.mark.parametrize("bias", [-1, 0, 1, 3, 5])
def test_the_cell_run_backwards_is_backpropagation_through_time(bias):
    case = passes(bias)
    h, _, cache = lstm_forward(*case)
    dh = np.zeros_like(h)
    dh[-1] = 1
    dx, dh0, dc0, *_, db = lstm_backward(dh, np.zeros((1, 1)), cache)
    run = trace_back(lstm_step_backward, bias)
    assert np.allclose([step.dx for step in run], dx[:, 0], rtol=1e-12, atol=0)
    assert (run[0].dh, run[0].dc) == pytest.approx((dh0.item(), dc0.item()))
    assert np.allclose(np.sum([[step.da[name] for name in "ifgo"] for step in run], axis=0), db)


def test_what_goes_back_along_both_routes_is_what_a_measurement_finds():
    x, h0, c0, *parameters = passes(3)
    h, c, _ = lstm_forward(x, h0, c0, *parameters)
    run = trace_back(lstm_step_backward, 3)
    for t in (3, 12):
        through_c = numerical_gradient(lambda c_t, t=t: lstm_forward(x[t:], h[t - 1], c_t, *parameters)[0][-1].item(),
                                       c[t - 1])
        through_h = numerical_gradient(lambda h_t, t=t: lstm_forward(x[t:], h_t, c[t - 1], *parameters)[0][-1].item(),
                                       h[t - 1])
        assert run[t].dc == pytest.approx(through_c.item(), rel=1e-6)
        assert run[t].dh == pytest.approx(through_h.item(), rel=1e-6)


def test_every_gradient_in_the_diagram_is_the_steps_own():
    for t, now in enumerate(trace_back(lstm_step_backward, 1), start=1):
        seen = written(explorer("backward_explorer").at(step=t, bias=1))
        expected = [f"dctotal = {power(now.total)}", *map(power, now.da.values()),
                    *map(power, (now.dh_next, now.dc_next, now.dh, now.dc))]
        assert [text for text in expected if text not in seen] == []
        assert now.total == pytest.approx(now.dc_next + now.shown)
        assert now.dc == pytest.approx(now.total * now.gates["f"])
        assert now.da["f"] == pytest.approx(now.before["f"] * now.gates["f"] * (1 - now.gates["f"]))


def test_a_semicolon_ends_the_route_along_the_cell_state_and_leaves_the_other():
    run = trace_back(lstm_step_backward, 3)
    at = TEXT.index(";")
    assert abs(run[at].dc) < 1e-10 < 0.1 < run[at].dh and run[at + 1].dc > 0.1
    assert "the route along c ends here" in explorer("backward_explorer").at(step=at + 1).alt


def test_an_open_gate_brings_more_from_the_end_back_to_the_semicolon():
    first = TEXT.index(";") + 1
    sizes = [trace_back(lstm_step_backward, bias)[first].dc for bias in (-1, 0, 1)]
    assert sizes == sorted(sizes)


def test_the_formulas_that_are_an_exercise_are_shown_to_those_who_solved_it():
    ours, theirs = figures.backward_explorer(lstm_step_backward), explorer("backward_explorer")
    assert any("yours to derive" in text for text in written(ours.picture))
    assert not any("yours to derive" in text for text in written(theirs.picture))
    assert ours.picture.alt == theirs.picture.alt


def test_every_formula_has_edges_and_every_edge_a_formula():
    parts = explorer("backward_explorer").picture.sheet.parts
    lights = {attributes["data-light"] for _, attributes, _ in parts if "data-light" in attributes}
    edges = {name for _, attributes, _ in parts for name in attributes.get("data-edge", "").split()}
    assert lights == edges


def test_a_backward_step_that_eats_its_arrays_does_no_harm():
    def hungry(dh_next, dc_next, cache):
        gradients = lstm_step_backward(dh_next, dc_next, cache)
        dh_next[:] = dc_next[:] = 7
        return gradients

    assert figures.backward_explorer(hungry).picture.alt == explorer("backward_explorer").picture.alt


# The cell that grows, and the unit that keeps a bit


def test_each_state_of_the_growing_cell_has_its_experiments_numbers():
    marker = np.eye(1, len(VALUES))[0]
    i = rnnkit.sigmoid(16 * marker - 8)
    target, kept = np.tanh(VALUES[0]), np.tanh(VALUES).sum()
    titles = [written(explorer("growing_cell").at(stage=stage))[0] for stage in STAGES]
    assert titles[0] == f"Add only. Meant to be kept: {number(target, 3)}. Kept: {number(kept, 3)}."
    gated = np.cumsum(i * np.tanh(VALUES))
    assert titles[1] == f"Input gate. Meant to be kept: {number(target, 3)}. Kept: {number(gated[-1], 3)}."
    shown = np.abs(np.tanh(gated))[:-1].mean()
    silent = shown * rnnkit.sigmoid(np.array(-8.0))
    assert titles[2].startswith(f"Output gate. While nobody asks, it shows {number(silent, 4)}.")
    assert titles[2].endswith(f"Without the gate: {number(shown, 3)}.")
    assert titles[3] == "Forget gate. After 200 sentences: 0 open brackets. Without the gate: 200."


def test_a_gate_that_is_not_there_yet_is_hardly_to_be_seen():
    for stage in STAGES:
        parts = explorer("growing_cell").at(stage=stage).sheet.parts
        faint = {inside for tag, attributes, inside in parts if tag == "text" and attributes.get("opacity")}
        assert [gate for gate in ("input", "output", "forget") if gate in faint] == [
            gate for gate in ("input", "output", "forget") if STAGES.index(f"{gate} gate") > STAGES.index(stage)]


@pytest.mark.parametrize("values", [[], [1.0], [[1.0, 2.0]], "abc", [None, 1]])
def test_a_growing_cell_needs_a_row_of_numbers(values):
    with pytest.raises(ValueError, match="was expected"):
        figures.growing_cell(values)


def test_a_unit_keeps_a_bit_for_weights_above_one():
    for w in (0, 0.5, 1, 1.25, 2, 3):
        alt = explorer("switch_explorer").at(w=w).alt
        assert ("the bit is kept" in alt) == (w > 1) and ("the bit is lost" in alt) == (w <= 1)
    assert "ten steps after the pulse the state is 0.96" in explorer("switch_explorer").picture.alt


def test_the_switch_is_the_one_that_was_given():
    deaf = figures.switch_explorer(lambda x, h, w: np.tanh(w * h))
    assert "the state is 0.00: the bit is lost" in deaf.picture.alt
    with pytest.raises(ValueError, match="a function was expected"):
        figures.switch_explorer(2)
    with pytest.raises(ValueError, match="a function was expected"):
        figures.backward_explorer(None)
