/**
 * A mail too large for a push: its raw bytes are uploaded to the offered address, and a push then names the upload. Pure but for its ports.
 *
 * A run may end between the steps, also for lack of memory, which no script can catch. So a try is counted and saved
 * before the bytes are read: a mail that ends every run goes in fields after five. An upload is saved
 * before it is pushed: a repeat names it again instead of uploading it again.
 */
/* exported MailroomUpload */
const MailroomUpload = (() => {
  const PATH = "/uploads";
  const TRIES = 5;
  const PLACE_MS = 30 * 60 * 1000;
  /** Uploads remembered. The endpoint keeps one for days; a forgotten one is uploaded again. */
  const REMEMBERED = 30;

  /**
   * Bring a queue's entry to the point where it can be pushed. `post(body, path)` sends a signed request; `save()` saves the state.
   * Returns one of {text}: the push to send; {fields: why}: it must go in fields; {refused: {status, field}}: for good;
   * {hold, why, setUp}: pause for ms; {again: why}: this mail later; {other: true}: no received mail.
   * Throws `{mailbox: …}` when Gmail fails before a try has begun.
   */
  function carry(entry, state, config, ports, post, save) {
    const message = ports.box.minimal(entry.id);
    if (!MailroomMail.received(message)) return { other: true };
    const named = (upload) => ({ text: MailroomWire.json(MailroomMail.uploaded(message, config.account, upload)) });
    const kept = state.uploads.find(([id]) => id === entry.id);
    if (kept) return named(kept[1]);
    if (entry.attempts >= TRIES) return { fields: "five tries failed" };
    const asked = offer(config, post);
    if (!asked.offer) return asked;
    if (message.sizeEstimate > asked.offer.max) return { refused: { status: "too_large", field: "size" } };
    const before = [entry.attempts, entry.due];
    entry.attempts += 1;
    entry.due = ports.clock() + MailroomWire.backoff(entry.attempts);
    save();
    const bytes = read(entry, ports, before);
    if (!bytes) return { again: "the mail could not be read" };
    if (bytes.length > asked.offer.max) return { refused: { status: "too_large", field: "size" } };
    let status = ports.door.put(asked.offer.url, asked.offer.headers, bytes);
    let place = asked.offer;
    if (status === 401 || status === 403) {
      // S3 answers 403 to an expired offer, for example after a slow read: ask for a new one, once.
      const renewed = offer(config, post);
      if (!renewed.offer) return renewed;
      place = renewed.offer;
      status = ports.door.put(place.url, place.headers, bytes);
    }
    if (status >= 500) {
      // The bucket fails, not the mail: keep its attachments. Reading it again is expensive, so wait.
      [entry.attempts, entry.due] = [before[0], ports.clock() + PLACE_MS];
    }
    if (status < 200 || status > 299) return { again: `put ${status}` };
    remember(state, entry.id, place.id);
    [entry.attempts, entry.due] = before;
    save();
    return named(place.id);
  }

  /** The raw bytes, or null when they could not be had and this counts as a try. */
  function read(entry, ports, before) {
    try {
      return ports.box.bytes(entry.id);
    } catch (error) {
      if (!error || !error.mailbox) throw error;
      if (error.mailbox === "passing") return null;
      // A deleted mail or a used-up quota says nothing about its size.
      [entry.attempts, entry.due] = before;
      throw error;
    }
  }

  /** {offer: {id, url, headers, max}}, or what `carry` returns when there is none. */
  function offer(config, post) {
    const answer = post(MailroomWire.json(config.account ? { account: config.account } : {}), PATH);
    const meaning = MailroomWire.judge(answer);
    if (meaning.kind === "offered") return { offer: meaning.offer };
    if (meaning.kind === "too_large") return { refused: { status: "too_large", field: meaning.field } };
    // An endpoint without uploads has no such address.
    if (answer.status === 404 || answer.status === 403 || meaning.kind === "refused") return { fields: `no uploads: ${meaning.why}` };
    if (meaning.kind === "broken") return { again: meaning.why };
    return { hold: meaning.ms || 0, why: meaning.why, setUp: meaning.kind !== "wait" };
  }

  function remember(state, id, upload) {
    state.uploads = [...state.uploads.slice(1 - REMEMBERED), [id, upload]];
  }

  /** The endpoint no longer has it: the next attempt uploads it again. */
  function forget(state, id) {
    state.uploads = state.uploads.filter(([other]) => other !== id);
  }

  return { carry, remember, forget, REMEMBERED };
})();
