"""Who is enrolled is known by any spelling; who is not is named, and so is who handed in nothing."""

import json
import shutil

import pytest
from click.testing import CliRunner
from handing_in import DOUBLING, TRIPLING, became, laid_out, notebook, refusals, submitted, zipped
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI

from autograder.__main__ import main
from autograder.collecting.collect import collect
from autograder.collecting.roster import Roster, attendance
from autograder.course import Course
from autograder.dropping import drop
from autograder.judging.handed_in import handed_in
from autograder.judging.host import Limits
from autograder.judging.judge import not_judged
from autograder.judging.notebook import autograded
from autograder.judging.pool import Settings
from autograder.marks.record import Records

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's own queries


@pytest.fixture(scope="module")
def prepared(built, tmp_path_factory):
    """The course with a gradebook in which nobody is enrolled."""
    root = tmp_path_factory.mktemp("prepared") / "root"
    shutil.copytree(built, root)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("RNNKIT_COURSE", raising=False)
        with Records(course := Course(root / "nbgrader_config.py")) as book:
            for lesson in (DOUBLING, TRIPLING):
                book.register(course.lesson(lesson))
    return root


@pytest.fixture
def course(prepared, tmp_path, monkeypatch):
    monkeypatch.delenv("RNNKIT_COURSE", raising=False)
    shutil.copytree(prepared, tmp_path / "root")
    monkeypatch.setenv("RNNKIT_COURSE", str(tmp_path / "root" / "course"))
    monkeypatch.chdir(tmp_path / "root")
    return Course(tmp_path / "root" / "nbgrader_config.py")


def enroll(course, *ids, **more):
    with Gradebook(course.coursedir.db_url) as gradebook:
        for student in ids:
            gradebook.update_or_create_student(student, **more)


def grade(course, lesson=DOUBLING):
    """Record what was handed in, without judging it; gives the students."""
    lesson = course.lesson(lesson)
    with Records(course) as book:
        tasks = list(handed_in(course, lesson, Settings(7, Limits(), 1)))
        for task in tasks:
            judgement = not_judged(task.student, lesson, "unreadable", "?")
            book.record(judgement, autograded(judgement, None, lesson), lesson, task.fingerprint)
        book.record_missing(lesson)
        return [task.student for task in tasks]


def command(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


MOODLE = "{}_31_assignsubmission_file_/x.ipynb"


@pytest.mark.parametrize(("enrolled", "downloaded"), [
    ("Bela O'Brien", MOODLE.format("Bela O'Brien")), ("Bela O'Brien", MOODLE.format("Bela OBrien")),
    ("Bela O’Brien", MOODLE.format("Bela O’Brien")), ("Bela O'Brien", f"Bela O'Brien_{DOUBLING}.ipynb"),
    ("Lovelace, Ada", "Lovelace, Ada/x.ipynb"), ("Ada (Erasmus)", "Ada (Erasmus)/x.ipynb"),
    ("S1234567", "s1234567.ipynb"), ("Jose\u0301", "Jos\u00e9/x.ipynb"), ("Anna_Lee", MOODLE.format("Anna Lee")),
])
def test_the_enrolled_id_wins_over_its_spelling_in_a_download(course, built, tmp_path, enrolled, downloaded):
    enroll(course, enrolled, "zoe", "yan")
    others = {MOODLE.format(name) if "assignsub" in downloaded else f"{name}.ipynb": notebook(built, says=name)
              for name in ("zoe", "yan")}
    collection = collect(course, zipped(tmp_path / "a.zip", {downloaded: notebook(built, says="here"), **others}))
    assert not refusals(collection)
    assert submitted(course)[f"{enrolled}/{DOUBLING}"] == "here" and len(submitted(course)) == 3
    assert sorted(grade(course)) == sorted([enrolled, "zoe", "yan"])
    with Gradebook(course.coursedir.db_url) as gradebook:
        assert len(gradebook.students) == 3
    assert not attendance(course, [DOUBLING]).unknown and not attendance(course, [DOUBLING]).missing[DOUBLING]


def test_nbgrader_finds_an_id_with_an_apostrophe(course, built, tmp_path):
    enroll(course, "Bela O'Brien (Erasmus)", "zoe")
    files = {f"{name}/x.ipynb": notebook(built, says=name) for name in ("Bela O'Brien (Erasmus)", "zoe")}
    collect(course, zipped(tmp_path / "a.zip", files))
    grade(course)
    api = NbGraderAPI(coursedir=course.coursedir, config=course.config)
    assert api.get_submitted_students(DOUBLING) == {"Bela O'Brien (Erasmus)", "zoe"}
    [found] = [student for student in api.get_students() if student["id"] != "zoe"]
    assert found["id"] == "Bela O'Brien (Erasmus)" and api.get_student_submissions(found["id"])[0]["autograded"]


def test_a_roster_that_comes_late_finds_its_students_in_their_folders(course, built, tmp_path):
    files = {MOODLE.format(name): notebook(built, says=name) for name in ("Bela O'Brien", "Ada", "Alan")}
    collect(course, zipped(tmp_path / "a.zip", files))
    assert f"Bela O_Brien/{DOUBLING}" in submitted(course)
    enroll(course, "Bela O'Brien", "Ada", "Alan")
    files[MOODLE.format("Bela O'Brien")] = (notebook(built, says="later"), (2026, 2, 2, 0, 0, 0))
    collect(course, zipped(tmp_path / "a.zip", files))
    assert submitted(course)[f"Bela O_Brien/{DOUBLING}"] == "later" and len(submitted(course)) == 3
    assert sorted(grade(course)) == ["Ada", "Alan", "Bela O'Brien"]


def test_an_id_that_two_enrolled_could_be_is_nobodys(course, built, tmp_path):
    enroll(course, "Bela O'Brien", "Bela O`Brien")
    assert Roster.of(course).student("Bela O'Brien") == "Bela O'Brien"
    assert Roster.of(course).student("Bela O*Brien") == "Bela O_Brien"
    assert not Roster.of(course).knows("Bela O*Brien")


@pytest.mark.parametrize("enrolled", ["../evil", "<b>x</b>", "a/b", ".hidden", "x\ny", "{x}", "*"])
def test_an_enrolled_id_that_can_be_no_folder_makes_none(course, built, tmp_path, enrolled):
    enroll(course, enrolled)
    collect(course, laid_out(tmp_path / "class", {f"{enrolled.replace('/', '_')}_{DOUBLING}.ipynb": notebook(built)}))
    assert not any(student.startswith(enrolled) for student in submitted(course))


@pytest.mark.parametrize("names", [["lesson-03-ada", "lesson-03-alan", "lesson-03-zoe"], ["submission_290000000"],
                                   ["Group A-Bela Tan", "Group A-Ada Lo"], ["Participant"], ["12345 Ada - x"]])
@pytest.mark.parametrize("pattern", [MOODLE, "{}/x.ipynb", "class/{}/x.ipynb"])
def test_an_id_that_is_enrolled_is_never_refused(course, built, tmp_path, names, pattern):
    enroll(course, *names)
    shown = [name.replace("_", " ") if pattern == MOODLE else name for name in names]
    files = {pattern.format(name): notebook(built, says=f"{n}") for n, name in enumerate(shown)}
    assert not refusals(collect(course, zipped(tmp_path / "a.zip", files)))
    assert set(submitted(course)) == {f"{name}/{DOUBLING}" for name in names}


def test_one_folder_with_notebooks_in_it_is_a_class_if_the_roster_says_so(course, built, tmp_path):
    enroll(course, "ada", "alan")
    collect(course, zipped(tmp_path / "a.zip", {"2026/ada.ipynb": notebook(built), "2026/alan.ipynb": notebook(built)}))
    assert set(submitted(course)) == {f"ada/{DOUBLING}", f"alan/{DOUBLING}"}


def test_who_is_not_enrolled_is_named_and_who_handed_in_nothing(course, built, tmp_path):
    enroll(course, *(f"s{n:03}" for n in range(300)))
    files = {f"{20001 + n}.ipynb": notebook(built, says=f"{n}") for n in range(290)}
    folder = laid_out(tmp_path / "class", files)
    said = command("collect", folder).stdout
    assert "290 of 290 are not enrolled: 20001, 20002, 20003, 20004, 20005 and 285 more\n" in said
    assert f"300 of 300 enrolled handed in nothing of {DOUBLING}: s000, s001, s002, s003, s004 and 295 more\n" in said
    roster = json.loads(command("collect", folder, "--json").stdout)["roster"]
    assert (roster["enrolled"], roster["handed_in"], len(roster["unknown"])) == (300, 290, 290)
    assert len(roster["missing"][DOUBLING]) == 300


def test_a_typo_is_asked_about(course, built, tmp_path):
    enroll(course, "s9998", "s1234", "s5678")
    files = {name: notebook(built, says=name) for name in (f"s9999_{DOUBLING}.ipynb", f"s1234_{DOUBLING}.ipynb")}
    said = command("collect", laid_out(tmp_path / "class", files))
    assert "1 of 2 are not enrolled: s9999 (did you mean s9998?)" in said.stdout and said.exit_code == 0
    assert f"2 of 3 enrolled handed in nothing of {DOUBLING}: s5678, s9998\n" in said.stdout
    assert set(submitted(course)) == {f"s9999/{DOUBLING}", f"s1234/{DOUBLING}"}


def test_whoever_is_all_there_is_not_spoken_of(course, built, tmp_path):
    enroll(course, "ada")
    said = command("collect", laid_out(tmp_path / "class", {f"ada_{DOUBLING}.ipynb": notebook(built)})).stdout
    assert "enrolled" not in said


def test_without_a_roster_that_is_said_once(course, built, tmp_path):
    files = {f"{name}_{lesson}.ipynb": notebook(built, lesson) for name in ("ada", "alan")
             for lesson in (DOUBLING, TRIPLING)}
    said = command("collect", laid_out(tmp_path / "class", files)).stdout
    assert said.count("Nobody is enrolled") == 1 and "not enrolled:" not in said


def test_to_hand_in_is_not_to_enroll(course, built, tmp_path):
    enroll(course, "ada")
    files = {f"{name}.ipynb": notebook(built, says=name) for name in ("ada", "mallory")}
    collect(course, laid_out(tmp_path / "class", files))
    assert sorted(grade(course)) == ["ada", "mallory"]
    assert Roster.of(course).ids == {"ada"} and attendance(course, [DOUBLING]).unknown == ["mallory"]
    enroll(course, "mallory", first_name="Mallory")
    assert Roster.of(course).ids == {"ada", "mallory"}


def test_a_newcomer_who_is_removed_may_come_again(course, built, tmp_path):
    collect(course, laid_out(tmp_path / "class", {"ada.ipynb": notebook(built)}))
    grade(course)
    with Gradebook(course.coursedir.db_url) as gradebook:
        gradebook.remove_student("ada")
    assert grade(course) == ["ada"] and Roster.of(course).ids == frozenset()


def test_a_dropped_student_is_left_out_by_any_spelling_and_can_be_enrolled_again(course, built, tmp_path):
    enroll(course, "Bela O'Brien", "zoe")
    files = {MOODLE.format(name): notebook(built, says=name) for name in ("Bela OBrien", "zoe", "Mallory")}
    archive = zipped(tmp_path / "a.zip", files)
    collect(course, archive)
    grade(course)
    for student in ("Bela O'Brien", "Mallory"):
        drop(course, student)
    collection = collect(course, archive)
    assert [became(collection)[file] for file in files] == ["dropped", "unchanged", "dropped"]
    assert set(submitted(course)) == {f"zoe/{DOUBLING}"}
    enroll(course, "Bela O'Brien", "Mallory")
    collect(course, archive)
    assert len(submitted(course)) == 3 and Roster.of(course).ids == {"Bela O'Brien", "zoe", "Mallory"}


def test_an_empty_folder_is_nothing_handed_in(course):
    enroll(course, "ada")
    course.path("submitted", "ada", DOUBLING).mkdir(parents=True)
    assert attendance(course, [DOUBLING]).missing == {DOUBLING: ["ada"]}


def test_grade_says_it_too(course, built, tmp_path, monkeypatch):
    monkeypatch.setattr("autograder.grade.grade", lambda *given: [])
    enroll(course, "ada", "s9998")
    collect(course, laid_out(tmp_path / "class", {"ada.ipynb": notebook(built), "s9999.ipynb": notebook(built)}))
    said = command("grade")
    assert "1 of 2 are not enrolled: s9999 (did you mean s9998?)\n" in said.stdout
    assert f"1 of 2 enrolled handed in nothing of {DOUBLING}: s9998\n" in said.stdout
    said = command("grade", "--json")
    assert json.loads(said.stdout) == [] and "1 of 2 are not enrolled" in said.stderr


def test_a_name_of_the_rosters_does_not_reach_the_terminal_as_it_is(course, built, tmp_path):
    enroll(course, "ada", "\x1b[31mred")
    said = command("collect", laid_out(tmp_path / "class", {"ada.ipynb": notebook(built)})).stdout
    assert "\x1b" not in said and "\\x1b[31mred" in said
