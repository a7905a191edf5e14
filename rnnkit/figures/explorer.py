"""Explorer: a picture with controls, which is drawn again when one is moved."""

from dataclasses import dataclass

from rnnkit.figures.picture import note
from rnnkit.optional import missing


@dataclass
class Slider:
    """A control for a number from `low` to `high`. description: what it is, and its unit."""

    description: str
    low: float
    high: float
    step: float
    value: float

    def widget(self, widgets, **looks):
        """The slider of ipywidgets, which is passed in as `widgets`."""
        digits = ".0f" if self.step >= 1 else ".2f"
        return widgets.FloatSlider(value=self.value, min=self.low, max=self.high, step=self.step,
                                   description=self.description, readout_format=digits, **looks)


@dataclass
class Choice:
    """A control for one of a few names: a list, or a slider where they are ordered. description: what they are."""

    description: str
    options: tuple
    value: str
    ordered: bool = False

    def widget(self, widgets, **looks):
        """The list or the slider of ipywidgets, which is passed in as `widgets`."""
        kind = widgets.SelectionSlider if self.ordered else widgets.Dropdown
        return kind(options=self.options, value=self.value, description=self.description, **looks)


class Explorer:
    """Controls above one picture that follows them.

    picture_of: makes a Picture from the controls' values, given by name.
    controls: name -> Slider or Choice. As an attribute, name -> the ipywidgets control that was made of it.
    picture: the picture at the controls' present values.

    Where no kernel answers, a page shows the picture as it was at first. A kernel without ipywidgets shows it
    too, and how to get the controls.
    """

    def __init__(self, picture_of, **controls):
        self.picture_of, self.controls, self.widget = picture_of, controls, None
        self.picture = self._draw()
        self.first = self.picture
        try:
            import ipywidgets
        except ImportError:
            return
        looks = {"style": {"description_width": "16em"}, "layout": {"width": "100%", "max_width": "44em"}}
        self.controls = {name: control.widget(ipywidgets, **looks) for name, control in controls.items()}
        self.screen = ipywidgets.HTML(self.picture.html)
        self.screen.add_class("rnnkit-figure")
        self.widget = ipywidgets.VBox([*self.controls.values(), self.screen])
        for control in self.controls.values():
            control.observe(self._redraw, names="value")

    def _draw(self):
        return self.picture_of(**{name: control.value for name, control in self.controls.items()})

    def _redraw(self, change):
        self.picture = self._draw()
        self.screen.value = self.picture.html

    def __repr__(self):
        return self.picture.alt

    def _repr_mimebundle_(self, include=None, exclude=None):
        bundle = self.first._repr_mimebundle_()
        if self.widget is not None:
            return {**self.widget._repr_mimebundle_(), **bundle}
        names = ", ".join(control.description for control in self.controls.values())
        line = f"Above this picture belong controls ({names}). {missing('ipywidgets')} Then reload this page."
        return {"text/html": bundle["text/html"] + note(line),
                "text/plain": f"{bundle['text/plain']}\n{line}"}
