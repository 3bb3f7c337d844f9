/** The script as Google runs it: all files in one scope, Google's services as globals, a fresh one for every run. */
"use strict";
const fs = require("node:fs");
const path = require("node:path");

const SRC = path.join(__dirname, "..", "src");
const FILES = fs.readdirSync(SRC).filter((name) => name.endsWith(".js")).sort();
const SOURCE = FILES.map((name) => fs.readFileSync(path.join(SRC, name), "utf8")).join("\n");
const OURS = [...SOURCE.matchAll(/^(?:const|function) ([A-Za-z_]\w*)/gm)].map((match) => match[1]);
const SERVICES = ["Gmail", "UrlFetchApp", "PropertiesService", "LockService", "ScriptApp", "Utilities", "console", "Date"];
const compiled = new Map();

function factory(order) {
  const key = order.join();
  if (!compiled.has(key)) {
    const source = order.map((name) => fs.readFileSync(path.join(SRC, name), "utf8")).join("\n");
    compiled.set(key, new Function(...SERVICES, `"use strict";\n${source}\nreturn { ${OURS.join(", ")} };`));
  }
  return compiled.get(key);
}

/** Everything that the script defines, over these services; a service that is not given is not there. */
function load(services = {}, order = FILES) {
  return factory(order)(...SERVICES.map((name) => services[name] ?? (name === "Date" ? Date : undefined)));
}

module.exports = { load, FILES, SOURCE };
