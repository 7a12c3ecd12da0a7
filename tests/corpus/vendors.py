"""Habits of makers' units, as far as they are known in public: what their headers hold.

Habits that bear on the decision: the coding scheme of views, private cross-checks, where the
magnification stands, what value 3 and later of Image Type hold, which clock is written.
"""

from dataclasses import dataclass

VIEW_CODES = {
    "CC": ("399162004", "R-10242"),
    "FB": ("399196006", "R-10244"),
    "XCCL": ("399192008", "R-1024A"),
    "XCCM": ("399101009", "R-1024B"),
    "ML": ("399260004", "R-10224"),
    "LM": ("399352003", "R-10228"),
    "MLO": ("399368009", "R-10226"),
    "LMO": ("399099002", "R-10230"),
    "SIO": ("399188001", "R-102D0"),
}
MODIFIER_CODES = {
    "M": ("399163009", "R-102D6"),
    "S": ("399055006", "R-102D7"),
    "ID": ("399209000", "R-102D5"),
    "RL": ("399197002", "R-102D3"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """One maker's unit.

    ``magnification`` is the factor it writes for a magnified view, None where it writes none.
    ``has_codes`` where the view is coded, not only typed; ``types`` are values 1, 2 and later of
    Image Type for a plain image.
    """

    name: str
    manufacturer: str
    model: str
    scheme: str = "SCT"
    has_codes: bool = True
    has_view_position: bool = False
    has_clinical_view: bool = False
    has_own_series: bool = True  # one series a view
    magnification: float | None = 1.8
    has_acquisition_clock: bool = True
    writes_empty_agent: bool = False
    pitch_mm: float = 0.1
    modality: str = "MG"
    is_plate: bool = False
    types: tuple[str, ...] = ("DERIVED", "PRIMARY")


VENDORS = {
    vendor.name: vendor
    for vendor in (
        Vendor(
            name="ge",
            manufacturer="GE MEDICAL SYSTEMS",
            model="Senographe Pristina",
            has_clinical_view=True,
        ),
        Vendor(
            name="ge-old",
            manufacturer="GE MEDICAL SYSTEMS",
            model="Senograph 2000D ADS_17.4.5",
            scheme="SNM3",
            has_clinical_view=True,
            has_own_series=False,
        ),
        Vendor(
            name="hologic",
            manufacturer="HOLOGIC, Inc.",
            model="Selenia Dimensions",
            scheme="SRT",
            has_view_position=True,
            pitch_mm=0.07,
            types=("DERIVED", "PRIMARY", "", "", "", "", "", "", "150000"),
        ),
        Vendor(
            name="siemens",
            manufacturer="SIEMENS",
            model="MAMMOMAT Inspiration",
            scheme="SRT",
            has_view_position=True,
            magnification=1.5,
            pitch_mm=0.085,
        ),
        Vendor(
            name="fuji",
            manufacturer="FUJIFILM Corporation",
            model="FDR-3000AWS",
            scheme="99SDM",
            has_own_series=False,
            pitch_mm=0.05,
            types=("DERIVED", "PRIMARY", "", "NONE"),
        ),
        Vendor(
            name="philips",
            manufacturer="Philips Digital Mammography Sweden AB",
            model="L50",
            scheme="SRT",
            magnification=None,
            pitch_mm=0.05,
        ),
        Vendor(
            name="planmed",
            manufacturer="Planmed Oy",
            model="Clarity",
            has_own_series=False,
            writes_empty_agent=True,
            pitch_mm=0.085,
        ),
        Vendor(
            name="giotto",
            manufacturer="I.M.S. srl",
            model="Giotto Class",
            scheme="SNM3",
            pitch_mm=0.085,
            types=("ORIGINAL", "PRIMARY"),
        ),
        Vendor(
            name="plate",
            manufacturer="KODAK",
            model="DirectView CR",
            has_codes=False,
            has_view_position=True,
            magnification=None,
            pitch_mm=0.05,
            modality="CR",
            is_plate=True,
            types=("DERIVED", "PRIMARY"),
        ),
    )
}
DIGITAL = tuple(name for name, vendor in VENDORS.items() if not vendor.is_plate)
