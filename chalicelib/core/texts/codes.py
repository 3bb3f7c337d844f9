"""Words for the codes of the pipeline: states, stages, intake results, receipts."""

from __future__ import annotations

from chalicelib.core.doors import DOORS
from chalicelib.core.stages import STAGES

TEXTS: dict[str, tuple[str, str]] = {
    "state.stored": ("stored", "enregistré"),
    "state.excluded": ("excluded", "exclu"),
    "state.quarantined": ("quarantined", "en quarantaine"),
    "state.in_flight": ("in progress", "en cours"),
    **{f"stage.{stage.name}": (stage.name, stage.french) for stage in STAGES},
    **{f"source.{door.name}": (door.label, door.label) for door in DOORS},
    "service.emailengine": ("EmailEngine", "EmailEngine"),
    "service.telegram": ("Telegram", "Telegram"),
    "service.llm": ("Language model", "Modèle de langue"),
    "urgency.high": ("urgent", "urgent"),
    "urgency.normal": ("normal", "normal"),
    "urgency.low": ("low", "faible"),
    "result.accepted": ("accepted", "accepté"),
    "result.accepted_held": ("accepted, notification delayed", "accepté, notification différée"),
    "result.already_processed": ("already processed", "déjà traité"),
    "result.skipped_sender_not_allowed": ("sender not allowed", "expéditeur non autorisé"),
    "result.stopped_by_routing_rule": ("excluded by a rule", "exclu par une règle"),
    "result.skipped_outside_time_window": ("excluded outside its time window", "exclu hors de sa plage horaire"),
    "result.outside_time_window": ("refused outside its time window", "refusé hors de sa plage horaire"),
    "result.rate_limited": ("rate limited", "débit dépassé"),
    "result.try_again": ("try again later", "à réessayer plus tard"),
    "receipt.email.receive": ("Received", "Réception"),
    "receipt.email.decide": ("Rules applied", "Application des règles"),
    "receipt.email.anonymize": ("Anonymized", "Anonymisation"),
    "receipt.email.classify": ("Classified", "Classement"),
    "receipt.email.route": ("Changed by the rules", "Modification par les règles"),
    "receipt.email.store": ("Stored", "Enregistrement"),
    "receipt.email.notify": ("Notified", "Notification"),
    "receipt.email.recover": ("Requeued by the sweep", "Remise en file par le balayage"),
    "receipt.email.reconsider": ("Requeued for re-evaluation", "Remise en file pour réévaluation"),
    "receipt.links.offload": ("Linked files downloaded", "Téléchargement des fichiers liés"),
}
