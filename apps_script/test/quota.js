/** Mails per minute within the consumer quota: a calculation from counted calls. `node test/quota.js` prints it as JSON. */
"use strict";
const { World, QUOTAS, LATENCY, MINUTE, DAY } = require("./world.js");

/** Push `count` small mails from a standing start; calls per mail, and what the daily quotas make of them. */
function measure(count = 1000, every = 5) {
  const idle = new World({ config: { every } });
  idle.setup();
  const before = { ...idle.total };
  idle.live(every * 10, every);
  const perIdle = perOne(idle.total, before, 10);

  const world = new World({ config: { every, sinceDays: 2 } });
  for (let i = 0; i < count; i++) world.arrive({ at: world.now - DAY + i * 1000 });
  world.setup();
  const start = { ...world.total };
  const first = world.now;
  let runs = 0;
  while (world.door.taken.size <= count) {
    world.fire();
    world.now += MINUTE;
    runs += 1;
  }
  const used = {};
  for (const kind of Object.keys(QUOTAS)) used[kind] = world.total[kind] - start[kind];
  const triggers = (24 * 60) / every;
  const perDay = {};
  for (const kind of Object.keys(QUOTAS)) {
    const left = QUOTAS[kind] * 0.9 - triggers * perIdle[kind];
    perDay[kind] = Math.floor((left / used[kind]) * count);
  }
  const bound = Object.keys(perDay).reduce((least, kind) => (perDay[kind] < perDay[least] ? kind : least));
  return {
    mails: count, runs, minutes: Math.round((world.now - first) / MINUTE), used, perIdleRun: perIdle, assumedLatencyMs: LATENCY,
    mailsPerDayByQuota: perDay, boundBy: bound, mailsPerDay: perDay[bound], mailsPerMinute: Math.round((perDay[bound] / 1440) * 100) / 100,
  };
}

function perOne(total, before, count) {
  return Object.fromEntries(Object.keys(QUOTAS).map((kind) => [kind, Math.round(((total[kind] - before[kind]) / count) * 10) / 10]));
}

module.exports = { measure };
if (require.main === module) console.log(JSON.stringify({ every1: measure(1000, 1), every5: measure(1000, 5) }, null, 2));
