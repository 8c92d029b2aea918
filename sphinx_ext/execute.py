"""Execute the chapters that are stale, in parallel: ``python -m sphinx_ext.execute``.

Executed copies and their records live in ``_build/executed``. A chapter whose record carries the digest of today is
not executed again; a chapter that fails leaves no record, so it fails again the next time.
"""

import argparse
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Collection
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from sphinx_ext import notebooks
from sphinx_ext.chapters import Chapter, chapters
from sphinx_ext.digest import DigestError, chapter_parts, digest_of
from sphinx_ext.kernel import Result, run


class ExecutionFailed(Exception):
    """Chapters that failed; the message shows each cell, its source and what went wrong."""


def execute(
    root: str | Path,
    *,
    package: str = "slthlib",
    only: Collection[str] = (),
    workers: int | None = None,
    say: Callable[[str], None] = print,
) -> dict[str, str]:
    """Execute what is stale and bring every executed copy up to date.

    Parameters
    ----------
    root : path
        Folder of the book.
    package : str
        The package whose sources count.
    only : collection of str
        Docnames of the chapters to look at; all if empty.
    workers : int, optional
        Notebooks at a time; all processors by default.
    say : callable
        Takes one line of progress.

    Returns
    -------
    dict from str to str
        Digest of each chapter.

    Raises
    ------
    ExecutionFailed
        After all chapters have run, if any failed.
    """
    begin = time.perf_counter()
    stale: dict[Chapter, dict[str, str]] = {}
    digests, failures, fresh = {}, [], []
    for chapter in chapters(root):
        if only and chapter.docname not in only:
            continue
        try:
            parts = chapter_parts(chapter.path, root, package=package)
        except DigestError as error:
            chapter.forget()
            failures.append(f"{chapter.docname}: {error}")
            continue
        digests[chapter.docname] = digest_of(parts)
        record = chapter.record()
        if record.get("digest") == digests[chapter.docname]:
            # The prose may have changed: outputs stay, the rest comes from the source.
            notebooks.save(chapter.executed, notebooks.with_outputs(chapter.path, chapter.executed))
            fresh.append(chapter.docname)
        else:
            stale[chapter] = parts
            say(f"stale: {chapter.docname} ({_why(record.get('parts', {}), parts)})")
    if fresh:
        say(f"fresh: {', '.join(fresh)}")
    # The longest first, by what the last execution took: that keeps all processors busy to the end.
    order = sorted(stale, key=lambda one: -one.record().get("wall seconds", 1e9))
    for chapter in order:
        chapter.forget()
    if order:
        failures += _run_all(order, stale, digests, min(workers or os.cpu_count() or 1, len(order)), say)
        say(f"executed {len(order)} of {len(digests)} chapters in {time.perf_counter() - begin:.1f} s")
    if failures:
        raise ExecutionFailed("\n\n".join(failures))
    return digests


def _run_all(
    order: list[Chapter],
    parts: dict[Chapter, dict[str, str]],
    digests: dict[str, str],
    workers: int,
    say: Callable[[str], None],
) -> list[str]:
    """Run chapters in spawned processes, save those that succeed, return what to say of the others."""
    failures = []
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        waiting = {pool.submit(run, one.path, one.root): one for one in order}
        for future in as_completed(waiting):
            chapter = waiting[future]
            try:
                result = future.result()
            except Exception as error:  # the process died, of memory perhaps: one chapter's trouble, not the build's
                result = Result(failure=f"Its process ended with {type(error).__name__}: {error}")
            if result.failure:
                failures.append(f"{chapter.docname} failed.\n{result.failure}")
                say(f"failed: {chapter.docname}")
                continue
            notebooks.save(chapter.executed, result.notebook)
            about = {"digest": digests[chapter.docname], **result.about, "parts": parts[chapter]}
            notebooks.replace(chapter.record_path, json.dumps(about, indent=1, ensure_ascii=False) + "\n")
            say(f"executed: {chapter.docname} in {result.about['wall seconds']} s")
    return failures


def _why(old: dict[str, str], new: dict[str, str]) -> str:
    if not old:
        return "never executed"
    changed = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    return "changed: " + ", ".join(changed[:5]) + (f" and {len(changed) - 5} more" if len(changed) > 5 else "")


def main(arguments: list[str] | None = None) -> int:
    """Command line: execute, and with ``--store`` write the outputs into the committed notebooks."""
    parser = argparse.ArgumentParser(prog="python -m sphinx_ext.execute", description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="folder of the book (default: here)")
    parser.add_argument("--store", action="store_true", help="write executed outputs into the committed notebooks")
    parser.add_argument("--workers", type=int, default=None, help="notebooks at a time (default: all processors)")
    parser.add_argument("chapters", nargs="*", metavar="chapter", help="docnames, as in _toc.yml (default: all)")
    given = parser.parse_args(arguments)
    root = given.root.resolve()
    if not (root / "_toc.yml").is_file():
        parser.error(f"{root} holds no _toc.yml: name the folder of the book with --root")
    unknown = set(given.chapters) - {chapter.docname for chapter in chapters(root)}
    if unknown:
        parser.error(f"no chapter of _toc.yml: {', '.join(sorted(unknown))}")
    try:
        execute(root, only=given.chapters, workers=given.workers, say=lambda line: print(line, flush=True))
    except ExecutionFailed as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    if given.store:
        for chapter in chapters(root):
            if given.chapters and chapter.docname not in given.chapters:
                continue
            if notebooks.save(chapter.path, notebooks.with_outputs(chapter.path, chapter.executed)):
                print(f"stored: {chapter.docname}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
