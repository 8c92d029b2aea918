"""The header of a ticket's file: canonical JSON of plain values, so that a content has one text and back."""

import json
import math
import re
import zlib
from typing import Any, NoReturn

__all__ = ["TicketFileError", "dump_header", "parse_header", "restore_header", "store_header"]

#: Bytes that a header may take in full.
HEADER_LIMIT = 1 << 16
#: How deep lists and dictionaries may nest, the header itself counted.
DEPTH_LIMIT = 8
#: Digits of an integer: seeds of 128 bits have 39.
DIGIT_LIMIT = 100
_MARK = re.compile(r'\\.|["\[\]{}]', re.DOTALL)
#: Words that headers are full of: deflate points at them. Part of the format, so that a change is a new version.
_KNOWN = (
    b'null,"int64""float64""float32""normal""signs""real""chain","unary""Linear""Conv2d""ReLU","biases":"stride":'
    b'"padding":"dilation":"groups":"scale":"scales":"tolerance":"sparsity":"max_weight_error":"failure":0.01,'
    b'"unsolved":[],"sha256":"library":"version":1,"widths":[784,500,10],"kernel":"alive":"counts":"candidates":['
    b'"bits":8,"construction":"copies","construction":"diamond","layers":[{"kind":"dense","shape":[[10,500]],'
    b'"seed":0,"signed_inputs":1,"source":"uniform","source_bits":4,"target":"'
)


class TicketFileError(ValueError):
    """A file is not a ticket, not a whole one, or not one to be trusted; the message says what is wrong."""


def store_header(header: dict[str, Any]) -> tuple[bytes, int]:
    """Return the header as it is stored, and the length of its text; where the two are as long, it is the text."""
    text = dump_header(header)
    if len(text) > HEADER_LIMIT:
        raise ValueError(f"header: expected at most {HEADER_LIMIT:,} bytes of JSON, got {len(text):,}")
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=_KNOWN)
    stored = deflate.compress(text) + deflate.flush()
    return (stored if len(stored) < len(text) else text), len(text)


def restore_header(stored: bytes, full: int) -> dict[str, Any]:
    """Return the header that was stored, inflating no more than its text may have."""
    if len(stored) == full:
        return parse_header(stored)
    inflate = zlib.decompressobj(-15, zdict=_KNOWN)
    try:
        text = inflate.decompress(stored, full + 1)
    except zlib.error as error:
        raise TicketFileError(f"its header cannot be inflated ({error})") from None
    if len(text) != full or not inflate.eof or inflate.unused_data:
        raise TicketFileError(f"its header does not inflate to the {full:,} bytes it tells of")
    return parse_header(text)


def dump_header(header: dict[str, Any]) -> bytes:
    """Return the header's one text: keys sorted, no spaces, UTF-8."""
    if not isinstance(header, dict):
        raise TypeError(f"header: expected a dictionary, got {type(header).__name__}")
    _check_value(header, "header", 1)
    return _text(header)


def _text(header: dict[str, Any]) -> bytes:
    text = json.dumps(header, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def _check_value(value: Any, where: str, depth: int) -> None:
    """Refuse what JSON would not give back as it was."""
    kind = type(value)
    if kind is dict or kind is list:
        if depth > DEPTH_LIMIT:
            raise ValueError(f"{where}: expected at most {DEPTH_LIMIT} levels of lists and dictionaries")
        for key in value if kind is dict else ():
            if type(key) is not str:
                raise TypeError(f"{where}: expected strings as keys, got {key!r}")
            _check_value(key, where, depth)
        for key, item in value.items() if kind is dict else enumerate(value):
            _check_value(item, f"{where}[{key!r}]", depth + 1)
    elif kind is int:
        if abs(value) >= 10**DIGIT_LIMIT:
            raise ValueError(f"{where}: expected an integer of at most {DIGIT_LIMIT} digits, got a longer one")
    elif kind is float:
        if not math.isfinite(value):
            raise ValueError(f"{where}: expected a finite number, got {value}")
    elif kind is str:
        if any("\ud800" <= letter <= "\udfff" for letter in value):
            raise ValueError(f"{where}: expected text, got half a surrogate pair in {value!r}")
    elif value is not None:
        raise TypeError(
            f"{where}: expected an integer, float, string, list, dictionary or None, got {kind.__name__}"
            + (" (take 0 or 1)" if kind is bool else "")
        )


def parse_header(text: bytes) -> dict[str, Any]:
    """Return the header of a text that `dump_header` can have written; any other is a `TicketFileError`."""
    try:
        words = text.decode()
    except UnicodeDecodeError as error:
        raise TicketFileError(f"its header is not UTF-8 ({error.reason} at byte {error.start})") from None
    _check_depth(words)
    try:
        header = json.loads(words, object_pairs_hook=_without_twins, parse_int=_integer, parse_constant=_no_number)
    except TicketFileError:
        raise
    except ValueError as error:
        raise TicketFileError(f"its header is not JSON ({error})") from None
    if not isinstance(header, dict):
        raise TicketFileError(f"its header is a {type(header).__name__}, not a dictionary")
    try:
        canonical = dump_header(header) == text
    except (TypeError, ValueError) as error:
        raise TicketFileError(f"its header holds what it may not ({error})") from None
    if not canonical:
        raise TicketFileError("its header is not written in the one way in which slthlib writes it")
    return header


def _check_depth(words: str) -> None:
    """Before the parser recurses, count brackets outside strings; one pass."""
    depth, quoted = 0, False
    for match in _MARK.finditer(words):
        mark = match.group()
        if mark == '"':
            quoted = not quoted
        elif not quoted and mark in "[{":
            depth += 1
            if depth > DEPTH_LIMIT:
                raise TicketFileError(f"its header nests lists and dictionaries more than {DEPTH_LIMIT} deep")
        elif not quoted and mark in "]}":
            depth -= 1


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twin = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise TicketFileError(f"its header has the key {twin[:60]!r} twice")
    return found


def _integer(digits: str) -> int:
    if len(digits) > DIGIT_LIMIT + 1:
        raise TicketFileError(f"its header has an integer of {len(digits):,} digits, of {DIGIT_LIMIT} at most")
    return int(digits)


def _no_number(name: str) -> NoReturn:
    raise TicketFileError(f"its header holds {name}, which is no number")
