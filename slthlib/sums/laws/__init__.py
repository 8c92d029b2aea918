"""Closed forms for random sums, each with its label in the book and how far it can be trusted."""

from slthlib.sums.laws._common import (
    Estimate,
)
from slthlib.sums.laws.averages import (
    averaged_failure,
    exact_failure,
)
from slthlib.sums.laws.bounds import (
    binomial_bound,
    drift_bound,
    failure_bound,
    three_quarters_bound,
)
from slthlib.sums.laws.certificates import (
    Certificate,
    certify_failure,
)
from slthlib.sums.laws.constrained import (
    constrained_probability,
    sorted_difference,
    sorted_probability,
)
from slthlib.sums.laws.critical import (
    SORTED_BIAS,
    annealed_ratio,
    critical_ratio,
    critical_tilt,
    critical_width,
    second_moment_ratio,
)
from slthlib.sums.laws.group import (
    group_failure_bound,
    group_failure_lower_bound,
    group_missed_probability,
)
from slthlib.sums.laws.growth import (
    growth_bound,
)
from slthlib.sums.laws.lower_bounds import (
    counting_bound,
    coverage_upper_bound,
    failure_lower_bound,
)
from slthlib.sums.laws.magnitudes import (
    failure_given_magnitudes,
    missed_given_magnitudes,
)
from slthlib.sums.laws.measured_target import (
    TargetFailure,
    measured_target_failure,
)
from slthlib.sums.laws.one_solve import (
    bank_target_failure,
    product_target_failure,
    target_failure,
)
from slthlib.sums.laws.partition import (
    difference_tail,
    first_correction,
    perfect_partition_count_probability,
    perfect_partition_mean,
    perfect_partition_probability,
)
from slthlib.sums.laws.partition_bounds import (
    perfect_partition_bounds,
)
from slthlib.sums.laws.positive import (
    positive_entropy,
    positive_subset_log_count,
)
from slthlib.sums.laws.products import (
    product_all_targets_probability,
    product_parity_bound,
)
from slthlib.sums.laws.quenched import (
    quenched_partition_count,
)
from slthlib.sums.laws.refined import (
    refined_all_targets_probability,
)
from slthlib.sums.laws.second_moment import (
    second_moment_bound,
    second_moment_missed,
)
from slthlib.sums.laws.sized import (
    sized_threshold,
)
from slthlib.sums.laws.sized_solve import (
    sized_target_failure,
)
from slthlib.sums.laws.small_failure import (
    all_targets_failure,
    small_failure_probability,
)
from slthlib.sums.laws.subset import (
    expected_subsets,
    subset_sum_probability,
)
from slthlib.sums.laws.targets import (
    all_targets_probability,
)
from slthlib.sums.laws.thresholds import (
    large_deviation_rate,
    samples_needed,
    subset_sum_threshold,
)
from slthlib.sums.laws.vectors import (
    vector_subset_sum_probability,
)
from slthlib.sums.laws.window import (
    window_parameter,
    window_size,
)

__all__ = [
    "SORTED_BIAS",
    "Certificate",
    "Estimate",
    "TargetFailure",
    "all_targets_failure",
    "all_targets_probability",
    "annealed_ratio",
    "averaged_failure",
    "bank_target_failure",
    "binomial_bound",
    "certify_failure",
    "constrained_probability",
    "counting_bound",
    "coverage_upper_bound",
    "critical_ratio",
    "critical_tilt",
    "critical_width",
    "difference_tail",
    "drift_bound",
    "exact_failure",
    "expected_subsets",
    "failure_bound",
    "failure_given_magnitudes",
    "failure_lower_bound",
    "first_correction",
    "group_failure_bound",
    "group_failure_lower_bound",
    "group_missed_probability",
    "growth_bound",
    "large_deviation_rate",
    "measured_target_failure",
    "missed_given_magnitudes",
    "perfect_partition_bounds",
    "perfect_partition_count_probability",
    "perfect_partition_mean",
    "perfect_partition_probability",
    "positive_entropy",
    "positive_subset_log_count",
    "product_all_targets_probability",
    "product_parity_bound",
    "product_target_failure",
    "quenched_partition_count",
    "refined_all_targets_probability",
    "samples_needed",
    "second_moment_bound",
    "second_moment_missed",
    "second_moment_ratio",
    "sized_target_failure",
    "sized_threshold",
    "small_failure_probability",
    "sorted_difference",
    "sorted_probability",
    "subset_sum_probability",
    "subset_sum_threshold",
    "target_failure",
    "three_quarters_bound",
    "vector_subset_sum_probability",
    "window_parameter",
    "window_size",
]
