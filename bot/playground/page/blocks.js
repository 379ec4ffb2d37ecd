/**
 * Blocks as Slack draws them, on any surface: a message, a modal, Home.
 *
 * A block type that is not drawn says so in its place, so that nothing an app posted goes missing unnoticed.
 */

import { h, reconcile } from "/static/dom.js";
import { acting, holding } from "/static/elements.js";
import { isGroup } from "/static/inputs.js";
import { mrkdwn, textObject } from "/static/mrkdwn.js";
import { richText } from "/static/richtext.js";

/** @typedef {import("/static/act.js").Surface} Surface */

let lastId = 0;

function section(block, surface) {
  const fields = block.fields?.map((field) => h("div", { class: "field" }, textObject(field)));
  return h("div", { class: "section" },
    h("div", { class: "section-words" },
      block.text ? h("div", { class: "words" }, textObject(block.text)) : null,
      fields ? h("div", { class: "fields" }, fields) : null),
    block.accessory ? h("div", { class: "accessory" }, acting(surface, block.block_id, block.accessory)) : null);
}

function contextBlock(block) {
  return h("div", { class: "context" }, block.elements.map((element) =>
    h("span", {}, element.type === "image" ? `[${element.alt_text}]` : textObject(element))));
}

function actions(block, surface) {
  return h("div", { class: "actions", role: "group" }, block.elements.map((element) => acting(surface, block.block_id, element)));
}

/** A labelled field. Its error is written into it later, by `showErrors`. */
function input(block, surface) {
  const id = `field-${++lastId}`;
  const { element } = block;
  const group = isGroup(element.type);
  const described = [`${id}-error`, block.hint ? `${id}-hint` : null].filter(Boolean).join(" ");
  const attributes = {
    id,
    "aria-describedby": described,
    "aria-labelledby": group ? `${id}-label` : null,
    "aria-required": block.optional || group ? null : "true",
  };
  const touched = () => say(node, "");
  const field = holding(surface, block.block_id, element, { attributes, dispatches: Boolean(block.dispatch_action), touched });
  const words = [textObject(block.label), block.optional ? h("span", { class: "optional" }, " (optional)") : null];
  const label = group ? h("span", { id: `${id}-label`, class: "label" }, words) : h("label", { for: id, class: "label" }, words);
  const node = h("div", { class: "input" }, label, field,
    h("p", { id: `${id}-error`, class: "field-error", role: "alert", hidden: true, data: { testid: "modal-error", for: block.block_id } }),
    block.hint ? h("p", { id: `${id}-hint`, class: "hint" }, textObject(block.hint)) : null);
  return node;
}

function table(block) {
  const cell = (tag) => (item, column) => h(tag, { class: `align-${block.column_settings?.[column]?.align ?? "left"}`, scope: tag === "th" ? "col" : null },
    item.type === "rich_text" ? richText(item) : item.text ?? "");
  const [head, ...rest] = block.rows;
  return h("div", { class: "table", tabindex: "0", role: "region", "aria-label": "Table" }, h("table", {},
    h("thead", {}, h("tr", {}, head.map(cell("th")))),
    h("tbody", {}, rest.map((row) => h("tr", {}, row.map(cell("td")))))));
}

const picture = (block) => h("figure", { class: "image" },
  block.title ? h("figcaption", {}, textObject(block.title)) : null,
  h("div", { class: "picture", role: "img", "aria-label": block.alt_text }, `[picture: ${block.alt_text}]`));

const LEVELS = { info: "ℹ Note", success: "✓ Done", warning: "⚠ Warning", error: "⚠ Error" };

const DRAWERS = {
  section,
  actions,
  input,
  table,
  image: picture,
  rich_text: richText,
  context: contextBlock,
  header: (block) => h("h3", { class: "header" }, textObject(block.text)),
  divider: () => h("hr", {}),
  markdown: (block) => h("div", { class: "words" }, block.text),
  alert: (block) => h("div", { class: `alert ${block.level ?? "info"}` },
    h("strong", {}, LEVELS[block.level] ?? LEVELS.info), " ", typeof block.text === "string" ? mrkdwn(block.text) : textObject(block.text)),
};

/** @param {any} block @param {Surface} surface */
function draw(block, surface) {
  const inner = DRAWERS[block.type]?.(block, surface)
    ?? h("div", { class: "unknown" }, `(a ${block.type} block, which the playground does not draw)`);
  return h("div", { class: "block", data: { blockId: block.block_id, blockType: block.type } }, inner);
}

/**
 * Show these blocks in a node; those that did not change keep their nodes and what is typed in them.
 * @param {Element} parent @param {any[]} list @param {Surface} surface
 */
export function drawBlocks(parent, list, surface) {
  const order = new Map(list.map((block, index) => [block, block.block_id ?? String(index)]));
  reconcile(parent, list, {
    key: (block) => order.get(block),
    sign: (block) => JSON.stringify(block),
    draw: (block) => draw(block, surface),
  });
}

/** Write one field's error, or take it away. @param {HTMLElement} block @param {string} words */
function say(block, words) {
  const error = block.querySelector(".field-error");
  error.textContent = words ? `⚠ ${words}` : "";
  error.hidden = words === "";
  const field = document.getElementById(error.id.replace(/-error$/, ""));
  if (words) field?.setAttribute("aria-invalid", "true");
  else field?.removeAttribute("aria-invalid");
}

/**
 * Write the errors at their fields and put the focus on the first.
 * @param {HTMLElement} root @param {Record<string, string>} errors block id -> words
 */
export function showErrors(root, errors) {
  let first = null;
  for (const block of root.querySelectorAll('[data-block-type="input"]')) {
    const words = errors[block.dataset.blockId] ?? "";
    say(block, words);
    if (words) first ??= block.querySelector("input, select, textarea");
  }
  first?.focus();
}
