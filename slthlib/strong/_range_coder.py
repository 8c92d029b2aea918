"""An adaptive binary range coder: bits with contexts become as few bytes as their entropy allows, and come back.

Each context counts its ones and zeros and codes the next bit with the estimate of Krichevsky and Trofimov,
``(ones + 1/2) / (total + 1)``, whose cost for N bits is their empirical entropy plus at most ``log2(N) / 2 + 1`` bits.
Shares are rounded, kept within 2**-24 of 0 and 1, and brought up to date only now and then: the code was never seen
to be longer than the exact estimate's by more than a ten-thousandth and the byte that ends it. All arithmetic is in
integers, so that the bytes are the same on every machine.

Memory: 32 bytes a context and a few hundred kilobytes; the bits come and go in chunks of any size.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.strong._range_kernels import DUE, SHARE, SHIFTS, WAITING, decode_block, encode_block

__all__ = ["BitDecoder", "BitEncoder", "decode", "encode"]

#: Contexts are numbered in 16 bits.
MOST_CONTEXTS = 1 << 16
#: Bits a kernel works on between two looks at Ctrl-C, and at most three bytes of room for each.
_BLOCK = 1 << 17


def _last_byte(low: int, width: int) -> int | None:
    """The byte that ends a code whose last interval is this, or None where the zeros after the code are in it."""
    if low == 0 or low + width > 2**32:
        return None
    return -(-low >> 24)  # the interval is at least 2**24 wide, so that it holds a multiple of that


def _new_model(n_contexts: object) -> NDArray[np.uint64]:
    if isinstance(n_contexts, bool) or not isinstance(n_contexts, int | np.integer):
        raise TypeError(f"n_contexts: expected a whole number, got {n_contexts!r}")
    if not 1 <= n_contexts <= MOST_CONTEXTS:
        raise ValueError(f"n_contexts: expected 1 to {MOST_CONTEXTS}, got {n_contexts}")
    model = np.zeros((int(n_contexts), 4), np.uint64)
    model[:, SHARE] = 2**31
    model[:, DUE] = 1
    return model


def _sealed(array: NDArray, dtype: type) -> NDArray[Any]:
    """The array as the kernels take it: contiguous, and read-only, since for each kind they would compile again."""
    view: NDArray[Any] = np.ascontiguousarray(array, dtype).view()
    view.flags.writeable = False
    return view


def _checked_contexts(contexts: ArrayLike, n_contexts: int) -> NDArray[np.uint16]:
    array = np.asarray(contexts)
    if array.ndim != 1:
        raise ValueError(f"contexts: expected shape [n], got an array of shape {array.shape}")
    if array.size and array.dtype.kind not in "iu":
        raise TypeError(f"contexts: expected integers, got dtype {array.dtype}")
    if array.size and (array.min() < 0 or array.max() >= n_contexts):
        raise ValueError(f"contexts: expected 0 to {n_contexts - 1}, got {array.min()} to {array.max()}")
    return _sealed(array, np.uint16)


def _checked_bits(bits: ArrayLike) -> NDArray[np.uint8]:
    array = np.asarray(bits)
    if array.ndim != 1:
        raise ValueError(f"bits: expected shape [n], got an array of shape {array.shape}")
    if array.size and array.dtype != np.bool_:
        if array.dtype.kind not in "iu":
            raise TypeError(f"bits: expected booleans or integers, got dtype {array.dtype}")
        if array.min() < 0 or array.max() > 1:
            raise ValueError(f"bits: expected 0 and 1, got {array.min()} to {array.max()}")
    return _sealed(array, np.uint8)


class BitEncoder:
    """Code bits chunk by chunk; what `encode` and `finish` return, joined, is the code.

    The bytes depend on the bits and their contexts alone, not on where the chunks end.

    Parameters
    ----------
    n_contexts : int
        1 to 65,536. Each context learns its own share of ones.
    """

    def __init__(self, n_contexts: int) -> None:
        self._model = _new_model(n_contexts)
        self._state = np.array([0, 2**32, 0, 0, 0], np.uint64)
        self._finished = False

    def encode(self, bits: ArrayLike, contexts: ArrayLike) -> bytes:
        """Code one chunk: bits bool or 0/1 [n], contexts [n]. Returns the bytes that are settled."""
        if self._finished:
            raise ValueError("bits: this code is finished")
        chunk, where = _checked_bits(bits), _checked_contexts(contexts, len(self._model))
        if len(chunk) != len(where):
            raise ValueError(f"contexts: expected one for each of the {len(chunk)} bits, got {len(where)}")
        parts = []
        for start in range(0, len(chunk), _BLOCK):
            block = slice(start, start + _BLOCK)
            room = np.empty(3 * len(chunk[block]) + int(self._state[WAITING]) + 1, np.uint8)
            written = encode_block(chunk[block], where[block], self._model, self._state, room)
            parts.append(room[:written].tobytes())
        return b"".join(parts)

    def finish(self) -> bytes:
        """End the code, with one byte more than was shifted out or none. Returns its last bytes."""
        if self._finished:
            raise ValueError("finish: this code is finished")
        self._finished = True
        low, width, held, started, waiting = self._state.tolist()
        carry, low = divmod(low, 2**32)
        last = _last_byte(low, width)
        if low and last is None:  # the next multiple of 2**32 is in the interval
            carry += 1
        tail = bytes([(held + carry) & 255])[: int(started)] + bytes([(255 + carry) & 255]) * waiting
        return tail if last is None else tail + bytes([last])


class BitDecoder:
    """Bring back the bits of a code, chunk by chunk.

    Any bytes decode to some bits: nothing is read beyond the end, where zeros are taken. Whether these were the
    bytes of a code is what `complete` says.

    Parameters
    ----------
    data : bytes
        The whole code.
    n_contexts : int
        As when it was made.
    """

    def __init__(self, data: bytes | bytearray | memoryview, n_contexts: int) -> None:
        self._model = _new_model(n_contexts)
        self._data = _sealed(np.frombuffer(data, np.uint8), np.uint8)
        self._state = np.array([self._word(0), 2**32, 0], np.uint64)

    def _word(self, start: int) -> int:
        return int.from_bytes(self._data[start : start + 4].tobytes().ljust(4, b"\0"), "big")

    def decode(self, contexts: ArrayLike) -> NDArray[np.uint8]:
        """Return the bits of the next chunk, uint8 [n], given their contexts [n]."""
        where = _checked_contexts(contexts, len(self._model))
        out = np.empty(len(where), np.uint8)
        for start in range(0, len(where), _BLOCK):
            block = slice(start, start + _BLOCK)
            decode_block(where[block], self._model, self._state, self._data, out[block])
        return out

    @property
    def overrun(self) -> bool:
        """Whether more was decoded than the data can hold: it was cut short, or is no code of these bits."""
        return bool(self._state[SHIFTS] > len(self._data))

    @property
    def complete(self) -> bool:
        """Whether the data is, byte for byte, what the encoder writes for the bits decoded so far."""
        code, width, shifts = self._state.tolist()
        word = self._word(shifts)
        low = (word - code) % 2**32
        last = _last_byte(low, width)
        return len(self._data) == shifts + (last is not None) and word == (last or 0) << 24


def encode(bits: ArrayLike, contexts: ArrayLike, n_contexts: int) -> bytes:
    """Code bits, bool or 0/1 [n], with contexts [n] below ``n_contexts``."""
    encoder = BitEncoder(n_contexts)
    return encoder.encode(bits, contexts) + encoder.finish()


def decode(data: bytes | bytearray | memoryview, contexts: ArrayLike, n_contexts: int) -> NDArray[np.uint8]:
    """Return the bits that `encode` was given, uint8 [n]; bytes that it cannot have written are a ValueError."""
    decoder = BitDecoder(data, n_contexts)
    bits = decoder.decode(contexts)
    if not decoder.complete:
        what = "it ends too early" if decoder.overrun else "it is not what the encoder writes for the bits in it"
        raise ValueError(f"data: expected the code of {len(bits)} bits, got {len(decoder._data)} bytes; {what}")
    return bits
