"""X-rays of a backward pass: where its gradients are wrong, by gradient, step and block; and a wall of them."""

import textwrap

import numpy as np

from rnnkit.figures.arguments import count, expect_dict, scientific
from rnnkit.figures.curves import mean_around, positive
from rnnkit.figures.diagram import WIDTH, Diagram
from rnnkit.figures.picture import Drawing
from rnnkit.figures.style import FAINT, INK, QUIET, SERIES, mix, readable_on
from rnnkit.gradcheck import relative_error

RIGHT = 1e-6                              # below this relative error a gradient is right
CLEAR, DARK = ("#F4F4F4", "#BDBDBD"), "#101010"
BRASS, RIM = "#F1E6CC", "#8A7440"
LOW = 0.01                                # a loss that counts as learned


def xray(plate, one_step, more_steps):
    """A backward pass as an x-ray: a cell for each gradient, each step of dx and each block, dark where it is wrong.

    plate: what stands under it. one_step, more_steps: name -> (derived, measured) of every gradient, for T = 1 and for
    a longer sequence, with dx (T, N, D) first. Where there is a dc0 it is an LSTM, with the blocks i, f, g, o.
    Returns a Drawing. Raises ValueError where the two do not name the same gradients.
    """
    for name, gradients in (("one_step", one_step), ("more_steps", more_steps)):
        expect_dict("xray", name, gradients, "gradients, name -> (derived, measured)")
    if list(one_step) != list(more_steps) or "dx" not in one_step:
        raise ValueError(f"xray: {', '.join(one_step)} and {', '.join(more_steps)} should be the same, with dx.")
    films = [_film(one_step), _film(more_steps)]
    wrong = [[name for name, errors in film.items() if max(errors) >= RIGHT] for film in films]
    T, where = len(more_steps["dx"][0]), [", ".join(names) for names in wrong]
    title = (f"Wrong for one step already: {where[0]}" if wrong[0] else
             f"Right for one step, wrong for {T}: {where[1]}" if wrong[1] else "Every gradient is right")
    alt = f"An x-ray of a backward pass. {plate}. {title}. " + " ".join(
        f"For T = {len(gradients['dx'][0])}: " + "; ".join(
            f"{name} {', '.join(map(_mark, errors))}" for name, errors in film.items()) + "."
        for gradients, film in zip((one_step, more_steps), films, strict=True))
    return Drawing(_drawn(plate, films, T, title), alt)


def _film(gradients):
    """The relative error of every gradient: of dx step by step, of weights and biases block by block."""
    blocks = 4 if "dc0" in gradients else 1

    def pieces(name, array):
        return list(array) if name == "dx" else [array] if name in ("dh0", "dc0") else np.split(array, blocks, axis=-1)

    return {name: [relative_error(a, n) for a, n in zip(pieces(name, derived), pieces(name, measured), strict=True)]
            for name, (derived, measured) in gradients.items()}


def _mark(error):
    return "ok" if error < RIGHT else scientific(error)


def _shade(error):
    """The color of a cell: clear where a gradient is right, and the darker the further off it is."""
    if error < RIGHT:
        return CLEAR[0]
    return mix(CLEAR[1], DARK, float(np.clip((np.log10(error) + 4) / 4, 0, 1))) if np.isfinite(error) else DARK


def _drawn(plate, films, T, title):
    """Both films side by side in one case, and the plate under them."""
    sheet, states = Diagram(0, title), [name for name in films[0] if name in ("dx", "dh0", "dc0")]
    levels = {name: 104 + 32 * k + (0 if name in states else 26) for k, name in enumerate(films[0])}
    bottom = max(levels.values()) + 30
    sheet.height = bottom + 78
    sheet.box((WIDTH / 2, (46 + bottom) / 2), WIDTH - 20, bottom - 46, "#FAFAFA", INK, 2, 12)
    for name, level in levels.items():
        sheet.write((98, level), name, 14, ha="end", mono=True)
    for left, film, steps in ((115, films[0], 1), (460, films[1], T)):
        sheet.aside((left + 158, 62), f"T = {steps}", 13, color=INK)
        for k in range(steps):
            sheet.aside((left + 316 * (k + 0.5) / steps, 82), f"x[{k}]")
        if len(film["db"]) > 1:
            for k, block in enumerate("ifgo"):
                sheet.aside((left + 316 * (k + 0.5) / 4, levels["dW_x"] - 24), f"*{block}*", 13)
        for name, errors in film.items():
            _draw_row(sheet, errors, left, levels[name], 316, 28)
    sheet.box((WIDTH / 2, bottom + 38), 460, 42, BRASS, RIM, 2, 4)
    for screw in (-216, 216):
        sheet.circle((WIDTH / 2 + screw, bottom + 38), 3.5, "#D8C79B", RIM, 1)
    sheet.write((WIDTH / 2, bottom + 38), plate, 15, "#3D3217", bold=True)
    return str(sheet)


def _draw_row(sheet, errors, left, level, width, height, say=True):
    """One gradient: its cells side by side."""
    each = width / len(errors)
    for k, error in enumerate(errors):
        place = left + each * (k + 0.5), level
        sheet.box(place, each - 2, height, _shade(error), FAINT, 0.8, 2)
        if say:
            sheet.write(place, _mark(error), 12, QUIET if error < RIGHT else readable_on(_shade(error)))


def wall(exhibits):
    """A wall of x-rays, each beside the loss that a network reached with this backward pass and with a right one.

    exhibits: name -> (gradients, right, exhibit, provenance), 1 to 6 of them: the gradients as name -> (derived,
    measured), the losses of every update with the right backward pass and with the exhibit, and where it was seen.
    Returns a Drawing. Raises ValueError for anything else.
    """
    expect_dict("wall", "exhibits", exhibits, "exhibits, name -> (gradients, right, exhibit, provenance)")
    films = {name: _film(gradients) for name, (gradients, *_) in exhibits.items()}
    curves = {name: [mean_around(positive(losses)) for losses in pair] for name, (_, *pair, _) in exhibits.items()}
    dark = {name: [row for row, errors in film.items() if max(errors) >= RIGHT] for name, film in films.items()}
    low = sum(bool(exhibit[-1] <= LOW) for _, exhibit in curves.values())
    shown = sum(map(bool, dark.values()))
    title = f"{shown} of {count(len(films), 'x-ray')} show a mistake, {low} of {len(films)} losses end below {LOW}"
    words = " ".join(f"{name}: wrong in {', '.join(dark[name]) or 'nothing'}; the loss ends at "
                     f"{scientific(exhibit[-1])}, with a right one at {scientific(right[-1])}."
                     for name, (right, exhibit) in curves.items())
    sheet = Diagram(64 + 226 * (1 + (len(films) > 3)), title)
    every = np.concatenate([np.log10(curve) for pair in curves.values() for curve in pair])
    limits = np.nanmin(every), np.nanmax(every)
    for k, (name, (*_, provenance)) in enumerate(exhibits.items()):
        corner = 12 + 262 * (k % 3), 44 + 226 * (k // 3)
        _draw_exhibit(sheet, corner, (name, provenance), films[name], curves[name], limits)
    sheet.aside((WIDTH - 12, sheet.height - 12), "solid: right, dashed: the exhibit; losses on a log axis", ha="end")
    return Drawing(str(sheet), f"A wall of x-rays, each beside a loss. {title}. {words}")


def _draw_exhibit(sheet, corner, plate, film, pair, limits):
    """A case with an x-ray and a loss, and its plate: name and provenance."""
    (left, top), (name, provenance) = corner, plate
    sheet.box((left + 126, top + 68), 252, 136, "#FAFAFA", INK, 1.5, 8)
    high = 104 / len(film)
    for k, errors in enumerate(film.values()):
        _draw_row(sheet, errors, left + 12, top + 12 + high * (k + 0.5), 100, high - 2, say=False)
    for curve, color, width, dashed in ((pair[0], SERIES[0], 1.5, False), (pair[1], SERIES[1], 2.5, True)):
        chosen = np.flatnonzero(np.isfinite(curve))[::max(1, len(curve) // 60)]
        across = left + 128 + 108 * chosen / max(1, len(curve) - 1)
        down = top + 116 - 100 * (np.log10(curve[chosen]) - limits[0]) / max(np.ptp(limits), 1e-9)
        dashes = {"stroke_dasharray": "7 4"} if dashed else {}
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(across, down, strict=True))
        sheet.add("polyline", points=points, fill="none", stroke=color, stroke_width=width, **dashes)
    sheet.aside((left + 182, top + 126), "loss", 12)
    sheet.box((left + 126, top + 168), 252, 54, BRASS, RIM, 1.5, 4)
    lines = [(name, 14, True), *((line, 12, False) for line in textwrap.wrap(provenance, 36)[:2])]
    for k, (line, size, bold) in enumerate(lines):
        sheet.write((left + 126, top + 168 + 17 * (k - (len(lines) - 1) / 2)), line, size, "#3D3217", bold=bold)
