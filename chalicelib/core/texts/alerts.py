"""Alerts in the topic "System": conditions that the sweep finds, and CloudWatch alarms."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "alert.began": ("🔴 Problem", "🔴 Problème"),
    "alert.ended": ("🟢 Resolved", "🟢 Résolu"),
    "alert.waiting": ("… and {n} more in the next message", "… et {n} de plus dans le prochain message"),
    "alert.numbered": ("{condition}: {n}", "{condition} : {n}"),
    "alert.dead": ("Failed messages at stage {place}, {code}", "Messages en échec à l’étape « {place} », {code}"),
    "alert.backlog": (
        "Messages in the queue of stage {place}, delayed and in progress included",
        "Messages dans la file de l’étape « {place} », y compris différés et en cours",
    ),
    "alert.stalled": (
        "Messages in progress for more than an hour",
        "Messages en cours depuis plus d’une heure",
    ),
    "alert.breaker": (
        "{place} is failing; calls are paused",
        "{place} : service en échec, appels suspendus",
    ),
    "alert.swept.missing": (
        "Messages lost from their queue and requeued",
        "Messages disparus de leur file et remis en file",
    ),
    "alert.swept.orphaned": (
        "Quarantined messages missing from the DLQ, requeued where possible",
        "Messages en quarantaine absents de la file de rebut (DLQ), remis en file si possible",
    ),
    "alert.swept.failed": (
        "Messages that could not be repaired, {code}",
        "Messages qui n’ont pas pu être réparés, {code}",
    ),
    "alert.swept.unproven": (
        "The balance is not verified: a dead-letter queue could not be read completely",
        "Le bilan n’est pas vérifié : une file de rebut (DLQ) n’a pas pu être lue en entier",
    ),
    "alert.expiring": (
        "Failed messages of stage {place} that SQS deletes within four days",
        "Messages en échec de l’étape « {place} » que SQS supprimera dans les quatre jours",
    ),
    "alert.record_gone": (
        "Quarantined messages that are no longer in the DLQ",
        "Messages en quarantaine qui ne sont plus dans la file de rebut (DLQ)",
    ),
    "alarm.raised": ("🔴 Problem: {name}", "🔴 Problème : {name}"),
    "alarm.resolved": ("🟢 Resolved: {name}", "🟢 Résolu : {name}"),
    "alarm.dlq_not_empty": (
        "Failed messages at stage {stage}: see docs/recovery.md, Failed messages",
        "Messages en échec à l’étape « {stage} » : voir docs/recovery.md",
    ),
    "alarm.backlog": (
        "More messages are waiting at stage {stage} than it can process: see docs/recovery.md, Backlog",
        "L’étape « {stage} » reçoit plus de messages qu’elle n’en traite : voir docs/recovery.md",
    ),
    "alarm.oldest": (
        "Messages are waiting too long at stage {stage}: see docs/recovery.md, Backlog",
        "Des messages attendent trop longtemps à l’étape « {stage} » : voir docs/recovery.md",
    ),
    "alarm.offload_timeouts": (
        "More than 10% of file downloads time out: see docs/recovery.md, Webhooks and files of links",
        "Plus de 10 % des téléchargements de fichiers dépassent le délai : voir docs/recovery.md",
    ),
    "alarm.notify_stuck": (
        "Telegram refuses notices, the chat or a topic: see docs/recovery.md, Refused notices",
        "Telegram refuse des notifications, le groupe ou un sujet : voir docs/recovery.md",
    ),
    "alarm.recursion": (
        "Lambda drops invocations of this function as a loop; its messages end as failed: see docs/recovery.md",
        "Lambda rejette des appels de cette fonction comme une boucle ; ses messages finissent en échec : voir "
        "docs/recovery.md",
    ),
    "alarm.errors": (
        "More than 5% of the responses of the {endpoint} endpoint are 5xx: see docs/recovery.md, Alerts",
        "Plus de 5 % des réponses du point d’entrée {endpoint} sont des 5xx : voir docs/recovery.md",
    ),
    "alarm.silence": (
        "No push and no heartbeat for 15 minutes: see docs/recovery.md, Alerts",
        "Ni message ni signal de vie depuis 15 minutes : voir docs/recovery.md",
    ),
    "alarm.account_trouble": (
        "EmailEngine cannot read a mailbox; `mailroom status` names it: see docs/recovery.md, Alerts",
        "EmailEngine ne peut pas lire une boîte ; `mailroom status` la nomme : voir docs/recovery.md, Alerts",
    ),
}
