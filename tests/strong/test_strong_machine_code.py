"""Kernels of this room are compiled again when their own source has changed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOLVE = """
import numpy as np
from slthlib.strong._range_coder import encode
print(len(encode(np.ones(4000, np.uint8), np.zeros(4000, np.uint16), 1)) < 100)
from slthlib.strong import embed
print(len(embed([np.full((2, 2), 0.25)], bits=3, candidates=60, seed=0).unsolved))
"""


@pytest.mark.slow
def test_an_edited_kernel_is_compiled_again(tmp_path):
    shutil.copytree(ROOT / "slthlib", tmp_path / "slthlib", ignore=shutil.ignore_patterns("__pycache__"))
    kernels = tmp_path / "slthlib/strong/_bank_kernels.py"

    def solve() -> list[str]:
        run = subprocess.run(
            [sys.executable, "-c", SOLVE], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path)},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return run.stdout.split()

    assert solve() == ["True", "0"]
    source = kernels.read_text(encoding="utf-8")
    assert "    if place == count:\n" in source
    kernels.write_text(source.replace("    if place == count:\n", "    if place >= 0:\n"), encoding="utf-8")
    assert solve() == ["True", "8"]
