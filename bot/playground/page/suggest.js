/**
 * Suggestions while somebody types a `/command` or an `@name`: arrows choose, Enter or Tab takes, Esc leaves.
 *
 * Once the word is complete nothing is suggested any more, so that Enter sends.
 */

import { fill, h } from "/static/dom.js";
import { state } from "/static/store.js";

const MOST = 6;
let lastId = 0;

/** @returns {{insert: string, label: string, more: string}[]} */
function candidates(before, place) {
  const command = /^\/\S*$/.exec(before)?.[0];
  if (command) {
    return state.commands.filter((one) => one.command.startsWith(command) && one.command !== command)
      .map((one) => ({ insert: `${one.command} `, label: one.command, more: one.usage_hint || one.description || "" }));
  }
  const mention = /(?:^|\s)@(\w*)$/.exec(before)?.[1]?.toLowerCase();
  if (mention === undefined) return [];
  return [...state.people.values()].filter((one) => !place.members || place.members.includes(one.id))
    .filter((one) => one.name.toLowerCase() !== mention)
    .filter((one) => [one.name, ...one.real_name.split(" ")].some((word) => word.toLowerCase().startsWith(mention)))
    .map((one) => ({ insert: `@${one.name} `, label: `@${one.name}`, more: one.real_name }));
}

/** Give a text field its list of suggestions. @param {HTMLTextAreaElement} field */
export function suggesting(field, place) {
  const id = `suggest-${++lastId}`;
  const list = h("ul", { id, class: "suggestions", role: "listbox", "aria-label": "Suggestions", hidden: true });
  let found = [];
  let at = 0;

  const show = () => {
    list.hidden = found.length === 0;
    field.setAttribute("aria-expanded", String(!list.hidden));
    if (list.hidden) field.removeAttribute("aria-activedescendant");
    else field.setAttribute("aria-activedescendant", `${id}-${at}`);
    fill(list, found.map((one, index) => h("li", {
      id: `${id}-${index}`, role: "option", "aria-selected": String(index === at),
      on: { pointerdown: (event) => { event.preventDefault(); take(index); } },
    }, h("strong", {}, one.label), " ", h("span", { class: "quiet" }, one.more))));
  };
  const look = () => {
    found = candidates(field.value.slice(0, field.selectionStart), place).slice(0, MOST);
    at = 0;
    show();
  };
  const take = (index) => {
    const caret = field.selectionStart;
    const start = field.value.slice(0, caret).search(/[/@]\S*$/);
    field.setRangeText(found[index].insert, start, caret, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  field.setAttribute("role", "combobox");
  field.setAttribute("aria-controls", id);
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-expanded", "false");
  field.addEventListener("input", look);
  field.addEventListener("blur", () => { found = []; show(); });
  field.addEventListener("keydown", (event) => {
    if (list.hidden || event.isComposing) return;
    const steps = { ArrowDown: at + 1, ArrowUp: at - 1 + found.length };
    if (event.key in steps) at = steps[event.key] % found.length;
    else if (event.key === "Enter" || event.key === "Tab") return event.preventDefault(), take(at);
    else if (event.key === "Escape") found = [];
    else return;
    event.preventDefault();
    show();
  });
  return h("div", { class: "suggesting" }, list, field);
}
