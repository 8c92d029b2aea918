"""numba's cache must not outlive an edit to a kernel that was compiled into another file's kernel."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOLVE = "from slthlib.sums import best_partition; print(best_partition([8, 7, 6, 5, 4]).difference)"


@pytest.mark.slow
def test_an_edited_callee_is_compiled_again(tmp_path):
    shutil.copytree(ROOT / "slthlib", tmp_path / "slthlib", ignore=shutil.ignore_patterns("__pycache__"))
    callee = tmp_path / "slthlib/sums/_lists.py"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}

    def solve() -> int:
        run = subprocess.run(
            [sys.executable, "-c", SOLVE], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        )
        return int(run.stdout)

    assert solve() == 0
    source = callee.read_text(encoding="utf-8")
    assert "return best_g, gi, gj, best_h," in source
    callee.write_text(
        source.replace("return best_g, gi, gj, best_h,", "return best_g + 100, gi, gj, best_h + 100,"), encoding="utf-8"
    )
    assert solve() == 100
