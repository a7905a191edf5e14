"""What was handed in arrives where nbgrader looks for it, whoever packed it; and nothing else arrives anywhere."""

import io
import json
import os
import re
import shutil
import socket
import stat
import struct
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from nbgrader.apps.api import NbGraderAPI

from autograder import archive
from autograder.build import build_lessons
from autograder.collect import collect
from autograder.lesson import Course

ROOT = Path(__file__).resolve().parents[2]
DOUBLING, TRIPLING = "02_doubling", "03_tripling"
NOON = (2026, 1, 31, 12, 0, 0)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A repository with two lessons, and its course folder."""
    root = tmp_path_factory.mktemp("built")
    shutil.copy(ROOT / "nbgrader_config.py", root)
    text = Path(__file__).with_name("doubling.txt").read_text(encoding="utf-8")
    edits = {DOUBLING: text, TRIPLING: text.replace("double", "triple").replace('"why"', '"why-three"')}
    for name, source in edits.items():
        (root / "solutions" / name).mkdir(parents=True)
        (root / "solutions" / name / f"{name}.py").write_text(source, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("RNNKIT_COURSE", raising=False)
        build_lessons(root)
    return root


@pytest.fixture
def course(built, tmp_path, monkeypatch):
    """A course, and beside it something precious. After the test nothing has changed outside submitted/."""
    monkeypatch.delenv("RNNKIT_COURSE", raising=False)
    monkeypatch.chdir(tmp_path)
    root = tmp_path / "root"
    shutil.copytree(built, root)
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "marks.csv").write_text("ada,100\n")
    course = Course(root / "nbgrader_config.py")
    course.untouched = lambda: (snapshot(root, course.folder / "submitted"), snapshot(tmp_path / "precious"),
                                sorted(path.name for path in tmp_path.parent.iterdir()))
    before = course.untouched()
    yield course
    assert course.untouched() == before
    assert not [path for path in Path("/").glob("evil*")]


def snapshot(folder, without=None):
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")
            if path != without and without not in path.parents}


def notebook(built, lesson=DOUBLING, says="x + x"):
    """A student's file: the lesson as it was given out, and something of the student's own."""
    text = (built / "lessons" / lesson / f"{lesson}.ipynb").read_text(encoding="utf-8")
    assert "copy nothing" in text
    return text.replace("copy nothing", says).encode()


def zipped(path, files):
    """files: name (or a ZipInfo) -> bytes, or (bytes, date)."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in files.items():
            data, date = data if isinstance(data, tuple) else (data, NOON)
            if not isinstance(name, zipfile.ZipInfo):
                name = zipfile.ZipInfo(name, date)
                name.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(name, data)
    return path


def laid_out(folder, files):
    for name, data in files.items():
        data, date = data if isinstance(data, tuple) else (data, NOON)
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, (datetime(*date, tzinfo=UTC).timestamp(),) * 2)
    return folder


def submitted(course):
    """student/lesson -> what the notebook says, of everything that lies in submitted/."""
    found = {}
    for path in (course.folder / "submitted").rglob("*"):
        parts = path.relative_to(course.folder / "submitted").parts
        assert len(parts) < 3 or parts[2] in (f"{parts[1]}.ipynb", "timestamp.txt"), path
        if path.suffix == ".ipynb":
            found["/".join(parts[:2])] = re.search(r"# (.*?)\\n", path.read_text(encoding="utf-8").split("Twice")[1])[1]
    return found


def dates(course):
    return {path.parent.parent.name: path.read_text() for path in (course.folder / "submitted").rglob("timestamp.txt")}


def became(collection):
    return {outcome.file: outcome.status for outcome in collection.outcomes}


def refusals(collection):
    return {outcome.file: outcome.why for outcome in collection.outcomes if outcome.status == "refused"}


# Layouts


def test_canvas(course, built, tmp_path):
    collection = collect(course, zipped(tmp_path / "a.zip", {
        f"lovelaceada_101_9001_{DOUBLING}.ipynb": notebook(built, says="first"),
        f"lovelaceada_101_9002_{DOUBLING}-1.ipynb": notebook(built, says="second"),
        f"turingalan_LATE_102_9003_{TRIPLING}-3.ipynb": notebook(built, TRIPLING, "late"),
        f"groß_103_9004_{DOUBLING}.ipynb": notebook(built, says="umlaut"),
        f"प्रिया_105_9008_{DOUBLING}.ipynb": notebook(built, says="marks"),
        "hopper_104_9005_my_homework_2_3_final.ipynb": notebook(built, TRIPLING, "renamed"),
        f"anon_Ab3xY_9006_{DOUBLING}.ipynb": notebook(built, says="anonymous"),
        f"LATE_anon_Zz9_9007_{DOUBLING}.ipynb": notebook(built, says="anonymous and late"),
    }))
    assert collection.layout == "Canvas's download of submissions" and not refusals(collection)
    assert submitted(course) == {
        f"101/{DOUBLING}": "second", f"102/{TRIPLING}": "late", f"103/{DOUBLING}": "umlaut",
        f"105/{DOUBLING}": "marks", f"104/{TRIPLING}": "renamed", f"anon_Ab3xY/{DOUBLING}": "anonymous",
        f"anon_Zz9/{DOUBLING}": "anonymous and late",
    }
    assert became(collection)[f"lovelaceada_101_9001_{DOUBLING}.ipynb"] == "older"


def test_canvas_takes_the_last_upload_whatever_the_dates_in_the_zip(course, built, tmp_path):
    collect(course, zipped(tmp_path / "a.zip", {
        f"ada_1_9002_{DOUBLING}.ipynb": (notebook(built, says="later upload"), (2026, 1, 1, 0, 0, 0)),
        f"ada_1_9001_{DOUBLING}-1.ipynb": (notebook(built, says="earlier upload"), (2026, 1, 2, 0, 0, 0)),
    }))
    assert submitted(course) == {f"1/{DOUBLING}": "later upload"}


def test_a_name_with_an_underscore_cannot_pass_for_another_student_of_canvas(course, built, tmp_path):
    collection = collect(course, zipped(tmp_path / "a.zip", {
        f"ada_1_9001_{DOUBLING}.ipynb": notebook(built, says="mine"),
        f"alan_2_9002_{DOUBLING}.ipynb": notebook(built, says="mine too"),
        f"_1_99_3_9003_{DOUBLING}.ipynb": notebook(built, says="forged"),
    }))
    assert list(refusals(collection)) == [f"_1_99_3_9003_{DOUBLING}.ipynb"]
    assert submitted(course) == {f"1/{DOUBLING}": "mine", f"2/{DOUBLING}": "mine too"}


@pytest.mark.parametrize("between", ["_assignsubmission_file/", "_assignsubmission_file_/", "_assignsubmission_file_",
                                     "_assignsubmission_file/week 2/"])
def test_moodle(course, built, tmp_path, between):
    collection = collect(course, zipped(tmp_path / "a.zip", {
        f"Ada Lovelace_31{between}{DOUBLING}.ipynb": notebook(built, says="ada"),
        f"José Núñez_32{between}Lösung.ipynb": notebook(built, TRIPLING, "josé"),
        "Ada Lovelace_31_assignsubmission_onlinetext/onlinetext.html": b"see the file",
    }))
    assert collection.layout == "Moodle's download of all submissions"
    assert submitted(course) == {f"Ada Lovelace/{DOUBLING}": "ada", f"José Núñez/{TRIPLING}": "josé"}


def test_two_students_of_moodle_with_one_name_are_refused(course, built, tmp_path):
    collection = collect(course, zipped(tmp_path / "a.zip", {
        f"Li Wei_31_assignsubmission_file/{DOUBLING}.ipynb": notebook(built, says="one"),
        f"Li Wei_32_assignsubmission_file/{DOUBLING}.ipynb": notebook(built, says="two"),
        f"Ada_33_assignsubmission_file/{DOUBLING}.ipynb": notebook(built, says="ada"),
    }))
    whys = list(refusals(collection).values())
    assert len(whys) == 2 and all("Li Wei 31, Li Wei 32" in why for why in whys)
    assert submitted(course) == {f"Ada/{DOUBLING}": "ada"}


def test_a_class_that_moodle_made_anonymous_is_refused_in_a_few_words(course, built, tmp_path):
    collection = collect(course, zipped(tmp_path / "a.zip", {
        f"Participant_{i}_assignsubmission_file/{DOUBLING}.ipynb": notebook(built) for i in range(50)}))
    assert len(refusals(collection)) == 50 and max(map(len, refusals(collection).values())) < 150


def test_nbgraders_exchange(course, built, tmp_path):
    early, late = "2026-01-31 11:00:00.000001 UTC", "2026-01-31 13:30:00.500000 +0100"
    collection = collect(course, laid_out(tmp_path / "inbound", {
        f"ada+{DOUBLING}+{early}+Zm9v/{DOUBLING}.ipynb": notebook(built, says="early"),
        f"ada+{DOUBLING}+{late}+YmFy/{DOUBLING}.ipynb": notebook(built, says="late"),
        f"ada+{DOUBLING}+{late}+YmFy/scratch.ipynb": (notebook(built, says="scratch"), (2027, 1, 1, 0, 0, 0)),
        f"ada+{DOUBLING}+{late}+YmFy/timestamp.txt": late.encode(),
        f"ada+{DOUBLING}+{late}+YmFy/picture.png": b"PNG",
        f"alan+{TRIPLING}+{early}/{TRIPLING}.ipynb": notebook(built, TRIPLING, "alan"),
        f"alan+09_other+{early}/09_other.ipynb": notebook(built, TRIPLING, "alan"),
    }))
    assert collection.layout == "nbgrader's exchange"
    assert submitted(course) == {f"ada/{DOUBLING}": "late", f"alan/{TRIPLING}": "alan"}
    assert dates(course)["ada"] == "2026-01-31 12:30:00.500000 UTC"
    assert "does not have" in refusals(collection).pop(f"alan+09_other+{early}/09_other.ipynb")
    assert became(collection)[f"ada+{DOUBLING}+{late}+YmFy/picture.png"] == "ignored"


def test_nbgraders_folder_of_submissions(course, built, tmp_path):
    collection = collect(course, laid_out(tmp_path / "submitted", {
        f"ada/{DOUBLING}/{DOUBLING}.ipynb": notebook(built, says="ada"),
        f"ada/{DOUBLING}/timestamp.txt": b"2026-01-30 08:00:00 UTC",
        f"alan/{TRIPLING}/{TRIPLING}.ipynb": notebook(built, TRIPLING, "alan"),
        f"alan/{TRIPLING}/timestamp.txt": b"yesterday",
    }))
    assert collection.layout == "nbgrader's folder of submissions" and not refusals(collection)
    assert submitted(course) == {f"ada/{DOUBLING}": "ada", f"alan/{TRIPLING}": "alan"}
    assert dates(course) == {"ada": "2026-01-30 08:00:00.000000 UTC", "alan": "2026-01-31 12:00:00.000000 UTC"}


@pytest.mark.parametrize("pack", [zipped, laid_out])
@pytest.mark.parametrize("top", ["", "class of 2026/"])
def test_a_folder_for_each_student(course, built, tmp_path, pack, top):
    collection = collect(course, pack(tmp_path / "class", {
        f"{top}ada/homework.ipynb": notebook(built, says="ada"),
        f"{top}alan/{TRIPLING} (1).ipynb.txt": notebook(built, TRIPLING, "alan"),
        f"{top}alan/.ipynb_checkpoints/{TRIPLING}-checkpoint.ipynb": notebook(built, TRIPLING, "checkpoint"),
        f"{top}alan/notes.txt": b"notes",
    }))
    assert collection.layout == "a plain folder" and not refusals(collection)
    assert submitted(course) == {f"ada/{DOUBLING}": "ada", f"alan/{TRIPLING}": "alan"}


@pytest.mark.parametrize("pack", [zipped, laid_out])
def test_a_file_for_each_student(course, built, tmp_path, pack):
    collection = collect(course, pack(tmp_path / "class", {
        "ada.ipynb": notebook(built, says="ada"),
        f"alan_{TRIPLING}.ipynb": notebook(built, TRIPLING, "alan"),
        f"grace-{TRIPLING}-Copy1.ipynb": notebook(built, TRIPLING, "grace"),
        f"{DOUBLING}.ipynb": notebook(built, says="nobody"),
        "README.md": b"hello",
    }))
    assert submitted(course) == {f"ada/{DOUBLING}": "ada", f"alan/{TRIPLING}": "alan", f"grace/{TRIPLING}": "grace"}
    assert refusals(collection) == {f"{DOUBLING}.ipynb": "names no student",
                                    "README.md": "is no notebook: expected a file that ends in .ipynb"}


@pytest.mark.parametrize("odd", ["ada_1_9001_x.ipynb", "Ada_1_assignsubmission_file/x.ipynb",
                                 f"ada+{DOUBLING}+2026-01-31 11:00:00 UTC/x.ipynb"])
def test_a_file_from_elsewhere_is_refused_among_plain_ones(course, built, tmp_path, odd):
    files = {"zoe.ipynb": notebook(built, says="zoe"), "yan.ipynb": notebook(built, says="yan"), odd: notebook(built)}
    only_the_good(course, collect(course, laid_out(tmp_path / "class", files)), odd)


def test_a_single_folder_that_could_be_a_student_or_a_class_is_refused(course, built, tmp_path):
    collection = collect(course, zipped(tmp_path / "a.zip", {
        "2026/ada.ipynb": notebook(built, says="ada"), "2026/alan.ipynb": notebook(built, says="alan")}))
    assert "is that a student, or a class?" in refusals(collection)[str(tmp_path / "a.zip")]
    assert submitted(course) == {}


def test_nbgrader_finds_who_handed_in(course, built, tmp_path):
    collect(course, zipped(tmp_path / "a.zip", {
        f"{name}/{DOUBLING}.ipynb": notebook(built) for name in ("ada", "José Núñez", "प्रिया", "a*b[c]", "x@y.org")}))
    api = NbGraderAPI(coursedir=course.coursedir, config=course.config)
    assert api.get_submitted_students(DOUBLING) == {"ada", "José Núñez", "प्रिया", "a_b_c_", "x@y.org"}


# Which lesson, which file, which student


def test_option_lesson_is_for_notebooks_that_do_not_say(course, built, tmp_path):
    files = {"ada.ipynb": b"broken", f"alan_{TRIPLING}.ipynb": notebook(built, TRIPLING), "grace.ipynb": b"{}"}
    collection = collect(course, laid_out(tmp_path / "class", files))
    assert all("could be any lesson" in refusals(collection)[name] for name in ("ada.ipynb", "grace.ipynb"))
    collection = collect(course, tmp_path / "class", DOUBLING)
    assert refusals(collection) == {f"alan_{TRIPLING}.ipynb": f"is called {TRIPLING}, and --lesson says {DOUBLING}"}
    assert (course.path("submitted", "ada", DOUBLING) / f"{DOUBLING}.ipynb").read_bytes() == b"broken"


def test_a_notebook_with_cells_of_two_lessons_is_refused(course, built, tmp_path):
    both = notebook(built) + notebook(built, TRIPLING)
    collection = collect(course, laid_out(tmp_path / "class", {"ada/x.ipynb": both, "alan/x.ipynb": notebook(built)}))
    assert f"cells of {DOUBLING} and {TRIPLING}" in refusals(collection)["ada/x.ipynb"]


def test_a_grade_id_in_the_text_of_a_cell_says_nothing(course, built, tmp_path):
    cell = {"cell_type": "markdown", "metadata": {}, "source": '"grade_id": "double"'}
    text = json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()
    collection = collect(course, laid_out(tmp_path / "class", {"ada/x.ipynb": text}))
    assert "ada" not in str(submitted(course)) and len(refusals(collection)) == 1


def test_the_latest_file_of_a_student_counts_and_the_older_is_named(course, built, tmp_path):
    files = {"ada/a.ipynb": (notebook(built, says="new"), (2026, 2, 2, 0, 0, 0)),
             "ada/b.ipynb": (notebook(built, says="old"), (2026, 2, 1, 0, 0, 0)), "alan/a.ipynb": notebook(built)}
    collection = collect(course, laid_out(tmp_path / "class", files))
    assert became(collection) == {"ada/a.ipynb": "collected", "ada/b.ipynb": "older", "alan/a.ipynb": "collected"}
    assert submitted(course)[f"ada/{DOUBLING}"] == "new"


def test_two_different_files_of_one_date_are_refused(course, built, tmp_path):
    files = {"ada/a.ipynb": notebook(built, says="a"), "ada/b.ipynb": notebook(built, says="b"),
             "alan/a.ipynb": notebook(built, says="same"), "alan/b.ipynb": notebook(built, says="same")}
    collection = collect(course, laid_out(tmp_path / "class", files))
    assert set(refusals(collection)) == {"ada/a.ipynb", "ada/b.ipynb"}
    assert submitted(course) == {f"alan/{DOUBLING}": "same"}


def test_where_the_latest_cannot_be_read_the_one_before_counts(course, built, tmp_path):
    path = zipped(tmp_path / "a.zip", {f"ada_1_8_{DOUBLING}.ipynb": notebook(built, says="whole"),
                                       f"ada_1_9_{DOUBLING}-1.ipynb": notebook(built, says="damaged")})
    damage(path, f"ada_1_9_{DOUBLING}-1.ipynb")
    collection = collect(course, path)
    assert became(collection)[f"ada_1_8_{DOUBLING}.ipynb"] == "collected" and len(refusals(collection)) == 1


def test_collecting_again_changes_nothing(course, built, tmp_path):
    files = {"ada.ipynb": notebook(built), f"alan_{TRIPLING}.ipynb": notebook(built, TRIPLING)}
    folder = laid_out(tmp_path / "class", files)
    collect(course, folder)
    before = {path: path.lstat().st_mtime_ns for path in (course.folder / "submitted").rglob("*")}
    again = collect(course, folder)
    assert set(became(again).values()) == {"unchanged"}
    assert {path: path.lstat().st_mtime_ns for path in (course.folder / "submitted").rglob("*")} == before


def test_a_later_file_replaces_and_an_older_one_does_not(course, built, tmp_path):
    def hand_in(says, day):
        return became(collect(course, zipped(tmp_path / f"{day}.zip", {"ada.ipynb": (notebook(built, says=says),
                                                                                     (2026, 2, day, 0, 0, 0))})))

    assert hand_in("first", 2) == {"ada.ipynb": "collected"}
    assert hand_in("second", 4) == {"ada.ipynb": "replaced"}
    assert hand_in("between", 3) == {"ada.ipynb": "kept"}
    assert submitted(course) == {f"ada/{DOUBLING}": "second"}
    assert dates(course) == {"ada": "2026-02-04 00:00:00.000000 UTC"}


def test_a_submission_that_is_not_in_the_archive_stays(course, built, tmp_path):
    collect(course, laid_out(tmp_path / "one", {"ada.ipynb": notebook(built, says="ada")}))
    collect(course, laid_out(tmp_path / "two", {"alan.ipynb": notebook(built, says="alan")}))
    assert submitted(course) == {f"ada/{DOUBLING}": "ada", f"alan/{DOUBLING}": "alan"}


@pytest.mark.parametrize("names", [("Jose\u0301", "Jos\u00e9"), ("Ada", "ada"), ("a/b", "a?b"), ("ﬁona", "fiona")])
def test_students_whose_ids_would_be_one_are_refused(course, built, tmp_path, names):
    first, second = (name.replace("/", "*") for name in names)
    collection = collect(course, zipped(tmp_path / "a.zip", {
        f"{first}/x.ipynb": notebook(built, says="one"), f"{second}/x.ipynb": notebook(built, says="two"),
        "grace/x.ipynb": notebook(built, says="grace")}))
    assert set(refusals(collection)) == {f"{first}/x.ipynb", f"{second}/x.ipynb"}
    assert submitted(course) == {f"grace/{DOUBLING}": "grace"}


def test_a_student_who_differs_from_one_in_the_course_only_by_case_is_refused(course, built, tmp_path):
    collect(course, laid_out(tmp_path / "one", {"Ada.ipynb": notebook(built, says="Ada")}))
    collection = collect(course, laid_out(tmp_path / "two", {"ada.ipynb": notebook(built, says="ada")}))
    assert "Ada, ada" in refusals(collection)["ada.ipynb"]


@pytest.mark.parametrize(("name", "student"), [(".hidden", "hidden"), ("-rf", "rf"), ("a+b", "a_b"), ("{x}", "_x_"),
                                               ("$(id)", "__id_"), ("<b>", "_b_"), ("ab:c", "ab_c"), (" a  b ", "a b"),
                                               ("Jose\u0301", "Jos\u00e9")])
def test_a_students_name_becomes_a_safe_id(course, built, tmp_path, name, student):
    collect(course, zipped(tmp_path / "a.zip", {f"{name}/x.ipynb": notebook(built, says="here"),
                                                "zoe/x.ipynb": notebook(built, says="zoe")}))
    assert submitted(course) == {f"{student}/{DOUBLING}": "here", f"zoe/{DOUBLING}": "zoe"}


@pytest.mark.parametrize("name", ["...", " ", "x" * 101, "?*", "é" * 101])
def test_a_name_that_can_be_no_id_is_refused(course, built, tmp_path, name):
    collection = collect(course, zipped(tmp_path / "a.zip", {f"{name}/x.ipynb": notebook(built),
                                                             "zoe/x.ipynb": notebook(built, says="zoe")}))
    assert set(refusals(collection)) == {f"{name}/x.ipynb"} and submitted(course) == {f"zoe/{DOUBLING}": "zoe"}


# Hostile archives


def damage(path, name):
    """Flip a byte in the packed text of an entry."""
    with zipfile.ZipFile(path) as file:
        info = file.getinfo(name)
    data = bytearray(path.read_bytes())
    data[info.header_offset + 30 + len(name.encode()) + info.compress_size // 2] ^= 0xFF
    path.write_bytes(data)


def special(name, mode=0, **changes):
    info = zipfile.ZipInfo(name, NOON)
    info.create_system, info.external_attr = 3, mode << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    for key, value in changes.items():
        setattr(info, key, value)
    return info


def with_a_good_one(built, **files):
    return {"zoe/x.ipynb": notebook(built, says="zoe"), "yan/x.ipynb": notebook(built, says="yan"), **files}


def only_the_good(course, collection, *refused):
    assert submitted(course) == {f"zoe/{DOUBLING}": "zoe", f"yan/{DOUBLING}": "yan"}
    assert set(refusals(collection)) == set(refused)


@pytest.mark.parametrize("name", [
    "/evil/x.ipynb", "//evil/x.ipynb", "../evil/x.ipynb", "ada/../../../precious/x.ipynb", "ada/./x.ipynb",
    "ada//x.ipynb", "..\\evil\\x.ipynb", "C:\\evil\\x.ipynb", "C:/evil/x.ipynb", "c:evil.ipynb", "ada/..", "../x.ipynb",
    "ada\r/x.ipynb", "\x1b[2Jada/x.ipynb", "ada\u202egnp.bypni/x.ipynb", "ada\u2028/x.ipynb", "a/" * 600 + "x.ipynb",
])
def test_a_path_that_leads_out_or_deceives_is_refused(course, built, tmp_path, name):
    collection = collect(course, zipped(tmp_path / "a.zip", with_a_good_one(built, **{name: notebook(built)})))
    only_the_good(course, collection, name)


def test_an_entry_without_a_name_is_refused(course, built, tmp_path):
    path = zipped(tmp_path / "a.zip", with_a_good_one(built, **{"\1": notebook(built)}))
    path.write_bytes(path.read_bytes().replace(b"\1PK", b"\0PK"))
    only_the_good(course, collect(course, path), "\0")


def test_a_name_with_a_nul_is_refused(course, built, tmp_path):
    path = zipped(tmp_path / "a.zip", with_a_good_one(built, **{"ada/x.ipynb@.png": notebook(built)}))
    path.write_bytes(path.read_bytes().replace(b"ada/x.ipynb@.png", b"ada/x.ipynb\0.png"))
    only_the_good(course, collect(course, path), "ada/x.ipynb\0.png")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK, stat.S_IFDIR])
def test_a_link_or_a_device_in_a_zip_is_refused(course, built, tmp_path, kind):
    files = with_a_good_one(built)
    files[special("ada/x.ipynb", kind | 0o777)] = notebook(built)
    collection = collect(course, zipped(tmp_path / "a.zip", files))
    only_the_good(course, collection, "ada/x.ipynb")
    assert refusals(collection)["ada/x.ipynb"] == f"is {archive.KINDS[kind]}"


def test_a_file_that_follows_a_linked_folder_stays_inside(course, built, tmp_path):
    files = with_a_good_one(built)
    files[special("ada", stat.S_IFLNK | 0o777)] = str(tmp_path / "precious").encode()
    files["ada/marks.csv"] = b"ada,0"
    only_the_good(course, collect(course, zipped(tmp_path / "a.zip", files)), "ada", "ada/marks.csv")


def test_links_pipes_and_sockets_in_a_folder_are_refused(course, built, tmp_path):
    folder = laid_out(tmp_path / "class", with_a_good_one(built))
    for name in ("ada", "alan", "grace"):
        (folder / name).mkdir()
    (folder / "ada" / "x.ipynb").symlink_to(tmp_path / "precious" / "marks.csv")
    (folder / "linked").symlink_to(tmp_path / "precious")
    os.mkfifo(folder / "alan" / "x.ipynb")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(folder / "grace" / "x.ipynb"))
    collection = collect(course, folder)
    only_the_good(course, collection, "ada/x.ipynb", "linked", "alan/x.ipynb", "grace/x.ipynb")
    assert refusals(collection) == {"ada/x.ipynb": "is a symbolic link", "linked": "is a symbolic link",
                                    "alan/x.ipynb": "is a pipe", "grace/x.ipynb": "is a socket"}


def test_a_file_that_becomes_a_link_while_it_is_collected_is_not_followed(course, built, tmp_path, monkeypatch):
    folder = laid_out(tmp_path / "class", {**with_a_good_one(built), f"ada/{DOUBLING}.ipynb": notebook(built)})
    read = archive.reader

    def swap(root, parts, name, allowance):
        if parts == ("ada",):
            shutil.rmtree(folder / "ada")
            laid_out(tmp_path / "hers", {name: b"{}"})
            (folder / "ada").symlink_to(tmp_path / "hers")
        return read(root, parts, name, allowance)

    monkeypatch.setattr(archive, "reader", swap)
    only_the_good(course, collect(course, folder), f"ada/{DOUBLING}.ipynb")


def test_a_folder_that_links_to_itself_is_walked_once(course, built, tmp_path):
    folder = laid_out(tmp_path / "class", with_a_good_one(built))
    (folder / "ada").symlink_to(folder)
    only_the_good(course, collect(course, folder), "ada")


def test_a_bomb_of_one_gigabyte_is_refused(course, built, tmp_path, monkeypatch):
    path = tmp_path / "a.zip"
    zipped(path, with_a_good_one(built))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as file, file.open("ada/x.ipynb", "w") as bomb:
        for _ in range(1024):
            bomb.write(bytes(2**20))
    assert path.stat().st_size < 2**21
    read = []
    unpack = zipfile.ZipExtFile.read
    monkeypatch.setattr(zipfile.ZipExtFile, "read", lambda self, n: read.append(data := unpack(self, n)) or data)
    collection = collect(course, path)
    assert 0 < sum(map(len, read)) < 2**20
    only_the_good(course, collection, "ada/x.ipynb")
    assert refusals(collection)["ada/x.ipynb"] == "is larger than 64 MB"


def test_a_bomb_is_measured_and_not_believed(course, built, tmp_path, monkeypatch):
    """Of 60 MB that pack to 60 KB, no more than 32 MB are unpacked; and a lie about the size helps nobody."""
    path = zipped(tmp_path / "a.zip", with_a_good_one(built, **{f"ada/{DOUBLING}.ipynb": bytes(60 * 2**20)}))
    read = []
    unpack = zipfile.ZipExtFile.read
    monkeypatch.setattr(zipfile.ZipExtFile, "read", lambda self, n: read.append(data := unpack(self, n)) or data)
    collection = collect(course, path)
    only_the_good(course, collection, f"ada/{DOUBLING}.ipynb")
    assert "zip bomb" in refusals(collection)[f"ada/{DOUBLING}.ipynb"]
    assert 32 * 2**20 < sum(map(len, read)) < 34 * 2**20


def test_thirty_megabytes_of_output_are_no_bomb(course, built, tmp_path):
    output = b'"outputs": ["' + b"spam\\n" * 5_000_000 + b'"]'
    flood = notebook(built, says="flood").replace(b'"outputs": []', output, 1)
    assert len(flood) > 30_000_000
    collection = collect(course, zipped(tmp_path / "a.zip", {"ada/x.ipynb": flood, "zoe/x.ipynb": notebook(built)}))
    assert not refusals(collection)


def test_many_bombs_take_nothing_from_the_others(course, built, tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "WHOLE", 40 * 2**20)
    bombs = {f"bomb{i}/{DOUBLING}.ipynb": bytes(30 * 2**20) for i in range(3)}
    collection = collect(course, zipped(tmp_path / "a.zip", bombs | with_a_good_one(built)))
    assert {f"zoe/{DOUBLING}", f"yan/{DOUBLING}"} <= {f"{o.student}/{o.lesson}" for o in collection.outcomes
                                                      if o.status == "collected"}
    assert [why for why in refusals(collection).values()] == ["comes after 40 MB of other files: no more is read"] * 2


@pytest.mark.parametrize(("field", "value"), [("size", 10), ("size", 10**6), ("size", 2**32 - 2), ("crc", 0),
                                              ("packed", 20)])
def test_an_entry_whose_header_lies_is_refused(course, built, tmp_path, field, value):
    path = zipped(tmp_path / "a.zip", with_a_good_one(built, **{"ada/02_doubling.ipynb": notebook(built)}))
    data = bytearray(path.read_bytes())
    central = data.rindex(b"PK\1\2", 0, data.rindex(b"ada/02_doubling.ipynb"))
    struct.pack_into("<L", data, central + {"crc": 16, "packed": 20, "size": 24}[field], value)
    path.write_bytes(data)
    only_the_good(course, collect(course, path), "ada/02_doubling.ipynb")


def test_an_encrypted_entry_is_refused(course, built, tmp_path):
    path = zipped(tmp_path / "a.zip", with_a_good_one(built, **{"ada/x.ipynb": notebook(built)}))
    data = bytearray(path.read_bytes())
    data[data.rindex(b"PK\1\2", 0, data.rindex(b"ada/x.ipynb")) + 8] |= 1
    path.write_bytes(data)
    collection = collect(course, path)
    only_the_good(course, collection, "ada/x.ipynb")
    assert refusals(collection)["ada/x.ipynb"] == "is encrypted"


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_an_entry_packed_in_an_unusual_way_is_refused(course, built, tmp_path, method):
    path = zipped(tmp_path / "a.zip", with_a_good_one(built))
    with zipfile.ZipFile(path, "a", method) as file:
        file.writestr("ada/x.ipynb", notebook(built))
    only_the_good(course, collect(course, path), "ada/x.ipynb")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_entries_of_one_name_are_refused(course, built, tmp_path):
    files = with_a_good_one(built)
    files[special("ada/x.ipynb")] = notebook(built, says="one")
    files[special("ada/x.ipynb")] = notebook(built, says="two")
    collection = collect(course, zipped(tmp_path / "a.zip", files))
    only_the_good(course, collection, "ada/x.ipynb")
    assert refusals(collection)["ada/x.ipynb"] == "is in the archive more than once" and len(collection.outcomes) == 4


def test_an_archive_in_the_archive_is_named_and_not_opened(course, built, tmp_path):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as file:
        file.writestr("ada/x.ipynb", notebook(built))
    files = with_a_good_one(built, **{"ada/work.zip": inner.getvalue()})
    collection = collect(course, zipped(tmp_path / "a.zip", files))
    only_the_good(course, collection, "ada/work.zip")


def test_an_archive_of_tens_of_thousands_of_files_is_refused(course, built, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        for i in range(30_000):
            file.writestr(f"{i}/x.ipynb", b"")
    collection = collect(course, tmp_path / "a.zip")
    assert list(refusals(collection).values()) == ["holds more than 20,000 files"] and not submitted(course)


def test_a_table_of_entries_that_is_too_long_is_never_read(course, tmp_path):
    table, end = 200 * 2**20, b"PK\5\6" + struct.pack("<4H2LH", 0, 0, 9, 9, 200 * 2**20, 0, 0)
    with open(tmp_path / "a.zip", "wb") as file:
        file.truncate(table)
        file.seek(table)
        file.write(end)
    assert list(refusals(collect(course, tmp_path / "a.zip")).values()) == ["has a table of entries of more than 4 MB"]


@pytest.mark.parametrize("keep", [0, 1, 100, 0.5, -30, -1])
def test_a_truncated_zip_is_refused_as_a_whole(course, built, tmp_path, keep):
    path = zipped(tmp_path / "a.zip", with_a_good_one(built))
    data = path.read_bytes()
    path.write_bytes(data[:int(len(data) * keep) if isinstance(keep, float) else keep])
    collection = collect(course, path)
    assert list(refusals(collection)) == [str(path)] and not submitted(course)


def test_no_byte_of_a_zip_can_be_changed_so_that_collecting_fails(course, built, tmp_path):
    good = zipped(tmp_path / "a.zip", {"zoe/x.ipynb": b"{}", "yan/x.ipynb": b"{}"}).read_bytes()
    for position in range(len(good)):
        data = bytearray(good)
        data[position] ^= 0xFF
        (tmp_path / "b.zip").write_bytes(data)
        collection = collect(course, tmp_path / "b.zip")
        assert collection.outcomes, position


# What stands in submitted/ already


@pytest.mark.parametrize("where", ["submitted", "submitted/zoe", f"submitted/zoe/{DOUBLING}"])
def test_a_linked_folder_in_the_course_is_not_followed(course, built, tmp_path, where):
    link = course.folder / where
    link.parent.mkdir(parents=True, exist_ok=True)
    before = course.untouched()
    link.symlink_to(tmp_path / "precious")
    collection = collect(course, laid_out(tmp_path / "class", {"zoe.ipynb": notebook(built)}))
    assert "symbolic link" in refusals(collection)["zoe.ipynb"]
    link.unlink()
    assert course.untouched() == before


@pytest.mark.parametrize("name", [f"{DOUBLING}.ipynb", "timestamp.txt"])
def test_a_linked_file_in_the_course_is_not_followed(course, built, tmp_path, name):
    folder = course.path("submitted", "zoe", DOUBLING)
    laid_out(folder, {f"{DOUBLING}.ipynb": b"{}"})
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(tmp_path / "precious" / "marks.csv")
    collection = collect(course, laid_out(tmp_path / "class", {"zoe.ipynb": notebook(built)}))
    assert refusals(collection)["zoe.ipynb"] == "is a symbolic link"


def test_a_crash_while_writing_leaves_the_old_submission_whole(course, built, tmp_path, monkeypatch):
    collect(course, zipped(tmp_path / "a.zip", {"ada.ipynb": (notebook(built, says="old"), (2026, 1, 1, 0, 0, 0))}))
    replace = os.replace

    def crash(new, name, **folders):
        if name.endswith(".ipynb"):
            raise KeyboardInterrupt
        replace(new, name, **folders)

    monkeypatch.setattr(os, "replace", crash)
    new = zipped(tmp_path / "b.zip", {"ada.ipynb": (notebook(built, says="new"), (2026, 1, 2, 0, 0, 0))})
    with pytest.raises(KeyboardInterrupt):
        collect(course, new)
    assert submitted(course) == {f"ada/{DOUBLING}": "old"}
    monkeypatch.undo()
    assert became(collect(course, new)) == {"ada.ipynb": "replaced"}


# The command


def command(course, *arguments):
    run = [sys.executable, "-m", "autograder", "collect", *map(str, arguments)]
    return subprocess.run(run, cwd=course.folder.parent, capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": str(ROOT)})


def test_the_command_tells_by_its_exit_code_whether_all_was_collected(course, built, tmp_path):
    folder = laid_out(tmp_path / "class", {"ada.ipynb": notebook(built)})
    done = command(course, folder)
    assert (done.returncode, done.stderr) == (0, "") and "1 collected" in done.stdout
    (folder / "bad\x1b[31m.ipynb").write_text("?")
    done = command(course, folder, "--json")
    assert done.returncode == 1
    assert {outcome["status"] for outcome in json.loads(done.stdout)["outcomes"]} == {"refused", "unchanged"}
    done = command(course, folder)
    assert "bad\\x1b[31m.ipynb: has a control character in its name" in done.stdout and "\x1b" not in done.stdout
    assert command(course, tmp_path / "nowhere").returncode == 2
    done = command(course, folder, "--lesson", "09_other")
    assert done.returncode == 2 and DOUBLING in done.stderr
