"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { World, MINUTE, HOUR, DAY } = require("./world.js");
const { nothingLost, withinLimits } = require("./helpers.js");

function installed(given) {
  const world = new World(given);
  world.setup();
  world.door.taken.clear();
  world.now += MINUTE;
  return world;
}

function many(world, count, each = () => ({})) {
  return Array.from({ length: count }, (_, i) => world.arrive(each(i)));
}

test("a new mail is pushed once, raw, and never again", () => {
  const world = installed();
  const ids = many(world, 3);
  const results = world.live(60);
  assert.equal(results[0], "done");
  assert.ok(results.slice(1).every((result) => result === "idle" || result === "heartbeat"));
  assert.equal(world.door.taken.get(ids[0]).form, "raw");
  assert.equal(world.door.repeats, 0);
  nothingLost(world, ids);
});

test("the raw bytes arrive as they are, whether Google gives bytes or base64url", () => {
  for (const restStyle of [false, true]) {
    const world = installed();
    world.restStyle = restStyle;
    const raw = "From: Zoé <z@clinic.example>\r\n\r\nhéllo \u0000 — ✓\r\n";
    const id = world.arrive({ raw });
    world.fire();
    const got = world.door.taken.get(id).mail.raw;
    assert.equal(Buffer.from(got, "base64url").toString("utf8"), raw);
  }
});

test("an idle run without a heartbeat costs one search, one read and one write of properties, and no push", () => {
  const world = installed({ config: { heartbeat: false } });
  world.live(30);
  const before = { ...world.total };
  world.fire();
  assert.equal(world.total.gmail - before.gmail, 1);
  assert.equal(world.total.fetch - before.fetch, 0);
  assert.equal(world.total.props - before.props, 2);
});

test("a trigger that fires twice at once pushes once", () => {
  const world = installed();
  const ids = many(world, 60);
  const inner = [];
  world.door.fault = () => {
    // The second trigger starts while the first waits for the door.
    if (inner.length < 2) inner.push(world.fire());
    return null;
  };
  assert.equal(world.fire(), "done");
  assert.deepEqual(inner, ["busy", "busy"]);
  assert.equal(world.door.repeats, 0);
  nothingLost(world, ids);
});

test("a second run right after the first finds nothing to do", () => {
  const world = installed();
  many(world, 5);
  assert.deepEqual([world.fire(), world.fire()], ["done", "idle"]);
  assert.equal(world.door.repeats, 0);
});

test("a lock held by a run that Google ended is free again", () => {
  const world = installed();
  const ids = many(world, 5);
  world.killAfter = 6;
  assert.equal(world.fire(), "killed");
  world.live(10);
  nothingLost(world, ids);
});

for (const [status, fault] of Object.entries({
  409: { status: 409, body: { status: "gmail_ingress_disabled" } },
  429: { status: 429, body: { status: "rate_limited" } },
  503: { status: 503, body: { status: "try_again" } },
  502: { status: 502, text: "<html>Bad gateway</html>" },
  504: { status: 504, body: { message: "Endpoint request timed out" } },
})) {
  test(`a storm of ${status} answers keeps every mail, backs off, and ends by itself`, () => {
    const world = installed();
    const ids = many(world, 120);
    const until = world.now + 2 * HOUR;
    world.door.fault = ({ time }) => (time < until ? fault : null);
    const results = world.live(120);
    assert.equal(world.door.taken.size, 0);
    const stormy = world.door.posts.filter(({ mails, beat }) => !beat && !mails).length;
    assert.ok(stormy <= 12, `${stormy} pushes in two hours of refusals`);
    assert.ok(results.includes("held"));
    world.live(30);
    nothingLost(world, ids);
  });
}

test("Retry-After is obeyed when it is longer than our own waiting", () => {
  const world = installed();
  const ids = many(world, 1);
  let refused = 0;
  world.door.fault = () => (refused++ ? null : { status: 429, headers: { "Retry-After": "1800" }, body: { status: "rate_limited" } });
  world.live(30);
  assert.equal(world.door.taken.size, 0);
  world.live(10);
  nothingLost(world, ids);
});

test("refusals of single mails inside a batch keep those mails only", () => {
  const world = installed();
  const ids = many(world, 100);
  const chosen = new Set(ids.filter((_, i) => i % 7 === 0));
  world.door.rule = (mail, tries) => (chosen.has(mail.id) && tries <= 3 ? ["rate_limited", "try_again", "outside_time_window"][tries - 1] : null);
  world.fire();
  assert.equal(world.door.taken.size, ids.length - chosen.size);
  world.live(60);
  assert.equal(world.door.repeats, 0);
  nothingLost(world, ids);
});

test("statuses that end a mail are final, whatever comes after the prefix", () => {
  const world = installed();
  const ends = ["accepted", "accepted_held", "skipped_sender_not_allowed", "stopped_by_routing_rule", "skipped_outside_time_window"];
  const ids = many(world, ends.length, (i) => ({ subject: ends[i] }));
  world.door.rule = (mail) => ends[ids.indexOf(mail.id)];
  world.live(120);
  assert.equal(world.door.posts.filter(({ mails }) => mails).length, 2);
  nothingLost(world, ids);
});

test("a status that nobody knows keeps the mail", () => {
  const world = installed();
  const ids = many(world, 2);
  world.door.rule = (mail, tries) => (mail.id === ids[0] && tries < 3 ? "acceptable_perhaps" : null);
  world.live(30);
  nothingLost(world, ids);
});

test("mail that a rule refuses comes again when the endpoint said, and holds up nobody", () => {
  const world = installed();
  const ids = many(world, 4);
  const opens = world.now + 11.5 * HOUR;
  const judge = world.door.judge.bind(world.door);
  world.door.rule = (mail) => (ids.includes(mail.id) && world.now < opens ? "outside_time_window" : null);
  world.door.judge = (...args) => {
    const given = judge(...args);
    for (const one of given.body.verdicts || []) {
      if (one.status === "outside_time_window") one.retry_after = Math.min(3600, (opens - world.now) / 1000);
    }
    return given;
  };
  const others = [];
  const results = world.live(11.5 * 60, 5, (i) => {
    if (i % 6 === 1) others.push(world.arrive());
  });
  assert.ok(!results.includes("held"), "the other mail was held up");
  assert.ok(others.every((id) => world.door.taken.has(id)));
  assert.ok(world.door.posts.filter(({ mails }) => mails >= 4).length <= 14, "not asked more often than it said");
  world.live(10);
  assert.equal(world.failedIds().length, 0);
  nothingLost(world, [...ids, ...others]);
});

test("verdicts in another order or too few settle nothing by position", () => {
  const world = installed();
  const ids = many(world, 4);
  const judge = world.door.judge.bind(world.door);
  let spoiled = 0;
  world.door.judge = (...args) => {
    const given = judge(...args);
    if (given.body.verdicts && spoiled++ === 0) {
      given.body.verdicts.reverse();
      given.body.verdicts.pop();
    }
    return given;
  };
  world.fire();
  assert.equal(world.call("status").totals.final, 0);
  world.live(60);
  assert.equal(world.call("status").totals.final, ids.length);
  nothingLost(world, ids);
});

test("a thousand unread mails at the first start are all pushed, within the quotas", () => {
  const world = new World({ config: { sinceDays: 30 } });
  const ids = many(world, 1000, (i) => ({ at: world.now - 29 * DAY + i * 40 * MINUTE }));
  world.setup();
  const runs = [];
  const first = world.now;
  while (world.door.taken.size < 1001 && runs.length < 100) runs.push(...world.live(5));
  const minutes = (world.now - first) / MINUTE;
  world.live(8 * 60);
  assert.ok(minutes <= 30, `${minutes} minutes`);
  assert.equal(world.door.repeats, 0);
  nothingLost(world, ids);
});

test("mail that was there before the installation is left alone", () => {
  const world = new World();
  const old = many(world, 5, () => ({ at: world.now - DAY }));
  world.setup();
  world.live(24 * 60);
  assert.ok(old.every((id) => !world.door.taken.has(id)));
});

test("a backlog larger than one look and one queue is worked off from its old end", () => {
  const world = new World({ config: { sinceDays: 10 } });
  const ids = many(world, 5000, (i) => ({ at: world.now - 9 * DAY + i * 2 * MINUTE }));
  world.setup();
  world.fire();
  assert.ok(world.door.taken.has(ids[0]));
  world.live(2 * 24 * 60);
  nothingLost(world, ids);
});

test("an endpoint without uploads gets a mail of 20 MB in fields, and it holds up nobody", () => {
  const world = installed({ door: { maxUpload: 0 } });
  const ids = [world.arrive({ size: 20 * 1024 * 1024, text: "see the scan" }), ...many(world, 10)];
  world.fire();
  const { form, mail } = world.door.taken.get(ids[0]);
  assert.equal(form, "fields");
  assert.equal(mail.body, "see the scan");
  assert.deepEqual(mail.attachments, [{ name: "scan.pdf", type: "application/pdf", size: 20 * 1024 * 1024 }]);
  assert.deepEqual(mail.headers, { references: "<root@clinic.example>" });
  nothingLost(world, ids);
});

test("a mail whose raw bytes are just too many is found out before it is pushed, and uploaded", () => {
  const world = installed();
  world.restStyle = true;
  const ids = [3890000, 3931000, 3940000].map((size) => world.arrive({ raw: "x".repeat(size) }));
  world.live(10);
  assert.ok(world.door.posts.every(({ status }) => status === 200));
  assert.equal(world.door.taken.get(ids[2]).form, "upload");
  assert.equal(world.door.taken.get(ids[0]).form, "raw");
  nothingLost(world, ids);
});

test("batches stay under 5 MiB and 50 mails", () => {
  const world = installed();
  world.restStyle = true;
  const ids = [...many(world, 12, () => ({ raw: "y".repeat(1000000) })), ...many(world, 120)];
  world.live(15);
  assert.ok(world.door.posts.every(({ bytes, mails }) => bytes <= 5 * 1024 * 1024 && mails <= 50));
  assert.equal(world.door.repeats, 0);
  nothingLost(world, ids);
});

test("text that no form can carry is refused visibly, not cut", () => {
  const world = installed({ door: { maxUpload: 0 } });
  world.restStyle = true;
  const ids = [world.arrive({ text: "z".repeat(5300000), size: 6000000 }), world.arrive()];
  world.live(30);
  assert.deepEqual(world.failedIds(), [ids[0]]);
  nothingLost(world, ids);
});

test("enormous HTML gives way to the text beside it", () => {
  const world = installed({ door: { maxUpload: 0 } });
  world.restStyle = true;
  const id = world.arrive({ html: "é".repeat(900000), text: "short", size: 9000000 });
  world.live(10);
  assert.equal(world.door.taken.get(id).mail.body, "short");
  nothingLost(world, [id]);
});

test("a 413 for raw mail is answered with an upload, a second one with the label", () => {
  const world = installed();
  const ids = many(world, 3);
  world.door.rule = (mail) => (mail.id === ids[0] || (mail.id === ids[1] && mail.raw) ? "too_large" : null);
  world.live(10);
  assert.deepEqual(world.failedIds(), [ids[0]]);
  assert.equal(world.door.taken.get(ids[1]).form, "upload");
  nothingLost(world, ids);
});

test("a gateway that takes less than the endpoint says is found out by halving", () => {
  const world = installed();
  const ids = many(world, 40, () => ({ raw: "q".repeat(20000) }));
  world.door.fault = ({ body }) => (body.length > 100000 ? { status: 413, body: { message: "Request Too Long" } } : null);
  world.live(60);
  assert.equal(world.door.repeats, 0);
  nothingLost(world, ids);
});

test("an endpoint set to smaller bodies and batches is obeyed once it said so", () => {
  const world = installed({ door: { maxBatch: 7, maxBody: 60000 } });
  const ids = [...many(world, 30), ...many(world, 4, () => ({ raw: "w".repeat(60000), text: "in fields" }))];
  world.live(30);
  assert.ok(world.door.posts.filter(({ status }) => status === 413).length <= 4);
  nothingLost(world, ids);
});

test("a mail refused for good (400) is labelled, reported without its content, and the others pass", () => {
  const world = installed();
  const ids = many(world, 10, () => ({ subject: "Secret diagnosis" }));
  world.door.rule = (mail) => (mail.id === ids[4] ? "invalid_field" : null);
  world.live(10);
  assert.deepEqual(world.failedIds(), [ids[4]]);
  assert.ok(world.logs.some(({ level, text }) => level === "error" && text.includes(ids[4]) && text.includes("invalid_field")));
  assert.ok(!world.logs.some(({ text }) => /Secret|Ann|clinic\.example/.test(text)));
  nothingLost(world, ids);
});

test("what failed can be sent again when its cause is fixed", () => {
  const world = installed();
  const ids = many(world, 3);
  world.door.rule = () => "invalid_field";
  world.fire();
  assert.equal(world.failedIds().length, 3);
  world.door.rule = () => null;
  assert.equal(world.call("retryFailed"), 3);
  world.fire();
  assert.deepEqual(world.failedIds(), []);
  assert.equal(world.door.taken.size, 3);
  nothingLost(world, ids);
});

test("a wrong account is the set-up's fault: no mail is labelled, all wait", () => {
  const world = installed();
  const ids = many(world, 5);
  world.door.accounts = ["renamed"];
  world.live(60);
  assert.deepEqual(world.failedIds(), []);
  assert.ok(world.logs.some(({ level, text }) => level === "error" && text.includes("check_the_set_up")));
  world.door.accounts = ["clinic"];
  world.live(30);
  nothingLost(world, ids);
});

for (const [name, answer] of Object.entries({
  "a page that is no Mailroom": { status: 200, text: "<html>welcome</html>" },
  "a redirect": { status: 302, headers: { Location: "https://elsewhere.example/" }, text: "" },
  "a missing route": { status: 403, body: { message: "Missing Authentication Token" } },
  "not found": { status: 404, body: {} },
  "an answer that is a number": { status: 200, text: "7" },
})) {
  test(`${name} settles nothing and labels nothing`, () => {
    const world = installed();
    const ids = many(world, 5);
    world.door.fault = () => answer;
    world.live(120);
    assert.deepEqual(world.failedIds(), []);
    assert.equal(world.call("status").totals.final, 0);
    world.door.fault = () => null;
    world.live(30);
    nothingLost(world, ids);
  });
}

test("one mail that breaks the endpoint (500) holds up only itself, for ever if need be", () => {
  const world = installed();
  const ids = many(world, 120);
  let fixed = false;
  world.door.fault = ({ body }) => (!fixed && body.includes(ids[60]) ? { status: 500, body: { status: "internal_error" } } : null);
  world.live(60);
  assert.equal(world.door.taken.size, 119);
  assert.equal(world.call("status").open, 1);
  const later = many(world, 50);
  world.live(15);
  assert.ok(later.every((id) => world.door.taken.has(id)));
  fixed = true;
  world.live(120);
  assert.equal(world.door.repeats, 0);
  nothingLost(world, [...ids, ...later]);
});

test("an endpoint that fails over everything (500) is left alone, not hammered", () => {
  const world = installed();
  const ids = many(world, 120);
  world.door.fault = () => ({ status: 500, body: { status: "internal_error" } });
  world.live(4 * 60);
  assert.ok(world.door.posts.length < 80, `${world.door.posts.length} pushes in four hours`);
  world.door.fault = () => null;
  world.live(120);
  nothingLost(world, ids);
});

test("in a thread with a hundred replies every reply is pushed, also after one of them was labelled", () => {
  const world = installed();
  const ids = [];
  world.door.rule = (mail) => (mail.id === ids[3] ? "invalid_field" : null);
  for (let i = 0; i < 100; i++) {
    ids.push(world.arrive({ thread: "thread-1", labels: i % 2 ? ["INBOX"] : ["INBOX", "UNREAD"] }));
    if (i % 4 === 3) world.live(5);
  }
  world.live(10);
  assert.ok(world.threadLabels("thread-1").includes("Mailroom/failed"));
  assert.deepEqual(world.failedIds(), [ids[3]]);
  assert.equal(world.door.taken.size, 99);
  nothingLost(world, ids);
});

test("mail that was read before the trigger fired is pushed too", () => {
  const world = installed();
  const ids = many(world, 3, () => ({ labels: ["INBOX"] }));
  world.fire();
  nothingLost(world, ids);
});

test("drafts and sent mail are not received mail; a mail to oneself is", () => {
  const world = installed();
  world.arrive({ labels: ["DRAFT"] });
  world.arrive({ labels: ["SENT"], thread: "t" });
  const both = world.arrive({ labels: ["SENT", "INBOX"], thread: "t" });
  world.live(10);
  assert.deepEqual([...world.door.taken.keys()], [both]);
});

for (const [name, minutes] of Object.entries({ "an hour behind": -60, "seven minutes ahead": 7, "a day ahead": 1440 })) {
  test(`a clock ${name} is corrected by the endpoint's Date, once`, () => {
    const world = installed();
    world.door.skew = -minutes * MINUTE;
    const ids = many(world, 60);
    assert.equal(world.fire(), "done");
    assert.equal(world.door.posts.filter(({ status }) => status === 401).length, 1);
    assert.ok(world.logs.some(({ level, text }) => level === "warn" && text.includes("clock_corrected")), "it says so");
    assert.equal(Math.round(world.call("status").clockSkewSeconds / 60), -minutes);
    const more = many(world, 5);
    world.live(30);
    assert.equal(world.door.posts.filter(({ status }) => status === 401).length, 1);
    nothingLost(world, [...ids, ...more]);
  });
}

test("a clock that is wrong is corrected also where the endpoint says 429 for 401, because others failed from the same address", () => {
  const world = installed();
  world.door.skew = 20 * MINUTE;
  const authorized = world.door.authorized.bind(world.door);
  let right = 0;
  world.door.authorized = (...args) => {
    if (authorized(...args)) right += 1;
    return true;
  };
  world.door.fault = ({ body, headers, time, path }) => (authorized(body, headers, time, path) ? null
    : { status: 429, headers: { "Retry-After": "60" }, body: { status: "rate_limited" } });
  const ids = many(world, 3);
  assert.equal(world.fire(), "done");
  assert.equal(right, 1);
  nothingLost(world, ids);
});

test("our own clock that jumps a day ahead and back loses nothing", () => {
  const world = installed();
  const ids = many(world, 10);
  world.clockError = DAY;
  world.live(15);
  ids.push(...many(world, 10));
  world.live(15);
  world.clockError = 0;
  ids.push(...many(world, 10));
  world.live(60);
  nothingLost(world, ids);
});

test("a wrong key is not corrected but waited for: the mails are kept", () => {
  const world = installed();
  const ids = many(world, 10);
  world.door.key = "another";
  world.live(120);
  assert.ok(world.logs.some(({ text }) => text.includes("check_the_set_up") && text.includes("401")));
  assert.equal(world.door.taken.size, 0);
  world.setup({ key: "another" });
  world.live(5);
  nothingLost(world, ids);
});

test("an endpoint that is down for a day gets a day's mail when it is back", () => {
  const world = installed();
  const ids = [];
  world.door.fault = () => "lost";
  world.live(24 * 60, 5, (i) => {
    if (i % 2) ids.push(world.arrive());
  });
  const tried = world.door.posts.length;
  assert.ok(tried < 110, `${tried} pushes in a day`);
  world.door.fault = () => null;
  const back = world.now;
  while (world.door.taken.size < ids.length) world.live(5);
  assert.ok(world.now - back <= 40 * MINUTE);
  assert.equal(world.door.repeats, 0);
  nothingLost(world, ids);
});

test("a batch that was taken though no answer came is repeated and counted once", () => {
  const world = installed();
  const ids = many(world, 70);
  let muted = 0;
  world.door.fault = () => (muted++ < 2 ? "mute" : null);
  world.live(30);
  assert.ok(world.door.repeats > 0);
  nothingLost(world, ids);
});

test("mails out of order, with equal dates and late in the index are all found", () => {
  const world = installed();
  const ids = [];
  const day = world.now;
  world.live(8 * 60, 5, (i) => {
    ids.push(world.arrive({ at: day + 1 }), world.arrive({ at: world.now - (i % 12) * MINUTE, indexed: world.now + (i % 5) * 9 * MINUTE }));
    ids.push(world.arrive({ at: Math.max(day, world.now - 3 * HOUR) }));
  });
  world.live(7 * 60);
  assert.equal(world.door.repeats, 0);
  nothingLost(world, ids);
});

test("mail that leaves spam two days later is pushed", () => {
  const world = installed();
  const id = world.arrive({ labels: ["SPAM"] });
  world.live(2 * 24 * 60);
  assert.ok(!world.door.taken.has(id));
  world.messages.get(id).labelIds = ["INBOX"];
  world.live(6 * 60 + 10);
  nothingLost(world, [id]);
});

test("a mail deleted for good between search and read is let go after Gmail said so twice; trashed mail is pushed", () => {
  const world = installed();
  const ids = many(world, 6);
  let done = false;
  world.gmailFault = (name) => {
    if (name !== "get" || done) return;
    done = true;
    world.messages.delete(ids[2]);
    world.messages.get(ids[3]).labelIds = ["TRASH"];
  };
  world.live(30);
  assert.equal(world.call("status").open, 0);
  assert.equal(world.call("status").totals.gone, 1);
  nothingLost(world, ids.filter((id) => id !== ids[2]));
});

test("Gmail that fails for an hour, mail by mail or wholly, costs no mail", () => {
  const world = installed();
  const ids = many(world, 40);
  const until = world.now + HOUR;
  world.gmailFault = (name, id) => {
    if (world.now < until && (name === "list" ? world.serial % 2 : !id || parseInt(id.slice(-2), 16) % 3)) throw new Error("Empty response");
  };
  world.live(60, 5, () => ids.push(world.arrive()));
  world.live(180);
  nothingLost(world, ids);
});

test("a mail that only can be read in fields gets there", () => {
  const world = installed({ door: { maxUpload: 0 } });
  const [id] = many(world, 1);
  const get = world.sizeOf.bind(world);
  // The search gets a wrong size, so raw is tried and Google refuses to hand it out.
  let calls = 0;
  world.sizeOf = (message) => (message.id === id && ++calls > 1 ? 30 * 1024 * 1024 : get(message));
  world.live(60);
  assert.equal(world.door.taken.get(id).form, "fields");
  nothingLost(world, [id]);
});

test("a label that cannot be set keeps the mail open until it can", () => {
  const world = installed();
  const ids = many(world, 2);
  world.door.rule = (mail) => (mail.id === ids[0] ? "missing_field" : null);
  let broken = true;
  world.gmailFault = (name) => {
    if (broken && name === "modify") throw new Error("Backend error");
  };
  world.live(15);
  assert.equal(world.call("status").open, 1);
  broken = false;
  world.live(60);
  assert.deepEqual(world.failedIds(), [ids[0]]);
  nothingLost(world, ids);
});

test("a narrowing query chooses mails, not threads", () => {
  const world = installed({ config: { query: "subject:Results" } });
  const yes = world.arrive({ subject: "Results", thread: "t" });
  const no = world.arrive({ subject: "Lunch", thread: "t" });
  world.live(10);
  assert.ok(world.door.taken.has(yes));
  assert.ok(!world.door.taken.has(no));
});

for (const every of [1, 5, 10]) {
  test(`an hour of silence has a heartbeat every ten minutes, with a trigger every ${every}`, () => {
    const world = installed({ config: { every } });
    world.live(60, every);
    assert.ok(world.door.heartbeats >= 6 && world.door.heartbeats <= 7, `${world.door.heartbeats}`);
    const times = world.door.posts.map(({ time }) => time);
    assert.ok(times.slice(1).every((time, i) => time - times[i] <= 11 * MINUTE), "never more than eleven minutes of silence");
  });
}

test("heartbeats can be switched off", () => {
  const world = installed({ config: { heartbeat: false } });
  world.live(60);
  assert.equal(world.door.posts.length, 1);
});

test("while mail is pushed there is no heartbeat", () => {
  const world = installed();
  world.live(60, 5, () => world.arrive());
  assert.equal(world.door.heartbeats, 0);
});

test("while the endpoint is switched off heartbeats go on: the pusher is well", () => {
  const world = installed({ door: { enabled: false } });
  const ids = many(world, 3);
  world.live(60);
  const times = world.door.posts.map(({ time }) => time);
  assert.ok(times.slice(1).every((time, i) => time - times[i] <= 11 * MINUTE), "never more than eleven minutes of silence");
  world.door.enabled = true;
  world.live(30);
  nothingLost(world, ids);
});

test("a pusher that cannot read its mailbox is silent, which is an alarm at the endpoint", () => {
  const world = installed();
  world.gmailFault = () => {
    throw new Error("Empty response");
  };
  world.live(60);
  assert.equal(world.door.heartbeats, 0);
});

test("a heartbeat that the endpoint does not let in says so to the person", () => {
  const world = installed();
  world.door.key = "another";
  world.live(30);
  assert.ok(world.logs.some(({ level, text }) => level === "error" && text.includes("check_the_set_up")));
});

test("an endpoint that does not know heartbeats does not stop the pushing", () => {
  const world = installed({ door: { heartbeats: undefined } });
  world.live(30);
  const ids = many(world, 3);
  world.live(5);
  nothingLost(world, ids);
});

test("a quota error of Google's own ends the run and loses nothing", () => {
  const world = installed();
  const ids = many(world, 30);
  const until = world.now + 3 * HOUR;
  world.gmailFault = (name) => {
    if (name === "get" && world.now < until) throw new Error("Exception: Service invoked too many times for one day: gmail.");
  };
  world.live(180);
  assert.ok(world.total.gmail < 100);
  world.live(60);
  nothingLost(world, ids);
});

test("a day and a half of more mail than the quotas allow stay within them, and the mail is worked off after", () => {
  const world = installed();
  const ids = [];
  world.live(36 * 60, 5, () => ids.push(...many(world, 40)));
  withinLimits(world);
  console.log(`${world.door.taken.size} of ${ids.length}, most ${JSON.stringify(world.most)} ${world.mostProperties} ${world.door.repeats}`);
  const pushed = world.door.taken.size;
  world.live(60);
  assert.ok(world.door.taken.size > pushed);
  assert.ok(world.door.taken.size > 9000, `${world.door.taken.size} of ${ids.length}`);
  assert.ok(world.mostProperties < 500 * 1024);
});

test("a one-minute trigger stays within a day's run time, with mail all day", () => {
  const world = installed({ config: { every: 1 } });
  const ids = [];
  world.live(24 * 60, 1, (i) => {
    if (i % 3 === 0) ids.push(world.arrive());
  });
  world.live(60, 1);
  assert.ok(world.most.ms < 90 * MINUTE, `${world.most.ms / MINUTE} minutes`);
  nothingLost(world, ids);
});

test("mail that the index shows half an hour late is pushed by the next run, not by the wide search", () => {
  const world = installed();
  const id = world.arrive({ indexed: world.now + 30 * MINUTE });
  world.live(40);
  nothingLost(world, [id]);
});

test("more mails in one old second than the queue holds are all pushed", () => {
  const world = new World({ config: { sinceDays: 30 } });
  const ids = many(world, 3500, () => ({ at: world.now - 20 * DAY }));
  world.setup();
  world.live(6 * 60);
  nothingLost(world, ids);
});
