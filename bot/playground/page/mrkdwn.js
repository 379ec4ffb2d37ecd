/**
 * Slack's mrkdwn, read into nodes.
 *
 * Only what Slack documents is understood; anything else, `<script>` for one, stays the text that it is.
 * Entities (`&lt; &gt; &amp;`) are decoded last, when the piece can no longer be taken for markup.
 */

import { h } from "/static/dom.js";
import { emoji, withEmoji } from "/static/emoji.js";
import { channelMention, groupMention, link, userMention } from "/static/links.js";
import { showDate } from "/static/times.js";

const INLINE = new RegExp([
  "<([^<>\\n]+)>",
  "`([^`\\n]+)`",
  "(?<![\\w*])\\*(?=\\S)([^*\\n]+?)(?<=\\S)\\*(?![\\w*])",
  "(?<!\\w)_(?=\\S)([^_\\n]+?)(?<=\\S)_(?!\\w)",
  "(?<![\\w~])~(?=\\S)([^~\\n]+?)(?<=\\S)~(?![\\w~])",
  ":([a-z0-9_+-]+):",
].join("|"), "gu");

/** What `<`, `>` and `&` were before they were escaped. */
export const decode = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

/** Draw a string of mrkdwn. @param {string} text @returns {Node[]} */
export function mrkdwn(text) {
  return text.split("```").flatMap((piece, index, all) => {
    const fenced = index % 2 === 1 && index < all.length - 1;
    if (fenced) return [h("pre", { class: "pre" }, decode(piece.replace(/^\n|\n$/g, "")))];
    return quotes(index % 2 === 1 ? `\`\`\`${piece}` : piece);
  });
}

/** Draw a text object. Plain text is shown byte for byte, but for the emoji names it asks for. */
export function textObject({ type, text, emoji: named }) {
  return type === "mrkdwn" ? mrkdwn(text) : [document.createTextNode(named ? withEmoji(text) : text)];
}

/** Split off the lines that begin with `>`. */
function quotes(text) {
  const parts = [];
  for (const line of text.split("\n")) {
    const quoted = /^(?:&gt;|>) ?(.*)$/.exec(line);
    const last = parts.at(-1);
    const content = quoted ? quoted[1] : line;
    if (last && last.quoted === Boolean(quoted)) last.lines.push(content);
    else parts.push({ quoted: Boolean(quoted), lines: [content] });
  }
  return parts.flatMap(({ quoted, lines }) => {
    const nodes = inline(lines.join("\n"));
    return quoted ? [h("blockquote", {}, nodes)] : nodes;
  });
}

/** @param {string} text @returns {Node[]} */
function inline(text) {
  const nodes = [];
  let end = 0;
  const say = (piece) => { if (piece) nodes.push(document.createTextNode(decode(piece))); };
  for (const match of text.matchAll(INLINE)) {
    const node = token(match);
    if (node === null) continue;
    say(text.slice(end, match.index));
    nodes.push(node);
    end = match.index + match[0].length;
  }
  say(text.slice(end));
  return nodes;
}

/** One match of INLINE as a node, or null to leave it as text. */
function token([, angle, code, bold, italic, strike, name]) {
  if (angle !== undefined) return special(angle);
  if (code !== undefined) return h("code", {}, decode(code));
  if (bold !== undefined) return h("strong", {}, inline(bold));
  if (italic !== undefined) return h("em", {}, inline(italic));
  if (strike !== undefined) return h("s", {}, inline(strike));
  const sign = emoji(name);
  return sign === null ? null : document.createTextNode(sign);
}

/** What stands between angle brackets. */
function special(content) {
  const bar = content.indexOf("|");
  const target = bar < 0 ? content : content.slice(0, bar);
  const label = bar < 0 ? null : decode(content.slice(bar + 1));
  if (/^@[A-Z0-9]+$/.test(target)) return userMention(target.slice(1), label);
  if (/^#[A-Z0-9]+$/.test(target)) return channelMention(target.slice(1), label);
  if (/^!(here|channel|everyone)$/.test(target)) return h("span", { class: "mention" }, `@${target.slice(1)}`);
  if (target.startsWith("!subteam^")) return groupMention(target.slice(9), label);
  if (target.startsWith("!date^")) {
    const [, seconds, format, url] = target.split("^");
    return showDate(Number(seconds), decode(format ?? "{date}"), label ?? "", url && decode(url));
  }
  if (/^(https?:\/\/|mailto:)/i.test(target)) return link(decode(target), label);
  return null;
}
