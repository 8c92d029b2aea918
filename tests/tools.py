"""Linter and type checker, run as one would by hand."""

import subprocess
import sys

from house import ROOT

CONFIG = ROOT / "pyproject.toml"


def tool(name, *arguments, cwd):
    """What a tool complains about; empty if it is content."""
    ran = subprocess.run([sys.executable, "-m", name, *arguments], cwd=cwd, capture_output=True, text=True, timeout=300)
    return "" if ran.returncode == 0 else ran.stdout + ran.stderr or f"{name} ended with status {ran.returncode}"


def type_faults(root, *cache):
    return tool("mypy", "--config-file", str(CONFIG), *cache, "slthlib", cwd=root)
