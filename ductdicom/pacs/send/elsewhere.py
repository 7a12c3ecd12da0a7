"""What an archive holds of us in a study that this output folder did not send.

UIDs follow from an output folder's key, so that a second folder would lay a second sheet into the
study. Which one is newer is told by the number in its description alone.
"""

import re
from collections.abc import Collection, Iterable

from pydicom.dataset import Dataset

from ductdicom.pacs.send.objects import DESCRIPTIONS, MODALITIES, SentKind

_NUMBER = "(?: - REVISION ([0-9]{1,6}))?"
SERIES_KEYS = ("SeriesInstanceUID", "Modality", "SeriesNumber", "SeriesDescription")


def numbers_elsewhere(
    answers: Iterable[Dataset], study_uid: str, own: Collection[str]
) -> dict[SentKind, int]:
    """Return the highest revision of each kind that is of another output folder.

    Parameters
    ----------
    answers
        Series, as an archive tells them; those of other studies are passed over.
    own
        The UIDs of the series that this output folder made.
    """
    found: dict[SentKind, int] = {}
    for answer in answers:
        uid = str(answer.get("SeriesInstanceUID", ""))
        if uid in own or str(answer.get("StudyInstanceUID", study_uid)) != study_uid:
            continue
        modality = str(answer.get("Modality", ""))
        description = str(answer.get("SeriesDescription", "")).strip()
        for kind, words in DESCRIPTIONS.items():
            said = re.fullmatch(re.escape(words) + _NUMBER, description, re.ASCII)
            if said is not None and modality == MODALITIES[kind]:
                found[kind] = max(found.get(kind, 0), int(said[1] or 1))
    return found
