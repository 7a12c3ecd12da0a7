import io

import dicom_bytes as make
import pytest

from ductdicom.ingest.headers.attributes import KEY_OBJECT_SELECTION, OWN
from ductdicom.ingest.headers.fields import Facts, open_header
from ductdicom.ingest.headers.instance import read_instance
from ductdicom.ingest.headers.modules import MODULES, Module
from ductdicom.ingest.headers.tags import Tag
from ductdicom.ingest.headers.tolerant import parse
from ductdicom.ingest.headers.values import DataSet
from ductdicom.model.origin import Origin

GROUPS = {Tag.SHARED_FUNCTIONAL_GROUPS_SEQUENCE, Tag.PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE}
PRIVATE = [
    (0x0045_0010, "LO", "GEMS_SENO_02"),
    (0x0045_101B, "LO", "LMLO"),
    (0x0045_1050, "UI", "2.25.8"),
    (0x4109_0011, "LO", "Applicare/Centricity Radiology Web/Version 1.0"),
    (0x4109_1101, "LO", "L"),
]


class WatchedNode:
    """Hands a data set on, and remembers what was asked of it."""

    def __init__(self, node):
        self._node = node
        self.asked = set()

    def raw(self, tag):
        self.asked.add(int(tag))
        return self._node.raw(tag)

    def items(self, tag):
        self.asked.add(int(tag))
        return self._node.items(tag)


def read(content):
    origin = Origin(file="image", source="image", size_bytes=len(content))
    return read_instance(origin, io.BytesIO(content))


@pytest.mark.parametrize(
    "module", [*MODULES, Module(OWN)], ids=lambda module: "-".join(module.fields)
)
@pytest.mark.parametrize("elements", [(), PRIVATE], ids=["plain", "private"])
@pytest.mark.parametrize("sop_class_uid", [make.MG, KEY_OBJECT_SELECTION])
def test_a_module_depends_on_nothing_but_its_tags(module, elements, sop_class_uid):
    content = make.make_dicom(elements=elements, SeriesDescription="text")
    node = WatchedNode(parse(io.BytesIO(content), 132, len(content)).node)

    facts = Facts(sop_class_uid, make.EXPLICIT, has_pixels=True)
    module.read(open_header(DataSet(node), facts))

    assert node.asked - GROUPS <= set(module.tags)


def test_images_share_what_they_have_in_common():
    one = read(make.make_dicom(SOPInstanceUID="2.25.1", PatientID="P1", KVP="28"))
    other = read(make.make_dicom(SOPInstanceUID="2.25.2", PatientID="P2", KVP="28"))

    assert one.exposure is other.exposure
    assert one.patient != other.patient


def test_the_same_bytes_in_another_character_set_are_another_text():
    one = read(make.make_dicom(SpecificCharacterSet="ISO_IR 100", StudyDescription="é"))
    raw = make.make_dicom(SpecificCharacterSet="ISO_IR 144", StudyDescription="щ")

    assert one.texts[0].value == "é"
    assert read(raw).texts[0].value == "щ"


def test_a_remembered_guess_is_still_a_guess():
    content = make.raw_dicom((0x0008_1030, "LO", "после".encode()))

    assert [read(content).is_charset_guessed for _ in range(2)] == [True, True]


def test_objects_with_functional_groups_are_read_anew_each_time():
    groups = {"XRayFilterSequence": {"FilterMaterial": "RHODIUM"}}
    content = make.make_dicom(SharedFunctionalGroupsSequence=groups)

    assert read(content).exposure.filter_material == "RHODIUM"
    assert read(make.make_dicom()).exposure.filter_material is None
