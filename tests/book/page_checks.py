"""What is asked of every page. Each check returns a list of faults; an empty one is good.

Checks of a `Visit` look at a page in the browser, checks of a `Site` read the files.
"""

import re
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote, urlsplit

from axe_playwright_python.sync_playwright import Axe
from browse import DESK, PHONE
from bs4 import BeautifulSoup

AXE = Axe()
ALL = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa"]}
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}

# Text a reader sees, outside of code and of typeset mathematics.
VISIBLE_TEXT = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode())
    if (!node.parentElement.closest('script, style, noscript, template, pre, code, mjx-container, textarea'))
      found.push(node.data);
  return found;
}"""
RAW_TEX = re.compile(r"\\[()\[\]]|\$\$|\$[^\s$][^$\n]*\$|\\[a-zA-Z]{2,}")

# An unknown command is no mjx-merror: MathJax prints its name in red.
MATHEMATICS = """() => ({
  untypeset: [...document.querySelectorAll('.math')].filter(e => !e.querySelector('mjx-container'))
             .map(e => e.textContent.trim().slice(0, 60)),
  wrong: [...document.querySelectorAll(
             'mjx-merror, mjx-container [style*="color: red"], mjx-container [mathcolor="red"]')]
         .map(e => e.getAttribute('data-mjx-error') || e.closest('.math, mjx-container').textContent.slice(0, 60)),
})"""

# A formula is dozens of elements, a line of code too, and axe takes seconds for thousands. Formulas are all marked up
# alike: a few speak for them. Of code two pieces of each colour stay in each kind of block, the rest becomes text; from
# the last backwards, so that what has lost its pieces is a piece itself when its turn comes.
THIN_OUT = """() => {
  [...document.querySelectorAll('mjx-container')].slice(30).forEach(e => e.replaceWith('formula'));
  const kept = {};
  for (const piece of [...document.querySelectorAll('pre *, .sig *')].reverse()) {
    if (piece.childElementCount || piece.closest('a, button')) continue;
    const block = piece.closest('.cell_output') || piece.closest('.highlight, .sig') || piece.closest('pre');
    const kind = [piece.tagName, piece.className, piece.getAttribute('style'), piece.parentElement.tagName,
                  piece.parentElement.className, block.className].join('|');
    kept[kind] = (kept[kind] || 0) + 1;
    if (kept[kind] > 2) piece.replaceWith(piece.textContent);
  }
}"""

# The widest things first, to say what to mend; what scrolls inside its own box is no fault.
OVERFLOW = """limit => {
  const width = document.documentElement.scrollWidth;
  if (width <= limit) return [];
  const wide = [...document.body.querySelectorAll('*')]
    .filter(e => e.getBoundingClientRect().right > limit + 1)
    .map(e => `${e.tagName.toLowerCase()}.${e.className}`);
  return [`the page is ${width} px wide on a screen of ${limit} px: ${wide.slice(0, 5).join(', ')}`];
}"""


def console_faults(visit):
    """Errors on the console and uncaught exceptions."""
    return list(visit.said)


def foreign_requests(visit):
    """Requests that leave the site: a reader may be offline."""
    inside = (visit.origin + "/", "data:", "blob:")
    return [address for address in visit.asked if not address.startswith(inside)]


def failed_requests(visit):
    """Files of the site that are not there."""
    return list(visit.failed)


def mode_faults(visit, mode):
    """The page is not in the mode that was asked for, so that the other checks look at the wrong colours."""
    shown = visit.page.evaluate("document.documentElement.dataset.theme")
    return [] if shown == mode else [f"expected the {mode} theme, got {shown}"]


def mathematics_faults(visit):
    """TeX that reached the reader raw, was not typeset, or was typeset as an error."""
    texts = visit.page.evaluate(VISIBLE_TEXT)
    raw = [f"raw TeX: {text.strip()[:80]}" for text in texts if RAW_TEX.search(text)]
    found = visit.page.evaluate(MATHEMATICS)
    not_typeset = [f"not typeset: {text}" for text in found["untypeset"]]
    return raw + not_typeset + [f"MathJax error: {text}" for text in found["wrong"]]


def accessibility_faults(visit, rules=ALL):
    """What axe-core finds at levels A and AA, or by the rules about colours only.

    Takes most formulas and the colours of most code off the page, so it comes after the checks that need them.
    """
    visit.page.evaluate(THIN_OUT)
    visit.resize(DESK)
    # No preload: axe would copy style sheets into the page, where their relative imports lead nowhere.
    options = {"runOnly": rules, "resultTypes": ["violations"], "preload": False}
    violations = AXE.run(visit.page, options=options).response["violations"]
    return [
        f"{one['id']} ({one['impact']}): {node['target']} {node['failureSummary'].splitlines()[-1].strip()}"
        for one in violations
        for node in one["nodes"]
    ]


def width_faults(visit):
    """Horizontal scrolling on a telephone."""
    visit.resize(PHONE)
    return visit.page.evaluate(OVERFLOW, PHONE["width"])


class Site:
    """The built files, each parsed once."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self._soups = {}

    @cached_property
    def pages(self):
        """Addresses of the pages relative to the site; what the theme keeps in _static is none."""
        paths = (path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*.html"))
        return sorted(path for path in paths if not path.startswith(("_static/", "_sources/")))

    def soup(self, page):
        """The parsed page."""
        if page not in self._soups:
            text = (self.folder / page).read_text(encoding="utf-8")
            self._soups[page] = BeautifulSoup(text, "html.parser")
        return self._soups[page]

    def is_stub(self, page):
        """Whether the page only sends the reader on to another."""
        return self.soup(page).find("meta", attrs={"http-equiv": re.compile("refresh", re.I)}) is not None


def link_faults(site, page):
    """Links, images, scripts and styles inside the site that lead nowhere, anchors included."""
    faults = []
    soup = site.soup(page)
    targets = [tag[name] for name in ("href", "src") for tag in soup.find_all(attrs={name: True})]
    refresh = soup.find("meta", attrs={"http-equiv": re.compile("refresh", re.I)})
    if refresh:
        targets.append(refresh["content"].partition("url=")[2])
    root = site.folder.resolve()
    for target in dict.fromkeys(targets):
        parts = urlsplit(target)
        if parts.scheme or parts.netloc:  # elsewhere, or not a file at all
            continue
        file = ((root / page).parent / unquote(parts.path)).resolve() if parts.path else root / page
        if file.is_dir():
            file = file / "index.html"
        if not file.is_file() or not file.is_relative_to(root):
            faults.append(f"{target}: no such file")
        elif parts.fragment and file.suffix == ".html":
            name, other = unquote(parts.fragment), site.soup(file.relative_to(root).as_posix())
            if not other.find(attrs={"id": name}) and not other.find("a", attrs={"name": name}):
                faults.append(f"{target}: no such anchor")
    return faults


def image_faults(site, page):
    """Images without a description, or with the file name that docutils puts in its place.

    A decorative image beside words of the same link has an empty one rightly: it would be read out twice.
    """
    faults = []
    for image in site.soup(page).find_all("img"):
        alt = image.get("alt")
        link = image.find_parent("a")
        if alt == "" and link is not None and link.get_text(strip=True):
            continue
        if not (alt or "").strip() or re.search(r"_images/|\.(svg|png|jpe?g)$", alt):
            faults.append(f"{image.get('src')}: alt is {alt!r}")
    return faults


def footer_faults(site, page, version):
    """A footer that does not say which edition this is: version, commit and its date."""
    text = " ".join(footer.get_text(" ") for footer in site.soup(page).find_all("footer"))
    wanted = {
        f"version {version}": rf"\b{re.escape(version)}\b",
        "a commit": r"\b[0-9a-f]{7,40}\b",
        "a date": r"\b\d{4}-\d\d-\d\d\b",
    }
    return [f"the footer lacks {what}" for what, pattern in wanted.items() if not re.search(pattern, text)]
