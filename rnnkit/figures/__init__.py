"""The figures of the lessons. matplotlib is imported when one is drawn that needs it, not before."""

from rnnkit.figures.arrays import axes_of_x, row_vectors
from rnnkit.figures.counting import counting
from rnnkit.figures.course import course_map, end_of_lesson
from rnnkit.figures.curves import gradient_flow, losses, v_curve
from rnnkit.figures.exploding import chaos, cliff
from rnnkit.figures.gradients import gradient_explorer
from rnnkit.figures.growing import growing_cell
from rnnkit.figures.gru_cell import gru_explorer
from rnnkit.figures.learning import learning_curves
from rnnkit.figures.lstm_back import backward_explorer
from rnnkit.figures.lstm_cell import lstm_explorer
from rnnkit.figures.memory import impulse_explorer
from rnnkit.figures.museum import museum
from rnnkit.figures.padding import padding
from rnnkit.figures.results import dots, growth
from rnnkit.figures.routes import routes_explorer
from rnnkit.figures.sentences import bag_of_words
from rnnkit.figures.squashing import activation_explorer, sigmoid_in_float32
from rnnkit.figures.switch import switch_explorer
from rnnkit.figures.table import table
from rnnkit.figures.three_cells import three_cells
from rnnkit.figures.two_routes import two_routes
from rnnkit.figures.unrolled import unrolled
from rnnkit.figures.vanishing import flow_explorer, rate_map
from rnnkit.figures.wirings import wirings
from rnnkit.figures.xray import wall, xray

__all__ = [
    "activation_explorer", "axes_of_x", "backward_explorer", "bag_of_words", "chaos", "cliff", "counting",
    "course_map", "dots", "end_of_lesson", "flow_explorer", "gradient_explorer", "gradient_flow", "growing_cell",
    "growth", "gru_explorer", "impulse_explorer", "learning_curves", "losses", "lstm_explorer", "museum", "padding",
    "rate_map", "routes_explorer", "row_vectors", "sigmoid_in_float32", "switch_explorer", "table", "three_cells",
    "two_routes", "unrolled", "v_curve", "wall", "wirings", "xray",
]
