// A deck of slides: light or dark as the book is, maths before slides are measured, reveal.js.

const dark = matchMedia("(prefers-color-scheme: dark)");

/** Light or dark, as the reader chose in the book, else as their system is; paper is white. */
function paint() {
  let mode = localStorage.getItem("mode");
  if (mode !== "light" && mode !== "dark") mode = dark.matches ? "dark" : "light";
  document.documentElement.dataset.theme = /print-pdf/.test(location.search) ? "light" : mode;
}

/** The other one; the book follows. */
function repaint() {
  const now = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  localStorage.setItem("mode", now);
  localStorage.setItem("theme", now);
  paint();
}

/** Maths in notes as MathML, which a window without our scripts and styles can show. */
function mathsOfNotes() {
  for (const maths of document.querySelectorAll("aside.notes .tex")) {
    const [, tex] = maths.textContent.match(/^\s*\\[[(]([^]*)\\[\])]\s*$/) ?? [];
    if (tex) maths.innerHTML = MathJax.tex2mml(tex, { display: maths.tagName === "DIV" });
  }
}

paint();
dark.addEventListener("change", paint);
addEventListener("storage", paint); // chosen in another tab
addEventListener("load", async () => {
  if (globalThis.MathJax) {
    await MathJax.startup.promise;
    mathsOfNotes();
  }
  await Reveal.initialize({
    width: 1280,
    height: 720,
    margin: 0.02,
    center: false,
    display: "flex",
    hash: true,
    controlsBackArrows: "visible",
    slideNumber: "c/t",
    transition: "none",
    backgroundTransition: "none",
    scrollActivationWidth: null,
    pdfMaxPagesPerSlide: 1,
    plugins: [RevealNotes],
  });
  Reveal.addKeyBinding({ keyCode: 68, key: "D", description: "Light or dark" }, repaint);
  document.documentElement.dataset.ready = "true";
});
