"""`init` makes a course folder that stands by itself, and keeps its secret."""

import shutil
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner
from nbgrader.api import Gradebook

from autograder.__main__ import main
from autograder.course import Course, Damaged, seed
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
    assert ours.pop("CourseDirectory") == {"root": str(ROOT / "course")}
    assert theirs.pop("CourseDirectory") == {"root": str(made)}
    assert ours.pop("ExportPlugin").to == str(ROOT / "course" / "grades.csv")
    assert theirs.pop("ExportPlugin").to == str(made / "grades.csv")
    assert (ours.pop("Exchange").root, theirs.pop("Exchange").root) == (str(ROOT / "course"), str(made))
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
    own, named, without = (tmp_path / name for name in ("own", "named", "without"))
    shutil.copytree(made, own)
    assert run("--course", own, "build", RNNKIT_COURSE=str(named)).exit_code == 0
    assert run("build", RNNKIT_COURSE=str(named)).exit_code == 0
    assert run("--course", without, "build").exit_code == 0
    for folder in (own, named, without):
        assert [path.name for path in (folder / "source").iterdir()] == ["00_start_here"]
    assert not (root / "course").exists()
    monkeypatch.delenv("RNNKIT_COURSE")
    assert run("build").exit_code == 0
    assert (root / "course" / "source" / "00_start_here").exists()


def test_where_there_is_no_course_the_error_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refused = run("build")
    assert refused.exit_code == 2 and "python -m autograder init DIR" in refused.stderr
