"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { measure } = require("./quota.js");

test("a thousand mails cost little more than a thousand Gmail calls and a push for fifty of them", () => {
  const { used, mailsPerMinute, mailsPerDay, boundBy } = measure(1000, 5);
  assert.ok(used.gmail <= 1020, `${used.gmail} Gmail calls`);
  assert.ok(used.fetch <= 25, `${used.fetch} pushes`);
  assert.ok(used.props <= 250, `${used.props} property reads and writes`);
  assert.ok(mailsPerMinute >= 10, `${mailsPerMinute} mails a minute`);
  console.log(`consumer quota: ${mailsPerDay} mails a day, ${mailsPerMinute} a minute, bound by ${boundBy}`);
});
