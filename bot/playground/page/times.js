/** Moments as people read them: a message's clock time, and Slack's `<!date^…>`. Always in the reader's zone. */

import { h } from "/static/dom.js";
import { link } from "/static/links.js";

const format = (options) => new Intl.DateTimeFormat("en", options);
const CLOCK = format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const CLOCK_SECONDS = format({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const NUMBERS = format({ year: "numeric", month: "2-digit", day: "2-digit" });
const PLAIN = format({ year: "numeric", month: "long", day: "numeric" });
const SHORT = format({ year: "numeric", month: "short", day: "numeric" });
const LONG = format({ weekday: "long", year: "numeric", month: "long", day: "numeric" });

const DAY_MS = 86_400_000;

/** today, tomorrow, yesterday, or the date itself */
function pretty(moment, otherwise) {
  const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
  const days = Math.round((midnight(moment) - midnight(new Date())) / DAY_MS);
  return { "-1": "yesterday", 0: "today", 1: "tomorrow" }[days] ?? otherwise.format(moment);
}

function ago(moment) {
  const seconds = (moment.getTime() - Date.now()) / 1000;
  const [unit, size] = [["day", 86_400], ["hour", 3600], ["minute", 60], ["second", 1]]
    .find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(Math.round(seconds / size), unit);
}

const TOKENS = {
  date_num: (moment) => NUMBERS.format(moment).replace(/(\d+)\/(\d+)\/(\d+)/, "$3-$1-$2"),
  date: (moment) => PLAIN.format(moment),
  date_short: (moment) => SHORT.format(moment),
  date_long: (moment) => LONG.format(moment),
  date_pretty: (moment) => pretty(moment, PLAIN),
  date_short_pretty: (moment) => pretty(moment, SHORT),
  date_long_pretty: (moment) => pretty(moment, LONG),
  time: (moment) => CLOCK.format(moment),
  time_secs: (moment) => CLOCK_SECONDS.format(moment),
  ago,
};

/** Draw Slack's date: the tokens filled in, or the fallback where the number is none. */
export function showDate(seconds, pattern, fallback, url = null) {
  const moment = new Date(seconds * 1000);
  if (Number.isNaN(moment.getTime())) return document.createTextNode(fallback);
  const text = pattern.replace(/\{(\w+)\}/g, (whole, name) => TOKENS[name]?.(moment) ?? whole);
  const time = h("time", { datetime: moment.toISOString(), title: moment.toString() }, url ? link(url, text) : text);
  return time;
}

/** The clock time of a message, by its ts. */
export function clock(ts) {
  const moment = new Date(Number(ts.split(".")[0]) * 1000);
  return h("time", { class: "clock", datetime: moment.toISOString(), title: moment.toString() }, CLOCK.format(moment));
}
