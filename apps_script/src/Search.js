/** Finding new mail: which part of time to search, what of it is new, when the cursor may move. Pure but for its ports. */
/* exported MailroomSearch */
const MailroomSearch = (() => {
  /** Gmail's index may lag behind a mail's internal date; two mails may share one. */
  const OVERLAP_MS = 3600 * 1000;
  /** Mail that comes to light late (out of spam, imported with its old date) is found by a wider search now and then. */
  const SWEEP_EVERY_MS = 6 * 3600 * 1000;
  const SWEEP_MS = 7 * 24 * 3600 * 1000;
  const PAGES = 10;
  const PAGE = 500;
  /** Raw mail above this does not fit a push as base64: it is uploaded. */
  const LARGE_BYTES = 3900000;

  /** A query for internal dates from `since` to `until` (ms), `until` 0 for no end. */
  function query(config, since, until) {
    const parts = [`after:${Math.floor(since / 1000) - 1}`];
    if (until) parts.push(`before:${Math.ceil(until / 1000) + 1}`);
    parts.push("-in:drafts", "-in:chats");
    if (config.query) parts.push(`(${config.query})`);
    return parts.join(" ");
  }

  /** All ids of a query, newest first as Gmail gives them, or null when there are more than `pages` pages. */
  function all(box, q, pages) {
    const ids = [];
    let token = "";
    for (let page = 0; page < pages; page++) {
      const got = box.list(q, token, PAGE);
      ids.push(...got.ids);
      token = got.next;
      if (!token) return ids;
    }
    return null;
  }

  /**
   * Put what is new into the queue, oldest first, and move the cursor over what was wholly listed and recorded.
   * Returns true when the search reached the present.
   */
  function look(state, config, box, now) {
    const since = Math.max(Math.min(state.start, now), Math.min(state.floor, now) - OVERLAP_MS);
    let until = 0;
    let ids = all(box, query(config, since, until), PAGES);
    // Too many for one look: the older half of what is ahead of the cursor, and again, so that the cursor always moves on.
    const from = Math.min(state.floor, now);
    for (let span = now - from; ids === null && span > 2000; ) {
      span = Math.floor(span / 2);
      until = from + span;
      ids = all(box, query(config, since, until), PAGES);
    }
    // A second cannot be halved: all of its pages then.
    if (ids === null) ids = all(box, query(config, since, until), 1000) || [];
    const complete = record(state, config, box, ids, query(config, since, until));
    if (complete) state.floor = until || now;
    return complete && !until;
  }

  /** The wider search. It never moves the cursor; what it cannot take it finds again next time. */
  function sweep(state, config, box, now) {
    const since = Math.max(state.start, now - SWEEP_MS);
    const q = query(config, since, 0);
    const ids = all(box, q, PAGES * 2);
    if (ids) record(state, config, box, ids, q);
    state.swept = now;
  }

  function sweepDue(state, now) {
    return Math.abs(now - state.swept) >= SWEEP_EVERY_MS;
  }

  function record(state, config, box, ids, q) {
    const known = MailroomState.known(state);
    const found = [...new Set(ids)].filter((id) => !known.has(id)).reverse();
    if (!found.length) return true;
    const large = new Set(all(box, `${q} larger:${LARGE_BYTES}`, PAGES) || []);
    return MailroomState.enqueue(state, found, (id) => (large.has(id) ? "u" : "r"));
  }

  /** The oldest internal date that any search may still ask for. */
  function horizon(state, now) {
    return Math.min(state.floor - OVERLAP_MS, now - SWEEP_MS) - 60 * 1000;
  }

  return { look, sweep, sweepDue, horizon, query, OVERLAP_MS, SWEEP_MS };
})();
