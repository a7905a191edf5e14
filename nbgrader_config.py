"""What nbgrader is told about this course. nbgrader reads it here, and the build reads it too."""

import os
import sys
from pathlib import Path

c = get_config()  # noqa: F821

# Everything about a student lies in the course folder, outside the repository's history:
#   source/      the instructor's edition, written by `python -m autograder build`
#   release/     what `nbgrader generate_assignment` makes of it: byte for byte our lessons/
#   submitted/ autograded/ feedback/ gradebook.db grades.csv
# release/ is not mapped onto lessons/: nbgrader would skip every lesson that is there already and
# leave the gradebook empty, and it deletes the folder of an assignment that it fails to release.
course = Path(os.environ.get("RNNKIT_COURSE") or Path(__file__).resolve().parent / "course").resolve()
c.CourseDirectory.root = str(course)
c.ExportPlugin.to = str(course / "grades.csv")

# The exchange is a folder that students and instructor share on one server. It stays off until the course has a
# name and that folder a path; until then nbgrader looks for it here, and does not complain.
#   c.CourseDirectory.course_id = "rnn"
c.Exchange.root = str(course)

# What a student finds where the instructor's edition has the answer.
c.ClearSolutions.code_stub = {
    "python": "# Your turn: write this part, and delete the next line when you do.\n"
    'raise NotImplementedError("Write this part of the function, then run the cell again.")'
}
c.ClearSolutions.text_stub = "*Your turn: write your answer here, in sentences of your own.*"

# A lesson that hangs or shouts costs a minute and a page, not the class.
c.Execute.timeout = 60
c.LimitOutput.max_lines = 200
c.LimitOutput.max_traceback = 50

# What students wrote is shown in the instructor's browser and in their feedback. It must not run there, nor
# keep everybody waiting.
c.HTMLExporter.preprocessors = ["autograder.marks.pages.Harmless"]

if "jupyter_server.serverapp" in sys.modules:
    from autograder.marks.formgrader import guard

    guard()  # names that are scripts
    # `nbgrader autograde` runs what students wrote with your rights. In Formgrader one click would do it, so not there.
    c.Autograde.exporter_class = "autograder.marks.feedback.NotInFormgrader"

# A warning on stderr is not a wrong answer. nbgrader would give it no points.
c.IgnorePattern.enabled = True
c.IgnorePattern.pattern = ".*"
