"""A number worked by hand, held against the computed one."""

import html

from rnnkit.figures.guesses import Shown


def pencil(mine, right, slips=None, digits=3):
    """Say whether a number that was worked by hand is right, or which slip it comes from. It earns no points.

    mine: the reader's number, or None as long as there is none. right: the number, computed.
    slips: what people do -> the number that they get then. digits: to how many after the point `mine` has to agree.
    Returns what a notebook shows.
    """
    if mine is None:
        said = "Write your number into this cell in the place of None, and run it again."
    elif not isinstance(mine, int | float):
        said = f"A number was expected; {mine!r} is none."
    elif _agree(mine, right, digits):
        said = f"Right. To more digits it is {right:.{digits + 3}g}."
    else:
        slip = next((what for what, number in (slips or {}).items() if _agree(mine, number, digits)), None)
        said = f"Not {mine:g}. {f'That is what comes out if {slip}.' if slip else 'Go through it once more.'}"
    return Shown(f'<div class="rnnkit-pencil">{html.escape(said)}</div>', said)


def _agree(mine, number, digits):
    return abs(mine - number) <= 0.6 * 10.0 ** -digits
