"""The exercises, one module for each lesson: `lesson_NN` lists its own in EXERCISES."""

import pkgutil
from importlib import import_module

LESSONS = {int(module.name.removeprefix("lesson_")): import_module(f"{__name__}.{module.name}")
           for module in pkgutil.iter_modules(__path__) if module.name.startswith("lesson_")}
EXERCISES = {exercise.name: exercise for lesson in LESSONS.values() for exercise in lesson.EXERCISES}


def find(name):
    """The exercise of that name. Raises ValueError, listing all names, where there is none."""
    if name not in EXERCISES:
        raise ValueError(f"There is no exercise called {name!r}. There are: {', '.join(EXERCISES)}.")
    return EXERCISES[name]
