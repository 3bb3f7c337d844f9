/** What every scenario ends with: each mail taken exactly once or visibly failed, quotas kept. */
"use strict";
const assert = require("node:assert/strict");

/** Every id of `ids` is at the endpoint or under the label; none twice; no quota, no six minutes, no property size exceeded. */
function nothingLost(world, ids) {
  const failed = new Set(world.failedIds());
  const lost = ids.filter((id) => !world.door.taken.has(id) && !failed.has(id));
  assert.deepEqual(lost, [], `${lost.length} of ${ids.length} mails neither accepted nor visibly failed`);
  const twice = [...world.door.taken].filter(([, { times }]) => times !== 1);
  assert.deepEqual(twice, []);
  withinLimits(world);
}

function withinLimits(world) {
  assert.deepEqual(world.exceeded, [], "a daily quota was exceeded");
  assert.equal(world.overran, 0, "a run was ended by the six-minute limit");
  assert.deepEqual(world.logs.filter(({ level }) => level === "threw"), []);
}

module.exports = { nothingLost, withinLimits };
