/** Mail too large for a push: the raw bytes go to the place that the endpoint offers, each step may fail, none is lost or sent twice. */
"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { World, MINUTE, HOUR } = require("./world.js");
const { nothingLost } = require("./helpers.js");

const MB = 1024 * 1024;

function installed(given) {
  const world = new World(given);
  world.setup();
  world.door.taken.clear();
  world.now += MINUTE;
  return world;
}

/** What lies at the endpoint for a mail. */
function lying(world, id) {
  return world.door.uploads.get(world.door.taken.get(id).mail.upload);
}

test("a mail of 20 MB arrives byte by byte, after the others, which it does not hold up", () => {
  const world = installed();
  const id = world.arrive({ size: 20 * MB, text: "see the scan", labels: ["INBOX", "STARRED"] });
  const ids = [id, ...Array.from({ length: 60 }, () => world.arrive())];
  assert.equal(world.fire(), "done");
  const { form, mail } = world.door.taken.get(id);
  assert.equal(form, "upload");
  assert.deepEqual(mail.labels, ["INBOX", "STARRED"]);
  assert.equal(mail.date, new Date(world.messages.get(id).internalDate).toISOString());
  assert.ok(lying(world, id).equals(Buffer.from(world.source(world.messages.get(id)))), "the bytes are the mail's");
  assert.equal([...world.door.taken.keys()].pop(), id);
  nothingLost(world, ids);
});

test("the largest mail that Google hands out is uploaded", () => {
  const world = installed();
  const id = world.arrive({ size: 37 * MB });
  world.fire();
  assert.equal(world.door.taken.get(id).form, "upload");
  nothingLost(world, [id]);
});

test("a mail over the endpoint's 40 MB is refused visibly, and never read", () => {
  const world = installed();
  const id = world.arrive({ size: 41 * MB });
  world.live(30);
  assert.deepEqual(world.failedIds(), [id]);
  assert.equal(world.door.puts.length, 0);
  assert.ok(world.logs.some(({ level, text }) => level === "error" && text.includes(id) && text.includes("too_large")));
  nothingLost(world, [id]);
});

test("a mail that Google's limits do not let through goes in fields rather than not at all", () => {
  const world = installed();
  const id = world.arrive({ size: 39 * MB, text: "see the scans" });
  world.live(2 * 60);
  assert.equal(world.door.taken.get(id).mail.body, "see the scans");
  assert.ok(world.logs.some(({ text }) => text.includes("sent_in_fields") && text.includes(id)));
  nothingLost(world, [id]);
});

test("a mail that ends every run for lack of memory ends five runs, holds up nobody, and goes in fields", () => {
  const world = installed();
  world.memory = 100 * MB;
  const id = world.arrive({ size: 20 * MB });
  const others = [];
  const results = world.live(3 * HOUR / MINUTE, 5, () => others.push(world.arrive()));
  assert.equal(results.filter((result) => result === "killed").length, 5);
  assert.equal(world.door.taken.get(id).form, "fields");
  nothingLost(world, [id, ...others]);
});

test("an advanced service that hands out less than it said sends the mail the way of large ones", () => {
  const world = installed();
  world.serviceBytes = MB;
  const id = world.arrive({ size: 2 * MB });
  world.live(60);
  assert.equal(world.door.taken.get(id).form, "upload");
  nothingLost(world, [id]);
});

test("an offer that ran out while the mail was read is renewed", () => {
  const world = installed();
  const id = world.arrive({ size: 5 * MB });
  const put = world.door.put.bind(world.door);
  let late = 0;
  world.door.put = (url, headers, bytes, now) => put(url, headers, bytes, late++ ? now : now + 16 * MINUTE);
  world.fire();
  assert.equal(world.door.offers.size, 2);
  assert.equal(world.door.taken.get(id).form, "upload");
  nothingLost(world, [id]);
});

test("what was put there is not carried again when its push finds the endpoint switched off", () => {
  const world = installed();
  const id = world.arrive({ size: 5 * MB });
  world.door.fault = ({ body }) => (body.includes('"upload"') && world.door.posts.length < 6
    ? { status: 409, body: { status: "gmail_ingress_disabled" } } : null);
  world.live(60);
  assert.equal(world.door.puts.length, 1);
  assert.equal(world.door.taken.get(id).form, "upload");
  nothingLost(world, [id]);
});

test("a push of a reference whose answer is lost is repeated and counted once", () => {
  const world = installed();
  const id = world.arrive({ size: 5 * MB });
  let muted = 0;
  world.door.fault = ({ body }) => (body.includes('"upload"') && muted++ === 0 ? "mute" : null);
  world.live(30);
  assert.deepEqual([world.door.puts.length, world.door.repeats], [1, 1]);
  nothingLost(world, [id]);
});

test("an upload that the endpoint has forgotten is made again", () => {
  const world = installed();
  const id = world.arrive({ size: 5 * MB });
  let forgotten = 0;
  world.door.fault = ({ body }) => {
    if (body.includes('"upload"') && forgotten++ === 0) world.door.uploads.clear();
    return null;
  };
  world.live(30);
  assert.equal(world.door.puts.length, 2);
  assert.equal(world.door.taken.get(id).form, "upload");
  assert.deepEqual(world.failedIds(), []);
  nothingLost(world, [id]);
});

for (const [name, fault] of Object.entries({ "a spool that fails": 503, "a spool that refuses": 403, "no answer of the spool": "lost" })) {
  test(`${name} for half an hour costs no mail and holds up none`, () => {
    const world = installed();
    const id = world.arrive({ size: 5 * MB });
    const until = world.now + 30 * MINUTE;
    world.door.putFault = () => (world.now < until ? fault : 0);
    const others = [];
    const results = world.live(60, 5, () => others.push(world.arrive()));
    assert.ok(!results.includes("held"));
    assert.ok(world.door.puts.length <= 11, `${world.door.puts.length} tries to put`);
    world.live(60);
    nothingLost(world, [id, ...others]);
  });
}

for (const [name, fault] of Object.entries({
  "switched off": { status: 409, body: { status: "gmail_ingress_disabled" } },
  "over its rate": { status: 429, headers: { "Retry-After": "900" }, body: { status: "rate_limited" } },
  "failing": { status: 503, body: { status: "try_again" } },
})) {
  test(`a door that is ${name} when it is asked for an offer is waited for, and no byte is read for nothing`, () => {
    const world = installed();
    const id = world.arrive({ size: 5 * MB });
    const until = world.now + HOUR;
    let read = 0;
    world.gmailFault = (what) => {
      if (what === "rest") read += 1;
    };
    world.door.fault = ({ time }) => (time < until ? fault : null);
    world.live(2 * 60);
    assert.equal(read, 1);
    assert.equal(world.door.taken.get(id).form, "upload");
    nothingLost(world, [id]);
  });
}

test("a spool that fails for a day costs no attachment and little of the day's run time", () => {
  const world = installed();
  const id = world.arrive({ size: 5 * MB });
  const until = world.now + 24 * HOUR;
  world.door.putFault = () => (world.now < until ? 503 : 0);
  const before = world.total.ms;
  world.live(25 * 60);
  assert.equal(world.door.taken.get(id).form, "upload");
  assert.ok(world.door.puts.length <= 50, `${world.door.puts.length} tries to put`);
  assert.ok(world.total.ms - before < 15 * MINUTE, `${(world.total.ms - before) / MINUTE} minutes`);
  nothingLost(world, [id]);
});

test("an offer in the clear is not followed", () => {
  const world = installed();
  const id = world.arrive({ size: 5 * MB });
  const offer = world.door.offer.bind(world.door);
  let fixed = false;
  world.door.offer = (...args) => {
    const given = offer(...args);
    if (!fixed) given.body.upload.url = given.body.upload.url.replace("https:", "http:");
    return given;
  };
  world.live(30);
  assert.equal(world.door.puts.length, 0);
  fixed = true;
  world.live(30);
  nothingLost(world, [id]);
});

test("a clock that is wrong is corrected by the answer to the first request for an offer", () => {
  const world = installed();
  world.door.skew = 20 * MINUTE;
  const id = world.arrive({ size: 5 * MB });
  world.fire();
  assert.equal(world.door.taken.get(id).form, "upload");
  nothingLost(world, [id]);
});

test("fifty large mails are all uploaded within the quotas, and no remembered upload is left", () => {
  const world = installed();
  const ids = Array.from({ length: 50 }, () => world.arrive({ size: 4.5 * MB }));
  world.live(3 * 60);
  assert.ok(ids.every((id) => world.door.taken.get(id).form === "upload"));
  assert.deepEqual(JSON.parse(world.properties.get("MAILROOM_STATE")).uploads, []);
  nothingLost(world, ids);
});
