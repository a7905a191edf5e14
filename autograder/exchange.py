"""nbgrader's exchange in a course that has none."""

from nbgrader.exchange.default import ExchangeReleaseAssignment


class Off(ExchangeReleaseAssignment):
    """Releases nothing. nbgrader's own opens the exchange to everybody before it asks whether there is one."""

    def start(self) -> None:
        self.fail("This course has no exchange, and nothing was released: give students the notebooks in lessons/. "
                  "nbgrader_config.py says how to switch the exchange on.")
