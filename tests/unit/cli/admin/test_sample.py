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
