/**
 * A mailbox, Google's services and a clock, in memory. What Google enforces is enforced: daily quotas, six minutes a run,
 * property sizes, one holder of the lock. A run may be killed at any service call: nothing it does later has an effect.
 */
"use strict";
const crypto = require("node:crypto");
const { load } = require("./load.js");
const { Door } = require("./door.js");

const MINUTE = 60 * 1000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const QUOTAS = { ms: 90 * MINUTE, gmail: 20000, fetch: 20000, props: 50000 };
/** How long a call takes, in ms: what the counted calls are turned into minutes with. */
const MB = 1024 * 1024;
const LATENCY = { list: 200, get: 250, write: 300, fetch: 800, megabyte: 100, props: 40, lock: 20 };
const GMAIL = "https://gmail.googleapis.com/gmail/v1/users/me/messages/";
const OAUTH = "oauth-token-of-the-run";

class Killed extends Error {}

class World {
  constructor(given = {}) {
    this.now = Date.UTC(2026, 0, 5, 9);
    this.door = new Door(given.door);
    this.messages = new Map();
    this.labels = new Map();
    this.properties = new Map();
    this.triggers = [];
    this.lockedBy = null;
    this.restStyle = false;
    this.logs = [];
    this.total = { ms: 0, gmail: 0, fetch: 0, props: 0, runs: 0 };
    this.days = new Map();
    this.most = { ms: 0, gmail: 0, fetch: 0, props: 0 };
    this.exceeded = [];
    this.overran = 0;
    this.serial = 0;
    /** Bytes that an advanced service answers with, and that fit the memory of a run. */
    this.serviceBytes = 10 * MB;
    this.memory = 400 * MB;
    /** Service calls until the run is killed, -1 for never; and what happens in a Gmail call (may throw). */
    this.killAfter = -1;
    this.gmailFault = () => {};
    this.config = { url: "https://door.example/api/ingress/gmail", token: this.door.token, key: this.door.key, ...given.config };
  }

  // The mailbox

  /** Put a mail into the box. `at` = internal date (ms), `seen` = when search finds it. */
  arrive({ at = this.now, indexed = 0, thread, labels = ["INBOX", "UNREAD"], subject = "Results", text = "Hello", size, html, raw, id } = {}) {
    this.serial += 1;
    const key = id || (0x18c0000000000000n + BigInt(this.serial) * 7919n).toString(16);
    const message = { id: key, threadId: thread || key, internalDate: at, indexed, labelIds: [...labels], subject, text, html, size, raw };
    this.messages.set(key, message);
    return key;
  }

  /** Messages with an internal date from `date` on, without looking at all that are older. */
  since(date) {
    if (this.sortedCount !== this.serial) {
      this.sorted = [...this.messages.values()].sort((a, b) => a.internalDate - b.internalDate);
      this.sortedCount = this.serial;
    }
    let low = 0;
    let high = this.sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.sorted[middle].internalDate < date) low = middle + 1;
      else high = middle;
    }
    return this.sorted.slice(low).filter((m) => this.messages.has(m.id));
  }

  source(message) {
    if (message.size && message.raw === undefined) return whole(message);
    return message.raw ?? `From: Ann <ann@clinic.example>\r\nSubject: ${message.subject}\r\nMessage-ID: <${message.id}@clinic.example>\r\n\r\n${message.text}\r\n`;
  }

  sizeOf(message) {
    return message.size ?? Buffer.byteLength(this.source(message));
  }

  failedIds() {
    const label = [...this.labels].find(([, name]) => name === "Mailroom/failed");
    return label ? [...this.messages.values()].filter((m) => m.labelIds.includes(label[0])).map((m) => m.id) : [];
  }

  /** As the person sees it: a label of one mail shows on its thread. */
  threadLabels(thread) {
    const ids = new Set();
    for (const m of this.messages.values()) if (m.threadId === thread) m.labelIds.forEach((id) => ids.add(id));
    return [...ids].map((id) => this.labels.get(id) || id);
  }

  // Runs

  /** Run one function as Google would; returns its value, or throws what the script threw (Killed included). */
  call(name, ...args) {
    const run = { started: this.now, dead: false };
    this.total.runs += 1;
    const script = load(this.services(run));
    try {
      return script[name](...args);
    } finally {
      const ms = this.now - run.started;
      this.spend("ms", ms, false);
      if (this.lockedBy === run) this.lockedBy = null;
    }
  }

  setup(given = {}) {
    return this.call("setup", { ...this.config, ...given });
  }

  /** The trigger fires: what push returned, "killed" or "threw …". */
  fire() {
    try {
      return this.call("push");
    } catch (error) {
      if (error instanceof Killed) return "killed";
      this.logs.push({ level: "threw", text: String(error.stack || error) });
      return `threw ${error.message}`;
    }
  }

  /** Let time pass with a trigger every `every` minutes; `each(i)` happens before each. */
  live(minutes, every = 5, each = () => {}) {
    const results = [];
    for (let i = 0; i < minutes / every; i++) {
      const next = this.now + every * MINUTE;
      each(i);
      results.push(this.fire());
      this.now = Math.max(this.now, next);
    }
    return results;
  }

  spend(kind, amount, enforce = true) {
    this.total[kind] += amount;
    // Google's day ends at midnight Pacific time.
    const day = Math.floor((this.now - 8 * HOUR) / DAY);
    const used = this.days.get(day) || { ms: 0, gmail: 0, fetch: 0, props: 0 };
    this.days.set(day, used);
    used[kind] += amount;
    this.most[kind] = Math.max(this.most[kind], used[kind]);
    if (used[kind] > QUOTAS[kind]) {
      this.exceeded.push(kind);
      if (enforce) throw new Error(`Exception: Service invoked too many times for one day: ${kind}.`);
    }
  }

  services(run) {
    const world = this;
    /** Every service call: may be the last one of a run; takes time; counts. */
    const step = (kind, ms, amount = 1) => {
      if (run.dead) throw new Killed("dead");
      if (world.killAfter === 0) {
        run.dead = true;
        world.killAfter = -1;
        throw new Killed("killed");
      }
      if (world.killAfter > 0) world.killAfter -= 1;
      world.now += ms;
      if (world.now - run.started > 6 * MINUTE) {
        run.dead = true;
        world.overran += 1;
        throw new Killed("Exceeded maximum execution time");
      }
      if (kind) world.spend(kind, amount);
    };
    const gmail = (ms, name, id) => {
      step("gmail", ms);
      world.gmailFault(name, id);
    };
    return {
      Date: class extends Date {
        constructor(...args) {
          super(...(args.length ? args : [world.now + (world.clockError || 0)]));
        }
        static now() {
          return world.now + (world.clockError || 0);
        }
      },
      console: Object.fromEntries(["log", "info", "warn", "error"].map((level) => [level, (text) => world.logs.push({ level, text })])),
      Gmail: gmailService(world, gmail),
      UrlFetchApp: {
        fetch(url, options) {
          const payload = options.payload ?? "";
          const size = typeof payload === "string" ? Buffer.byteLength(payload) : payload.length;
          step("fetch", LATENCY.fetch + (size / MB) * LATENCY.megabyte);
          if (size > 50 * MB) throw new Error("Exception: Limit Exceeded: URLFetch POST Size.");
          if (url.startsWith(GMAIL)) return response(gmailRest(world, url, options, step, run));
          if (options.method === "put") {
            const status = world.door.put(url, options.headers, payload, world.now);
            if (!status) throw new Error("Exception: Address unavailable");
            return response({ status, headers: {}, text: "" });
          }
          if (!url.startsWith(world.config.url)) throw new Error(`Exception: DNS error: ${url}`);
          const answer = world.door.answer(payload, options.headers, world.now, url.slice(world.config.url.length));
          if (!answer) {
            step(null, 30 * 1000);
            throw new Error("Exception: Address unavailable");
          }
          if (answer.status >= 400 && !options.muteHttpExceptions) throw new Error("Exception: Request failed");
          return response(answer);
        },
      },
      PropertiesService: { getScriptProperties: () => propertyStore(world, step) },
      LockService: {
        getScriptLock: () => ({
          tryLock(wait) {
            step(null, LATENCY.lock);
            if (world.lockedBy && world.lockedBy !== run) {
              step(null, wait);
              return false;
            }
            world.lockedBy = run;
            return true;
          },
          releaseLock() {
            step(null, LATENCY.lock);
            if (world.lockedBy === run) world.lockedBy = null;
          },
        }),
      },
      ScriptApp: {
        getOAuthToken: () => OAUTH,
        getProjectTriggers: () => world.triggers.slice(),
        deleteTrigger: (trigger) => { world.triggers = world.triggers.filter((other) => other !== trigger); },
        newTrigger: (name) => ({
          timeBased: () => ({
            everyMinutes(minutes) {
              if (![1, 5, 10, 15, 30].includes(minutes)) throw new Error("Exception: everyMinutes");
              return { create: () => { world.triggers.push({ getHandlerFunction: () => name, minutes }); } };
            },
          }),
        }),
      },
      Utilities: {
        Charset: { UTF_8: "UTF_8" },
        computeHmacSha256Signature(value, key, charset) {
          if (charset !== "UTF_8") throw new Error("say the charset: the default is US-ASCII");
          return signed(crypto.createHmac("sha256", key).update(value, "utf8").digest());
        },
        base64EncodeWebSafe: (bytes) => Buffer.from(Uint8Array.from(bytes)).toString("base64").replace(/\+/g, "-").replace(/\//g, "_"),
        base64DecodeWebSafe(text) {
          // A list of numbers takes eight bytes a number; a run without memory is ended, no script can catch that.
          if (text.length * 6 > world.memory) {
            run.dead = true;
            throw new Killed("Out of memory error.");
          }
          return signed(Buffer.from(text, "base64url"));
        },
        newBlob: (bytes) => ({ getDataAsString: () => Buffer.from(Uint8Array.from(bytes)).toString("utf8") }),
        sleep() { throw new Error("a run never sleeps: sleeping is paid from the day's run time"); },
      },
    };
  }
}

function response({ status, headers, text }) {
  return { getResponseCode: () => status, getContentText: () => text, getAllHeaders: () => headers, getHeaders: () => headers };
}

/** Google gives a list of signed bytes; of a large mail that would be slow to make, so it is an array of the same. */
function signed(buffer) {
  const bytes = new Int8Array(buffer.buffer, buffer.byteOffset, buffer.length);
  return buffer.length > MB ? bytes : Array.from(bytes);
}

/** The REST address of the same API: the run's own token, base64url, at most 50 MB. */
function gmailRest(world, url, options, step, run) {
  if (options.headers.Authorization !== `Bearer ${OAUTH}`) return { status: 401, headers: {}, text: "{}" };
  const [, id, query] = /\/messages\/([^?]+)\?(.*)$/.exec(url);
  if (query !== "format=raw&fields=raw") throw new Error(`the fake does not know ${query}`);
  world.gmailFault("rest", id, run);
  const message = world.messages.get(id);
  if (!message) return { status: 404, headers: {}, text: "{}" };
  const size = world.sizeOf(message);
  step(null, (size / MB) * LATENCY.megabyte);
  if ((size * 4) / 3 > 50 * MB) throw new Error("Exception: Limit Exceeded: URLFetch Response Size.");
  return { status: 200, headers: {}, text: `{"raw": "${Buffer.from(world.source(message)).toString("base64url")}"}` };
}

/** A mail of `size` bytes: a text and a scan. */
function whole(message) {
  const head = `From: Ann <ann@clinic.example>\r\nSubject: ${message.subject}\r\nMessage-ID: <${message.id}@clinic.example>\r\n`
    + 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n'
    + `${message.text.slice(0, 10000)}\r\n--b\r\nContent-Type: application/pdf; name=scan.pdf\r\n`
    + "Content-Disposition: attachment; filename=scan.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n";
  const tail = "--b--\r\n";
  const line = `${"QUJD".repeat(18)}\r\n`;
  const lines = line.repeat(Math.max(0, Math.ceil((message.size - head.length - tail.length) / line.length)));
  return head + lines.slice(0, Math.max(0, message.size - Buffer.byteLength(head) - tail.length - 2)) + "\r\n" + tail;
}

function propertyStore(world, step) {
  const put = (name, value) => {
    if (typeof value !== "string") throw new Error("only text can be stored");
    if (Buffer.byteLength(value) > 9 * 1024) throw new Error("Exception: Argument too large: value");
    const before = world.properties.get(name);
    world.properties.set(name, value);
    let total = 0;
    for (const [k, v] of world.properties) total += k.length + v.length;
    world.mostProperties = Math.max(world.mostProperties || 0, total);
    if (total > 500 * 1024) {
      if (before === undefined) world.properties.delete(name);
      throw new Error("Exception: You have exceeded the property storage quota.");
    }
  };
  return {
    getProperties() {
      step("props", LATENCY.props);
      return Object.fromEntries(world.properties);
    },
    // Not atomic: a run may end between two names.
    setProperties(map) {
      for (const [name, value] of Object.entries(map)) {
        step("props", LATENCY.props);
        put(name, value);
      }
    },
    deleteProperty(name) {
      step("props", LATENCY.props);
      world.properties.delete(name);
    },
  };
}

function gmailService(world, call) {
  const get = (id) => {
    const message = world.messages.get(id);
    if (!message) {
      throw new Error("API call to gmail.users.messages.get failed with error: Requested entity was not found.");
    }
    return message;
  };
  const bytes = (text) => (world.restStyle ? Buffer.from(text).toString("base64url") : signed(Buffer.from(text)));
  const padded = (text) => {
    const out = Buffer.from(text).toString("base64").replace(/\+/g, "-").replace(/\//g, "_");
    return world.restStyle ? out : signed(Buffer.from(text));
  };
  return {
    Users: {
      Messages: {
        list(me, { q = "", maxResults = 100, pageToken = "", labelIds = [] }) {
          call(LATENCY.list, "list");
          const wanted = matcher(q);
          const found = world.since(Number((/\bafter:(\d+)/.exec(q) || [0, 0])[1]) * 1000)
            .filter((m) => m.indexed <= world.now && !m.labelIds.includes("TRASH") && !m.labelIds.includes("SPAM"))
            .filter((m) => wanted(m, world.sizeOf(m)) && labelIds.every((id) => m.labelIds.includes(id)))
            .sort((a, b) => b.internalDate - a.internalDate || (a.id < b.id ? 1 : -1));
          const from = Number(pageToken) || 0;
          const page = found.slice(from, from + Math.min(maxResults, 500));
          const next = from + page.length;
          return {
            ...(page.length ? { messages: page.map(({ id, threadId }) => ({ id, threadId })) } : {}),
            ...(next < found.length ? { nextPageToken: String(next) } : {}),
          };
        },
        get(me, id, { format }) {
          call(LATENCY.get, "get", id);
          const message = get(id);
          const base = {
            id, threadId: message.threadId, labelIds: message.labelIds.slice(), internalDate: String(message.internalDate),
            sizeEstimate: world.sizeOf(message),
          };
          if (format === "raw") {
            if ((world.sizeOf(message) * 4) / 3 > world.serviceBytes) throw new Error("Exception: Response Code: 413. Message: response too large.");
            return { ...base, raw: padded(world.source(message)) };
          }
          if (format === "minimal") return base;
          const headers = [
            { name: "From", value: "Ann <ann@clinic.example>" }, { name: "To", value: "box@clinic.example" },
            { name: "Subject", value: message.subject }, { name: "Message-ID", value: `<${message.id}@clinic.example>` },
            { name: "References", value: "<root@clinic.example>" }, { name: "Received", value: "by mx.example" },
          ];
          const parts = [{ mimeType: "text/plain", filename: "", body: { size: message.text.length, data: bytes(message.text) } }];
          if (message.html) parts.push({ mimeType: "text/html", filename: "", body: { size: message.html.length, data: bytes(message.html) } });
          parts.push({ mimeType: "application/pdf", filename: "scan.pdf", body: { size: world.sizeOf(message), attachmentId: "a1" } });
          return { ...base, payload: { mimeType: "multipart/mixed", filename: "", headers, body: { size: 0 }, parts } };
        },
        modify({ addLabelIds }, me, id) {
          call(LATENCY.write, "modify", id);
          const message = get(id);
          for (const label of addLabelIds) {
            if (!world.labels.has(label)) throw new Error("Invalid label");
            if (!message.labelIds.includes(label)) message.labelIds.push(label);
          }
        },
        batchModify({ ids, removeLabelIds }) {
          call(LATENCY.write, "batchModify");
          for (const id of ids) get(id).labelIds = get(id).labelIds.filter((label) => !removeLabelIds.includes(label));
        },
        Attachments: {
          get() {
            call(LATENCY.get, "attachment");
            return { data: bytes("kept apart") };
          },
        },
      },
      Labels: {
        list() {
          call(LATENCY.list, "labels");
          return { labels: [...world.labels].map(([id, name]) => ({ id, name })) };
        },
        create({ name }) {
          call(LATENCY.write, "label");
          if ([...world.labels.values()].includes(name)) throw new Error("Label name exists or conflicts");
          const id = `Label_${world.labels.size + 1}`;
          world.labels.set(id, name);
          return { id, name };
        },
      },
    },
  };
}

/** Gmail's query, as far as the pusher speaks it; a word that is not known is an error, not everything. */
function matcher(q) {
  const tests = q.split(/\s+/).filter(Boolean).map((word) => {
    const [, minus, key, value] = /^\(?(-?)([a-z]+):([^)]+)\)?$/.exec(word) || [];
    const test = {
      after: (m) => m.internalDate / 1000 > Number(value),
      before: (m) => m.internalDate / 1000 < Number(value),
      larger: (m, size) => size > Number(value),
      in: (m) => m.labelIds.includes({ drafts: "DRAFT", chats: "CHAT" }[value]),
      subject: (m) => m.subject.includes(value),
    }[key];
    if (!test) throw new Error(`the fake does not know ${word}`);
    return minus ? (m, size) => !test(m, size) : test;
  });
  return (m, size) => tests.every((test) => test(m, size));
}

/** A seeded generator: mulberry32. */
function random(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

module.exports = { World, Killed, random, MINUTE, HOUR, DAY, QUOTAS, LATENCY };
