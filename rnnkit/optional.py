"""Optional packages, such as PyTorch and Keras: import one, or say how to install it."""

import importlib
import os

INSTALL = {"torch": "torch==2.13.0"}  # tests/setup holds it against constraints.txt


def available(package):
    """Import a package and return it. Where it is missing, print how to install it and return None.

    A lesson writes `if torch := available("torch"):`, so a cell does its work or says what is missing, and the lesson
    goes on. Keras is told to compute with PyTorch unless the environment variable KERAS_BACKEND says otherwise.

    package: a name, as in an import statement.
    """
    if package == "keras":
        os.environ.setdefault("KERAS_BACKEND", "torch")
    try:
        return importlib.import_module(package)
    except ImportError:
        print(missing(package))
        return None


def missing(package):
    """The sentence that tells a person whose kernel lacks a package how to install it."""
    return (f"This needs {package}, which this kernel does not have. Run %pip install {INSTALL.get(package, package)} "
            f"in a cell and restart the kernel. Whatever needs only NumPy goes on working without it.")
