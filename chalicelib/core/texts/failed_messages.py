"""Failed messages: the list, and the confirmation of what is done to them."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "failed": ("Failed messages", "Messages en échec"),
    "failed.more": (
        "Messages in a dead-letter queue: a stage could not process them, and the ledger lists them as quarantined."
        " Once the cause is fixed, redrive them: they return to their stage. Discard a message to exclude it for good,"
        " with a reason.",
        "Messages placés en file de rebut (DLQ) : une étape n’a pas pu les traiter, et le registre les compte en"
        " quarantaine. Une fois la cause corrigée, relancez-les : ils retournent à leur étape. Écarter un message"
        " l’exclut définitivement, avec un motif.",
    ),
    "failed.none": ("There are no failed messages.", "Aucun message en échec."),
    "failed.incomplete": (
        "The list may be incomplete: another reader hides some messages for up to 30 seconds, or there are more than"
        " this page shows.",
        "La liste est peut-être incomplète : une autre consultation masque certains messages pendant 30 secondes au"
        " plus, ou ils sont trop nombreux pour cette page.",
    ),
    "failed.all_stages": ("All stages", "Toutes les étapes"),
    "failed.select": ("Select", "Sélectionner"),
    "failed.select_one": ("Select message {id}", "Sélectionner le message {id}"),
    "failed.stage": ("Stage", "Étape"),
    "failed.attempts": ("Attempts", "Essais"),
    "failed.first": ("First attempt", "Premier essai"),
    "failed.last": ("Last attempt", "Dernier essai"),
    "failed.message": ("Message", "Message"),
    "failed.not_mail": ("not a mail: message", "pas un courriel : message"),
    "failed.redrive": ("Redrive selected…", "Relancer la sélection…"),
    "failed.discard": ("Discard selected…", "Écarter la sélection…"),
    "failed.redrive_all": ("Redrive all messages of {stage}…", "Relancer tous les messages de l’étape « {stage} »…"),
    "failed.nothing_selected": ("Select at least one message.", "Sélectionnez au moins un message."),
    "confirm.redrive.one": ("Redrive {n} message?", "Relancer {n} message ?"),
    "confirm.redrive.other": ("Redrive {n} messages?", "Relancer {n} messages ?"),
    "confirm.redrive.more": (
        "They return to the stage that could not process them. Those that fail again come back to this page.",
        "Ils retournent à l’étape qui n’a pas pu les traiter. Ceux qui échouent encore reviendront sur cette page.",
    ),
    "confirm.redrive_all": (
        "Redrive all failed messages of {stage}?",
        "Relancer tous les messages en échec de l’étape « {stage} » ?",
    ),
    "confirm.discard.one": ("Discard {n} message?", "Écarter {n} message ?"),
    "confirm.discard.other": ("Discard {n} messages?", "Écarter {n} messages ?"),
    "confirm.discard.more": (
        "They are deleted from the dead-letter queue, and the ledger lists them as excluded for this reason. This"
        " cannot be undone here.",
        "Ils sont supprimés de la file de rebut, et le registre les compte comme exclus pour ce motif. Cette action"
        " est irréversible ici.",
    ),
    "confirm.reason": ("Reason code", "Code du motif"),
    "confirm.reason.help": (
        "Lower case, digits, dots, hyphens and underscores, at most 60 characters: spam, test, unreadable.",
        "Minuscules sans accent, chiffres, points, tirets et soulignés, 60 caractères au plus : spam, test, illisible.",
    ),
    "confirm.reason.wrong": ("This is not a reason code. {help}", "Ce n’est pas un code de motif. {help}"),
    "confirm.reason.example.unreadable": ("unreadable", "illisible"),
    "confirm.reason.example.not_needed": ("not-needed", "inutile"),
    "confirm.do.redrive": ("Redrive", "Relancer"),
    "confirm.do.discard": ("Discard", "Écarter"),
    "done.redriven": (
        "{n} redriven, {failed} failed, {unknown} not found.",
        "Relancés : {n} ; échecs : {failed} ; introuvables : {unknown}.",
    ),
    "done.discarded": (
        "{n} discarded, {failed} failed, {unknown} not found.",
        "Écartés : {n} ; échecs : {failed} ; introuvables : {unknown}.",
    ),
    "done.moving": (
        "SQS is moving all messages of the stage back to its queue.",
        "SQS renvoie tous les messages de l’étape dans leur file d’attente.",
    ),
    "done.move_refused": (
        "SQS is already moving messages of this stage. Wait until it has finished.",
        "SQS déplace déjà des messages de cette étape. Attendez la fin de l’opération.",
    ),
}
