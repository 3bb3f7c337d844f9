"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { measure } = require("./quota.js");

const counted = measure();

test("a thousand mails cost little more than a thousand Gmail calls and a push for fifty of them", () => {
  const { used, mailsPerMinute, mailsPerDay, boundBy } = counted.backlog;
  assert.ok(used.gmail <= 1020, `${used.gmail} Gmail calls`);
  assert.ok(used.fetch <= 25, `${used.fetch} pushes`);
  assert.ok(used.props <= 250, `${used.props} property reads and writes`);
  assert.ok(mailsPerMinute >= 10, `${mailsPerMinute} mails a minute`);
  console.log(`consumer quota: ${mailsPerDay} mails a day, ${mailsPerMinute} a minute, bound by ${boundBy}`);
});

test("a run pays once, whatever it carries: one push, and a read for each mail", () => {
  for (const [number, { gmail, fetch, props }] of Object.entries(counted.runs)) {
    assert.equal(fetch, 1, `${number} mails: ${fetch} pushes`);
    assert.ok(gmail <= Number(number) + 3, `${number} mails: ${gmail} Gmail calls`);
    assert.ok(props <= 12, `${number} mails: ${props} property operations`);
  }
});

test("a mail of 20 MB costs an offer, a read, a put and a push", () => {
  assert.equal(counted.large.fetch, 4);
});
