"""What nbgrader is told about this course. nbgrader reads it here, and the build reads it too."""

import os
import sys
from importlib.util import find_spec
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

# Marks are for their owner alone; in a folder that `init --group` gave to a group of graders, for all of these.
together = course.is_dir() and course.stat().st_mode & 0o2070 == 0o2070
c.CourseDirectory.groupshared = together
c.BaseConverter.permissions = 660 if together else 600

# The exchange is a folder that students and instructor share on one server, and that nbgrader opens to everybody. It
# is off: nbgrader finds nothing in it, does not complain, and releases nothing. To switch it on, name the course and a
# folder that has nothing to do with this one, and take the rest out:
#   c.CourseDirectory.course_id = "rnn"
#   c.Exchange.root = "/srv/nbgrader/exchange"
c.ExchangeList.root = str(course)
if find_spec("autograder"):
    c.ExchangeFactory.release_assignment = "autograder.exchange.Off"

# What a student finds where the instructor's edition has the answer.
c.ClearSolutions.code_stub = {
    "python": "# Your turn: write this part, and delete the next line when you do.\n"
    'raise NotImplementedError("Write this part of the function, then run the cell again.")'
}
c.ClearSolutions.text_stub = """<div style="background: #FFFDF5; color: #1A1A1A; border: 1px solid #BDBDBD; \
border-left: 8px solid #56B4E9; padding: 0.5em 1.5em 2em">

*Your turn. Double-click here, press Enter, and write over this line in your own words. Shift + Enter shows them.*

</div>"""

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
