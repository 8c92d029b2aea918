"""Kernels: what a search for the closest sum keeps: where it aims, the best pair so far, how near the others came."""

import numpy as np

from slthlib.sums._jit import kernel

_ZERO, _ONE = np.uint64(0), np.uint64(1)
#: Columns: the target and the test for what is near it; how far beyond the best still counts as near, below which
#: error to stop, and 1 if the true target is half a unit less (errors then count from the sums next to it); the best
#: error and the next; the pair of the best, as indices of the lists, and its target; how many targets there were
#: before this one, and before that of the best.
TARGET, GATE, WIDTH, WITHIN, STOP_BELOW, HALF, BEST, SECOND, LEFT, RIGHT, HIT, TURN, HIT_TURN = range(13)
COLUMNS = 13
LARGEST = np.uint64(1 << 63)


@kernel
def begin(state, target, within, stop_below, half):
    """Begin a search."""
    state[WITHIN], state[STOP_BELOW], state[HALF] = within, stop_below, half
    state[BEST] = state[SECOND] = LARGEST
    state[TURN] = _ZERO
    _open_gate(state, target)


@kernel
def aim(state, target):
    """Go on with another target: other items outside the lists are taken, though it may be the same number."""
    state[TURN] += _ONE
    _open_gate(state, target)


@kernel
def _open_gate(state, target):
    """Let through what is near the target. Once a sum is good enough nothing is, whatever the neighbours do."""
    half = state[HALF]
    limit = min(LARGEST - half, state[BEST] + state[WITHIN])  # errors below it are of interest:
    if state[BEST] < state[STOP_BELOW]:
        limit = _ZERO
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
        state[LEFT], state[RIGHT], state[HIT], state[HIT_TURN] = left, right, target, state[TURN]
        _open_gate(state, target)
    elif left != state[LEFT] or right != state[RIGHT] or state[TURN] != state[HIT_TURN]:  # two may meet in one pair
        state[SECOND] = min(state[SECOND], error)


@kernel
def note_above(state, target, value, left, right):
    """Note the only sum of interest for a target that may lie below zero (and wrap)."""
    state[TURN] += _ONE
    state[WIDTH] = _ZERO  # whoever sweeps nevertheless notes nothing
    if state[BEST] < state[STOP_BELOW]:
        return
    error = value - target
    if error < state[BEST]:
        state[SECOND], state[BEST] = state[BEST], error
        state[LEFT], state[RIGHT], state[HIT], state[HIT_TURN] = left, right, target, state[TURN]
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
