"""Every code of an answer, a failed message or a local error: what it means, and what to do."""

from __future__ import annotations

from chalicelib.core.doors import DOORS

WAIT = "Mailroom tries again by itself; `mailroom status` shows the breakers."
READY = "Open /ready to see what is unavailable, then try again."
RULES = "Correct the rule (`mailroom rules test`), then redrive."
REDRIVE = "Fix the cause, then `mailroom dlq redrive`."
REPORT = "This is a bug: report it with the code."
MODEL = "The rules classified the mail instead. Nothing to do."

CODES: dict[str, tuple[str, str]] = {
    # Answers of the API to a mail
    "empty_body": ("EmailEngine resent a webhook without its body.", "Nothing to do: its next attempt has the body."),
    "invalid_json": ("The request is not a JSON object.", "Correct the sender."),
    "missing_field": ("A required field is missing.", "Correct the sender."),
    "invalid_field": ("A field has a value that the API does not accept.", "Correct the field, then try again."),
    "too_large": ("The request is larger than the API accepts.", "Send less at once, or upload the mail (40 MiB)."),
    "rate_limited": ("Too many requests in a short time.", "Wait, then try again; or raise rate_limits in the rules."),
    "try_again": ("The API cannot reach a service that it needs; nothing was accepted.", READY),
    "internal_error": ("The API failed; nothing was accepted.", "Search the logs for the trace id: this is a bug."),
    "outside_time_window": ("A rule accepts this mail only inside its time window.", "Send it inside the window."),
    **{
        door.disabled_code: (f"The {door.label} endpoint is off.", f"`mailroom flag {door.flag} on`.") for door in DOORS
    },
    "unknown_account": ("Mailroom has no account of this name.", "Use a name from the parameter Accounts."),
    # Answers of the API to an operator
    "unauthorized": (
        "The API does not accept this token.",
        "Use one of admin_tokens in the secret; the API reads a new one within five minutes.",
    ),
    "invalid_rules": ("The rule document is not valid.", "Correct the fields that the answer lists."),
    "unknown_rules": ("There is no such version of the rules.", "See `mailroom rules history`."),
    "version_conflict": (
        "The rules have changed since you read them.",
        "Look at them (`mailroom rules show`), then make your change again.",
    ),
    "unknown_message": (
        "No failed message has this id.",
        "See `mailroom dlq list`; a message that another reader holds appears again within a minute.",
    ),
    "invalid_reason": (
        "The reason is not a code.",
        "Use at most 60 of a-z 0-9 _ . - such as `spam`; never a name or an address.",
    ),
    "move_refused": ("SQS does not start this redrive: one is in progress.", "Wait until it ends, then try again."),
    "move_unsupported": ("This queue service cannot redrive a whole queue.", "Redrive the messages by id."),
    # Services
    "queue_unavailable": ("SQS is unavailable.", WAIT),
    "spool_unavailable": ("The spool (S3) is unavailable.", WAIT),
    "secrets_unavailable": ("Secrets Manager is unavailable, or it denies access.", "Check the IAM rights; try again."),
    "cache_unavailable": ("Redis is unavailable.", "Check redis_url and the network; try again."),
    "database_unavailable": ("PostgreSQL is unavailable.", "Check database_url and the network; try again."),
    "database_busy": ("PostgreSQL is busy: a lock or a conflict.", "Try again in a few seconds."),
    "database_unusable": ("The schema or the rights of PostgreSQL are not current.", "Run `mailroom migrate`."),
    "database_rejected": ("PostgreSQL rejects a value.", "Check author, comment and ids for control characters."),
    "rules_unavailable": ("Neither Redis nor PostgreSQL can be read for the rules.", READY),
    "emailengine_unavailable": ("EmailEngine is unavailable.", WAIT),
    "emailengine_unauthorized": ("EmailEngine refuses the token.", "Correct emailengine_token in the secret."),
    "telegram_unavailable": ("Telegram is unavailable.", WAIT),
    "telegram_unauthorized": ("Telegram refuses the token or the chat.", "Correct the bot token and TelegramChat."),
    "telegram_rate_limited": ("Telegram asks to slow down.", WAIT),
    "telegram_refused": ("Telegram refuses this text.", REPORT),
    "telegram_chat_refused": (
        "The bot cannot write to the chat.",
        "Add the bot to the group again and let it send messages, or correct TelegramChat.",
    ),
    "telegram_outcome_unknown": ("Telegram's answer was lost: the message may have arrived.", WAIT),
    "notify_waiting": ("The message waits for its turn in the chat.", WAIT),
    "bucket_unavailable": (
        "The bucket of OffloadBucket does not accept the file.",
        "Check its name, endpoint, keys and rights.",
    ),
    # Mail that cannot be processed
    "message_gone": ("The mail was deleted on the server before it was fetched.", "Discard it."),
    "message_refused": ("EmailEngine refuses to return the mail.", "Look at the account in EmailEngine, then redrive."),
    "message_ambiguous": ("The mail was moved, and several mails look like it.", "Find it by hand, then discard it."),
    "message_replaced": (
        "The mail is no longer in its mailbox, and its id names another mail.",
        "Discard it; the other mail has an entry of its own.",
    ),
    "account_login_failed": ("The mail server refuses the account's login.", "Correct it in EmailEngine; mail waits."),
    "account_not_connected": ("EmailEngine is not connected to the account's mail server.", WAIT),
    "account_paused": ("The account is paused in EmailEngine.", "Resume it there; its mail waits."),
    "account_unknown": ("EmailEngine has no account of this name.", "Register the account there, then redrive."),
    "listing_refused": ("EmailEngine refuses to list a folder.", "Check the account and EmailEngineFolders."),
    "answer_too_large": ("The mail is larger than 40 MiB.", "Discard it, and read it in its mailbox."),
    "original_too_large": ("The original is too large to be stored.", "Discard it, and read it in its mailbox."),
    "spool_missing": ("The sealed mail has expired or was deleted.", "Send it again, or `mailroom dlq discard`."),
    "spool_too_large": ("The sealed object is larger than any mail may be.", "Discard it."),
    "sealed_unreadable": ("The sealed mail cannot be read by this version.", "Deploy the newer version, then redrive."),
    "malformed_message": ("The message is not one of Mailroom's.", "`mailroom dlq show` it, then discard it."),
    "malformed_mail_id": ("The id is not a mail id.", "Copy the id from `mailroom dlq list`."),
    "malformed_alarm": ("The alarm is not one of CloudWatch's.", "Discard it."),
    "unknown_version": ("A newer Mailroom wrote the message.", "Deploy the newer version, then redrive."),
    "incomplete_envelope": ("The message lacks what the store needs.", REPORT),
    "unexpected": ("The stage failed with an error that it does not know.", REPORT),
    "out_of_time": ("The function ran out of time.", WAIT),
    "batch_not_begun": ("The stage could not start.", WAIT),
    "report_raced": ("Two runs of the sweep met.", WAIT),
    # Privacy
    "anonymizer_timeout": ("Anonymization took too long.", "Redrive; if it fails again, report the mail's size."),
    "anonymizer_failed": ("Anonymization failed.", REPORT),
    "personal_data_left": (
        "The check after anonymization found personal data.",
        "`mailroom anonymize` the mail, fix the recognizer, then redrive.",
    ),
    "mapping_unreadable": ("The mapping of the thread cannot be decrypted.", "Restore mapping_key in the secret."),
    "unknown_token": ("The text has a token that the mapping does not hold.", REPORT),
    "original_unreadable": ("raw_key does not decrypt the original.", "Restore raw_key in the secret."),
    "original_erased": ("The original was erased or has expired.", "Nothing to do."),
    # Classification by a model: the fallback decides
    "llm_unavailable": ("The model is unavailable.", MODEL),
    "llm_timeout": ("The model did not answer in time.", MODEL),
    "llm_unauthorized": ("The model's provider refuses the key.", "Correct anthropic_key in the secret."),
    "llm_rate_limited": ("The model's provider asks to slow down.", MODEL),
    "llm_refused": ("The model refused to answer.", MODEL),
    "llm_answer_too_large": ("The model's answer is too large.", MODEL),
    "llm_bad_answer": ("The model's answer is not JSON.", MODEL),
    "llm_bad_shape": ("The model's answer has other fields.", MODEL),
    "llm_bad_category": ("The model named a category that does not exist.", MODEL),
    "llm_bad_urgency": ("The model named an urgency that does not exist.", MODEL),
    "llm_bad_language": ("The model named a language that does not exist.", MODEL),
    "llm_bad_confidence": ("The model's confidence is not a number from 0 to 1.", MODEL),
    "llm_bad_reason": ("The model's reason is not one plain line.", MODEL),
    "llm_reason_lure": ("The model's reason holds a link or an address.", MODEL),
    "llm_unknown_token": ("The model's reason has a token that the mail has not.", MODEL),
    # Files of links
    "link_gone": ("The link has expired or is not public.", "Ask the sender for a new link."),
    "link_not_a_file": ("The link leads to a page, not to a file.", "Open it in a browser."),
    "link_encoded": ("The source sends compressed bytes.", "Open the link in a browser."),
    "links_unreadable": ("The sealed list of links cannot be read.", "Push the mail again, or discard the message."),
    "link_unavailable": ("The source of the link is unavailable.", WAIT),
    "file_too_large": ("The file is larger than OffloadMax.", "Raise OffloadMax, or open the link in a browser."),
    "file_missing": ("The bucket does not hold the file.", "Redrive the message."),
    "upload_gone": ("The bucket has dropped the unfinished upload.", WAIT),
    "offload_not_configured": ("OffloadBucket is empty.", "Set OffloadBucket and deploy, then redrive."),
    "offload_worker_died": ("The off-load function was killed eight times.", "Raise its memory, then redrive."),
    "offload_restarted": ("The transfer started again from the beginning.", WAIT),
    "offload_overtaken": ("Another worker is transferring the file.", WAIT),
    # Addresses that a rule or a link names
    "target_malformed": ("The address is not a URL.", RULES),
    "target_scheme": ("The address does not start with https://.", RULES),
    "target_port": ("The address names a port other than 443 or 8443.", RULES),
    "target_host": ("The address names no public host.", RULES),
    "target_credentials": ("The address contains a user name or a password.", RULES),
    "target_private": ("The address is private.", "Name the host in PrivateTargets, or correct the rule."),
    "target_not_allowed": ("The address is not one of the allowed hosts.", RULES),
    "target_redirects": ("The address redirects too often.", RULES),
    "target_unresolved": ("The host name does not resolve.", "Check the DNS of the host."),
    "target_untrusted": ("The certificate of the host is not trusted.", "Fix the certificate, or set private_ca."),
    "target_timeout": ("The host did not answer in time.", WAIT),
    "target_broken": ("The connection to the host broke.", WAIT),
    # Webhooks
    "webhook_refused": ("The receiver refused the webhook (4xx).", "Ask its operator; " + RULES.lower()),
    "webhook_gone": ("The receiver no longer exists (410).", "Remove the destination from the rules."),
    "webhook_redirected": ("The receiver redirects.", "Put its final address into the rules, then redrive."),
    "webhook_failed": ("The receiver failed (5xx).", WAIT),
    "webhook_busy": ("The receiver asks to be called later.", WAIT),
    "webhook_rate_limited": ("The receiver asks to slow down.", WAIT),
    "clear_host_not_allowed": (
        "The rules send clear fields to a host that the deployment does not name.",
        "Correct the rule, or name the host in ClearFieldHosts, deploy and redrive.",
    ),
    "webhook_key_missing": ("webhook_keys has no key of the destination's name.", "Add the key to the secret."),
    "webhooks_switched_off": ("Webhooks are off.", "`mailroom flag webhook_sending_enabled on`."),
    "destination_unknown": ("The rules no longer name this destination.", "Name it again and redrive, or discard."),
    # What SQS or the retry schedule decides
    "worker_died": (
        "Every worker that took the message was killed.",
        "Check its memory and time-out, then redrive.",
    ),
}

FAMILIES: dict[str, tuple[str, str]] = {
    "retries_exhausted:": ("A passing failure lasted more than two days.", REDRIVE),
    "discarded:": ("An operator discarded the mail.", "Nothing to do."),
}
"""Codes with a part of their own after the prefix."""

ENDINGS: dict[str, tuple[str, str]] = {
    "_resting": ("Calls to the service are paused after repeated failures.", WAIT),
}


def explanation(code: str) -> tuple[str, str] | None:
    """What a code means and what to do; None for a code that this version does not know."""
    if code in CODES:
        return CODES[code]
    families = (words for start, words in FAMILIES.items() if code.startswith(start))
    endings = (words for end, words in ENDINGS.items() if code.endswith(end))
    return next(families, None) or next(endings, None)


def sentence(code: str, trace_id: str = "") -> str:
    """The explanation in one line with the code in brackets; for an unknown code also where the logs know more."""
    if known := explanation(code):
        return f"{known[0]} {known[1]} [{code}]"
    more = f" Search the logs for it: `mailroom logs --mail {trace_id}`." if trace_id else ""
    return f"Mailroom answered with a code that this version does not know.{more} [{code}]"
