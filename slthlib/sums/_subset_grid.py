"""Kernels: problems in integers or floats brought to a grid of integers, on which the search is done.

The search knows one problem only: magnitudes, none negative, whose sum is below 2**63, and a goal among their sums.
A negative item enters with its complement: leaving -5 out is taking it and 5. Floats are scaled by a power of two:

* exactly, where all items of a row are multiples of a power of two that is not too small. They become multiples of 4:
  two bits say where between two of these the target lies, and integer errors then compare as the real ones do;
* by rounding where they are not. The rounding errors are summed up, and subsets whose errors differ by less than
  twice that sum are left to exact arithmetic.
"""

import math

import numpy as np

from slthlib.sums._jit import kernel

_ZERO, _ONE = np.uint64(0), np.uint64(1)
#: Columns of a plan. Of the items: which enter negated, sum of all magnitudes, sum of the negated ones, the power of
#: two of the scale and whether it is exact. Of the target: its place on the grid; the goal, and 1 if it lies half a
#: unit lower, as half of an odd sum does; errors below STOP are good enough, and those less than WINDOW beyond the
#: best cannot be told from it (0: all can).
FLIP, TOTAL, NEGATIVE, SCALE, EXACT, AIM, GOAL, HALF, STOP, WINDOW = range(10)
PLAN_COLUMNS = 10
#: Columns of a scale: the unit of four steps of the grid as a product of two floats (0: sum the floats instead); what
#: rounding the items may change in an error; the target in these units, whole and rest.
UNIT, UNIT_2, ROUNDING, BELOW, REST = range(5)
SCALE_COLUMNS = 5
#: What can be wrong with a row.
FINE, NOT_FINITE, TOO_LARGE, OUTSIDE = range(4)
#: Absolute values of floats are scaled to sum to less than 2**_BITS, or a rounding more.
_BITS = 60
_POWERS = 2.0 ** np.arange(-1000, 1001)


@kernel
def _plan_integers(items, magnitudes, plan):
    """Fill a row of magnitudes and what its plan says of the items. Returns what is wrong with the row."""
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
    plan[FLIP], plan[TOTAL], plan[NEGATIVE], plan[SCALE], plan[EXACT] = flip, total, negative, _ZERO, _ONE
    if rough > 1.5e19 or total > np.uint64(9223372036854775807):  # the first test is for sums that wrapped
        return TOO_LARGE
    return FINE


@kernel
def _aim_integer(target, tolerance, plan):
    """Fill what a plan says of the target. Returns what is wrong with it."""
    if target < -np.int64(plan[NEGATIVE]) or target > np.int64(plan[TOTAL] - plan[NEGATIVE]):
        return OUTSIDE
    plan[AIM], plan[GOAL] = np.uint64(target), np.uint64(target) + plan[NEGATIVE]
    plan[HALF], plan[WINDOW] = _ZERO, _ZERO
    plan[STOP] = np.uint64(min(tolerance, 4e18)) + _ONE
    return FINE


@kernel
def _power(exponent):
    """2**exponent as a product of two floats, neither of which over- or underflows."""
    first = min(max(exponent, -1000), 1000)
    return _POWERS[first + 1000], _POWERS[exponent - first + 1000]


@kernel
def _plan_floats(items, magnitudes, plan, scale):
    """Fill a row of magnitudes and what plan and scale say of the items. Returns what is wrong with the row."""
    size = 0.0
    for i in range(items.size):
        size += abs(items[i])
    if not size <= 2.0**1022:
        finite = True
        for i in range(items.size):
            finite &= abs(items[i]) < np.inf
        return TOO_LARGE if finite else NOT_FINITE
    exponent = np.int64(_BITS) - math.frexp(size)[1] if size > 0 else np.int64(2)
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
    rounding = 0.0
    if not exact:
        up, up_2 = _power(exponent)
        unit = 0.0
        total = negative = _ZERO
        for i in range(items.size):
            scaled = items[i] * up * up_2
            whole = np.rint(scaled)
            rounding += abs(scaled - whole)
            magnitudes[i] = np.uint64(abs(whole))
            total += magnitudes[i]
            negative += magnitudes[i] if whole < 0 else _ZERO
            flip |= _ONE << np.uint64(i) if whole < 0 else _ZERO
    plan[FLIP], plan[TOTAL], plan[NEGATIVE] = flip, total, negative
    plan[SCALE], plan[EXACT] = np.uint64(exponent), np.uint64(exact)
    scale[UNIT], scale[UNIT_2], scale[ROUNDING] = unit, unit_2, rounding
    return FINE


@kernel
def _aim_float(n, target, tolerance, plan, scale):
    """Fill what plan and scale say of the target. Returns what is wrong with it."""
    if not abs(target) < np.inf:
        return NOT_FINITE
    if plan[TOTAL] == 0 and target != 0:
        return OUTSIDE
    exponent = np.int64(plan[SCALE])
    rounding = 0.0
    if plan[EXACT]:
        up, up_2 = _power(exponent - 2)
        aimed = target * up * up_2
        below = np.trunc(min(max(aimed, -(2.0**60)), 2.0**60))
        rest = aimed - below
        if exponent < 2:  # digits may be lost below the smallest float
            unit, unit_2 = _power(2 - exponent)
            scale[UNIT] = unit
            if below * unit_2 * unit != target:
                scale[UNIT] = 0.0
                if rest == 0:
                    rest = math.copysign(5e-324, target)
        part = abs(rest)
        spot = 0 if part == 0 else 1 if part < 0.5 else 2 if part == 0.5 else 3
        point = 4 * np.int64(below) + (spot if rest > 0 else -spot)
        scale[BELOW], scale[REST] = below, rest
        plan[WINDOW] = _ZERO
    else:
        up, up_2 = _power(exponent)
        aimed = min(max(target * up * up_2, -(2.0**62)), 2.0**62)
        point = np.int64(np.rint(aimed))
        # The sum was rounded too, and something may have underflowed.
        rounding = (scale[ROUNDING] + abs(aimed - np.rint(aimed))) * (1 + 1e-12) + 1e-9
        plan[WINDOW] = _ONE + np.uint64(2 * rounding)
    # A target that was itself a sum of floats may lie beyond the last one by its rounding.
    spare = np.int64(n) << (_BITS - 52)
    goal = point + np.int64(plan[NEGATIVE])
    if goal < -spare or goal > np.int64(plan[TOTAL]) + spare:
        return OUTSIDE
    plan[AIM], plan[GOAL], plan[HALF] = np.uint64(point), np.uint64(max(goal, 0)), _ZERO
    plan[STOP] = plan[EXACT]  # an error of 0 ends the search, but where floats were rounded even that may be beaten
    if tolerance > 0:
        up, up_2 = _power(exponent)
        good = min(tolerance * up * up_2, 4e18) - 1 - rounding
        if good >= 0:
            plan[STOP] = np.uint64(good) + _ONE
    return FINE


@kernel
def plan_integer_rows(items, targets, tolerance, magnitudes, plans):
    """Plan every row. Returns a bad row and its fault, or -1."""
    for r in range(targets.size):
        fault = _plan_integers(items[r], magnitudes[r], plans[r])
        if fault == FINE:
            fault = _aim_integer(targets[r], tolerance, plans[r])
        if fault != FINE:
            return r, fault
    return -1, FINE


@kernel
def plan_float_rows(items, targets, tolerance, magnitudes, plans, scales):
    """Plan every row of floats."""
    for r in range(targets.size):
        fault = _plan_floats(items[r], magnitudes[r], plans[r], scales[r])
        if fault == FINE:
            fault = _aim_float(items.shape[1], targets[r], tolerance, plans[r], scales[r])
        if fault != FINE:
            return r, fault
    return -1, FINE


@kernel
def plan_shared_integers(items, targets, tolerance, magnitudes, plans):
    """Plan one row of items for all targets."""
    fault = _plan_integers(items[0], magnitudes[0], plans[0])
    if fault != FINE:
        return 0, fault
    for r in range(targets.size):
        for k in range(AIM):
            plans[r, k] = plans[0, k]
        fault = _aim_integer(targets[r], tolerance, plans[r])
        if fault != FINE:
            return r, fault
    return -1, FINE


@kernel
def plan_shared_floats(items, targets, tolerance, magnitudes, plans, scales):
    """Plan one row of floats for all targets."""
    fault = _plan_floats(items[0], magnitudes[0], plans[0], scales[0])
    if fault != FINE:
        return 0, fault
    for r in range(targets.size):
        for k in range(AIM):
            plans[r, k] = plans[0, k]
        for k in range(BELOW):
            scales[r, k] = scales[0, k]
        fault = _aim_float(items.shape[1], targets[r], tolerance, plans[r], scales[r])
        if fault != FINE:
            return r, fault
    return -1, FINE
