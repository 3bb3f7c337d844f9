/** Mails per minute within the consumer quota: a calculation from counted calls. `node test/quota.js` prints it as JSON. */
"use strict";
const { World, QUOTAS, LATENCY, MINUTE, DAY } = require("./world.js");

const MB = 1024 * 1024;
const KINDS = Object.keys(QUOTAS);
/** What Google bills before a run's first line, and the share of a quota that the script allows itself (`src/Quota.js`). */
const STARTUP_MS = 500;
const SHARE = 0.9;

/** What one run costs: `runs` of them, each after `prepare`. */
function cost(every, runs, prepare) {
  const world = new World({ config: { every } });
  world.setup();
  world.now += MINUTE;
  prepare(world);
  const before = { ...world.total };
  world.live(every * runs, every);
  return spent(world.total, before, runs);
}

function spent(total, before, runs) {
  const out = Object.fromEntries(KINDS.map((kind) => [kind, Math.round(((total[kind] - before[kind]) / runs) * 10) / 10]));
  return { ...out, ms: Math.round(out.ms + STARTUP_MS) };
}

/** A backlog of `count` mails from a standing start: what it uses in all, and what a day's quotas make of that. */
function backlog(count, every, idle) {
  const world = new World({ config: { every, sinceDays: 2 } });
  for (let i = 0; i < count; i++) world.arrive({ at: world.now - DAY + i * 1000 });
  world.setup();
  const start = { ...world.total };
  let runs = 0;
  while (world.door.taken.size <= count) {
    world.fire();
    world.now += MINUTE;
    runs += 1;
  }
  const used = Object.fromEntries(KINDS.map((kind) => [kind, Math.round(world.total[kind] - start[kind])]));
  const triggers = (24 * 60) / every;
  // What is left of the day's share when every trigger has looked once, divided by what one mail costs.
  const perDay = Object.fromEntries(KINDS.map((kind) => {
    const left = QUOTAS[kind] * SHARE - triggers * idle[kind];
    return [kind, Math.floor((left / used[kind]) * count)];
  }));
  const boundBy = KINDS.reduce((least, kind) => (perDay[kind] < perDay[least] ? kind : least));
  const mailsPerMinute = Math.round((perDay[boundBy] / 1440) * 10) / 10;
  return { mails: count, runs, used, triggers, mailsPerDayByQuota: perDay, boundBy, mailsPerDay: perDay[boundBy], mailsPerMinute };
}

/** Counted calls of a run without mail, with 1, 10 and 50 mails, with one of 20 MB; and the calculation. */
function measure(every = 5, count = 1000) {
  const idle = cost(every, 10, () => {});
  const withMails = (number, given = {}) => cost(every, 1, (world) => {
    for (let i = 0; i < number; i++) world.arrive(given);
  });
  return {
    every, quotas: QUOTAS, share: SHARE, assumedLatencyMs: LATENCY, startupMs: STARTUP_MS, idle,
    runs: { 1: withMails(1), 10: withMails(10), 50: withMails(50) }, large: withMails(1, { size: 20 * MB }),
    backlog: backlog(count, every, idle),
  };
}

module.exports = { measure };
if (require.main === module) console.log(JSON.stringify(measure()));
