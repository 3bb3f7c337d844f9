/**
 * The real script under Node against a real door: only Google's services are stood in for.
 *
 *   MAILROOM_URL=… MAILROOM_TOKEN=… MAILROOM_KEY=… [MAILROOM_ACCOUNT=…] node apps_script/test/live.mjs
 *
 * Optional: MAILROOM_MAILS (100), MAILROOM_SEED (the time: other seeds, other mails), MAILROOM_FAULTS (1: killed runs,
 * double triggers, pushes that never arrive, answers that get lost; 0: none), MAILROOM_EML (a folder of .eml files to push
 * as well), MAILROOM_RUNS (500, the most runs). Prints one JSON object:
 *   {mails: [{id, form, mail_id, status}], open, failed, final, gone, runs, posts, statuses, faults}
 * `mail_id` is the door's. Exit 0 when every mail has a final verdict or is labelled as failed, 1 when one has not, 2 for usage.
 * Virtual time: waiting costs nothing. The script corrects its clock by the door's Date, as it would in life.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const require = createRequire(import.meta.url);
const { World, random, MINUTE } = require("./world.js");

const env = process.env;
if (!env.MAILROOM_URL || !(env.MAILROOM_TOKEN || env.MAILROOM_KEY)) {
  console.error("MAILROOM_URL and MAILROOM_TOKEN or MAILROOM_KEY are needed");
  process.exit(2);
}
const seed = Number(env.MAILROOM_SEED || Date.now() % 1e9);
const draw = random(seed);
const faults = env.MAILROOM_FAULTS !== "0";

/** UrlFetchApp.fetch waits for its answer; Node's fetch does not, so a child does the waiting. */
const CHILD = `
const chunks = [];
process.stdin.on("data", (chunk) => chunks.push(chunk)).on("end", async () => {
  const { url, headers, body } = JSON.parse(Buffer.concat(chunks).toString());
  try {
    const answer = await fetch(url, { method: "POST", headers, body, redirect: "manual", signal: AbortSignal.timeout(60000) });
    const text = await answer.text();
    process.stdout.write(JSON.stringify({ status: answer.status, headers: Object.fromEntries(answer.headers), text }));
  } catch (error) {
    process.stdout.write(JSON.stringify({ status: 0, error: error.cause?.code || error.name }));
  }
});`;

class LiveDoor {
  constructor() {
    this.posts = 0;
    this.statuses = {};
    this.faults = { lost: 0, mute: 0, killed: 0, doubled: 0 };
    this.verdicts = new Map();
  }

  answer(body, headers) {
    const kind = faults && this.started ? draw() : 1;
    if (kind < 0.1) {
      this.faults.lost += 1;
      return null;
    }
    this.posts += 1;
    const input = JSON.stringify({ url: env.MAILROOM_URL, headers: { ...headers, "Content-Type": "application/json" }, body });
    const child = spawnSync(process.execPath, ["-e", CHILD], { input, maxBuffer: 64 * 1024 * 1024, timeout: 90000 });
    const answer = JSON.parse(child.stdout.toString() || '{"status":0}');
    this.statuses[answer.status] = (this.statuses[answer.status] || 0) + 1;
    if (!answer.status) return null;
    this.note(answer);
    if (kind < 0.22) {
      this.faults.mute += 1;
      return null;
    }
    return { ...answer, headers: { date: new Date().toUTCString(), ...answer.headers } };
  }

  note(answer) {
    let verdicts;
    try {
      verdicts = JSON.parse(answer.text).verdicts || [];
    } catch {
      return;
    }
    for (const verdict of verdicts) {
      const before = this.verdicts.get(verdict.id);
      // The first verdict tells what the mail became; "already_processed" only repeats it.
      if (!before || !/^(accepted|skipped|stopped|already)/.test(before.status)) this.verdicts.set(verdict.id, verdict);
    }
  }
}

const world = new World({ config: { token: env.MAILROOM_TOKEN || "", key: env.MAILROOM_KEY || "", account: env.MAILROOM_ACCOUNT || "" } });
const door = new LiveDoor();
world.door = door;
world.now = Date.now();
world.restStyle = true;
// Ids of their own for each seed: a door that has seen them says already_processed.
const base = 0x19a0000000000000n + BigInt(seed) * 0x100000n;
const count = Number(env.MAILROOM_MAILS || 100);
const ids = [];

function arrive(i, given = {}) {
  const id = (base + BigInt(ids.length)).toString(16);
  const text = `Number ${i} of ${seed}: the appointment is moved, please call back.`;
  const size = given.raw === undefined && i % 40 === 39 ? 20 * 1024 * 1024 : undefined;
  ids.push(world.arrive({ id, thread: `${(i % 7).toString(16)}${id.slice(1)}`, subject: `Appointment ${i}`, text, size, ...given }));
}

world.setup();
door.started = true;
world.now += MINUTE;
if (env.MAILROOM_EML) {
  for (const name of readdirSync(env.MAILROOM_EML).filter((file) => file.endsWith(".eml")).sort()) {
    arrive(ids.length, { raw: readFileSync(path.join(env.MAILROOM_EML, name)) });
  }
}

let runs = 0;
const most = Number(env.MAILROOM_RUNS || 500);
let made = 0;
for (; runs < most; runs++) {
  // In waves, so that there are many pushes to go wrong.
  for (let wave = 1 + Math.floor(draw() * 24); wave > 0 && made < count; wave--) arrive(made++);
  if (faults && draw() < 0.2) world.killAfter = Math.floor(draw() * 40);
  const result = world.fire();
  if (result === "killed") door.faults.killed += 1;
  world.killAfter = -1;
  if (faults && draw() < 0.1) {
    door.faults.doubled += 1;
    world.fire();
  }
  // Time passes only where the script waits for it: a signature's time must stay near the door's.
  if (result === "held" || result === "idle") world.now += MINUTE;
  const state = world.call("status");
  if (made === count && !state.open && state.totals.final + state.totals.failed + state.totals.gone >= ids.length) break;
}

const state = world.call("status");
const failed = new Set(world.failedIds());
const mails = ids.map((id) => {
  const { status = "", mail_id: mailId = "" } = door.verdicts.get(id) || {};
  return { id, form: world.sizeOf(world.messages.get(id)) > 3900000 ? "fields" : "raw", mail_id: mailId, status };
});
const ended = mails.every(({ id, status }) => failed.has(id) || /^(accepted|skipped_|stopped_|already_processed)/.test(status));
const { open, totals } = state;
console.log(JSON.stringify({
  mails, open, failed: [...failed], final: totals.final, gone: totals.gone, runs: runs + 1, posts: door.posts,
  statuses: door.statuses, faults: door.faults,
}));
process.exit(ended && !open ? 0 : 1);
