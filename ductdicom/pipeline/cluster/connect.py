"""An address, or a scheduler's file, to an executor."""

import ipaddress
import json
import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

from ductdicom.errors import MissingExtraError, RemoteError, UsageError
from ductdicom.pipeline.cluster.executor import ClusterExecutor
from ductdicom.settings import is_address
from ductdicom.version import __version__
from ductdicom.wording import counted, extra_hint

if TYPE_CHECKING:  # an extra
    from distributed import Client

_VERSION = "ductdicom.version:__version__"
_PATIENCE_S = 60.0  # for the first worker of a cluster that is being started
_OPEN = ("tcp", "ws")  # protocols over which anybody is answered


@contextmanager
def open_cluster(
    cluster: str, *, most: int = 0, patience_s: float = _PATIENCE_S
) -> Iterator[ClusterExecutor]:
    """Connect with a cluster that is there, whose workers are of this version.

    Dask's own configuration says how TLS is spoken with it.

    Parameters
    ----------
    cluster
        A scheduler's address, or the file in which it says where it is.
    most
        Tasks that the cluster has at a time; 0: two for each worker.
    patience_s
        Seconds that the first worker may take to come.

    Raises
    ------
    MissingExtraError
        The extra is not installed.
    UsageError
        The file is not there or none of a scheduler, or a worker has another version.
    RemoteError
        The cluster cannot be reached, or has no workers.
    """
    if find_spec("distributed") is None:
        raise MissingExtraError(
            "a cluster needs distributed, which is not installed",
            hint=extra_hint("cluster"),
        )
    with _unsaid(), closing(_connect(cluster)) as client:
        try:
            client.wait_for_workers(1, timeout=patience_s)
        except TimeoutError as error:
            hint = "start some: dask worker ADDRESS --nthreads 1"
            raise RemoteError("the cluster has no workers", path=cluster, hint=hint) from error
        _require_version(client)
        notices = tuple(_notices(client))
        executor = ClusterExecutor(client, cluster, most=most, notices=notices)
        try:
            yield executor
        finally:
            executor.shutdown(cancel_futures=True)


@contextmanager
def _unsaid() -> Iterator[None]:
    """Keep Dask's own log off standard error: what it tells is said in our words."""
    import distributed  # noqa: F401, PLC0415 - of an extra, and gives some loggers a level

    names = [name for name in logging.root.manager.loggerDict if name.startswith("distributed")]
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)


def _connect(cluster: str) -> "Client":
    from distributed import Client  # noqa: PLC0415 - an extra

    place: dict[str, Any] = {"address": cluster}
    if not is_address(cluster):
        _require_file(Path(cluster))
        place = {"scheduler_file": cluster}
    try:
        return Client(**place, set_as_default=False)
    except (OSError, TimeoutError) as error:
        hint = "is the scheduler running there?"
        raise RemoteError("cannot be reached", path=cluster, hint=hint) from error
    except (ValueError, TypeError, ImportError) as error:
        hint = "for example tcp://10.0.0.5:8786"
        raise UsageError("is no address of a cluster", path=cluster, hint=hint) from error


def _require_file(path: Path) -> None:
    hint = "name an address (tcp://10.0.0.5:8786), or what dask scheduler --scheduler-file wrote"
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        message = f"the scheduler's file cannot be read: {error.strerror}"
        raise UsageError(message, path=path, hint=hint) from error
    except ValueError as error:
        raise UsageError("is no file of a scheduler", path=path, hint=hint) from error
    if not (isinstance(content, dict) and isinstance(content.get("address"), str)):
        raise UsageError("is no file of a scheduler", path=path, hint=hint)


def _require_version(client: "Client") -> None:
    """Refuse a cluster part of which has another version, whose results may be others."""
    from ductdicom.pipeline.cluster.worker import other_version  # noqa: PLC0415 - of an extra

    found = client.run(resolve_name, _VERSION, on_error="return")
    for address, version in found.items():
        if version != __version__ and not isinstance(version, OSError):  # it has just died
            raise other_version(f"worker {address}", _said(version), __version__)
    try:
        version = client.run_on_scheduler(resolve_name, _VERSION)
    except ImportError as error:
        version = error
    if version != __version__:
        raise other_version("the scheduler", _said(version), __version__)


def _said(version: object) -> str:
    return version if isinstance(version, str) else ""


def _notices(client: "Client") -> Iterator[str]:
    """Yield what whoever starts a run should know of the cluster."""
    from ductdicom.pipeline.cluster.worker import THRESHOLD, lacks_threshold  # noqa: PLC0415 - same

    address = str(client.scheduler_info()["address"])
    if is_open(address):
        yield (
            f"{address} is not encrypted, and runs whatever anybody who reaches it sends: keep it "
            "in a network of its own, or use TLS"
        )
    slow = sum(client.run(lacks_threshold).values())
    if slow:
        workers = counted(slow, "worker")
        yield f"{workers} without {THRESHOLD}=1073741824 in the environment, which is much slower"


def is_open(address: str) -> bool:
    """Whether other machines may reach an address, over which anybody is answered."""
    protocol, _, rest = address.rpartition("://")
    host = rest.rpartition(":")[0].strip("[]")
    if (protocol or _OPEN[0]) not in _OPEN:
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host != "localhost"
