"""What a file of decisions may hold: every field, its type, its meaning.

Its JSON Schema and its table in ``docs/reference/records.md`` are made from here. That a decision
is on something, and decides something, is told when it is read (`files`).
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from ductdicom.model.call import Laterality, Phase, Verdict

View = Literal["CC", "FB", "XCC", "XCCL", "XCCM", "ML", "LM", "MLO", "LMO", "SIO", "ISO"]


class DecisionEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A decision; what is left out, or null, is not decided."""

    sop_instance_uid: Annotated[
        str, Meta(description="the image that it is on, by its UID, and no study")
    ] = ""
    image: Annotated[str, Meta(description="the same by its `id` in the records")] = ""
    study_instance_uid: Annotated[
        str, Meta(description="the study that it is on, by its UID, and no image")
    ] = ""
    study: Annotated[str, Meta(description="the same by its key in this folder of results")] = ""
    phase: Annotated[
        Phase | None, Meta(description="of an image; `unknown`: it cannot be told")
    ] = None
    laterality: Annotated[Laterality | None, Meta(description="of an image: its side")] = None
    view: Annotated[View | None, Meta(description="of an image (DICOM PS3.16 CID 4014)")] = None
    exclude: Annotated[
        bool | None, Meta(description="true: the image stands in no row; false: it may")
    ] = None
    verdict: Annotated[
        Verdict | None, Meta(description="of a study; `reviewed`: right as it stands")
    ] = None
    by: Annotated[str, Meta(description="who decided: initials, up to four letters")] = ""
    at: Annotated[str, Meta(description="when: ISO 8601, UTC where it names no zone")] = ""
    note: Annotated[
        str,
        Meta(
            description="why, up to 1000 characters; control characters and those that turn the "
            "direction of text are taken out of it"
        ),
    ] = ""
    undoes: Annotated[
        tuple[str, ...],
        Meta(
            description="the `id` of decisions on the same image or study that are to count no more"
        ),
    ] = ()
    content: Annotated[
        str,
        Meta(
            description="the SHA-256 of the file that was looked at; of a study, the SHA-256 of "
            "those of all images that its sheet shows of it, sorted, each once, one a line"
        ),
    ] = ""
    login: Annotated[str, Meta(description="who signed in; it stands in the journal alone")] = ""
    id: Annotated[
        str,
        Meta(
            description="a hash of all the other fields; may be left out, and must be right if it "
            "is there"
        ),
    ] = ""


class DecisionsFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of decisions."""

    schema: Literal["ductdicom.decisions/1"]
    decisions: tuple[DecisionEntry, ...]
