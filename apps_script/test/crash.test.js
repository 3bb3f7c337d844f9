/** A run may end at any service call. Each mail is taken exactly once or visibly failed, whenever that is. */
"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { World, random, MINUTE, HOUR } = require("./world.js");
const { nothingLost } = require("./helpers.js");

const SEEDS = Number(process.env.MAILROOM_SEEDS || 40);

test("a run that is ended at each of its service calls in turn loses and repeats nothing", () => {
  let steps = 0;
  for (let killed = true; killed; steps++) {
    const world = new World();
    world.setup();
    world.now += MINUTE;
    const ids = Array.from({ length: 60 }, (_, i) => world.arrive(i === 7 ? { size: 4000000 } : {}));
    world.door.rule = (mail) => (mail.id === ids[3] ? "invalid_field" : null);
    world.killAfter = steps;
    killed = world.fire() === "killed";
    world.killAfter = -1;
    const late = world.arrive();
    world.live(30);
    nothingLost(world, [...ids, late]);
    assert.equal(world.door.taken.get(ids[7]).form, "upload", `ended at step ${steps}`);
    assert.deepEqual(world.failedIds(), [ids[3]], `ended at step ${steps}`);
    assert.equal(world.call("status").totals.final + world.call("status").totals.failed, 61, `ended at step ${steps}`);
  }
  assert.ok(steps > 70, `only ${steps} steps`);
});

test("the first set-up may end at each of its service calls too, and be run again", () => {
  for (let steps = 0, killed = true; killed; steps++) {
    const world = new World({ config: { sinceDays: 1 } });
    const ids = [world.arrive({ at: world.now - HOUR })];
    world.killAfter = steps;
    try {
      world.setup();
      killed = false;
    } catch {
      world.killAfter = -1;
    }
    world.killAfter = -1;
    world.setup();
    assert.equal(world.triggers.length, 1);
    world.live(10);
    nothingLost(world, ids);
  }
});

/** One life of a mailbox, with everything that goes wrong drawn from the seed. */
function life(seed) {
  const draw = random(seed);
  const upTo = (n) => Math.floor(draw() * n);
  const world = new World({ config: { every: [1, 5, 10][upTo(3)], sinceDays: upTo(2) } });
  world.restStyle = draw() < 0.5;
  const ids = [];
  const deleted = new Set();
  const bad = new Set();
  const arrive = () => {
    const kind = draw();
    const id = world.arrive({
      at: world.now - (draw() < 0.2 ? upTo(50) * MINUTE : 0), indexed: world.now + (draw() < 0.2 ? upTo(20) * MINUTE : 0),
      thread: draw() < 0.4 ? `t${upTo(3)}` : undefined, size: kind < 0.01 ? 4000000 : undefined,
    });
    if (kind > 0.95) bad.add(id);
    ids.push(id);
  };
  world.setup();
  world.now += HOUR;
  world.door.rule = (mail, tries) => {
    if (bad.has(mail.id)) return ["invalid_field", "missing_field", "too_large"][mail.id.charCodeAt(15) % 3];
    if (tries > 3) return null;
    return draw() < 0.1 ? ["rate_limited", "try_again", "outside_time_window", "internal_error"][upTo(4)] : null;
  };
  let stormy = 0;
  world.door.fault = () => {
    if (stormy > 0) stormy -= 1;
    const trouble = stormy > 0 || draw() < 0.15;
    if (!trouble) return null;
    if (draw() < 0.1) stormy = upTo(6);
    const status = [409, 429, 500, 502, 503, 504, 413, 401, 404, 0, -1][upTo(11)];
    if (status === 0) return "lost";
    if (status === -1) return "mute";
    return { status, headers: { "Retry-After": String(upTo(900)) }, body: { status: "drawn" } };
  };
  world.door.putFault = () => (draw() < 0.3 ? ["lost", "mute", 403, 500, 503][upTo(5)] : 0);
  world.gmailFault = (name) => {
    if (draw() < 0.01) throw new Error(["Empty response", "Backend error", "User-rate limit exceeded"][upTo(3)]);
    void name;
  };
  const every = world.config.every || 5;
  world.live(8 * 60, every, () => {
    for (let i = upTo(4); i > 0; i--) arrive();
    if (draw() < 0.05) for (let i = 0; i < 60; i++) arrive();
    if (draw() < 0.25) world.killAfter = upTo(30);
    if (draw() < 0.1) world.fire();
    if (draw() < 0.05) world.door.skew = (upTo(3) - 1) * 20 * MINUTE;
    if (draw() < 0.05 && ids.length) {
      const id = ids[upTo(ids.length)];
      if (!world.door.taken.has(id) && !world.failedIds().includes(id)) {
        world.messages.delete(id);
        deleted.add(id);
      }
    }
  });
  world.killAfter = -1;
  world.door.fault = () => null;
  world.door.putFault = () => 0;
  world.gmailFault = () => {};
  world.live(9 * 60, every);
  nothingLost(world, ids.filter((id) => !deleted.has(id)));
  assert.equal(world.call("status").open, 0);
  return { mails: ids.length, repeats: world.door.repeats };
}

test(`${SEEDS} drawn lives of a mailbox: kills, storms, lost answers, deletions, skew`, () => {
  let mails = 0;
  let repeats = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    try {
      const lived = life(seed);
      mails += lived.mails;
      repeats += lived.repeats;
    } catch (error) {
      throw new Error(`seed ${seed}: ${error.message}`, { cause: error });
    }
  }
  assert.ok(repeats > SEEDS / 2, "the crashes between push and save were not met");
  console.log(`${SEEDS} lives, ${mails} mails, ${repeats} answered already_processed`);
});
