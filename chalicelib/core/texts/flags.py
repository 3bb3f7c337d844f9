"""The runtime flags."""

from __future__ import annotations

from chalicelib.core.doors import DOORS


def _de(name: str) -> str:
    """The French word for "of", elided before a vowel."""
    return f"d’{name}" if name[0] in "AEIOUYÉÈ" else f"de {name}"


TEXTS: dict[str, tuple[str, str]] = {
    "flags": ("Runtime flags", "Interrupteurs"),
    "flags.name": ("Flag", "Interrupteur"),
    "flags.more": (
        "Changes take effect within seconds. While an endpoint is off, senders are asked to keep the mail and try"
        " again: no mail is lost.",
        "Les changements prennent effet en quelques secondes. Quand un point d’entrée est désactivé, les expéditeurs"
        " sont invités à garder le message et à réessayer : aucun message n’est perdu.",
    ),
    "flags.none": ("No flag was ever changed.", "Aucun interrupteur n’a jamais été modifié."),
    "flags.history": ("History", "Historique"),
    "flags.change": ("Change", "Changement"),
    "flags.on": ("on", "activé"),
    "flags.off": ("off", "désactivé"),
    "flags.turn_on": ("Turn {name} on", "Activer {name}"),
    "flags.turn_off": ("Turn {name} off", "Désactiver {name}"),
    "flags.default": ("default, never changed", "valeur par défaut, jamais modifiée"),
    "flags.unknown": ("currently unknown", "actuellement inconnu"),
    **{
        f"flag.{door.flag}": (f"Accept mail from {door.label}", f"Accepter le courrier {_de(door.label)}")
        for door in DOORS
    },
    "flag.notifications_enabled": ("Send notifications", "Envoyer les notifications"),
    "flag.webhook_sending_enabled": ("Send webhooks", "Envoyer les webhooks"),
    "done.switched": ("The flag was changed.", "L’interrupteur a été modifié."),
}
