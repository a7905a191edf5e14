"""The whole class of attackers, graded as root and as an ordinary user, with namespaces and without.

    python tests/attacks/contest.py [MODE ...] [ATTACK ...]     prints a table; exits with 1 where something broke
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(Path(__file__).parent), str(ROOT)]

import answering  # noqa: E402
import breaking_out  # noqa: E402
import controls  # noqa: E402
import exhausting  # noqa: E402
import forging  # noqa: E402
import hunting  # noqa: E402
import objects  # noqa: E402
import patched  # noqa: E402
import structure  # noqa: E402
from attack import CELL  # noqa: E402, F401

from autograder.judging.host import LAYERS  # noqa: E402
from autograder.sandbox import isolation  # noqa: E402

CLASSES = (patched, objects, hunting, breaking_out, exhausting, forging, answering, structure)
ATTACKS = [attack for module in CLASSES for attack in module.ATTACKS]
SOMEBODY = 61_234  # a user that no machine has
WITHOUT = LAYERS[1:]
MODES = {  # which layers, as whom
    "root": (LAYERS, 0),
    "root, no namespaces": (WITHOUT, 0),
    "user": (LAYERS, SOMEBODY),
    "user, no namespaces": (WITHOUT, SOMEBODY),
    "user, seccomp alone": (("rlimits", "no capabilities", "seccomp"), SOMEBODY),  # for what is no file
    "no sandbox": ((), SOMEBODY),  # for the controls, which show that the watch sees something
}
NOT_HERE = 77


class NotHere(Exception):
    """This machine cannot run a class in that way."""


def become(uid, folder):
    """Become an ordinary user, where root's folders hide the interpreter too: in a mount namespace of our own.

    Raises OSError where that would need a namespace, and the kernel gives none.
    """
    needed = [Path(path).resolve() for path in (sys.base_prefix, sys.prefix, ROOT)]
    closed = {path: next((place for place in reversed(path.parents) if not place.stat().st_mode & 1), None)
              for path in needed}  # the first folder on the way that only root can enter
    if any(closed.values()):
        isolation.called(isolation.libc.unshare(isolation.CLONE_NEWNS))
        isolation.mount(None, "/", None, isolation.MS_REC | isolation.MS_PRIVATE)
        kept = {path: folder / f"kept{k}" for k, path in enumerate(needed) if closed[path]}
        for path, place in kept.items():
            place.mkdir()
            isolation.mount(path, place, None, isolation.MS_BIND | isolation.MS_REC)
        for place in {place for place in closed.values() if place}:
            isolation.mount("none", place, "tmpfs", 0, "mode=755")
        for path, place in kept.items():
            path.mkdir(parents=True)
            isolation.mount(place, path, None, isolation.MS_BIND | isolation.MS_REC)
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def contest(mode, names=()):
    """Grade a class in this mode, in a process of its own. Returns its report. Raises NotHere."""
    _, uid = MODES[mode]
    if not uid and os.getuid():
        raise NotHere("This is for root.")
    with tempfile.TemporaryDirectory(prefix="arena-") as folder:
        os.chmod(folder, 0o755)
        if uid and not os.getuid():
            os.chown(folder, uid, uid)
        command = [sys.executable, "-B", str(Path(__file__)), "--in", folder, mode, *names]
        done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == NOT_HERE:
        raise NotHere(done.stdout)
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    return json.loads(done.stdout)


def one(folder, mode, names):
    """What `contest` starts."""
    layers, uid = MODES[mode]
    if uid and not os.getuid():
        try:
            become(uid, Path(folder))
        except OSError as error:
            print(f"An ordinary user cannot reach the interpreter, and no namespace can be had to show it in: {error}")
            sys.exit(NOT_HERE)
        os.execv(sys.executable, [sys.executable, "-B", *sys.argv])
    from arena import Arena  # what the engine imports is read by whom it runs as

    arena, attacks = Arena(folder, layers), ATTACKS if layers else controls.ATTACKS
    students = arena.run([attack for attack in attacks if not names or attack.name in names])
    print(json.dumps({"mode": mode, "seconds": arena.seconds, "broken": arena.broken, "students": students}))


def main(arguments):
    if arguments[:1] == ["--in"]:
        return one(arguments[1], arguments[2], arguments[3:])
    from rich.console import Console
    from rich.table import Table

    reports = {}
    whole = [mode for mode, (layers, _) in MODES.items() if "Landlock" in layers]
    for mode in [mode for mode in arguments if mode in MODES] or whole:
        try:
            reports[mode] = contest(mode, [name for name in arguments if name not in MODES])
        except NotHere as why:
            print(f"{mode}: not done. {why}")
    table = Table("attack", *reports)
    for name in dict.fromkeys(name for report in reports.values() for name in report["students"]):
        table.add_row(ascii(name)[1:-1], *(_entry(report["students"][name]) for report in reports.values()))
    Console(width=160).print(table)
    for mode, report in reports.items():
        print(f"{mode}: {len(report['students'])} submissions in {report['seconds']:.0f} s")
        for broken in report["broken"]:
            print(f"  {broken}")
        for name, student in report["students"].items():
            for wrong in student["wrong"]:
                print(f"  {name!a}: {wrong}")
    sys.exit(any(report["broken"] or any(student["wrong"] for student in report["students"].values())
                 for report in reports.values()))


def _entry(student):
    earned = f"{sum(student['earned'].values()):4g}, {student['ended']}, {student['seconds']:.1f} s"
    return earned + " [red]BROKEN[/]" * bool(student["wrong"])


if __name__ == "__main__":
    main(sys.argv[1:])
