"""What `deploy/` promises of the image, the services beside it, and the units."""

import importlib
import json
import re
import sys
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from ductdicom.pacs.peers import find_peer

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
NOW = datetime(2026, 1, 12, 9, 30, tzinfo=UTC)


def _module(folder, name, monkeypatch):
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, name, raising=False)
    return importlib.import_module(name)


@pytest.fixture
def containerfile(monkeypatch):
    return _module(ROOT / "scripts", "containerfile", monkeypatch)


@pytest.fixture
def image(containerfile):
    return containerfile.read()


@pytest.fixture
def services():
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"]


def test_the_image_runs_as_no_root_and_knows_when_it_is_ill(containerfile, image):
    def words(name):
        return containerfile.last(image, name).text

    user, group = words("USER").split(":")
    assert int(user) >= 1000
    assert int(group) >= 1000
    assert set(words("VOLUME").split()) == {"/spool", "/out"}
    assert containerfile.last(image, "HEALTHCHECK").list[-1] == "/spool/incoming"
    assert containerfile.last(image, "ENTRYPOINT").list == ["ductdicom"]
    made = [each.text for each in image if each.word == "RUN"]
    assert f"install -d -o {user} -g {group} -m 750 /spool /out" in made


def test_all_that_the_image_copies_is_there_and_all_that_the_package_needs_is_copied(image):
    copied = [word for each in image if each.word == "COPY" for word in each.text.split()[:-1]]
    sources = {word for word in copied if not word.startswith(("--from", "/"))}

    assert all((ROOT / source).exists() for source in sources)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    build = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {*build["packages"], *build["shared-data"], *project["project"]["license-files"]}
    assert {*needed, project["project"]["readme"], "pyproject.toml"} <= sources


def test_no_secret_and_no_whole_repository_goes_into_the_image(image):
    for each in image:
        assert not re.search(r"PASSWORD|TOKEN|SECRET", each.text, re.IGNORECASE)
        assert each.word != "ADD"
        assert each.word != "COPY" or "." not in each.text.split()


def test_steps_are_told_in_shell_in_their_order(containerfile, tmp_path):
    path = tmp_path / "Containerfile"
    path.write_text(
        "FROM a\n# nothing\nCOPY one two /src/\nENV A=1\nRUN x \\\n    && y\nCOPY --from=b /c /c\n",
        "utf-8",
    )

    lines = containerfile.as_shell(containerfile.read(path), "/here").splitlines()

    assert lines[0] == "set -e"
    assert [re.search(r"/here/\w+", line)[0] for line in lines[1:3]] == ["/here/one", "/here/two"]
    assert lines[3:] == ["export A=1", "(cd / && x && y)"]


def test_a_step_that_nobody_runs_is_refused(containerfile):
    with pytest.raises(ValueError, match="SHELL"):
        containerfile.as_shell([containerfile.Instruction("SHELL", '["bash"]')], "/here")


def test_the_service_may_do_no_more_than_it_must(containerfile, image, services):
    watch = services["watch"]

    assert watch["read_only"] is True
    assert watch["tmpfs"] == [containerfile.environment(image)["HOME"]]
    assert watch["user"] == containerfile.last(image, "USER").text
    assert watch["cap_drop"] == ["ALL"]
    assert watch["security_opt"] == ["no-new-privileges:true"]
    mounted = dict(volume.split(":")[:2][::-1] for volume in watch["volumes"])
    assert {"/spool", "/out"} <= mounted.keys()
    assert (DEPLOY / mounted["/etc/ductdicom.toml"]).is_file()
    assert (ROOT / "deploy" / watch["build"]["context"] / watch["build"]["dockerfile"]).is_file()
    assert "privileged" not in watch


def test_orthanc_answers_by_http_to_nobody_outside(services):
    settings = json.loads((DEPLOY / "orthanc.json").read_text("utf-8"))
    published = [str(port).rpartition(":")[2] for port in services["orthanc"]["ports"]]

    assert published == [str(settings["DicomPort"])]
    assert settings["RemoteAccessAllowed"] is False
    assert services["watch"]["network_mode"] == "service:orthanc"
    assert "latest" not in services["orthanc"]["image"]
    assert re.search(r":\d", services["orthanc"]["image"])


def test_the_watch_asks_the_orthanc_that_is_beside_it(services):
    settings = json.loads((DEPLOY / "orthanc.json").read_text("utf-8"))
    tables = tomllib.loads((DEPLOY / "ductdicom.toml").read_text("utf-8"))["peers"]
    command = services["watch"]["command"]
    named = {command[command.index(option) + 1] for option in ("--orthanc", "--send")}

    root = settings["DicomWeb"]["Root"].rstrip("/")
    url = f"http://127.0.0.1:{settings['HttpPort']}{root}"
    assert [find_peer(name, tables).web.url for name in named] == [url]
    assert settings["DicomWeb"]["Enable"] is True


@pytest.mark.parametrize("name", ["ductdicom-receive.service", "ductdicom-watch.service"])
def test_the_units_stand_in_the_docs_as_they_are(name):
    page = (ROOT / "docs" / "how-to" / "pacs.md").read_text("utf-8")

    unit = (DEPLOY / name).read_text("utf-8")
    assert f"```ini\n{unit}```" in page
    for line in ("User=ductdicom", "NoNewPrivileges=yes", "ProtectSystem=strict"):
        assert line in unit.splitlines()


@pytest.fixture
def fault(monkeypatch, tmp_path):
    healthy = _module(DEPLOY, "healthy", monkeypatch)

    def find(**statuses):
        for name, status in statuses.items():
            (tmp_path / f"{name}.json").write_text(json.dumps(status), "utf-8")
        return healthy.find_fault(tmp_path, NOW)

    return find


def _at(seconds):
    return (NOW - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(
    ("statuses", "words"),
    [
        pytest.param({}, "no status file", id="nothing has begun"),
        pytest.param({"status": {"state": "listening", "at": _at(5)}}, "", id="a receiver"),
        pytest.param({"watch": {"state": "watching", "at": _at(5)}}, "", id="a watch"),
        pytest.param({"watch": {"state": "failing", "at": _at(5)}}, "failing", id="it fails"),
        pytest.param({"status": {"state": "full", "at": _at(5)}}, "full", id="no room"),
        pytest.param({"status": {"state": "stopped", "at": _at(5)}}, "stopped", id="stopped"),
        pytest.param({"watch": {"state": "watching", "at": _at(90)}}, "90 s old", id="silent"),
        pytest.param(
            {"status": {"state": "listening", "at": _at(5)}, "watch": {"at": _at(5)}},
            "cannot be read",
            id="one of two says nothing",
        ),
    ],
)
def test_a_service_is_well_as_long_as_its_status_file_says_so(fault, statuses, words):
    found = fault(**statuses)

    assert words in found
    assert bool(found) is bool(words)
