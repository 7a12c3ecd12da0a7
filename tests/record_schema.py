"""A strict reading of ``ductdicom.study/1``: every key, every type, every allowed word."""

import json
from datetime import date, datetime

from jsonschema import Draft202012Validator

from ductdicom.export.records import record_schema


def strict(text):
    """Return a schema with every field that it does not name forbidden."""
    schema = json.loads(text)
    for part in schema["$defs"].values():
        if part.get("type") == "object":
            part["additionalProperties"] = False
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


SCHEMA = strict(record_schema())

EXAMS = {"ductogram", "mammogram", "contrast-mammogram", "other"}
STATUSES = {"paired", "partial", "review", "not-a-ductogram"}
KINDS = {
    "view",
    "tomosynthesis",
    "synthetic",
    "projection",
    "contrast-mammogram",
    "specimen",
    "biopsy",
    "localisation",
    "processing-twin",
    "capture",
    "rejected",
    "quality-control",
    "report",
    "presentation-state",
    "other-modality",
}
PHASES = {"pre", "post", "unknown"}
CONFIDENCES = {"confirmed", "certain", "strong", "inferred", "unknown"}
STRENGTHS = {"explicit", "structural", "text", "hint"}
GROUPS = {"CC", "LAT", "OBL", "OTHER"}
VIEWS = {"CC", "FB", "XCC", "XCCL", "XCCM", "ML", "LM", "MLO", "LMO", "SIO", "ISO"}
TRANSFORMS = {
    "identity",
    "fliplr",
    "flipud",
    "rot180",
    "rot90cw",
    "rot90ccw",
    "transpose",
    "transverse",
}
NOTES = {
    "view-differs",
    "magnification-differs",
    "prior-study",
    "suggested",
    "no-pre",
    "no-post",
    "scale-unknown",
    "orientation-unknown",
    "synthetic",
}
TILE_NOTES = {
    "bits-doubtful",
    "burned-in",
    "for-processing",
    "grey-differs",
    "lossy",
    "magnification-conflict",
    "orientation-contradicted",
    "orientation-doubtful",
    "orientation-unknown",
    "padding-enclosed",
    "padding-unusable",
    "scale-uncorrected",
    "scale-unknown",
    "shape-conflict",
    "spacing-suspect",
    "transfer-syntax-corrected",
    "window-unusable",
}
FORMATS = {
    "png": "sheet-{page}.png",
    "pdf": "sheet.pdf",
    "html": "sheet.html",
    "dicom": "sheet.dcm",
}


def check_record(record, *, extra=frozenset()):
    """Raise AssertionError where a record breaks the schema; ``extra`` are UIDs of prior views."""
    SCHEMA.validate(record)
    _keys(
        record,
        "schema key study_instance_uid study_date exam status instances rows sheets left_out"
        " problems",
    )
    assert record["schema"] == "ductdicom.study/1"
    assert record["key"] is None or record["key"]
    _uid(record["study_instance_uid"])
    if record["study_date"] is not None:
        date.fromisoformat(record["study_date"])
    _check_exam(record["exam"])
    assert record["status"] in STATUSES
    assert (record["status"] == "review") == bool(record["review_reasons"])
    for instance in record["instances"]:
        check_instance(instance)
    own = [instance["sop_instance_uid"] for instance in record["instances"]]
    for row in record["rows"]:
        _check_row(row, set(own) | set(extra))
    for sheet in record["sheets"]:
        _check_sheet(sheet)
    for item in record["left_out"]:
        _keys(item, "sop_instance_uid reason")
        assert item["sop_instance_uid"] in own
        _word(item["reason"])
    for problem in record["problems"]:
        _keys(problem, "code message sop_instance_uid")
        _word(problem["code"])
        assert problem["message"]
        assert problem["sop_instance_uid"] is None or problem["sop_instance_uid"] in own
    _check_that_nothing_is_lost(record, own)


def check_instance(instance):
    _keys(
        instance,
        "sop_instance_uid series_instance_uid source member kind laterality view modifiers"
        " magnification acquired_at injection phase confidence suggestion evidence conflicts",
    )
    _uid(instance["sop_instance_uid"])
    assert isinstance(instance["series_instance_uid"], str)  # old archives leave it out
    assert isinstance(instance["source"], str)
    assert instance["source"]
    assert instance["member"] is None or isinstance(instance["member"], str)
    assert instance["kind"] in KINDS
    assert instance["laterality"] in {"L", "R", "B", None}
    assert instance["view"] is None or instance["view"] in VIEWS
    assert all(isinstance(item, str) for item in instance["modifiers"])
    assert instance["magnification"] is None or instance["magnification"] > 0
    if instance["acquired_at"] is not None:
        assert datetime.fromisoformat(instance["acquired_at"]).tzinfo is None
    assert instance["injection"] is None or instance["injection"] >= 1
    assert instance["phase"] in PHASES | {None}
    assert instance["confidence"] in CONFIDENCES
    assert instance["suggestion"] in {"pre", "post", None}
    if instance["suggestion"] is not None:
        assert instance["phase"] == "unknown"
    if instance["phase"] in {"pre", "post"}:
        assert any(item["says"] == instance["phase"] for item in instance["evidence"])
        assert instance["confidence"] != "unknown"
    else:
        assert instance["confidence"] == "unknown"
    for item in instance["evidence"] + instance["conflicts"]:
        _check_evidence(item)


def _check_exam(exam):
    _keys(exam, "kind confidence evidence")
    assert exam["kind"] in EXAMS
    assert exam["confidence"] in CONFIDENCES
    for item in exam["evidence"]:
        _check_evidence(item)


def _check_evidence(item):
    _keys(item, "rule tag value says strength")
    assert all(isinstance(value, str) for value in item.values())
    assert item["strength"] in STRENGTHS
    assert item["tag"] == "" or (item["tag"][0] == "(" and len(item["tag"]) == len("(0018,0010)"))


def _check_row(row, known):
    _keys(row, "laterality group injection pre post notes")
    assert row["laterality"] in {"L", "R"}
    assert row["group"] in GROUPS
    assert row["injection"] is None or row["injection"] >= 1
    images = row["pre"] + row["post"] + row["plain"]
    assert images
    assert len(set(images)) == len(images), "an image stands in two places of a row"
    assert set(images) <= known
    assert set(row["notes"]) <= NOTES | TILE_NOTES
    assert ("no-pre" in row["notes"]) == (not row["pre"] and bool(row["post"]))
    assert ("no-post" in row["notes"]) == (not row["post"] and bool(row["pre"]))


def _check_sheet(sheet):
    _keys(sheet, "path format page size tiles")
    assert sheet["path"] == FORMATS[sheet["format"]].format(page=sheet["page"])
    width, height = sheet["size"]
    for tile in sheet["tiles"]:
        _keys(
            tile,
            "sop_instance_uid phase suggested box region closeup transform mm_per_px voi notes "
            "placeholder",
        )
        assert set(tile["notes"]) <= TILE_NOTES
        assert tile["phase"] in PHASES | {None}
        if tile["placeholder"] is None:
            assert tile["transform"] in TRANSFORMS
            assert min(tile["region"][:2]) >= 0
            assert min(tile["region"][2:]) >= 1
            assert tile["mm_per_px"] is None or 0 < tile["mm_per_px"] < 10
            assert isinstance(tile["voi"], str)
            assert tile["voi"]
        else:
            _word(tile["placeholder"])
            assert tile["transform"] is tile["mm_per_px"] is tile["voi"] is None
            assert tile["region"] is None
            assert tile["closeup"] is False
        x, y, wide, high = tile["box"]
        assert all(isinstance(number, int) for number in tile["box"])
        assert x >= 0
        assert y >= 0
        assert wide > 0
        assert high > 0
        assert x + wide <= width
        assert y + high <= height


def _check_that_nothing_is_lost(record, own):
    in_rows = {uid for row in record["rows"] for uid in row["pre"] + row["post"] + row["plain"]}
    left_out = [item["sop_instance_uid"] for item in record["left_out"]]
    assert not in_rows & set(left_out)
    assert set(own) == (in_rows & set(own)) | set(left_out)
    if record["status"] == "not-a-ductogram":
        assert all(instance["phase"] is None for instance in record["instances"])


def _keys(value, names):
    missing = set(names.split()) - set(value)
    assert not missing, f"missing {sorted(missing)}"


def _uid(value):
    assert isinstance(value, str)
    assert value
    assert value == value.strip()


def _word(value):
    assert value
    assert value == value.lower()
    assert " " not in value
