"""A class of attackers beside honest students: no false pass, no aborted run, nothing touched, nobody left behind.

`make attacks` shows what became of each of them, everywhere.
"""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import contest

SLOW = {attack.name for attack in contest.exhausting.ATTACKS} - {
    "fork-bomb", "fork-bomb-by-system-call", "deaf-to-signals", "memory-bomb", "many-big-files", "deep-folders",
    "locked-folders", "deep-and-locked-folders-from-an-answer", "descriptors", "leaves-at-exit", "exits", "timers"}
TELLING = [attack.name for module in (contest.breaking_out, contest.hunting, contest.exhausting)
           for attack in module.ATTACKS if attack.name not in SLOW and attack.lesson == contest.CELL]
SOME = [attack.name for attack in contest.ATTACKS if attack.name not in SLOW][::4]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="The sandbox is made of Linux's own means.")


@pytest.fixture(scope="module", params=[("root", SOME), ("user", TELLING), *(
    pytest.param(case, marks=pytest.mark.thorough)
    for case in (("root", ()), ("root, no namespaces", TELLING), ("user, no namespaces", TELLING)))], ids=str)
def report(request):
    """What became of a class: of some or of everybody, or of those who try to break out."""
    return held(*request.param)


def held(mode, names=()):
    try:
        return contest.contest(mode, names)
    except contest.NotHere as why:
        pytest.skip(str(why))


def test_there_are_attacks_of_every_kind_and_no_two_share_a_name():
    names = [attack.name for attack in contest.ATTACKS]
    assert len(names) == len(set(names)) > 200
    assert all(len(module.ATTACKS) > 15 for module in contest.CLASSES)


def test_nobody_earns_what_was_not_answered_and_everybody_ends_in_the_gradebook(report):
    wrong = {name: student["wrong"] for name, student in report["students"].items() if "honest" not in name}
    assert {name: why for name, why in wrong.items() if why} == {}
    assert len(wrong) > 50


def test_honest_work_gets_its_marks_beside_attacks(report):
    honest = {name: student for name, student in report["students"].items() if "honest" in name}
    assert {name: student["wrong"] for name, student in honest.items() if student["wrong"]} == {}
    assert len(honest) >= 3


def test_nothing_around_is_touched_and_nobody_is_left_behind(report):
    assert report["broken"] == []


def test_seccomp_alone_stops_whatever_is_no_file():
    report = held("user, seccomp alone", ["signals", "signals-by-a-pipes-owner", "limits-of-others", "debugging-others",
                                          "new-processes", "sockets", "sockets-from-a-call", "privileges", "fork-bomb",
                                          "odd-corners-of-the-kernel", "calls-of-another-architecture", "calls-of-x32",
                                          "more-than-one-processor", "stops-itself", "leaves-at-exit"])
    wrong = {name: student["wrong"] for name, student in report["students"].items() if student["wrong"]}
    assert (wrong, report["broken"]) == ({}, [])


def test_without_a_sandbox_the_watch_sees_who_knocks_writes_reads_and_stays():
    report = held("no sandbox")
    seen = "\n".join(report["broken"])
    for what in ("the TCP server", "the UDP server", "the abstract server", "canary/pwned", "home/file.txt",
                 "the canary's secret", "left behind"):
        assert what in seen
    assert "got through" in report["students"]["succeeds"]["wrong"][0]
    assert report["students"]["is-right"]["wrong"] == ["rnn_step: earned 4, not 0"]
