"""The container of a ticket: what is written comes back, and what is wrong is said before it costs much."""

import hashlib
import json
import os
import zlib
from itertools import count

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strong_file_tools import HEADER, LIMIT, by_hand

from slthlib.strong import _ticket_file, _ticket_header
from slthlib.strong._range_coder import decode, encode
from slthlib.strong._ticket_file import Content, TicketFileError, pack, read, read_bytes, write
from slthlib.strong._ticket_header import dump_header, parse_header

scalars = (
    st.none()
    | st.integers(-(10**99), 10**99)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
)
keys = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=12
)
headers = st.dictionaries(keys, values, max_size=5)


def nesting(value):
    inside = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inside is None else 1 + max(map(nesting, inside), default=0)


headers = headers.filter(lambda header: nesting(header) <= 8)


@given(headers, st.lists(st.binary(max_size=300), max_size=4))
def test_what_is_packed_comes_back(header, sections):
    data = pack(header, sections)
    content = read_bytes(data, limit=len(data))
    assert content.header == header
    assert dump_header(content.header) == dump_header(header)  # types too: 1, 1.0 and -0.0 have texts of their own
    assert content.sections == tuple(sections)


@given(headers)
def test_a_header_has_one_text(header):
    shuffled = dict(reversed(list(header.items())))
    text = dump_header(header)
    assert dump_header(shuffled) == text == dump_header(parse_header(text))
    assert json.loads(text) == header


def test_a_file_is_laid_out_as_described():
    sections = (b"first", b"")
    short, long = {"ü": [7]}, HEADER  # one that deflate makes no shorter, one that it does
    text = '{"ü":[7]}'.encode()
    assert pack(short, sections) == by_hand(text, *sections)
    text = json.dumps(long, sort_keys=True, separators=(",", ":")).encode()
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=_ticket_header._KNOWN)
    stored = deflate.compress(text) + deflate.flush()
    assert pack(long, sections) == by_hand(stored, *sections, full=len(text))
    for data in (by_hand(text, *sections), by_hand(stored, *sections, full=len(text))):
        assert read_bytes(data, limit=LIMIT) == Content(long, sections)


def test_the_words_that_deflate_knows_belong_to_version_1():
    # Files written before would not open with others: a change of them is a new version of the format.
    assert _ticket_file.VERSION == 1
    known = "a6eaa060a377f643"
    assert hashlib.sha256(_ticket_header._KNOWN).hexdigest()[:16] == known


@pytest.mark.parametrize("form", [bytes, bytearray, memoryview])
def test_bytes_come_in_several_forms(form):
    data = pack(HEADER, [form(b"abc")])
    assert read_bytes(form(data), limit=LIMIT) == Content(HEADER, (b"abc",))


def test_a_file_costs_less_than_two_hundred_bytes():
    for sections in ([b"x" * 1000], [b"x" * 500, b"y" * 500]):
        assert len(pack(HEADER, sections)) - 1000 < 200
    # And with the coder: within 2 % of the entropy and these 200 bytes, at a ticket's size of 2e5 positions.
    random = np.random.default_rng(0)
    shares = np.array([0.5, 0.11, 0.03])
    layers = random.integers(0, 3, 200_000).astype(np.uint16)
    mask = random.random(200_000) < shares[layers]
    counts, ones = np.bincount(layers), np.bincount(layers, mask)
    share = ones / counts
    entropy = float(-(counts * (share * np.log2(share) + (1 - share) * np.log2(1 - share))).sum())
    data = pack(HEADER, [encode(mask, layers, 3)])
    assert len(data) <= 1.02 * entropy / 8 + 200
    np.testing.assert_array_equal(decode(read_bytes(data, limit=LIMIT).sections[0], layers, 3), mask)


# What cannot be written


@pytest.mark.parametrize(
    ("header", "error", "words"),
    [
        ([1], TypeError, "header: expected a dictionary, got list"),
        ({"a": True}, TypeError, r"header\['a'\]: expected an integer, .* got bool \(take 0 or 1\)"),
        ({"a": (1,)}, TypeError, r"header\['a'\]: expected an integer, .* got tuple"),
        ({"a": [{"b": np.int64(1)}]}, TypeError, r"header\['a'\]\[0\]\['b'\]: .* got int64"),
        ({"a": b"x"}, TypeError, r"header\['a'\]: .* got bytes"),
        ({1: 2}, TypeError, "header: expected strings as keys, got 1"),
        ({"a": float("nan")}, ValueError, r"header\['a'\]: expected a finite number, got nan"),
        ({"a": -float("inf")}, ValueError, r"header\['a'\]: expected a finite number, got -inf"),
        ({"a": 10**100}, ValueError, r"header\['a'\]: expected an integer of at most 100 digits"),
        ({"a": "\ud800"}, ValueError, r"header\['a'\]: expected text, got half a surrogate pair"),
        ({"\udfff": 1}, ValueError, "header: expected text, got half a surrogate pair"),
        ({"a": [[[[[[[[]]]]]]]]}, ValueError, "expected at most 8 levels of lists and dictionaries"),
        ({"a": "x" * 70_000}, ValueError, "header: expected at most 65,536 bytes of JSON, got 70,008"),
    ],
    ids=count(),
)
def test_what_would_not_come_back_is_not_written(header, error, words):
    with pytest.raises(error, match=words):
        pack(header, [])


def test_sections_are_bytes_and_not_too_many():
    with pytest.raises(TypeError, match="sections: expected bytes, got str as number 1"):
        pack({}, [b"", "text"])
    with pytest.raises(ValueError, match="sections: expected at most 1024, got 1025"):
        pack({}, [b""] * 1025)
    assert read_bytes(pack({}, [b""] * 1024), limit=LIMIT) == Content({}, (b"",) * 1024)


# Writing and reading files


def test_a_file_comes_back(tmp_path):
    path = tmp_path / "my ticket.slt"
    write(path, HEADER, [b"abc", b""])
    assert read(path, limit=LIMIT) == Content(HEADER, (b"abc", b""))
    assert path.read_bytes() == pack(HEADER, [b"abc", b""])
    write(str(path), {}, [])  # over the old one
    assert read(str(path), limit=LIMIT) == Content({}, ())
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("failing", ["fsync", "replace"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_an_interrupted_write_leaves_the_old_file(tmp_path, monkeypatch, failing, error):
    path = tmp_path / "ticket.slt"
    write(path, {"old": 1}, [])
    seen = []

    def fail(*arguments):
        seen.append(read(path, limit=LIMIT).header)  # in the middle of the write
        raise error

    monkeypatch.setattr(_ticket_file.os, failing, fail)
    with pytest.raises(type(error)):
        write(path, {"new": 2}, [b"x" * 1000])
    monkeypatch.undo()
    assert seen == [{"old": 1}]
    assert read(path, limit=LIMIT).header == {"old": 1}
    assert os.listdir(tmp_path) == ["ticket.slt"]


def test_the_bytes_are_on_the_disk_before_the_name_is(tmp_path, monkeypatch):
    calls = []
    sync, replace = os.fsync, os.replace
    monkeypatch.setattr(_ticket_file.os, "fsync", lambda handle: (calls.append(os.fstat(handle).st_size), sync(handle)))
    monkeypatch.setattr(_ticket_file.os, "replace", lambda *names: (calls.append("name"), replace(*names)))
    write(tmp_path / "ticket.slt", HEADER, [b"x" * 100_000])
    assert calls[:2] == [(tmp_path / "ticket.slt").stat().st_size, "name"]


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(TicketFileError, match="expected a file, got a folder or a device"):
        read(tmp_path, limit=LIMIT)
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "absent", limit=LIMIT)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(TicketFileError, match="pipe: expected a file"):  # and does not wait for a writer
            read(tmp_path / "pipe", limit=LIMIT)
