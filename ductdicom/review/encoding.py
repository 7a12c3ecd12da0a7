"""Stored values on their way to the browser: small, quickly made, quickly undone.

Each row is told by the differences of its neighbours, folded so that small ones are small numbers,
and the low and the high bytes of some rows lie apart: the high ones are nearly all alike. What is
left is packed by a method that the browser undoes itself.
"""

import imagecodecs
import numpy as np
from numpy.typing import NDArray

BAND_ROWS = 128
ZSTD, _GZIP = "zstd", "gzip"


def choose_packing(accepted: str) -> str:
    """Return how a body is packed for a browser: zstd, gzip, or not at all (``""``).

    Browsers offer zstd to ``https`` and to this machine alone.

    Parameters
    ----------
    accepted
        The header Accept-Encoding.

    References
    ----------
    * RFC 9110, 12.5.3 Accept-Encoding; RFC 8878, the zstd content coding
    """
    offered = set()
    for item in accepted.split(","):
        name, _, quality = item.partition(";")
        if quality.replace(" ", "").rstrip("0") not in {"q=", "q=0", "q=0."}:
            offered.add(name.strip().lower())
    return next((name for name in (ZSTD, _GZIP) if name in offered), "")


def encode_values(values: NDArray[np.integer], *, first: int) -> bytearray:
    """Encode stored values without loss, to be packed.

    Parameters
    ----------
    values
        Shape ``(rows, columns)``, any integer type of up to 16 bits; may be a view that is turned.
    first
        The smallest value that can be stored, which becomes 0.

    Returns
    -------
    bytearray
        Bands of 128 rows, the last of fewer, each with the low bytes of all its pixels and then the
        high ones.
    """
    encoded = bytearray(2 * values.size)
    plain = np.frombuffer(encoded, np.uint8)
    at = 0
    for top in range(0, len(values), BAND_ROWS):
        folded = _folded(values[top : top + BAND_ROWS], first)
        for part in (folded & 0xFF, folded >> 8):
            plain[at : at + part.size] = part.ravel()
            at += part.size
    return encoded


def pack(plain: bytes | bytearray, packing: str) -> bytes:
    """Pack what was encoded, in a way that `choose_packing` returned."""
    if packing == ZSTD:
        return bytes(imagecodecs.zstd_encode(plain, level=1))
    if packing == _GZIP:
        return bytes(imagecodecs.gzip_encode(plain, level=1))
    return bytes(plain)


def repack(content: bytes, packing: str) -> bytes:
    """Pack otherwise what is packed with zstd."""
    return content if packing == ZSTD else pack(imagecodecs.zstd_decode(content), packing)


def _folded(values: NDArray[np.integer], first: int) -> NDArray[np.uint16]:
    shifted = (values.astype(np.int32) - first).astype(np.uint16)
    steps = shifted.copy()
    steps[:, 1:] -= shifted[:, :-1]  # modulo 65536
    signed = steps.view(np.int16)
    folded: NDArray[np.uint16] = ((signed << 1) ^ (signed >> 15)).view(np.uint16)
    return folded
