"""What a reviewer decided about an image."""

from dataclasses import dataclass

from ductdicom.model.call import Laterality, Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A reviewer's word on one image, which outranks all evidence; None leaves a value alone."""

    sop_instance_uid: str
    phase: Phase | None = None
    laterality: Laterality | None = None
    view: str | None = None
    exclude: bool = False
    by: str = ""
    at: str = ""
    note: str = ""
