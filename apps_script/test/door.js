/** The endpoint's rules as `chalicelib/sources/gmail_push/ and chalicelib/web/{auth,http}.py` have them, in memory, with faults to order. */
"use strict";
const crypto = require("node:crypto");

const TEXT_FIELDS = {
  sender: 2000, body: 4000000, subject: 10000, date: 200, id: 64, thread_id: 64, message_id: 1000,
  body_html: 4000000, raw: 6000000, account: 64, upload: 64,
};
const SEAL = { "x-amz-server-side-encryption": "aws:kms", "x-amz-server-side-encryption-aws-kms-key-id": "key" };
const LIST_FIELDS = { to: 500, cc: 500, labels: 200, attachments: 200 };
const HTTP = {
  batch: 200, invalid_json: 400, missing_field: 400, invalid_field: 400, unauthorized: 401, gmail_ingress_disabled: 409,
  too_large: 413, rate_limited: 429, internal_error: 500, try_again: 503,
};

class Door {
  constructor(given = {}) {
    Object.assign(this, {
      token: "token-of-the-tests", key: "key-of-the-tests", mode: "both", accounts: ["clinic"], account: "clinic",
      maxBody: 5 * 1024 * 1024, maxBatch: 50, maxUpload: 40 * 1024 * 1024, skew: 0, enabled: true,
      heartbeats: 0, putFault: () => 0, spool: "https://spool.example",
    }, given);
    /** id → how often it was newly taken (1 or never), and each push that held it. */
    this.taken = new Map();
    this.repeats = 0;
    this.posts = [];
    /** What was offered: URL → {id, account, until}; what was put there: id → bytes; each PUT; a PUT's fault to order. */
    this.offers = new Map();
    this.uploads = new Map();
    this.puts = [];
    /** Before anything: answer of this request, "lost" (no answer, nothing taken), "mute" (taken, no answer), or null. */
    this.fault = () => null;
    /** Per mail, before it is taken: a status instead, or null. */
    this.rule = () => null;
  }

  /** {status, headers, text}, or null for a connection that gave nothing. */
  answer(body, headers, now, path = "") {
    const time = now + this.skew;
    const fault = this.fault({ body, headers, time, path, number: this.posts.length });
    const record = { time: now, bytes: Buffer.byteLength(body), mails: 0, status: 0, path, beat: body === '{"heartbeat":true}' };
    this.posts.push(record);
    if (fault === "lost") return null;
    const given = fault && fault !== "mute" ? fault : this.judge(body, headers, time, record, path);
    record.status = given.status;
    if (fault === "mute") return null;
    const standard = { Date: new Date(time).toUTCString(), "Content-Type": "application/json" };
    if (given.status === 429 || given.status === 503) standard["Retry-After"] = "5";
    return { status: given.status, headers: { ...standard, ...given.headers }, text: given.text ?? JSON.stringify(given.body) };
  }

  judge(body, headers, time, record, path) {
    if (path && (path !== "/uploads" || !this.maxUpload)) return { status: 403, body: { message: "Missing Authentication Token" } };
    if (Buffer.byteLength(body) > this.maxBody) return refused("too_large", "", { limit: this.maxBody });
    if (!this.authorized(body, headers, time, path)) return refused("unauthorized");
    if (record.beat && this.heartbeats !== undefined) {
      this.heartbeats += 1;
      return { status: 200, body: { status: "alive" } };
    }
    if (!this.enabled) return refused("gmail_ingress_disabled");
    let data;
    try {
      data = JSON.parse(body);
    } catch {
      return refused("invalid_json");
    }
    if (data === null || typeof data !== "object" || Array.isArray(data)) return refused("invalid_json");
    if (path) return this.offer(data, time);
    if (!("messages" in data)) {
      const one = this.one(data);
      return { status: one.status === "accepted" ? 202 : HTTP[one.status] || 200, body: one };
    }
    if (!Array.isArray(data.messages) || !data.messages.length) return refused("invalid_field", "messages");
    if (data.messages.length > this.maxBatch) return refused("too_large", "messages", { limit: this.maxBatch });
    record.mails = data.messages.length;
    return { status: 200, body: { status: "batch", verdicts: data.messages.map((mail) => this.one(mail)) } };
  }

  offer(data, time) {
    const account = data.account || this.account;
    if (!this.accounts.includes(account)) return refused("invalid_field", "account");
    const id = crypto.createHash("md5").update(`${this.offers.size}`).digest("hex");
    const url = `${this.spool}/uploads/${account}/${id}?signed`;
    this.offers.set(url, { id, account, until: time + 15 * 60 * 1000 });
    return { status: 200, body: { status: "upload_offered", upload: { id, url, method: "PUT", headers: SEAL, max_bytes: this.maxUpload } } };
  }

  /** What S3 says to a PUT at `now`; 0 for no answer. */
  put(url, headers, bytes, now) {
    const offered = this.offers.get(url);
    this.puts.push({ url, bytes: bytes.length });
    const fault = this.putFault(this.puts.length);
    if (fault === "lost") return 0;
    if (fault && fault !== "mute") return fault;
    if (!offered || now + this.skew > offered.until || JSON.stringify(headers) !== JSON.stringify(SEAL)) return 403;
    this.uploads.set(offered.id, Buffer.from(bytes.buffer ? new Uint8Array(bytes) : Uint8Array.from(bytes)));
    return fault === "mute" ? 0 : 200;
  }

  authorized(body, headers, time, path) {
    const bearer = headers.Authorization === `Bearer ${this.token}`;
    const stamp = headers["X-Mailroom-Timestamp"] || "";
    const digest = crypto.createHmac("sha256", this.key).update(`${stamp}.POST./api/ingress/gmail${path}.${body}`).digest("hex");
    const signed = /^[0-9]{1,12}$/.test(stamp) && Math.abs(time / 1000 - Number(stamp)) <= 300
      && headers["X-Mailroom-Signature"] === `v2=${digest}`;
    return { bearer, hmac: signed, either: bearer || signed, both: bearer && signed }[this.mode];
  }

  one(mail) {
    const named = mail && typeof mail.id === "string" ? { id: mail.id.slice(0, 64) } : {};
    const wrong = this.invalid(mail);
    if (wrong) return { ...wrong, ...named };
    const status = this.rule(mail, (this.tries ||= new Map()).set(mail.id, (this.tries.get(mail.id) || 0) + 1).get(mail.id));
    if (status && !/^(accepted|skipped|stopped)/.test(status)) return { status, ...named };
    const seen = this.taken.has(mail.id);
    if (seen) this.repeats += 1;
    else this.taken.set(mail.id, { form: mail.upload ? "upload" : mail.raw ? "raw" : "fields", mail, times: 1 });
    return { status: seen ? "already_processed" : status || "accepted", mail_id: `m-${mail.id}`, ...named };
  }

  invalid(mail) {
    if (mail === null || typeof mail !== "object" || Array.isArray(mail)) return { status: "invalid_field", field: "messages" };
    for (const [name, limit] of Object.entries(TEXT_FIELDS)) {
      const value = mail[name] ?? null;
      if (value !== null && typeof value !== "string") return { status: "invalid_field", field: name };
      if (value !== null && value.length > limit) return { status: "too_large", field: name };
    }
    for (const [name, longest] of Object.entries(LIST_FIELDS)) {
      const value = mail[name] ?? null;
      if (value === null || (typeof value === "string" && (name === "to" || name === "cc"))) continue;
      const kind = name === "attachments" ? "object" : "string";
      if (!Array.isArray(value) || value.length > longest || !value.every((item) => typeof item === kind)) {
        return { status: "invalid_field", field: name };
      }
    }
    if (typeof (mail.headers ?? {}) !== "object") return { status: "invalid_field", field: "headers" };
    const account = mail.account || this.account;
    if (!account) return { status: "missing_field", field: "account" };
    if (!this.accounts.includes(account)) return { status: "invalid_field", field: "account" };
    if (mail.upload) {
      const bytes = /^[0-9a-f]{32}$/.test(mail.upload) ? this.uploads.get(mail.upload) : undefined;
      if (this.taken.has(mail.id)) return null;
      if (!bytes || !bytes.length) return { status: "invalid_field", field: "upload" };
      return bytes.length > this.maxUpload ? { status: "too_large", field: "upload" } : null;
    }
    if (mail.raw) {
      const text = mail.raw.replace(/[\r\n \t]/g, "");
      return /^[A-Za-z0-9+/_-]*={0,2}$/.test(text) && text.length % 4 === 0 ? null : { status: "invalid_field", field: "raw" };
    }
    for (const name of ["sender", "body"]) {
      if (typeof mail[name] !== "string" || (name === "sender" && !mail.sender.trim())) return { status: "missing_field", field: name };
    }
    return null;
  }
}

function refused(status, field = "", more = {}) {
  return { status: HTTP[status], body: { status, ...(field ? { field } : {}), ...more } };
}

module.exports = { Door, SEAL, refused };
