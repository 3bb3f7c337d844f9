/** What goes over the wire: the body's exact bytes, the signed headers, what an answer means. Pure. */
/* exported MailroomWire */
const MailroomWire = (() => {
  const MAX_BODY = 5 * 1024 * 1024;
  const MAX_BATCH = 50;
  /** As the API documents it: whatever a gateway puts before it is not signed. */
  const ENDPOINT = "/api/ingress/gmail";
  const HEAD = '{"messages":[';
  const TAIL = "]}";
  const BACKOFF_MAX = 15 * 60 * 1000;
  const RETRY_AFTER_MAX = 3600 * 1000;

  /** JSON in ASCII: characters are bytes then, so the size is known and no charset can break the signature. */
  function json(value) {
    return JSON.stringify(value).replace(/[\u007f-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
  }

  /** The body of a batch of mails that `json` has already spelled. */
  function batch(texts) {
    return HEAD + texts.join(",") + TAIL;
  }

  /** Bytes that a batch has with `texts`. */
  function size(texts) {
    return HEAD.length + TAIL.length + texts.reduce((sum, text) => sum + text.length + 1, 0);
  }

  /**
   * Headers of a POST to the endpoint, or to `path` below it. `sign(text, key)` gives HMAC-SHA256 as bytes, signed or not;
   * `now` in ms, corrected by the skew. The signature covers method and path: it is good for nothing else.
   */
  function headers(config, body, now, sign, path = "") {
    const out = {};
    if (config.token) out.Authorization = `Bearer ${config.token}`;
    if (config.key) {
      const timestamp = String(Math.floor(now / 1000));
      const digest = sign(`${timestamp}.POST.${ENDPOINT}${path}.${body}`, config.key);
      out["X-Mailroom-Timestamp"] = timestamp;
      out["X-Mailroom-Signature"] = `v2=${Array.from(digest, (byte) => (byte & 255).toString(16).padStart(2, "0")).join("")}`;
    }
    return out;
  }

  /**
   * What an answer to a batch means: {kind, …} with kind
   * `verdicts` (list), `offered` (offer: where to put a large mail), `unauthorized`,
   * `too_large` (limit, field), `refused` (field), `broken` (the endpoint failed over this request), `wait` (ms), `misplaced`
   * (this is no Mailroom, or not our account).
   */
  function judge(answer) {
    const { status } = answer;
    const body = parse(answer.text);
    const code = typeof body.status === "string" ? body.status.slice(0, 60) : "";
    const why = `${status} ${code}`.trim();
    const field = typeof body.field === "string" ? body.field : "";
    if (status === 200 && code === "batch" && Array.isArray(body.verdicts)) return { kind: "verdicts", list: body.verdicts, why };
    if (status === 200 && code === "upload_offered") return offered(body.upload, why);
    if (status === 401) return { kind: "unauthorized", why };
    if (status === 413) return { kind: "too_large", limit: Number.isInteger(body.limit) ? body.limit : 0, field, why };
    if (status === 400 && code) return ours(field) ? { kind: "misplaced", why: `${why} ${field}` } : { kind: "refused", field, why };
    if (status === 500) return { kind: "broken", why };
    if (status === 409 || status === 429 || status > 500 || status === 0) return { kind: "wait", ms: retryAfter(answer), why };
    return { kind: "misplaced", why };
  }

  /** An offer that is whole; mail goes nowhere in the clear. */
  function offered(upload, why) {
    const { id, url, headers, max_bytes: max } = upload && typeof upload === "object" ? upload : {};
    const whole = typeof id === "string" && /^[0-9a-f]{8,64}$/.test(id) && typeof url === "string" && url.startsWith("https://")
      && headers !== null && typeof headers === "object" && Number.isInteger(max) && max > 0;
    return whole ? { kind: "offered", offer: { id, url, headers, max }, why } : { kind: "misplaced", why: `${why} incomplete` };
  }

  /** Waiting time that a verdict asks for, in ms, at most an hour; 0 when it asks for none. */
  function asked(given) {
    const seconds = given && given.retry_after;
    return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds * 1000, RETRY_AFTER_MAX) : 0;
  }

  /** A refusal of these fields is the set-up's fault, not the mail's. */
  function ours(field) {
    return field === "account" || field === "messages";
  }

  /**
   * One verdict of a batch: `final`, `retry`, `smaller` (send less of it), `refused` (for good), `misplaced`.
   * Anything unknown, missing or for another id is `retry`: a guess never settles a mail.
   */
  function verdict(given, id) {
    if (!given || typeof given.status !== "string" || given.id !== id) return "retry";
    const { status } = given;
    if (status === "already_processed" || /^accepted(_|$)/.test(status) || /^(skipped|stopped)_/.test(status)) return "final";
    if (status === "too_large") return "smaller";
    if (status === "missing_field" || status === "invalid_field" || status === "invalid_json") {
      return ours(given.field) ? "misplaced" : "refused";
    }
    return "retry";
  }

  function parse(text) {
    try {
      const value = JSON.parse(text);
      return value && typeof value === "object" ? value : {};
    } catch {
      return {};
    }
  }

  function header(answer, name) {
    const found = Object.keys(answer.headers || {}).find((key) => key.toLowerCase() === name);
    const value = found === undefined ? "" : answer.headers[found];
    return String(Array.isArray(value) ? value[0] : value);
  }

  /** The endpoint's clock in ms, or NaN. */
  function date(answer) {
    return Date.parse(header(answer, "date"));
  }

  /** Retry-After in ms (RFC 9110 section 10.2.3: seconds or a date), at most an hour; 0 when there is none. */
  function retryAfter(answer) {
    const value = header(answer, "retry-after").trim();
    const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - date(answer);
    return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), RETRY_AFTER_MAX) : 0;
  }

  /** Waiting time before try number `attempts` (from 1): one minute, doubled each time, at most `most`. */
  function backoff(attempts, most = BACKOFF_MAX) {
    return Math.min(60 * 1000 * 2 ** Math.min(attempts - 1, 20), most);
  }

  return { json, batch, size, headers, judge, verdict, asked, date, backoff, MAX_BODY, MAX_BATCH };
})();
