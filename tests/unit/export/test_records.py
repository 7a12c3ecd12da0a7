import csv
import dataclasses
import io
import json
import os
from datetime import date

import pytest
from builders import make_instance, make_origin
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from record_schema import check_record
from sheets import lay_out, make_image, make_tile

from ductdicom.export.output import encode_json
from ductdicom.export.records import (
    instance_record,
    record_sheet,
    shared_record,
    study_record,
)
from ductdicom.export.tables import ledger_csv
from ductdicom.model.origin import Origin
from ductdicom.model.outcome import Disposition, LedgerRow, Note
from ductdicom.model.result import StudyResult
from ductdicom.model.study import Companion
from ductdicom.sheet.tile import MissingTile


def _row(source, member=None, **changes):
    origin = Origin(file="x", source=source, member=member, size_bytes=7)
    return LedgerRow(origin=origin, disposition=Disposition.VIEW, reason="pre", **changes)


def _read(content):
    return list(csv.reader(io.StringIO(content.decode("utf-8"), newline="")))


def _record(study, pairing, key=None, **more):
    """Return a record as whoever reads the file gets it."""
    result = StudyResult(key=key, call=study, pairing=pairing, **more)
    return json.loads(encode_json(study_record(result)))


def test_a_whole_record_keeps_to_the_schema():
    images = [make_image(1, phase="pre"), make_image(2), make_image(3, phase="unknown")]
    study, pairing, pages = lay_out(images)
    sheets = [record_sheet(f"sheet-{n}.png", "png", p, n) for n, p in enumerate(pages, start=1)]

    check_record(_record(study, pairing, key="20260102-abc", sheets=tuple(sheets)))


@pytest.mark.skipif(os.name == "nt", reason="names are bytes on POSIX")
def test_a_name_that_is_no_utf_8_is_recorded_as_its_bytes_and_said_to_nobody():
    name = os.fsdecode(b"SZ\xe9kely/IM1")
    origin = make_origin("SZ\\xe9kely/IM1", modified_ns=1_700_000_000_000_000_000)
    instance = make_instance("2.25.1", origin=replace(origin, file=name))
    record = instance_record(make_image(1, instance=instance))

    assert os.fsdecode(bytes.fromhex(record.file_hex)) == name
    said = encode_json(shared_record(record, lambda _: "masked", None)).decode()
    assert record.file_hex not in said
    assert "1700000000" not in said


def test_without_identity_no_date_and_no_uid_is_said_in_any_part_of_a_record():
    images = [make_image(1, phase="pre"), make_image(2)]
    study, pairing, pages = lay_out(images)
    companion = Companion(
        kind="mammogram", study_date=date(1999, 12, 31), study_instance_uid="2.25.777", objects=4
    )
    sheets = tuple(record_sheet("sheet-1.png", "png", page, 1) for page in pages)
    result = StudyResult(
        key="k", call=replace(study, companions=(companion,)), pairing=pairing, sheets=sheets
    )
    record = study_record(result)
    ids = {image.uid: f"image{number}" for number, image in enumerate(images)}

    told = encode_json(shared_record(record, str, None)).decode()
    said = encode_json(shared_record(record, str, ids)).decode()

    for hidden in ("1999-12-31", "2.25.777", *ids):
        assert hidden in told
        assert hidden not in said
    assert all(name in said for name in ids.values())


def test_a_boxs_pixels_are_those_of_the_drawn_page():
    _, _, (page, *_) = lay_out([make_image(1, phase="pre"), make_image(2)], dpi=100)

    record = record_sheet("sheet-1.png", "png", page, 1)

    assert record.size == page.size_px
    wide, high = page.size_px
    for tile, drawn in zip(record.tiles, page.tiles, strict=True):
        x, y, width, height = tile.box
        assert x + width <= wide
        assert y + height <= high
        assert width * tile.mm_per_px == pytest.approx(
            drawn.box.width * drawn.mm_per_unit, rel=0.02
        )


def test_millimetres_at_the_detector_are_not_recorded_as_those_at_the_breast():
    uncorrected = dataclasses.replace(make_tile(), notes=(Note.SCALE_UNCORRECTED, Note.LOSSY))
    tiles = {"1.dcm": uncorrected, "2.dcm": make_tile()}
    _, _, (page, *_) = lay_out([make_image(1, phase="pre"), make_image(2)], tiles)

    shown = record_sheet("sheet-1.png", "png", page, 1).tiles

    assert [tile.mm_per_px is None for tile in shown] == [True, False]
    assert [tile.notes for tile in shown] == [("scale-uncorrected", "lossy"), ()]


def test_a_closeup_is_a_tile_of_its_own_that_says_which_part_it_shows():
    tiles = {f"{n}.dcm": dataclasses.replace(make_tile(), tip=(0.5, 0.9)) for n in (1, 2)}
    images = [make_image(1, phase="pre"), make_image(2)]
    _, _, (page, *_) = lay_out(images, tiles)

    *whole, _, _ = shown = record_sheet("sheet-1.png", "png", page, 1).tiles

    assert [tile.is_closeup for tile in shown] == [False, False, True, True]
    assert [tile.region for tile in whole] == [(0, 0, 60, 120)] * 2
    for tile in shown[2:]:
        x, y, width, height = tile.region
        assert 0 < width <= 60 - x
        assert 0 < height < 120 - y
        assert tile.mm_per_px < whole[0].mm_per_px


def test_an_image_that_cannot_be_shown_is_a_tile_with_the_reason():
    tiles = {"1.dcm": make_tile(), "2.dcm": MissingTile(reason="truncated")}
    study, pairing, (page, *_) = lay_out([make_image(1, phase="pre"), make_image(2)], tiles)

    sheet = record_sheet("sheet-1.png", "png", page, 1)

    check_record(_record(study, pairing, sheets=(sheet,)))
    shown, missing = sheet.tiles
    assert shown.placeholder is None
    assert missing.sop_instance_uid == "2.25.2"
    assert (missing.phase, missing.placeholder) == ("post", "truncated")
    assert missing.box[0] > shown.box[0]


def test_images_that_share_a_uid_are_told_apart_by_where_they_lie():
    twins = [
        make_image(
            1, instance=make_instance("2.25.1", origin=make_origin(name)), has_other_bytes=True
        )
        for name in ("a.dcm", "b.dcm")
    ]
    study, pairing, pages = lay_out([make_image(2, phase="pre"), make_image(3), *twins])

    sheets = tuple(record_sheet("", "png", page, 1) for page in pages)
    record = _record(study, pairing, sheets=sheets)
    tiles = [tile for sheet in record["sheets"] for tile in sheet["tiles"]]

    assert record["left_out"] == [
        {
            "sop_instance_uid": "2.25.1",
            "reason": "same-uid-other-bytes",
            "source": source,
            "member": None,
        }
        for source in ("a.dcm", "b.dcm")
    ]
    assert [(tile["sop_instance_uid"], tile.get("source")) for tile in tiles] == [
        ("2.25.2", None),
        ("2.25.3", None),
        ("2.25.1", "a.dcm"),
        ("2.25.1", "b.dcm"),
    ]


def test_an_images_record_names_where_it_lay():
    record = instance_record(make_image(1))

    assert (record.source, record.member) == ("1.dcm", None)
    assert record.acquired_at == "2026-01-02T10:01:00"


def test_the_ledger_has_the_columns_that_others_read():
    (head, row) = _read(ledger_csv([_row("a/b", "c", sop_instance_uid="1.2")]))

    assert head == [
        *("source", "member", "disposition", "reason"),
        *("sop_instance_uid", "study_instance_uid", "bytes"),
    ]
    assert row == ["a/b", "c", "view", "pre", "1.2", "", "7"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_no_spreadsheet_takes_a_cell_for_a_formula(start):
    (_, row) = _read(ledger_csv([_row(f"{start}cmd|x!A1", f"{start}2")]))

    assert row[0] == f"'{start}cmd|x!A1"
    assert row[1] == f"'{start}2"


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), max_size=5))
def test_the_ledger_has_a_line_for_every_input_whatever_its_name(names):
    rows = _read(ledger_csv([_row(name) for name in names]))

    assert len(rows) == 1 + len(names)
    for name, row in zip(names, rows[1:], strict=True):
        assert row[0].removeprefix("'") == name.removeprefix("'")


def test_a_name_that_is_no_text_does_not_stop_the_ledger():
    assert len(_read(ledger_csv([_row("a\udcff")]))) == 2
