"""Sums: number partitioning and subset sum. Exact solvers (numba) and the laws they are held against."""

from slthlib.sums import laws
from slthlib.sums.counting import count_perfect_partitions
from slthlib.sums.differencing import karmarkar_karp, karmarkar_karp_batch
from slthlib.sums.partition import Partition, Partitions, best_partition, best_partitions

__all__ = [
    "Partition",
    "Partitions",
    "best_partition",
    "best_partitions",
    "count_perfect_partitions",
    "karmarkar_karp",
    "karmarkar_karp_batch",
    "laws",
]
