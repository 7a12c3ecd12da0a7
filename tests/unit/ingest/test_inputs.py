import io
import os

import pytest

from ductdicom.errors import UsageError
from ductdicom.ingest.inputs import check_inputs, find_inputs, read_list
from ductdicom.model.origin import Origin
from ductdicom.model.outcome import LedgerRow


def make_tree(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def sources(found):
    return [item.source if isinstance(item, Origin) else item.origin.source for item in found]


def test_files_come_folder_by_folder_sorted_by_name(tmp_path, monkeypatch):
    make_tree(tmp_path, "cd/b/2", "cd/b/10", "cd/a", "cd/c")
    monkeypatch.chdir(tmp_path)

    assert sources(find_inputs(["cd"])) == ["cd/a", "cd/b/10", "cd/b/2", "cd/c"]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param("cd", "cd/a", id="relative"),
        pytest.param("cd/", "cd/a", id="slash at the end"),
        pytest.param("./cd", "./cd/a", id="with a dot"),
        pytest.param(".", "./cd/a", id="the dot itself"),
        pytest.param("cd/a", "cd/a", id="a file"),
    ],
)
def test_names_start_as_they_were_typed(tmp_path, monkeypatch, typed, expected):
    make_tree(tmp_path, "cd/a")
    monkeypatch.chdir(tmp_path)

    assert sources(find_inputs([typed])) == [expected]


def test_a_missing_input_is_called_by_its_place_as_its_path_may_name_somebody(tmp_path):
    with pytest.raises(UsageError, match=r"^INPUT 2 of 2: no such file or folder$"):
        check_inputs([str(tmp_path), str(tmp_path / "nowhere")])


IMPOSSIBLE = [
    pytest.param("x" * 5000, "io-error", id="too long"),
    pytest.param("a\0b", "missing", id="NUL"),
    pytest.param("cd/a/b", "missing", id="below a file"),
    pytest.param("cd/DICOMDIR", "missing", id="a directory of a file set"),
]


@pytest.mark.parametrize(("typed", "reason"), IMPOSSIBLE)
def test_what_cannot_be_there_is_no_input(tmp_path, monkeypatch, typed, reason):
    make_tree(tmp_path, "cd/a")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(UsageError):
        check_inputs([typed])
    (row,) = find_inputs([typed])

    assert (row.origin.source, row.disposition, row.reason) == (typed, "unreadable", reason)


def test_an_empty_name_is_no_input():
    with pytest.raises(UsageError):
        check_inputs([""])


@pytest.mark.parametrize(
    "inputs",
    [
        pytest.param(["cd/gone", "cd"], id="before its folder"),
        pytest.param(["cd", "cd/gone"], id="after its folder"),
        pytest.param(["cd", "cd/gone", "./cd/gone"], id="named twice"),
        pytest.param(["cd", "dangling"], id="a link to it"),
    ],
)
def test_what_is_gone_is_one_row_beside_what_is_there(tmp_path, monkeypatch, inputs):
    make_tree(tmp_path, "cd/a")
    (tmp_path / "dangling").symlink_to("cd/gone")
    monkeypatch.chdir(tmp_path)

    found = list(find_inputs(inputs))

    assert [item.source for item in found if isinstance(item, Origin)] == ["cd/a"]
    assert [item.reason for item in found if isinstance(item, LedgerRow)] == ["missing"]


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        pytest.param(["cd", "cd"], ["cd/a", "cd/s/b"], id="twice the same"),
        pytest.param(["cd/s", "cd"], ["cd/s/b", "cd/a"], id="a folder and its parent"),
        pytest.param(["cd", "cd/s"], ["cd/a", "cd/s/b"], id="a folder and its child"),
        pytest.param(["cd/a", "cd"], ["cd/a", "cd/s/b"], id="a file and its folder"),
        pytest.param(["cd", "link"], ["cd/a", "cd/s/b"], id="a folder and a link to it"),
        pytest.param(["cd/s", "cd/s", "cd/a"], ["cd/s/b", "cd/a"], id="twice, before another"),
    ],
)
def test_what_is_reached_twice_comes_once(tmp_path, monkeypatch, inputs, expected):
    make_tree(tmp_path, "cd/a", "cd/s/b")
    (tmp_path / "link").symlink_to("cd")
    monkeypatch.chdir(tmp_path)

    assert sources(find_inputs(inputs)) == expected


@pytest.fixture
def linked(tmp_path, monkeypatch):
    """Return a function that tells the row or the file of ``in/link``, which leads somewhere."""
    make_tree(tmp_path, "in/IM1", "in/folder/IM2", "given/IM3", "outside/IM4", "outside/IM5")
    monkeypatch.chdir(tmp_path)

    def link(target, *inputs, **options):
        (tmp_path / "in" / "link").symlink_to(target)
        found = list(find_inputs(["in", *inputs], **options))
        assert len(sources(found)) == len(set(sources(found)))
        return [
            (item.source, None, None)
            if isinstance(item, Origin)
            else (item.origin.source, item.disposition, item.reason)
            for item in found
            if "link" in sources([item])[0]
        ]

    return link


@pytest.mark.parametrize(
    "target",
    [
        pytest.param("IM1", id="a file beside it"),
        pytest.param("folder", id="a folder beside it"),
        pytest.param("folder/IM2", id="a file below"),
        pytest.param("../in", id="the input itself"),
        pytest.param(".", id="its own folder"),
        pytest.param("../given/IM3", id="a file that is given, too"),
    ],
)
@pytest.mark.parametrize("follow", [False, True], ids=["", "follow"])
def test_a_link_to_what_comes_in_its_own_place_is_a_duplicate(linked, target, follow):
    found = linked(target, "given/IM3", follow_links=follow)

    assert found == [("in/link", "duplicate", "link")]


@pytest.mark.parametrize("inputs", [["given"], ["given/IM3"]], ids=["folder", "file"])
def test_an_input_that_comes_later_counts_as_well(linked, inputs):
    assert linked("../given/IM3", *inputs) == [("in/link", "duplicate", "link")]


@pytest.mark.parametrize("target", ["../outside/IM4", "../outside", "../gone", "/", ".."])
def test_a_link_that_leads_elsewhere_is_named(linked, target):
    assert linked(target) == [("in/link", "unreadable", "symlink-outside")]


def test_what_a_link_leads_to_is_read_on_request(linked):
    assert linked("../outside/IM4", follow_links=True) == [("in/link", None, None)]


def test_a_folder_that_a_link_leads_to_is_read_on_request(linked):
    found = linked("../outside", follow_links=True)

    assert found == [("in/link/IM4", None, None), ("in/link/IM5", None, None)]


@pytest.mark.parametrize("second", ["outside", "outside/IM4"])
def test_what_two_links_lead_to_comes_once(linked, tmp_path, second):
    (tmp_path / "in" / "other-link").symlink_to(tmp_path / second)

    found = linked("../outside", follow_links=True)

    assert found[-1] == ("in/other-link", "duplicate", "link")


def test_loops_below_what_was_followed_end(linked, tmp_path):
    (tmp_path / "outside" / "back").symlink_to("../in")
    (tmp_path / "outside" / "self").symlink_to(".")

    found = linked("../outside", follow_links=True)

    assert [row for row in found if row[1]] == [
        ("in/link/back", "duplicate", "link"),
        ("in/link/self", "duplicate", "link"),
    ]


def test_a_link_to_a_folder_above_brings_nothing_twice(linked):
    found = linked("..", "given", follow_links=True)

    assert [source for source, disposition, _ in found if disposition is None] == [
        "in/link/given/IM3",
        "in/link/outside/IM4",
        "in/link/outside/IM5",
    ]


@pytest.mark.parametrize("follow", [False, True], ids=["", "follow"])
@pytest.mark.parametrize(
    ("target", "reason"), [("gone", "missing"), ("link", "symlink-loop")], ids=["gone", "itself"]
)
def test_a_link_below_an_input_that_leads_nowhere_is_unreadable(linked, target, reason, follow):
    assert linked(target, follow_links=follow) == [("in/link", "unreadable", reason)]


def test_a_followed_link_that_leads_nowhere_is_unreadable(linked):
    assert linked("../gone", follow_links=True) == [("in/link", "unreadable", "missing")]


def test_a_link_into_the_output_folder_reads_nothing_of_it(linked, tmp_path):
    found = linked("../outside/IM4", exclude=tmp_path / "outside", follow_links=True)

    assert found == [("in/link", "duplicate", "link")]


def test_a_link_that_was_named_is_followed(tmp_path, monkeypatch):
    make_tree(tmp_path, "real/a", "single")
    (tmp_path / "named").symlink_to("real")
    (tmp_path / "file").symlink_to("single")
    monkeypatch.chdir(tmp_path)

    assert sources(find_inputs(["named", "file"])) == ["named/a", "file"]


def test_special_files_are_not_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe")

    (row,) = find_inputs([str(tmp_path)])

    assert (row.disposition, row.reason) == ("not-dicom", "special-file")


def test_the_output_folder_is_left_out(tmp_path):
    make_tree(tmp_path, "a", "out/b")

    found = list(find_inputs([str(tmp_path)], exclude=tmp_path / "out"))

    assert [item.path.name for item in found] == ["a"]


def test_an_unreadable_folder_is_a_row(tmp_path, monkeypatch):
    (tmp_path / "locked").mkdir()
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith("locked"):
            raise PermissionError(path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    (row,) = find_inputs([str(tmp_path)])

    assert (row.disposition, row.reason) == ("unreadable", "permission-denied")


def test_a_file_that_is_removed_while_its_folder_is_read_is_a_row(tmp_path):
    make_tree(tmp_path, "a", "b", "c")
    found = find_inputs([str(tmp_path)])
    next(found)
    (tmp_path / "b").unlink()

    row, after = found

    assert (row.origin.source, row.disposition, row.reason) == (
        f"{tmp_path}/b",
        "unreadable",
        "missing",
    )
    assert after.source == f"{tmp_path}/c"


def test_sixty_folders_deep_are_reached(tmp_path):
    name = "/".join(["deep"] * 60) + "/file"
    make_tree(tmp_path, name)

    assert [item.path for item in find_inputs([str(tmp_path)])] == [tmp_path / name]


def test_a_name_that_is_no_unicode_can_be_written_out(tmp_path):
    (tmp_path / os.fsdecode(b"\xff.dcm")).touch()

    (origin,) = find_inputs([str(tmp_path)])

    assert origin.source.endswith("/\\xff.dcm")
    assert origin.path.exists()


@pytest.mark.parametrize(
    ("content", "nul", "expected"),
    [
        pytest.param(b"a\n\nb\r\n", False, ["a", "b"], id="lines"),
        pytest.param(b"a\nb\0c\0", True, ["a\nb", "c"], id="NUL-separated"),
        pytest.param(b"\xef\xbb\xbfa", False, ["a"], id="byte order mark"),
        pytest.param("\ufeffa\r\nü\r\n".encode("utf-16-le"), False, ["a", "ü"], id="UTF-16"),
        pytest.param("\ufeffa\nb".encode("utf-16-be"), False, ["a", "b"], id="big-endian UTF-16"),
        pytest.param("\ufeffa\0b\0".encode("utf-16-le"), True, ["a", "b"], id="UTF-16 and NUL"),
        pytest.param(b" a \n", False, [" a "], id="blanks belong to the name"),
        pytest.param(b"", False, [], id="empty"),
    ],
)
def test_a_list_names_one_input_a_line(content, nul, expected):
    assert list(read_list(io.BytesIO(content), nul=nul)) == expected


def test_a_list_without_end_is_refused_and_none_is_cut_short(monkeypatch):
    monkeypatch.setattr("ductdicom.ingest.inputs._MOST_LIST_BYTES", 4)

    assert list(read_list(io.BytesIO(b"a\nb\n"))) == ["a", "b"]
    with pytest.raises(UsageError, match="larger than"):
        list(read_list(io.BytesIO(b"a\nb\nc")))


def test_a_list_that_is_utf_16_only_at_its_start_is_said():
    with pytest.raises(UsageError, match="UTF-8"):
        list(read_list(io.BytesIO(b"\xff\xfea")))
