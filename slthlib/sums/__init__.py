"""Sums: number partitioning and subset sum. Exact solvers (numba) and the laws they are held against."""

from slthlib.sums import laws
from slthlib.sums.counting import count_perfect_partitions, count_subsets
from slthlib.sums.coverage import CoveringBounds, covering_radii, covering_radius, covering_radius_bounds
from slthlib.sums.differencing import karmarkar_karp, karmarkar_karp_batch
from slthlib.sums.partition import Partition, Partitions, best_partition, best_partitions
from slthlib.sums.sets import count_missed, reachable_sums
from slthlib.sums.subsets import Subset, Subsets, closest_subset, closest_subsets

__all__ = [
    "CoveringBounds",
    "Partition",
    "Partitions",
    "Subset",
    "Subsets",
    "best_partition",
    "best_partitions",
    "closest_subset",
    "closest_subsets",
    "count_missed",
    "count_perfect_partitions",
    "count_subsets",
    "covering_radii",
    "covering_radius",
    "covering_radius_bounds",
    "karmarkar_karp",
    "karmarkar_karp_batch",
    "laws",
    "reachable_sums",
]
