"""Counts beyond 64 bits: a polynomial in one big Python integer, a coefficient in so many bits or bytes."""

from slthlib.sums._check import check_memory


def subsets_in_big_integers(sizes: list[int], top: int) -> list[int]:
    """How many subsets of the positive ``sizes`` make each of 0..top."""
    width = len(sizes) // 8 + 1  # in bytes: no coefficient exceeds 2**len(sizes)
    check_memory(3.0 * width * (top + 1) + 64.0 * top, f"exact counts with n = {len(sizes)} items")
    table, reach = 1, 0
    for x in sorted(sizes):
        if x > top:
            break
        table += table << (8 * width * x)
        reach += x
        if reach > top:
            table &= (1 << (8 * width * (top + 1))) - 1
    data = table.to_bytes(width * (top + 1), "little")
    return [int.from_bytes(data[at : at + width], "little") for at in range(0, len(data), width)]


def perfect_in_big_integers(items: list[int], imbalance: int | None) -> int:
    """How many perfect partitions there are: coefficient s has ``n + 1`` bits and counts the sides of sum s."""
    n = len(items)
    width = n + 1
    lowest = 0 if imbalance is None else min(items)
    shifted = [abs(x) for x in items] if imbalance is None else [x - lowest for x in items]
    total = sum(shifted) if imbalance is None else sum(items)
    plus = (n + abs(imbalance or 0)) // 2
    targets = [(total + odd) // 2 for odd in ({0} if total % 2 == 0 else {-1, 1})]
    if imbalance is not None:
        targets = [t - plus * lowest for t in targets]
    if imbalance is None:
        shifted, layers = shifted[1:], 1  # item 0 stays on the other side: every partition is met once
    else:
        layers = plus + 1
    top = max(targets)
    if top < 0:
        return 0
    check_memory(3.0 * layers * (top + 1) * width / 8, f"an exact count with n = {n} items")
    mask = (1 << (width * (top + 1))) - 1
    table = [1] + [0] * (layers - 1)
    for x in shifted:
        if x > top and layers == 1:
            continue
        for c in range(layers - 1, -1, -1) if layers > 1 else (0,):
            source = table[c - 1] if layers > 1 and c else (0 if layers > 1 else table[0])
            table[c] = (table[c] + (source << (width * x))) & mask if x <= top else table[c]
    unit = (1 << width) - 1
    found = sum((table[-1] >> (width * t)) & unit for t in targets if t >= 0)
    return found // 2 if imbalance == 0 else found
