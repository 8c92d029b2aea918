"""Kernels of the range coder: one binary decision after the other, in integers alone."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from slthlib.strong._jit import kernel

_ZERO, _ONE, _TWO, _EIGHT, _TOP = (np.uint64(x) for x in (0, 1, 2, 8, 24))
_WORD = np.uint64(32)
_WORD_MASK = np.uint64(2**32 - 1)
_BYTE = np.uint64(255)
#: The width stays at least so large while a bit is coded.
_LEAST_WIDTH = np.uint64(2**24)
#: A share of at least 2**-24 leaves something of the least width to either value.
_LEAST_SHARE = np.uint64(2**8)
_MOST_SHARE = np.uint64(2**32 - 2**8)
#: A share is worked out again when the count has grown by a 256th: a division for each bit would take most of the
#: time, and a share as much out of date costs less than a thousandth of what learning it costs.
_STALE = np.uint64(8)
#: From so many bits on a share stays as it is: twice the ones, times 2**32, must fit in 64 bits.
_LEARNT = np.uint64(2**30)

# Columns of the model, one row a context: ones, bits seen, share of the ones in 2**-32, when to work it out again.
ONES, TOTAL, SHARE, DUE = range(4)
# The encoder's state. The byte before the low word is held back, and ``waiting`` bytes of 255 after it, until no
# carry can reach them any more. ``started`` is 0 while that byte is the one before the first.
LOW, WIDTH, HELD, STARTED, WAITING = range(5)
# The decoder's: how far the code lies above low, the width (at WIDTH), and how many bytes have been shifted in.
CODE, SHIFTS = 0, 2


@kernel
def _learn(model: NDArray[np.uint64], context: np.uint64, bit: np.uint64) -> None:
    ones = model[context, ONES] + bit
    total = model[context, TOTAL] + _ONE
    model[context, ONES] = ones
    model[context, TOTAL] = total
    if total == model[context, DUE]:
        share = ((_TWO * ones + _ONE) << _WORD) // (_TWO * total + _TWO)
        model[context, SHARE] = min(max(share, _LEAST_SHARE), _MOST_SHARE)
        model[context, DUE] = total + _ONE + (total >> _STALE) if total < _LEARNT else _ZERO


@kernel
def encode_block(
    bits: NDArray[np.uint8],
    contexts: NDArray[np.uint16],
    model: NDArray[np.uint64],
    state: NDArray[np.uint64],
    out: NDArray[np.uint8],
) -> Any:
    """Code the bits; out needs 3 bytes for each, and 1 and those that wait. Returns how many were written."""
    low, width, held, started, waiting = state[LOW], state[WIDTH], state[HELD], state[STARTED], state[WAITING]
    place = _ZERO
    for i in range(np.uint64(bits.size)):
        bit, context = np.uint64(bits[i]), np.uint64(contexts[i])
        part = (width * model[context, SHARE]) >> _WORD  # the lower part of the interval stands for a one
        low += part & (bit - _ONE)
        width = part if bit else width - part
        _learn(model, context, bit)
        while width < _LEAST_WIDTH:
            carry = low >> _WORD
            if carry or low < (_BYTE << _TOP):  # no carry can come any more through what was held back
                out[place] = held + carry
                place += started
                for _ in range(waiting):
                    out[place] = _BYTE + carry  # 255, or 0 after a carry
                    place += _ONE
                held, started, waiting = (low >> _TOP) & _BYTE, _ONE, _ZERO
            else:
                waiting += _ONE
            low = (low << _EIGHT) & _WORD_MASK
            width <<= _EIGHT
    state[LOW], state[WIDTH], state[HELD], state[STARTED], state[WAITING] = low, width, held, started, waiting
    return place


@kernel
def decode_block(
    contexts: NDArray[np.uint16],
    model: NDArray[np.uint64],
    state: NDArray[np.uint64],
    data: NDArray[np.uint8],
    out: NDArray[np.uint8],
) -> None:
    """Fill ``out`` with bits. Past the end of ``data`` zeros are read: any bytes whatever stand for some bits."""
    code, width, shifts = state[CODE], state[WIDTH], state[SHIFTS]
    size = np.uint64(data.size)
    for i in range(np.uint64(contexts.size)):
        context = np.uint64(contexts[i])
        part = (width * model[context, SHARE]) >> _WORD
        bit = _ONE if code < part else _ZERO
        code -= part & (bit - _ONE)  # stays below the width, which is why no bytes can lead astray
        width = part if bit else width - part
        out[i] = bit
        _learn(model, context, bit)
        while width < _LEAST_WIDTH:
            place = shifts + np.uint64(4)
            code = (code << _EIGHT) | (np.uint64(data[place]) if place < size else _ZERO)
            width <<= _EIGHT
            shifts += _ONE
    state[CODE], state[WIDTH], state[SHIFTS] = code, width, shifts
