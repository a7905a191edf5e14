"""Arrays as blocks of squares: the axes of x, and the matrix products of one step."""

from rnnkit.figures.arguments import count, expect_whole
from rnnkit.figures.picture import Picture
from rnnkit.figures.strokes import arrow, block, headline, sheet, write
from rnnkit.figures.style import COLOR, FAINT, INK, QUIET, SMALL, SYMBOL, TEXT, WIDTH

LARGEST = 8


def _sizes(where, **sizes):
    return [expect_whole(where, name, size, 1, LARGEST) for name, size in sizes.items()]


def axes_of_x(T=5, N=3, D=4):
    """An array x of shape (T, N, D) as slabs side by side: one for each step, with a row for each sequence.

    T, N, D: how many steps, sequences and input features, whole numbers from 1 to 8.
    Returns a Picture. Raises ValueError for anything else.
    """
    T, N, D = _sizes("axes_of_x", T=T, N=N, D=D)
    t = T // 2
    alt = (f"An array x of shape (T, N, D) = ({T}, {N}, {D}), as {count(T, 'slab')} side by side. Time runs "
           f"from left to right, from x[0] to x[{T - 1}]. A slab has {count(N, 'row')}, one for each "
           f"sequence, and {count(D, 'column')}, one for each input feature. Marked is x[{t}], of shape "
           f"({N}, {D}): what the network reads of every sequence at one step.")
    unit = min(0.3, 6.4 / (T * (D + 0.8)))
    return Picture(lambda figure: _draw_slabs(figure, (T, N, D), t, unit), alt, N * unit + 2.0)


def _draw_slabs(figure, shape, marked, unit):
    T, N, D = shape
    ax, apart = sheet(figure), (D + 0.8) * unit
    headline(figure, f"x has shape (T, N, D) = {shape}; x[{marked}] has shape (N, D) = {shape[1:]}")
    left, top = (WIDTH + 0.9 - T * apart + 0.8 * unit) / 2, figure.get_figheight() - 0.9
    right, bottom = left + T * apart - 0.8 * unit, top - N * unit
    for t in range(T):
        lit, edge = t == marked, left + t * apart
        block(ax, (edge, top), N, D, unit, COLOR["x"] if lit else FAINT, 0.45 if lit else 0.3, strong=lit)
        middle = edge + D * unit / 2
        if lit:
            write(ax, (middle, bottom - 0.2), f"x[{t}]", TEXT, fontweight="bold")
            write(ax, (middle, top + 0.17), f"D = {count(D, 'input feature')}", SMALL)
        else:
            write(ax, (middle, bottom - 0.2), f"x[{t}]", SMALL, QUIET)
    write(ax, (left - 0.15, (top + bottom) / 2), f"N = {N}\n{'sequence' if N == 1 else 'sequences'}", SMALL,
          ha="right")
    arrow(ax, (left, bottom - 0.48), (right, bottom - 0.48), QUIET)
    write(ax, ((left + right) / 2, bottom - 0.72), f"time: T = {count(T, 'step')}", TEXT, QUIET)


def row_vectors(N=3, D=4, H=6):
    """The sum a = x W_x + h W_h + b as blocks to scale, for N sequences at once, with the axes that have to agree.

    N, D, H: how many sequences, input features and hidden units, whole numbers from 1 to 8.
    Returns a Picture. Raises ValueError for anything else.
    """
    N, D, H = _sizes("row_vectors", N=N, D=D, H=H)
    alt = (f"Matrices to scale: x ({N} by {D}) times W_x ({D} by {H}) plus h ({N} by {H}) times W_h "
           f"({H} by {H}) plus b ({H} long) is a ({N} by {H}). x and W_x meet along D = {D}, h and W_h along "
           f"H = {H}: a line joins the two edges, which are equally long. The outer axes, N = {N} and "
           f"H = {H}, are left: the shape of a. A row is one sequence, and b is added to every row.")
    unit = min(0.26, 5.1 / (D + 5 * H))
    return Picture(lambda figure: _draw_product(figure, N, D, H, unit), alt, max(D, H, N) * unit + 2.0)


def _draw_product(figure, N, D, H, unit):
    """Blocks in a row. An inner axis runs along the top of one, and down the side of the next."""
    ax, gap = sheet(figure), 0.46
    headline(figure, f"Inner axes meet: D = {D} of $x$ and $W_x$, H = {H} of $h$ and $W_h$. What is left is (N, H)")
    blocks = [("$x$", "x", N, D, "(N, D)"), ("$W_x$", "W", D, H, "(D, H)"), ("$h$", "h", N, H, "(N, H)"),
              ("$W_h$", "W", H, H, "(H, H)"), ("$b$", "W", 1, H, "(H,)"), ("$a$", "h", N, H, "(N, H)")]
    left, top = (WIDTH - (D + 5 * H) * unit - 5 * gap) / 2, figure.get_figheight() - 1.0
    base = top - max(D, H, N) * unit
    for symbol, color, rows, columns, axes in blocks:
        right = left + columns * unit
        block(ax, (left, top), rows, columns, unit, COLOR[color], 0.35)
        numbers = f"({H},)" if axes == "(H,)" else f"({rows}, {columns})"
        write(ax, ((left + right) / 2, top - rows * unit - 0.2), symbol, SYMBOL + 2)
        write(ax, ((left + right) / 2, base - 0.6), f"{axes}\n{numbers}", SMALL, QUIET, linespacing=1.3)
        if symbol in ("$x$", "$h$"):
            name, above, turn = axes[-2], top + 0.09, right + gap - 0.09
            bar = {"color": INK, "linewidth": 3, "linestyle": "-" if name == "D" else (0, (2, 0.8))}
            ax.plot([left, right], [above, above], **bar)
            ax.plot([turn, turn], [top, top - columns * unit], **bar)
            ax.plot([right, turn, turn], [above, above, top], color=INK, linewidth=1)
            write(ax, ((left + right) / 2, top + 0.22), name, TEXT, fontweight="bold")
            write(ax, (right + gap - 0.2, top - columns * unit / 2), name, TEXT, fontweight="bold")
        else:
            sign = {"$W_x$": "+", "$W_h$": "+", "$b$": "="}.get(symbol, "")
            write(ax, (right + gap / 2, top - N * unit / 2), sign, SYMBOL + 4)
        left = right + gap
