from pathlib import Path

from ductdicom.cli import progress
from ductdicom.cli.admin import sample
from ductdicom.cli.application import run


def test_writing_the_samples_is_no_silence(monkeypatch, capsys):
    monkeypatch.setattr(progress, "_EVERY_S", 0.0)
    monkeypatch.setattr(sample, "writing_samples", lambda *_, **__: iter([Path("a"), Path("b")]))

    assert run(["sample", "-o", "samples"]) == 0

    captured = capsys.readouterr()
    assert captured.out == "2 files in samples\n"
    assert [line.split(" (")[0] for line in captured.err.splitlines()] == [
        "writing samples: 1",
        "writing samples: 2",
    ]


def test_samples_are_written_over_nobodys_files(tmp_path, capsys):
    own = tmp_path / "textbook" / "IM0001"
    own.parent.mkdir()
    own.write_bytes(b"a reader's own")

    assert run(["sample", "-o", str(tmp_path)]) == 2
    assert "holds files already" in capsys.readouterr().err
    assert own.read_bytes() == b"a reader's own"
