/** A message of the Gmail API as the push object of the endpoint: with its raw bytes, with their upload, or in fields. Pure. */
/* exported MailroomMail */
const MailroomMail = (() => {
  /** Field limits of the endpoint (`sources/gmail_push/push.py`). */
  const LIST_MAX = { to: 500, cc: 500, labels: 200, attachments: 200 };
  const DATES_END = Date.UTC(2100, 0);

  /** Received mail: not a draft, not a chat, not what the person sent (mail to oneself is both sent and received). */
  function received(message) {
    const labels = message.labelIds || [];
    if (labels.includes("DRAFT") || labels.includes("CHAT")) return false;
    return !labels.includes("SENT") || labels.includes("INBOX");
  }

  /** The push of a message whose `raw` is base64url text. */
  function raw(message, account) {
    return { ...named(message, account), ...dated(message), labels: list(message.labelIds, "labels"), raw: message.raw };
  }

  /** The push of a message whose raw bytes are uploaded already. */
  function uploaded(message, account, upload) {
    return { ...named(message, account), ...dated(message), labels: list(message.labelIds, "labels"), upload };
  }

  /**
   * The push of a message in fields. `text(part)` gives a text part's characters.
   * Never cut: the endpoint refuses a text that is too long, so the loss is visible.
   */
  function fields(message, account, text) {
    const payload = message.payload || {};
    const headers = payload.headers || [];
    const get = (name) => headers.filter((item) => item.name.toLowerCase() === name).map((item) => item.value);
    const bodies = { "text/plain": [], "text/html": [] };
    const attachments = [];
    walk(payload, (part) => {
      const kind = (part.mimeType || "").toLowerCase();
      if (!part.filename && bodies[kind]) bodies[kind].push(text(part));
      else if (part.filename || (part.body && part.body.attachmentId)) {
        attachments.push({
          name: String(part.filename || "").slice(0, 500), type: kind, size: (part.body && part.body.size) || 0,
        });
      }
    });
    const html = bodies["text/html"].join("\n");
    const body = bodies["text/plain"].join("\n");
    const push = {
      ...named(message, account),
      // A mail without From is still mail; the endpoint requires a sender.
      sender: (get("from")[0] || "").trim().slice(0, 2000) || "unknown sender",
      subject: (get("subject")[0] || "").slice(0, 10000),
      date: (Number.isNaN(Date.parse(get("date")[0])) ? arrived(message) : get("date")[0]).slice(0, 200),
      message_id: (get("message-id")[0] || "").slice(0, 1000),
      to: list(get("to"), "to"),
      cc: list(get("cc"), "cc"),
      labels: list(message.labelIds, "labels"),
      headers: chosen(headers),
      attachments: attachments.slice(0, LIST_MAX.attachments),
      body,
    };
    if (html) push.body_html = html;
    return push;
  }

  /** The fields form without its HTML, when there is text to do without it; else null. */
  function lighter(push) {
    if (!push.body_html || !push.body.trim()) return null;
    const { body_html: _dropped, ...rest } = push;
    return rest;
  }

  function named(message, account) {
    const push = { id: message.id, thread_id: message.threadId };
    if (account) push.account = account;
    return push;
  }

  /** When the mailbox got it, for a mail without a date of its own; empty where the endpoint would not accept the date. */
  function arrived(message) {
    const at = Number(message.internalDate);
    return message.internalDate && at >= 0 && at < DATES_END ? new Date(at).toISOString() : "";
  }

  function dated(message) {
    const date = arrived(message);
    return date ? { date } : {};
  }

  function list(values, name) {
    return (values || []).map(String).slice(0, LIST_MAX[name]);
  }

  /** The headers that threading, loop and list detection need; never the transport's. */
  function chosen(headers) {
    const wanted = /^(in-reply-to|references|reply-to|auto-submitted|precedence|list-id|list-unsubscribe|return-path|authentication-results)$/i;
    const out = {};
    for (const { name, value } of headers) if (wanted.test(name)) out[name.toLowerCase()] = String(value).slice(0, 20000);
    return out;
  }

  function walk(part, visit) {
    const open = [part];
    while (open.length) {
      const next = open.shift();
      if (next.parts && next.parts.length) open.unshift(...next.parts);
      else visit(next);
    }
  }

  return { received, raw, uploaded, fields, lighter };
})();
