/**
 * What the pusher remembers: a cursor, the ids that are settled, the ids that are known and not settled. Pure.
 *
 * Script properties hold 9 KB a value and 500 KB in all, and a run may be ended between any two writes. So the ids
 * lie in chunks that are never changed once written; one small head names the chunks that count. Writing the head is
 * the only commit: a crash before it leaves the old state, a crash after it leaves only rubbish to sweep.
 */
/* exported MailroomState */
const MailroomState = (() => {
  const HEAD = "MAILROOM_STATE";
  const CHUNK = "MAILROOM_C";
  const CHUNK_BYTES = 8000;
  const SEEN_MAX = 12000;
  const QUEUE_MAX = 3000;

  /** A state that starts at `start` (ms): mail with an older internal date is not ours. */
  function fresh(start) {
    return {
      start, floor: start, hold: 0, holds: 0, why: "", limit: 50, ceiling: 50, bytes: 0, skew: 0, swept: start, beat: 0,
      usage: [], totals: { final: 0, failed: 0, gone: 0, other: 0 }, next: 1, uploads: [],
      seen: [], queue: [], names: { queue: [], stored: {} },
    };
  }

  /** Properties (name → text) to a state; null when there is none. `now` in ms. */
  function load(properties, now) {
    if (properties[HEAD] === undefined) return null;
    let head;
    try {
      head = JSON.parse(properties[HEAD]);
    } catch {
      return null;
    }
    if (!head || head.v !== 1 || !Number.isFinite(head.floor) || !Number.isFinite(head.start)) return null;
    const state = { ...fresh(head.start), ...head };
    delete state.v;
    const stored = {};
    const chunk = (name) => {
      stored[name] = properties[CHUNK + name];
      return stored[name];
    };
    // A settled id that is forgotten is pushed again and answered already_processed: harmless.
    state.seen = head.seen
      .map(([name, until]) => ({ name, until, ids: split(chunk(name)) }))
      .filter((bucket) => bucket.ids.length);
    state.queue = [];
    let lost = false;
    for (const name of head.queue) {
      if (chunk(name) === undefined) lost = true;
      state.queue.push(...split(stored[name]).map(entry));
    }
    // An open id that is forgotten would be lost: look again from the start.
    if (lost) state.floor = state.start;
    state.names = { queue: head.queue, stored };
    state.orphans = Object.keys(properties).filter((key) => key.startsWith(CHUNK) && !(key.slice(CHUNK.length) in stored));
    state.loaded = now;
    return state;
  }

  function split(text) {
    return text ? text.split(",") : [];
  }

  /** `id.attempts.due.form`: due in seconds, base 36; form r(aw), u(pload), f(ields), s(olo, raw), t(he same in fields). */
  function entry(text) {
    const [id, attempts, due, form] = text.split(".");
    return { id, attempts: parseInt(attempts, 36) || 0, due: (parseInt(due, 36) || 0) * 1000, form: form || "r" };
  }

  function spell({ id, attempts, due, form }) {
    return `${id}.${Math.min(attempts, 1295).toString(36)}.${Math.ceil(due / 1000).toString(36)}.${form}`;
  }

  function chunks(words) {
    const out = [];
    let room = 0;
    for (const word of words) {
      if (room < word.length + 1) {
        out.push([]);
        room = CHUNK_BYTES;
      }
      out[out.length - 1].push(word);
      room -= word.length + 1;
    }
    return out.map((list) => list.join(","));
  }

  /**
   * Write the state through `disk` ({write(map), remove(names)}): new chunks, then the head, then the sweeping.
   * Keeps the state's own record of chunk names up to date.
   */
  function save(state, disk) {
    const fresh = {};
    const stored = {};
    const before = new Map(Object.entries(state.names.stored).map(([name, text]) => [text, name]));
    let next = state.next;
    const place = (text) => {
      let name = before.get(text);
      if (name === undefined) {
        name = String(next++);
        before.set(text, name);
        fresh[CHUNK + name] = text;
      }
      stored[name] = text;
      return name;
    };
    for (const bucket of state.seen) bucket.name = place(bucket.ids.join(","));
    const queue = chunks(state.queue.map(spell)).map(place);
    const head = {
      v: 1, start: state.start, floor: state.floor, hold: state.hold, holds: state.holds, why: state.why, limit: state.limit,
      ceiling: state.ceiling, bytes: state.bytes, skew: state.skew, swept: state.swept, beat: state.beat, usage: state.usage,
      totals: state.totals, uploads: state.uploads, next, seen: state.seen.map(({ name, until }) => [name, until]), queue,
    };
    if (Object.keys(fresh).length) disk.write(fresh);
    disk.write({ [HEAD]: JSON.stringify(head) });
    const old = Object.keys(state.names.stored).filter((name) => !(name in stored) && state.names.stored[name] !== undefined);
    const rubbish = [...old.map((name) => CHUNK + name), ...(state.orphans || []).filter((key) => !(key in fresh))];
    state.next = next;
    state.names = { queue, stored };
    state.orphans = [];
    if (rubbish.length) disk.remove(rubbish);
  }

  /** The set of ids that need no push: settled, or already in the queue. */
  function known(state) {
    const ids = new Set(state.queue.map(({ id }) => id));
    for (const bucket of state.seen) for (const id of bucket.ids) ids.add(id);
    return ids;
  }

  /** Mark ids as settled at `now`: out of the queue, into the newest bucket. */
  function settle(state, ids, now) {
    const gone = new Set(ids);
    state.queue = state.queue.filter(({ id }) => !gone.has(id));
    state.uploads = state.uploads.filter(([id]) => !gone.has(id));
    for (const id of gone) {
      const last = state.seen[state.seen.length - 1];
      if (!last || (last.ids.length + 1) * (id.length + 1) > CHUNK_BYTES) state.seen.push({ name: "", until: now, ids: [id] });
      else last.ids.push(id);
      state.seen[state.seen.length - 1].until = now;
    }
  }

  /** Forget settled ids that no search from `since` (ms) on can find: a mail is settled after it arrives. */
  function forget(state, since) {
    state.seen = state.seen.filter((bucket) => bucket.until >= since);
    let count = state.seen.reduce((sum, bucket) => sum + bucket.ids.length, 0);
    while (count > SEEN_MAX) count -= state.seen.shift().ids.length;
  }

  /** Put ids at the end of the queue, as many as there is room for. Returns whether all found room. */
  function enqueue(state, ids, form) {
    const room = Math.max(0, QUEUE_MAX - state.queue.length);
    for (const id of ids.slice(0, room)) state.queue.push({ id, attempts: 0, due: 0, form: form(id) });
    return ids.length <= room;
  }

  /** Every property that holds state. */
  function keys(properties) {
    return Object.keys(properties).filter((key) => key === HEAD || key.startsWith(CHUNK));
  }

  return { fresh, load, save, known, settle, forget, enqueue, keys, HEAD, CHUNK, QUEUE_MAX, SEEN_MAX };
})();
