"""A site on the loopback interface, and a real browser that looks at it."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler
from threading import Thread

from playwright.sync_api import sync_playwright

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = f"no browser: install Chromium ({', '.join(NAMES)} on the PATH) or name one in SLTHLIB_CHROMIUM"
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
# What the theme's script reads before it paints. Storage is out of reach on blank pages.
CHOOSE_MODE = "try {{ localStorage.setItem('mode', '{0}'); localStorage.setItem('theme', '{0}'); }} catch (e) {{}}"


def find_browser():
    """Path of the system's browser, None if there is none; SLTHLIB_CHROMIUM names another."""
    named = os.environ.get("SLTHLIB_CHROMIUM")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


class _Quiet(SimpleHTTPRequestHandler):
    timeout = 5  # a browser opens connections ahead of need; an idle one must not hold a thread for ever

    def log_message(self, *_):
        pass


class _Pooled(HTTPServer):
    """A server with a bounded number of threads."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._pool = ThreadPoolExecutor(16)

    def process_request(self, request, client_address):
        self._pool.submit(self._answer, request, client_address)

    def _answer(self, request, client_address):
        try:
            self.finish_request(request, client_address)
        except OSError:  # the browser went away in the middle of an answer
            pass
        finally:
            self.shutdown_request(request)

    def server_close(self):
        super().server_close()
        self._pool.shutdown(cancel_futures=True)


@contextmanager
def serve(folder):
    """Serve a folder on a free port of 127.0.0.1; yields the origin."""
    server = _Pooled(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Visit:
    """A page in the browser, and everything it said and asked for."""

    page: object
    origin: str
    said: list = field(default_factory=list)  # console errors and uncaught exceptions
    asked: list = field(default_factory=list)  # addresses of all requests
    failed: list = field(default_factory=list)  # answers of 400 and more, and requests without an answer

    def resize(self, size):
        """Another screen, if it is another: laying out a long page once more takes seconds."""
        if self.page.viewport_size != size:
            self.page.set_viewport_size(size)

    def go(self, path, size=DESK):
        """Load a page and wait until it is typeset and its fonts are there; afresh in what it said."""
        if self.page.viewport_size != size:
            self.page.goto("about:blank")
            self.page.set_viewport_size(size)
        for record in (self.said, self.asked, self.failed):
            record.clear()
        self.page.goto(f"{self.origin}/{path}", wait_until="load")
        # A page with mathematics loads MathJax deferred; on others there is nothing to wait for.
        self.page.evaluate(
            "async () => { if (window.MathJax && MathJax.startup) await MathJax.startup.promise;"
            " await document.fonts.ready; }"
        )
        return self


@contextmanager
def visiting(browser, origin, mode):
    """A tab that shows the site in light or dark mode."""
    # Without motion a colour is measured where a transition ends, not in its middle.
    context = browser.new_context(color_scheme=mode, reduced_motion="reduce", viewport=DESK)
    context.set_default_timeout(60_000)
    context.add_init_script(CHOOSE_MODE.format(mode))
    page = context.new_page()
    visit = Visit(page, origin)
    page.on("console", lambda message: visit.said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: visit.said.append(str(error)))
    page.on("request", lambda request: visit.asked.append(request.url))
    # Aborted means that the browser itself let go of it: on leaving a page, or of a body it has no use for.
    page.on(
        "requestfailed",
        lambda request: (
            visit.failed.append(f"{request.url}: {request.failure}") if request.failure != "net::ERR_ABORTED" else None
        ),
    )
    page.on(
        "response",
        lambda response: visit.failed.append(f"{response.url}: {response.status}") if response.status >= 400 else None,
    )
    # Nothing outside is ever asked for in earnest: the check names it, the machine stays quiet.
    context.route(lambda url: not url.startswith((origin, "data:", "blob:")), lambda route: route.abort())
    try:
        yield visit
    finally:
        context.close()


@contextmanager
def one_browser(path):
    """A browser of the thread that asks, and its tabs on demand, each made once: (folder, mode) -> Visit."""
    with ExitStack() as stack:
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        stack.callback(browser.close)
        origins, known = {}, {}

        def tab(folder, mode):
            if folder not in origins:
                origins[folder] = stack.enter_context(serve(folder))
            if (folder, mode) not in known:
                known[folder, mode] = stack.enter_context(visiting(browser, origins[folder], mode))
            return known[folder, mode]

        yield tab
