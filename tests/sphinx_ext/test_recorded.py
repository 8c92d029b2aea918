"""Recorded results on a page: verified, picked, rounded, and with their provenance."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from house import ROOT

from slthlib.lab import records

PAGE = """# Times

```{record} chapters/results/times.csv
:columns: rival = solver, micros = median µs
:where: task = best
```

# All

```{records}
```
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "conf.py").write_text(
        'extensions = ["myst_parser", "sphinx_ext.recorded"]\nexclude_patterns = ["out"]\n'
    )
    (tmp_path / "index.md").write_text(PAGE)
    (tmp_path / "chapters" / "results").mkdir(parents=True)
    table = {"task": ["best", "best", "other"], "rival": ["ours", "th|eirs", "none"], "micros": [4.4449, 35996.38, 1.0]}
    records.write(tmp_path / "chapters/results/times.csv", table, command="make bench", seed=7)
    return tmp_path


def build(site: Path) -> tuple[int, str]:
    run = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", str(site), str(site / "out")],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    return run.returncode, run.stdout + run.stderr


@pytest.mark.slow
def test_a_record_becomes_a_table_and_an_edited_one_fails(site: Path) -> None:
    code, said = build(site)
    assert code == 0, said
    page = re.sub(r"<[^>]*>", "", (site / "out/index.html").read_text("utf-8"))
    for text in ("solver", "median µs", "th|eirs", "35,996", "4.44", "make bench", "seed 7", "sha256"):
        assert text in page
    assert "none" not in page
    payload = site / "chapters/results/times.csv"
    payload.write_text(payload.read_text().replace("35996.38", "5996.38"))
    code, said = build(site)
    assert code != 0
    assert "never edited by hand" in said
