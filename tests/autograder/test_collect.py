"""What was handed in arrives where nbgrader looks for it, whoever packed it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from handing_in import (
    DOUBLING,
    TRIPLING,
    became,
    damage,
    dates,
    laid_out,
    notebook,
    only_the_good,
    refusals,
    submitted,
    zipped,
)
from nbgrader.apps.api import NbGraderAPI

from autograder.collecting.collect import collect

ROOT = Path(__file__).resolve().parents[2]


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
