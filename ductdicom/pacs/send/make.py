"""From drafts to objects: which of them are new, when they were made, and their UIDs.

UIDs are hashes by the output folder's own key, of the study and of all that the object holds. So
the same object is made on every run, and none has the UID of another.

References
----------
* DICOM PS3.5 B.2, UIDs derived from UUIDs
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydicom.dataset import Dataset

from ductdicom.pacs.send.header import as_file, encode
from ductdicom.pacs.send.journal import MadeEvent, MadeObject
from ductdicom.pacs.send.objects import DESCRIPTIONS, Draft, SentKind
from ductdicom.pacs.send.originals import StudyToSend
from ductdicom.version import SOFTWARE
from ductdicom.wording import utc_now


@dataclass(frozen=True, slots=True, kw_only=True)
class SentObject:
    """An object as it is sent: the bytes of a file in explicit VR little endian."""

    kind: SentKind
    page: int
    study_uid: str
    sop_class_uid: str
    sop_instance_uid: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Former:
    """What there is of a kind of a study: what this output folder made last, if anything.

    ``following`` is the revision that something new will be, one for all kinds of a study: which of
    them show the same is told by it. ``elsewhere`` is the highest that another output folder sent,
    0 for none.
    """

    made: MadeEvent | None
    following: int = 1
    elsewhere: int = 0


def digest_of(drafts: Sequence[Draft]) -> str:
    """Return a hash of all that objects hold but UIDs, times and the version of the software."""
    found = hashlib.sha256()
    for item in drafts:
        content = encode(item.data)
        found.update(len(content).to_bytes(8, "big") + content)
    return found.hexdigest()


def newest_image(study: StudyToSend) -> datetime | None:
    """Return when the newest image on the sheet was exposed, by the scanner's clock."""
    times = [image.clock.acquired_at for image in study.images.values()]
    return max((at for at in times if at is not None), default=None)


def plan(
    study: StudyToSend,
    kind: SentKind,
    drafts: Sequence[Draft],
    key: bytes,
    former: Former,
    now: datetime,
) -> MadeEvent:
    """Say what is to be made of drafts: what was made before, or what takes its place.

    The hash of the study's record is left to who knows it.

    Parameters
    ----------
    key
        The secret of the output folder.
    now
        Local time. What takes another's place is newer than that, also where a clock was set back.
    """
    digest = digest_of(drafts)
    newest, before = newest_image(study), former.made
    is_newest = before is not None and before.number > former.elsewhere
    if before is not None and is_newest and before.digest == digest:
        number, made_at, software = before.number, before.made_at, before.software
        follows = before.follows
    else:
        number = max(former.following, 1 + former.elsewhere)
        software, made_at = SOFTWARE, ""
        follows = () if before is None else tuple(o.sop_instance_uid for o in before.objects)
        if number > 1 or newest is None:
            made_at = _later(now, newest, before)
    salt = f"{kind}:{study.record.study_instance_uid}:{digest}:{number}:{made_at}:{software}"
    return MadeEvent(
        at=utc_now(),
        study=study.key,
        study_instance_uid=study.record.study_instance_uid,
        kind=kind,
        record="",
        digest=digest,
        number=number,
        made_at=made_at,
        software=software,
        objects=tuple(
            MadeObject(page=d.number, sop_instance_uid=_uid(f"{salt}:{d.number}", key))
            for d in drafts
        ),
        follows=follows,
    )


def _later(now: datetime, newest: datetime | None, before: MadeEvent | None) -> str:
    """Return a time that is after those of the newest image and of what was made before."""
    past = [newest] if newest else []
    past += [datetime.fromisoformat(before.made_at)] if before and before.made_at else []
    at = now.replace(tzinfo=None, microsecond=0)
    return max((at, *(time + timedelta(seconds=1) for time in past))).isoformat()


def _uid(text: str, key: bytes) -> str:
    digest = hmac.new(key, f"object:{text}".encode(), hashlib.sha256).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"


def series_of(made: MadeEvent, key: bytes) -> str:
    """Return the UID of the series of what was made, empty where that was nothing."""
    return _uid(f"series:{made.objects[0].sop_instance_uid}", key) if made.objects else ""


def finish(
    study: StudyToSend, drafts: Sequence[Draft], made: MadeEvent, key: bytes
) -> tuple[SentObject, ...]:
    """Return the objects of a plan; the same bytes for the same plan."""
    uids = {item.page: item.sop_instance_uid for item in made.objects}
    series = series_of(made, key)
    return tuple(
        _finished(study, item.data, made, series, uids[item.number], item.number) for item in drafts
    )


def _finished(
    study: StudyToSend, data: Dataset, made: MadeEvent, series: str, uid: str, page: int
) -> SentObject:
    when = datetime.fromisoformat(made.made_at) if made.made_at else newest_image(study)
    if when is None:
        raise ValueError("what has no image's time was made at some time")
    data.SOPInstanceUID, data.SeriesInstanceUID = uid, series
    again = f" - REVISION {made.number}" if made.number > 1 else ""
    data.SeriesDescription = f"{DESCRIPTIONS[made.kind]}{again}"
    data.SoftwareVersions = made.software
    for name in ("InstanceCreation", "Series", "Content"):
        setattr(data, f"{name}Date", f"{when:%Y%m%d}")
        setattr(data, f"{name}Time", f"{when:%H%M%S}")
    return SentObject(
        kind=made.kind,
        page=page,
        study_uid=made.study_instance_uid,
        sop_class_uid=str(data.SOPClassUID),
        sop_instance_uid=uid,
        content=as_file(data),
    )
