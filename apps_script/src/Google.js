/** The ports of a run over Google's services. It decides only which error means what. */
/* exported MailroomGoogle */
const MailroomGoogle = (() => {
  const LABEL = "Mailroom/failed";
  const API = "https://gmail.googleapis.com/gmail/v1/users/me/messages";

  /** What this run has used; `props` counts each read and each written key. */
  function meter(clock) {
    const counts = { gmail: 0, fetch: 0, props: 0 };
    const started = clock();
    return { counts, spent: () => ({ ...counts, ms: clock() - started }) };
  }

  function properties(counts) {
    const store = PropertiesService.getScriptProperties();
    return {
      read() {
        counts.props += 1;
        return store.getProperties();
      },
      write(map) {
        counts.props += Object.keys(map).length;
        store.setProperties(map, false);
      },
      remove(names) {
        for (const name of names) {
          counts.props += 1;
          store.deleteProperty(name);
        }
      },
    };
  }

  /** The advanced Gmail service: per message, where the built-in one knows threads (README.md). */
  function mailbox(counts) {
    const call = (act) => {
      counts.gmail += 1;
      try {
        return act();
      } catch (error) {
        throw translated(error);
      }
    };
    return {
      list(q, token, max) {
        const options = { q, maxResults: max, fields: "messages(id),nextPageToken" };
        if (token) options.pageToken = token;
        const got = call(() => Gmail.Users.Messages.list("me", options));
        return { ids: (got.messages || []).map(({ id }) => id), next: got.nextPageToken || "" };
      },
      raw(id) {
        const got = call(() => Gmail.Users.Messages.get("me", id, { format: "raw" }));
        return { id: got.id, threadId: got.threadId, labelIds: got.labelIds, internalDate: got.internalDate, raw: web64(got.raw) };
      },
      minimal(id) {
        return call(() => Gmail.Users.Messages.get("me", id, { format: "minimal" }));
      },
      /**
       * The raw bytes of a large mail. Advanced services answer with at most 10 MB, UrlFetchApp takes 50: the same API, the same
       * permission, by its address. What is over 50 MB as base64 cannot be had.
       */
      bytes(id) {
        counts.fetch += 1;
        let status;
        try {
          const answer = UrlFetchApp.fetch(`${API}/${encodeURIComponent(id)}?format=raw&fields=raw`, {
            headers: { Authorization: `Bearer ${ScriptApp.getOAuthToken()}` }, muteHttpExceptions: true, followRedirects: false,
          });
          status = answer.getResponseCode();
          if (status === 200) return Utilities.base64DecodeWebSafe(JSON.parse(answer.getContentText()).raw);
        } catch (error) {
          // "Limit exceeded" is the size of this mail here, not the day's quota.
          throw { mailbox: /too many times/i.test(String(error && error.message)) ? "quota" : "passing" };
        }
        throw { mailbox: { 404: "gone", 429: "quota" }[status] || "passing" };
      },
      full(id) {
        const got = call(() => Gmail.Users.Messages.get("me", id, { format: "full" }));
        mark(got.payload, id);
        return got;
      },
      text(part) {
        const body = part.body || {};
        const data = body.attachmentId && body.data === undefined
          ? call(() => Gmail.Users.Messages.Attachments.get("me", part.messageId, body.attachmentId)).data
          : body.data;
        return data === undefined ? "" : characters(data);
      },
      fail(id) {
        const labels = call(() => Gmail.Users.Labels.list("me")).labels || [];
        const found = labels.find(({ name }) => name === LABEL)
          || call(() => Gmail.Users.Labels.create({ name: LABEL, labelListVisibility: "labelShow", messageListVisibility: "show" }, "me"));
        call(() => Gmail.Users.Messages.modify({ addLabelIds: [found.id] }, "me", id));
      },
    };
  }

  /** Parts do not know their message; a text part that Gmail keeps apart is asked for by both ids. */
  function mark(part, id) {
    if (!part) return;
    part.messageId = id;
    for (const inner of part.parts || []) mark(inner, id);
  }

  /** The advanced service gives `bytes` fields as arrays of signed bytes, the REST API as base64url: both are read. */
  function web64(data) {
    return typeof data === "string" ? data : Utilities.base64EncodeWebSafe(data);
  }

  function characters(data) {
    const bytes = typeof data === "string" ? Utilities.base64DecodeWebSafe(data) : data;
    return Utilities.newBlob(bytes).getDataAsString("UTF-8");
  }

  /** Google throws texts. A text that is not known is passing: the mail is kept. */
  function translated(error) {
    const text = String(error && error.message);
    if (/requested entity was not found|\bnot found\b/i.test(text)) return { mailbox: "gone" };
    if (/too many times|quota|rate limit|user-rate|limit exceeded/i.test(text)) return { mailbox: "quota" };
    return { mailbox: "passing" };
  }

  function door(url, counts) {
    return {
      /** `path` is what follows the endpoint's address: "" for a push. */
      post(body, headers, path) {
        counts.fetch += 1;
        let answer;
        try {
          answer = UrlFetchApp.fetch(url + path, {
            method: "post", contentType: "application/json", payload: body, headers,
            muteHttpExceptions: true, followRedirects: false,
          });
        } catch {
          // No answer (name, connection, time-out): the endpoint may or may not have accepted the batch; a repeat is harmless.
          return { status: 0, headers: {}, text: "" };
        }
        return { status: answer.getResponseCode(), headers: answer.getAllHeaders(), text: answer.getContentText() };
      },
      /** Put bytes to an offered address; the status, 0 for no answer. */
      put(place, headers, bytes) {
        counts.fetch += 1;
        try {
          return UrlFetchApp.fetch(place, {
            method: "put", contentType: "message/rfc822", payload: bytes, headers, muteHttpExceptions: true, followRedirects: false,
          }).getResponseCode();
        } catch {
          return 0;
        }
      },
    };
  }

  function sign(text, key) {
    return Utilities.computeHmacSha256Signature(text, key, Utilities.Charset.UTF_8);
  }

  function log(level, code, facts) {
    console[level](JSON.stringify({ code, ...facts }));
  }

  /** The ids under the label, for `retryFailed`; the label is taken off them by `unlabel`. */
  function failed(counts) {
    counts.gmail += 1;
    const label = (Gmail.Users.Labels.list("me").labels || []).find(({ name }) => name === LABEL);
    if (!label) return { ids: [], unlabel() {} };
    const ids = [];
    let pageToken = "";
    do {
      counts.gmail += 1;
      const options = { labelIds: [label.id], maxResults: 500 };
      if (pageToken) options.pageToken = pageToken;
      const got = Gmail.Users.Messages.list("me", options);
      ids.push(...(got.messages || []).map(({ id }) => id));
      pageToken = got.nextPageToken || "";
    } while (pageToken && ids.length < 1000);
    const unlabel = (some) => {
      counts.gmail += 1;
      if (some.length) Gmail.Users.Messages.batchModify({ ids: some, removeLabelIds: [label.id] }, "me");
    };
    return { ids, unlabel };
  }

  return { meter, properties, mailbox, door, sign, log, failed, LABEL };
})();
