"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const crypto = require("node:crypto");
const { load, FILES } = require("./load.js");
const { random, HOUR, DAY } = require("./world.js");

const { MailroomConfig, MailroomQuota, MailroomState, MailroomWire, MailroomMail, MailroomUpload, MailroomSearch } = load();
const sign = (text, key) => Array.from(new Int8Array(crypto.createHmac("sha256", key).update(text).digest()));

test("the pure files load without one Google service", () => {
  assert.equal(typeof load().MailroomRun.run, "function");
});

test("JSON is ASCII and says the same: accents, emoji, lone surrogates, line separators", () => {
  const value = { a: "é—✓😀", b: "\ud800 alone", c: "\u2028\u2029\u0000\u007f", "clé": [1, null] };
  const text = MailroomWire.json(value);
  assert.match(text, /^[\x20-\x7e]*$/);
  assert.deepEqual(JSON.parse(text), value);
});

test("the stated size of a batch is its size in bytes", () => {
  for (const texts of [["{}"], ['{"a":1}', "{}"], Array(50).fill('{"id":"x"}')]) {
    const size = MailroomWire.size(texts);
    assert.ok(size >= Buffer.byteLength(MailroomWire.batch(texts)) && size <= Buffer.byteLength(MailroomWire.batch(texts)) + 1);
  }
});

test("the signature is the endpoint's: v2, hexadecimal, over timestamp.POST.path.body", () => {
  // The expected values are what chalicelib.web.auth.sign_push gives for ("k", "1700000000", b"{}") and each path.
  const headers = MailroomWire.headers({ token: "", key: "k" }, "{}", 1700000000999, sign);
  assert.deepEqual(headers, {
    "X-Mailroom-Timestamp": "1700000000",
    "X-Mailroom-Signature": "v2=7bfcb71600b1e4608b3e1a912d50be2546e9c44b27c69385672379b41f5b0b4f",
  });
  const upload = MailroomWire.headers({ token: "", key: "k" }, "{}", 1700000000999, sign, "/uploads");
  assert.equal(upload["X-Mailroom-Signature"], "v2=6aa99e5f5fc9f1b61e23490571b86b9f53b7d2ed657d9a36d1815d77dae14fd2");
});

test("without a key nothing is signed, without a token nothing is borne", () => {
  assert.deepEqual(MailroomWire.headers({ token: "t", key: "" }, "{}", 0, sign), { Authorization: "Bearer t" });
});

for (const [status, headers, ms] of [
  [429, { "Retry-After": "7" }, 7000], [503, { "retry-after": "0" }, 0], [503, {}, 0], [503, { "Retry-After": "soon" }, 0],
  [429, { "Retry-After": "999999" }, HOUR], [429, { "Retry-After": "-5" }, 0],
  [503, { Date: "Mon, 05 Jan 2026 09:00:00 GMT", "Retry-After": "Mon, 05 Jan 2026 09:02:00 GMT" }, 120000],
  [503, { "Retry-After": ["3", "9"] }, 3000],
]) {
  test(`Retry-After ${JSON.stringify(headers)} means ${ms} ms`, () => {
    assert.equal(MailroomWire.judge({ status, headers, text: "" }).ms, ms);
  });
}

test("waiting doubles from a minute to its limit", () => {
  assert.deepEqual([1, 2, 3, 4, 5, 50].map((n) => MailroomWire.backoff(n) / 60000), [1, 2, 4, 8, 15, 15]);
});

test("a verdict is final only by the names that are, for the right mail", () => {
  const meanings = {
    accepted: "final", accepted_held: "final", already_processed: "final", skipped_x: "final", stopped_y: "final",
    acceptedly: "retry", skipped: "retry", rate_limited: "retry", try_again: "retry", internal_error: "retry",
    too_large: "smaller", invalid_field: "refused", missing_field: "refused",
  };
  for (const [status, meaning] of Object.entries(meanings)) assert.equal(MailroomWire.verdict({ status, id: "a" }, "a"), meaning, status);
  for (const given of [undefined, null, 7, {}, { status: "accepted" }, { status: "accepted", id: "b" }, { status: 3, id: "a" }]) {
    assert.equal(MailroomWire.verdict(given, "a"), "retry");
  }
});

test("wrong settings are all named at once, and no value is repeated", () => {
  const wrong = { MAILROOM_URL: "http://door.example/", MAILROOM_KEY: "a b", MAILROOM_EVERY_MINUTES: "7", MAILROOM_WORKSPACE: "yes" };
  assert.throws(() => MailroomConfig.read(wrong), (error) => {
    for (const name of Object.keys(wrong)) assert.ok(error.message.includes(name));
    return !error.message.includes("door.example") && !error.message.includes("a b");
  });
});

for (const url of ["", "http://door.example/x", "https://user:pw@door.example/x", "https://door.example/x?y=1", "javascript:1", "https://"]) {
  test(`the address ${JSON.stringify(url)} is refused`, () => {
    assert.throws(() => MailroomConfig.read({ MAILROOM_URL: url, MAILROOM_TOKEN: "t" }), /MAILROOM_URL/);
  });
}

function disk(properties) {
  return {
    write: (map) => Object.assign(properties, map),
    remove: (names) => names.forEach((name) => delete properties[name]),
  };
}

test("drawn states survive being written and read, in values under 9 KB and 500 KB in all", () => {
  const draw = random(7);
  const properties = {};
  let state = MailroomState.fresh(1e12);
  for (let round = 0; round < 60; round++) {
    const now = 1e12 + round * HOUR;
    const ids = Array.from({ length: Math.floor(draw() * 700) }, () => Math.floor(draw() * 2 ** 50).toString(16).padStart(16, "1"));
    MailroomState.enqueue(state, ids, () => "rfst"[Math.floor(draw() * 4)]);
    MailroomState.settle(state, state.queue.filter(() => draw() < 0.6).map(({ id }) => id), now);
    for (const entry of state.queue) {
      entry.attempts += 1;
      entry.due = now + 1000 * Math.floor(draw() * 1e4);
    }
    MailroomState.forget(state, now - 7 * DAY);
    MailroomState.save(state, disk(properties));
    assert.ok(Object.values(properties).every((value) => Buffer.byteLength(value) <= 9 * 1024));
    assert.ok(Object.entries(properties).reduce((sum, [k, v]) => sum + k.length + v.length, 0) < 500 * 1024);
    const again = MailroomState.load({ ...properties, SOMEONE_ELSES: "x" }, now);
    assert.deepEqual(again.queue, state.queue);
    assert.deepEqual(again.seen.map(({ until, ids: list }) => [until, list]), state.seen.map(({ until, ids: list }) => [until, list]));
    assert.deepEqual(again.orphans, []);
    state = again;
  }
});

test("the most that state can hold fits the properties, with ids of any accepted length", () => {
  const properties = {};
  const state = MailroomState.fresh(1e12);
  const id = (i) => `18c${i.toString(16).padStart(13, "0")}`;
  MailroomState.settle(state, Array.from({ length: 30000 }, (_, i) => id(i)), 1e12);
  MailroomState.enqueue(state, Array.from({ length: 9000 }, (_, i) => id(50000 + i)), () => "r");
  state.queue.forEach((entry) => Object.assign(entry, { attempts: 1295, due: 9e12 }));
  for (let hour = 0; hour < 30; hour++) state.usage = MailroomQuota.add(state.usage, hour * HOUR, { ms: 5e6, gmail: 2e4, fetch: 2e4, props: 5e4 });
  MailroomState.forget(state, 0);
  for (let i = 0; i < 2 * MailroomUpload.REMEMBERED; i++) MailroomUpload.remember(state, "f".repeat(64), "0".repeat(64));
  assert.equal(state.uploads.length, MailroomUpload.REMEMBERED);
  MailroomState.save(state, disk(properties));
  assert.equal(state.queue.length, MailroomState.QUEUE_MAX);
  assert.ok(Math.max(...Object.values(properties).map((value) => value.length)) <= 9 * 1024);
  assert.ok(Object.entries(properties).reduce((sum, [k, v]) => sum + k.length + v.length, 0) < 400 * 1024);
});

test("a save that stops after any write leaves the old state or the new one", () => {
  const before = {};
  const old = MailroomState.fresh(1e12);
  MailroomState.enqueue(old, Array.from({ length: 900 }, (_, i) => `a${String(i).padStart(15, "0")}`), () => "r");
  MailroomState.save(old, disk(before));
  for (let stop = 0; stop < 12; stop++) {
    const properties = { ...before };
    const state = MailroomState.load(properties, 1e12);
    state.queue.reverse();
    MailroomState.settle(state, state.queue.slice(0, 400).map(({ id }) => id), 2e12);
    let left = stop;
    const one = (act) => {
      if (left-- <= 0) throw new Error("stopped");
      act();
    };
    try {
      MailroomState.save(state, {
        write: (map) => Object.entries(map).forEach(([k, v]) => one(() => { properties[k] = v; })),
        remove: (names) => names.forEach((name) => one(() => delete properties[name])),
      });
    } catch (error) {
      assert.equal(error.message, "stopped");
    }
    const read = MailroomState.load(properties, 1e12);
    assert.ok([900, 500].includes(read.queue.length), `${read.queue.length} after ${stop} writes`);
    MailroomState.save(read, disk(properties));
    assert.equal(MailroomState.load(properties, 1e12).orphans.length, 0);
  }
});

test("a queue chunk that someone deleted makes the pusher look again from its start", () => {
  const properties = {};
  const state = MailroomState.fresh(1e12);
  state.floor = 2e12;
  MailroomState.enqueue(state, ["a1"], () => "r");
  MailroomState.save(state, disk(properties));
  delete properties[`${MailroomState.CHUNK}1`];
  assert.equal(MailroomState.load(properties, 2e12).floor, 1e12);
});

test("a head that cannot be read is no state, never an empty one", () => {
  for (const text of ["", "{", "null", "[]", '{"v":2}', '{"v":1,"floor":"x","start":1}']) {
    assert.equal(MailroomState.load({ [MailroomState.HEAD]: text }, 0), null);
  }
});

test("in no window of 24 hours does the allowance exceed nine tenths of a quota", () => {
  for (const every of [1, 5, 30]) {
    const draw = random(every);
    let usage = [];
    const spent = [];
    for (let now = 1e12; now < 1e12 + 4 * DAY; now += every * 60000) {
      const may = MailroomQuota.allowance(usage, now, every, false);
      const used = may ? { ms: may.ms * draw(), gmail: may.gmail, fetch: may.fetch * draw(), props: may.props * draw() } : {};
      usage = MailroomQuota.add(usage, now, used);
      spent.push([now, used.gmail || 0]);
    }
    for (const [start] of spent.filter((_, i) => i % 50 === 0)) {
      const sum = spent.filter(([at]) => at >= start && at < start + DAY).reduce((total, [, n]) => total + n, 0);
      assert.ok(sum <= 18000 + every, `${sum} in a day from ${start}`);
    }
  }
});

test("the query is by time, without drafts and chats, and never by read state or label", () => {
  const q = MailroomSearch.query({ query: "to:team" }, 1700000000000, 1700000100000);
  assert.equal(q, "after:1699999999 before:1700000101 -in:drafts -in:chats (to:team)");
});

test("fields: bodies of all text parts, attachments by name, no transport headers, some sender always", () => {
  const part = (mimeType, text, filename = "") => ({ mimeType, filename, body: { size: text.length, data: text } });
  const message = {
    id: "a", threadId: "t", internalDate: "1700000000000", labelIds: ["INBOX"],
    payload: {
      mimeType: "multipart/mixed", headers: [{ name: "Received", value: "x" }, { name: "REPLY-TO", value: "r@clinic.example" }],
      parts: [
        { mimeType: "multipart/alternative", parts: [part("text/plain", "one"), part("text/html", "<p>one")] },
        part("text/plain", "two"), part("text/plain", "log", "log.txt"), { mimeType: "message/rfc822", body: { attachmentId: "x", size: 9 } },
      ],
    },
  };
  const push = MailroomMail.fields(message, "clinic", (p) => p.body.data);
  assert.equal(push.body, "one\ntwo");
  assert.equal(push.body_html, "<p>one");
  assert.equal(push.sender, "unknown sender");
  assert.equal(push.date, "2023-11-14T22:13:20.000Z");
  assert.deepEqual(push.headers, { "reply-to": "r@clinic.example" });
  assert.deepEqual(push.attachments, [{ name: "log.txt", type: "text/plain", size: 3 }, { name: "", type: "message/rfc822", size: 9 }]);
});

test("raw and uploaded mail tell when the mailbox got it; what is no time that the endpoint takes is left out", () => {
  const message = { id: "a", threadId: "t", internalDate: "1700000000000", labelIds: [], raw: "eA" };
  assert.equal(MailroomMail.raw(message, "").date, "2023-11-14T22:13:20.000Z");
  assert.equal(MailroomMail.uploaded(message, "", "u").date, "2023-11-14T22:13:20.000Z");
  for (const internalDate of [undefined, "", "x", "-1", "4102444800000", "9e99"]) {
    assert.equal("date" in MailroomMail.raw({ ...message, internalDate }, ""), false, String(internalDate));
  }
});

test("in fields the mail's own date wins, where it can be read", () => {
  const dates = (...headers) => MailroomMail.fields({
    id: "a", threadId: "t", internalDate: "1700000000000", payload: { headers: headers.map((value) => ({ name: "Date", value })) },
  }, "", () => "").date;
  assert.equal(dates("Mon, 3 Mar 2025 10:00:00 +0100"), "Mon, 3 Mar 2025 10:00:00 +0100");
  assert.equal(dates("garbage"), "2023-11-14T22:13:20.000Z");
  assert.equal(dates(), "2023-11-14T22:13:20.000Z");
});

test("the order in which Google loads the files does not matter", () => {
  for (const order of [FILES, FILES.slice().reverse(), FILES.slice(4).concat(FILES.slice(0, 4))]) {
    assert.equal(load({}, order).MailroomWire.backoff(1), 60000);
  }
});
