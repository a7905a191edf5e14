"""`init` makes a course folder that stands by itself, and keeps its secret."""

import grp
import json
import multiprocessing
import os
import re
import shutil
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI

sys.path.insert(0, str(Path(__file__).parent))
import students

from autograder.__main__ import main
from autograder.course import Course, Damaged, seed
from autograder.files import replace
from autograder.init import Occupied, init

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = ROOT / "nbgrader_config.py"


@pytest.fixture(autouse=True)
def no_course_in_the_environment(monkeypatch):
    monkeypatch.setenv("RNNKIT_COURSE", "")  # so that it is as before after a command has set it
    monkeypatch.delenv("RNNKIT_COURSE")
    monkeypatch.chdir(ROOT)


def run(*arguments, **environment):
    done = CliRunner().invoke(main, list(map(str, arguments)), env=environment)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
    return done


def snapshot(folder):
    """Everything below a folder: kind, mode, date and bytes."""
    return {path.relative_to(folder): (path.lstat().st_mode, path.lstat().st_mtime_ns,
                                       path.read_bytes() if path.is_file() else None)
            for path in folder.rglob("*")}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("init") / "rnn"
    init(folder, SETTINGS)
    return folder


@pytest.fixture
def copied(made, tmp_path):
    shutil.copytree(made, tmp_path / "rnn")
    return tmp_path / "rnn"


def test_a_course_has_the_repositorys_settings_and_its_own_folder(made, tmp_path, monkeypatch):
    ours, theirs = Course(SETTINGS).config, Course(made / "nbgrader_config.py").config
    assert ours.pop("CourseDirectory").root == str(ROOT / "course")
    assert theirs.pop("CourseDirectory").root == str(made)
    assert ours.pop("ExportPlugin").to == str(ROOT / "course" / "grades.csv")
    assert theirs.pop("ExportPlugin").to == str(made / "grades.csv")
    assert (ours.pop("ExchangeList").root, theirs.pop("ExchangeList").root) == (str(ROOT / "course"), str(made))
    assert ours == theirs
    monkeypatch.setenv("RNNKIT_COURSE", str(tmp_path))
    assert Course(made / "nbgrader_config.py").folder == made


def test_the_gradebook_is_one_that_nbgrader_opens(made):
    with Gradebook(Course(made / "nbgrader_config.py").coursedir.db_url) as gradebook:
        assert gradebook.students == []


def test_the_secret_is_256_bits_that_only_its_owner_reads(made):
    secret = made / "secret"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert seed(Course(made / "nbgrader_config.py")) == int(secret.read_text(), 16) > 2**200


def test_two_courses_have_different_secrets(made, tmp_path):
    init(tmp_path / "other", SETTINGS)
    assert (tmp_path / "other" / "secret").read_text() != (made / "secret").read_text()


def test_a_second_init_changes_nothing_and_says_so(tmp_path):
    first = run("init", tmp_path / "rnn")
    assert first.exit_code == 0 and f"--course {tmp_path / 'rnn'} build" in first.stdout
    before = snapshot(tmp_path)
    again = run("init", tmp_path / "rnn")
    assert again.exit_code == 0 and "Nothing was changed" in again.stdout
    assert snapshot(tmp_path) == before


def test_init_adds_what_is_missing_and_keeps_the_rest(copied):
    (copied / "submitted").rmdir()
    settings = copied / "nbgrader_config.py"
    settings.write_text(settings.read_text() + "\nc.Execute.timeout = 7\n")
    before = snapshot(copied)
    assert init(copied, SETTINGS) == ["submitted"]
    assert {path: seen for path, seen in snapshot(copied).items() if path.name != "submitted"} == before
    assert Course(settings).config.Execute.timeout == 7


def test_init_adopts_the_folder_that_build_wrote(tmp_path):
    (tmp_path / "course" / "source" / "02_doubling").mkdir(parents=True)
    assert "secret" in init(tmp_path / "course", SETTINGS)


@pytest.mark.parametrize("name", ["thesis.tex", "nbgrader_config.py", ".ssh"])
def test_a_folder_that_holds_something_else_is_refused_and_stays_as_it_is(tmp_path, name):
    (tmp_path / name).write_text("mine")
    before = snapshot(tmp_path)
    with pytest.raises(Occupied, match=name):
        init(tmp_path, SETTINGS)
    assert snapshot(tmp_path) == before


def test_the_repository_itself_is_refused():
    refused = run("init", ".")
    assert refused.exit_code == 2 and "name a new folder" in refused.stderr


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "rnn").write_text("mine")
    with pytest.raises(Occupied, match="is a file"):
        init(tmp_path / "rnn", SETTINGS)


def test_a_damaged_secret_is_never_replaced(copied):
    secret = copied / "secret"
    secret.write_text("12")
    with pytest.raises(Damaged, match="backup"):
        seed(Course(copied / "nbgrader_config.py"))
    assert run("init", copied).exit_code == 2
    assert secret.read_text() == "12"


def test_eight_that_ask_at_once_get_one_seed(copied):
    course = Course(copied / "nbgrader_config.py")
    for _ in range(20):
        (copied / "secret").unlink()
        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(seed, [course] * 8))) == 1
    assert [path.name for path in copied.glob(".secret*")] == []


def test_a_command_works_on_the_course_it_is_given(made, tmp_path, monkeypatch):
    root = tmp_path / "root"
    root.mkdir()
    shutil.copy(SETTINGS, root)
    shutil.copytree(ROOT / "solutions" / "00_start_here", root / "solutions" / "00_start_here")
    monkeypatch.chdir(root)
    own, named = tmp_path / "own", tmp_path / "named"
    shutil.copytree(made, own)
    shutil.copytree(made, named)
    assert run("--course", own, "build", RNNKIT_COURSE=str(named)).exit_code == 0
    assert list((named / "source").iterdir()) == []
    assert run("build", RNNKIT_COURSE=str(named)).exit_code == 0
    for folder in (own, named):
        assert [path.name for path in (folder / "source").iterdir()] == ["00_start_here"]
    assert not (root / "course").exists()
    assert run("build").exit_code == 0
    assert (root / "course" / "source" / "00_start_here").exists()


def test_where_there_is_no_course_the_error_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refused = run("build")
    assert refused.exit_code == 2 and "python -m autograder init DIR" in refused.stderr


@pytest.mark.parametrize("command", [["build"], ["collect", "."], ["grade"], ["feedback"], ["export"], ["report"]])
def test_a_mistyped_course_is_no_new_course(made, tmp_path, command):
    shutil.copytree(made, tmp_path / "rnn-2026")
    before = snapshot(tmp_path)
    for refused in (run(*command, RNNKIT_COURSE=str(tmp_path / "rnn-2062")),
                    run("--course", tmp_path / "rnn-2062", *command)):
        assert refused.exit_code == 2
        assert f"Did you mean {tmp_path / 'rnn-2026'}?" in refused.stderr.replace("\n", " ")
    assert snapshot(tmp_path) == before


def test_only_the_build_makes_the_repositorys_own_course_and_closed(tmp_path, monkeypatch):
    shutil.copy(SETTINGS, tmp_path)
    shutil.copytree(ROOT / "solutions" / "00_start_here", tmp_path / "solutions" / "00_start_here")
    monkeypatch.chdir(tmp_path)
    assert run("grade").exit_code == 2 and not (tmp_path / "course").exists()
    assert run("build").exit_code == 0
    assert open_to_others(tmp_path / "course") == []
    assert open_to_others(tmp_path / "lessons") == ["lessons", "lessons/00_start_here",
                                                    "lessons/00_start_here/00_start_here.ipynb"]


def test_asking_for_a_course_leaves_the_environment_alone(made, monkeypatch):
    monkeypatch.delenv("RNNKIT_COURSE", raising=False)
    Course.at(made)
    assert "RNNKIT_COURSE" not in os.environ


# Who may read it


def open_to_others(folder):
    """The paths of a folder that anybody but its owner may read, write or enter."""
    return sorted(str(path.relative_to(folder.parent)) for path in [folder, *folder.rglob("*")]
                  if path.lstat().st_mode & 0o077)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o002, 0o777])
def test_a_course_is_its_owners_alone_whatever_the_umask(tmp_path, umask):
    before = os.umask(umask)
    try:
        init(tmp_path / "rnn", SETTINGS)
    finally:
        os.umask(before)
    assert open_to_others(tmp_path / "rnn") == []


def test_a_group_of_graders_may_do_what_the_owner_may_and_nobody_else_anything(tmp_path):
    group = grp.getgrgid(os.getgroups()[-1] if os.getuid() else grp.getgrnam("users").gr_gid)
    assert run("init", tmp_path / "rnn", "--group", group.gr_name).exit_code == 0
    for path in [tmp_path / "rnn", *(tmp_path / "rnn").iterdir()]:
        assert path.stat().st_gid == group.gr_gid
        assert stat.S_IMODE(path.stat().st_mode) == (0o2770 if path.is_dir() else 0o660), path
    again = run("init", tmp_path / "rnn")
    assert "Nothing was changed" in again.stdout
    replace({tmp_path / "rnn" / "submitted" / "ada" / "later.txt": "hello"})
    later = tmp_path / "rnn" / "submitted" / "ada" / "later.txt"
    assert (later.stat().st_gid, later.parent.stat().st_gid) == (group.gr_gid,) * 2
    assert stat.S_IMODE(later.stat().st_mode) == 0o660 and stat.S_IMODE(later.parent.stat().st_mode) == 0o2770
    config = Course(tmp_path / "rnn" / "nbgrader_config.py").config
    assert (config.CourseDirectory.groupshared, config.BaseConverter.permissions) == (True, 660)


def test_a_group_that_does_not_exist_is_refused_and_nothing_is_made(tmp_path):
    refused = run("init", tmp_path / "rnn", "--group", "no-such-graders")
    assert refused.exit_code == 2 and "no group no-such-graders" in refused.stderr
    assert not (tmp_path / "rnn").exists()


def test_a_course_that_is_open_is_named_by_every_command_and_closed_by_init(copied, tmp_path):
    (tmp_path / "precious").mkdir(mode=0o755)
    (copied / "submitted" / "link").symlink_to(tmp_path / "precious")
    (copied / "source" / "old.ipynb").write_text("{}")
    for path, mode in ((copied, 0o755), (copied / "gradebook.db", 0o644), (copied / "source" / "old.ipynb", 0o444)):
        path.chmod(mode)
    warned = run("--course", copied, "export")
    assert warned.exit_code == 0 and warned.stderr.count("Others on this machine can read") == 1
    assert "who may read it" in run("init", copied).stdout
    assert open_to_others(copied) == ["rnn/submitted/link"]  # the mode of a link says nothing
    assert stat.S_IMODE((tmp_path / "precious").stat().st_mode) == 0o755
    assert "Others" not in run("--course", copied, "export").stderr


@pytest.mark.usefixtures("safe")
@pytest.mark.parametrize(("group", "umask"), [(None, 0o000), (None, 0o077), ("users", 0o022)])
def test_whatever_a_command_writes_is_closed_too(tmp_path, monkeypatch, group, umask):
    folder, lesson = tmp_path / "rnn", students.lessons()["00_start_here"]
    monkeypatch.chdir(tmp_path)
    shutil.copy(SETTINGS, tmp_path)
    shutil.copytree(ROOT / "solutions" / lesson.name, tmp_path / "solutions" / lesson.name)
    (tmp_path / "handed in" / "ada").mkdir(parents=True)
    answered = students.notebook(lesson, students.solved(lesson))
    (tmp_path / "handed in" / "ada" / f"{lesson.name}.ipynb").write_text(json.dumps(answered))
    before = os.umask(umask)
    try:
        assert run("init", folder, *(["--group", group] if group else [])).exit_code == 0
        for command in ("build", "collect handed\tin", "grade", "feedback", "export", "report", "grade --again",
                        "feedback", "export", "report", "build"):
            done = run("--course", folder, *(word.replace("\t", " ") for word in command.split(" ")))
            assert done.exit_code == 0, done.output
    finally:
        os.umask(before)
    with Gradebook(Course(folder / "nbgrader_config.py").coursedir.db_url) as gradebook:
        assert gradebook.find_submission(lesson.name, "ada").score == 1
    written = [folder, *folder.rglob("*")]
    assert {"report.html", "grades.csv", "00_start_here.html", "timestamp.txt"} <= {path.name for path in written}
    if not group:
        assert open_to_others(folder) == []
    for path in written if group else ():
        assert path.stat().st_gid == grp.getgrnam(group).gr_gid, path
        assert stat.S_IMODE(path.stat().st_mode) == (0o2770 if path.is_dir() else 0o660), path


def test_formgrader_writes_under_the_mask_of_its_course(made, tmp_path):
    """The line of the Makefile that starts it, without the server."""
    [line] = re.findall(r"^\t(umask .*);", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for group, mask in ((None, "0077"), ("users", "0007")):
        init(tmp_path / str(group), SETTINGS, group)
        shell = line.replace("$(COURSE)", str(tmp_path / str(group))).replace("$$", "$")
        assert subprocess.run(["sh", "-c", f"{shell}; umask"], capture_output=True, text=True).stdout.strip() == mask


def test_a_gradebook_that_was_lost_is_made_anew_for_all_graders(tmp_path):
    init(tmp_path / "rnn", SETTINGS, "users")
    (tmp_path / "rnn" / "gradebook.db").unlink()
    assert run("--course", tmp_path / "rnn", "export").exit_code == 0
    assert stat.S_IMODE((tmp_path / "rnn" / "gradebook.db").stat().st_mode) == 0o660
    assert (tmp_path / "rnn" / "gradebook.db").group() == "users"


def write_until(folder, stop, number):
    while not stop.value:
        replace({folder / "a.txt": f"{number}" * 100_000, folder / "b.txt": f"{number}" * 10})


def test_files_are_whole_whoever_writes_them_at_once_and_is_killed(tmp_path):
    fork = multiprocessing.get_context("fork")
    stop, folder = fork.Value("b", 0, lock=False), tmp_path / "both"
    replace({folder / "a.txt": "0" * 100_000, folder / "b.txt": "0" * 10})
    writers = [fork.Process(target=write_until, args=(folder, stop, number)) for number in (1, 2, 3)]
    for writer in writers:
        writer.start()
    for _ in range(300):
        seen = (folder / "a.txt").read_text()
        assert len(seen) == 100_000 and len(set(seen)) == 1
    writers[0].kill()
    stop.value = 1
    for writer in writers:
        writer.join(30)
    assert [writer.exitcode for writer in writers] == [-9, 0, 0]
    replace({folder / "a.txt": "4", folder / "b.txt": b"5"})
    assert {path.name: path.read_text() for path in folder.iterdir()} == {"a.txt": "4", "b.txt": "5"}


# nbgrader's exchange


def release(folder, *more, nbgrader=("-m", "nbgrader")):
    return subprocess.run([sys.executable, *nbgrader, "release_assignment", "00_start_here", *more], cwd=folder,
                          capture_output=True, text=True)


@pytest.mark.parametrize("course_id", [[], ["--course", "rnn"]])
def test_nbgraders_release_opens_nothing_and_says_why(copied, course_id):
    (copied / "release" / "00_start_here").mkdir(parents=True)
    modes = {path: path.stat().st_mode for path in [copied, *copied.rglob("*")]}
    done = release(copied, *course_id)
    assert done.returncode != 0 and "has no exchange" in done.stderr and "Traceback" not in done.stderr
    course = Course(copied / "nbgrader_config.py")
    course.coursedir.course_id = "rnn" if course_id else ""
    told = NbGraderAPI(coursedir=course.coursedir, config=course.config).release_assignment("00_start_here")
    assert not told["success"] and "has no exchange" in told["log"]
    assert {path: path.stat().st_mode for path in modes} == modes
    assert not (copied / "rnn").exists()


def test_an_exchange_elsewhere_works(copied, tmp_path):
    (copied / "release" / "00_start_here").mkdir(parents=True)
    (copied / "release" / "00_start_here" / "00_start_here.ipynb").write_text("{}")
    settings = copied / "nbgrader_config.py"
    text = settings.read_text()
    block = text[text.index("c.ExchangeList.root"):text.index("# What a student finds")]
    settings.write_text(text.replace(block, f"""c.CourseDirectory.course_id = "rnn"
c.Exchange.root = "{tmp_path / 'exchange'}"
"""))
    assert release(copied).returncode == 0
    assert (tmp_path / "exchange/rnn/outbound/00_start_here/00_start_here.ipynb").exists()
    assert stat.S_IMODE(copied.stat().st_mode) == 0o700


def test_listing_an_exchange_that_is_off_is_quiet(copied):
    done = subprocess.run([sys.executable, "-m", "nbgrader", "list"], cwd=copied, capture_output=True, text=True)
    assert done.returncode == 0 and "CRITICAL" not in done.stderr


def test_an_older_course_whose_exchange_is_itself_is_named_and_mended(copied):
    settings = copied / "nbgrader_config.py"
    text = settings.read_text()
    block = text[text.index("c.ExchangeList.root"):text.index("# What a student finds")]
    older = text.replace(block, "c.Exchange.root = str(course)\n\n")
    settings.write_text(older + "\nc.Execute.timeout = 7\n")
    copied.chmod(0o777)  # what nbgrader did
    assert "nbgrader's exchange" in run("--course", copied, "export").stderr
    mended = run("init", copied)
    assert "the exchange in nbgrader_config.py" in mended.stdout
    assert run("--course", copied, "export").stderr == ""
    assert Course(settings).config.Execute.timeout == 7
    assert "has no exchange" in release(copied).stderr
    assert stat.S_IMODE(copied.stat().st_mode) == 0o700
