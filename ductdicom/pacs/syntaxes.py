"""SOP classes and transfer syntaxes, in the order in which they are preferred.

The acceptor's order decides: of what a sender proposes, pynetdicom takes what comes first here. So
what is stored compressed comes compressed, and nobody compresses or unpacks for us.

References
----------
* DICOM PS3.5 annex A, transfer syntaxes; PS3.4 B.5, SOP classes for storage
"""

from pydicom.uid import (
    JPEG2000,
    UID,
    BreastTomosynthesisImageStorage,
    DeflatedExplicitVRLittleEndian,
    DigitalMammographyXRayImageStorageForPresentation,
    DigitalMammographyXRayImageStorageForProcessing,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEG2000MCLossless,
    JPEGBaseline8Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    KeyObjectSelectionDocumentStorage,
    MultiFrameTrueColorSecondaryCaptureImageStorage,
    RLELossless,
    SecondaryCaptureImageStorage,
)
from pynetdicom import ALL_TRANSFER_SYNTAXES, AllStoragePresentationContexts

_JPEG_XL_LOSSLESS = "1.2.840.10008.1.2.4.110"
_LOSSLESS = (
    JPEGLosslessSV1,
    JPEGLossless,
    JPEGLSLossless,
    JPEG2000Lossless,
    JPEG2000MCLossless,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    _JPEG_XL_LOSSLESS,
    RLELossless,
)
# Many a sender proposes deflated beside plain, and would deflate for us.
_PLAIN = (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
)
# An object whose pixels lie elsewhere, at an address, is not whole; the last two are streams.
_ELSEWHERE = ("JPIP", "SMPTE")
# Those that may be lossy come last, so that nobody compresses for us.
RECEIVED: tuple[str, ...] = tuple(
    dict.fromkeys(
        str(syntax)
        for syntax in (*_LOSSLESS, *_PLAIN, *ALL_TRANSFER_SYNTAXES)
        if not any(word in UID(syntax).name for word in _ELSEWHERE)
    )
)
STORED: tuple[str, ...] = tuple(
    str(item.abstract_syntax) for item in AllStoragePresentationContexts
)
# What a mammography study holds, and how it may be stored; of anything else only the plain two.
BREAST: tuple[str, ...] = (
    DigitalMammographyXRayImageStorageForPresentation,
    DigitalMammographyXRayImageStorageForProcessing,
    BreastTomosynthesisImageStorage,
    SecondaryCaptureImageStorage,
    MultiFrameTrueColorSecondaryCaptureImageStorage,
    KeyObjectSelectionDocumentStorage,
)
FETCHED: tuple[str, ...] = (
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEG2000Lossless,
    RLELossless,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
    JPEG2000,
)
FETCHED_PLAIN: tuple[str, ...] = (ExplicitVRLittleEndian, ImplicitVRLittleEndian)
