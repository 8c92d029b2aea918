"""Linter and type checker are tests like others, and notebook cells are held to the linter too."""

import shutil

from house import ROOT
from tools import tool, type_faults

LINTED = ("slthlib", "tests", "sphinx_ext", "experiments", "benchmarks", "chapters")


def lint_faults(root):
    return tool("ruff", "check", "--output-format=concise", *folders(root), cwd=root)


def layout_faults(root):
    return tool("ruff", "format", "--check", *folders(root), cwd=root)


def folders(root):
    """Each with the rules it finds on its way up: chapters have narrower lines."""
    return [folder for folder in LINTED if (root / folder).is_dir()]


def test_ruff_is_content():
    faults = lint_faults(ROOT)
    assert not faults, f"`make lint` mends most of these:\n{faults}"


def test_layout_is_ruffs():
    faults = layout_faults(ROOT)
    assert not faults, f"`make lint` mends these:\n{faults}"


def test_mypy_is_content(types):
    faults = types.result()
    assert not faults, faults


def test_planted_faults_are_found(tmp_path):
    for folder in ("slthlib", "chapters"):
        (tmp_path / folder).mkdir()
    for rules in ("pyproject.toml", "chapters/ruff.toml"):
        shutil.copy(ROOT / rules, tmp_path / rules)
    (tmp_path / "slthlib" / "__init__.py").write_text('"""Doc."""\nimport os\n\n\ndef f(n: int) -> str:\n  return n\n')
    (tmp_path / "chapters" / "a.ipynb").write_text(
        '{"cells": [{"cell_type": "code", "execution_count": null, "id": "a", "metadata": {}, "outputs": [], '
        '"source": ["import planted\\n"]}], "metadata": {"language_info": {"name": "python"}}, '
        '"nbformat": 4, "nbformat_minor": 5}'
    )
    found = lint_faults(tmp_path)
    for fault in ("`os` imported but unused", "D103", "`planted` imported but unused"):
        assert fault in found
    assert "would be reformatted" in layout_faults(tmp_path)
    assert "Incompatible return value type" in type_faults(tmp_path, "--no-incremental")
