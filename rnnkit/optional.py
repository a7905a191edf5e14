"""Packages that some cells need and that a kernel may lack."""

import importlib
import os

INSTALL = {"torch": "torch==2.13.0"}


def available(package):
    """The package, imported; or None, and a line that says what to do.

    Written for `if torch := available("torch"):` in a lesson: the cell does its work or says what is missing, and the
    lesson goes on. Keras is told to compute with PyTorch unless the environment variable KERAS_BACKEND says otherwise.
    """
    if package == "keras":
        os.environ.setdefault("KERAS_BACKEND", "torch")
    try:
        return importlib.import_module(package)
    except ImportError:
        print(missing(package))
        return None


def missing(package):
    """What to tell a person whose kernel lacks a package."""
    return (f"This needs {package}, which this kernel does not have. Run %pip install {INSTALL.get(package, package)} "
            f"in a cell and restart the kernel. Whatever needs only NumPy goes on working without it.")
