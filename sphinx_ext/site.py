"""The site around the chapters: footer, repository buttons, downloads."""

import shutil
import subprocess
import tomllib
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config

from sphinx_ext.chapters import Chapter

BUTTONS = ("use_repository_button", "use_issues_button", "use_edit_page_button")


def edition(root: Path) -> str:
    """Version, commit and its date, as the footer says them."""
    version = "unknown"
    if (root / "pyproject.toml").is_file():
        version = tomllib.loads((root / "pyproject.toml").read_text("utf-8")).get("project", {}).get("version", version)
    try:
        command = ["git", "-C", str(root), "log", "-1", "--format=%h %cs"]
        commit, date = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    except (OSError, subprocess.CalledProcessError, ValueError):
        return f"Version {version}, commit unknown"
    return f"Version {version}, commit {commit} of {date}"


def configure(app: Sphinx, config: Config) -> None:
    """Complete the theme's options; Jupyter Book has merged its own with ours by now."""
    options = config.html_theme_options
    footer = f'<p class="edition">{edition(Path(app.srcdir))}</p>'
    options["extra_footer"] = "\n".join(filter(None, [options.get("extra_footer", "").strip(), footer]))
    if options.get("repository_url"):
        options.update(dict.fromkeys(BUTTONS, True))
    else:
        # Left alone, launch buttons without a repository stop the theme with a TypeError, and the defaults of
        # Jupyter Book point to its own repository.
        for name in ("repository_url", "repository_branch", "path_to_docs", "launch_buttons", *BUTTONS):
            options.pop(name, None)


def offer_executed(app: Sphinx, exception: Exception | None) -> None:
    """Let the download button of a chapter hand out the notebook with the outputs that the page shows."""
    if exception or app.builder.format != "html":
        return
    for docname in app.env.found_docs:
        chapter, offered = Chapter(Path(app.srcdir), docname), Path(app.outdir, "_sources", f"{docname}.ipynb")
        if chapter.executed.is_file() and offered.is_file():
            shutil.copyfile(chapter.executed, offered)


def note_page(app: Sphinx, pagename: str, *_: object) -> None:
    """Remember pages that belong to no document, such as the search: they are written in every build."""
    app.pages_written = getattr(app, "pages_written", set()) | {pagename}


def remove_leftovers(app: Sphinx, exception: Exception | None) -> None:
    """Delete pages of documents that are gone: Sphinx leaves them, and search engines and tests would find them."""
    if exception or app.builder.name != "html":
        return
    kept = app.env.found_docs | getattr(app, "pages_written", set()) | {"index"}  # index.html leads to the front page
    for file in Path(app.outdir).rglob("*.html"):
        page = file.relative_to(app.outdir).with_suffix("").as_posix()
        if not page.startswith("_") and page not in kept:
            file.unlink()


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the events."""
    app.setup_extension("sphinx_ext.repairs")
    app.connect("config-inited", configure, priority=900)
    app.connect("html-page-context", note_page)
    app.connect("build-finished", offer_executed)
    app.connect("build-finished", remove_leftovers)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
