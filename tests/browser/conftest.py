"""JupyterLab as `make lab` and `make formgrader` start it, on a copy of the course, in front of a browser."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium")
COURSE = ("Makefile", "constraints.txt", "pyproject.toml", "nbgrader_config.py",
          "docs", "jupyter", "lessons", "solutions")


def pytest_collection_modifyitems(items):
    for item in items:
        if CHROMIUM is None and Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.skip(reason="Chromium is not installed: apt install chromium"))


@pytest.fixture(scope="session")
def house(root, tmp_path_factory):
    """A copy of the course to work in."""
    copy = tmp_path_factory.mktemp("house")
    for name in COURSE:
        (shutil.copytree if (root / name).is_dir() else shutil.copy2)(root / name, copy / name)
    return copy


@contextmanager
def served(house, target, course=None):
    """Run a target of the Makefile without a display; give the address that it prints."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = house / f"{target}.log"
    home = house / "home"
    home.mkdir(exist_ok=True)
    hidden = re.compile("DISPLAY|WAYLAND_DISPLAY|RNNKIT_COURSE|JUPYTER|MAKE")
    environment = {name: value for name, value in os.environ.items() if not hidden.match(name)}
    command = ["make", target, "-o", ".venv/ready", f"BIN={Path(sys.executable).parent}",
               f"JUPYTER_ARGS=--port={port} --expose-app-in-browser"]
    environment |= {"HOME": str(home)} | ({"RNNKIT_COURSE": str(course)} if course else {})
    with log.open("w") as output:
        server = subprocess.Popen(command, cwd=house, env=environment, stdout=output, stderr=output,
                                  stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        yield printed_address(server, log)
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


@pytest.fixture(scope="session")
def serve():
    return served


def printed_address(server, log, patience=300):
    for _ in range(10 * patience):
        found = re.search(r"(http://127\.0\.0\.1:\S+)", log.read_text())
        if found:
            return found[1]
        assert server.poll() is None, log.read_text()
        time.sleep(0.1)
    raise AssertionError(f"no address after {patience} s:\n{log.read_text()}")


@pytest.fixture(scope="session")
def student_address(house):
    with served(house, "lab") as address:
        yield address


@pytest.fixture(scope="session")
def instructor_address(house):
    with served(house, "formgrader") as address:
        yield address


@pytest.fixture(scope="session")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


@pytest.fixture
def page(chromium):
    """An empty page, as large as the screenshots in the README."""
    context = chromium.new_context(viewport={"width": 1280, "height": 860}, device_scale_factor=1.5)
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def screenshot(page, root, tmp_path):
    """Save what the page shows as NAME.png: in the folder that SCREENSHOTS names, else where nobody looks."""
    from PIL import Image

    def save(name):
        folder = root / os.environ["SCREENSHOTS"] if "SCREENSHOTS" in os.environ else tmp_path
        folder.mkdir(exist_ok=True)
        path = folder / f"{name}.png"
        page.screenshot(path=path)
        with Image.open(path) as picture:
            picture.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)

    return save


class Lab:
    """JupyterLab in a page, and the notebook that is in front."""

    notebook = "jupyterapp.shell.currentWidget.content"

    def __init__(self, page, address):
        self.page, self.address = page, address

    def open(self, path, beside="/lessons"):
        """Open a file or folder, with the folder `beside` in the list of files, in an empty JupyterLab."""
        home, _, token = self.address.partition("?")
        self.goto(f"{home}lab/tree/{path}?reset&file-browser-path={beside}&{token}")

    def goto(self, address):
        self.page.goto(address)
        self.page.wait_for_selector("#jupyterlab-splash", state="detached")

    def wait_for_kernel(self):
        self.page.wait_for_function(
            "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'")

    def path(self):
        return self.page.evaluate("jupyterapp.shell.currentWidget.context.path")

    def cells(self):
        """Every cell: its name in the gradebook, source and outputs."""
        return self.page.evaluate(
            f"{self.notebook}.widgets.map(({{model}}) => ({{name: model.getMetadata('nbgrader')?.grade_id,"
            " source: model.sharedModel.source, outputs: model.outputs?.toJSON() ?? []}))")

    def find(self, **wanted):
        """The index of the first cell that has a name, or some text in its source."""
        ((key, value),) = wanted.items()
        return next(index for index, cell in enumerate(self.cells()) if value in (cell[key] or ""))

    def run_all(self):
        self.page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
        self.wait_for_kernel()

    def show(self, index, where="center"):
        """Scroll to a cell and make it the active one."""
        self.page.evaluate(f"{self.notebook}.deselectAll(); {self.notebook}.activeCellIndex = {index};"
                           f" {self.notebook}.scrollToItem({index}, '{where}')")
        return self.page.locator(".jp-Notebook .jp-Cell.jp-mod-active")

    def type_into(self, index, text):
        """Replace what a cell says, by keyboard."""
        self.show(index).locator(".cm-content").click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(text)
        assert self.cells()[index]["source"] == text

    def run(self, index):
        """Run one cell with Control+Enter and give its outputs."""
        self.show(index)
        self.page.evaluate("jupyterapp.commands.execute('notebook:run-cell')")
        self.wait_for_kernel()
        return self.cells()[index]["outputs"]


@pytest.fixture
def lab(page, student_address):
    return Lab(page, student_address)
