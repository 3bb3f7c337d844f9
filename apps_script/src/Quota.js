/** Staying within Google's daily quotas: what was used in the last 24 hours, what this run may still use. Pure. */
/* exported MailroomQuota */
const MailroomQuota = (() => {
  const HOUR = 3600 * 1000;
  /** Kinds counted, in the order of a bucket: run time in ms, Gmail calls, URL fetches, property reads and writes. */
  const KINDS = ["ms", "gmail", "fetch", "props"];
  /** Google's daily quotas (developers.google.com/apps-script/guides/services/quotas). */
  const DAILY = {
    consumer: { ms: 90 * 60 * 1000, gmail: 20000, fetch: 20000, props: 50000 },
    workspace: { ms: 6 * HOUR, gmail: 50000, fetch: 100000, props: 500000 },
  };
  /** We use nine tenths: the rest is for other scripts of the same person and for start-up time that we cannot see. */
  const SHARE = 0.9;
  /** What one run costs before its first line runs. */
  const STARTUP_MS = 500;
  /** Google ends a run at 6 minutes; a fetch may hang for a minute. */
  const RUN_MS = 4 * 60 * 1000;

  /** Rolling use: the sum over 25 hourly buckets covers every 24-hour day, whenever Google's begins. */
  function used(usage, now) {
    const first = Math.floor(now / HOUR) - 24;
    const sum = { ms: 0, gmail: 0, fetch: 0, props: 0 };
    for (const [hour, ...counts] of usage) {
      if (hour >= first) KINDS.forEach((kind, i) => { sum[kind] += counts[i]; });
    }
    return sum;
  }

  /**
   * What this run may use: freely up to half of a day's share, then an even portion, so that a backlog never
   * starves the mail of the rest of the day. Null when the day's share of something is used up.
   */
  function allowance(usage, now, every, workspace) {
    const limits = DAILY[workspace ? "workspace" : "consumer"];
    const runs = (24 * 60) / every;
    const sum = used(usage, now);
    const may = {};
    for (const kind of KINDS) {
      const share = limits[kind] * SHARE;
      const left = share - sum[kind];
      if (left <= 0) return null;
      may[kind] = Math.min(left, Math.max(share / 2 / runs, left - share / 2));
    }
    may.ms = Math.min(may.ms, RUN_MS);
    return may;
  }

  /** Usage with `spent` added to the hour of `now`; older than 25 hours is forgotten. */
  function add(usage, now, spent) {
    const hour = Math.floor(now / HOUR);
    const kept = usage.filter(([at]) => at >= hour - 24 && at <= hour).map((bucket) => bucket.slice());
    let bucket = kept.find(([at]) => at === hour);
    if (!bucket) {
      bucket = [hour, 0, 0, 0, 0];
      kept.push(bucket);
    }
    KINDS.forEach((kind, i) => { bucket[i + 1] += Math.round(spent[kind] || 0); });
    return kept;
  }

  return { allowance, add, used, DAILY, KINDS, STARTUP_MS, RUN_MS, HOUR };
})();
