/**
 * One run of the pusher: search, push in batches, settle what has a final verdict, keep the rest. Pure but for its ports.
 *
 * Ports: `box` {list(q, token, max) → {ids, next}, raw(id), full(id), minimal(id) → message, bytes(id), text(part), fail(id)},
 * throwing `{mailbox: "gone" | "quota" | "passing"}`; `door` {post(body, headers, path) → {status, headers, text},
 * put(url, headers, bytes) → status}, status 0 for no answer; `sign(text, key)`; `disk` {write, remove}; `clock()` ms;
 * `spent()` → usage of this run; `log(level, code, facts)`.
 * A log line has ids and codes, never a subject, an address or a text.
 */
/* exported MailroomRun */
const MailroomRun = (() => {
  /** Time that must be left to begin another batch: 50 fetches and a slow answer. */
  const BATCH_MS = 45 * 1000;
  const MAIL_BACKOFF_MAX = 3600 * 1000;
  const HEARTBEAT_MS = 10 * 60 * 1000;
  const SKEW_MIN = 30 * 1000;
  /** The endpoint allows 5 minutes either way. A clock that is this wrong explains a refusal that names another cause. */
  const SKEW_SURE = 4 * 60 * 1000;
  /** Open mails that a run has more than enough to do with. */
  const ENOUGH = 1000;
  const LONGEST_HOLD = 2 * 3600 * 1000;

  function run(state, config, ports) {
    const now = ports.clock();
    // A hold far in the future comes from a wrong clock, not from the endpoint.
    if (state.hold > now && state.hold < now + LONGEST_HOLD) {
      const turn = { state, config, ports };
      // The endpoint works but is switched off, so send a heartbeat. Send none while the endpoint or the mailbox fails.
      const beaten = state.why.startsWith("409") && beat(turn);
      commit(turn);
      return beaten ? "heartbeat" : "held";
    }
    const may = MailroomQuota.allowance(state.usage, now, config.every, config.workspace);
    if (!may) {
      ports.log("warn", "quota_used_up", {});
      return "quota";
    }
    const turn = { state, config, ports, may, started: now, tried: new Set(), cache: new Map(), finals: 0, alone: 0, outage: 0 };
    let result;
    try {
      result = go(turn);
    } catch (error) {
      if (!error || !error.mailbox) throw error;
      // Gmail itself refused or failed: nothing is settled, the next run tries again.
      hold(turn, error.mailbox === "quota" ? 15 * 60 * 1000 : 0, `gmail_${error.mailbox}`);
      result = "held";
    }
    commit(turn);
    return result;
  }

  function go(turn) {
    const { state, config, ports } = turn;
    for (;;) {
      // Work off a backlog before adding to it: a search is expensive then.
      const enough = state.queue.length >= ENOUGH && due(turn).length > 0;
      const present = !enough && MailroomSearch.look(state, config, ports.box, ports.clock());
      if (present && MailroomSearch.sweepDue(state, ports.clock())) {
        MailroomSearch.sweep(state, config, ports.box, ports.clock());
      }
      MailroomState.forget(state, MailroomSearch.horizon(state, ports.clock()));
      if (!turn.tried.size && !due(turn).length) return idle(turn);
      // The queue is safe before the first push: what follows may be ended at any point.
      commit(turn);
      const before = turn.tried.size;
      const result = deliver(turn);
      if (result !== "done" || present || turn.tried.size === before) return result;
    }
  }

  /** Entries that may be tried now, the oldest first, then those that must go alone, then those that may end a run. */
  function due(turn) {
    const now = turn.ports.clock();
    const open = turn.state.queue.filter((entry) => entry.due <= now && !turn.tried.has(entry.id + entry.form));
    const last = (entry) => (entry.form === "u" ? 2 : Number(alone(entry)));
    return [0, 1, 2].flatMap((rank) => open.filter((entry) => last(entry) === rank));
  }

  /** It made the endpoint fail, in a batch or alone. */
  function alone({ form }) {
    return form === "s" || form === "t" || form === "u";
  }

  /** It goes in fields, because its raw bytes are too many. */
  function inFields({ form }) {
    return form === "f" || form === "t";
  }

  function deliver(turn) {
    for (;;) {
      const open = due(turn);
      if (!open.length) return "done";
      if (spare(turn) < 1) return "later";
      const mails = open[0].form === "u" ? [] : gather(turn, open);
      const stop = open[0].form === "u" ? large(turn, open[0]) : mails.length ? push(turn, mails) : "";
      commit(turn);
      if (stop) return stop;
    }
  }

  /** How many mails the allowance still has room for: each costs a Gmail call, a batch costs a push and some writes. */
  function spare(turn) {
    const spent = turn.ports.spent();
    const left = (kind) => turn.may[kind] - spent[kind];
    // The first batch of a run is always possible: an even portion of a day may be shorter than a batch.
    if (turn.tried.size && left("ms") < Math.min(BATCH_MS, turn.may.ms / 2)) return 0;
    if (left("fetch") < 2 || left("props") < 12) return 0;
    return Math.floor(left("gmail") - 3);
  }

  /** Read mails for one batch: at most the limit, and what fits the body. */
  function gather(turn, open) {
    const { state, ports } = turn;
    const mails = [];
    const most = Math.min(state.limit, state.ceiling, spare(turn));
    for (const entry of open) {
      if (mails.length >= most || (mails.length && (alone(entry) || late()))) break;
      const text = read(turn, entry);
      if (text === null) continue;
      const room = (state.bytes || MailroomWire.MAX_BODY) - MailroomWire.size(mails.map((mail) => mail.text));
      if (text.length + 1 > room) {
        // It opens the next batch, unless it is too large for any: then it goes in fields there, or is refused here.
        if (mails.length) turn.cache.set(entry.id + entry.form, text);
        else smaller(turn, entry);
        break;
      }
      mails.push({ entry, text });
      if (alone(entry)) break;
    }
    for (const { entry } of mails) turn.tried.add(entry.id + entry.form);
    return mails;

    function late() {
      return ports.spent().ms > turn.may.ms * 0.8;
    }
  }

  /** The JSON of one mail, or null when there is nothing to push now. */
  function read(turn, entry) {
    const { config, ports, state } = turn;
    const kept = turn.cache.get(entry.id + entry.form);
    turn.cache.clear();
    if (kept !== undefined) return kept;
    try {
      const asFields = inFields(entry);
      const message = asFields ? ports.box.full(entry.id) : ports.box.raw(entry.id);
      if (!MailroomMail.received(message)) {
        count(turn, "other", entry);
        return null;
      }
      if (!asFields) return MailroomWire.json(MailroomMail.raw(message, config.account));
      const push = MailroomMail.fields(message, config.account, ports.box.text);
      const text = MailroomWire.json(push);
      const most = (state.bytes || MailroomWire.MAX_BODY) - MailroomWire.size([]) - 1;
      const less = text.length > most || push.body_html?.length > 4000000 ? MailroomMail.lighter(push) : null;
      return less ? MailroomWire.json(less) : text;
    } catch (error) {
      unreadable(turn, entry, error);
      return null;
    }
  }

  function unreadable(turn, entry, error) {
    if (!error || !error.mailbox || error.mailbox === "quota") throw error;
    turn.tried.add(entry.id + entry.form);
    if (error.mailbox === "gone" && entry.attempts > 0) {
      // Gmail said so in two runs: the person deleted it for good before we could read it.
      count(turn, "gone", entry);
      turn.ports.log("warn", "mail_gone", { id: entry.id });
      return;
    }
    if (error.mailbox !== "gone" && ++turn.outage > 3) throw error;
    postpone(turn, entry);
    // What this service does not hand out, the way of large mail may.
    if (entry.form === "r" && entry.attempts === 3 && error.mailbox !== "gone") Object.assign(entry, { form: "u", attempts: 1 });
  }

  /** Upload a mail that no push can carry, and push its reference. Returns why the run must stop, or "" to go on. */
  function large(turn, entry) {
    const { state, config, ports } = turn;
    turn.tried.add(entry.id + entry.form);
    let made;
    try {
      made = MailroomUpload.carry(entry, state, config, ports, (body, path) => post(turn, body, path), () => commit(turn));
    } catch (error) {
      unreadable(turn, entry, error);
      return "";
    }
    if (made.text) return push(turn, [{ entry, text: made.text }]);
    if (made.other) count(turn, "other", entry);
    else if (made.refused) refuse(turn, entry, made.refused);
    else if (made.fields) {
      ports.log("warn", "sent_in_fields", { id: entry.id, why: made.fields });
      Object.assign(entry, { form: "f", attempts: 0, due: 0 });
    } else if (made.again) {
      ports.log("warn", "upload_failed", { id: entry.id, why: made.again });
      if (entry.due <= ports.clock()) postpone(turn, entry);
    } else {
      if (made.setUp) ports.log("error", "check_the_set_up", { why: made.why });
      return hold(turn, made.hold, made.why);
    }
    return "";
  }

  function count(turn, total, entry) {
    turn.state.totals[total] += 1;
    MailroomState.settle(turn.state, [entry.id], turn.ports.clock());
  }

  /** Push a batch and act on the answer. Returns why the run must stop, or "" to go on. */
  function push(turn, mails) {
    const { ports } = turn;
    const body = MailroomWire.batch(mails.map((mail) => mail.text));
    const answer = post(turn, body);
    const meaning = MailroomWire.judge(answer);
    if (meaning.kind === "verdicts") return verdicts(turn, mails, meaning.list);
    ports.log("warn", "push_refused", { why: meaning.why, mails: mails.length });
    if (meaning.kind === "broken" || meaning.kind === "refused" || meaning.kind === "too_large") {
      return divide(turn, mails, meaning);
    }
    if (meaning.kind === "misplaced" || meaning.kind === "unauthorized") ports.log("error", "check_the_set_up", { why: meaning.why });
    return hold(turn, meaning.ms || 0, meaning.why);
  }

  /** Post, and once more with the endpoint's clock when it refuses ours. */
  function post(turn, body, path = "") {
    const { state, config, ports } = turn;
    const send = () => ports.door.post(body, MailroomWire.headers(config, body, ports.clock() + state.skew, ports.sign, path), path);
    const answer = send();
    // After too many wrong signatures from this address, which is Google's and shared, the endpoint answers 429 instead of 401.
    const least = { 401: SKEW_MIN, 429: SKEW_SURE }[answer.status];
    if (!least || !config.key) return answer;
    const skew = MailroomWire.date(answer) - ports.clock();
    if (!Number.isFinite(skew) || Math.abs(skew - state.skew) < least) return answer;
    state.skew = skew;
    ports.log("warn", "clock_corrected", { seconds: Math.round(skew / 1000) });
    return send();
  }

  function verdicts(turn, mails, list) {
    const { state, ports } = turn;
    const final = [];
    let why = "";
    let answered = false;
    state.beat = ports.clock();
    mails.forEach(({ entry }, i) => {
      const given = list[i];
      const meaning = MailroomWire.verdict(given, entry.id);
      if (meaning === "final") final.push(entry.id);
      else if (meaning === "smaller") smaller(turn, entry);
      else if (meaning === "refused" && given.field === "upload" && entry.form === "u") {
        MailroomUpload.forget(state, entry.id);
        postpone(turn, entry);
      } else if (meaning === "refused") refuse(turn, entry, given);
      else if (meaning === "misplaced") why = `${String(given.status)} ${String(given.field)}`;
      else {
        // A rule refuses it until then. The endpoint works and names the time to retry.
        const closed = Boolean(given) && given.status === "outside_time_window";
        answered = answered || closed;
        postpone(turn, entry, MailroomWire.asked(given), closed);
      }
    });
    MailroomState.settle(state, final, ports.clock());
    state.totals.final += final.length;
    turn.finals += final.length;
    if (why) {
      ports.log("error", "check_the_set_up", { why });
      return hold(turn, 0, why);
    }
    if (mails.length === state.limit && state.limit < MailroomWire.MAX_BATCH) state.limit = Math.min(state.limit * 2, MailroomWire.MAX_BATCH);
    const moved = answered || mails.some(({ entry }) => entry.attempts === 0 || !state.queue.includes(entry));
    // No mail of the batch was accepted: the endpoint answers but cannot work.
    if (!moved && mails.length > 1) return hold(turn, 0, "no_mail_taken");
    state.holds = 0;
    state.why = "";
    return "";
  }

  /** A whole batch was refused: halve it to find the mail that causes it, then act on the endpoint's answer for that mail. */
  function divide(turn, mails, meaning) {
    const { state } = turn;
    if (meaning.kind === "too_large" && meaning.field === "messages" && meaning.limit) {
      state.ceiling = Math.max(1, Math.min(state.ceiling, meaning.limit));
    }
    if (meaning.kind === "too_large" && !meaning.field && meaning.limit >= 1024) state.bytes = Math.min(meaning.limit, MailroomWire.MAX_BODY);
    if (mails.length > 1) {
      state.limit = Math.max(1, Math.floor(mails.length / 2));
      for (const { entry } of mails) turn.tried.delete(entry.id + entry.form);
      return "";
    }
    const { entry } = mails[0];
    state.limit = Math.max(2, state.limit);
    if (meaning.kind === "too_large") smaller(turn, entry);
    else if (meaning.kind === "refused") refuse(turn, entry, { status: meaning.why, field: meaning.field });
    else {
      if (entry.form !== "u") entry.form = inFields(entry) ? "t" : "s";
      turn.tried.add(entry.id + entry.form);
      postpone(turn, entry);
      // One mail that makes the endpoint fail must not stop the others. An endpoint that fails for all of them is down.
      if (++turn.alone >= (state.holds ? 1 : 3) && !turn.finals) return hold(turn, 0, meaning.why);
    }
    return "";
  }

  /** The mail is too large as it is: raw mail is uploaded next; fields and uploads are refused for good. */
  function smaller(turn, entry) {
    if (entry.form === "r" || entry.form === "s") Object.assign(entry, { form: "u", attempts: 0 });
    else refuse(turn, entry, { status: "too_large" });
  }

  /** Refused for good: made visible first, then settled. When Gmail cannot label it now, it stays in the queue. */
  function refuse(turn, entry, given) {
    const { ports } = turn;
    turn.tried.add(entry.id + entry.form);
    try {
      ports.box.fail(entry.id);
    } catch (error) {
      if (!error || !error.mailbox) throw error;
      if (error.mailbox !== "gone") {
        postpone(turn, entry);
        return;
      }
    }
    ports.log("error", "mail_refused", { id: entry.id, status: given.status, field: given.field || "" });
    count(turn, "failed", entry);
  }

  /** Try this mail again later, the others meanwhile: after `ms` at the least, or just then when that is `exact`. */
  function postpone(turn, entry, ms = 0, exact = false) {
    entry.attempts += 1;
    const own = MailroomWire.backoff(entry.attempts, MAIL_BACKOFF_MAX);
    entry.due = turn.ports.clock() + (exact && ms ? Math.max(ms, 60 * 1000) : Math.max(ms, own));
  }

  /** Pause all pushes: at least as long as the endpoint asks, longer each time. The next trigger after that retries. */
  function hold(turn, ms, why) {
    const { state, ports } = turn;
    state.holds += 1;
    state.hold = ports.clock() + Math.max(ms, MailroomWire.backoff(state.holds));
    state.why = why;
    ports.log("warn", "waiting", { why, minutes: Math.ceil((state.hold - ports.clock()) / 60000), open: state.queue.length });
    return "held";
  }

  /** Nothing to push: send a heartbeat now and then, so that silence means failure. */
  function idle(turn) {
    if (!beat(turn)) return "idle";
    Object.assign(turn.state, { holds: 0, why: "" });
    return "heartbeat";
  }

  /** A heartbeat when the last answer is ten minutes old. Returns whether the endpoint accepted it. */
  function beat(turn) {
    const { state, config, ports } = turn;
    const now = ports.clock();
    // A beat in the future comes from a wrong clock.
    if (!config.heartbeat || (state.beat <= now && now - state.beat < HEARTBEAT_MS - 1000 * 30)) return false;
    state.beat = now;
    const answer = post(turn, MailroomWire.json({ heartbeat: true }));
    if (answer.status >= 200 && answer.status < 300) return true;
    const { kind, why } = MailroomWire.judge(answer);
    ports.log("warn", "heartbeat_refused", { why });
    if (kind === "unauthorized" || kind === "misplaced") ports.log("error", "check_the_set_up", { why });
    return false;
  }

  /** Save, with what this run used since the last save. */
  function commit(turn) {
    const { state, ports } = turn;
    const spent = ports.spent();
    const booked = turn.booked || { ms: -MailroomQuota.STARTUP_MS, gmail: 0, fetch: 0, props: 0 };
    const fresh = {};
    for (const kind of MailroomQuota.KINDS) fresh[kind] = spent[kind] - booked[kind];
    // Counts the writes of this save in advance: the head, and old and new chunks.
    const writes = 4 + Math.ceil(state.queue.length / 100);
    fresh.props += writes;
    turn.booked = { ...spent, props: spent.props + writes };
    state.usage = MailroomQuota.add(state.usage, ports.clock(), fresh);
    MailroomState.save(state, ports.disk);
  }

  return { run };
})();
