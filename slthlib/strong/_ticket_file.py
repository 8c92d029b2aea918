"""The container of a ticket: a small header in words, sections of bytes, and a checksum. Nothing in it is ever run.

A file is: 8 bytes of magic; version and number of sections, 2 bytes each; length of the header as stored and in
full, 4 bytes each; 8 bytes for the length of each section; header; sections; the first 16 bytes of the SHA-256 of
all before. Numbers are little-endian. The header is canonical JSON, deflated where that makes it shorter.

Files come from anywhere. Their size is held against the caller's limit and against every length they tell of before
anything is read whole; the checksum finds accidents; and since anyone can compute a checksum, whoever uses the
header looks at each value of it (`_ticket_schema`).
"""

import contextlib
import hashlib
import os
import secrets
import stat
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slthlib.strong._ticket_header import HEADER_LIMIT, TicketFileError, restore_header, store_header

__all__ = ["Content", "TicketFileError", "pack", "read", "read_bytes", "write"]

VERSION = 1
#: Not ASCII, and with both kinds of line ends: a transfer as text breaks it at once.
MAGIC = b"\x89SLT\r\n\x1a\n"
#: How many sections there may be.
SECTION_LIMIT = 1 << 10
_FRONT = struct.Struct("<8sHHII")
_DIGEST = 16


@dataclass(frozen=True)
class Content:
    """What a file holds.

    Attributes
    ----------
    header : dict
        Integers, finite floats, strings, None, lists and dictionaries of these. Not yet to be trusted.
    sections : tuple of bytes
        In the order in which they were written.
    """

    header: dict[str, Any]
    sections: tuple[bytes, ...]


def pack(header: dict[str, Any], sections: list[bytes] | tuple[bytes, ...]) -> bytes:
    """Return the bytes of a file. For one content and one zlib they are the same; any zlib reads them."""
    stored, full = store_header(header)
    if len(sections) > SECTION_LIMIT:
        raise ValueError(f"sections: expected at most {SECTION_LIMIT}, got {len(sections)}")
    for number, section in enumerate(sections):
        if not isinstance(section, bytes | bytearray | memoryview):
            raise TypeError(f"sections: expected bytes, got {type(section).__name__} as number {number}")
    blocks = [bytes(section) for section in sections]
    front = _FRONT.pack(MAGIC, VERSION, len(blocks), len(stored), full)
    lengths = struct.pack(f"<{len(blocks)}Q", *map(len, blocks))
    body = b"".join([front, lengths, stored, *blocks])
    return body + _digest(body)


def write(path: str | os.PathLike[str], header: dict[str, Any], sections: list[bytes] | tuple[bytes, ...]) -> None:
    """Write a file whole or not at all: until the last byte is on the disk, the old file keeps the name."""
    content = pack(header, sections)
    target = Path(path)
    draft = target.with_name(f".{target.name[:100]}.{secrets.token_hex(8)}.draft")
    try:
        with draft.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, target)
    except BaseException:  # Ctrl-C too
        with contextlib.suppress(OSError):
            draft.unlink()
        raise
    _settle(target.parent)


def _settle(folder: Path) -> None:
    """Bring the new name itself to the disk, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def read(path: str | os.PathLike[str], *, limit: int) -> Content:
    """Read a file of at most ``limit`` bytes. What is wrong with it is a `TicketFileError` that says so."""
    name = os.fspath(path)
    if not stat.S_ISREG(os.stat(path).st_mode):  # to open a pipe would wait for someone to write
        raise TicketFileError(f"{name}: expected a file, got a folder or a device")
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        try:
            _check_size(size, limit)
            front = file.read(min(size, _FRONT.size + 8 * SECTION_LIMIT))
            _check_size(len(front), limit)  # the file may be shrinking under our hands
            _check_lengths(front, size)
            file.seek(0)
            return read_bytes(file.read(size), limit=limit)
        except TicketFileError as error:
            raise TicketFileError(f"{name}: {error}") from None


def read_bytes(data: bytes, *, limit: int) -> Content:
    """Read what `pack` returned; see `read`."""
    _check_size(len(data), limit)
    lengths = _check_lengths(data, len(data))
    body = memoryview(data)[:-_DIGEST]
    if _digest(body) != data[-_DIGEST:]:
        raise TicketFileError("its checksum does not fit: some of its bytes were changed")
    stored, full = _FRONT.unpack_from(data)[3:]
    place = _FRONT.size + 8 * len(lengths)
    header = restore_header(bytes(body[place : place + stored]), full)
    place += stored
    sections = []
    for length in lengths:
        sections.append(bytes(body[place : place + length]))
        place += length
    return Content(header, tuple(sections))


def _digest(body: bytes | memoryview) -> bytes:
    return hashlib.sha256(body).digest()[:_DIGEST]


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise TicketFileError(f"it has {size:,} bytes, more than the {limit:,} allowed here")
    if size < _FRONT.size + _DIGEST:
        raise TicketFileError(f"it is cut short: {size} bytes, where {_FRONT.size + _DIGEST} are the least")


def _sections_of(front: bytes) -> int:
    magic, version, sections, stored, full = _FRONT.unpack_from(front)
    if magic != MAGIC:
        raise TicketFileError(f"it is no ticket: it begins with {magic!r}, where {MAGIC!r} is expected")
    if version != VERSION:
        known = f"this slthlib reads version {VERSION}"
        advice = "; a newer slthlib wrote it" if version > VERSION else ""
        raise TicketFileError(f"it has version {version} of the format, and {known}{advice}")
    if sections > SECTION_LIMIT:
        raise TicketFileError(f"it tells of {sections:,} sections, where {SECTION_LIMIT:,} are the most")
    if full > HEADER_LIMIT or stored > full:
        raise TicketFileError(
            f"it tells of a header of {stored:,} bytes, {full:,} in full, of {HEADER_LIMIT:,} at most"
        )
    return sections


def _check_lengths(data: bytes, size: int) -> tuple[int, ...]:
    """The lengths of the sections, if with all else they make up the size of the file."""
    sections = _sections_of(data)
    table = _FRONT.size + 8 * sections
    if len(data) < table:
        raise TicketFileError(
            f"it is cut short: {size:,} bytes, where the lengths of its sections alone take {table:,}"
        )
    lengths = struct.unpack_from(f"<{sections}Q", data, _FRONT.size)
    expected = table + _FRONT.unpack_from(data)[3] + sum(lengths) + _DIGEST
    if size != expected:
        what = "is cut short" if size < expected else "goes on after its end"
        raise TicketFileError(f"it {what}: {size:,} bytes, where its beginning tells of {expected:,}")
    return lengths
