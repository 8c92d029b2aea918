"""The library is light at the door, typed, and made of short modules."""

import subprocess
import sys
from statistics import median
from time import perf_counter

from house import ROOT

HEAVY = ("numpy", "scipy", "numba", "torch", "matplotlib", "sympy")
LONGEST = 350
SHORT = ("slthlib", "sphinx_ext", "experiments", "benchmarks")
ALLOWED_SECONDS = 0.05  # the true number is about 0.005


def run(code, root):
    return subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=60, check=True
    )


def heavy_faults(root, module="slthlib"):
    """Packages that a bare import loads."""
    code = f"import sys, {module}; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    return run(code, root).stdout.split()


def import_seconds(root, module="slthlib"):
    """What `import slthlib` adds to an empty Python: median over pairs, run in turn so that both see the same load."""
    extra = []
    for _ in range(9):
        seconds = []
        for code in ("pass", f"import {module}"):
            start = perf_counter()
            run(code, root)
            seconds.append(perf_counter() - start)
        extra.append(seconds[1] - seconds[0])
    return median(extra)


def length_faults(root):
    """Modules longer than one idea."""
    paths = sorted(path for folder in SHORT for path in (root / folder).rglob("*.py"))
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in paths}
    return [f"{path.relative_to(root)}: {lines} lines" for path, lines in lengths.items() if lines > LONGEST]


def test_import_loads_nothing_heavy():
    assert heavy_faults(ROOT) == []
    assert heavy_faults(ROOT, "slthlib.lab") == []


def test_import_is_instant():
    assert import_seconds(ROOT) < ALLOWED_SECONDS


def test_the_package_is_marked_as_typed():
    assert (ROOT / "slthlib" / "py.typed").is_file()


def test_modules_are_short():
    assert length_faults(ROOT) == []


def test_planted_faults_are_found(tmp_path):
    (tmp_path / "slthlib").mkdir()
    (tmp_path / "slthlib" / "__init__.py").write_text("import scipy\n")
    (tmp_path / "slthlib" / "long.py").write_text("x = 1\n" * (LONGEST + 1))
    (tmp_path / "slthlib" / "just.py").write_text("x = 1\n" * LONGEST)
    assert heavy_faults(tmp_path) == ["numpy", "scipy"]
    (tmp_path / "slthlib" / "__init__.py").write_text("import time\ntime.sleep(0.06)\n")
    assert import_seconds(tmp_path) > ALLOWED_SECONDS
    assert length_faults(tmp_path) == [f"slthlib/long.py: {LONGEST + 1} lines"]
