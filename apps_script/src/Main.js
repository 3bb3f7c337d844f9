/** The functions that a person or a trigger runs: setup, push, uninstall, status, retryFailed, forgetEverything. */
/* exported setup, push, uninstall, status, retryFailed, forgetEverything */

/** The moment. Its own function, so that nothing else asks Google's clock. */
function mailroomNow_() {
  return Date.now();
}

/** Run `act` with the lock, or return "busy": a trigger may fire twice, and a person may press Run meanwhile. */
function mailroomAlone_(act) {
  const lock = LockService.getScriptLock();
  if (!lock.tryLock(500)) return "busy";
  try {
    return act();
  } finally {
    lock.releaseLock();
  }
}

function mailroomPorts_(config) {
  const { counts, spent } = MailroomGoogle.meter(mailroomNow_);
  const disk = MailroomGoogle.properties(counts);
  return {
    counts, spent, disk, clock: mailroomNow_, sign: MailroomGoogle.sign, log: MailroomGoogle.log,
    box: MailroomGoogle.mailbox(counts), door: config ? MailroomGoogle.door(config.url, counts) : null,
  };
}

/**
 * Store the configuration, send a test push, create the trigger. Run it again after any change: it repeats nothing.
 * `given` is for scripts; a person sets the script properties (see README.md) and passes nothing.
 * Throws when the endpoint cannot be reached or refuses the credentials; then there is no trigger.
 */
function setup(given) {
  const done = mailroomAlone_(() => {
    const store = PropertiesService.getScriptProperties();
    // An event object is passed when a trigger or the editor runs this: only our own settings count.
    const wanted = given && given.url ? MailroomConfig.properties(given) : {};
    const properties = { ...store.getProperties(), ...wanted };
    const config = MailroomConfig.read(properties);
    const now = mailroomNow_();
    const ports = mailroomPorts_(config);
    const state = MailroomState.load(properties, now) || MailroomState.fresh(now - config.sinceDays * 24 * 3600 * 1000);
    const said = mailroomTestPush_(config, state, ports);
    Object.assign(state, { hold: 0, holds: 0, why: "", limit: 50, ceiling: 50, bytes: 0 });
    store.setProperties(MailroomConfig.properties(config), false);
    MailroomState.save(state, ports.disk);
    mailroomUntrigger_();
    ScriptApp.newTrigger("push").timeBased().everyMinutes(config.every).create();
    console.info(`Mailroom is set up: the endpoint answered ${said}, a push every ${config.every} minutes.`);
    return said;
  });
  if (done === "busy") throw new Error("A push is running. Run setup again in a minute.");
  return done;
}

/** One small mail with an id of its own; the second time the endpoint has seen it. */
function mailroomTestPush_(config, state, ports) {
  const mail = {
    id: "mailroom-setup-test", sender: "Mailroom pusher <pusher@mailroom.example>", subject: "Mailroom: test push",
    body: "The Gmail pusher of this mailbox reached the endpoint.", date: new Date(ports.clock()).toISOString(),
  };
  if (config.account) mail.account = config.account;
  const body = MailroomWire.batch([MailroomWire.json(mail)]);
  const send = () => ports.door.post(body, MailroomWire.headers(config, body, ports.clock() + state.skew, ports.sign), "");
  let answer = send();
  const skew = MailroomWire.date(answer) - ports.clock();
  if (answer.status === 401 && Math.abs(skew) > 30000) {
    state.skew = skew;
    answer = send();
  }
  const meaning = MailroomWire.judge(answer);
  if (meaning.kind === "wait") return `${meaning.why || "nothing"} (the trigger will retry)`;
  const verdict = meaning.kind === "verdicts" ? MailroomWire.verdict(meaning.list[0], mail.id) : "";
  if (verdict === "final" || verdict === "retry") return String(meaning.list[0] && meaning.list[0].status);
  const field = verdict ? meaning.list[0].field : "";
  const hint = {
    unauthorized: "MAILROOM_TOKEN or MAILROOM_KEY is not one that the endpoint knows",
    misplaced: "MAILROOM_URL is not an endpoint of Mailroom, or MAILROOM_ACCOUNT is not one of its accounts",
  }[verdict || meaning.kind] || "see the table of answers in README.md";
  throw new Error(`The endpoint refused the test push (${meaning.why} ${field || ""}): ${hint}. No trigger was created.`);
}

/** The trigger's function. */
function push() {
  return mailroomAlone_(() => {
    const ports = mailroomPorts_(null);
    const properties = ports.disk.read();
    const config = MailroomConfig.read(properties);
    ports.door = MailroomGoogle.door(config.url, ports.counts);
    const now = mailroomNow_();
    const state = MailroomState.load(properties, now);
    // Starting with a new cursor would skip mail silently. Google reports a failed run to the person.
    if (!state) throw new Error("Mailroom has no cursor: run setup");
    return MailroomRun.run(state, config, ports);
  });
}

function mailroomUntrigger_() {
  for (const trigger of ScriptApp.getProjectTriggers()) {
    if (trigger.getHandlerFunction() === "push") ScriptApp.deleteTrigger(trigger);
  }
}

/** Stop pushing and remove the secrets. The cursor stays: a later setup continues where this one stopped. */
function uninstall() {
  mailroomUntrigger_();
  const store = PropertiesService.getScriptProperties();
  for (const name of MailroomConfig.SECRETS) store.deleteProperty(name);
  console.info("Mailroom no longer pushes. Its cursor is kept; forgetEverything removes it.");
}

/** Like uninstall, and the settings and the cursor too. */
function forgetEverything() {
  uninstall();
  const store = PropertiesService.getScriptProperties();
  for (const name of [...MailroomConfig.ALL, ...MailroomState.keys(store.getProperties())]) store.deleteProperty(name);
}

/** What the pusher is doing, for a person: counts and times, no mail. */
function status() {
  const now = mailroomNow_();
  const state = MailroomState.load(PropertiesService.getScriptProperties().getProperties(), now);
  const facts = state ? {
    installed: true, cursor: new Date(state.floor).toISOString(), open: state.queue.length,
    postponed: state.queue.filter(({ attempts }) => attempts > 0).length,
    waitingUntil: state.hold > now ? new Date(state.hold).toISOString() : "", why: state.why, totals: state.totals,
    clockSkewSeconds: Math.round(state.skew / 1000), heartbeat: state.beat ? new Date(state.beat).toISOString() : "",
    usedInADay: MailroomQuota.used(state.usage, now), triggers: ScriptApp.getProjectTriggers().length,
  } : { installed: false };
  console.info(JSON.stringify(facts, null, 2));
  return facts;
}

/** Push again what was labelled Mailroom/failed, after the cause was fixed. Returns how many. */
function retryFailed() {
  return mailroomAlone_(() => {
    const ports = mailroomPorts_(null);
    const now = mailroomNow_();
    const state = MailroomState.load(ports.disk.read(), now);
    if (!state) throw new Error("Mailroom has no cursor: run setup");
    const { ids, unlabel } = MailroomGoogle.failed(ports.counts);
    const open = new Set(state.queue.map(({ id }) => id));
    const some = ids.filter((id) => !open.has(id)).slice(0, Math.max(0, MailroomState.QUEUE_MAX - state.queue.length));
    MailroomState.enqueue(state, some, () => "r");
    // In the queue first: a crash in between leaves a label too many, not a mail too few.
    MailroomState.save(state, ports.disk);
    unlabel(some);
    return some.length;
  });
}
