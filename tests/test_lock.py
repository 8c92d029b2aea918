"""The lock and the ranges say the same: whoever remakes one from the other loses nothing."""

import tomllib
from importlib import metadata

from house import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

EXTRAS = ("figures", "nets", "data", "book", "test")


def ranges(project, extras):
    """Requirements of the project and of some of its extras, without its own name."""
    optional = project["optional-dependencies"]
    lines = [*project["dependencies"], *(line for extra in extras for line in optional[extra])]
    return [one for one in map(Requirement, lines) if one.name != project["name"]]


def locked(text):
    pairs = (line.split("==") for line in text.split() if "==" in line)
    return {canonicalize_name(name): version for name, version in pairs}


def faults(project, lock):
    found = []
    for wanted in ranges(project, EXTRAS):
        version = lock.get(canonicalize_name(wanted.name))
        if version is None or not wanted.specifier.contains(version):
            found.append(f"{wanted}: the lock has {version}")
    return found


def reachable(project):
    """Names of all packages that installing the ranges brings here, extras included."""
    seen, waiting = set(), ranges(project, EXTRAS)
    while waiting:
        one = waiting.pop()
        key = canonicalize_name(one.name), frozenset(one.extras)
        if key in seen:
            continue
        seen.add(key)
        try:
            needs = metadata.requires(one.name) or []
        except metadata.PackageNotFoundError:  # for another system
            continue
        for need in map(Requirement, needs):
            if need.marker is None or any(need.marker.evaluate({"extra": e}) for e in (*one.extras, "")):
                waiting.append(need)
    return {name for name, _ in seen}


def test_the_lock_lies_in_the_ranges_and_holds_no_more():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lock = locked((ROOT / "requirements.txt").read_text(encoding="utf-8"))
    assert not faults(project, lock)
    strangers = set(lock) - reachable(project)
    assert not strangers, f"in the lock, but no range in pyproject.toml asks for them: {sorted(strangers)}"


def test_planted_faults_are_found():
    project = {"name": "a", "dependencies": ["b>=2"], "optional-dependencies": {e: [] for e in EXTRAS}}
    assert faults(project, {"b": "1.0"})
    assert faults(project, {})
    assert not faults(project, {"b": "2.1"})
