"""Fetch the files of a data set to a folder. What does not have its sha256 is never kept."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tqdm import tqdm

from slthlib.lab._published import ELSEWHERE, FILES, MIRRORS, File

_SECONDS = (10, 30)  # to connect, and between two parts of an answer
_CHUNK = 2**16
_MISSING = "download needs pooch: pip install 'slthlib[data]'"


def cache(name: str, *, needed: bool = True) -> Path | None:
    """Where what was downloaded is kept; None without the library that knows, unless it is needed."""
    try:
        import pooch
    except ImportError:
        if needed:
            raise ImportError(_MISSING) from None
        return None
    return Path(pooch.os_cache("slthlib")) / name


def fetch(name: str, folder: Path) -> None:
    """Put the compressed files of a set into a folder; those that are there and right are left alone."""
    try:
        import pooch
    except ImportError:
        raise ImportError(_MISSING) from None
    from requests import RequestException

    for file in FILES[name]:
        problems, wrong = [], False
        for mirror in MIRRORS[name]:
            url = f"{mirror}{file.name}.gz"
            try:
                with _quiet(pooch.get_logger()):
                    pooch.retrieve(
                        url,
                        known_hash=f"sha256:{file.packed}",
                        fname=f"{file.name}.gz",
                        path=folder,
                        downloader=_Bounded(file),
                    )
                break
            except RequestException as error:
                problems.append(f"{url}: {error}")
            except ValueError as error:
                problems.append(f"{url}: {error}")
                wrong = True
        else:
            raise (ValueError if wrong else ConnectionError)(
                f"{name}: could not download {file.name}.gz, and nothing was kept of it. Try again later, "
                f"or {ELSEWHERE[name]}.\n" + "\n".join(problems)
            )


class _Bounded:
    """Downloads at most the bytes that a file has, so that no server can fill the disk; pooch checks the sha256."""

    def __init__(self, file: File) -> None:
        self._file = file

    def __call__(self, url: str, output_file: str, _pooch: Any) -> None:
        import requests

        size, got = self._file.size, 0
        # Plain: a server that compresses on the way would have us unfold what it sends.
        answer = requests.get(url, stream=True, timeout=_SECONDS, headers={"Accept-Encoding": "identity"})
        show = sys.stderr is not None and sys.stderr.isatty()
        with (
            answer,
            open(output_file, "wb") as out,
            tqdm(total=size, unit="B", unit_scale=True, disable=not show) as bar,
        ):
            answer.raise_for_status()
            try:
                for part in answer.iter_content(_CHUNK):
                    got += len(part)
                    if got > size:
                        break
                    out.write(part)
                    bar.update(len(part))
            except requests.RequestException as error:
                raise ValueError(f"expected {size} bytes, the connection broke after {got} ({error})") from None
        if got != size:
            raise ValueError(f"expected {size} bytes, got " + ("more" if got > size else f"{got}: it is truncated"))


@contextmanager
def _quiet(logger: logging.Logger) -> Iterator[None]:
    """No line for every file on stderr."""
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)
