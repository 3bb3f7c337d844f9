"""What every page has: navigation, errors, sign-in."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "skip": ("Skip to the content", "Aller au contenu"),
    "nav": ("Pages", "Pages"),
    "nav.overview": ("Overview", "Vue d’ensemble"),
    "nav.failed_messages": ("Failed messages", "Messages en échec"),
    "nav.mails": ("Mail", "Courrier"),
    "nav.rules": ("Rules", "Règles"),
    "nav.flags": ("Flags", "Interrupteurs"),
    "other_language": ("Français", "English"),
    "signed_in": ("Signed in as {author}", "Connecté : {author}"),
    "sign_out": ("Sign out", "Se déconnecter"),
    "as_of": ("As of", "État au"),
    "utc": ("Times are in UTC.", "Les heures sont en UTC."),
    "refresh": ("Refresh", "Actualiser"),
    "not_available": ("Unavailable", "Indisponible"),
    "cancel": ("Cancel", "Annuler"),
    "author": ("Author", "Auteur"),
    "by": ("by {author}", "par {author}"),
    "time": ("Time", "Date et heure"),
    "reason": ("Reason", "Motif"),
    "number": ("Number", "Nombre"),
    "age.days": ("{n} d", "{n} j"),
    "age.hours": ("{n} h", "{n} h"),
    "age.minutes": ("{n} min", "{n} min"),
    "age.seconds": ("{n} s", "{n} s"),
    "error.401": ("Sign in first", "Connectez-vous d’abord"),
    "error.401.more": (
        "Your session has ended. Nothing was changed.",
        "Votre session a pris fin. Rien n’a été modifié.",
    ),
    "error.403": ("This form has expired", "Ce formulaire a expiré"),
    "error.403.more": (
        "Go back, reload the page and try again. Nothing was changed.",
        "Revenez en arrière, rechargez la page et recommencez. Rien n’a été modifié.",
    ),
    "error.400": ("Invalid request", "Demande non valide"),
    "error.400.code": ("The request was refused: {code}.", "La demande a été refusée : {code}."),
    "error.404": ("Page not found", "Page introuvable"),
    "error.409": ("The rules have changed", "Les règles ont changé"),
    "error.409.more": (
        "A new version of the rules was saved in the meantime. Review it, then decide. Nothing was changed.",
        "Une nouvelle version des règles a été enregistrée entre-temps. Consultez-la avant de décider."
        " Rien n’a été modifié.",
    ),
    "error.413": ("The form is too large", "Le formulaire est trop volumineux"),
    "error.500": ("Internal error", "Erreur interne"),
    "error.500.more": (
        "This is a bug. Look for this id in the logs:",
        "C’est un bogue. Recherchez cet identifiant dans les journaux :",
    ),
    "error.503": ("Temporarily unavailable", "Momentanément indisponible"),
    "error.503.more": (
        "A service that this page needs is not responding ({code}). Nothing was changed. Try again in a moment.",
        "Un service nécessaire à cette page ne répond pas ({code}). Rien n’a été modifié. Réessayez dans un instant.",
    ),
    "sign_in": ("Sign in", "Se connecter"),
    "sign_in.token": ("Admin token", "Jeton d’administration"),
    "sign_in.token.help": (
        "One of the admin_tokens in the endpoints’ secret. Run “mailroom dashboard” to find it.",
        "L’un des admin_tokens du secret des points d’entrée. La commande « mailroom dashboard » l’indique.",
    ),
    "sign_in.author": ("Your name", "Votre nom"),
    "sign_in.author.help": (
        "Recorded with every change that you make.",
        "Enregistré avec chaque modification que vous faites.",
    ),
    "sign_in.wrong": ("Sign-in refused. Check the token.", "Connexion refusée. Vérifiez le jeton."),
    "sign_in.stale": ("The form has expired. Try again.", "Le formulaire a expiré. Réessayez."),
    "sign_in.author.wrong": (
        "Enter a name of 1 to 100 printable Latin characters.",
        "Saisissez un nom de 1 à 100 caractères latins imprimables.",
    ),
    "sign_in.limited": (
        "Too many attempts. Wait {seconds} s, then try again.",
        "Trop de tentatives. Patientez {seconds} s avant de réessayer.",
    ),
    "sign_in.already": (
        "Already signed in? Open the dashboard",
        "Déjà connecté ? Ouvrir le tableau de bord",
    ),
    "sign_in.out": ("You are signed out.", "Vous êtes déconnecté."),
}
