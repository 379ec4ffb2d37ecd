/**
 * What somebody has typed or picked, kept apart from the nodes that show it.
 *
 * A value is the raw thing: a string, a list of option values, or null. It lives as long as its surface (a
 * modal, the Home tab, a message) and is found again by block_id and action_id, as in Slack: when the app
 * updates a view, typed text stays only where both ids stayed.
 */

/** @typedef {string | string[] | null} Raw */

const MANY = new Set(["checkboxes", "multi_static_select", "multi_users_select", "multi_conversations_select", "multi_channels_select"]);

/** Whether an element of this type holds a list. */
export const holdsMany = (type) => MANY.has(type);

/** The value an element starts with. @returns {Raw} */
export function initial(element, currentChannel) {
  if (holdsMany(element.type)) {
    const given = element.initial_options?.map((option) => option.value);
    return given ?? element.initial_users ?? element.initial_conversations ?? element.initial_channels ?? [];
  }
  const first = element.initial_option?.value ?? element.initial_value ?? element.initial_date ?? element.initial_time
    ?? element.initial_user ?? element.initial_conversation ?? element.initial_channel ?? element.initial_date_time;
  if (first !== undefined && first !== null) return String(first);
  return element.default_to_current_conversation ? currentChannel : null;
}

export class Fields {
  /** @param {string | null} channel the conversation that the surface was opened in */
  constructor(channel) {
    this.channel = channel;
    /** @type {Map<string, Map<string, Raw>>} */
    this.blocks = new Map();
    /** @type {Set<string>} the ids of the input blocks */
    this.inputs = new Set();
  }

  /** @returns {Raw} */
  get(blockId, element) {
    const block = this.#block(blockId);
    if (!block.has(element.action_id)) block.set(element.action_id, initial(element, this.channel));
    return block.get(element.action_id);
  }

  /** @param {Raw} raw */
  set(blockId, actionId, raw) {
    this.#block(blockId).set(actionId, raw === "" ? null : raw);
  }

  /** What stands in the input blocks, as `view_input` takes it; other elements tell of each change themselves. */
  typed() {
    const inputs = [...this.blocks].filter(([id]) => this.inputs.has(id));
    return Object.fromEntries(inputs.map(([id, block]) => [id, Object.fromEntries(block)]));
  }

  /** Be the fields of these blocks: forget what stands in none of them. @param {any[]} blocks */
  fit(blocks) {
    this.inputs = new Set(blocks.filter((block) => block.type === "input").map((block) => block.block_id));
    const alive = new Map(blocks.map((block) => [block.block_id, actionIds(block)]));
    for (const [id, block] of this.blocks) {
      if (!alive.has(id)) this.blocks.delete(id);
      else for (const action of block.keys()) if (!alive.get(id).has(action)) block.delete(action);
    }
  }

  #block(blockId) {
    if (!this.blocks.has(blockId)) this.blocks.set(blockId, new Map());
    return this.blocks.get(blockId);
  }
}

/** The action_ids of a block, wherever they stand in it. */
function actionIds(block) {
  const all = [block.element, block.accessory, ...(block.type === "actions" ? block.elements : [])];
  return new Set(all.filter(Boolean).map((element) => element.action_id));
}

/** What Slack itself would say about a value before it asks the app, or null. @param {any} block @param {Raw} raw */
export function complaint(block, raw) {
  const { element } = block;
  const empty = raw === null || raw === "" || (Array.isArray(raw) && raw.length === 0);
  if (empty) return block.optional ? null : "Please complete this required field.";
  if (element.type === "number_input") return numberComplaint(element, raw);
  if (element.min_length && raw.length < element.min_length) return `Please enter at least ${element.min_length} characters.`;
  if (element.max_length && raw.length > element.max_length) return `Please enter at most ${element.max_length} characters.`;
  return null;
}

function numberComplaint(element, raw) {
  const shape = element.is_decimal_allowed ? /^-?\d+([.,]\d+)?$/ : /^-?\d+$/; // many people write a comma
  if (!shape.test(raw.trim())) return element.is_decimal_allowed ? "Please enter a number." : "Please enter a whole number.";
  const number = Number(raw.replace(",", "."));
  if (element.min_value !== undefined && number < Number(element.min_value)) return `Please enter ${element.min_value} or more.`;
  if (element.max_value !== undefined && number > Number(element.max_value)) return `Please enter ${element.max_value} or less.`;
  return null;
}
