"""The categories and languages of mail. An operator's own categories are shown as they are named."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "category.bounce": ("bounce", "échec de remise"),
    "category.auto_reply": ("automatic reply", "réponse automatique"),
    "category.security": ("security", "sécurité"),
    "category.unsubscribe": ("unsubscribe", "désabonnement"),
    "category.delivery": ("file delivery", "livraison de fichiers"),
    "category.invoice": ("invoice", "facture"),
    "category.results": ("results", "résultats"),
    "category.appointment": ("appointment", "rendez-vous"),
    "category.patient": ("patient", "patient"),
    "category.student": ("student", "étudiant"),
    "category.research": ("research", "recherche"),
    "category.legal": ("legal", "juridique"),
    "category.newsletter": ("newsletter", "lettre d’information"),
    "category.notification": ("notification", "notification"),
    "category.personal": ("personal", "personnel"),
    "category.other": ("other", "autre"),
    "language.en": ("English", "anglais"),
    "language.fr": ("French", "français"),
    "language.it": ("Italian", "italien"),
    "language.de": ("German", "allemand"),
    "language.es": ("Spanish", "espagnol"),
    "language.und": ("undetermined", "indéterminée"),
}
