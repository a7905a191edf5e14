"""Whatever an archive or a folder holds: what is hostile is named, the rest arrives, and nothing else changes."""

import errno
import io
import os
import shutil
import socket
import stat
import struct
import subprocess
import zipfile

import pytest
from handing_in import (
    DOUBLING,
    TRIPLING,
    became,
    laid_out,
    notebook,
    only_the_good,
    refusals,
    snapshot,
    special,
    submitted,
    with_a_good_one,
    zipped,
)

from autograder.collecting import archive
from autograder.collecting.collect import collect


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




def no_space(*arguments):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("broken", ["mkdir", "write", "replace"])
@pytest.mark.parametrize("there", [False, True])
def test_a_full_disk_leaves_nothing_half_made_and_the_next_run_goes_on(course, built, tmp_path, monkeypatch, broken,
                                                                       there):
    old = zipped(tmp_path / "old.zip", {"ada.ipynb": (notebook(built, says="old"), (2026, 1, 1, 0, 0, 0))})
    new = zipped(tmp_path / "new.zip", {f"{name}_31_assignsubmission_file_/x.ipynb": notebook(built, says="new")
                                        for name in ("ada", "late")})
    if there:
        collect(course, old)
    before = snapshot(course.folder / "submitted")
    with monkeypatch.context() as patch:
        if broken == "write":
            opening = os.open
            patch.setattr(os, "open", lambda path, flags, *more, **folder:
                          no_space() if flags & os.O_CREAT else opening(path, flags, *more, **folder))
        else:
            patch.setattr(os, broken, lambda *given, **folders: no_space())
        collection = collect(course, new)
    if not (broken == "mkdir" and there):
        assert set(refusals(collection).values()) == {"No space left on device"}
        assert snapshot(course.folder / "submitted") == before
    assert not refusals(collect(course, new))
    assert submitted(course) == {f"ada/{DOUBLING}": "new", f"late/{DOUBLING}": "new"}


# One student against the others


@pytest.mark.parametrize("pack", [zipped, laid_out])
@pytest.mark.parametrize("top", ["", "class/"])
@pytest.mark.parametrize("name", ["f{}", "deep/{}/x", "{}/"])
def test_whoever_hands_in_too_many_files_or_folders_is_named_and_the_rest_is_collected(course, built, tmp_path, pack,
                                                                                       top, name):
    files = {top + file: data for file, data in with_a_good_one(built).items()}
    path = pack(tmp_path / "class", files | {f"{top}bob/x.ipynb": notebook(built)})
    many = [f"{top}bob/{name.format(n)}" for n in range(archive.FOLDER + 1)]
    if path.is_dir():
        for file in map(path.joinpath, many):
            (file if name.endswith("/") else file.parent).mkdir(parents=True, exist_ok=True)
            if not name.endswith("/"):
                file.touch()
    else:
        with zipfile.ZipFile(path, "a") as file:
            for each in many:
                file.writestr(each, b"")
    collection = collect(course, path)
    only_the_good(course, collection, f"{top}bob")
    assert "holds more than 1,000 files and folders" in refusals(collection)[f"{top}bob"]


def test_folders_in_folders_cost_the_others_nothing(course, built, tmp_path, monkeypatch):
    """Two thousand of them, of which no more than a few are looked into."""
    folder = laid_out(tmp_path / "class", with_a_good_one(built))
    fd = os.open(folder, os.O_RDONLY)
    for name in ["bob", *["d"] * 2000]:
        os.mkdir(name, dir_fd=fd)
        above, fd = fd, os.open(name, os.O_RDONLY, dir_fd=fd)
        os.close(above)
    os.close(fd)
    opened, opening = [], os.open
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", lambda *given, **folders: opened.append(given) or opening(*given, **folders))
        collection = collect(course, folder)
    only_the_good(course, collection, "bob" + "/d" * archive.DEPTH)
    assert "lies more than 20 folders deep" in refusals(collection)["bob" + "/d" * archive.DEPTH]
    assert len(opened) < 1000
    subprocess.run(["rm", "-r", folder], check=True)  # what pytest clears away with would recurse


def test_a_deep_file_in_a_zip_is_refused(course, built, tmp_path):
    deep = "bob" + "/d" * 20 + "/x.ipynb"
    collection = collect(course, zipped(tmp_path / "a.zip", with_a_good_one(built, **{deep: notebook(built)})))
    only_the_good(course, collection, deep)


def test_many_notebooks_of_one_student_do_not_decide_how_the_others_are_read(course, built, tmp_path):
    files = with_a_good_one(built) | {f"bob/{DOUBLING}/{n}.ipynb": notebook(built, says="b") for n in range(50)}
    collection = collect(course, laid_out(tmp_path / "class", files))
    assert collection.layout == "a plain folder"
    assert {f"zoe/{DOUBLING}", f"yan/{DOUBLING}"} <= set(submitted(course))


def moodle(tmp_path, built, day, lesson=DOUBLING, **students):
    return zipped(tmp_path / f"{day}.zip", {
        f"{name.replace('_', ' ')}_{number}_assignsubmission_file_/{lesson}.ipynb":
        (notebook(built, lesson, f"{number}"), (2026, 2, day, 0, 0, 0)) for name, number in students.items()})


def test_whoever_takes_a_classmates_name_in_moodle_does_not_replace_their_notebook(course, built, tmp_path):
    collect(course, moodle(tmp_path, built, 1, Bob_Smith=1001, Ada=1002))
    collection = collect(course, moodle(tmp_path, built, 2, Bob_Smith=2002, Ada=1002))
    [(file, why)] = refusals(collection).items()
    assert file.startswith("Bob Smith_2002") and "another person" in why
    assert f"submitted/Bob Smith/{DOUBLING}.moodle" in why  # what to delete for a new assignment
    assert submitted(course) == {f"Bob Smith/{DOUBLING}": "1001", f"Ada/{DOUBLING}": "1002"}
    assert not refusals(collect(course, moodle(tmp_path, built, 3, TRIPLING, Bob_Smith=3003)))  # has other numbers
    (course.folder / "submitted" / "Bob Smith" / f"{DOUBLING}.moodle").unlink()
    assert not refusals(collect(course, moodle(tmp_path, built, 4, Bob_Smith=2002)))
    assert submitted(course)[f"Bob Smith/{DOUBLING}"] == "2002"


def test_an_impostor_with_the_same_notebook_is_refused_too(course, built, tmp_path):
    data = notebook(built)
    for number in (1001, 2002):
        last = collect(course, zipped(tmp_path / "a.zip", {f"Bob_{number}_assignsubmission_file_/x.ipynb": data}))
    assert len(refusals(last)) == 1


def test_what_was_collected_from_moodle_can_be_collected_from_the_course_folder(course, built, tmp_path):
    collect(course, moodle(tmp_path, built, 1, Bob_Smith=1001, Ada=1002))
    collection = collect(course, course.folder / "submitted")
    assert set(became(collection).values()) == {"unchanged"} and len(collection.outcomes) == 2
