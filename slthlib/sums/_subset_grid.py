"""Kernels: a problem in integers or floats brought to a grid of integers, and an answer brought back.

The search knows one problem only: magnitudes, none negative, whose sum is below 2**63, and a goal among their sums.
A negative item enters with its complement: leaving -5 out is taking it and 5. Floats are scaled by a power of two:

* exactly, where all items of a row are whole multiples of some 2**-57 of their sum. They become multiples of 4, and
  the two bits below say where between two of these the target lies: integer errors then compare as the real ones do;
* by rounding where they are not. The rounding errors are summed up, and subsets whose errors differ by less than
  twice that sum are left to exact arithmetic.
"""

import math

import numpy as np

from slthlib.sums._jit import kernel

_ZERO, _ONE, _TWO = np.uint64(0), np.uint64(1), np.uint64(2)
#: Columns of a plan: the goal; items that enter negated; errors below STOP are good enough, and those less than
#: WINDOW beyond the best cannot be told from it (0: all can); 1 if the goal lies half a unit lower; the target itself
#: on the grid; the sum of all.
GOAL, FLIP, STOP, WINDOW, HALF, AIM, TOTAL = range(7)
PLAN_COLUMNS, SCALE_COLUMNS = 7, 5
#: Columns of a scale: the unit of four steps of the grid as a product of two floats (0: sum the floats instead), the
#: target in these units, whole and rest, and what rounding to the grid may change in an error.
UNIT, UNIT_2, BELOW, REST, ROUNDING = range(5)
#: What can be wrong with a row.
FINE, NOT_FINITE, TOO_LARGE, OUTSIDE = range(4)
#: Absolute values of floats are scaled to sum to less than 2**_BITS, or a rounding more.
_BITS = 60
_POWERS = 2.0 ** np.arange(-1000, 1001)


@kernel
def plan_integers(items, target, tolerance, magnitudes, plan):
    """Fill a row of magnitudes and its plan. Returns what is wrong with the row."""
    total = negative = flip = _ZERO
    rough = 0.0
    for i in range(items.size):
        x = items[i]
        sign = x >> 63  # -1 or 0
        magnitude = np.uint64((x ^ sign) - sign)
        rough += np.float64(magnitude)
        negative += magnitude & np.uint64(sign)
        flip |= np.uint64(sign) & (_ONE << np.uint64(i))
        magnitudes[i] = magnitude
        total += magnitude
    if rough > 1.5e19 or total > np.uint64(9223372036854775807):  # the first test is for sums that wrapped
        return TOO_LARGE
    if target < -np.int64(negative) or target > np.int64(total - negative):
        return OUTSIDE
    plan[GOAL] = np.uint64(target) + negative
    plan[FLIP], plan[WINDOW], plan[HALF], plan[AIM], plan[TOTAL] = flip, _ZERO, _ZERO, np.uint64(target), total
    plan[STOP] = np.uint64(min(tolerance, 9.2e18)) + _ONE
    return FINE


@kernel
def _power(exponent):
    """2**exponent as a product of two floats, neither of which over- or underflows."""
    first = min(max(exponent, -1000), 1000)
    return _POWERS[first + 1000], _POWERS[exponent - first + 1000]


@kernel
def plan_floats(items, target, tolerance, magnitudes, plan, scale):
    """Fill a row of magnitudes, its plan and its scale. Returns what is wrong with the row."""
    size = 0.0
    for i in range(items.size):
        size += abs(items[i])
    if not (size <= 2.0**1022 and abs(target) < np.inf):
        finite = abs(target) < np.inf
        for i in range(items.size):
            finite &= abs(items[i]) < np.inf
        return TOO_LARGE if finite else NOT_FINITE
    if size == 0 and target != 0:
        return OUTSIDE
    exponent = np.int64(_BITS) - math.frexp(size)[1] if size > 0 else np.int64(0)
    up, up_2 = _power(exponent - 2)
    unit, unit_2 = _power(2 - exponent)
    exact = True
    total = negative = flip = _ZERO
    for i in range(items.size):
        whole = np.rint(items[i] * up * up_2)
        exact &= whole * unit_2 * unit == items[i]  # the way back shows an underflow on the way there
        signed = np.int64(whole) << 2
        sign = signed >> 63
        magnitude = np.uint64((signed ^ sign) - sign)
        total += magnitude
        negative += magnitude & np.uint64(sign)
        flip |= np.uint64(sign) & (_ONE << np.uint64(i))
        magnitudes[i] = magnitude
    if exact:
        aimed = target * up * up_2
        below = np.trunc(min(max(aimed, -(2.0**60)), 2.0**60))
        rest = aimed - below
        scale[UNIT] = unit
        if exponent < 2 and below * unit_2 * unit != target:  # digits may have been lost below the smallest float
            scale[UNIT] = 0.0
            if rest == 0:
                rest = math.copysign(5e-324, target)
        part = abs(rest)
        spot = 0 if part == 0 else 1 if part < 0.5 else 2 if part == 0.5 else 3
        point = 4 * np.int64(below) + (spot if rest > 0 else -spot)
        scale[UNIT_2], scale[BELOW], scale[REST], scale[ROUNDING] = unit_2, below, rest, 0.0
        plan[WINDOW] = _ZERO
    else:
        up, up_2 = _power(exponent)
        rounding = 0.0
        total = negative = _ZERO
        for i in range(items.size):
            scaled = items[i] * up * up_2
            whole = np.rint(scaled)
            rounding += abs(scaled - whole)
            magnitudes[i] = np.uint64(abs(whole))
            total += magnitudes[i]
            negative += magnitudes[i] if whole < 0 else _ZERO
            flip |= _ONE << np.uint64(i) if whole < 0 else _ZERO
        aimed = min(max(target * up * up_2, -(2.0**62)), 2.0**62)
        rounding += abs(aimed - np.rint(aimed))
        point = np.int64(np.rint(aimed))
        rounding = rounding * (1 + 1e-12) + 1e-9  # the sum was rounded too, and something may have underflowed
        scale[UNIT], scale[ROUNDING] = 0.0, rounding
        plan[WINDOW] = _ONE + np.uint64(2 * rounding)
    # A target that was itself a sum of floats may lie beyond the last one by its rounding.
    spare = np.int64(items.size) << (_BITS - 52)
    goal = point + np.int64(negative)
    if goal < -spare or goal > np.int64(total) + spare:
        return OUTSIDE
    plan[GOAL], plan[FLIP], plan[HALF] = np.uint64(max(goal, 0)), flip, _ZERO
    plan[AIM], plan[TOTAL] = np.uint64(point), total
    up, up_2 = _power(exponent)
    good = min(tolerance * up * up_2, 9.2e18) - 1 - scale[ROUNDING]
    plan[STOP] = np.uint64(good) + _ONE if good >= 0 else np.uint64(exact)  # where floats were rounded, 0 may be beaten
    return FINE


@kernel
def plan_integer_rows(items, step, targets, tolerance, magnitudes, plans):
    """Plan every row; row r has the items at r * step, so that step 0 shares them. Returns a bad row and its fault."""
    for r in range(targets.size):
        fault = plan_integers(items[r * step], targets[r], tolerance, magnitudes[r], plans[r])
        if fault != FINE:
            return r, fault
    return -1, FINE


@kernel
def plan_float_rows(items, step, targets, tolerance, magnitudes, plans, scales):
    """Plan every row of floats."""
    for r in range(targets.size):
        fault = plan_floats(items[r * step], targets[r], tolerance, magnitudes[r], plans[r], scales[r])
        if fault != FINE:
            return r, fault
    return -1, FINE
