"""French mails: a medical practice, a faculty, a private mailbox. All people, numbers and places are invented."""

from __future__ import annotations

from infra.local.samples.model import File, MailDraft, iban, nir, pdf

IBAN = iban("FR", "9999900001000000000019900")
NIR = nir("2850799999001")
ICS = b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nSUMMARY:Staff\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"


def drafts() -> tuple[MailDraft, ...]:
    """In the order to send them: an answer comes after what it answers."""
    return (
        MailDraft(
            "fr-urgent-patient", "emailengine", "practice", "fr",
            "Bernadette Courtemanche <b.courtemanche@courrier.example>",
            "URGENT : douleur à la poitrine depuis ce matin",
            "Bonjour Docteur,\n\nJe suis Bernadette Courtemanche, née le 14/07/1985. Depuis ce matin j'ai une forte "
            "douleur à la poitrine et du mal à respirer. Que dois-je faire ? Vous pouvez me joindre d'urgence au "
            f"06 39 98 12 34. Mon numéro de sécurité sociale est le {NIR}.\n\nMerci de me rappeler très vite.\n"
            "Bernadette Courtemanche",
            ("Bernadette Courtemanche", "Courtemanche", "b.courtemanche@courrier.example", "06 39 98 12 34", NIR),
        ),
        MailDraft(
            "fr-appointment", "gmail fields", "practice", "fr",
            "Anselme Vauquelin <anselme.vauquelin@courrier.example>",
            "Demande de rendez-vous",
            "Bonjour Madame,\n\nJe souhaite prendre rendez-vous avec le docteur Montbrun la semaine prochaine pour une "
            "visite de contrôle. Je suis disponible mardi ou jeudi après-midi. Mon téléphone : 01 99 00 45 67.\n\n"
            "Cordialement,\nAnselme Vauquelin\n12 rue des Tilleuls, 99999 Villefictive",
            ("Anselme Vauquelin", "anselme.vauquelin@courrier.example", "01 99 00 45 67"),
        ),
        MailDraft(
            "fr-appointment-reply", "gmail raw", "practice", "fr",
            "Anselme Vauquelin <anselme.vauquelin@courrier.example>", "Re: Demande de rendez-vous",
            "Bonjour,\n\nParfait pour jeudi à 15 h, merci beaucoup.\n\nAnselme Vauquelin\n\n"
            "Le mar. 4 mars, Cabinet Montbrun a écrit :\n> Bonjour Monsieur Vauquelin,\n> Nous vous proposons jeudi "
            "à 15 h.\n"
            "> Votre numéro est bien le 01 99 00 45 67 ?",
            ("Anselme Vauquelin", "01 99 00 45 67"), answers="fr-appointment",
        ),
        MailDraft(
            "fr-lab-results", "emailengine", "practice", "fr", "Laboratoire Biofictif <resultats@biofictif.example>",
            "Résultats d'analyses de Mme Courtemanche",
            "Madame, Monsieur,\n\nVeuillez trouver ci-joint les résultats d'analyses de Mme Bernadette Courtemanche. "
            "La glycémie est à 1,02 g/l.\n\nLe laboratoire Biofictif",
            ("Bernadette Courtemanche", "resultats@biofictif.example"),
            files=(File("resultats_Bernadette_Courtemanche.pdf", "application/pdf", pdf(40)),),
        ),
        MailDraft(
            "fr-invoice", "gmail raw", "practice", "fr", "Comptabilité <compta@fournitures-medicales.example>",
            "Facture n° 2025-0417",
            f"Bonjour,\n\nVeuillez trouver ci-jointe la facture n° 2025-0417 d'un montant de 412,80 € TTC, à régler "
            f"avant la fin du mois par virement sur le compte {IBAN}.\n\nCordialement,\nÉlodie Pannetier\n"
            "Service comptabilité",
            (IBAN, "Élodie Pannetier", "compta@fournitures-medicales.example"),
            files=(File("facture-2025-0417.pdf", "application/pdf", pdf(12)),),
        ),
        MailDraft(
            "fr-student", "gmail fields", "faculty", "fr", "Maëlys Kerbrat <maelys.kerbrat@etu.faculty.example>",
            "Question sur l'examen de physiologie",
            "Bonjour Professeure,\n\nJe suis étudiante en deuxième année et je ne comprends pas le chapitre 4 du "
            "cours. "
            "Est-ce qu'il est au programme de l'examen ? Puis-je venir vous voir après le cours de lundi ?\n\n"
            "Merci d'avance,\nMaëlys Kerbrat, groupe B",
            ("Maëlys Kerbrat", "maelys.kerbrat@etu.faculty.example"),
        ),
        MailDraft(
            "fr-legal", "gmail fields", "personal", "fr", "Théodule Grandperrin <t.grandperrin@courrier.example>",
            "Litige avec mon propriétaire",
            "Bonjour,\n\nMon propriétaire refuse de me rendre le dépôt de garantie de mon logement. Le bail est "
            "terminé "
            "depuis trois mois. Quels sont mes droits et dans quel délai puis-je saisir le tribunal ?\n\n"
            "Théodule Grandperrin\nTél. 04 65 71 20 30",
            ("Théodule Grandperrin", "t.grandperrin@courrier.example", "04 65 71 20 30"),
        ),
        MailDraft(
            "fr-delivery-swisstransfer", "gmail fields", "personal", "fr",
            "SwissTransfer <no-reply@swisstransfer.example>",
            "Hortense Delavigne vous a envoyé des fichiers",
            "Hortense Delavigne (hortense@studio.example) vous a envoyé 3 fichiers (1,2 Go).\n\n"
            "Télécharger : https://www.swisstransfer.com/d/00000000-0000-4000-8000-000000000000\n\n"
            "Le lien expire dans 30 jours.",
            ("Hortense Delavigne", "hortense@studio.example"),
        ),
        MailDraft(
            "fr-newsletter", "emailengine", "personal", "fr", "La Lettre du Jardin <lettre@jardin.example>",
            "Que semer en mars ? Nos conseils de saison",
            "Bonjour,\n\nAu programme ce mois-ci : les semis de tomates, la taille des rosiers et notre concours.\n\n"
            "Pour ne plus recevoir cette lettre, cliquez ici : https://jardin.example/desabonnement",
            headers={
                "List-Id": "Lettre du Jardin <lettre.jardin.example>",
                "List-Unsubscribe": "<https://jardin.example/desabonnement>",
                "Precedence": "bulk",
            },
        ),
        MailDraft(
            "fr-desabo", "gmail fields", "personal", "fr", "Fulgence Amiotte <f.amiotte@courrier.example>",
            "DESABO urgent",
            "Bonjour,\n\nMerci de me désabonner d'urgence de toutes vos listes, adresse f.amiotte@courrier.example.\n\n"
            "Fulgence Amiotte",
            ("Fulgence Amiotte", "f.amiotte@courrier.example"),
        ),
        MailDraft(
            "fr-calendar", "gmail raw", "faculty", "fr", "Ludivine Escoffier <l.escoffier@faculty.example>",
            "Invitation : réunion pédagogique",
            "Bonjour à tous,\n\nVous êtes invités à la réunion pédagogique de jeudi à 10 h en salle 204.\n\n"
            "Ludivine Escoffier",
            ("Ludivine Escoffier", "l.escoffier@faculty.example"),
            files=(File("invitation.ics", "text/calendar", ICS),),
        ),
        MailDraft(
            "fr-html-only", "emailengine", "practice", "fr", "Pharmacie du Pont <contact@pharmacie-du-pont.example>",
            "Renouvellement d'ordonnance", "", ("Casimir Rochebrune", "02 61 91 33 44"),
            html="<html><head><style>p{color:red}</style></head><body><div style='display:none'>aperçu caché</div>"
            "<p>Bonjour Docteur,</p><p>Pouvez-vous renouveler l'ordonnance de <b>M. Casimir Rochebrune</b> pour trois "
            "mois&nbsp;? Il est joignable au 02&nbsp;61&nbsp;91&nbsp;33&nbsp;44.</p><p>Merci,<br>Pharmacie du Pont</p>"
            "<script>alert(1)</script></body></html>",
        ),
        MailDraft(
            "fr-big", "gmail raw", "research", "fr", "Sidonie Malherbe <s.malherbe@institut.example>",
            "Images de microscopie (3 Mo)",
            "Bonjour,\n\nVoici les images de microscopie de la série 12, comme convenu.\n\nSidonie Malherbe",
            ("Sidonie Malherbe", "s.malherbe@institut.example"),
            files=(File("serie-12_S_Malherbe.zip", "application/zip", bytes(range(256)) * 8960),),
        ),
        MailDraft(
            "fr-all-caps", "gmail raw", "practice", "fr", "JEAN-EUDES TROUSSELARD <je.trousselard@courrier.example>",
            "RECLAMATION",
            "BONJOUR,\n\nJE N'AI TOUJOURS PAS RECU MON CERTIFICAT MEDICAL. C'EST INADMISSIBLE. MERCI DE ME L'ENVOYER "
            "A JE.TROUSSELARD@COURRIER.EXAMPLE.\n\nJEAN-EUDES TROUSSELARD",
            ("JEAN-EUDES TROUSSELARD", "JE.TROUSSELARD@COURRIER.EXAMPLE"),
        ),
    )  # fmt: skip
