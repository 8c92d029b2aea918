"""The range coder once more: slow, in fractions and integers without limit, and obvious at a glance."""

import math
from fractions import Fraction


class TwinModel:
    """Counts of each context; a share in 2**-32, worked out again when the count has grown by a 256th."""

    def __init__(self, counts=None):
        self.rows = {
            c: [ones, total, self.share(ones, total), total + 1] for c, (ones, total) in (counts or {}).items()
        }

    @staticmethod
    def share(ones, total):
        exact = Fraction(2 * ones + 1, 2 * total + 2) * 2**32
        return min(max(math.floor(exact), 2**8), 2**32 - 2**8)

    def __getitem__(self, context):
        return self.rows.setdefault(context, [0, 0, 2**31, 1])

    def learn(self, context, bit):
        row = self[context]
        row[0] += bit
        row[1] += 1
        if row[1] == row[3]:
            row[2] = self.share(row[0], row[1])
            row[3] = row[1] + 1 + row[1] // 256 if row[1] < 2**30 else None


def twin_encode(bits, contexts, counts=None):
    """The interval as two integers that grow with the code, so that there are no carries to look after."""
    model, low, width, shifts = TwinModel(counts), 0, 2**32, 0
    for bit, context in zip(bits, contexts, strict=True):
        part = width * model[context][2] // 2**32
        low, width = (low, part) if bit else (low + part, width - part)
        model.learn(context, bit)
        while width < 2**24:
            low, width, shifts = 256 * low, 256 * width, shifts + 1
    for places in (0, 1):  # the shortest tail after which zeros may follow
        unit = 256 ** (4 - places)
        value = -(-low // unit) * unit
        if value < low + width:
            return value.to_bytes(4 + shifts, "big")[: shifts + places]
    raise AssertionError("an interval of 2**24 holds a multiple of 2**24")


def twin_decode(data, contexts):
    model, code, width = TwinModel(), int.from_bytes(data[:4].ljust(4, b"\0"), "big"), 2**32
    rest = iter(data[4:])
    bits = []
    for context in contexts:
        part = width * model[context][2] // 2**32
        bit = int(code < part)
        code, width = (code, part) if bit else (code - part, width - part)
        model.learn(context, bit)
        while width < 2**24:
            code, width = 256 * code + next(rest, 0), 256 * width
        bits.append(bit)
    return bits
