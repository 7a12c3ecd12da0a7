import pytest

from ductdicom.errors import OutputError
from ductdicom.export.folder import StudyFolder, list_files, written_file
from ductdicom.export.output import RECORD_NAME, UNFINISHED_NAME, encode_json

OLD, NEW = b"what a run wrote", b"what another run writes"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "out" / "studies" / "KEY"


def write(path, *files, begin_only=False):
    """Write files as a run would, and return the folder."""
    folder = StudyFolder(path)
    folder.begin([written_file(name, content) for name, content in files])
    for name, content in files if not begin_only else ():
        folder.write(name, content)
    if not begin_only:
        folder.finish(encode_json(list_files(folder.written())))
    return folder


def contents(path):
    return {
        item.relative_to(path).as_posix(): item.read_bytes()
        for item in sorted(path.rglob("*"))
        if item.is_file() and item.name != RECORD_NAME
    }


def test_what_is_ours_is_replaced_and_what_is_stale_removed(path):
    write(path, ("sheet-1.png", OLD), ("sheet-2.png", OLD), ("pre/001.dcm", OLD))

    folder = write(path, ("sheet-1.png", NEW))

    assert contents(path) == {"sheet-1.png": NEW}
    assert not (path / "pre").exists()
    assert folder.kept == []


@pytest.mark.parametrize("name", ["sheet-annotated.pdf", "pre/notes.txt", "other/x.dcm", "new/a"])
def test_a_readers_own_file_stays(path, name):
    write(path, ("sheet-1.png", OLD), ("pre/001.dcm", OLD), ("other/001.dcm", OLD))
    (path / name).parent.mkdir(exist_ok=True)
    (path / name).write_bytes(b"a reader's")

    folder = write(path, ("sheet-1.png", NEW))

    assert contents(path) == {"sheet-1.png": NEW, name: b"a reader's"}
    assert folder.kept == []


@pytest.mark.parametrize("changed", [b"annotated", OLD[::-1]], ids=["other size", "same size"])
@pytest.mark.parametrize("name", ["sheet.pdf", "pre/001.dcm"])
@pytest.mark.parametrize("is_wanted", [True, False], ids=["written again", "stale"])
def test_a_file_that_somebody_changed_is_set_aside(path, changed, name, is_wanted):
    write(path, (name, OLD))
    (path / name).write_bytes(changed)

    folder = write(path, *([(name, NEW)] if is_wanted else []))

    assert folder.kept == [f"{name}.kept-1"]
    ours = {name: NEW} if is_wanted else {}
    assert contents(path) == {f"{name}.kept-1": changed} | ours


def test_each_change_has_a_name_of_its_own(path):
    for number in (1, 2, 3):
        write(path, ("sheet.pdf", OLD))
        (path / "sheet.pdf").write_bytes(b"annotated %d" % number)

    write(path, ("sheet.pdf", OLD))

    assert contents(path) == {
        "sheet.pdf": OLD,
        "sheet.pdf.kept-1": b"annotated 1",
        "sheet.pdf.kept-2": b"annotated 2",
        "sheet.pdf.kept-3": b"annotated 3",
    }


def test_a_readers_file_where_ours_belongs_is_set_aside_but_an_equal_one_is_ours(path):
    path.mkdir(parents=True)
    (path / "sheet-1.png").write_bytes(b"a reader's")
    (path / "sheet-2.png").write_bytes(NEW)

    folder = write(path, ("sheet-1.png", NEW), ("sheet-2.png", NEW))

    assert folder.kept == ["sheet-1.png.kept-1"]


def test_a_folder_where_a_file_of_ours_belongs_is_set_aside(path):
    (path / "sheet.pdf").mkdir(parents=True)

    assert write(path, ("sheet.pdf", NEW)).kept == ["sheet.pdf.kept-1"]


def test_the_next_run_knows_what_one_that_was_stopped_wrote(path):
    write(path, ("sheet-1.png", OLD), ("sheet-3.png", OLD))
    stopped = write(path, ("sheet-1.png", NEW), ("sheet-2.png", NEW), begin_only=True)
    stopped.write("sheet-2.png", NEW)  # but not yet the first

    assert not (path / RECORD_NAME).exists()
    folder = write(path, ("sheet-1.png", b"third"))

    assert contents(path) == {"sheet-1.png": b"third"}
    assert folder.kept == []
    assert not (path / UNFINISHED_NAME).exists()


def test_what_a_stopped_run_wrote_can_be_cleared(path):
    stopped = write(path, ("sheet-1.png", NEW), begin_only=True)
    stopped.write("sheet-1.png", NEW)
    (path / "mine.txt").write_bytes(b"a reader's")

    StudyFolder(path).clear()

    assert contents(path) == {"mine.txt": b"a reader's"}


@pytest.mark.parametrize("name", ["../../precious", "/etc/precious", "pre/../../x", ".hidden", ""])
def test_a_record_that_names_what_no_run_writes_names_nothing(path, name):
    write(path, ("sheet-1.png", OLD))
    precious = path.parents[1] / "precious"
    precious.write_bytes(OLD)
    record = list_files([written_file(name, OLD)])
    (path / RECORD_NAME).write_bytes(encode_json(record))

    write(path, ("sheet-1.png", OLD))

    assert precious.read_bytes() == OLD


@pytest.mark.parametrize("link", ["", "pre", "sheet-1.png", RECORD_NAME, UNFINISHED_NAME])
def test_a_link_is_named_and_nothing_is_touched_through_it(path, tmp_path, link):
    files = [("sheet-1.png", OLD), ("pre/001.dcm", OLD)]
    write(path, *files)
    outside = tmp_path / "outside"
    (path / link).rename(outside) if link != UNFINISHED_NAME else outside.write_bytes(OLD)
    (path / link).symlink_to(outside)
    before = contents(outside) if outside.is_dir() else outside.read_bytes()

    with pytest.raises(OutputError, match="is a link") as refused:
        write(path, ("sheet-1.png", NEW))

    assert refused.value.path == path / link
    assert refused.value.exit_code == 4
    assert (contents(outside) if outside.is_dir() else outside.read_bytes()) == before


def test_links_that_were_laid_down_are_ours(path, tmp_path):
    original = tmp_path / "original"
    original.write_bytes(OLD)
    for is_symbolic in (True, False, True):
        folder = StudyFolder(path)
        folder.begin([written_file("pre/001.dcm", OLD)])
        folder.lay("pre/001.dcm", original, is_symbolic=is_symbolic)
        folder.finish(encode_json(list_files(folder.written())))
        assert folder.kept == []
        assert folder.is_whole(folder.written())

    write(path, ("pre/001.dcm", NEW))

    assert original.read_bytes() == OLD
    assert contents(path) == {"pre/001.dcm": NEW}


def test_a_copy_takes_the_place_of_another_name_of_the_original(path, tmp_path):
    original = tmp_path / "original"
    original.write_bytes(OLD)
    folder = StudyFolder(path)
    folder.begin([written_file("pre/001.dcm", OLD)])
    folder.lay("pre/001.dcm", original, is_symbolic=False)
    folder.finish(encode_json(list_files(folder.written())))

    write(path, ("pre/001.dcm", OLD))

    assert not (path / "pre" / "001.dcm").samefile(original)


def test_a_link_that_leads_elsewhere_than_it_did_is_not_ours(path, tmp_path):
    original, other = tmp_path / "original", tmp_path / "other"
    original.write_bytes(OLD)
    other.write_bytes(OLD)
    folder = StudyFolder(path)
    folder.begin([written_file("pre/001.dcm", OLD)])
    folder.lay("pre/001.dcm", original, is_symbolic=True)
    folder.finish(encode_json(list_files(folder.written())))
    (path / "pre" / "001.dcm").unlink()
    (path / "pre" / "001.dcm").symlink_to(other)

    with pytest.raises(OutputError, match="is a link"):
        write(path)
    with pytest.raises(OutputError, match="is a link"):
        folder.is_whole(folder.written())


@pytest.mark.parametrize("text", [b"{", b"[" * 100_000, b"9" * 5000, b'{"files": ["a"]}'])
def test_a_damaged_record_makes_nothing_ours(path, text):
    write(path, ("sheet-1.png", OLD), ("sheet-2.png", OLD))
    (path / RECORD_NAME).write_bytes(text)

    folder = write(path, ("sheet-1.png", NEW))

    assert folder.kept == ["sheet-1.png.kept-1"]
    assert contents(path) == {"sheet-1.png": NEW, "sheet-1.png.kept-1": OLD, "sheet-2.png": OLD}
