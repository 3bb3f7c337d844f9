"""Italian mails. All people, numbers and places are invented."""

from __future__ import annotations

from infra.local.samples.model import File, MailDraft, iban, pdf

IBAN = iban("IT", "X0000099999000000123456")


def drafts() -> tuple[MailDraft, ...]:
    """In the order to send them: an answer comes after what it answers."""
    return (
        MailDraft(
            "it-appointment", "emailengine", "practice", "it", "Fiammetta Roccabruna <f.roccabruna@posta.example>",
            "Richiesta di appuntamento",
            "Buongiorno dottoressa,\n\nvorrei prendere un appuntamento per una visita di controllo la prossima "
            "settimana. "
            "Sono disponibile il martedì mattina. Può scrivermi a f.roccabruna@posta.example.\n\nCordiali saluti,\n"
            "Fiammetta Roccabruna",
            ("Fiammetta Roccabruna", "f.roccabruna@posta.example"),
        ),
        MailDraft(
            "it-appointment-reply", "emailengine", "practice", "it",
            "Fiammetta Roccabruna <f.roccabruna@posta.example>",
            "R: Richiesta di appuntamento",
            "Grazie, va bene martedì alle 9.\n\nFiammetta Roccabruna\n\nIl giorno 4 marzo Cabinet Montbrun ha "
            "scritto:\n"
            "> Gentile signora Roccabruna,\n> le proponiamo martedì alle 9.",
            ("Fiammetta Roccabruna",), answers="it-appointment",
        ),
        MailDraft(
            "it-conference", "gmail raw", "research", "it", "Segreteria Convegno <segreteria@convegno.example>",
            "Invito al convegno di primavera",
            "Gentile dottoressa Montbrun,\n\nsiamo lieti di invitarla come relatrice al convegno di primavera. La "
            "preghiamo di confermare la sua presenza entro la fine del mese.\n\nDistinti saluti,\nErmenegilda Zanfredi",
            ("Ermenegilda Zanfredi", "segreteria@convegno.example"),
        ),
        MailDraft(
            "it-student", "gmail fields", "faculty", "it", "Gualtiero Spinabella <g.spinabella@studenti.example>",
            "Domanda sulla tesi",
            "Buongiorno professoressa,\n\nsono uno studente Erasmus e vorrei scrivere la tesi con lei. Posso venire a "
            "ricevimento giovedì?\n\nGrazie mille,\nGualtiero Spinabella",
            ("Gualtiero Spinabella", "g.spinabella@studenti.example"),
        ),
        MailDraft(
            "it-invoice", "gmail raw", "personal", "it", "Amministrazione <amministrazione@fornitore.example>",
            "Fattura n. 88/2025",
            f"Buongiorno,\n\nin allegato la fattura n. 88/2025 di 150,00 €. Il pagamento è da effettuare con "
            f"bonifico su "
            f"{IBAN} entro 30 giorni.\n\nCordiali saluti,\nUbaldo Trecastagne",
            (IBAN, "Ubaldo Trecastagne", "amministrazione@fornitore.example"),
            files=(File("fattura_88_Trecastagne.pdf", "application/pdf", pdf(6)),),
        ),
        MailDraft(
            "it-thanks", "gmail fields", "personal", "it", "Zia Clorinda <clorinda.bellafonte@posta.example>",
            "Grazie per il regalo",
            "Cara Camille,\n\ngrazie di cuore per il bellissimo regalo, non dovevi! 🎁 Ti aspettiamo a Pasqua.\n\n"
            "Un abbraccio,\nClorinda Bellafonte",
            ("Clorinda Bellafonte", "clorinda.bellafonte@posta.example"),
        ),
    )  # fmt: skip
