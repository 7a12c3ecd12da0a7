from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import nullcontext

import pytest
from builders import make_origin

from ductdicom.errors import UnreadableError
from ductdicom.pipeline.drawing.originals import Members
from ductdicom.pipeline.drawing.workers import find_deadly, probe


class Fragile(Executor):
    """Runs tasks; over some inputs it says that its worker died."""

    def __init__(self, guilty):
        self._guilty = guilty

    def submit(self, fn, /, origin):
        future = Future()
        if origin.label in self._guilty:
            future.set_exception(BrokenExecutor())
        else:
            future.set_result(fn(origin))
        return future


def test_only_the_images_over_which_a_worker_dies_are_found(tmp_path):
    origins = [make_origin(str(tmp_path / name)) for name in ("a", "b", "c")]

    found = find_deadly(origins, Fragile({origins[1].label}), nullcontext)

    assert found == {origins[1].label}


def test_what_is_refused_in_good_order_is_not_deadly(tmp_path):
    (tmp_path / "text").write_text("no image", encoding="utf-8")

    assert probe(make_origin(str(tmp_path / "text"))) == "truncated"
    assert probe(make_origin(str(tmp_path / "gone"))) == "missing"


def test_a_deadly_image_is_not_decoded_again(tmp_path):
    path = tmp_path / "image"
    path.write_bytes(b"content")
    origin = make_origin(str(path))
    members = Members(deadly={origin.label})

    with pytest.raises(UnreadableError) as caught:
        members.source(origin)

    assert caught.value.reason == "decoder-crashed"
    assert Members().source(origin)[:] == b"content"
