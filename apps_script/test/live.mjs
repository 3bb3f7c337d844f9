/**
 * The real script under Node against a real door: only Google's services are stood in for.
 *
 *   MAILROOM_URL=… MAILROOM_TOKEN=… MAILROOM_KEY=… [MAILROOM_ACCOUNT=…] node apps_script/test/live.mjs
 *
 * Optional: MAILROOM_MAILS (100), MAILROOM_SEED (the time: other seeds, other mails), MAILROOM_FAULTS (1: killed runs,
 * double triggers, pushes that never arrive, answers that get lost; 0: none), MAILROOM_EML (a folder of .eml files to push
 * as well), MAILROOM_RUNS (500, the most runs), MAILROOM_WORDS (one of these, comma-separated, in the subject of every tenth mail),
 * MAILROOM_PAUSE (1: when all that is open is what a rule refuses, prints the line `refused` and waits for a line on its input).
 * Prints one JSON object:
 *   {mails: [{id, form, word, mail_id, status}], open, failed, final, gone, runs, posts, puts, refused, statuses, faults}
 * `mail_id` is the door's. Exit 0 when every mail has a final verdict or is labelled as failed, 1 when one has not, 2 for usage.
 * Virtual time: waiting costs nothing. The script corrects its clock by the door's Date, as it would in life.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, readSync } from "node:fs";
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
  const { url, method, headers, body, bytes } = JSON.parse(Buffer.concat(chunks).toString());
  try {
    const given = bytes === undefined ? body : Buffer.from(bytes, "base64");
    const answer = await fetch(url, { method, headers, body: given, redirect: "manual", signal: AbortSignal.timeout(60000) });
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
    this.refused = new Set();
    this.puts = 0;
    /** The script puts mail nowhere in the clear; a spool on this machine has no certificate. */
    this.places = new Map();
  }

  answer(body, headers, now, path) {
    const kind = faults && this.started ? draw() : 1;
    if (kind < 0.1) {
      this.faults.lost += 1;
      return null;
    }
    this.posts += 1;
    const answer = ask({ url: env.MAILROOM_URL + path, method: "POST", headers: { ...headers, "Content-Type": "application/json" }, body });
    this.statuses[answer.status] = (this.statuses[answer.status] || 0) + 1;
    if (!answer.status) return null;
    this.note(answer);
    if (kind < 0.22) {
      this.faults.mute += 1;
      return null;
    }
    return { ...answer, text: path ? this.secured(answer.text) : answer.text, headers: { date: new Date().toUTCString(), ...answer.headers } };
  }

  secured(text) {
    const answer = JSON.parse(text);
    if (!answer.upload) return text;
    const place = answer.upload.url.replace(/^http:/, "https:");
    this.places.set(place, answer.upload.url);
    return JSON.stringify({ ...answer, upload: { ...answer.upload, url: place } });
  }

  put(url, headers, bytes) {
    const kind = faults ? draw() : 1;
    if (kind < 0.1) {
      this.faults.lost += 1;
      return 0;
    }
    this.puts += 1;
    const answer = ask({ url: this.places.get(url), method: "PUT", headers, bytes: Buffer.from(bytes).toString("base64") });
    if (kind > 0.22) return answer.status;
    this.faults.mute += 1;
    return 0;
  }

  note(answer) {
    let verdicts;
    try {
      verdicts = JSON.parse(answer.text).verdicts || [];
    } catch {
      return;
    }
    for (const verdict of verdicts) {
      if (verdict.status === "outside_time_window") this.refused.add(verdict.id);
      const before = this.verdicts.get(verdict.id);
      // The first verdict tells what the mail became; "already_processed" only repeats it.
      if (!before || !/^(accepted|skipped|stopped|already)/.test(before.status)) this.verdicts.set(verdict.id, verdict);
    }
  }
}

function ask(request) {
  const child = spawnSync(process.execPath, ["-e", CHILD], { input: JSON.stringify(request), maxBuffer: 64 * 1024 * 1024, timeout: 90000 });
  return JSON.parse(child.stdout.toString() || '{"status":0}');
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
const words = (env.MAILROOM_WORDS || "").split(",").filter(Boolean);
const worded = new Map();

function arrive(i, given = {}) {
  const id = (base + BigInt(ids.length)).toString(16);
  const text = `Number ${i} of ${seed}: the appointment is moved, please call back.`;
  const size = given.raw === undefined && i % 40 === 39 ? (i === 39 ? 20 : 4.5) * 1024 * 1024 : undefined;
  const word = (i % 10 === 5 && words[Math.floor(i / 10) % words.length]) || "";
  if (word) worded.set(id, word);
  const subject = `Appointment ${i} ${word}`.trim();
  ids.push(world.arrive({ id, thread: `${(i % 7).toString(16)}${id.slice(1)}`, subject, text, size, ...given }));
}

world.setup();
door.started = true;
world.now += MINUTE;
if (env.MAILROOM_EML) {
  for (const name of readdirSync(env.MAILROOM_EML).filter((file) => file.endsWith(".eml")).sort()) {
    arrive(ids.length, { raw: readFileSync(path.join(env.MAILROOM_EML, name)) });
  }
}

/** All that is open is what a rule refuses. */
function onlyRefused() {
  const open = ids.filter((id) => !/^(accepted|skipped|stopped|already)/.test((door.verdicts.get(id) || {}).status));
  return open.length > 0 && open.every((id) => (door.verdicts.get(id) || {}).status === "outside_time_window");
}

let paused = env.MAILROOM_PAUSE !== "1";
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
  if (result === "held" || result === "idle" || result === "heartbeat") world.now += MINUTE;
  if (!paused && made === count && onlyRefused()) {
    paused = true;
    process.stdout.write("refused\n");
    readSync(0, Buffer.alloc(1));
  }
  const state = world.call("status");
  if (made === count && !state.open && state.totals.final + state.totals.failed + state.totals.gone >= ids.length) break;
}

const state = world.call("status");
const failed = new Set(world.failedIds());
const mails = ids.map((id) => {
  const { status = "", mail_id: mailId = "" } = door.verdicts.get(id) || {};
  const form = world.sizeOf(world.messages.get(id)) > 3900000 ? "upload" : "raw";
  return { id, form, word: worded.get(id) || "", mail_id: mailId, status };
});
const ended = mails.every(({ id, status }) => failed.has(id) || /^(accepted|skipped_|stopped_|already_processed)/.test(status));
const { open, totals } = state;
console.log(JSON.stringify({
  mails, open, failed: [...failed], final: totals.final, gone: totals.gone, runs: runs + 1, posts: door.posts,
  puts: door.puts, refused: door.refused.size, statuses: door.statuses, faults: door.faults,
}));
process.exit(ended && !open ? 0 : 1);
