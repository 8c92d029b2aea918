"""Pages show outputs of today's code: stale chapters are executed first, and no failure is ever forgotten."""

from collections.abc import Set
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.errors import SphinxError
from sphinx.util import logging

from sphinx_ext.chapters import Chapter
from sphinx_ext.execute import ExecutionFailed, execute

LOGGER = logging.getLogger(__name__)


class ChapterFailed(SphinxError):
    """A chapter that does not run."""

    category = "Execution of the chapters failed"


def take_over(app: Sphinx, config: Config) -> None:
    """Switch off MyST-NB's execution, which sees neither the library nor the lock nor recorded data."""
    config.nb_execution_mode = "off"
    if _marker(app).exists():
        # The last build was interrupted: its environment may promise pages that were never written.
        _forget(app)


def run_chapters(app: Sphinx) -> None:
    """Execute what is stale, on all processors, before Sphinx reads anything."""
    try:
        app.env.chapter_digests_now = execute(app.srcdir, package=app.config.book_package, say=LOGGER.info)
    except ExecutionFailed as error:
        _forget(app)
        raise ChapterFailed(f"\n{error}") from None
    _marker(app).parent.mkdir(parents=True, exist_ok=True)
    _marker(app).touch()


def outdated(app: Sphinx, env: BuildEnvironment, added: Set[str], changed: Set[str], removed: Set[str]) -> list[str]:
    """Documents whose source is what it was, but whose outputs are not."""
    shown = _shown(env)
    return [name for name, digest in env.chapter_digests_now.items() if shown.get(name) != digest]


def read_executed(app: Sphinx, docname: str, content: list[str]) -> None:
    """Hand Sphinx the executed copy in place of the notebook."""
    digest = app.env.chapter_digests_now.get(docname)
    if digest:
        content[0] = Chapter(Path(app.srcdir), docname).executed.read_text("utf-8")
        _shown(app.env)[docname] = digest


def purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Forget a document that is read again or gone."""
    _shown(env).pop(docname, None)


def merge(app: Sphinx, env: BuildEnvironment, docnames: Set[str], other: BuildEnvironment) -> None:
    """Take over what a parallel reader noted."""
    _shown(env).update({name: digest for name, digest in _shown(other).items() if name in docnames})


def remember_trouble(app: Sphinx, exception: Exception | None) -> None:
    """After a warning, let the next build read every page again: Sphinx keeps no warnings of pages it skips."""
    if exception or app._warncount:
        _forget(app)
    _marker(app).unlink(missing_ok=True)


def _shown(env: BuildEnvironment) -> dict[str, str]:
    if not hasattr(env, "chapter_digests"):
        env.chapter_digests = {}
    return env.chapter_digests


def _marker(app: Sphinx) -> Path:
    return Path(app.doctreedir, "unfinished")


def _forget(app: Sphinx) -> None:
    Path(app.doctreedir, "environment.pickle").unlink(missing_ok=True)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the events."""
    if "book_package" not in app.config:
        app.add_config_value("book_package", "slthlib", "env", str)
    # After the other extensions have had their say, and before MyST-NB copies its settings at `builder-inited`.
    app.connect("config-inited", take_over, priority=900)
    app.connect("builder-inited", run_chapters, priority=900)
    app.connect("env-get-outdated", outdated)
    app.connect("env-purge-doc", purge)
    app.connect("env-merge-info", merge)
    app.connect("source-read", read_executed)
    # The last word: other extensions may still warn at the end.
    app.connect("build-finished", remember_trouble, priority=999)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
