/**
 * What a newcomer may try next, and whom to be for it: one strip with the present step, a list on demand.
 *
 * The steps come from <meta name="guide"> or /static/guide.json: {title, steps: [{text, as?, channel?, say?,
 * done?}]}. `as` is whom to be, `say` words for the composer, `done` what ends the step: `command`, `post`,
 * `submit`, `submit:<callback_id>`, `click`, `click:<action_id>` (or a menu entry's value), `open_home`, `as:<user id>`, `thread`.
 */

import { write } from "/static/composer.js";
import { fill, h } from "/static/dom.js";
import { meta, onDeed } from "/static/net.js";
import { goTo } from "/static/route.js";
import { become } from "/static/session.js";
import { changed, person, state } from "/static/store.js";

/** @typedef {{text: string, as?: string, channel?: string, say?: string, done?: string}} Step */

/** @type {{title: string, steps: Step[]} | null} */
let guide = null;
let shown = sessionStorage.getItem("guide:shown") !== "no" && !matchMedia("(max-width: 800px)").matches;
let whole = false;

const current = () => Number(sessionStorage.getItem("guide:step") ?? 0);
const toStep = (index) => {
  sessionStorage.setItem("guide:step", String(Math.max(0, Math.min(index, guide.steps.length))));
  changed();
};

/** What holds for any app, made from what it registered. */
function generic() {
  const command = state.commands[0];
  const say = command ? `${command.command} ${command.usage_hint ?? ""}`.trim() : "Hello";
  return {
    title: "Try next",
    steps: [
      { text: `Write “${say}” in a channel that the app is in.`, say, done: command ? "command" : "post" },
      { text: "Open the thread under the app's message.", done: "thread" },
      { text: "Be somebody else (top left) and press a button in the thread.", done: "click" },
      { text: "Look at the app's Home.", done: "open_home" },
    ],
  };
}

/** Find the guide's words; the generic ones stand in where there are none. */
export async function loadGuide() {
  const inline = meta("guide");
  if (inline) guide = JSON.parse(inline);
  else {
    const response = await fetch("/static/guide.json");
    if (!response.ok) return;
    guide = await response.json();
  }
  changed();
}

onDeed((verb, body, as) => {
  const done = [verb, `${verb}:${body.action_id ?? ""}`];
  const view = verb === "submit" && state.views.find((one) => one.id === body.view_id);
  if (view) done.push(`submit:${view.callback_id}`);
  if (typeof body.option === "string") done.push(`click:${body.option}`);
  advance(done, as);
});

/** Go on if this person has done what the step asks for. */
function advance(done, as) {
  const step = guide?.steps[current()];
  if (step?.done && done.includes(step.done) && (step.as ?? as) === as) toStep(current() + 1);
}

export function toggleGuide() {
  shown = !shown;
  sessionStorage.setItem("guide:shown", shown ? "yes" : "no");
  changed();
}

const press = (label, go, data = {}) => h("button", { type: "button", class: "btn small", data, on: { click: go } }, label);

/** Whom the present step is for, or null. */
export const wanted = () => guide?.steps[current()]?.as ?? null;

/** The buttons that help with a step. @param {Step} step */
function helps(step) {
  const other = step.as && step.as !== state.me && state.people.has(step.as);
  const fillIn = () => {
    if (step.channel && step.channel !== state.place.channel) goTo(step.channel);
    setTimeout(() => {
      const inThread = step.say.startsWith("/") ? null : document.querySelector('[data-testid="thread-composer"]');
      const field = inThread ?? document.querySelector('[data-testid="composer"]');
      if (field === null) return;
      write(field, step.say);
      field.focus();
    });
  };
  return [
    other ? press(`Be ${person(step.as).real_name}`, () => become(step.as), { testid: "guide-be" }) : null,
    !other && step.say ? press("Put it in the composer", fillIn, { testid: "guide-say" }) : null,
  ];
}

/** @param {HTMLElement} node */
export function drawGuide(node) {
  if (!state.ready) return;
  guide ??= generic();
  advance([`as:${state.me}`, state.place.thread ? "thread" : ""], state.me);
  node.hidden = !shown;
  if (!shown) return;
  const key = JSON.stringify([guide, current(), whole, state.me]);
  if (node.dataset.key === key) return;
  node.dataset.key = key;
  const step = guide.steps[current()];
  const all = () => { whole = !whole; changed(); };
  fill(node,
    h("p", { class: "guide-now" },
      h("strong", {}, step ? `${guide.title} (${current() + 1}/${guide.steps.length}): ` : `${guide.title}: `),
      step ? step.text : "you have seen it all. Carry on as you like."),
    h("div", { class: "guide-buttons" }, step ? helps(step) : null,
      current() > 0 ? press("‹ Back", () => toStep(current() - 1)) : null,
      step ? press("Next ›", () => toStep(current() + 1)) : null,
      press(whole ? "Fewer steps" : "All steps", all), press("Hide", toggleGuide)),
    whole ? h("ol", { class: "guide-all" }, guide.steps.map((one, index) => h("li", { class: index < current() ? "done" : "" },
      index < current() ? "✓ " : "", one.text))) : null);
}
