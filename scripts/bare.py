"""Make bare roots of Debian and run in them, by chroot, what is said to run anywhere.

That are the README's commands (``demo``, ``test``), and the bundle for a computer without internet
(``bundle``), made outside and tried in a root that has no network. ``container`` runs the steps of
`deploy/Containerfile`, then as its user, in a root that is read-only but for what is a volume or in
memory, the program and its health check.

Such a root holds ``python3`` and ``python3-venv`` and no more, as a newcomer's machine may. Making
one needs root, mmdebstrap and leave to mount. What is mounted, and what is started, ends with
the command, as both have a namespace of their own. Leaves with 1 where a command fails, and
with 77 where no root can be had.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic

import containerfile
from environment import ROOT

RELEASES = {"12": "bookworm", "13": "trixie"}
PYTHONS = {"12": "3.11", "13": "3.13"}
COMMANDS = ("demo", "test", "bundle", "container")
NO_ROOT = 77

_PROGRAMS = ("mmdebstrap", "unshare", "mount", "chroot", "git")
_PLACE = "/ductdicom"
_BUNDLE = "/bundle"
# Nothing but the volumes can be written; the receiver is well, and no longer when it was stopped.
_PROBE = """
set -e
! touch /opt/mark 2>/dev/null
cd /out
{start} sample -o export
{start} organise export -o sheets
test -f sheets/index.html
! {healthy}
{start} receive /spool -b DUCT@127.0.0.1:11112 &
receiver=$!
waited=0
until {healthy}; do
    waited=$((waited + 1))
    test $waited -lt 60
    sleep 1
done
kill $receiver
wait $receiver
! {healthy}
"""
_APART = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
_SEARCHED = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
_CERTIFICATES = Path("/etc/ssl/certs")
_NETWORK = re.compile(
    r"PIP_\w+|SSL_CERT_(FILE|DIR)|(REQUESTS_CA|CURL_CA)_BUNDLE|(\w+|no)_proxy", re.IGNORECASE
)
# An absolute path, or the URL of a local file; no part of another URL.
_PATH = re.compile(r"(?:(file:)//|(?<![^\s=:]))(/[^/\s][^\s:]*)")


def main() -> int:
    """Run the commands and return 0, 1 where one fails, or 77."""
    parser = argparse.ArgumentParser(description="Try in bare roots what should run anywhere.")
    parser.add_argument("--release", choices=RELEASES, action="append", help="Debian's; all")
    parser.add_argument("--command", choices=COMMANDS, action="append", help="all")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))  # so that the folder goes, too
    releases = options.release or list(RELEASES)
    with tempfile.TemporaryDirectory(prefix="ductdicom-bare-") as folder:
        Path(folder).chmod(0o755)  # apt reads it as a user of its own
        roots = [Path(folder) / release for release in releases]
        with ThreadPoolExecutor() as pool:
            troubles = list(pool.map(_make, roots, releases))
        codes = []
        for root, release, trouble in zip(roots, releases, troubles, strict=True):
            if trouble:
                print(f"no bare root of Debian {release} can be had: {trouble}", flush=True)
                codes.append(NO_ROOT)
                continue
            _copy_repository(root)
            codes += [_run(root, release, name) for name in options.command or COMMANDS]
            shutil.rmtree(root)
    return 1 if any(code not in {0, NO_ROOT} for code in codes) else max(codes)


def sources(targets: str, host: str, suite: str) -> list[str]:
    """Return lines for apt that take a release from where this machine takes its own.

    Parameters
    ----------
    targets
        A line each: URI, suite, component; as ``apt-get indextargets`` has them.
    host, suite
        Names of this machine's release and of the one that is wanted.
    """
    found = (line.split() for line in targets.splitlines())
    return [
        f"deb {uri} {suite}{name.removeprefix(host)} {component}"
        for uri, name, component in found
        if uri.startswith("http") and name.startswith(host) and component == "main"
    ]


def named_paths(text: str) -> set[Path]:
    """Return the paths that a configuration names; of a local index, the folder above.

    What an index links to lies beside it.
    """
    return {Path(path).parent if is_url else Path(path) for is_url, path in _PATH.findall(text)}


def _obstacle(folder: Path) -> str:
    """Return why no root can be made on this machine, in words; empty where it can."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "only root can make one"
    if missing := [name for name in _PROGRAMS if shutil.which(name) is None]:
        return f"there is no {missing[0]}"
    mount = [*_APART, "mount", "-t", "proc", "proc", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"mounting failed: {done.stderr.strip()}"


def _make(root: Path, release: str) -> str:
    """Make a root and return an empty string, or why that failed."""
    if trouble := _obstacle(root.parent):
        return trouble
    started = monotonic()
    suite = RELEASES[release]
    command = ["mmdebstrap", "--quiet", "--variant=apt", "--include=python3,python3-venv"]
    command.append("--dpkgopt=force-unsafe-io")  # nothing is kept that could be lost
    command += [suite, str(root), *sources(_targets(), _codename(), suite)]
    done = subprocess.run([*_APART, *command], capture_output=True, text=True, check=False)
    if done.returncode:
        return f"mmdebstrap failed\n{done.stderr.strip()}"
    print(f"made a bare root of Debian {release} in {monotonic() - started:.0f} s", flush=True)
    return ""


def _targets() -> str:
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)"]
    command.append("Created-By: Packages")
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def _codename() -> str:
    """Return the name of this machine's release of Debian, or what no release is named."""
    text = Path("/etc/os-release").read_text(encoding="utf-8")
    told = dict(line.partition("=")[::2] for line in text.splitlines())
    return told.get("VERSION_CODENAME", "-") if told.get("ID") == "debian" else "-"


def _copy_repository(root: Path) -> None:
    """Copy the repository as a clone would have it, with what is not committed yet."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.split("\0"):
        if (ROOT / name).is_file():
            target = root / _PLACE.lstrip("/") / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target)


def _run(root: Path, release: str, name: str) -> int:
    started = monotonic()
    print(f"== Debian {release}: {name}", flush=True)
    if name == "bundle":
        code = _try_bundle(root, release)
    elif name == "container":
        steps = containerfile.as_shell(containerfile.read(), _PLACE)
        code = _run_connected(root, ["sh", "-c", steps]) or _try_image(root)
    else:
        code = _run_connected(root, ["python3", f"scripts/{name}.py"])
    word = "ok" if code == 0 else "FAILED"
    print(f"== Debian {release}: {word} in {monotonic() - started:.0f} s\n", flush=True)
    return 0 if code == 0 else 1


def _run_connected(root: Path, command: list[str]) -> int:
    """Run a command in a root that reaches what this machine reaches."""
    home = Path.home()
    network = {key: value for key, value in os.environ.items() if _NETWORK.fullmatch(key)}
    script = _script(root, _lend_configuration(root, home, network), command)
    return _start([*_APART, "sh", "-c", script], network | {"HOME": str(home)})


def _try_bundle(root: Path, release: str) -> int:
    """Make a bundle for a root out here, and try it in there, where there is no network."""
    folder = root / _BUNDLE.lstrip("/")
    making = [sys.executable, str(ROOT / "scripts" / "bundle.py"), f"--output={folder}"]
    making += [f"--platform=Linux {os.uname().machine.replace('_', '-')}"]
    if code := subprocess.run([*making, f"--python={PYTHONS[release]}"], check=False).returncode:
        return code
    archive = next(folder.glob("*.zip"))
    command = ["python3", "scripts/bundle.py", "--try", f"{_BUNDLE}/{archive.name}"]
    script = _script(root, [], command)
    return _start([*_APART, "--net", "sh", "-c", script], {"HOME": "/root"})


def _try_image(root: Path) -> int:
    """Run what the Containerfile's steps left in a root as a container would be run."""
    instructions = containerfile.read()
    healthy = shlex.join(containerfile.last(instructions, "HEALTHCHECK").list)
    start = shlex.join(containerfile.last(instructions, "ENTRYPOINT").list)
    probe = _PROBE.format(start=start, healthy=healthy)
    told = [f"{name}={value}" for name, value in containerfile.environment(instructions).items()]
    user = containerfile.last(instructions, "USER").text
    volumes = containerfile.last(instructions, "VOLUME").text.split()
    writable = [shlex.quote(str(_inside(root, Path(volume)))) for volume in volumes]
    place = shlex.quote(str(root))
    lines = [
        "set -e",
        f"mount --bind {place} {place}",
        *(f"mount --bind {volume} {volume}" for volume in writable),
        f"mount -t proc proc {place}/proc",
        *(f"mount -t tmpfs tmpfs {place}/{name}" for name in ("dev/shm", "tmp")),
        f"mount -o remount,bind,ro {place}",
        f"chroot --userspec={user} {place} env -i {shlex.join([*told, 'sh', '-c', probe])}",
        "exit",
    ]
    return _start([*_APART, "sh", "-c", "\n".join(lines)], {})


def _start(command: list[str], environment: dict[str, str]) -> int:
    searched = environment | {"PATH": _SEARCHED}
    done = subprocess.run(command, env=searched, stdin=subprocess.DEVNULL, check=False)
    return done.returncode


def _lend_configuration(root: Path, home: Path, network: dict[str, str]) -> list[Path]:
    """Make places for what leads pip to its packages on this machine; return what that is."""
    folders = [home / ".config" / "pip", home / ".pip", Path("/etc/xdg/pip")]
    files = [Path("/etc/pip.conf"), *(path / "pip.conf" for path in folders)]
    texts = [path.read_text(encoding="utf-8") for path in files if path.is_file()]
    wanted = {*folders, files[0], *named_paths("\n".join([*texts, *network.values()]))}
    lent = [_CERTIFICATES]
    for path in sorted(path for path in wanted if path.exists()):
        place = _inside(root, path)
        if not place.exists() and not any(path.is_relative_to(other) for other in lent):
            place.parent.mkdir(parents=True, exist_ok=True)
            place.mkdir() if path.is_dir() else place.touch()
            lent.append(path)
    return lent


def _inside(root: Path, path: Path) -> Path:
    return root / path.relative_to("/")


def _script(root: Path, lent: list[Path], command: list[str]) -> str:
    """Return what the shell does that is the root's first process, and outlives the command."""
    places = {name: shlex.quote(str(root / name)) for name in ("", "proc", "dev")}
    lines = [
        "set -e",
        f"mount -t proc proc {places['proc']}",
        f"cd {places['dev']}",
        "mount -t tmpfs tmpfs shm",
        # Without these there are no pseudo-terminals, and a test says so.
        "! mount -t devpts -o newinstance,ptmxmode=0666 devpts pts || mount --bind pts/ptmx ptmx",
    ]
    binds = [shlex.join([str(path), str(_inside(root, path))]) for path in lent]
    lines += [f"mount -o bind,ro {bind}" for bind in binds]
    lines.append(f"chroot {places['']} env --chdir={_PLACE} {shlex.join(command)}")
    return "\n".join([*lines, "exit"])


if __name__ == "__main__":
    sys.exit(main())
