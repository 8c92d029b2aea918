/* Two small repairs of running text with formulas. Without this script everything stays readable. */
document.addEventListener("DOMContentLoaded", () => {
  // A comma after a formula stays with it, and so does a bracket before it: browsers would break the line there.
  for (const span of document.querySelectorAll("span.math.notranslate")) {
    const [before, after] = [span.previousSibling, span.nextSibling];
    const closing = after?.nodeType === Node.TEXT_NODE ? after.data.match(/^[.,;:!?)\]’”]+/) : null;
    const opening = before?.nodeType === Node.TEXT_NODE ? before.data.match(/[([“]+$/) : null;
    if (closing) {
      after.data = after.data.slice(closing[0].length);
      span.append(closing[0]);
    }
    if (opening) {
      before.data = before.data.slice(0, -opening[0].length);
      span.prepend(opening[0]);
    }
    if (closing || opening) span.classList.add("tied");
  }
  // An inline formula wider than its line scrolls by itself.
  const fit = () => {
    for (const box of document.querySelectorAll('mjx-container:not([display="true"])')) {
      box.classList.remove("wide");
      const line = box.closest("p, li, dd, td, figcaption");
      if (line && line.tagName !== "TD" && box.getBoundingClientRect().width > line.clientWidth) box.classList.add("wide");
    }
  };
  window.addEventListener("load", async () => {
    await window.MathJax?.startup?.promise;
    fit();
    window.addEventListener("resize", fit);
  });
});
