/**
 * The elements that hold a value, drawn with the browser's own controls.
 *
 * Each drawer takes the element, its value, the attributes that tie it to its label, and one `change`
 * callback; it knows nothing of where it stands.
 */

import { h } from "/static/dom.js";
import { textObject } from "/static/mrkdwn.js";
import { person, state } from "/static/store.js";

/**
 * @typedef {{raw: any, attributes: Record<string, any>, change: (raw: any) => void, enter: (() => void) | null}} Wiring
 */

const placeholder = (element) => element.placeholder?.text ?? null;

/** One line of text, or several. `enter` is what Enter does, where the app asked for it. */
function text(kind, mode = null) {
  return (element, { raw, attributes, change, enter }) => {
    const node = h(element.multiline ? "textarea" : "input", {
      ...attributes,
      class: "control",
      type: element.multiline ? null : kind,
      inputmode: mode,
      rows: element.multiline ? 3 : null,
      value: raw ?? "",
      placeholder: placeholder(element),
      autocomplete: "off",
      autofocus: element.focus_on_load,
      on: { input: () => change(node.value) },
    });
    if (enter && !element.multiline) {
      node.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" || event.isComposing) return;
        event.preventDefault(); // or it would submit the modal as well
        enter();
      });
    }
    return node;
  };
}

/** A calendar or a clock. */
function moment(kind, { read = (raw) => raw, write = (shown) => shown } = {}) {
  return (element, { raw, attributes, change }) => {
    const node = h("input", { ...attributes, class: "control", type: kind, value: raw ? read(raw) : "", on: { change: () => change(write(node.value)) } });
    return node;
  };
}

const epoch = {
  read(raw) {
    const at = new Date(Number(raw) * 1000);
    return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
  },
  write: (shown) => (shown ? String(Math.floor(new Date(shown).getTime() / 1000)) : null),
};

/** A menu whose choices come from `choices`. */
function select(choices, many = false) {
  return (element, { raw, attributes, change }) => {
    const chosen = new Set([raw].flat());
    const option = ({ value, label }) => h("option", { value, selected: chosen.has(value) }, label);
    const groups = choices(element).map((item) => (item.options
      ? h("optgroup", { label: item.label }, item.options.map(option)) : option(item)));
    const none = many ? null : h("option", { value: "", selected: chosen.has(null) }, placeholder(element) ?? "Choose…");
    const read = () => (many ? [...node.selectedOptions].map((item) => item.value) : node.value);
    const node = h("select", { ...attributes, class: "control", multiple: many, on: { change: () => change(read()) } }, none, groups);
    return node;
  };
}

const plain = (options) => options.map((option) => ({ value: option.value, label: option.text.text }));
const written = (element) => (element.option_groups
  ? element.option_groups.map((group) => ({ label: group.label.text, options: plain(group.options) }))
  : plain(element.options ?? []));
const people = () => [...state.people.values()].filter((one) => one.kind !== "deactivated")
  .map((one) => ({ value: one.id, label: one.kind === "member" ? one.real_name : `${one.real_name} (${one.kind})` }));

function conversations(element) {
  const include = element.filter?.include ?? ["public", "private", "im"];
  return state.channels.filter((one) => include.includes(one.kind))
    .map((one) => ({ value: one.id, label: one.kind === "im" ? `@${person(one.with).real_name}` : `#${one.name}` }));
}

const channels = () => conversations({ filter: { include: ["public"] } });

let lastGroup = 0;

/** Radio buttons or checkboxes. */
function choices(kind, role) {
  return (element, { raw, attributes, change }) => {
    const chosen = new Set([raw].flat());
    const name = `group-${++lastGroup}`;
    const { id, ...rest } = attributes;
    const inputs = element.options.map((option) => h("input", { type: kind, name, value: option.value, checked: chosen.has(option.value) }));
    const labels = element.options.map((option, index) => h("label", { class: "choice" }, inputs[index],
      h("span", {}, h("span", {}, textObject(option.text)), option.description ? h("small", {}, textObject(option.description)) : null)));
    const read = () => inputs.filter((node) => node.checked).map((node) => node.value);
    const told = () => change(kind === "radio" ? read()[0] ?? null : read());
    return h("div", { ...rest, id, role, class: "choices", on: { change: told } }, labels);
  };
}

const DRAWERS = {
  plain_text_input: text("text"),
  number_input: text("text", "decimal"),
  email_text_input: text("email"),
  url_text_input: text("url"),
  datepicker: moment("date"),
  timepicker: moment("time"),
  datetimepicker: moment("datetime-local", epoch),
  static_select: select(written),
  users_select: select(people),
  conversations_select: select(conversations),
  channels_select: select(channels),
  multi_static_select: select(written, true),
  multi_users_select: select(people, true),
  multi_conversations_select: select(conversations, true),
  multi_channels_select: select(channels, true),
  radio_buttons: choices("radio", "radiogroup"),
  checkboxes: choices("checkbox", "group"),
};

/** Whether an element of this type holds a value. */
export const holdsValue = (type) => type in DRAWERS;

/** Whether its control is a group of controls, which a <label for> cannot name. */
export const isGroup = (type) => type === "radio_buttons" || type === "checkboxes";

/** @param {any} element @param {Wiring} wiring @returns {HTMLElement} */
export const control = (element, wiring) => DRAWERS[element.type](element, wiring);
