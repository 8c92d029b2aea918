"""Read an IDX file, the format of MNIST, as what it is: bytes from a stranger.

Header, dimensions and size are checked before anything is allocated. A compressed file is read to the size that its
header announces and one byte further, so that a small file cannot unfold into a large one.
"""

import gzip
import hashlib
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

#: More samples than any file of this kind holds. 200 000 images of 28 x 28 take 157 MB.
MOST = 200_000

_BYTES = 0x08  # the type code of unsigned bytes
_LARGEST_RATIO = 1032  # of deflate: what no compressed file can exceed


def read(path: Path, shape: tuple[int, ...]) -> tuple[NDArray[np.uint8], str]:
    """Samples of a given shape, and the sha256 of the uncompressed file.

    Parameters
    ----------
    path : Path
        An IDX file of bytes, plain or compressed by gzip; its first bytes say which, not its name.
    shape : tuple of int
        Shape of one sample: (28, 28) for images, () for labels.

    Returns
    -------
    array of uint8, shape (N, *shape)
        The samples.
    str
        What identifies the content, whichever way it is compressed.
    """
    if not path.is_file():
        raise ValueError(f"{path}: expected a file")
    size = path.stat().st_size
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        try:
            return _parse(path, gzip.GzipFile(fileobj=raw) if packed else raw, shape, size, packed)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise ValueError(f"{path}: expected a whole gzip file, got a truncated or damaged one ({error})") from None


def _parse(
    path: Path, stream: IO[bytes] | gzip.GzipFile, shape: tuple[int, ...], size: int, packed: bool
) -> tuple[NDArray[np.uint8], str]:
    axes = 1 + len(shape)
    header = stream.read(4 + 4 * axes)
    magic = bytes([0, 0, _BYTES, axes])
    if header[:4] != magic:
        raise ValueError(f"{path}: expected an IDX file that begins with {magic.hex(' ')}, got {_shown(header[:4])}")
    if len(header) < 4 + 4 * axes:
        raise ValueError(f"{path}: expected a header of {4 + 4 * axes} bytes, got {len(header)}: the file is truncated")
    count, *found = (int(length) for length in np.frombuffer(header, ">u4", offset=4))
    if tuple(found) != shape:
        raise ValueError(f"{path}: expected samples of shape {shape}, got {tuple(found)}")
    if not 1 <= count <= MOST:
        raise ValueError(f"{path}: expected 1 to {MOST} samples, the header announces {count}")
    content = count * int(np.prod(shape, dtype=np.int64))
    if not packed and size != len(header) + content:
        raise ValueError(
            f"{path}: expected {len(header) + content} bytes for {count} samples, got {size}"
            + (": the file is truncated" if size < len(header) + content else "")
        )
    if packed and len(header) + content > _LARGEST_RATIO * size:
        raise ValueError(f"{path}: {size} compressed bytes cannot hold the {content} that the header announces")
    data = np.empty((count, *shape), np.uint8)
    filled = _fill(stream, data.data.cast("B"))
    if filled < content:
        raise ValueError(f"{path}: expected {content} bytes of samples, got {filled}: the file is truncated")
    if stream.read(1):
        raise ValueError(f"{path}: expected {content} bytes of samples, got more")
    digest = hashlib.sha256(header)
    digest.update(data.data)
    return data, digest.hexdigest()


def _fill(stream: Any, room: memoryview) -> int:
    """Read until the room is full or the stream ends; how many bytes came."""
    filled = 0
    while filled < len(room) and (got := stream.readinto(room[filled : filled + 2**20])):
        filled += got
    return filled


def _shown(start: bytes) -> str:
    return start.hex(" ") if start else "an empty file"
