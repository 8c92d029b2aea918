"""One thread for linear algebra: where processes share the cores, and so that a sum is rounded the same way in each."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

# Read by libraries that are loaded later.
_SETTINGS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "SLTHLIB_THREADS")
_limited = False


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def limit() -> None:
    """One thread from now on, in a process that does nothing else."""
    global _limited
    if not _limited:
        _limited = True
        os.environ.update(dict.fromkeys(_SETTINGS, "1"))
        _pools(ExitStack())
        if "torch" in sys.modules:
            sys.modules["torch"].set_num_threads(1)


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread within, and as many as before afterwards."""
    global _limited
    if _limited:
        yield
        return
    before = {name: os.environ.get(name) for name in _SETTINGS}
    torch = sys.modules.get("torch")
    threads = torch.get_num_threads() if torch else processors()
    with ExitStack() as stack:
        _limited = True
        os.environ.update(dict.fromkeys(_SETTINGS, "1"))
        _pools(stack)
        if torch:
            torch.set_num_threads(1)
        try:
            yield
        finally:
            _limited = False
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value
            if "torch" in sys.modules:  # perhaps loaded within
                sys.modules["torch"].set_num_threads(threads)


def _pools(stack: ExitStack) -> None:
    """Limit libraries that are loaded already: NumPy's, for one."""
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:  # comes with scikit-learn
        return
    stack.enter_context(threadpool_limits(1))
