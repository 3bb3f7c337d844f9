"""What must go, on phrasing of every kind: secrets, numbers in words, relations, labels, addresses, handles, links."""

from __future__ import annotations

import pytest

from chalicelib.mail.model import Address, Mail
from chalicelib.privacy.engine import RulesAnonymizer
from tests.unit.privacy.finding import found

ENGINE = RulesAnonymizer()
SECRETS = (
    ("Le code de la porte c'est 48B12.", "48B12"),
    ("Digicode A4471, merci", "A4471"),
    ("boîte à clés : 0907", "0907"),
    ("pour le portail tu fais 1935A", "1935A"),
    ("The gate code is 4471# today", "4471#"),
    ("the key safe is 0912", "0912"),
    ("il codice del portone è 48B12", "48B12"),
    ("the one you gave me (redplums) does not work", "redplums"),
    ("Le code que vous m'avez donné, 660134, ne marche pas", "660134"),
    ("mot de passe provisoire est Kp7!vuLom2, à changer", "Kp7!vuLom2"),
    ("password Giraffe#2031 works", "Giraffe#2031"),
    ("pw for my account: Sock!9sock", "Sock!9sock"),
    ("le wifi chez moi : clé pommes-vertes-42", "pommes-vertes-42"),
    ("cryptogramme 737, expiration 09/28", "737"),
    ("security code 737", "737"),
    ("Server=db;Uid=app;Pwd=hunter2go;", "hunter2go"),
    ("postgres://app:mX9-tulipe@db.example.com:5432/prod", "mX9-tulipe"),
    ("bike lock: 4-1-9-7", "4-1-9-7"),
)
WORDS = (
    ("PHONE_NUMBER", "appelle-moi au ", "zéro six trente-neuf quatre-vingt-dix-huit douze quarante"),
    ("PHONE_NUMBER", "call me on ", "oh seven seven double oh nine hundred one two three"),
    ("PHONE_NUMBER", "il mio numero: ", "tre quattro sette cinque cinque cinque zero uno due tre"),
    ("DATE_OF_BIRTH", "né le ", "douze avril deux mille quinze"),
    ("DATE_OF_BIRTH", "born on ", "the twelfth of April two thousand and fifteen"),
    ("DATE_OF_BIRTH", "nata il ", "primo maggio millenovecentottanta"),
    ("DATE_OF_BIRTH", "born in ", "1951"),
)
PEOPLE = (
    ("avec mes enfants maël et line.", "line"),
    ("ma fille rose et mon frère pierre viennent", "pierre"),
    ("my wife hope drives", "hope"),
    ("mia figlia gioia e mio fratello pietro vengono", "pietro"),
    ("je m'appelle lou", "lou"),
    ("my name is ash btw", "ash"),
    ("mi chiamo lia non amalia", "lia"),
    ("My son Summer is late", "Summer"),
)
LABELLED = (
    ("matricule ", "HX-40921"),
    ("contrat ", "POL-2201-88-M"),
    ("policy number ", "HM-2201-88-M"),
    ("polizza ", "AUT-77-41904"),
    ("VIN ", "VF1AA00A999999999"),
    ("Carte de fidélité ", "29090112 34567"),
    ("Telegram : ", "anselme_pic"),
    ("Skype: ", "ignatius.v"),
    ("utilisateur ", "demo.rec7"),
)
ADDRESSES = (
    "12 bis rue des Lilas, appartement 34, 3e étage, 99120 Saint-Lyphard",
    "vingt-deux rue de la Gare, escalier B, 99410 Courtavenel",
    "8 rue du four, 2e gauche",
    "8 oven street, ground floor",
    "via dei Glicini 12/B, interno 34, terzo piano, 99120 Borgo San Fittizio",
    "The Pines, Block 4, Unit 212, Mireton",
)
LINKS = ("bit.ly/xyz", "tg://resolve?domain=x", "promo.zip", "example.link/a", "msteams:/l/call", "shop.example/a?b=1")


@pytest.mark.parametrize(("text", "secret"), SECRETS)
def test_a_secret_is_hidden_whole(text: str, secret: str) -> None:
    done = ENGINE.anonymize(Mail(subject="", sender=None, text=text)).text
    assert secret not in done


@pytest.mark.parametrize(("entity", "before", "value"), WORDS)
def test_a_number_in_words_is_hidden(entity: str, before: str, value: str) -> None:
    assert (entity, value) in found(before + value)


@pytest.mark.parametrize(("text", "name"), PEOPLE)
def test_a_name_behind_a_relation_is_hidden_in_any_case(text: str, name: str) -> None:
    assert any(kind == "PERSON" and name in shown for kind, shown in found(text))


@pytest.mark.parametrize(("label", "value"), LABELLED)
def test_a_labelled_identifier_is_hidden(label: str, value: str) -> None:
    assert value in [text for _, text in found(f"Voici : {label}{value}, merci")]


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_is_hidden_to_its_end(address: str) -> None:
    assert ("ADDRESS", address) in found(f"Adresse : {address}.")


@pytest.mark.parametrize("link", LINKS)
def test_a_link_of_any_scheme_or_domain_is_hidden(link: str) -> None:
    assert ("URL", link) in found(f"Voir {link} merci")


@pytest.mark.parametrize("name", ["Rose Petit", "Grace Hope", "Ben Carter", "Solweig Kermarrec", "Luna Ferrari"])
@pytest.mark.parametrize("form", [str, str.lower, str.upper])
@pytest.mark.parametrize("frame", ["bonjour {f},\nmerci", "i met {f} yesterday", "merci de rappeler {n}", "bises\n{f}"])
def test_a_header_name_is_hidden_in_any_form(name: str, form: type[str], frame: str) -> None:
    text = frame.format(f=form(name.split()[0]), n=form(name))
    done = ENGINE.anonymize(Mail(subject="", sender=Address(name, "x@example.com"), text=text)).text
    assert "<PERSON_1>" in done
    assert form(name.split()[0]) not in done.replace("<PERSON_1>", "")


def test_a_single_word_display_name_is_a_person() -> None:
    mail = Mail(subject="", sender=Address("Solweig", "s@example.com"), text="c'est solweig, à demain")
    assert ENGINE.anonymize(mail).text == "c'est <PERSON_1>, à demain"


def test_a_verb_that_is_a_header_name_stays_a_verb() -> None:
    mail = Mail(subject="", sender=Address("Grace Hope", "s@example.com"), text="I hope you are well")
    assert ENGINE.anonymize(mail).text == "I hope you are well"


def test_no_span_crosses_a_line_of_a_list() -> None:
    text = "nom;téléphone\nGontran Leblais;0639981401\nYsaline Morvan;0639981402"
    done = ENGINE.anonymize(Mail(subject="", sender=Address("Gontran Leblais", "g@example.com"), text=text)).text
    assert done.count("\n") == 2
    assert done.count("<PHONE_NUMBER_") == 2
    assert "Morvan" not in done
