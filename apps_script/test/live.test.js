/** The live harness itself, against the endpoint's rules behind real HTTP. */
"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const http = require("node:http");
const path = require("node:path");
const { execFile } = require("node:child_process");
const { Door, SEAL } = require("./door.js");

function serve(door) {
  const server = http.createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk)).on("end", () => {
      const given = request.headers;
      const headers = {
        Authorization: given.authorization, "X-Mailroom-Timestamp": given["x-mailroom-timestamp"],
        "X-Mailroom-Signature": given["x-mailroom-signature"],
      };
      if (request.method === "PUT") {
        const seal = Object.fromEntries(Object.keys(SEAL).map((name) => [name, given[name]]));
        response.writeHead(door.put(`${door.spool}${request.url}`, seal, Buffer.concat(chunks), Date.now())).end();
        return;
      }
      const path = request.url.replace("/api/ingress/gmail", "");
      const answer = door.answer(Buffer.concat(chunks).toString(), headers, Date.now(), path);
      response.writeHead(answer.status, answer.headers).end(answer.text);
    });
  });
  return new Promise((done) => server.listen(0, "127.0.0.1", () => done(server)));
}

function live(url, door, more) {
  const env = { ...process.env, MAILROOM_URL: url, MAILROOM_TOKEN: door.token, MAILROOM_KEY: door.key, ...more };
  return new Promise((done) => {
    execFile(process.execPath, [path.join(__dirname, "live.mjs")], { env },
      (error, stdout, stderr) => done({ code: error ? error.code : 0, stdout, stderr }));
  });
}

test("the script under Node pushes over HTTP with faults, and each mail is taken once", async () => {
  const door = new Door();
  const server = await serve(door);
  try {
    door.spool = `http://127.0.0.1:${server.address().port}`;
    const url = `http://127.0.0.1:${server.address().port}/api/ingress/gmail`;
    const { code, stdout, stderr } = await live(url, door, { MAILROOM_MAILS: "120", MAILROOM_SEED: "14" });
    assert.equal(code, 0, stdout + stderr);
    const report = JSON.parse(stdout);
    assert.equal(report.mails.length, 120);
    assert.ok(report.mails.every(({ id, form }) => door.taken.get(id).form === form));
    assert.equal(door.taken.size, 121);
    const large = report.mails.filter(({ form }) => form === "upload");
    assert.equal(large.length, 3);
    assert.ok(large.every(({ id }) => door.uploads.get(door.taken.get(id).mail.upload).length >= 4.5 * 1024 * 1024));
    assert.ok(report.faults.lost + report.faults.mute + report.faults.killed > 2, stdout.slice(-300));
  } finally {
    server.close();
  }
});

test("the harness reports that it was given no endpoint", async () => {
  assert.equal((await live("", { token: "", key: "" }, {})).code, 2);
});
