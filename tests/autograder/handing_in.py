"""What the tests of collecting hand in, and how they look at what became of it."""

import os
import re
import zipfile
from datetime import UTC, datetime

DOUBLING, TRIPLING = "02_doubling", "03_tripling"
NOON = (2026, 1, 31, 12, 0, 0)


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


def damage(path, name):
    """Flip a byte in the packed text of an entry."""
    with zipfile.ZipFile(path) as file:
        info = file.getinfo(name)
    data = bytearray(path.read_bytes())
    data[info.header_offset + 30 + len(name.encode()) + info.compress_size // 2] ^= 0xFF
    path.write_bytes(data)


def special(name, mode=0):
    """An entry that claims to be of some kind, such as stat.S_IFLNK."""
    info = zipfile.ZipInfo(name, NOON)
    info.create_system, info.external_attr = 3, mode << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def with_a_good_one(built, **files):
    return {"zoe/x.ipynb": notebook(built, says="zoe"), "yan/x.ipynb": notebook(built, says="yan"), **files}


def only_the_good(course, collection, *refused):
    assert submitted(course) == {f"zoe/{DOUBLING}": "zoe", f"yan/{DOUBLING}": "yan"}
    assert set(refusals(collection)) == set(refused)
