"""What every test lives with."""

import os
import sys

from house import ROOT
from hypothesis import settings

# Not installed with the library: the book's extensions, and the scripts of results and timings.
sys.path.insert(0, str(ROOT))

# Each test draws the same examples in every run: a red build is about the change at hand. Wall time on a shared
# machine says nothing about the code, hence no deadline.
settings.register_profile("house", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("explore", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "house"))
