"""The images of OUT's studies: headers read again, pixels decoded once and kept within bounds."""

import os
from collections.abc import Callable, Hashable
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from threading import BoundedSemaphore, Lock

from msgspec import UNSET

from ductdicom.errors import UnreadableError
from ductdicom.geometry.image import image_geometry
from ductdicom.geometry.scale import contact_pitches
from ductdicom.ingest.archives.content import Content
from ductdicom.model.call import Decision, PhaseCall
from ductdicom.model.instance import Instance
from ductdicom.model.outcome import CHANGED, MISSING
from ductdicom.model.record import RecordedInstance, RecordedStudy
from ductdicom.model.study import ImageCall, stacks_of
from ductdicom.pipeline.drawing.originals import Members
from ductdicom.pipeline.drawing.tiles import digest_of, read_slabs
from ductdicom.pipeline.earlier.recall import archive_stamp, is_changed, is_gone, read_recorded
from ductdicom.pipeline.masking import identify
from ductdicom.pixels.decoding.decode import read_image
from ductdicom.pixels.decoding.stack import SliceObject
from ductdicom.pixels.display.padding import free_enclosed
from ductdicom.pixels.stored import StoredImage
from ductdicom.review.encoding import ZSTD, repack
from ductdicom.review.keeping import Kept
from ductdicom.review.pictures import (
    OVERVIEW_PX,
    FullPicture,
    PackedPicture,
    PackedTable,
    make_picture,
    make_preview,
    pack_picture,
    pack_table,
)
from ductdicom.vocabulary.terms import load_vocabulary

_MOST_DECODED_BYTES = 64 << 20  # of others, from which something is still to be made
_MOST_ARCHIVED_BYTES = 32 << 20  # of one study's members of archives
_MOST_AT_ONCE = 2  # images that are decoded, which takes as much again as they are
_LITTLE = 1 << 16  # what a study without archives takes, about

_FULL, _PREVIEW = "full", "preview"


class OpenStudy:
    """A study whose headers were read again, to decode its images from.

    Parameters
    ----------
    record
        What stands there of side and view counts; images that are not there as they were when it
        was written cannot be decoded.
    """

    def __init__(self, record: RecordedStudy) -> None:
        found = read_recorded(record)
        self._record = record
        self._looked: set[str] = set()  # labels of what is what the sheet was drawn from
        self._identity = identify(found.values(), load_vocabulary())
        self._names = {name: number for number, name in enumerate(image_names(record))}
        self._calls = {
            number: _call(instance, record.instances[number]) for number, instance in found.items()
        }
        self._seen = {
            instance.origin.label: record.seen_of(record.instances[number])
            for number, instance in found.items()
        }
        self._stacks = {
            image.instance.origin.label: stack
            for stack in stacks_of(self._calls.values())
            for image in stack.images
        }
        self.pitches = contact_pitches(self._calls.values())
        origins = [instance.origin for instance in found.values()]
        self._members = Members(origins, most_bytes=_MOST_ARCHIVED_BYTES)
        self._reading = Lock()  # an archive is gone through once
        packed = sum(origin.size_bytes for origin in origins if origin.member is not None)
        self.size_bytes = min(packed, _MOST_ARCHIVED_BYTES) + _LITTLE

    def call(self, name: str) -> ImageCall:
        """Return an image by its name.

        Raises
        ------
        UnreadableError
            ``missing``: it is gone; ``changed``: another object, or none, is in its place in an
            archive that is there.
        """
        number = self._names[name]
        call = self._calls.get(number)
        if call is None and archive_stamp(self._record, self._record.instances[number]):
            raise _changed()
        if call is None:
            raise UnreadableError("the original is gone", reason=MISSING)
        return call

    def read(self, name: str, *, min_side_px: int | None = None) -> StoredImage:
        """Decode an image, without words of its header that name a person.

        Of a tomosynthesis it is the brightest of all slices, as on the sheet.

        Raises
        ------
        InputError
            It cannot be read.
        """
        call = self.call(name)
        stack = self._stacks.get(call.instance.origin.label)
        if stack is None:
            stored = free_enclosed(
                read_image(
                    self._source(call),
                    min_side_px=min_side_px,
                    sop_instance_uid=call.uid,
                    label=call.instance.origin.label,
                )
            )
        else:
            parts = [
                SliceObject(partial(self._source, i), i.uid, i.instance.origin.label)
                for i in stack.images
            ]
            stored, *_ = read_slabs(parts, min_side_px=min_side_px)
        vois = tuple(
            replace(voi, explanation=self._identity.mask(voi.explanation))
            for voi in stored.attributes.vois
        )
        return replace(stored, attributes=replace(stored.attributes, vois=vois))

    def _source(self, call: ImageCall) -> Content:
        """Return an image's file, which must be the one that its sheet was drawn from."""
        label = call.instance.origin.label
        with self._reading:
            # Read and not mapped: a file that is cut off while it is mapped ends the process.
            source = self._members.content(call.instance.origin)
        if label not in self._looked:
            seen = self._seen.get(label)
            if seen and digest_of(source) not in seen:
                raise _changed()
            self._looked.add(label)
        return source

    def picture(self, name: str, stored: StoredImage, label: str) -> FullPicture:
        """Return an image as it hangs; ``label`` is what the sheet says it was shown with."""
        call = self.call(name)
        return make_picture(stored, call, image_geometry(call, self.pitches), label=label)


class Gallery:
    """All images that records name, decoded when they are asked for and kept packed."""

    def __init__(self, kept: Kept | None = None) -> None:
        self._kept = kept or Kept()
        self._decoded = Kept(_MOST_DECODED_BYTES)
        self._decoding = BoundedSemaphore(min(_MOST_AT_ONCE, os.cpu_count() or 1))
        self._refining = Lock()
        self._packing = Lock()

    @property
    def size_bytes(self) -> int:
        """What is kept, about."""
        return self._kept.size_bytes + self._decoded.size_bytes

    def picture(self, record: RecordedStudy, name: str, *, is_preview: bool) -> FullPicture:
        """Return an image in full, or with fewer pixels as soon as there are some.

        Raises
        ------
        InputError
            It cannot be read, or a decoder ended a process over it.
        """
        if reason := _placeholder(record, name):
            raise UnreadableError("it could not be read for the sheet either", reason=reason)
        _refuse_replaced(record, name)
        try:
            return (self._make_preview if is_preview else self._full)(record, name)
        except UnreadableError as error:
            if error.reason == MISSING:  # a share that is away comes back
                self._kept.drop(_study_key(record))
            raise

    def packed(self, record: RecordedStudy, name: str, *, is_preview: bool) -> PackedPicture:
        """Return what a browser gets of an image.

        Raises
        ------
        InputError
            As `picture`.
        """
        _refuse_replaced(record, name)

        def make() -> PackedPicture:
            picture = self.picture(record, name, is_preview=is_preview)
            table = partial(pack_table, picture, picture.chosen)
            self._keep_table(record, name, picture.chosen, table, is_preview=is_preview)
            with self._packing:
                return pack_picture(picture)

        key = _key(record, name, _PREVIEW if is_preview else _FULL)
        return self._kept.get(key, make, lambda packed: len(packed.content))

    def values(self, record: RecordedStudy, name: str, *, is_preview: bool, packing: str) -> bytes:
        """Return an image's values as they go to the browser."""
        packed = self.packed(record, name, is_preview=is_preview)
        if packing == ZSTD:
            return packed.content
        key = _key(record, name, _PREVIEW if is_preview else _FULL, packing)
        return self._kept.get(key, lambda: repack(packed.content, packing), len)

    def table(
        self, record: RecordedStudy, name: str, number: int, *, is_preview: bool
    ) -> PackedTable:
        """Return the grey that one of an image's choices gives.

        What fewer pixels tell of it counts for what they are shown with at first, and no more.

        Raises
        ------
        IndexError
            There is no such choice.
        InputError
            As `picture`.
        """
        about = self.packed(record, name, is_preview=is_preview).about
        if not 0 <= number < len(about["choices"]):
            raise IndexError(number)
        is_coarse = is_preview and number == about["chosen"]

        def make() -> PackedTable:
            return pack_table(self.picture(record, name, is_preview=is_coarse), number)

        return self._keep_table(record, name, number, make, is_preview=is_coarse)

    def prepare(self, record: RecordedStudy, name: str) -> None:
        """Make ready what will be asked for next of an image that is there decoded, and let it go.

        Raises
        ------
        InputError
            As `picture`.
        """
        key = _key(record, name)
        if key in self._decoded:
            packed = self.packed(record, name, is_preview=False)
            for number in range(len(packed.about["choices"])):
                self.table(record, name, number, is_preview=False)
            self._decoded.drop(key)

    def _keep_table(
        self,
        record: RecordedStudy,
        name: str,
        number: int,
        make: Callable[[], PackedTable],
        *,
        is_preview: bool,
    ) -> PackedTable:
        key = _key(record, name, _PREVIEW if is_preview else _FULL, f"table {number}")
        return self._kept.get(key, make, lambda table: len(table.grey))

    def _full(
        self, record: RecordedStudy, name: str, stored: StoredImage | None = None
    ) -> FullPicture:
        """Return an image in full, kept until it is packed."""
        study = self._study(record)

        def make() -> FullPicture:
            # What there is a preview of may take its time: JPEG 2000 is decoded in three times the
            # memory of the image, by a library that has threads of its own.
            with self._refining if stored is None else nullcontext(), self._decoding:
                found = stored or study.read(name)
                return study.picture(name, found, _voi_label(record, name))

        return self._decoded.get(_key(record, name), make, lambda picture: picture.size_bytes)

    def _make_preview(self, record: RecordedStudy, name: str) -> FullPicture:
        """Return fewer pixels; what only decodes whole is then there in full, too."""
        study = self._study(record)
        with self._decoding:
            stored = study.read(name, min_side_px=OVERVIEW_PX)
        if stored.reduction > 1:
            return make_preview(study.picture(name, stored, _voi_label(record, name)))
        return make_preview(self._full(record, name, stored))

    def _study(self, record: RecordedStudy) -> OpenStudy:
        return self._kept.get(
            _study_key(record), lambda: OpenStudy(record), lambda study: study.size_bytes
        )


def _refuse_replaced(record: RecordedStudy, name: str) -> None:
    """Show nothing of an image in whose place another file lies, or none: it may still be kept.

    Nothing can be decided on the former before a run has drawn what is there now.
    """
    image = find_image(record, name)
    if is_changed(record, image):
        raise _changed()
    if is_gone(record, image):
        raise UnreadableError("the original is gone", reason=MISSING)


def _changed() -> UnreadableError:
    return UnreadableError("the original was changed since the sheet was drawn", reason=CHANGED)


def _study_key(record: RecordedStudy) -> Hashable:
    """Return what an open study is kept by: an archive that is replaced is read again."""
    archives = frozenset(archive_stamp(record, image) for image in record.instances)
    return (record.key, record.fingerprint or "", archives)


def _key(record: RecordedStudy, name: str, *what: str) -> Hashable:
    """Return what a picture is kept by: all of a record that it depends on."""
    image = find_image(record, name)
    is_of = (image.laterality, image.view, image.modifiers, image.bytes, image.modified_ns)
    archive = archive_stamp(record, image)
    return (record.key, name, *is_of, archive, _voi_label(record, name), *what)


def image_names(record: RecordedStudy) -> list[str]:
    """Return the names of a record's images in addresses; records of old versions have numbers."""
    return [image.id or str(number) for number, image in enumerate(record.instances)]


def names_by_uid(record: RecordedStudy) -> dict[str, str]:
    """Return the names of a record's images by their UIDs.

    Of two objects that share one it is the first, which is what rows show.
    """
    pairs = zip(record.instances, image_names(record), strict=True)
    return {image.sop_instance_uid: name for image, name in reversed(list(pairs))}


def find_image(record: RecordedStudy, name: str) -> RecordedInstance:
    """Return a record's image by its name in addresses.

    Raises
    ------
    KeyError
        It has none of that name.
    """
    return dict(zip(image_names(record), record.instances, strict=True))[name]


def _call(instance: Instance, image: RecordedInstance) -> ImageCall:
    """Return what of a recorded image bears on how it hangs and how large it is."""
    return ImageCall(
        instance=instance,
        kind=image.kind,
        laterality=image.laterality,
        view=image.view,
        modifiers=image.modifiers,
        magnification=image.magnification,
        call=PhaseCall(phase=image.phase),
        decided=None if image.decided is UNSET else Decision(),
    )


def _voi_label(record: RecordedStudy, name: str) -> str:
    """Return what the sheet says that an image was shown with, empty where it is on none."""
    tiles = record.tiles_of(find_image(record, name))
    return next((tile.voi for tile in tiles if tile.voi), "")


def _placeholder(record: RecordedStudy, name: str) -> str:
    """Return why words stand for an image on the sheet, empty where they do not."""
    tiles = record.tiles_of(find_image(record, name))
    return next((tile.placeholder for tile in tiles if tile.placeholder), "")
