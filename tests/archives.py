"""Archives for tests: programs that are started on free ports, and peers in this process."""

import json
import shutil
import socket
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from pynetdicom.ae import ApplicationEntity

HOST = "127.0.0.1"
_READY_S = 30
_PLUGINS = Path("/usr/share/orthanc/plugins")


def free_ports(count):
    """Return ports that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind((HOST, 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def program(name):
    """Return the path of a program, or skip the test with a word."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@contextmanager
def running(command, port, folder):
    """Run a program until the end of the block; yields once it listens."""
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(_READY_S * 20):
            with socket.socket() as probe:
                if probe.connect_ex((HOST, port)) == 0:
                    break
            try:
                code = process.wait(0.05)
                raise AssertionError(f"{command[0]} ended with {code} before it listened")
            except subprocess.TimeoutExpired:
                pass
        else:
            raise AssertionError(f"{command[0]} does not listen")
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@dataclass(frozen=True)
class Archive:
    """An archive that listens: its title and ports, and the port on which it knows us as DUCT."""

    title: str
    port: int
    web: int = 0
    ours: int = 0

    @property
    def address(self):
        return f"{self.title}@{HOST}:{self.port}"

    @property
    def url(self):
        return f"http://{HOST}:{self.web}/dicom-web"

    @property
    def bind(self):
        return f"DUCT@{HOST}:{self.ours}"


@contextmanager
def orthanc(folder, **more):
    """Run Orthanc with DICOMweb, all of it in a folder; ``more`` are further settings of it."""
    binary = program("Orthanc")
    plugin = _PLUGINS / "libOrthancDicomWeb.so"
    if not plugin.is_file():
        pytest.skip("orthanc-dicomweb is not installed")
    web, port, ours = free_ports(3)
    allow = {f"Allow{name}": True for name in ("Echo", "Store", "Find", "Get", "Move")}
    always = {f"DicomAlways{name}": True for name in allow}
    settings = {
        "Name": "PACS",
        "StorageDirectory": "files",
        "IndexDirectory": "files",
        "Plugins": [str(plugin)],
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "HttpPort": web,
        "DicomAet": "PACS",
        "DicomPort": port,
        "DicomCheckCalledAet": False,
        "DicomModalities": {"duct": {"AET": "DUCT", "Host": HOST, "Port": ours, **allow}},
        "StableAge": 1,
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/", "EnableWado": True},
        **always,
        **more,
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "orthanc.json"
    path.write_text(json.dumps(settings), encoding="utf-8")
    archive = Archive(title="PACS", port=port, web=web, ours=ours)
    with running([binary, str(path)], port, folder):
        yield archive


@contextmanager
def dcmqrscp(folder):
    """Run DCMTK's archive, which knows neither counts nor DICOMweb."""
    binary = program("dcmqrscp")
    port, ours = free_ports(2)
    (folder / "db").mkdir(parents=True)
    path = folder / "dcmqrscp.cfg"
    path.write_text(
        f"NetworkTCPPort = {port}\nMaxPDUSize = 16384\nMaxAssociations = 16\n"
        f"HostTable BEGIN\nduct = (DUCT, {HOST}, {ours})\nHostTable END\n"
        f"VendorTable BEGIN\nVendorTable END\n"
        f"AETable BEGIN\nDCMQR {folder / 'db'} RW (500, 1024mb) ANY\nAETable END\n",
        encoding="utf-8",
    )
    with running([binary, "-c", str(path)], port, folder):
        yield Archive(title="DCMQR", port=port, ours=ours)


@contextmanager
def peer(contexts, handlers=(), *, title="PEER", **settings):
    """Let a peer listen in this process; ``contexts`` are of pynetdicom, also with roles."""
    entity = ApplicationEntity(title)
    for name, value in settings.items():
        setattr(entity, name, value)
    server = entity.start_server(
        (HOST, 0), contexts=list(contexts), evt_handlers=list(handlers), block=False
    )
    try:
        yield Archive(title=title, port=server.server_address[1])
    finally:
        for association in server.active_associations:
            association.abort()
        server.shutdown()


def store(archive, *files, title="MODALITY"):
    """Send files with DCMTK, as they are."""
    command = [
        program("dcmsend"),
        "-q",
        "--decompress-never",
        "-aet",
        title,
        "-aec",
        archive.title,
        HOST,
    ]
    command += [str(archive.port), *map(str, files)]
    return subprocess.run(command, check=False, timeout=60, capture_output=True).returncode
