/** The few emoji names that apps use; any other name stays `:name:`. */

const SIGNS = new Map(Object.entries({
  "+1": "👍", "-1": "👎", thumbsup: "👍", thumbsdown: "👎", tada: "🎉", eyes: "👀", wave: "👋", robot_face: "🤖",
  white_check_mark: "✅", heavy_check_mark: "✔️", ballot_box_with_check: "☑️", x: "❌", warning: "⚠️", no_entry: "⛔",
  no_entry_sign: "🚫", octagonal_sign: "🛑", rotating_light: "🚨", question: "❓", grey_question: "❔", exclamation: "❗",
  information_source: "ℹ️", bulb: "💡", memo: "📝", pencil: "✏️", pencil2: "✏️", lock: "🔒", unlock: "🔓", key: "🔑", bell: "🔔",
  hourglass: "⌛", hourglass_flowing_sand: "⏳", stopwatch: "⏱️", alarm_clock: "⏰", clock1: "🕐", calendar: "📅", zzz: "💤",
  gear: "⚙️", wrench: "🔧", hammer_and_wrench: "🛠️", rocket: "🚀", fire: "🔥", boom: "💥", link: "🔗", mag: "🔍", books: "📚",
  arrow_right: "➡️", arrow_left: "⬅️", arrow_up: "⬆️", arrow_down: "⬇️", repeat: "🔁", arrows_counterclockwise: "🔄",
  double_vertical_bar: "⏸️", black_square_for_stop: "⏹️", arrow_forward: "▶️", point_right: "👉", point_left: "👈",
  red_circle: "🔴", large_yellow_circle: "🟡", large_green_circle: "🟢", large_blue_circle: "🔵", white_circle: "⚪",
  chart_with_upwards_trend: "📈", bar_chart: "📊", mortar_board: "🎓", bust_in_silhouette: "👤", busts_in_silhouette: "👥",
  speech_balloon: "💬", speech_bubble: "💬", thinking_face: "🤔", star: "⭐", dart: "🎯", scroll: "📜", brain: "🧠", package: "📦",
}));

/** @param {string} name @returns {string | null} */
export const emoji = (name) => SIGNS.get(name) ?? null;

/** Put signs in place of names, as `emoji: true` asks for. */
export const withEmoji = (text) => text.replace(/:([a-z0-9_+-]+):/g, (whole, name) => emoji(name) ?? whole);
