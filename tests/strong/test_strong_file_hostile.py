"""Files that are no tickets, or not whole, or made to harm: each is an error that says what is wrong, at once."""

import os
import re
import struct
import time
import tracemalloc
import zlib
from itertools import count

import numpy as np
import pytest
from strong_file_tools import FRONT, HEADER, LIMIT, by_hand, sealed

from slthlib.strong import _ticket_file
from slthlib.strong._ticket_file import Content, TicketFileError, pack, read, read_bytes
from slthlib.strong._ticket_header import dump_header

GOOD = pack(HEADER, [b"abc" * 50, b"\x00\xff"])


def wrong(data, words, tmp_path=None):
    with pytest.raises(TicketFileError, match=words):
        read_bytes(data, limit=LIMIT)
    if tmp_path is not None:
        path = tmp_path / "ticket.slt"
        path.write_bytes(data)
        with pytest.raises(TicketFileError, match=f"ticket.slt: ({words})"):
            read(path, limit=LIMIT)


def test_every_file_cut_short_is_refused(tmp_path):
    for size in range(len(GOOD)):
        wrong(GOOD[:size], "it is cut short", tmp_path if size % 10 == 0 else None)


@pytest.mark.parametrize("more", [b"\0", b"x", GOOD])
def test_a_file_that_goes_on_is_refused(tmp_path, more):
    wrong(GOOD + more, "it goes on after its end", tmp_path)


def test_every_flipped_bit_is_found():
    for bit in range(8 * len(GOOD)):
        data = bytearray(GOOD)
        data[bit // 8] ^= 1 << bit % 8
        wrong(bytes(data), "it")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"PK\x03\x04" + GOOD[4:], "it is no ticket: it begins with"),
        (GOOD.replace(b"\r\n", b"\n", 1) + b"\n", "it is no ticket"),
        (by_hand(b"{}", version=2), "it has version 2 of the format, and this slthlib reads version 1; a newer"),
        (by_hand(b"{}", version=0), "it has version 0 of the format, and this slthlib reads version 1$"),
        (GOOD[:-1] + bytes([GOOD[-1] ^ 1]), "its checksum does not fit"),
        (by_hand(b"{}", *[b""] * 1025), "it tells of 1,025 sections, where 1,024 are the most"),
        (by_hand(b"{}", full=65_537), "it tells of a header of 2 bytes, 65,537 in full, of 65,536 at most"),
        (by_hand(b" " * 65_537), "it tells of a header of 65,537 bytes"),
        (by_hand(b"{}", full=1), "it tells of a header of 2 bytes, 1 in full"),
        (by_hand(b"{}", full=3), "its header "),
        (by_hand(b""), "its header is not JSON"),
        (b"", "it is cut short: 0 bytes, where 36 are the least"),
    ],
    ids=count(),
)
def test_the_error_says_what_is_wrong(tmp_path, data, words):
    wrong(data, words, tmp_path)


@pytest.mark.parametrize("length", [2**63, 2**64 - 1, 2**40, LIMIT])
@pytest.mark.parametrize("place", [0, 1])
def test_hostile_lengths_allocate_nothing(tmp_path, length, place):
    lengths = [5, 5]
    lengths[place] = length
    body = struct.pack(FRONT, b"\x89SLT\r\n\x1a\n", 1, 2, 2, 2) + struct.pack("<2Q", *lengths) + b"{}" + b"x" * 10
    tracemalloc.start()
    wrong(sealed(body), "it is cut short: 64 bytes, where its beginning tells of ", tmp_path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 200_000


def test_lengths_that_would_wrap_around_are_added_as_they_are():
    # In 64 bits these two and the rest make up the size of the file.
    body = struct.pack(FRONT, b"\x89SLT\r\n\x1a\n", 1, 2, 2, 2) + struct.pack("<2Q", 2**64 - 5, 15) + b"{}" + b"x" * 10
    wrong(sealed(body), "it is cut short")


def test_a_large_file_is_not_read_beyond_the_limit(tmp_path):
    path = tmp_path / "ticket.slt"
    for beginning, words in ((GOOD, "goes on after its end"), (b"\0" * 40, "it is no ticket")):
        with path.open("wb") as file:
            file.write(beginning)
            file.truncate(2**38)  # of which the disk holds a page
        tracemalloc.start()
        start = time.perf_counter()
        with pytest.raises(TicketFileError, match="it has 274,877,906,944 bytes, more than the 1,000,000 allowed here"):
            read(path, limit=LIMIT)
        with pytest.raises(TicketFileError, match=words):  # the limit aside, the lengths do not fit
            read(path, limit=2**40)
        assert time.perf_counter() - start < 1
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 200_000
    assert read_bytes(GOOD, limit=len(GOOD)).header == HEADER
    with pytest.raises(TicketFileError, match="more than"):
        read_bytes(GOOD, limit=len(GOOD) - 1)


def test_a_file_that_shrinks_while_it_is_read(tmp_path, monkeypatch):
    path = tmp_path / "ticket.slt"
    real = os.fstat
    for size in (0, 10, 30, 60, len(GOOD) - 1):
        path.write_bytes(GOOD)

        def shrunk(handle, size=size):
            found = real(handle)
            os.truncate(path, size)
            return found

        monkeypatch.setattr(_ticket_file.os, "fstat", shrunk)
        with pytest.raises(TicketFileError, match="cut short"):
            read(path, limit=LIMIT)
        monkeypatch.undo()


def squeezed(text, end=zlib.Z_FINISH):
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    return deflate.compress(text) + deflate.flush(end)


def test_a_bomb_is_not_inflated():
    bomb = squeezed(b" " * 60_000_000)[:60_000]
    data = [by_hand(bomb, full=65_000), by_hand(squeezed(b'{"a":"' + b"x" * 40_000_000 + b'"}'), full=65_536)]
    tracemalloc.start()
    for hostile in data:
        wrong(hostile, "its header does not inflate to the 65,...|it tells of a header")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 600_000


@pytest.mark.parametrize(
    ("stored", "full", "words"),
    [
        (squeezed(b"{}" + b" " * 100), 101, "does not inflate to the 101 bytes"),
        (squeezed(b"{}" + b" " * 100), 103, "does not inflate to the 103 bytes"),
        (squeezed(b"{}" + b" " * 100) + b"x", 102, "does not inflate to the 102 bytes"),
        (squeezed(b"{}" + b" " * 100)[:-2], 102, "does not inflate to the 102 bytes"),
        (squeezed(b"{}" + b" " * 100, zlib.Z_SYNC_FLUSH), 102, "does not inflate to the 102 bytes"),  # has no end
        (squeezed(b"{}" + b" " * 100), 102, "not written in the one way"),
        (b"\xff" * 10, 100, "cannot be inflated"),
    ],
    ids=count(),
)
def test_a_header_inflates_to_what_it_tells_of(stored, full, words):
    wrong(by_hand(stored, full=full), words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b'{"a":"\xff"}', r"not UTF-8 \(invalid start byte at byte 6\)"),
        (b'{"a":1,"a":2}', "has the key 'a' twice"),
        (b'{"b":{"a":1,"c":0,"a":1}}', "has the key 'a' twice"),
        (b'{"b":1,"a":2}', "not written in the one way"),
        (b'{"a": 1}', "not written in the one way"),
        (b'{"a":1}\n', "not written in the one way"),
        (b'{"a":"\\u0041"}', "not written in the one way"),
        (b'{"a":1e0}', "not written in the one way"),
        (b'{"a":-0}', "not written in the one way"),
        (b'{"a":0.1000000000000000055511151231257827}', "not written in the one way"),
        (b'{"a":"\\ud800"}', "holds what it may not .*surrogate"),
        (b'{"a":true}', "holds what it may not .*got bool"),
        (b'{"a":1e999}', "holds what it may not .*finite"),
        (b'{"a":NaN}', "holds NaN, which is no number"),
        (b'{"a":-Infinity}', "holds -Infinity, which is no number"),
        (b'{"a":' + b"9" * 60_000 + b"}", "has an integer of 60,000 digits, of 100 at most"),
        (b'{"a":-' + b"9" * 101 + b"}", "holds what it may not|102 digits"),
        (b"[]", "is a list, not a dictionary"),
        (b'"text"', "is a str, not a dictionary"),
        (b"null", "is a NoneType, not a dictionary"),
        (b"{", "is not JSON"),
        (b"{} {}", "is not JSON"),
        (b'{"a":01}', "is not JSON"),
        (b"[" * 65_536, "nests lists and dictionaries more than 8 deep"),
        (b'{"a":' * 9 + b"1" + b"}" * 9, "nests lists and dictionaries more than 8 deep"),
        (b'{"a":"' + b'\\"[' * 20 + b'"}' + b"[" * 9, "nests lists and dictionaries more than 8 deep"),
        (b'{"' + b'\\"' * 30_000, "is not JSON"),
        (b'"' * 65_000, "is not JSON"),
    ],
    ids=count(),
)
def test_a_hostile_header_is_refused_at_once(text, words):
    data = by_hand(text)
    start = time.perf_counter()
    wrong(data, "its header .*" + words if not words.startswith("not") else "its header is " + words)
    assert time.perf_counter() - start < 0.5


def test_brackets_in_strings_do_not_nest():
    header = {"a": '[[[[[[[[[[\\"{{{{{{{{{{{', "b": [[[[[[[]]]]]]]}
    assert read_bytes(pack(header, []), limit=LIMIT).header == header


def corrupted(data, random):
    """One of many ways to spoil a file."""
    kind = random.integers(0, 8)
    spoilt = bytearray(data)
    a, b = sorted(random.integers(0, len(data) + 1, 2).tolist())
    if kind == 0:
        for bit in random.integers(0, 8 * len(data), random.integers(1, 9)):
            spoilt[bit // 8] ^= 1 << bit % 8
    elif kind == 1:
        del spoilt[a:]
    elif kind == 2:
        del spoilt[a:b]
    elif kind == 3:
        spoilt[a:a] = spoilt[a:b]
    elif kind == 4:
        spoilt[a:b] = random.bytes(b - a)
    elif kind == 5:
        spoilt = bytearray(random.bytes(random.integers(0, 2 * len(data))))
    elif kind == 6:
        spoilt += random.bytes(random.integers(1, 50))
    else:
        spoilt[a:b] = bytes(b - a)
    return bytes(spoilt)


def outcome(data):
    """The content, or None where a `TicketFileError` says what is wrong; anything else fails the test."""
    try:
        return read_bytes(data, limit=LIMIT)
    except TicketFileError as error:
        return None if re.match("its? ", str(error)) else pytest.fail(f"the error says {error}")


def test_ten_thousand_corrupted_files_give_an_error_or_the_content(tmp_path):
    random = np.random.default_rng(7)
    path, content = tmp_path / "ticket.slt", Content(HEADER, (b"abc" * 50, b"\x00\xff"))
    refused = 0
    for number in range(10_000):
        data = corrupted(GOOD, random)
        found = outcome(data)
        assert found is None if data != GOOD else found == content
        refused += found is None
        if number % 10 == 0:  # through a file too
            path.write_bytes(data)
            try:
                assert read(path, limit=LIMIT) == found
            except TicketFileError:
                assert found is None
    assert refused > 9000


def test_corruption_with_a_checksum_that_fits_gives_an_error_or_a_plain_content():
    random = np.random.default_rng(8)
    body, text = GOOD[:-16], dump_header(HEADER)
    read_well = 0
    for number in range(6000):
        if number % 2:
            found = outcome(sealed(corrupted(body, random)))
        else:  # the header's text, so that the damage comes as far as the parser
            found = outcome(by_hand(corrupted(text, random), b"abc"))
        if found is not None:
            read_well += 1
            assert dump_header(found.header)  # only plain values
            assert all(type(section) is bytes for section in found.sections)
    assert read_well > 100  # sections are free bytes: what a changed mask means is for the ticket to find out
