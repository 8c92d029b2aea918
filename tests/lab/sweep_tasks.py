"""Tasks at the top of a module, where worker processes find them. A task that must leave a trace writes to a file."""

import multiprocessing
import os
import signal
import time
from pathlib import Path

import numpy as np

LINES = "once"


def rough(*, seed, width, keep=1.0):
    """Something whose last bits depend on the order of additions."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, 200, 200))
    return {"trace": float(np.trace(a @ b)), "width2": width * 2, "keep_more": keep / 3, "draws": rng.random(2)}


def traced(*, seed, log, i):
    """One line in a log for each call."""
    with Path(log).open("a", encoding="utf-8") as stream:
        stream.write(f"{LINES} {i}\n")
    return {"i2": i * i, "drawn": seed}


def sometimes(*, seed, log, i):
    """Fails at odd cells until the file is there."""
    if i % 2 and not Path(log).exists():
        raise ArithmeticError(f"cell {i} is odd")
    return {"i2": i * i}


def rows(*, seed, n):
    """Several rows, ragged."""
    return [{"level": level, "value": [level] * n} for level in range(n)]


def returns(*, seed, what):
    """Whatever the name stands for."""
    return {
        "numpy": {"a": np.float32(0.1), "b": np.int64(7), "c": np.bool_(True), "d": np.arange(4).reshape(2, 2)},
        "special": {"a": float("nan"), "b": -np.inf, "c": [1.0, np.inf], "float": 2.5, "none": None, "text": "µ"},
        "large": {"a": 2**70, "b": 0.1 + 0.2},
        "set": {"a": {1, 2}},
        "dict": {"a": {"b": 1}},
        "complex": {"a": 1j},
        "nothing": None,
        "number": 3.5,
        "empty": [],
        "clash": {"what": 1},
        "seed": {"seed": 1},
        "keys": {1: 2},
    }[what]


def here(*, seed, i):
    """Where a cell runs."""
    process = multiprocessing.current_process()
    torch = __import__("torch")
    return {
        "pid": os.getpid(),
        "kind": type(process).__name__,
        "threads": torch.get_num_threads(),
        "setting": os.environ.get("OMP_NUM_THREADS", ""),
    }


def two_threads():
    """Two threads in this process, also where the machine would give it one."""
    __import__("torch").set_num_threads(2)


def slow(*, seed, i, log):
    """Quick at first, slow afterwards; says when it begins."""
    with Path(log).open("a", encoding="utf-8") as stream:
        stream.write(f"{i}\n")
    time.sleep(0.0 if i < 3 else 60.0)
    return {"drawn": seed % 1000}


def deadly(*, seed, i):
    """One cell takes its process with it."""
    if i == 2:
        time.sleep(0.5)
        os._exit(3)
    return {"i2": i * i}


def interrupted(*, seed, i):
    """What Ctrl-C on a terminal does to a worker."""
    os.kill(os.getpid(), signal.SIGINT)
    return {"i2": i * i}


def plain_arguments(seed, width):
    """Takes no other names."""
    return {"out": width}
