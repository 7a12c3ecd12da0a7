"""What is remembered of headers is said and forgotten; nothing else in its folder is touched."""

import pytest
from exports import files_of, organise, write_ductogram

from ductdicom.cli.application import run
from ductdicom.ingest.cache.stock import take_stock


@pytest.fixture
def cache(tmp_path):
    """Return the cache folder of runs into two output folders."""
    export = write_ductogram(tmp_path / "export")
    for name in ("one", "two"):
        options = ["--cache", str(tmp_path / "cache"), "-q"]
        organise(export, output=tmp_path / name, options=options)
    return tmp_path / "cache"


def test_it_says_how_many_files_are_remembered_and_where(cache, capsys):
    capsys.readouterr()

    assert run(["cache", "--cache", str(cache)]) == 0

    first, _, head, *rows = capsys.readouterr().out.splitlines()
    size = sum(path.stat().st_size for path in cache.iterdir())
    assert first == f"{cache}: 2 caches, {size} bytes"
    assert head.split() == ["cache", "files", "bytes"]
    assert [row.split()[1] for row in rows] == ["4", "4"]


def test_clear_takes_all_caches_and_nothing_else(cache, tmp_path, capsys):
    (cache / "notes.sqlite").write_text("a reader's own")
    (cache / ("a" * 16 + ".sqlite")).symlink_to(tmp_path / "one" / "index.html")
    capsys.readouterr()

    assert run(["cache", "--clear", "--cache", str(cache)]) == 0

    assert capsys.readouterr().out.startswith(f"{cache}: 2 caches, ")
    assert sorted(path.name for path in cache.iterdir()) == ["a" * 16 + ".sqlite", "notes.sqlite"]
    assert (tmp_path / "one" / "index.html").is_file()
    run(["cache", "--cache", str(cache)])
    assert capsys.readouterr().out == f"{cache}: 0 caches, 0 bytes\n"


def test_a_cache_that_cannot_be_read_is_said_and_taken_away(tmp_path, capsys):
    (tmp_path / ("0" * 16 + ".sqlite")).write_bytes(b"no database")

    assert [stock.files for stock in take_stock(tmp_path)] == [None]
    assert run(["cache", "--cache", str(tmp_path)]) == 0
    assert "damaged" in capsys.readouterr().out
    assert run(["cache", "--clear", "--cache", str(tmp_path)]) == 0
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_holds_none(tmp_path, capsys):
    assert run(["cache", "--cache", str(tmp_path / "none")]) == 0

    assert capsys.readouterr().out.endswith("none: 0 caches, 0 bytes\n")
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("how", ["option", "file"])
def test_an_empty_cache_keeps_nothing(tmp_path, monkeypatch, capsys, how):
    export, config = write_ductogram(tmp_path / "export"), tmp_path / "config.toml"
    config.write_text('cache = ""\n')
    options = ["--cache", ""] if how == "option" else ["--config", str(config)]

    with monkeypatch.context() as environment:
        environment.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
        organise(export, output=tmp_path / "out", options=options)
        capsys.readouterr()
        assert run(["cache", *options]) == 0

    assert capsys.readouterr().out == "no cache: nothing is remembered\n"
    assert not (tmp_path / "user").exists()


def test_without_a_word_the_users_own_is_used(tmp_path, monkeypatch, capsys):
    with monkeypatch.context() as environment:
        environment.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
        organise(write_ductogram(tmp_path / "export"), output=tmp_path / "out")
        capsys.readouterr()
        assert run(["cache"]) == 0

    assert capsys.readouterr().out.startswith(f"{tmp_path / 'user' / 'ductdicom'}: 1 cache, ")
    assert [name for name in files_of(tmp_path / "out") if name.endswith("sqlite")] == []
