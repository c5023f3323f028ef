// In a workshop, on each page: ask for help, show one's name on the wall, and what the wall sees.

import { address, make, onState } from "./progress.js";

const SEEN =
  "Once you run a check, the instructor's wall shows, under a pseudonym: which tasks you ran checks of, " +
  "the verdict of each, whether you have been at one for ten minutes, and whether you ask for help. " +
  "It may be projected. It never shows your code, your answers, or what a check printed. Your " +
  "instructors can look up whose pseudonym it is.";
const DOWN = "The wall does not answer. Raise your hand.";

const help = make("button", { type: "button", "aria-pressed": "false" }, "Ask for help");
const name = make("button", { type: "button", "aria-pressed": "false" }, "Show my name on the wall");
const status = make("p", { role: "status" });
const seen = make("details", {}, make("summary", {}, "What the wall sees"), make("p", {}, SEEN));
const bar = make("aside", { class: "room", "aria-label": "Your workshop" }, help, name, status, seen);
const known = {};

async function tell(said) {
  const xsrf = document.cookie.match(/(?:^|; )_xsrf=([^;]+)/);
  const answer = await fetch(address("api/room"), said && {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-XSRFToken": xsrf ? xsrf[1] : "" },
    body: JSON.stringify(said),
  }).catch(() => null);
  if (!answer?.ok) {
    status.textContent = DOWN;
    return;
  }
  Object.assign(known, await answer.json());
  for (const [button, on] of [[help, known.help], [name, known.name]]) {
    button.setAttribute("aria-pressed", on);
    button.classList.toggle("is-on", on);
  }
  const called = known.name ? known.called : known.pseudonym;
  status.textContent = (known.help ? "✓ You are asking for help: somebody will come. " : "") +
    `On the wall you are ${called}.`;
}

help.onclick = () => tell({ help: !known.help });
name.onclick = () => tell({ name: !known.name });
onState((state) => {
  if (!state.room || bar.isConnected) return;
  (document.querySelector(".bd-article") ?? document.querySelector("main")).prepend(bar);
  tell(null);
  document.addEventListener("visibilitychange", () => document.hidden || tell(null));
});
