"""Execute one notebook, in a process of its own, with the Python that runs this."""

import os
import platform
import re
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from sphinx_ext import notebooks
from sphinx_ext.digest import code_cells

PACKAGES = ("numpy", "scipy", "numba", "torch", "matplotlib", "pandas", "scikit-learn", "sympy")
TIMEOUT = 600


@dataclass
class Result:
    """What came of an execution: a notebook and what is known of it, or what to say of the failure."""

    notebook: Any = None
    about: dict[str, Any] = field(default_factory=dict)
    failure: str = ""


def run(path: Path, root: Path) -> Result:
    """Execute a notebook in its own folder; ``root`` comes first on the kernel's path."""
    from nbclient.exceptions import CellExecutionError

    # The sources whose digest was taken are the ones that run, whatever else is installed.
    others = [one for one in os.environ.get("PYTHONPATH", "").split(os.pathsep) if one not in ("", str(root))]
    os.environ["PYTHONPATH"] = os.pathsep.join([str(root), *others])
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"  # else the debugger writes to the terminal
    notebook = notebooks.load(path)
    client, seconds = _client(notebook, path.parent)
    started, begin = datetime.now(UTC), time.perf_counter()
    with tempfile.TemporaryDirectory() as profile:
        os.environ["IPYTHONDIR"] = profile  # nobody's start-up files or history
        try:
            client.execute()
        except CellExecutionError as error:
            return Result(failure=_describe(notebook, max(seconds, default=0), str(error.traceback)))
        except Exception as error:  # time-out, dead kernel, no kernel: all of them fail the chapter
            return Result(failure=_describe(notebook, max(seconds, default=0), f"{type(error).__name__}: {error}"))
    wall = time.perf_counter() - begin
    failure = _noise(notebook)
    if failure:
        return Result(failure=failure)
    about = {
        "started": started.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "wall seconds": round(wall, 1),
        "seconds per cell": [round(seconds[index], 3) for index in sorted(seconds)],
        "cells": len(code_cells(notebook)),
        **machine(),
    }
    return Result(notebook=notebook, about=about)


def _client(notebook: Any, folder: Path) -> tuple[Any, dict[int, float]]:
    """A client of this very Python, and the seconds of each cell, filled in as they run."""
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from traitlets import default

    class ThisPython(KernelSpecManager):
        # A kernelspec named python3 in the user's home may point to any other Python.
        def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
            argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--log-level=ERROR"]
            return KernelSpec(argv=argv, display_name="Python 3", language="python")

    class Manager(AsyncKernelManager):
        @default("kernel_spec_manager")
        def _kernel_spec_manager_default(self) -> KernelSpecManager:
            return ThisPython(parent=self)

    seconds: dict[int, float] = {}

    def start(cell: Any, cell_index: int) -> None:
        if cell.cell_type == "code" and cell.source.strip():
            seconds[cell_index] = -time.perf_counter()

    def done(cell: Any, cell_index: int, execute_reply: Any) -> None:
        seconds[cell_index] += time.perf_counter()

    client = NotebookClient(
        notebook,
        timeout=TIMEOUT,
        kernel_name="python3",
        kernel_manager_class=Manager,
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        on_cell_start=start,
        on_cell_executed=done,
    )
    return client, seconds


def _describe(notebook: Any, index: int, trouble: str) -> str:
    cell = notebook.cells[index] if notebook.cells else None
    number = sum(one.cell_type == "code" for one in notebook.cells[: index + 1])
    text = cell.source if cell else ""
    trouble = re.sub(r"\x1b\[[0-9;]*m", "", trouble)
    return f"Code cell {number} (cell {index + 1} of the notebook):\n{_indent(text)}\n{trouble}"


def _noise(notebook: Any) -> str:
    """Say which cells wrote to stderr: a page shows a reader none of it."""
    found = []
    for index, cell in enumerate(notebook.cells):
        text = "".join(one.text for one in cell.get("outputs", []) if one.get("name") == "stderr")
        if text:
            advice = "It wrote to stderr; committed outputs must be free of that. Silence its cause:\n"
            found.append(_describe(notebook, index, advice + _indent(text)))
    return "\n".join(found)


def _indent(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())


def machine() -> dict[str, Any]:
    """Python, packages, processor and system, for the record."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        model = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        model = platform.processor() or "unknown"
    try:
        system = platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):  # not a Linux, or one that does not say
        system = f"{platform.system()} {platform.release()}"
    return {
        "python": platform.python_version(),
        "versions": versions,
        "cpu": model,
        "cores": os.cpu_count(),
        "os": system,
    }
