"""The pictures of the lessons. matplotlib and ipywidgets are imported when one is drawn, not before."""

from rnnkit.figures.memory import impulse_explorer, padding
from rnnkit.figures.network import unrolled

__all__ = ["impulse_explorer", "padding", "unrolled"]
