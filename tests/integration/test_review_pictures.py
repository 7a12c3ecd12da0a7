"""Images in full, as the review hands them out, against the chain that draws the sheets."""

import os
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace
from review_values import decode_values

from ductdicom.errors import UnreadableError
from ductdicom.geometry.image import image_geometry
from ductdicom.pipeline.earlier.known import read_known
from ductdicom.pipeline.run import organise
from ductdicom.review.gallery import Gallery, OpenStudy, image_names
from ductdicom.review.keeping import Kept
from ductdicom.settings import Format, Settings
from ductdicom.sheet.tile import draw_tile, prepare_tile

SAMPLES = Path(__file__).resolve().parents[2] / "sample_data"

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not SAMPLES.is_dir(), reason="sample_data is no part of the source archive"),
]


def _organise(source, output):
    settings = Settings(output=output, jobs=1, format=(Format.PNG,))
    organise([str(source)], settings, in_process=True)
    return next(iter(read_known(output).records.values()))


@pytest.fixture(scope="module")
def textbook(tmp_path_factory):
    return _organise(SAMPLES / "textbook", tmp_path_factory.mktemp("textbook") / "out")


@pytest.fixture(scope="module")
def turned(tmp_path_factory):
    return _organise(SAMPLES / "inverse-right", tmp_path_factory.mktemp("turned") / "out")


def _drawn(record, name, voi):
    """Return an image of a record as the sheet would draw it with all of its pixels."""
    study = OpenStudy(record)
    call = study.call(name)
    geometry = image_geometry(call, study.pitches)
    tile = prepare_tile(call, study.read(name), voi, geometry=geometry)
    rows, columns = tile.values.shape
    return draw_tile(tile, width_px=columns, height_px=rows)


def _holds(whole, part):
    """Tell whether a part lies in an image, at its left or its right edge."""
    rows, columns = part.shape
    return any(
        np.array_equal(whole[top : top + rows, left : left + columns], part)
        for top in range(whole.shape[0] - rows + 1)
        for left in {0, whole.shape[1] - columns}
    )


@pytest.mark.parametrize("study", ["textbook", "turned"])
def test_each_pixel_has_the_grey_that_the_sheet_gives_it_with_each_choice(study, request):
    record = request.getfixturevalue(study)
    views = [
        name
        for name, image in zip(image_names(record), record.instances, strict=True)
        if image.kind == "view"
    ]
    assert len(views) >= 4
    for name in views:
        picture = Gallery().picture(record, name, is_preview=False)
        values = picture.values - picture.attributes.stored_range[0]

        for number, (choice, _) in enumerate(picture.choices):
            assert _holds(picture.table(number)[values], _drawn(record, name, choice))


def test_an_image_is_first_shown_with_what_the_sheet_has(textbook):
    for name, image in zip(image_names(textbook), textbook.instances, strict=True):
        picture = Gallery().picture(textbook, name, is_preview=False)

        recorded = {tile.voi for tile in textbook.tiles_of(image)}
        assert recorded == {picture.choices[picture.chosen][1]}


def test_values_come_to_the_browser_as_they_are(textbook):
    gallery, name = Gallery(), image_names(textbook)[0]
    picture = gallery.picture(textbook, name, is_preview=False)

    content = gallery.values(textbook, name, is_preview=False, packing="zstd")

    assert np.array_equal(decode_values(content, "zstd", *picture.values.shape), picture.values)


@pytest.mark.parametrize("packing", ["zstd", "gzip"])
def test_of_an_image_that_was_sent_no_more_is_kept_than_what_is_sent(textbook, packing):
    gallery, sent = Gallery(), 0
    for name in image_names(textbook):
        gallery.packed(textbook, name, is_preview=True)
        content = gallery.values(textbook, name, is_preview=False, packing=packing)
        gallery.prepare(textbook, name)
        sent += len(content)

    ways = {"zstd": 1, "gzip": 2}[packing]  # it is packed in
    assert gallery.size_bytes < (ways + 1.5) * sent  # with previews and tables


def test_each_table_is_there_afterwards_without_the_image(textbook, monkeypatch):
    gallery, name = Gallery(), image_names(textbook)[0]
    picture = gallery.picture(textbook, name, is_preview=False)
    gallery.packed(textbook, name, is_preview=True)
    gallery.prepare(textbook, name)
    monkeypatch.setattr(OpenStudy, "read", None)

    for number, (_, label) in enumerate(picture.choices):
        table = gallery.table(textbook, name, number, is_preview=False)
        assert table == (label, picture.table(number).tobytes())
        # Fewer pixels are shown with it as well.
        assert gallery.table(textbook, name, number, is_preview=True) == table


@pytest.mark.parametrize("number", [-1, 99])
def test_a_choice_that_an_image_does_not_have_is_refused(textbook, number):
    with pytest.raises(IndexError):
        Gallery().table(textbook, image_names(textbook)[0], number, is_preview=False)


def test_an_archive_is_read_like_a_folder(textbook, tmp_path):
    archive = tmp_path / "export.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in (SAMPLES / "textbook").iterdir():
            file.write(path, path.name)
    record = _organise(archive, tmp_path / "out")

    for own, other in zip(image_names(record), image_names(textbook), strict=True):
        packed = Gallery().picture(record, own, is_preview=False)
        plain = Gallery().picture(textbook, other, is_preview=False)
        assert np.array_equal(packed.values, plain.values)


def _zip(folder, archive):
    """Write an archive of a folder in which no time tells one from another."""
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(folder.iterdir()):
            file.writestr(zipfile.ZipInfo(path.name), path.read_bytes())


def test_an_archive_that_was_replaced_is_told_as_changed_by_its_content(tmp_path):
    """Neither is what was kept shown any more, nor what lies there now under the same UID."""
    export = Path(shutil.copytree(SAMPLES / "textbook", tmp_path / "export"))
    archive = tmp_path / "export.zip"
    _zip(export, archive)
    record = _organise(archive, tmp_path / "out")
    number = next(n for n, image in enumerate(record.instances) if record.seen_of(image))
    name, image = image_names(record)[number], record.instances[number]
    other = next(own for own in image_names(record) if own != name)
    gallery = Gallery()
    shown = gallery.packed(record, name, is_preview=False).content

    original = (export / image.member).read_bytes()
    (export / image.member).write_bytes(original[:-2] + b"\1\2")  # other pixels, as many bytes
    _zip(export, archive)

    for asked in (gallery, Gallery()):  # and a server that was started afterwards
        for is_preview in (False, True):
            with pytest.raises(UnreadableError) as refused:
                asked.packed(record, name, is_preview=is_preview)
            assert refused.value.reason == "changed"
        assert asked.packed(record, other, is_preview=False).content

    (export / image.member).unlink()
    _zip(export, archive)
    with pytest.raises(UnreadableError) as refused:
        gallery.packed(record, name, is_preview=False)
    assert refused.value.reason == "changed"

    (export / image.member).write_bytes(original)
    _zip(export, archive)
    assert gallery.packed(record, name, is_preview=False).content == shown
    archive.unlink()
    with pytest.raises(UnreadableError) as refused:
        gallery.packed(record, name, is_preview=False)
    assert refused.value.reason == "missing"


def test_a_file_of_the_same_size_and_time_with_other_pixels_is_told_as_changed(tmp_path):
    export = Path(shutil.copytree(SAMPLES / "textbook", tmp_path / "export"))
    record = _organise(export, tmp_path / "out")
    number = next(n for n, image in enumerate(record.instances) if record.seen_of(image))
    path = Path(record.instances[number].source)
    path.write_bytes(path.read_bytes()[:-2] + b"\1\2")
    moment = record.instances[number].modified_ns
    os.utime(path, ns=(moment, moment))

    with pytest.raises(UnreadableError) as refused:
        Gallery().picture(record, image_names(record)[number], is_preview=False)

    assert refused.value.reason == "changed"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(Path.unlink, "missing", id="gone"),
        pytest.param(lambda path: path.write_bytes(b"other"), "changed", id="changed"),
    ],
)
def test_an_original_that_is_gone_or_changed_is_refused_and_no_other(tmp_path, change, reason):
    export = Path(shutil.copytree(SAMPLES / "textbook", tmp_path / "export"))
    record = _organise(export, tmp_path / "out")
    first, *others = image_names(record)
    change(Path(record.instances[0].source))

    with pytest.raises(UnreadableError) as refused:
        Gallery().picture(record, first, is_preview=False)

    assert refused.value.reason == reason
    assert all(Gallery().picture(record, name, is_preview=False) for name in others)


def test_an_image_that_is_still_kept_is_refused_once_its_original_is_gone(tmp_path):
    export = Path(shutil.copytree(SAMPLES / "textbook", tmp_path / "export"))
    record = _organise(export, tmp_path / "out")
    gallery, name = Gallery(), image_names(record)[0]
    gallery.packed(record, name, is_preview=False)
    Path(record.instances[0].source).unlink()

    with pytest.raises(UnreadableError) as refused:
        gallery.packed(record, name, is_preview=False)

    assert refused.value.reason == "missing"


def test_an_image_over_which_a_decoder_died_is_not_decoded_again(textbook):
    name, image = image_names(textbook)[0], textbook.instances[0]
    sheets = tuple(
        replace(
            sheet,
            tiles=tuple(
                replace(tile, placeholder="decoder-crashed")
                if tile.sop_instance_uid == image.sop_instance_uid
                else tile
                for tile in sheet.tiles
            ),
        )
        for sheet in textbook.sheets
    )
    record = replace(textbook, sheets=sheets)

    with pytest.raises(UnreadableError) as refused:
        Gallery().picture(record, name, is_preview=True)

    assert refused.value.reason == "decoder-crashed"


def test_what_is_kept_has_a_bound():
    kept = Kept(most_bytes=100)
    for number in range(20):
        kept.get(number, lambda: "made", lambda _: 30)

    assert kept.size_bytes <= 100


def test_what_is_kept_is_made_once():
    kept, made = Kept(most_bytes=100), []
    for _ in range(3):
        kept.get("name", lambda: made.append(1), lambda _: 30)

    assert made == [1]


def test_what_failed_to_be_made_is_tried_again():
    kept = Kept()

    with pytest.raises(ZeroDivisionError):
        kept.get("name", lambda: 1 / 0, lambda _: 1)

    assert kept.get("name", lambda: 5, lambda _: 1) == 5
