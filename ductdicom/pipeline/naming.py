"""How studies, images and inputs are called where others than the department may read it.

A path or a message may hold a name, and a UID leads into an archive; but for ``--phi full`` neither
is said. A study is called by its key, an image by its own ID, a path without what names anybody.
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ductdicom.errors import DuctDicomError
from ductdicom.export.output import STUDIES_FOLDER, OutputFolder, safe_component
from ductdicom.identity.known import Identity
from ductdicom.model.origin import Origin
from ductdicom.pipeline.gather import PatientStudy
from ductdicom.settings import Phi

_KEY_BYTES = 32
# Where there is no output folder, a study is called the same each time, so that one can ask for
# it. Who has its UID can tell that it is the same.
NO_FOLDER = OutputFolder(path=Path(), key=bytes(_KEY_BYTES))
# Words of paths and of our messages, inside which a short name of somebody is none.
_OF_PATHS = frozenset(
    {
        *("export", "exports", "import", "data", "dicom", "dicomdir", "image", "images", "series"),
        *("study", "studies", "patient", "patients", "home", "users", "documents", "downloads"),
        *("desktop", "media", "volumes", "archive", "archives", "incoming", "spool", "backup"),
        *("mammo", "mammography", "ductogram", "ductograms", "galactography", "sample", "samples"),
        *("private", "folder", "folders", "output", "input", "inputs", "temp", "pytest", "root"),
        *("decision", "decisions", "names", "lists", "which", "there", "among", "report", "over"),
    }
)


def is_of_a_path(text: str) -> bool:
    """Whether a word is one that paths and messages are made of."""
    return text.casefold() in _OF_PATHS


def folder_of_names(phi: Phi) -> OutputFolder:
    """Return what names images and patients where there is no output folder.

    Without identity the names are others each time: what anybody could make from a UID or an ID
    would be none.
    """
    key = secrets.token_bytes(_KEY_BYTES) if phi is Phi.NONE else bytes(_KEY_BYTES)
    return OutputFolder(path=Path(), key=key, phi=phi)


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """What may be said of a run's inputs.

    ``people`` is what names anybody in them. ``output`` is the folder whose key names studies.
    """

    phi: Phi
    people: Identity = field(default_factory=Identity)
    output: OutputFolder = NO_FOLDER

    @property
    def tells_uids(self) -> bool:
        """Whether UIDs are said."""
        return self.phi is Phi.FULL

    def text(self, text: str) -> str:
        """Return a path, or a message that may hold one, without what names anybody."""
        return text if self.phi is Phi.FULL else self.people.mask(text, is_of_a_path)

    def without_names(self, error: DuctDicomError) -> DuctDicomError:
        """Return an error whose file or folder is said without what names anybody."""
        if error.path is not None:
            error.path = self._path(Path(error.path))
        return error

    def _path(self, path: Path) -> str:
        """Return a path without what names anybody; a study's key, which holds a day, names none.

        With ``full`` nothing is hidden, and without identity a key holds no day.
        """
        studies = self.output.path / STUDIES_FOLDER
        if studies not in path.parents:
            return self.text(str(path))
        key, *rest = path.relative_to(studies).parts
        return str(Path(self.text(str(studies)), key, *map(self.text, rest)))

    def place(self, origin: Origin) -> str:
        """Return where an input lies."""
        return self.text(origin.label)

    def called(self, part: PatientStudy) -> str:
        """Return what a study is called in messages: its UID where these are told."""
        return part.name if self.tells_uids else self.study(part)

    def is_called(self, part: PatientStudy, name: str) -> bool:
        """Whether somebody means this study: by its key, UID or accession number."""
        study = part.study
        accessions = {(i.accession_number or "").strip() for i in study.instances} - {""}
        return name in {self.study(part), part.name, study.study_instance_uid, *accessions}

    def ids(self, parts: Iterable[PatientStudy]) -> Mapping[str, str] | None:
        """Return the IDs of images that stand for their UIDs; None where these may be told."""
        if self.phi is not Phi.NONE:
            return None
        return {i.sop_instance_uid: i.id for part in parts for i in part.study.instances}

    def study(self, part: PatientStudy) -> str:
        """Return a study's key, which names its folder: readable with ``full`` only."""
        instances = part.study.instances
        dates = [i.study_date for i in instances if i.study_date and self.phi is not Phi.NONE]
        uid, first = part.study.study_instance_uid, instances[0]
        # By the patient, not by the number: the folder stays his when a run finds another one. By
        # all by which patients are told apart, so that no two parts share a folder.
        who = repr(first.patient.who) if part.is_shared else ""
        key = self.output.study_name(uid, min(dates, default=None), who)
        if self.phi is not Phi.FULL:
            return key
        date, _, digest = key.partition("-")
        said = [text for text in (first.patient.patient_id, first.accession_number) if text]
        return "-".join((date, *(safe_component(text) for text in said), digest[:6]))
