"""The overview: flow by stage, balance, the last day, services."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "flow": ("Flow by stage", "Flux par étape"),
    "flow.more": (
        "Approximate counts from SQS. Select a red number to see the failed messages.",
        "Décomptes approximatifs de SQS. Cliquez sur un nombre en rouge pour voir les messages en échec.",
    ),
    "flow.side": ("Side stages", "Étapes annexes"),
    "flow.waiting": ("waiting", "en attente"),
    "flow.in_flight": ("in progress", "en cours"),
    "flow.delayed": ("delayed", "différés"),
    "flow.oldest": ("oldest", "le plus ancien"),
    "flow.failed": ("{n} failed", "{n} en échec"),
    "flow.none_failed": ("no failed messages", "aucun message en échec"),
    "flow.endpoints": ("endpoints", "points d’entrée"),
    "flow.day": ("in 24 h", "en 24 h"),
    "balance": ("Ledger balance", "Bilan du registre"),
    "balance.seen": (
        "{seen} seen = {stored} stored + {excluded} excluded + {quarantined} quarantined + {in_flight} in progress",
        "{seen} reçus = {stored} enregistrés + {excluded} exclus + {quarantined} en quarantaine + {in_flight} en cours",
    ),
    "balance.more": (
        "“In progress” is estimated by SQS. Run “mailroom verify” to check the balance message by message.",
        "« En cours » est une estimation de SQS. La commande « mailroom verify » vérifie le bilan message par message.",
    ),
    "balance.no_flight": (
        "The queues are unavailable: the number of messages in progress is unknown.",
        "Les files d’attente sont indisponibles : le nombre de messages en cours est inconnu.",
    ),
    "day": ("Last 24 hours", "Dernières 24 heures"),
    "day.chart": (
        "Messages received per hour, by state",
        "Messages reçus par heure, selon leur état",
    ),
    "day.results": ("Intake results", "Résultats à la réception"),
    "day.results.none": ("No mail was received.", "Aucun message reçu."),
    "day.unknown": (
        "Counted from the receipts of mail that has reached the ledger. Refused and repeated requests appear only in"
        " the metrics.",
        "Compté à partir des messages arrivés au registre. Les demandes refusées ou répétées n’apparaissent que dans"
        " les métriques.",
    ),
    "day.categories": ("Categories", "Catégories"),
    "day.urgent.one": ("{n} urgent", "{n} urgent"),
    "day.urgent.other": ("{n} urgent", "{n} urgents"),
    "breakers": ("Services", "Services"),
    "breaker.closed": ("responding", "répond"),
    "breaker.open": ("paused, next attempt in {seconds} s", "en pause, prochain essai dans {seconds} s"),
    "breaker.half_open": ("recovering, trial calls only", "reprise en cours, appels d’essai seulement"),
    "breaker.failures.one": ("{n} failure", "{n} échec"),
    "breaker.failures.other": ("{n} failures in a row", "{n} échecs d’affilée"),
}
