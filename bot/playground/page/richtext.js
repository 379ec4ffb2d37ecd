/** A rich_text block as nodes. Its text is shown as it is: no mrkdwn, no emoji names, no links but its own. */

import { h } from "/static/dom.js";
import { channelMention, groupMention, link, userMention } from "/static/links.js";
import { showDate } from "/static/times.js";

const STYLES = [["code", "code"], ["strike", "s"], ["italic", "em"], ["bold", "strong"], ["underline", "u"], ["highlight", "mark"]];

const INLINE = {
  text: (element) => document.createTextNode(element.text),
  link: (element) => link(element.url, element.text ?? null),
  user: (element) => userMention(element.user_id),
  channel: (element) => channelMention(element.channel_id),
  usergroup: (element) => groupMention(element.usergroup_id),
  broadcast: (element) => h("span", { class: "mention" }, `@${element.range}`),
  emoji: (element) => document.createTextNode(sign(element)),
  date: (element) => showDate(element.timestamp, element.format ?? "{date}", element.fallback ?? "", element.url),
  color: (element) => h("code", {}, element.value),
};

function sign({ unicode, name }) {
  if (!unicode) return `:${name}:`;
  return String.fromCodePoint(...unicode.split("-").map((code) => Number.parseInt(code, 16)));
}

/** One inline element in its styles. */
function piece(element) {
  const draw = INLINE[element.type];
  if (draw === undefined) return h("span", { class: "unknown" }, `(${element.type})`);
  let node = draw(element);
  for (const [style, tag] of STYLES) if (element.style?.[style]) node = h(tag, {}, node);
  return node;
}

const pieces = (elements) => elements.map(piece);

const PARTS = {
  rich_text_section: (part) => h("div", { class: "rt-section" }, pieces(part.elements)),
  rich_text_preformatted: (part) => h("pre", { class: "pre" }, pieces(part.elements)),
  rich_text_quote: (part) => h("blockquote", {}, pieces(part.elements)),
  rich_text_list(part) {
    const ordered = part.style === "ordered";
    const items = part.elements.map((item) => h("li", {}, pieces(item.elements)));
    const start = ordered && part.offset ? part.offset + 1 : null;
    return h(ordered ? "ol" : "ul", { class: `rt-list indent-${part.indent ?? 0}`, start }, items);
  },
};

/** @param {{elements: any[]}} block */
export function richText(block) {
  return h("div", { class: "rich-text" }, block.elements.map((part) =>
    PARTS[part.type]?.(part) ?? h("div", { class: "unknown" }, `(${part.type} is not drawn here)`)));
}

