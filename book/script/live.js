// Runs a demo's cells inside its page, on the reader's own Jupyter Server, by way of Thebe.
//
// Nothing of Thebe is loaded before the button is pressed. Thebe brings its editor, its connection
// to the server and its renderer of outputs; buttons, words and styles (hpclab.css) are ours.

import { make } from "./progress.js";

// This file is <base>/course/_static/live.js; on a Hub <base> ends with the user's prefix.
const BASE = new URL("../../", import.meta.url).href;
const THEBE = new URL("thebe/index.js", import.meta.url).href;
const SLUG = location.pathname.match(/([\w-]+)\.html$/)?.[1];
const HELP =
  "Change a cell, then press its Run button, or Shift+Enter in it; go from top to bottom. " +
  "Tab leaves a cell, Ctrl+] indents. Your guesses are kept with your progress. Changed code is not: " +
  "to keep it, open the demo in JupyterLab.";
const NOT_STARTED =
  "Python could not be started. Is `hpclab learn` still running? Load this page again, or open the " +
  "demo in JupyterLab.";
const LOST = "The connection to your Jupyter Server is lost. Is `hpclab learn` still running?";
const OUR_OWN_BUTTONS = {
  mountRunButton: false,
  mountRunAllButton: false,
  mountRestartButton: false,
  mountRestartAllButton: false,
};

const cells = [...document.querySelectorAll(".cell")]
  .filter((box) => box.querySelector(".cell_input pre"))
  .map((box, at) => ({ box, number: at + 1, id: `live-${at + 1}`, waits: false }));
const main = make("button", { class: "live-button" }, "Run this page");
const stop = make("button", { class: "live-button", hidden: "" }, "Stop");
const status = make("p", { role: "status" }); // what it says is read out, politely
const bar = make("div", { class: "live", role: "group", "aria-label": "Live code" }, main, stop, status);
const help = make("p", { hidden: "" }, HELP);

let server, notebook, rendermime; // Thebe's, once the page was started
let session = null; // Thebe's, while Python runs
let starting = false;
let last = Promise.resolve(); // the end of what was asked to run: one after the other

/** Show the button, if the page comes from a server that can run it. */
async function offer() {
  if (!cells.length || !(await serverAnswers())) return;
  (document.querySelector(".lab-links") ?? document.querySelector("h1")).after(bar, help);
  main.onclick = () => (session ? run(cells) : start());
  stop.onclick = end;
}

/** Only a page that a Jupyter Server gave has this cookie: no other server is asked in vain. */
async function serverAnswers() {
  if (!xsrf()) return false;
  return fetch(`${BASE}api/status`).then((answer) => answer.ok, () => false);
}

/** Load Thebe, start Python, make the cells editable. */
async function start() {
  if (starting) return;
  starting = true;
  say("Starting Python …");
  try {
    if (!notebook) await load();
    // A path of its own, in the same folder: under the notebook's own path the server would give us
    // the Python of the demo that is open in the lab, and we would end it when the page is left.
    const path = `demos/page-${Date.now().toString(36)}/${SLUG}.ipynb`;
    session = await server.startNewSession(rendermime, { path, kernelName: "python3" });
    listen(session.kernel);
    await session.kernel.info;
    notebook.attachSession(session);
    show(true);
    say("Python is ready.");
  } catch (error) {
    console.warn(error);
    end();
    say(NOT_STARTED);
  }
}

/** Thebe's script, its connection to the server, and an editor in each cell. */
async function load() {
  await new Promise((onload, onerror) =>
    document.head.append(Object.assign(make("script", { src: THEBE }), { onload, onerror })),
  );
  const { api } = window.thebeCore;
  const wsUrl = BASE.replace(/^http/, "ws");
  const options = {
    mathjaxUrl: "", // else Thebe asks another host for it
    savedSessionOptions: { enabled: false },
    serverSettings: { baseUrl: BASE, wsUrl, token: "" }, // the cookie logs us in
  };
  const config = api.makeConfiguration(options, window.thebe.events);
  server = api.makeServer(config);
  await Promise.all([server.connectToJupyterServer(), server.ready]);
  rendermime = api.makeRenderMimeRegistry(config.mathjax);
  const blocks = cells.map(({ id, box }) => ({ id, source: code(box).textContent.trim() }));
  notebook = api.setupNotebookFromBlocks(blocks, config, rendermime);
  cells.forEach(edit);
}

function code(box) {
  return box.querySelector(".cell_input pre");
}

/** An editor in the place of the cell's code; below it a Run button and a place for its output. */
function edit(cell) {
  const { box, id, number } = cell;
  const button = make("button", { class: "live-button", "aria-label": `Run cell ${number}` }, "Run");
  button.onclick = () => run([cell]);
  cell.state = make("span", { class: "live-state" });
  cell.recorded = box.querySelector(".cell_output");
  if (cell.recorded) cell.state.textContent = "below: recorded with the book";
  cell.output = make("div", { class: "cell_output live-output" });
  const controls = make("div", { class: "live-controls" }, button, cell.state);
  box.append(controls, ...(cell.recorded ? [cell.recorded] : []), cell.output);
  cell.thebe = notebook.getCellById(id);
  cell.thebe.clearOnError = () => {}; // what was printed stays; our own words say the rest

  const placeholders = { source: box.querySelector(".cell_input > div"), output: cell.output };
  const codeMirrorConfig = {
    theme: "hpclab",
    lineNumbers: false,
    indentUnit: 4,
    lineWrapping: true, // nothing scrolls sideways, on a telephone neither
    viewportMargin: Infinity, // all lines are in the page, for whoever searches it
  };
  window.thebe.renderAllCells({ codeMirrorConfig, ...OUR_OWN_BUTTONS }, notebook, [{ id, placeholders }]);
  const editor = box.querySelector(".CodeMirror").CodeMirror;
  editor.setOption("screenReaderLabel", `Code of cell ${number}`);
  // Tab must leave the editor (WCAG 2.1.2).
  const keys = { Tab: false, "Shift-Tab": false, "Shift-Enter": () => run([cell]) };
  editor.setOption("extraKeys", { ...editor.getOption("extraKeys"), ...keys });
}

/** Run the cells that were asked for after those that run already; one that fails ends it. */
function run(asked) {
  const fresh = asked.filter((cell) => !cell.waits);
  if (!session || !fresh.length) return;
  for (const cell of fresh) mark(cell, "waits", true);
  const what = fresh.length > 1 ? `${fresh.length} cells` : `cell ${fresh[0].number}`;
  last = last.then(async () => {
    say(`Running ${what} …`);
    const result = await runInOrder(fresh);
    if (result) say(result);
  });
}

/** What to say at the end: nothing if Python ended, because that was told already. */
async function runInOrder(asked) {
  for (const [at, cell] of asked.entries()) {
    const result = session && (await runOne(cell));
    if (result && !result.error) continue;
    const rest = asked.slice(at + 1);
    for (const other of rest) mark(other, "not run", false);
    if (!result) {
      mark(cell, "stopped", false);
      return "";
    }
    const why = `Cell ${cell.number} failed: the error stands below it.`;
    return rest.length ? `${why} The cells after it were not run.` : why;
  }
  return asked.length > 1 ? `All ${asked.length} cells have run.` : `Cell ${asked[0].number} has run.`;
}

/** Run one cell: Thebe's result, or null if Python ended before the cell did. */
async function runOne(cell) {
  const { output, recorded } = cell;
  mark(cell, "runs …", true);
  // The cell keeps its height until its output is there, so that the page does not jump.
  output.style.minHeight = `${(recorded ?? output).offsetHeight}px`;
  recorded?.remove();
  cell.recorded = null;
  const result = await cell.thebe.execute();
  output.style.minHeight = "";
  for (const part of output.querySelectorAll(".jp-OutputArea-output, pre"))
    if (part.scrollWidth > part.clientWidth) part.tabIndex = 0; // the keyboard can scroll it
  if (result) mark(cell, result.error ? "failed" : "ran here", false);
  return result;
}

function mark(cell, text, waits) {
  cell.waits = waits;
  cell.state.textContent = text;
}

/** Say what becomes of Python without us. */
function listen(kernel) {
  kernel.statusChanged.connect((_, now) => {
    if (now === "autorestarting")
      say("Python ended, perhaps for want of memory, and was started anew. Run all cells again.");
    if (now === "dead") end();
  });
  kernel.connectionStatusChanged.connect((_, now) => {
    if (now === "connecting") setTimeout(() => kernel.connectionStatus === now && say(LOST), 3000);
    if (now === "connected" && status.textContent === LOST) say("Your Jupyter Server is back.");
  });
}

/** End Python. What the page shows stays, and the button starts it again. */
function end() {
  const ended = session;
  session = null;
  // Whoever waits for a cell must not wait on if the server cannot be asked.
  ended?.shutdown().catch(console.warn).finally(() => ended.dispose());
  show(false);
  say("Python has stopped. What the cells printed stays here until you leave the page.");
}

function show(live) {
  starting = false;
  if (!live && document.activeElement === stop) main.focus(); // before it is hidden
  bar.classList.toggle("is-live", live);
  main.textContent = live ? "Run all" : "Run this page";
  stop.hidden = help.hidden = !live;
}

function say(text) {
  status.textContent = text;
}

function xsrf() {
  return document.cookie.match(/(?:^|; )_xsrf=([^;]*)/)?.[1];
}

addEventListener("pagehide", () => {
  const headers = { "X-XSRFToken": xsrf() };
  const request = { method: "DELETE", keepalive: true, headers }; // goes on when the page is gone
  if (session) fetch(`${BASE}api/sessions/${session.id}`, request);
});
addEventListener("pageshow", (event) => event.persisted && notebook && location.reload());

offer();
