"""Closed forms for random sums, each with its label in the book and how far it can be trusted."""

from slthlib.sums.laws.partition import (
    difference_tail,
    first_correction,
    perfect_partition_bounds,
    perfect_partition_count_probability,
    perfect_partition_mean,
    perfect_partition_probability,
    window_parameter,
    window_size,
)

__all__ = [
    "difference_tail",
    "first_correction",
    "perfect_partition_bounds",
    "perfect_partition_count_probability",
    "perfect_partition_mean",
    "perfect_partition_probability",
    "window_parameter",
    "window_size",
]
