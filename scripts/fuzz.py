"""Feeds one reader with bytes that coverage steers, until it does what it must not.

Needs the extra ``fuzz``. The first argument names the reader, further ones go to libFuzzer: folders
of seeds (what is new goes into the first), ``-max_total_time=600``, ``-timeout=20``,
``-rss_limit_mb=2048``. Whatever a reader raises beyond this package's own errors is a find.
"""

import io
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import atheris

with atheris.instrument_imports(include=["ductdicom", "pydicom", "zipfile", "tarfile"]):
    from ductdicom.classify.decide import classify_study
    from ductdicom.classify.engine import Engine
    from ductdicom.classify.phase.image_rules import RULES
    from ductdicom.decisions.files import read_decisions
    from ductdicom.errors import InputError, UsageError
    from ductdicom.export.folder import files_listed
    from ductdicom.export.output import encode_json
    from ductdicom.export.records import read_record
    from ductdicom.geometry.image import image_geometry
    from ductdicom.ingest.archives.entry import Limits
    from ductdicom.ingest.cache.lines import Scanned, pack, unpack
    from ductdicom.ingest.headers import instance as header
    from ductdicom.ingest.headers.charset import Charset
    from ductdicom.ingest.headers.charset_guess import guess_name
    from ductdicom.ingest.headers.fast import UnusualError
    from ductdicom.ingest.headers.instance import read_instance
    from ductdicom.ingest.read import read_archive
    from ductdicom.model.instance import Instance
    from ductdicom.model.origin import Origin
    from ductdicom.model.outcome import LedgerRow
    from ductdicom.model.study import Study
    from ductdicom.pairing.rows import pair_study
    from ductdicom.pixels.decoding.decode import read_image
    from ductdicom.pixels.display.voi import choose_voi, voter_of
    from ductdicom.sheet.tile import prepare_tile
    from ductdicom.vocabulary.terms import load_vocabulary

_NAMES = ("a.zip", "a.tar", "a.tar.gz", "a.tar.xz", "a.tar.bz2", "a.iso", "a")
_DECISIONS = ("decisions.json", "decisions.csv", "decisions.tsv")
_LIMITS = Limits(member_bytes=1 << 22, members=200, ratio_from_bytes=1 << 22, nested_bytes=1 << 22)
_MIN_SIDE_PX = 64
_ENGINE = Engine(vocabulary=load_vocabulary(), rules=RULES)


@contextmanager
def _only_the_slow_parser() -> Iterator[None]:
    def refuse(*_args: object) -> None:
        raise UnusualError

    with patch.object(header, "parse_fast", refuse):
        yield


def _outcome(content: bytes) -> Instance | None:
    origin = Origin(file="image", source="image", size_bytes=len(content))
    try:
        return read_instance(origin, io.BytesIO(content))
    except InputError:
        return None


def fuzz_header(content: bytes) -> None:
    """Both parsers agree, where both can read it; what was read survives being packed."""
    found = _outcome(content)
    with _only_the_slow_parser():
        slow = _outcome(content)
    if slow is not None and found != slow:
        raise AssertionError(f"{found}\n{slow}")
    if found is not None:
        _pack(found, found.origin)
        pair_study(classify_study(_study(found), _ENGINE))


def fuzz_archive(content: bytes) -> None:
    """Every entry once, the archive's own row last; the first byte chooses the file's name."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        name = _NAMES[content[0] % len(_NAMES)] if content else _NAMES[0]
        path = Path(folder) / name
        path.write_bytes(content[1:])
        origin = Origin(file=str(path), source=name, size_bytes=len(content) - 1)
        found = list(read_archive(origin, _LIMITS))
        if [entry.name for entry in Path(folder).iterdir()] != [name]:
            raise AssertionError("files beside the archive")
    inputs = [item.origin for item in found if isinstance(item, Instance | LedgerRow)]
    labels = [item.label for item in inputs]
    if len(set(labels)) != len(labels) or sum(item.member is None for item in inputs) != 1:
        raise AssertionError(labels)
    for item in found:
        _pack(item, origin)


def fuzz_text(content: bytes) -> None:
    """Any bytes under any declared character set become text; the first line declares."""
    declared, _, value = content.partition(b"\n")
    terms = tuple(declared.decode("latin-1").split("\\"))
    Charset(terms).decode(value).text.encode("utf-8")
    guess_name(value).encode("utf-8", "replace")


def fuzz_pixels(content: bytes) -> None:
    """Show an image, or refuse it in our own words."""
    try:
        stored = read_image(content)
        read_image(content, min_side_px=_MIN_SIDE_PX)
        instance = _outcome(content)
    except InputError:
        return
    if instance is not None:
        (image,) = classify_study(_study(instance), _ENGINE).images
        prepare_tile(
            image, stored, choose_voi([voter_of(stored)]), geometry=image_geometry(image, {})
        )


def fuzz_decisions(content: bytes) -> None:
    """Read a reviewer's decisions, or refuse them in our own words; the first byte is the kind."""
    with _file(content[1:], _DECISIONS[content[0] % len(_DECISIONS)] if content else "d") as path:
        try:
            read_decisions(path)
        except UsageError:
            return


def fuzz_rules(content: bytes) -> None:
    """Lay a site's rules over the built-in ones, or refuse them in our own words."""
    with _file(content, "site.toml") as path:
        try:
            load_vocabulary(path, rules=RULES)
        except UsageError:
            return


def fuzz_record(content: bytes) -> None:
    """Read a study's record, or take it for none; what was read is written as it was."""
    try:
        record = read_record(content)
        files_listed(record)
    except ValueError:
        return
    if read_record(encode_json(record)) != record:
        raise AssertionError(record)


@contextmanager
def _file(content: bytes, name: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        yield path


def _study(instance: Instance) -> Study:
    return Study(study_instance_uid=instance.study_instance_uid, instances=(instance,))


def _pack(found: Scanned, file: Origin) -> None:
    if unpack(pack(found), file) != found:
        raise AssertionError(found)


_READERS: dict[str, Callable[[bytes], None]] = {
    "header": fuzz_header,
    "archive": fuzz_archive,
    "text": fuzz_text,
    "pixels": fuzz_pixels,
    "decisions": fuzz_decisions,
    "rules": fuzz_rules,
    "record": fuzz_record,
}


def main(arguments: list[str]) -> int:
    """Fuzz one reader; libFuzzer ends the process itself."""
    reader = _READERS.get(arguments[1]) if len(arguments) > 1 else None
    if reader is None:
        print(f"usage: fuzz.py {'|'.join(_READERS)} [libFuzzer's arguments]", file=sys.stderr)
        return 2
    warnings.simplefilter("ignore")
    atheris.Setup([arguments[0], *arguments[2:]], reader)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
