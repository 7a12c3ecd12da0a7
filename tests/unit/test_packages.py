"""What is handed to strangers: bundles and packages, as far as it takes no minutes to try."""

import hashlib
import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def script(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))

    def load(name):
        monkeypatch.delitem(sys.modules, name, raising=False)
        return importlib.import_module(name)

    return load


def _done(code):
    return lambda command, **_options: subprocess.CompletedProcess(command, code, stderr="")


def test_the_readme_has_two_commands(script):
    assert [words[:2] for words in script("fresh").readme_commands()] == [
        ["ductdicom", "sample"],
        ["ductdicom", "organise"],
    ]


def test_a_readme_without_commands_is_no_success(script, tmp_path):
    page = tmp_path / "README.md"
    page.write_text("# A page\n\n```sh\nls\n```\n", "utf-8")

    with pytest.raises(LookupError, match="no listing"):
        script("fresh").readme_commands(page)


def test_what_runs_without_an_index_follows_no_setting_of_this_machine(script):
    machine = {"PIP_INDEX_URL": "https://a.test", "PIP_FIND_LINKS": "/srv", "PATH": "/bin"}

    assert script("fresh").without_index(machine) == {
        "PATH": "/bin",
        "PIP_NO_INDEX": "1",
        "PIP_CONFIG_FILE": os.devnull,
    }


@pytest.mark.parametrize(
    ("code", "words"),
    [
        pytest.param(0, "left no sheets/index.html", id="nothing was drawn"),
        pytest.param(4, "--version: ended with 4", id="a command fails"),
    ],
)
def test_what_the_readme_promises_and_does_not_come_is_said(
    script, monkeypatch, tmp_path, code, words
):
    fresh = script("fresh")
    monkeypatch.setattr(subprocess, "run", _done(code))

    assert words in fresh.run_readme(tmp_path, tmp_path)


def test_each_wheel_of_a_bundle_is_pinned_by_its_hash(script, tmp_path):
    names = ["numpy-2.4.6-cp313-cp313-win_amd64.whl", "font_source_sans_pro-0.0.1-py3-none-any.whl"]
    for name in names:
        (tmp_path / name).write_bytes(name.encode())
    digests = [hashlib.sha256(name.encode()).hexdigest() for name in names]

    assert script("bundle").requirements(tmp_path.iterdir()) == (
        f"font-source-sans-pro==0.0.1 --hash=sha256:{digests[1]}\n"
        f"numpy==2.4.6 --hash=sha256:{digests[0]}\n"
    )


def test_what_is_no_wheel_is_in_no_bundle(script, tmp_path):
    (tmp_path / "numpy-2.4.6.tar.gz").write_bytes(b"")

    with pytest.raises(ValueError, match=r"numpy-2\.4\.6\.tar\.gz"):
        script("bundle").requirements(tmp_path.iterdir())


@pytest.mark.parametrize("target", ["Linux x86-64", "Windows x86-64"])
def test_a_bundle_says_how_it_is_installed_without_an_index(script, target):
    text = script("bundle").instructions(target, "3.13")

    assert "--no-index --find-links wheels --require-hashes -r requirements.txt" in text
    assert ("Scripts" in text) is target.startswith("Windows")


def test_a_bundle_of_which_a_wheel_lacks_is_not_made(script, monkeypatch, tmp_path, capsys):
    bundle = script("bundle")
    monkeypatch.setattr(bundle, "build_wheel", lambda _: Path("ductdicom-0.1.0-py3-none-any.whl"))
    monkeypatch.setattr(subprocess, "run", _done(1))
    asked = ["--platform", "macOS arm64", "--python", "3.12", "-o", str(tmp_path)]

    assert bundle.main(asked) == bundle.NO_WHEEL
    assert "no bundle was made" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_a_bundle_for_another_machine_is_called_not_tried(script, monkeypatch, tmp_path, capsys):
    bundle = script("bundle")
    wheel = "ductdicom-0.1.0-py3-none-any.whl"

    def fetch(_wheel, folder, *_place):
        (folder / wheel).write_bytes(b"")
        return 0

    monkeypatch.setattr(bundle, "build_wheel", lambda _: Path(wheel))
    monkeypatch.setattr(bundle, "fetch", fetch)
    monkeypatch.setattr(bundle, "this_platform", lambda: "Linux x86-64")
    asked = ["--platform", "Windows x86-64", "--python", "3.13", "-o", str(tmp_path)]

    assert bundle.main(asked) == 0
    assert "not tried" in capsys.readouterr().out
    name = "ductdicom-0.1.0-windows-x86-64-python3.13"
    assert (tmp_path / f"{name}.zip").is_file()
    held = {path.name for path in (tmp_path / name).iterdir()}
    assert held == {"wheels", "requirements.txt", "INSTALL.txt"}


def test_the_offline_page_says_what_a_bundle_says(script):
    page = (ROOT / "docs" / "how-to" / "offline.md").read_text("utf-8")

    assert f"pip install {' '.join(script('bundle').INSTALL)}" in page


def test_a_package_that_does_not_run_alone_closes_the_way(script, monkeypatch, capsys):
    packages = script("packages")
    monkeypatch.setattr(packages, "build", lambda _: [Path("a.whl"), Path("a.tar.gz")])
    troubles = {"a.whl": "", "a.tar.gz": "pip ended with 1"}
    monkeypatch.setattr(packages, "try_out", lambda package: troubles[package.name])

    assert packages.main([]) == 1
    said = capsys.readouterr().out
    assert "a.whl: installed alone" in said
    assert "a.tar.gz: pip ended with 1" in said
