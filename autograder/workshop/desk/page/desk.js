// The desk: shows what the server says, and asks it to do things. Every word that comes from
// elsewhere is put into the page as text.

const root = new URL("./", location.href);
const $ = (id) => document.getElementById(id);
let state = null;

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function signed(sign, ...words) {
  return [make("span", { "aria-hidden": "true" }, sign), " ", ...words];
}

async function post(path, said = {}) {
  const xsrf = document.cookie.match(/(?:^|; )_xsrf=([^;]+)/);
  const answer = await fetch(new URL(path, root), {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-XSRFToken": xsrf ? xsrf[1] : "" },
    body: JSON.stringify(said),
  }).catch(() => null);
  if (answer?.ok) update(await answer.json());
  else {
    const why = await answer?.json().catch(() => null);
    $("run-state").textContent = `! ${why?.reason || why?.message || "The server does not answer."}`;
  }
  return Boolean(answer?.ok);
}

/** Ask for an action, unless one is at work. */
function act(said) {
  if (state?.run.state === "running") {
    $("run-state").textContent = `… “${state.run.words}” is at work: one thing at a time.`;
    return Promise.resolve(false);
  }
  return post("api/do", said);
}

const RUNS = {
  none: "Nothing yet.", running: "… At work: ", done: "✓ Done: ", failed: "✗ Failed: ",
  waits: "! Done, and some of it waits for a person: ", stopped: "■ Stopped: ",
};

function showRun(run) {
  const words = RUNS[run.state] + run.words;
  if ($("run-state").textContent !== words) $("run-state").textContent = words;
  const stop = $("stop");
  const lost = document.activeElement === stop && run.state !== "running";
  stop.hidden = run.state !== "running";
  if (lost) $("run-state").focus(); // not back to the top of the page
  const text = $("run-text");
  if (text.textContent !== run.text) {
    const follows = text.scrollTop + text.clientHeight >= text.scrollHeight - 5;
    text.textContent = run.text;
    if (follows) text.scrollTop = text.scrollHeight;
  }
  text.hidden = !run.text;
  // Not `disabled`, which would take the focus away from who has just pressed one.
  for (const button of document.querySelectorAll("main button:not(#stop)"))
    button.setAttribute("aria-disabled", String(run.state === "running"));
}

function person(one, minutes, sign, what) {
  const where = one.lesson ? `, at ${one.lesson}: ${one.task}` : "";
  const name = one.name || one.user;
  return make("li", {}, ...signed(sign, make("strong", {}, name), ` (${one.pseudonym}) ${what} `,
    `for ${minutes} min${where}`));
}

function showPeople({ wall, answers, help, stuck }) {
  $("wall").hidden = !wall;
  const words = !wall ? "This workshop has no wall, which would tell."
    : !answers ? "The wall does not answer; it is started again by itself."
    : !(help.length + stuck.length) ? "Nobody." : "";
  const items = [...help.map((one) => person(one, one.help, "!", "asks for help")),
    ...stuck.map((one) => person(one, one.stuck, "…", "has been stuck"))];
  $("people").replaceChildren(words ? make("p", {}, words) : make("ul", {}, ...items));
}

function button(words, name, press) {
  const made = make("button", { type: "button", id: name }, words);
  made.addEventListener("click", press);
  return made;
}

function deadline(lesson) {
  const id = `due-${lesson.slug}`;
  const time = make("input", { type: "datetime-local", id });
  if (lesson.due) time.value = lesson.due;
  const form = make("form", { class: "row" }, make("label", { for: id }, "Deadline"), time,
    make("button", { type: "submit", id: `${id}-set`, "aria-label": `Set the deadline of ${lesson.title}` }, "Set"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    delete time.dataset.typed;
    act({ do: "deadline", lesson: lesson.slug, time: time.value || "none" });
  });
  return form;
}

function lessonPart(lesson) {
  const release = button(lesson.released ? "Release again" : "Release to all", `release-${lesson.slug}`,
    () => act({ do: "release", lesson: lesson.slug }));
  release.className = lesson.released ? "quiet" : "";
  release.setAttribute("aria-label", `${release.textContent}: ${lesson.title}`);
  const state = lesson.released ? signed("✓", "released") : signed("○", "held back");
  const slides = make("a", { href: `../course/slides/${lesson.slug}.html` }, "Slides");
  slides.setAttribute("aria-label", `Slides of ${lesson.title}`);
  const page = make("a", { href: `../course/lessons/${lesson.slug}.html` }, lesson.title);
  return make("div", {},
    make("div", { class: "row" }, make("h3", {}, page), release),
    make("p", { class: "facts" }, ...state, ` · ${lesson.handed_in} handed in · ${lesson.graded} graded · `, slides),
    deadline(lesson));
}

function showDay(plan, lessons) {
  const known = new Map(lessons.map((lesson) => [lesson.slug, lesson]));
  const items = plan.slots.map((slot) => {
    const when = make("div", {}, make("time", {}, slot.begin), "–", make("time", {}, slot.end),
      ` (${slot.minutes} min)`, ...(slot.now ? [make("br"), make("strong", {}, ...signed("▶", "now"))] : []));
    const what = slot.lesson ? lessonPart(known.get(slot.lesson)) : make("div", {}, slot.title);
    if (slot.lesson) known.delete(slot.lesson);
    return make("li", slot.now ? { class: "now" } : {}, when, what);
  });
  for (const lesson of known.values())
    items.push(make("li", {}, make("div", {}, "not in the plan"), lessonPart(lesson)));
  // What somebody is typing, and where they are, outlives a change of the rest.
  const focused = document.activeElement?.id;
  const typed = [...document.querySelectorAll("#lessons input")].filter((one) => one.dataset.typed);
  $("lessons").replaceChildren(...items);
  for (const old of typed)
    if ($(old.id)) Object.assign($(old.id), { value: old.value }).dataset.typed = "yes";
  if (focused && focused !== document.activeElement?.id) $(focused)?.focus();
}

function choices(select, names, chosen) {
  if (select.dataset.names === names.join()) return;
  select.dataset.names = names.join();
  select.replaceChildren(...names.map((name) => make("option", { value: name }, name || "all lessons in order")));
  if (chosen !== undefined) select.value = chosen;
}

function showNotes(notes) {
  const items = notes.toReversed().map((note) => make("li", {},
    make("time", {}, new Date(note.at).toTimeString().slice(0, 5)), " ",
    note.text ?? `released: ${note.lesson}`));
  $("notes").replaceChildren(...items);
  $("notes").hidden = !items.length;
}

function showMarks(names) {
  $("marks").replaceChildren(...names.map((name) => make("li", {},
    make("a", { href: `marks/${name}`, download: `marks-${name}` }, `marks-${name}`))));
  $("marks").hidden = !names.length;
}

function update(now) {
  const changed = (...keys) => !state || keys.some((key) => JSON.stringify(now[key]) !== JSON.stringify(state[key]));
  if (changed("course")) $("course").textContent = `of ${now.course}`;
  if (changed("plan")) {
    choices($("plan-name"), now.plan.names.length ? now.plan.names : [""], now.plan.name);
    if (state?.plan.name !== now.plan.name) $("plan-name").value = now.plan.name;
    if (state?.plan.start !== now.plan.start) $("plan-start").value = now.plan.start;
    $("clock").textContent = `It is ${now.plan.clock}.`;
  }
  if (changed("formats")) choices($("format"), now.formats);
  if (changed("plan", "lessons")) showDay(now.plan, now.lessons);
  if (changed("notes")) showNotes(now.notes);
  if (changed("marks")) showMarks(now.marks);
  if (changed("people")) showPeople(now.people);
  $("note-text").maxLength = now.longest;
  state = now;
  showRun(now.run);
}

$("lessons").addEventListener("input", (event) => { event.target.dataset.typed = "yes"; });
$("stop").addEventListener("click", () => post("api/stop"));
$("grade").addEventListener("click", () => act({ do: "grade" }));
$("feedback").addEventListener("click", () => act({ do: "feedback" }));
function onSubmit(id, said, after = () => {}) {
  $(id).addEventListener("submit", async (event) => {
    event.preventDefault();
    if (await act(said())) after();
  });
}
onSubmit("note", () => ({ do: "note", text: $("note-text").value }), () => { $("note-text").value = ""; });
onSubmit("export", () => ({ do: "export", format: $("format").value }));
onSubmit("late", () => ({ do: "late", late: $("late-rule").value }));
onSubmit("plan", () => ({ do: "plan", plan: $("plan-name").value, start: $("plan-start").value }));

const source = new EventSource(new URL("api/events", root));
source.onmessage = (message) => {
  $("away").hidden = true;
  update(JSON.parse(message.data));
};
source.onerror = () => { $("away").hidden = false; };
