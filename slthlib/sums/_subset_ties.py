"""Where rounding to a grid leaves several subsets of floats, the best of them is found in exact arithmetic."""

from collections.abc import Sequence

#: Beyond, two lists of Python integers would take too long to build.
MOST_ITEMS = 40


def best_mask(items: Sequence[float], target: float, size: int | None) -> int:
    """Mask of the subset (of ``size`` items) whose sum, without any rounding, is closest to the target."""
    numbers = _whole([*items, target])
    goal = numbers.pop()
    n, half = len(numbers), len(numbers) // 2
    left, right = _sums(numbers[:half]), _sums(numbers[half:])
    best, found = None, 0
    for c in range(half + 1):
        sides = (left, right) if size is None else (_of_size(left, half, c), _of_size(right, n - half, size - c))
        if sides[0] and sides[1]:
            error, mask = _closest(*sides, goal, half, n - half)
            if best is None or error < best:
                best, found = error, mask
        if size is None:
            break
    return found


def _whole(numbers: Sequence[float]) -> list[int]:
    """The numbers times the power of two that makes all of them whole."""
    ratios = [float(x).as_integer_ratio() for x in numbers]
    unit = max(below for _, below in ratios)
    return [above * (unit // below) for above, below in ratios]


def _sums(numbers: list[int]) -> list[int]:
    """All sums, sorted, each with its mask in the last bits."""
    out = [0]
    for i, x in enumerate(numbers):
        step = (x << len(numbers)) + (1 << i)
        out = sorted(out + [value + step for value in out])  # two sorted runs, which Python merges
    return out


def _of_size(sums: list[int], bits: int, size: int) -> list[int]:
    last = (1 << bits) - 1
    return [value for value in sums if (value & last).bit_count() == size]


def _closest(left: list[int], right: list[int], goal: int, bits: int, more: int) -> tuple[int, int]:
    """Least error over all pairs, and the mask of its pair: one walk along the staircase."""
    sums = [value >> more for value in right]
    i, j = 0, len(right) - 1
    best, pair = None, (0, 0)
    while i < len(left) and j >= 0:
        value = (left[i] >> bits) + sums[j] - goal
        if best is None or abs(value) < best:
            best, pair = abs(value), (i, j)
        if value < 0:
            i += 1
        else:
            j -= 1
    assert best is not None
    i, j = pair
    return best, (left[i] & ((1 << bits) - 1)) | (right[j] & ((1 << more) - 1)) << bits
