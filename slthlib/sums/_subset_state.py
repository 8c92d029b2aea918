"""Kernels: what a search for the closest sum keeps: where it aims, the best pair so far, how near the others came."""

import numpy as np

from slthlib.sums._jit import kernel

_ZERO, _ONE = np.uint64(0), np.uint64(1)
#: Columns: the target and the test for what is near it; how far beyond the best still counts as near, below which
#: error to stop, and 1 if the true target is half a unit less (errors then count from the sums next to it); the best
#: error and the next; the pair of the best, as indices of the lists, and its target.
TARGET, GATE, WIDTH, WITHIN, STOP_BELOW, HALF, BEST, SECOND, LEFT, RIGHT, HIT = range(11)
COLUMNS = 11
LARGEST = np.uint64(1 << 63)


@kernel
def begin(state, target, within, stop_below, half):
    """Begin a search."""
    state[WITHIN], state[STOP_BELOW], state[HALF] = within, stop_below, half
    state[BEST] = state[SECOND] = LARGEST
    aim(state, target)


@kernel
def aim(state, target):
    """Go on with another target."""
    half = state[HALF]
    limit = min(LARGEST - half, state[BEST] + state[WITHIN])  # errors below it are of interest:
    state[TARGET] = target
    state[GATE] = limit - _ONE + half - target  # value + GATE < WIDTH, one comparison without a sign
    state[WIDTH] = limit + limit - _ONE + half if limit else _ZERO


@kernel
def note(state, value, left, right):
    """Keep a sum that came nearer to the target than the best so far, and remember how near the others came."""
    target = state[TARGET]
    error = target - value - state[HALF] if value < target else value - target
    if error < state[BEST]:
        state[SECOND], state[BEST] = state[BEST], error
        state[LEFT], state[RIGHT], state[HIT] = left, right, target
        aim(state, target)
    elif left != state[LEFT] or right != state[RIGHT] or target != state[HIT]:  # two walkers may meet in one pair
        state[SECOND] = min(state[SECOND], error)


@kernel
def note_above(state, target, value, left, right):
    """Note a sum above a target that may lie below zero (and wrap)."""
    error = value - target
    if error < state[BEST]:
        state[SECOND], state[BEST] = state[BEST], error
        state[LEFT], state[RIGHT], state[HIT] = left, right, target
    else:
        state[SECOND] = min(state[SECOND], error)


@kernel
def next_error(a, b, left, right, first_a, last_a, first_b, last_b, state):
    """How near another pair comes, if it comes as near as WITHIN beyond the best.

    ``left``, ``right`` are the pair in lists that reach from first to last. From any such pair steps to pairs that
    are as near lead to a corner on which the sweep has stepped. If that was the best pair, the last step came from
    one of its neighbours.
    """
    second = state[SECOND]
    for k in range(4):
        if k == 0 and left > first_a:
            value = a[left - _ONE] + b[right]
        elif k == 1 and left < last_a:
            value = a[left + _ONE] + b[right]
        elif k == 2 and right > first_b:
            value = a[left] + b[right - _ONE]
        elif k == 3 and right < last_b:
            value = a[left] + b[right + _ONE]
        else:
            continue
        away = np.int64(value - state[HIT])
        second = min(second, np.uint64(away) if away >= 0 else np.uint64(-away) - state[HALF])
    return second
