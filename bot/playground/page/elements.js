/**
 * Block Kit elements where they act by themselves: in actions blocks, beside sections, in Home.
 *
 * What holds a value also acts on change; in an input block it acts only if the block says `dispatch_action`.
 */

import { act } from "/static/act.js";
import { h } from "/static/dom.js";
import { control, holdsValue } from "/static/inputs.js";
import { textObject } from "/static/mrkdwn.js";
import { openMenu } from "/static/menu.js";
import { follow, permalink } from "/static/route.js";
import { channel as channelOf } from "/static/store.js";

/** Slack waits for a pause in the typing before it sends `on_character_entered`. */
const PAUSE_MS = 400;

/** A press on a button that has a `url` opens it, and is still delivered. */
function openUrl(url) {
  const inside = permalink(url);
  if (inside && channelOf(inside.channel)) follow(inside);
  else if (/^https?:\/\//i.test(url)) window.open(url, "_blank", "noopener,noreferrer");
}

function button(surface, blockId, element) {
  const press = () => {
    if (element.url) openUrl(element.url);
    act(surface, { node, blockId, element }, { value: element.value });
  };
  const node = h("button", {
    type: "button",
    class: element.style ? `btn ${element.style}` : "btn",
    "aria-label": element.accessibility_label,
    title: element.accessibility_label ?? element.text.text,
    data: { actionId: element.action_id },
    on: { click: press },
  }, h("span", { class: "btn-text" }, textObject(element.text)));
  return node;
}

function overflow(surface, blockId, element) {
  const items = element.options.map((option) => ({
    label: option.text.text,
    description: option.description?.text,
    data: { optionValue: option.value },
    pick() {
      if (option.url) openUrl(option.url);
      act(surface, { node, blockId, element }, { option: option.value, selected: option.value });
    },
  }));
  const node = h("button", {
    type: "button", class: "btn more", "aria-label": "More actions", "aria-haspopup": "menu", "aria-expanded": "false",
    title: "More actions", data: { actionId: element.action_id }, on: { click: () => openMenu(node, items, "More actions") },
  }, "⋯");
  return node;
}

const picture = (element) => h("span", { class: "picture", role: "img", "aria-label": element.alt_text, title: element.alt_text }, `[picture: ${element.alt_text}]`);

/** An element that acts at once. @param {import("/static/act.js").Surface} surface */
export function acting(surface, blockId, element) {
  if (element.type === "button" || element.type === "workflow_button") return button(surface, blockId, element);
  if (element.type === "overflow") return overflow(surface, blockId, element);
  if (element.type === "image") return picture(element);
  if (!holdsValue(element.type)) return h("span", { class: "unknown" }, `(${element.type} is not drawn here)`);
  const label = element.accessibility_label ?? element.placeholder?.text ?? element.action_id;
  return holding(surface, blockId, element, { attributes: { "aria-label": label }, dispatches: true });
}

/**
 * An element that holds a value, and tells the app about it if `dispatches`.
 * @param {{attributes: Record<string, any>, dispatches: boolean, touched?: () => void}} how
 */
export function holding(surface, blockId, element, { attributes, dispatches, touched = () => {} }) {
  const typed = element.type.endsWith("_input");
  const when = element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
  let timer = 0;
  const tell = async () => {
    clearTimeout(timer);
    const raw = surface.fields.get(blockId, element);
    await act(surface, { node, blockId, element }, { value: raw, option: raw, selected: raw });
  };
  const change = (raw) => {
    surface.fields.set(blockId, element.action_id, raw);
    touched();
    if (!dispatches) return;
    if (!typed) tell();
    else if (when.includes("on_character_entered")) {
      clearTimeout(timer);
      timer = setTimeout(tell, PAUSE_MS);
    }
  };
  const enter = dispatches && typed && when.includes("on_enter_pressed") ? tell : null;
  const raw = surface.fields.get(blockId, element);
  const node = control(element, { raw, change, enter, attributes: { ...attributes, "data-action-id": element.action_id } });
  return node;
}

