"""Matrix products that round the same way wherever in memory their factors lie."""

import os

# Without this, MKL takes another path through small products for another alignment, and the last bits of a replica
# would depend on which others are trained beside it. MKL reads the setting at the first product, so it counts even
# where torch has been loaded already. It costs nothing measurable; what the user has set stays.
os.environ.setdefault("MKL_CBWR", "AVX2")
