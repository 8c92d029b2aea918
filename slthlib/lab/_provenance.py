"""Where a recorded result comes from: code, lock, versions, machine, time."""

import hashlib
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from slthlib.lab._essence import digest

# What a number can depend on. Only what is loaded is named: a package that was not loaded had no part in the result.
_PACKAGES = ("numpy", "scipy", "numba", "torch")
_INSTALLED = Path(__file__).resolve().parents[2]  # the folder that holds the library


@dataclass(frozen=True)
class Clock:
    """A moment, by the wall and by the processor.

    Parameters
    ----------
    wall, cpu : float
        Seconds from an arbitrary origin; ``cpu`` counts this process and its finished children.

    Notes
    -----
    Used in: no chapter.
    """

    wall: float
    cpu: float

    @classmethod
    def now(cls) -> "Clock":
        """The present moment."""
        times = os.times()
        return cls(time.perf_counter(), times.user + times.system + times.children_user + times.children_system)


def gather(
    folder: Path, command: str, seed: Any, sources: Iterable[str | Path], started: Clock | None
) -> dict[str, Any]:
    """Everything about a run except its payload, ready for JSON.

    Parameters
    ----------
    folder : Path
        Where the result is written; the repository is looked for around it.
    command : str
        What to type to make the result again.
    seed : int, list of int or None
        Seed of the run.
    sources : iterable of path
        Source files of the run outside the library, such as the script itself.
    started : Clock or None
        When the run began; None leaves its times unknown (null).

    Returns
    -------
    dict
        The provenance, without payload.
    """
    root = _root(folder)
    spent = Clock.now() if started else None
    return {
        "command": command,
        "seed": seed,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "wall_seconds": round(spent.wall - started.wall, 3) if spent and started else None,
        "cpu_seconds": round(spent.cpu - started.cpu, 3) if spent and started else None,
        "code": _code(root, sources),
        "lock": _lock(root),
        "git": _git(root),
        "versions": _versions(),
        "hardware": _hardware(),
    }


def code_of(folder: Path, sources: Iterable[str | Path]) -> str:
    """Digest of the code of a run whose result goes to ``folder``."""
    return str(_code(_root(folder), sources)["sha256"])


def files_of(sources: Iterable[str | Path]) -> list[Path]:
    """The named sources and every module of the library that is loaded now."""
    files = {Path(source).resolve() for source in sources}
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "slthlib" and getattr(module, "__file__", None):
            files.add(Path(str(module.__file__)).resolve())
    return sorted(files)


def _root(folder: Path) -> Path | None:
    """The nearest folder around the result that looks like the top of a project."""
    for candidate in (folder, *folder.parents):
        if (candidate / "pyproject.toml").is_file() or (candidate / ".git").exists():
            return candidate
    return None


def _code(root: Path | None, sources: Iterable[str | Path]) -> dict[str, Any]:
    """Digests of the named sources and of every module of the library that is loaded now: of their code, not comments.

    The one over all is the sha256 of the lines ``name  digest``, sorted. Names are relative to the project, or to where
    the library is installed, or bare: no digest depends on where anything lies.
    """
    digests = dict(sorted((_name(file, root), digest(file)) for file in files_of(sources)))
    lines = "".join(f"{name}  {value}\n" for name, value in digests.items())
    return {"sha256": hashlib.sha256(lines.encode()).hexdigest(), "files": digests}


def _name(file: Path, root: Path | None) -> str:
    for top in (root, _INSTALLED):
        if top and file.is_relative_to(top):
            return file.relative_to(top).as_posix()
    return file.name


def _lock(root: Path | None) -> dict[str, str] | None:
    if root is None or not (root / "requirements.txt").is_file():
        return None
    return {
        "file": "requirements.txt",
        "sha256": hashlib.sha256((root / "requirements.txt").read_bytes()).hexdigest(),
    }


def _git(root: Path | None) -> dict[str, Any] | None:
    """The commit, and whether tracked files differed from it; None without git or outside a checkout."""
    if root is None or not (root / ".git").exists():
        return None
    try:
        commit, changes = (
            subprocess.run(
                ["git", "-C", str(root), *arguments], capture_output=True, text=True, timeout=30, check=True
            ).stdout.strip()
            for arguments in (["rev-parse", "HEAD"], ["status", "--porcelain", "--untracked-files=no"])
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return {"commit": commit, "modified": bool(changes)}


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for name in ("slthlib", *_PACKAGES):
        version = getattr(sys.modules.get(name), "__version__", None)
        if version is not None:
            versions[name] = str(version)
    return versions


def _hardware() -> dict[str, Any]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    try:
        memory = round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1)
    except (AttributeError, OSError, ValueError):  # not every system tells
        memory = None
    return {
        "cpu": _cpu_model(),
        "cores": cores,
        "memory_gib": memory,
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
    }


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()
