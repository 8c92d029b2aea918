"""One long problem after the other, each worked on by all threads: one list a thread, then the walk in parts."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from slthlib.sums._batches import Halt, run_in_chunks
from slthlib.sums._subset_grid import FLIP, GOAL, HALF, STOP, WINDOW
from slthlib.sums._subset_long import is_unsure, long_scratch, mask_of_pair, sum_outside, walk_lists
from slthlib.sums._subset_merge import grow_list
from slthlib.sums._subset_sized_long import (
    grow_lists_by_size,
    mask_of_sized_pair,
    negative_part,
    sign_items,
    sized_long_scratch,
    walk_sizes,
)
from slthlib.sums._subset_state import BEST, COLUMNS, SECOND, begin

#: The walk always has so many parts, so that the answer does not depend on the number of threads.
_PARTS = 4
