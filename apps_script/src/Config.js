/** The settings, with defaults and limits: read from script properties and validated before anything is stored. */
/* exported MailroomConfig */
const MailroomConfig = (() => {
  const PREFIX = "MAILROOM_";
  const EVERY = [1, 5, 10, 15, 30];

  /** name → [property, default, reader]; a reader returns the value or throws a text that names no secret. */
  const FIELDS = {
    url: ["URL", "", (text) => {
      if (!/^https:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/.test(text)) {
        throw new Error("must be the https address of the endpoint, such as https://api.example.com/api/ingress/gmail");
      }
      return text;
    }],
    token: ["TOKEN", "", ascii],
    key: ["KEY", "", ascii],
    account: ["ACCOUNT", "", (text) => {
      if (!/^[A-Za-z0-9._-]{0,64}$/.test(text)) throw new Error("is an account's name in Mailroom, not an address");
      return text;
    }],
    query: ["QUERY", "", (text) => {
      if (text.length > 500) throw new Error("is longer than 500 characters");
      return text;
    }],
    every: ["EVERY_MINUTES", "5", (text) => {
      const value = whole(text, 1, 30);
      if (!EVERY.includes(value)) throw new Error("must be 1, 5, 10, 15 or 30");
      return value;
    }],
    sinceDays: ["SINCE_DAYS", "0", (text) => whole(text, 0, 365)],
    workspace: ["WORKSPACE", "false", flag],
    heartbeat: ["HEARTBEAT", "true", flag],
  };

  function ascii(text) {
    if (!/^[\x21-\x7e]*$/.test(text)) throw new Error("must be ASCII without spaces");
    return text;
  }

  function flag(text) {
    if (text !== "true" && text !== "false") throw new Error("must be true or false");
    return text === "true";
  }

  function whole(text, least, most) {
    if (!/^\d{1,6}$/.test(text) || Number(text) < least || Number(text) > most) {
      throw new Error(`must be a whole number from ${least} to ${most}`);
    }
    return Number(text);
  }

  /** Properties (name → text) to a configuration. Throws one Error that names every wrong property, never its value. */
  function read(properties) {
    const config = {};
    const wrong = [];
    for (const [name, [property, fallback, reader]] of Object.entries(FIELDS)) {
      const given = properties[PREFIX + property];
      try {
        config[name] = reader(given === undefined ? fallback : String(given).trim());
      } catch (error) {
        wrong.push(`${PREFIX}${property} ${error.message}`);
      }
    }
    if (!wrong.length && !config.token && !config.key) wrong.push("MAILROOM_TOKEN or MAILROOM_KEY is needed");
    if (wrong.length) throw new Error(`Mailroom is not set up: ${wrong.join("; ")}`);
    return config;
  }

  /** A configuration object (any of `read`'s names) as properties to store. */
  function properties(given) {
    const out = {};
    for (const [name, value] of Object.entries(given)) {
      if (!FIELDS[name]) throw new Error(`Mailroom has no setting ${name}`);
      out[PREFIX + FIELDS[name][0]] = String(value);
    }
    return out;
  }

  const ALL = Object.values(FIELDS).map(([property]) => PREFIX + property);
  return { read, properties, ALL, SECRETS: ["MAILROOM_TOKEN", "MAILROOM_KEY"] };
})();
