"""A layout that is not certain is asked about: nobody gets an id that is a date, an attempt, a group or a class."""

import json
from collections import Counter
from contextlib import suppress

import pytest
from handing_in import DOUBLING, TRIPLING, became, laid_out, notebook, refusals, submitted, zipped
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.collecting import doubts
from autograder.collecting.archive import LEFT_BY_TOOLS, Refused
from autograder.collecting.collect import collect, lines
from autograder.collecting.layouts import PLAIN_LABEL, flat_student, stem, student_id

CLASS = [("Bela", "Tan"), ("Kofi", "van der Berg"), ("Ada", "Lovelace"), ("José", "Núñez"), ("Li", "Wei"),
         ("Jean-Luc", "Picard"), ("Zoë", "Müller"), ("प्रिया", "शर्मा"), ("Seán", "O'Brien"), ("Min-jun", "Kim")]
STUDENTS = [{"i": i, "name": f"{first} {last}", "first": first, "last": last, "user": f"{first[:3].lower()}{i:03}"}
            for i, (first, last) in enumerate(CLASS, 10)]
L, T = DOUBLING, TRIPLING

UNKNOWN = {
    "Google Drive": ["Lesson 03-20260131T120000Z-001/Lesson 03/{name} - " + L],
    "Google Drive, a folder less": ["Lesson 03/{name} - " + L],
    "Google Classroom's copies": ["Copy of " + L + " ({i})"],
    "Google Classroom's copies in German": ["Kopie von " + L + " ({i})"],
    "Google Forms": [L + " - {name}"],
    "Microsoft Forms": [L + "_{name}"],
    "Blackboard": ["Lesson 03_{user}_attempt_2026-01-31-12-04-{i}_" + L,
                   "Lesson 03_{user}_attempt_2026-01-31-12-04-{i}.txt"],
    "Blackboard without .txt": ["RNN_{user}_attempt_2026-01-31-12-04-{i}_my work"],
    "Blackboard in Finnish": ["RNN_{user}_yritys_2026-01-31-12-04-{i}_my work"],
    "Brightspace": ["40000-6406{i} - {name} - Jan 31, 2026 1200 PM/" + L, "index.html"],
    "Brightspace in French": ["40000-6406{i} - {name} - 31 janv. 2026 1200/" + L],
    "Brightspace, flat": ["40000-6406{i} - {name} - Jan 31, 2026 1200 PM - " + L],
    "Gradescope": ["assignment_7_export/submission_2900000{i}/" + L, "assignment_7_export/submission_metadata.yml"],
    "Open edX SGA": ["{user}_7c0193d2{i}ab4f0e9d"],
    "Open edX SGA with the file's name": ["{user}_7c0193d2{i}ab4f0e9d_homework"],
    "Open edX ORA": ["course-v1 Org+RNN+2026/[{i}] - Section - {user}/0_" + L],
    "the exchange's root": ["rnn/inbound/{user}+" + L + "+2026-01-31 12:00:00 UTC/" + L,
                            "rnn/outbound/" + L + "/" + L],
    "GitHub Classroom": ["lesson-03-submissions/lesson-03-{user}/" + L + "/" + L],
    "GitHub Classroom, another word": ["bptt-{user}/lessons/" + L + "/" + L],
    "Sakai": ["RNN/{last}, {first}({user})/Submission attachment(s)/" + L, "RNN/grades.csv",
              "RNN/{last}, {first}({user})/timestamp.txt"],
    "Schoology": ["{last}, {first} - 12345{i}/Revision 1 - on 01-31-2026/" + L],
    "Teams, two kinds": ["Submitted files/{name}/RNN/Version 1/" + L, "Working files/{name}/RNN/" + L],
    "ILIAS": ["RNN/Abgaben/{last}_{first}_{user}_12{i}/20260131120000_" + L],
    "ILIAS, teams": ["Abgaben/Team {i}/{last}_{first}_{user}_12{i}/" + L],
    "Turnitin": ["12345678{i}_{first}_{last}_" + L],
    "WISEflow": ["flow_123_participant_{i}"],
    "dates with underscores": ["{user}_2026_1_31"],
    "dates in Chinese": ["{name} 2026年1月{i}日"],
    "dates in Arabic digits": ["{name} ٣١-٠١-٢٠٢٦/x"],
    "folders of days": ["2026-01-{i}/{user}"],
    "a folder for each lesson": [L + "/{user}/x", T + "/{user}/x"],
    "a folder for two sections": ["Monday/{user}", "Tuesday/{last}"],
    "two sections with the lesson": ["Mo/{user}_" + L, "Tu/tom_" + L],
    "versions": ["RNN/{user}/1/x", "RNN/{user}/2/x"],
    "a course folder": [f"{step}/{L}/{L}" for step in ("source", "release")] + ["submitted/{user}/" + L + "/" + L],
    "Moodle, groups": ["Red-{name}_4{i}_assignsubmission_file_/x"],
    "Moodle, groups with a number": ["Group 2-{name}_4{i}_assignsubmission_file_/x"],
    "Moodle, teams": ["Team {i}_7{i}_assignsubmission_file_/x"],
    "Moodle, anonymous": ["Participant_5100{i}_assignsubmission_file_/x"],
    "Moodle, anonymous in German": ["Teilnehmer-in_5100{i}_assignsubmission_file_/x"],
    "Canvas, groups": ["group{i}_10{i}_900{i}_" + L],
    "no Canvas": ["hw_3_{i}_{user}"],
    "no Canvas, one id for all": ["{user}_3_{i}_x"],
}
CERTAIN = {
    "a letter and a number": ["s12345{i}/any name", "s12345{i}"],
    "a letter and a number, with the lesson": ["s12345{i}_" + L, "s12345{i}"],
    "a number": ["200{i}", "200{i}"],
    "a name and a dot": ["{first}.{last}/x", "{first}.{last}"],
    "first name, last name": ["{name}/homework", "{name}"],
    "last name, first name": ["{last} {first}_" + L, "{last} {first}"],
    "underscores": ["{first}_{last}/" + L, "{first}_{last}"],
    "a user's name": ["{user}", "{user}"],
    "a folder around the class": ["rnn 2026/week 3/{user}/x", "{user}"],
    "students with a number": ["student_{i}/x", "student_{i}"],
    "roll numbers": ["CS21B0{i}/x", "CS21B0{i}"],
    "longer roll numbers": ["1RV21CS0{i}/x", "1RV21CS0{i}"],
    "mail addresses": ["{i}.b2@st2.uni-x.de/x", "{i}.b2@st2.uni-x.de"],
    "Teams": ["Submitted files/{name}/RNN/Version 1/" + L, "{name}"],
    "Google Drive, a folder each": ["RNN-20260131T120000Z-001/RNN/{name}/" + L, "{name}"],
    "the exchange's root, and no more": ["rnn/inbound/{user}+" + L + "+2026-01-31 12:00:00 UTC/" + L, "{user}"],
    "Moodle in any language": ["{name}_51{i}_assignsubmission_file_/Lösung", "{name}"],
}


def archive(patterns, built):
    """The files of a class; each notebook is another one."""
    paths = {}
    for pattern in patterns:
        for student in STUDENTS:
            path = pattern.format(**student)
            paths[path if path.endswith((".txt", ".csv", ".html", ".yml")) else f"{path}.ipynb"] = student
    return {path: notebook(built, T if T in path else L, f"{n}") if path.endswith(".ipynb") else b"2026"
            for n, path in enumerate(paths)}


@pytest.mark.parametrize("layout", UNKNOWN)
@pytest.mark.parametrize("pack", [zipped, laid_out])
def test_a_download_that_is_not_known_for_certain_is_asked_about(course, built, tmp_path, layout, pack):
    files = archive(UNKNOWN[layout], built)
    collection = collect(course, pack(tmp_path / "download", files))
    assert submitted(course) == {}
    outcomes = Counter(outcome.file for outcome in collection.outcomes)
    assert {path: outcomes[path] for path in files if path.endswith(".ipynb")} == dict.fromkeys(
        [path for path in files if path.endswith(".ipynb")], 1)
    assert {became(collection)[path] for path in files if path.endswith(".ipynb")} in ({"waiting"}, {"refused"})
    assert refusals(collection) and all(refusals(collection).values())


@pytest.mark.parametrize("layout", CERTAIN)
def test_a_layout_that_is_certain_is_collected(course, built, tmp_path, layout):
    *patterns, expected = CERTAIN[layout]
    collection = collect(course, zipped(tmp_path / "download", archive(patterns, built)))
    assert not refusals(collection)
    names = {student_id(expected.format(**student)) for student in STUDENTS}
    assert set(submitted(course)) == {f"{name}/{DOUBLING}" for name in names}


def test_the_question_says_what_was_seen_and_what_to_do(course, built, tmp_path):
    files = archive(UNKNOWN["Gradescope"], built)
    collection = collect(course, zipped(tmp_path / "a.zip", files))
    question = refusals(collection)[str(tmp_path / "a.zip")]
    assert "10 of 10 names are like 'submission_290000010'" in question
    assert "<student>/<lesson>.ipynb" in question and "--lesson" in question
    assert len(list(lines(*collection))) < 10


def test_whoever_collects_the_exchange_as_a_whole_is_told_which_folder_to_collect(course, built, tmp_path):
    files = archive(UNKNOWN["the exchange's root"], built)
    question = refusals(collect(course, laid_out(tmp_path / "exchange", files)))[str(tmp_path / "exchange")]
    assert "Its folder rnn/inbound/ looks like nbgrader's exchange: collect that one" in question
    assert not refusals(collect(course, tmp_path / "exchange" / "rnn" / "inbound"))


def test_what_many_files_have_in_common_is_said_once_and_json_names_them_all(course, built, tmp_path):
    files = {f"s{n}/x.ipynb": b"{}" for n in range(100)}
    collection = collect(course, zipped(tmp_path / "a.zip", files))
    assert len(refusals(collection)) == 100 and len(list(lines(*collection))) < 10
    assert any("and 95 more" in line for line in lines(*collection))


def test_one_odd_name_in_a_class_is_refused_alone(course, built, tmp_path):
    files = {f"{user}/x.ipynb": notebook(built, says=user) for user in ("ada", "ben", "cleo")}
    files["submission_290000000/x.ipynb"] = notebook(built)
    collection = collect(course, zipped(tmp_path / "a.zip", files))
    assert list(refusals(collection)) == ["submission_290000000/x.ipynb"] and len(submitted(course)) == 3


def test_an_id_of_canvas_with_two_names_is_refused(course, built, tmp_path):
    files = {"ada_101_9001_x.ipynb": notebook(built), "alan_101_9002_x.ipynb": notebook(built),
             "zoe_102_9003_x.ipynb": notebook(built, says="zoe")}
    collection = collect(course, zipped(tmp_path / "a.zip", files))
    assert len(refusals(collection)) == 2 and submitted(course) == {f"102/{DOUBLING}": "zoe"}


def test_a_folder_of_several_people_among_those_of_students_is_refused(course, built, tmp_path):
    files = {f"{user}/x.ipynb": notebook(built, says=user) for user in ("ada", "ben", "cleo", "dan")}
    files |= {f"forgotten/{user}_{DOUBLING}.ipynb": notebook(built) for user in ("eve", "fay")}
    collection = collect(course, zipped(tmp_path / "a.zip", files))
    assert "other people, such as eve and fay" in refusals(collection)[f"forgotten/eve_{DOUBLING}.ipynb"]
    assert len(refusals(collection)) == 2 and len(submitted(course)) == 4


def test_a_student_may_keep_several_versions(course, built, tmp_path):
    files = {f"ada/{DOUBLING}{end}.ipynb": (notebook(built, says=f"{day}"), (2026, 1, day, 0, 0, 0))
             for day, end in enumerate(["", "-Copy1", "_final", "_final_2"], 1)}
    files |= {f"{user}/x.ipynb": notebook(built, says=user) for user in ("ben", "cleo")}
    collection = collect(course, zipped(tmp_path / "a.zip", files))
    assert not refusals(collection) and submitted(course)[f"ada/{DOUBLING}"] == "4"


def test_what_a_mac_adds_to_a_zip_does_not_make_the_class_a_student(course, built, tmp_path):
    files = {f"class/{user}/x.ipynb": notebook(built, says=user) for user in ("ada", "ben")}
    files |= {f"__MACOSX/class/{user}/._x.ipynb": b"\0" for user in ("ada", "ben")}
    assert not refusals(collect(course, zipped(tmp_path / "a.zip", files)))
    assert submitted(course) == {f"ada/{DOUBLING}": "ada", f"ben/{DOUBLING}": "ben"}


# Clones, bare notebooks, and what is no notebook


def untouched(built, lesson=DOUBLING):
    return (built / "lessons" / lesson / f"{lesson}.ipynb").read_bytes()


def clone(built, user, done):
    """A clone of the course's repository in which one lesson was worked on."""
    return {f"{user}/.git/objects/{n:02}/x.ipynb": b"{}" for n in range(1200)} | {
        f"{user}/README.md": b"# RNNs", f"{user}/lessons/{DOUBLING}/{DOUBLING}.ipynb": done,
        f"{user}/lessons/{TRIPLING}/{TRIPLING}.ipynb": untouched(built, TRIPLING).replace(b"\n", b"\r\n")}


def test_of_a_clone_only_the_lessons_that_were_worked_on_are_handed_in(course, built, tmp_path):
    files = clone(built, "ada", notebook(built, says="ada")) | clone(built, "ben", untouched(built))
    collection = collect(course, laid_out(tmp_path / "clones", files))
    assert submitted(course) == {f"ada/{DOUBLING}": "ada"} and not refusals(collection)
    assert Counter(became(collection).values()) == {"collected": 1, "untouched": 3, "ignored": 2}


def test_a_lesson_that_was_handed_in_by_itself_counts_even_if_it_is_untouched(course, built, tmp_path):
    collection = collect(course, zipped(tmp_path / "a.zip", {"ada/x.ipynb": untouched(built), "ben.ipynb": b"",
                                                             f"cleo_{DOUBLING}.ipynb": untouched(built)}))
    assert became(collection) == {"ada/x.ipynb": "collected", "ben.ipynb": "refused",
                                  f"cleo_{DOUBLING}.ipynb": "collected"}


@pytest.mark.parametrize(("name", "student"), [(f"s1_{DOUBLING}.ipynb", "s1"), (f"Ada Lovelace_{DOUBLING} (1).ipynb",
                                               "Ada Lovelace"), (f"lovelaceada_101_9001_{DOUBLING}.ipynb", "101")])
def test_a_bare_notebook_is_taken_if_its_name_says_all(course, built, tmp_path, name, student):
    laid_out(tmp_path / "mail", {name: notebook(built, says="late"), "other_02_doubling.ipynb": b"{}"})
    collection = collect(course, tmp_path / "mail" / name)
    assert became(collection) == {name: "collected"} and submitted(course) == {f"{student}/{DOUBLING}": "late"}


@pytest.mark.parametrize("name", ["homework.ipynb", f"{DOUBLING}.ipynb", f"{DOUBLING}_ada.ipynb",
                                  f"Copy of {DOUBLING}.ipynb", f"a_2026-01-31_{DOUBLING}.ipynb"])
def test_a_bare_notebook_that_does_not_say_whose_it_is_is_asked_about(course, built, tmp_path, name):
    laid_out(tmp_path / "mail", {name: notebook(built)})
    collection = collect(course, tmp_path / "mail" / name)
    assert submitted(course) == {}
    assert "<student>_<lesson>.ipynb" in refusals(collection)[str(tmp_path / "mail" / name)]


CONFLICT = b'{"cells": [\n<<<<<<< HEAD\n  {},\n=======\n  {}\n>>>>>>> theirs\n]}'
IN_A_CELL = json.dumps({"cells": [{"source": ["<<<<<<< HEAD\n", "=======\n", ">>>>>>> b\n"]}]}, indent=1).encode()


@pytest.mark.parametrize(("data", "said"), [(b"%PDF-1.7", "is no notebook: a PDF"), (b"\n<!DOCTYPE>", "a web page"),
                                            (b"PK\3\4", "a zip"), (b"", "it is empty"), (b"def f(): pass", "no JSON"),
                                            (CONFLICT, "git merge"), (IN_A_CELL, "git merge")])
def test_what_is_no_notebook_is_named_when_it_is_collected(course, built, tmp_path, data, said):
    files = {f"ada_{DOUBLING}.ipynb": data, f"ben_{DOUBLING}.ipynb": notebook(built).decode().encode("utf-16")}
    collection = collect(course, zipped(tmp_path / "a.zip", files))
    assert set(became(collection).values()) == {"collected"}
    [named] = [line for line in lines(*collection) if "_" in line]
    assert f"ada_{DOUBLING}.ipynb" in named and said in named


@pytest.mark.parametrize("name", ["work.zip", "work.tar.gz", "work.7z", "work.rar"])
def test_whatever_is_packed_in_the_archive_is_to_be_unpacked_by_hand(course, built, tmp_path, name):
    collection = collect(course, zipped(tmp_path / "a.zip", {f"ada/{name}": b"", "ben/x.ipynb": notebook(built)}))
    assert "unpack it by hand" in refusals(collection)[f"ada/{name}"]


# Whatever the names


PARTS = st.one_of(
    st.sampled_from(["ada", "Ada Lovelace", "s1234567", "x", "class", "week 3", "Lesson 03", "submission_29", L, T,
                     "ada+02_doubling+2026-01-31 12:00:00 UTC", "Ada_31_assignsubmission_file_", "ada_101_9001_x",
                     "kim005_attempt_2026-01-31-12-04-00", "Group A-Bela Tan_7_assignsubmission_file", "..", ".git",
                     "inbound", "a*b", "Lovelace, Ada(ada)", f"ada_{L}", f"Copy of {L}"]),
    st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=12))
TREES = st.lists(st.lists(PARTS, min_size=1, max_size=4).map("/".join), max_size=12, unique_by=str.casefold)


def ids(names):
    """The ids that these names make, as far as they do."""
    found = set()
    for name in filter(None, names):
        with suppress(Refused):
            found.add(student_id(name))
    return found


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(paths=TREES, lesson=st.sampled_from([None, DOUBLING]), ending=st.sampled_from([".ipynb", ".ipynb.txt"]))
def test_whatever_the_names_every_notebook_has_one_outcome_and_nobody_is_made_up(course, built, tmp_path, paths, lesson,
                                                                                  ending):
    files = {path + ending: notebook(built, T if n % 3 == 2 else L, f"{n}") for n, path in enumerate(paths)}
    before = set(submitted(course))
    collection = collect(course, zipped(tmp_path / "a.zip", files), lesson)
    outcomes = Counter(outcome.file for outcome in collection.outcomes)
    for file in files:
        assert outcomes[file] == (0 if LEFT_BY_TOOLS.fullmatch(file) else 1), file
    taken = [outcome for outcome in collection.outcomes if outcome.status in ("collected", "replaced")]
    assert set(submitted(course)) == before | {f"{outcome.student}/{outcome.lesson}" for outcome in taken}
    for outcome in taken:
        parts = [part for part in outcome.file.split("/") if part]
        if collection.layout == PLAIN_LABEL:
            assert outcome.student in ids([*parts, flat_student(parts[-1], [L, T]), stem(parts[-1])])
            assert doubts.doubt(outcome.student, [L, T]) is None
        else:
            assert any(outcome.student in name for name in ids(parts))


@settings(max_examples=300, deadline=None)
@given(st.from_regex(r"(s|kim|ada\.|ada_)?[a-z]{0,8}", fullmatch=True) | st.integers(1, 10**9).map(str))
def test_a_plain_name_or_number_is_in_no_doubt(name):
    assert doubts.doubt(name, [L, T]) is None or doubts.says_nobody(name)
