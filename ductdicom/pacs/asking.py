"""A question to an archive by C-FIND, over an association that was made.

References
----------
* DICOM PS3.4 C.4.1, C-FIND; C.6.2, the Study Root information model
"""

from collections.abc import Mapping, Sequence

from pydicom.dataset import Dataset
from pynetdicom.association import Association
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StudyRootQueryRetrieveInformationModelFind,
)

from ductdicom.errors import RemoteError

FIND = str(StudyRootQueryRetrieveInformationModelFind)
_PENDING = {0xFF00, 0xFF01}
_SEQUENCES = {"ProcedureCodeSequence", "RequestAttributesSequence"}
_MOST_ANSWERS = 20_000


def find(
    association: Association,
    peer: str,
    level: str,
    keys: Sequence[str],
    matching: Mapping[str, str],
) -> list[Dataset]:
    """Ask, and return all answers: while they come nothing else can be asked.

    Parameters
    ----------
    peer
        What the archive is called in errors.
    level
        ``STUDY``, ``SERIES`` or ``IMAGE``.
    keys, matching
        What is to be told, and which values are asked for.

    Raises
    ------
    RemoteError
        It refuses, breaks off, or has too much to say; then the association is no more.
    """
    query = Dataset()
    query.QueryRetrieveLevel = level
    for key in keys:
        setattr(query, key, [Dataset()] if key in _SEQUENCES else None)
    for key, value in matching.items():
        setattr(query, key, value)
    if not all(value.isascii() for value in matching.values()):
        query.SpecificCharacterSet = "ISO_IR 192"
    found: list[Dataset] = []
    for status, answer in association.send_c_find(query, FIND):
        if "Status" not in status:
            association.abort()
            raise RemoteError(f"{peer} broke off, or was silent for too long: C-FIND")
        code = int(status.Status)
        if code in _PENDING and answer is not None:
            found.append(answer)
            if len(found) > _MOST_ANSWERS:
                association.abort()
                raise RemoteError(
                    f"{peer} has more than {_MOST_ANSWERS} answers", hint="ask for fewer days"
                )
        elif code not in _PENDING and code != 0:
            raise RemoteError(f"{peer} answered C-FIND with status 0x{code:04X}")
    return found
