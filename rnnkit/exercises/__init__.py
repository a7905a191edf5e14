"""The exercises, one file a lesson."""

from rnnkit.exercises import lesson_00, lesson_01, lesson_02, lesson_03, lesson_06, lesson_07, lesson_08, lesson_09

LESSONS = {0: lesson_00, 1: lesson_01, 2: lesson_02, 3: lesson_03, 6: lesson_06, 7: lesson_07, 8: lesson_08,
           9: lesson_09}
EXERCISES = {exercise.name: exercise for lesson in LESSONS.values() for exercise in lesson.EXERCISES}


def find(name):
    """The exercise of that name. Raises ValueError, listing all names, where there is none."""
    if name not in EXERCISES:
        raise ValueError(f"There is no exercise called {name!r}. There are: {', '.join(EXERCISES)}.")
    return EXERCISES[name]
