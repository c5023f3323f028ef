// What scrolls sideways on a narrow screen is a stop of the Tab key, so that its arrow keys work,
// and says what it is. The theme makes stops of code and tables, without names.

const NAMES = {
  ".pst-scrollable-table-container": "Table",
  "mjx-container": "Equation",
  ".cell_output > .output": "Output",
  pre: "Code",
};

function look() {
  for (const [boxes, name] of Object.entries(NAMES))
    for (const box of document.querySelectorAll(`main :is(${boxes})`)) {
      if (box.scrollWidth > box.clientWidth) {
        box.tabIndex = 0;
        box.setAttribute("role", "group");
        box.setAttribute("aria-label", name);
      } else if (box.getAttribute("aria-label") === name) {
        for (const attribute of ["tabindex", "role", "aria-label"]) box.removeAttribute(attribute);
      }
    }
}

// Its size changes with the window, and when MathJax has typeset it.
const main = document.querySelector("main");
new ResizeObserver(look).observe(main);
// And with what a script puts there.
new MutationObserver(look).observe(main, { childList: true, subtree: true });
