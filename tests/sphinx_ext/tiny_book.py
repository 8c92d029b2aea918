"""A book small enough to build in seconds, with one of each thing the extensions look at."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = [Path(sys.executable).with_name("jupyter-book"), "build", ".", "-W", "-n", "--keep-going"]
EXTENSIONS = ("fresh_outputs", "ledger", "runs_in", "alt_text", "library", "site")

CONFIG = f"""
title: A tiny book
author: Nobody
only_build_toc_files: true
exclude_patterns: [_build, ".*", "**/.*"]
bibtex_bibfiles: [references.bib]
parse:
  myst_enable_extensions: [colon_fence, dollarmath]
launch_buttons:
  notebook_interface: jupyterlab
  colab_url: https://colab.research.google.com
repository:
  url: ""
sphinx:
  recursive_update: true
  extra_extensions: [sphinx_proof]
  local_extensions:
{"".join(f"    sphinx_ext.{name}: {ROOT}{chr(10)}" for name in EXTENSIONS)}
  config:
    book_package: tinylib
    bibtex_reference_style: author_year
    proof_minimal_theme: true
    html_theme_options:
      show_toc_level: 2
"""

TOC = """
format: jb-book
root: intro
parts:
  - caption: Sums
    numbered: true
    chapters:
      - file: chapters/sums/partition
      - file: chapters/sums/laws
  - caption: Back matter
    chapters:
      - file: chapters/back/ledger
      - file: chapters/back/library
      - file: chapters/back/status
      - file: chapters/back/bibliography
"""

LEDGER = """
prp-far:
  source: "{cite}`tiny`"
  status: cited
  note: constant not checked
thm-gap:
  source: "{cite}`tiny`, Theorem 1"
  status: proved here
  checks: ["tests/sums/test_gap.py::test_gap", "cell: sums/partition#gap"]
"""

FILES = {
    "_config.yml": CONFIG,
    "_toc.yml": TOC,
    "requirements.txt": "numpy==2.0.0  # not needed\n",
    "pyproject.toml": '[project]\nname = "tinylib"\nversion = "0.3.1"\n',
    "references.bib": "@article{tiny, author={Ann Author}, title={A title}, journal={J}, year={2001}}\n",
    "intro.md": "# Welcome\n\nSee {prf:ref}`thm-gap`.\n\n![Two curves that cross once](curves.svg)\n",
    "curves.svg": '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><circle r="4"/></svg>\n',
    "chapters/ledger/tiny.yml": LEDGER,
    "chapters/results/gap.csv": "n,gap\n3,1\n",
    "chapters/results/gap.provenance.json": '{"seed": 1}\n',
    "chapters/back/ledger.md": "# Ledger\n\n```{ledger}\n```\n",
    "chapters/back/library.md": "# Library\n\n```{library}\ntinylib.sums\ntinylib.lab.records\n```\n",
    "chapters/back/status.md": "# Status\n\n```{status}\n```\n",
    "chapters/back/bibliography.md": "# Bibliography\n\n```{bibliography}\n```\n",
    "tests/sums/test_gap.py": (
        'import pytest\n\n\n@pytest.mark.ledger("thm-gap")\ndef test_gap():\n    assert True\n\n\n'
        "def test_unmarked():\n    assert True\n"
    ),
    "tinylib/__init__.py": (
        '"""Tiny."""\n\nfrom importlib import import_module\n\n__all__ = ["lab", "sums"]\n\n\n'
        'def __getattr__(name):\n    return import_module(f"{__name__}.{name}")\n'
    ),
    "tinylib/sums/__init__.py": (
        '"""Sums."""\n\nfrom tinylib.sums import laws\nfrom tinylib.sums.partition import Answer, best\n'
        'from .other import unrelated\n\n__all__ = ["Answer", "best", "laws", "unrelated"]\n'
    ),
    "tinylib/sums/_kernel.py": "SCALE = 2  # a constant\n",
    "tinylib/sums/partition.py": '''"""Partition."""

from dataclasses import dataclass

from tinylib.sums._kernel import SCALE


@dataclass(frozen=True)
class Answer:
    """An answer.

    Parameters
    ----------
    value : int
        The value.

    Notes
    -----
    Used in: no chapter.
    """

    value: int


def best(items: list[int]) -> Answer:
    """Find the best.

    Parameters
    ----------
    items : list of int, shape (n,)
        The items.

    Returns
    -------
    Answer
        The best one.

    Notes
    -----
    Used in: sums/partition.
    """
    return Answer(SCALE * sum(items))
''',
    "tinylib/sums/laws.py": (
        '"""Laws."""\n\n__all__ = ["law"]\n\n\ndef law(n):\n    """Tell the law.\n\n    Used in: sums/laws.\n    """\n'
        "    return 2.0**-n\n"
    ),
    "tinylib/sums/other.py": (
        'def unrelated():\n    """Do nothing.\n\n    Used in: no chapter.\n    """\n    return 7\n'
    ),
    "tinylib/lab/__init__.py": '"""Lab."""\n',
    "tinylib/lab/records.py": (
        '"""Records."""\n\nfrom pathlib import Path\n\n__all__ = ["read"]\n\n\n'
        'def read(path):\n    """Read.\n\n    Used in: sums/laws.\n    """\n    return Path(path).read_text()\n'
    ),
}

PARTITION = [
    "# Partition\n\n```{runs-in}\n```\n\nThis one is told to {runs-in}`run in`.\n\n"
    "```{prf:theorem} The gap $g_n$\n:label: thm-gap\nEvery $x$ is close.\n```\n\n"
    "```{prf:definition}\n:label: def-gap\nA gap.\n```\n",
    ("from tinylib.sums import best\n\nanswer = best([1, 2, 4])\nprint(answer)", {}),
    ("assert answer.value % 7 == 0", {"tags": ["gap"]}),
    (
        'from IPython.display import SVG\n\nSVG(\'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>\')',
        {"mystnb": {"image": {"alt": "An empty square, nine pixels wide"}}},
    ),
]
LAWS = [
    "# Laws\n\n```{prf:proposition}\n:label: prp-far\nFar away, after {prf:ref}`thm-gap`.\n```\n",
    ("from tinylib.lab import records\nfrom tinylib.sums import laws\n\nprint(laws.law(3))", {}),
    ('print(records.read("../results/gap.csv"))', {}),
]


def notebook(cells: list) -> str:
    """JSON of a notebook from Markdown strings and pairs of code and metadata."""
    made = []
    for number, cell in enumerate(cells):
        if isinstance(cell, str):
            made.append({"cell_type": "markdown", "id": f"c{number}", "metadata": {}, "source": cell})
        else:
            code = {"cell_type": "code", "id": f"c{number}", "metadata": cell[1], "source": cell[0]}
            made.append({**code, "execution_count": None, "outputs": []})
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)


def write_book(folder: Path) -> Path:
    """Write the book into a folder."""
    files = {**FILES, "chapters/sums/partition.ipynb": notebook(PARTITION), "chapters/sums/laws.ipynb": notebook(LAWS)}
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def build(book: Path) -> tuple[int, str]:
    """Build as a reader would; exit code and all that was said, in one line a paragraph and without colours."""
    environment = {**os.environ, "PYTHONPATH": str(book), "NO_COLOR": "1"}
    done = subprocess.run(BUILD, cwd=book, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)


def edit(path: Path, old: str, new: str) -> None:
    """Replace a text that must be there."""
    text = path.read_text("utf-8")
    assert old in text, f"{path.name} does not hold {old!r}"
    path.write_text(text.replace(old, new), "utf-8")
