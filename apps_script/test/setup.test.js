"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { World, MINUTE } = require("./world.js");
const { load, SOURCE } = require("./load.js");

const ROOT = path.join(__dirname, "..");

test("setup pushes one test mail, stores the configuration and creates one trigger", () => {
  const world = new World({ config: { account: "clinic" } });
  assert.equal(world.setup(), "accepted");
  assert.deepEqual([...world.door.taken.keys()], ["mailroom-setup-test"]);
  assert.equal(world.properties.get("MAILROOM_URL"), world.config.url);
  assert.deepEqual(world.triggers.map(({ minutes }) => minutes), [5]);
});

test("setup from the script properties alone, as a person runs it", () => {
  const world = new World();
  world.properties.set("MAILROOM_URL", ` ${world.config.url} `);
  world.properties.set("MAILROOM_TOKEN", world.config.token);
  world.properties.set("MAILROOM_KEY", world.config.key);
  assert.equal(world.call("setup"), "accepted");
  assert.equal(world.call("setup", { authMode: "FULL" }), "already_processed");
  assert.equal(world.triggers.length, 1);
});

test("setup again keeps the cursor and what is open", () => {
  const world = new World();
  world.setup();
  world.now += MINUTE;
  world.door.enabled = false;
  const id = world.arrive();
  world.fire();
  world.setup({ every: 10 });
  world.door.enabled = true;
  world.fire();
  assert.ok(world.door.taken.has(id));
  assert.deepEqual(world.triggers.map(({ minutes }) => minutes), [10]);
});

for (const [name, change, says] of [
  ["a wrong token", (world) => { world.door.token = "other"; }, /MAILROOM_TOKEN/],
  ["a wrong account", (world) => { world.config.account = "nobody"; }, /MAILROOM_ACCOUNT/],
  ["an address that is no door", (world) => { world.door.fault = () => ({ status: 404, body: {} }); }, /MAILROOM_URL/],
]) {
  test(`setup with ${name} says so and creates no trigger`, () => {
    const world = new World();
    change(world);
    assert.throws(() => world.setup(), says);
    assert.equal(world.triggers.length, 0);
  });
}

test("setup with an endpoint that is switched off installs, for the trigger tries again", () => {
  const world = new World({ door: { enabled: false } });
  assert.match(world.setup(), /409/);
  assert.equal(world.triggers.length, 1);
});

test("setup with a skewed clock works at once", () => {
  const world = new World({ door: { skew: 2 * 60 * MINUTE } });
  assert.equal(world.setup(), "accepted");
});

test("uninstall removes the trigger and the secrets, and a later setup goes on", () => {
  const world = new World();
  world.setup();
  world.call("uninstall");
  assert.equal(world.triggers.length, 0);
  assert.ok(!world.properties.has("MAILROOM_TOKEN") && !world.properties.has("MAILROOM_KEY"));
  world.now += 24 * 60 * MINUTE;
  const id = world.arrive({ at: world.now - 60 * MINUTE });
  world.setup();
  world.fire();
  assert.ok(world.door.taken.has(id));
});

test("forgetEverything leaves nothing of ours", () => {
  const world = new World();
  world.properties.set("SOMEONE_ELSES", "kept");
  world.setup();
  world.arrive();
  world.fire();
  world.call("forgetEverything");
  assert.deepEqual([...world.properties.keys()], ["SOMEONE_ELSES"]);
});

test("a trigger that is left without configuration or cursor fails loudly and settles nothing", () => {
  const world = new World();
  assert.match(world.fire(), /not set up/);
  world.setup();
  world.properties.delete("MAILROOM_STATE");
  assert.match(world.fire(), /run setup/);
});

test("the endpoint may ask for the token, the key, or both", () => {
  for (const [mode, given] of [["bearer", { key: "" }], ["hmac", { token: "" }], ["both", {}]]) {
    const world = new World({ door: { mode } });
    Object.assign(world.config, given);
    assert.equal(world.setup(), "accepted", mode);
  }
});

test("no secret is in a log, an error or the state", () => {
  const world = new World();
  world.setup();
  world.door.key = "other";
  world.arrive();
  world.live(30);
  const text = JSON.stringify([world.logs, [...world.properties].filter(([name]) => !/TOKEN|KEY/.test(name))]);
  assert.ok(!text.includes(world.config.token) && !text.includes(world.config.key));
});

test("the manifest asks for these three scopes and no more", () => {
  const manifest = JSON.parse(fs.readFileSync(path.join(ROOT, "appsscript.json"), "utf8"));
  assert.deepEqual(manifest.oauthScopes.map((scope) => scope.split("/").pop()), ["gmail.modify", "script.external_request", "script.scriptapp"]);
  const readme = fs.readFileSync(path.join(ROOT, "README.md"), "utf8");
  for (const scope of manifest.oauthScopes) assert.ok(readme.includes(scope.split("/").pop()), `README.md does not explain ${scope}`);
});

test("the script uses no module system, no GmailApp and no method beyond what its scopes cover", () => {
  assert.ok(!/^\s*(import|export)\s|require\(|GmailApp|MailApp|DriveApp|Session\./m.test(SOURCE));
  assert.ok(!/Messages\.(remove|batchDelete|send|insert|trash)/.test(SOURCE));
});

test("every setting of the script is in the guide", () => {
  const readme = fs.readFileSync(path.join(ROOT, "README.md"), "utf8");
  for (const name of load().MailroomConfig.ALL) assert.ok(readme.includes(name), name);
});
