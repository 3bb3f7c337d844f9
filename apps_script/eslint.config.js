"use strict";

const js = require("@eslint/js");

const names = (list, value = "readonly") => Object.fromEntries(list.map((name) => [name, value]));
/** What each file of the script defines for the others: in Apps Script all files share one scope. */
const OURS = ["MailroomConfig", "MailroomQuota", "MailroomState", "MailroomWire", "MailroomMail", "MailroomUpload", "MailroomSearch", "MailroomRun"];
const GOOGLE = ["Gmail", "UrlFetchApp", "PropertiesService", "LockService", "ScriptApp", "Utilities", "console"];

const rules = {
  ...js.configs.recommended.rules,
  "no-var": "error",
  "prefer-const": "error",
  eqeqeq: "error",
  "no-redeclare": ["error", { builtinGlobals: false }],
  "no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^(_|Mailroom)" }],
  "max-len": ["error", { code: 150, ignoreTemplateLiterals: true }],
  "no-restricted-syntax": ["error", { selector: "MemberExpression[object.name='Utilities'][property.name='sleep']", message: "A run never sleeps." }],
};

module.exports = [
  { ignores: ["node_modules/"] },
  // Pure files: no service of Google's, not even its clock.
  {
    files: ["src/*.js"],
    ignores: ["src/Google.js", "src/Main.js"],
    languageOptions: { ecmaVersion: 2020, sourceType: "script", globals: names(OURS) },
    rules: { ...rules, "no-restricted-globals": ["error", ...GOOGLE], "no-undef": "error" },
  },
  {
    files: ["src/Google.js", "src/Main.js"],
    languageOptions: { ecmaVersion: 2020, sourceType: "script", globals: names([...OURS, ...GOOGLE, "MailroomGoogle"]) },
    rules,
  },
  {
    files: ["test/*.js", "eslint.config.js"],
    languageOptions: {
      ecmaVersion: 2024, sourceType: "commonjs",
      globals: names(["require", "module", "__dirname", "setTimeout", "Buffer", "process", "console"]),
    },
    rules,
  },
  {
    files: ["test/*.mjs"],
    languageOptions: { ecmaVersion: 2024, sourceType: "module", globals: names(["Buffer", "process", "console", "URL", "fetch"]) },
    rules,
  },
];
