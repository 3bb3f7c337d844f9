"""Builds the name and word lists in `chalicelib/privacy/data/` from sources whose licence allows shipping.

Run by hand, with Faker and the `names` source package unpacked on the path:
`python -m infra.layer.name_lists <folder with faker/> <names-0.3.0.tar.gz>`. Sources: Faker (MIT) for twelve
European and American locales, US Census 1990 through `names` (public domain), tzdata (public domain) for places,
word lists of Faker and stop words
of spaCy (MIT) for what is a word before it is a name.
"""

from __future__ import annotations

import importlib
import re
import sys
import tarfile
from collections.abc import Iterable
from pathlib import Path

from chalicelib.privacy.fold import fold

ZONES = Path("/usr/share/zoneinfo")
DATA = Path(__file__).parents[2] / "chalicelib" / "privacy" / "data"
MORE_LOCALES = (
    "fr_DZ fr_CA nl_NL tr_TR pl_PL ro_RO sv_SE da_DK no_NO fi_FI hr_HR cs_CZ "
    "hu_HU sl_SI es_MX pt_BR en_IN en_NG de_AT de_CH vi_VN"
).split()
"""Names from elsewhere: they count with a capital only, for many of them are words here."""
LOCALES = "fr_FR fr_BE fr_CH fr_QC it_IT en_US en_GB en_IE es_ES pt_PT de_DE nl_BE".split()
FIRST_OF_CENSUS, SURNAMES_OF_CENSUS = 1500, 4000
_NAME = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿĀ-ſ'’ -]{2,24}")


def of_locales(locales: Iterable[str]) -> tuple[set[str], set[str]]:
    """First names and surnames of Faker's locales, folded; Latin letters only."""
    first: set[str] = set()
    last: set[str] = set()
    for locale in locales:
        provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
        for attribute in dir(provider):
            chosen = (
                first if attribute.startswith("first_name") else last if attribute.startswith("last_name") else None
            )
            values = getattr(provider, attribute)
            if chosen is not None and not callable(values):
                chosen |= {
                    fold(name.replace("’", "'")) for name in values if isinstance(name, str) and _NAME.fullmatch(name)
                }
    return first, last


def names(tarball: Path) -> tuple[set[str], set[str]]:
    """First names and surnames, folded."""
    first, last = of_locales(LOCALES)
    with tarfile.open(tarball) as archive:
        for file, chosen, limit in (
            ("dist.male.first", first, FIRST_OF_CENSUS),
            ("dist.female.first", first, FIRST_OF_CENSUS),
            ("dist.all.last", last, SURNAMES_OF_CENSUS),
        ):
            content = archive.extractfile(f"names-0.3.0/names/{file}")
            if content is None:
                raise SystemExit(f"{file} is not in {tarball}")
            rows = content.read().decode().splitlines()
            chosen |= {fold(row.split()[0]) for row in rows[:limit] if row.split()}
    return first, last


_OF_MAIL = """
siret siren tva rcs iban bic rib swift iva nir nhs ssn cin rpps finess ape naf smtp imap pdf doc docx csv xls xlsx
zip html http https url ip api id cv rh ceo cto dg sa sas sarl eurl srl spa inc ltd llc gmbh plc tel mob fax mail
email courriel pec cap ville code postal cedex wifi wi-fi sms gps usb bonjour bonsoir salut coucou bonne bon bonnes
cordialement cordiales salutations merci madame monsieur mesdames messieurs cher chere docteur maitre objet sujet
expediteur destinataire envoye recu piece pieces jointe jointes ci-joint facture factures devis commande commandes
contrat contrats dossier dossiers reference reunion reunions compte rendu rendez rendez-vous rdv presents absents
excuse excuses suite afin veuillez voici voila bref attention urgent urgence rappel relance information informations
demande demandes reponse confirmation validation livraison colis expedition paiement virement carte banque compte
numero telephone portable adresse nom prenom date naissance nee ne lieu patient patiente medecin traitant cabinet
clinique hopital chu service services securite sociale mutuelle ordonnance consultation examen examens analyse
analyses resultat resultats bilan irm scanner radio echographie sinistre assure assurance locataire proprietaire
bail loyer quittance employeur salarie stage stagiaire convention passeport permis vehicule immatriculation login
identifiant mot passe connexion serveur site internet bureau batiment etage escalier appartement porte digicode
interphone gardien matin midi soir apres-midi semaine janvier fevrier mars avril mai juin juillet aout septembre
octobre novembre decembre lundi mardi mercredi jeudi vendredi samedi dimanche ecrit ecrivait wrote repondu transfere
tr fw fwd re prevoir pensez notez appelez contactez envoyez joindre cliquez repondez seance ordre jour proces verbal
signature signe soussigne fait lu approuve bien fin sous reserve conclusion introduction chapitre annexe article
page numero tome alinea resume dear hello regards sincerely best kind warm cheers thanks thank please find attached
attachment enclosed invoice quote order orders contract file reference meeting minutes agenda attendees absent
apologies subject sender recipient sent received reply forward urgent reminder follow confirmation delivery parcel
shipping payment transfer card bank account number phone mobile address name first last birth born place patient
doctor clinic hospital service security insurance claim tenant landlord lease rent employer employee intern passport
licence license vehicle plate registration login username password server website office building floor january
february march april may june july august september october november december monday tuesday wednesday thursday
friday saturday sunday mon tue wed thu fri sat sun jan feb mar apr jun jul aug sep sept oct nov dec today tomorrow
yesterday weekend ok yes no hi hey welcome note important update version release bug issue ticket support help team
manager director president chairman assistant engineer consultant department division unit section table figure
english french german italian spanish buongiorno buonasera ciao salve gentile egregio egregia spettabile caro cara
cari care cordiali saluti distinti grazie prego oggetto mittente destinatario inviato ricevuto allegato allegati
fattura fatture preventivo ordine ordini contratto pratica riferimento riunione verbale presenti assenti seguito
conferma consegna pacco spedizione pagamento bonifico carta banca conto numero telefono cellulare indirizzo nome
cognome data nascita nato nata luogo paziente medico curante studio clinica ospedale servizio sicurezza
assicurazione sinistro inquilino affitto contatti contatto sito password accesso utente patente passaporto targa
veicolo codice fiscale partita ufficio edificio piano interno scala citofono portiere mattina pomeriggio sera
settimana giorno gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
lunedi martedi mercoledi giovedi venerdi sabato domenica scritto rispondi inoltra buona buono buone buon dottore
dottoressa dottor signore signora signor avvocato ingegnere professore professoressa sottoscritto residente azienda
societa ditta cliente fornitore spett fede firma letto approvato urgente promemoria informazioni richiesta risposta
ricevuta esame esami referto ricetta visita appuntamento puo possiamo vorrei potete ricordate ecco inoltre pertanto
quindi infine allora oggi domani ieri entreprise societe client fournisseur mme mlle mr mrs ms dr pr prof me sig
dott avv ing sigra
abbonamenti abbonamento acconto acquisti acquisto adesione agenzia aggiornamenti aggiornamento aggiornato alleghiamo
allego alunni alunno ambulatorio amministrativa amministrativo amministratore amministrazione analisi annullamento
annuncio apertura archivio articoli assegno assemblea assistenza attestato attivazione autorizzazione avvisi avviso
bacheca biglietti biglietto bilancio bolletta bozza buonanotte busta calendario candidatura capitolo capodanno
carrello cartella catalogo certificato chiusura chrome clicca clienti colazione collega colleghi colloquio
commerciale comunicazioni comunichiamo condizioni condominio confermiamo confermo consegne consulenza contabile
contabilita contributo convocazione copia corriere corsi credito cronologia curriculum delega deposito detrazione
dichiarazione dimissioni dimmi dipendente dipendenti direttrice dirigente disdetta disponibilita documenti documento
domattina doppia elenco esenzione estratto eventuale eventuali farmaco ferie ferragosto fornitori fornitura garanzia
genitori gentilissimi gestione guasto impegnativa impianto impiegato importo imposta imposte incontro indagine
informativa informiamo ingresso installazione invio invito iscrizione iscrizioni istruzioni lavori lezione lezioni
licenza lista magazzino mandato manutenzione medica mensile merce messaggi messaggio modello modifica moduli modulo
mutuo newsletter nota notifica notifiche novita offerta offerte offertissima operatore orari orario ordinaria
ordinario ottimo ovviamente pacchetto pagamenti parcheggio patto pediatra permesso pista polizza portale portineria
posta pratiche preavviso prelievo prenotazione preventivi prezzi privacy procedura procura prodotti progetti
progetto promozione proprietario proroga protocollo provvedimento quota raccomandata rata recesso reclamo referente
regolamento rendiconto reparto reset reso responsabile restituzione ricevute ricordiamo ricovero riepilogo riesci
rimborsi rimborso ringraziamo ringrazio rinnova rinnovo riparazione riscontro riservato risorse ritiro riunioni
saldo saluto scadenza scadenze scheda sconti sconto scontrino scusa scusami scusate scusi segnalazione segretaria
segreteria selezione servizi sindaco smartphone software soggiorno solleciti sollecito sopralluogo sospensione
spedizioni spese sportello stampante stipendio straordinaria tablet tassa tasse tecnica terapia termini tessera
titolare traduzione trasferta trasloco trasporti trasporto tutor uffici umane utenti utenza vaccino vaglia vendita
vendite verifica versamento volentieri voli volo windows
"""
"""What mail starts lines and sentences with, in three languages; written by hand."""


def words() -> set[str]:
    """Common words, folded. Not the Spanish and Dutch lists: they hold first names."""
    found: set[str] = set()
    for locale in ("en_US", "fr_FR", "it_IT", "de_DE"):
        found |= {fold(word) for word in importlib.import_module(f"faker.providers.lorem.{locale}").Provider.word_list}
    for language in ("en", "fr", "it", "de", "es", "nl", "pt"):
        found |= {fold(word) for word in importlib.import_module(f"spacy.lang.{language}.stop_words").STOP_WORDS}
    found |= {fold(word) for word in _OF_MAIL.split()}
    return {word for word in found if word.isalpha()}


def places() -> set[str]:
    """Countries, and the cities that name a time zone (tzdata: public domain)."""
    found: set[str] = set()
    for line in (ZONES / "iso3166.tab").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            found |= {fold(name) for name in re.split(r"\s*[(&)]\s*", line.split("\t")[1]) if len(name) > 3}
    for line in (ZONES / "zone.tab").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            found.add(fold(line.split("\t")[2].split("/")[-1].replace("_", " ")))
    return found - words() - _NO_PLACES


_NO_PLACES = {
    "rep.",
    "dem. rep.",
    "us",
    "uk",
    "jersey",
    "center",
    "resolute",
    "easter",
    "christmas",
    "casey",
    "davis",
    "palmer",
    "midway",
    "wake",
    "knox",
    "troll",
    "chad",
    "jordan",
    "oral",
    "north",
    "south",
    "dutch",
    "french",
    "american",
    "western",
    "st martin",
}


def main() -> None:
    """Write the lists."""
    sys.path.insert(0, sys.argv[1])
    first, last = names(Path(sys.argv[2]))
    more_first, more_last = of_locales(MORE_LOCALES)
    more = {name for name in (more_first | more_last) - first - last - words() if len(name) > 3 and " " not in name}
    found = {"first_names": first, "surnames": last, "names_elsewhere": more, "words": words(), "countries": places()}
    for name, values in found.items():
        (DATA / f"{name}.txt").write_text("\n".join(sorted(values)) + "\n", "utf-8")


if __name__ == "__main__":
    main()
