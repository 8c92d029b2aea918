"""Repairs of what the theme and the extensions under us get wrong. Each says what it is for, so it can go one day."""

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config


def configure(app: Sphinx, config: Config) -> None:
    """Set what has to be known before the theme starts."""
    # Without it the theme's script says "invalid theme mode" on the console.
    config.html_context.setdefault("default_mode", "auto")
    config.templates_path.insert(0, str(Path(__file__).with_name("templates")))


def repair_proofs(app: Sphinx, doctree: nodes.document) -> None:
    """Give proofs an id of their own, and those that fold a title to click on."""
    for proof in doctree.findall(nodes.admonition):
        if "proof" not in proof["classes"]:
            continue
        # sphinx-proof names each of them "proof": the fold button of the second would open the first.
        proof["ids"] = [one for one in proof["ids"] if one != "proof"]
        texts = proof[0].findall(nodes.Text) if len(proof) else iter(())
        text = next(texts, None)
        # It writes "Proof. " into the first paragraph. The fold script looks for a title, finds none, and stops,
        # so that nothing below it on the page folds either.
        if "dropdown" in proof["classes"] and text is not None and text.startswith("Proof. "):
            text.parent.replace(text, nodes.Text(text.removeprefix("Proof. ")))
            proof.insert(0, nodes.title("", "Proof"))


def without_thebe(app: Sphinx) -> None:
    """Take sphinx-thebe off pages that have no live code, and repair it where they have.

    It declares THEBE_JS_URL and a binder of its own on every page, asked for or not, and when it is asked for twice:
    its script is added again at each event, and a second `const` is an error on the console.
    """
    wanted = app.config.html_theme_options.get("launch_buttons", {}).get("thebe")
    for event, name in (("env-before-read-docs", "init_thebe_core"), ("doctree-resolved", "update_thebe_context")):
        for listener in list(app.events.listeners.get(event, ())):
            if listener.handler.__name__ == name and not wanted:
                app.disconnect(listener.id)


def repair_page(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Mend what an accessibility checker finds in the HTML of docutils and the extensions."""
    if "body" in context:
        context["body"] = accessible(context["body"])
    _declare_once(context)


def accessible(body: str) -> str:
    """The page's text with four defects mended."""
    # docutils puts entries with role doc-biblioentry, which is deprecated, into lists that may hold list items only.
    body = body.replace('role="doc-biblioentry"', 'role="listitem"')
    # sphinx-proof gives each box the same id, and an id must be unique on its page.
    body = re.sub(r'(<section [^>]*?) ?id="proof-content"', r"\1", body)
    # Sphinx puts the lines of a long signature into a definition list that defines no term.
    body = re.sub(r"<dl>\n((?:<dd>.*</dd>\n)+)</dl>", _lines, body)
    # A code block or an output wider than the page scrolls: it must be within reach of the keyboard.
    return body.replace("<pre>", '<pre tabindex="0">')


def _lines(signature: re.Match[str]) -> str:
    line = '<span style="display: block; margin-left: 2rem">'
    return signature.group(1).replace("<dd>", line).replace("</dd>", "</span>")


def _declare_once(context: dict[str, Any]) -> None:
    """Keep the first of several inline scripts that declare the same constants."""
    seen, scripts = set(), []
    for script in context.get("script_files", []):
        body = getattr(script, "attributes", {}).get("body")
        if body and "const THEBE_JS_URL" in body:
            if "thebe" in seen:
                continue
            seen.add("thebe")
        scripts.append(script)
    context["script_files"] = scripts


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the events."""
    app.connect("config-inited", configure, priority=900)
    app.connect("builder-inited", without_thebe, priority=100)
    app.connect("doctree-read", repair_proofs)
    app.connect("html-page-context", repair_page, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
