"""The engine over a whole mail: tokens, every part that can carry a name, and what happens when it fails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from time import perf_counter

import pytest

from chalicelib.core.errors import Permanent, Retryable
from chalicelib.mail.model import Address, Attachment, Mail
from chalicelib.privacy.engine import CUT, MAX_TEXT, RulesAnonymizer
from chalicelib.privacy.mapping import deanonymize
from chalicelib.privacy.spans import Span
from chalicelib.privacy.tokens import Tokens, thread_numbers

ENGINE = RulesAnonymizer()
MAIL = Mail(
    subject="Dossier Lefèvre",
    sender=Address("Anaïs Lefèvre", "anais.lefevre@mail.example"),
    to=(Address("Dr Zoltan Quellec", "zq@corp.internal"),),
    text="Bonjour Zoltan,\nANAIS a vu Quellec et Marie Curie.\nLefèvre",
    attachments=(Attachment("facture_alefevre.pdf", "application/pdf", 1),),
)


class Broken:
    """A recognizer that fails on every text."""

    needs = ""

    def find(self, text: str) -> Iterator[Span]:
        raise ValueError(f"cannot read {text}")


def test_a_person_has_one_token_in_every_part_of_the_mail() -> None:
    done = ENGINE.anonymize(MAIL)
    assert (done.subject, done.attachments) == ("Dossier <PERSON_1>", ("facture_<PERSON_1>.pdf",))


def test_tokens_are_numbered_in_reading_order() -> None:
    text = "Bonjour <PERSON_2>,\n<PERSON_1> a vu <PERSON_2> et <PERSON_3>.\n<PERSON_1>"
    assert ENGINE.anonymize(MAIL).text == text


def test_a_first_name_alone_joins_the_full_name_of_later() -> None:
    done = ENGINE.anonymize(Mail(subject="", sender=None, text="Sophie arrive.\nSophie Lambert est là."))
    assert done.text == "<PERSON_1> arrive.\n<PERSON_1> est là."


def test_a_surname_that_two_people_share_joins_neither() -> None:
    done = ENGINE.anonymize(Mail(subject="", sender=None, text="Paul Dupont et Sophie Dupont. Mme Dupont."))
    assert done.text == "<PERSON_1> et <PERSON_2>. Mme <PERSON_3>."


def test_a_phone_is_the_same_in_its_national_and_international_form() -> None:
    done = ENGINE.anonymize(Mail(subject="", sender=None, text="06 12 34 56 78 ou +33 6 12 34 56 78"))
    assert done.text == "<PHONE_NUMBER_1> ou <PHONE_NUMBER_1>"


def test_with_numbers_of_a_thread_a_value_has_one_token_in_all_its_mails() -> None:
    numbers = thread_numbers("thread", b"k" * 32)
    first = ENGINE.anonymize(Mail(subject="", sender=None, text="Sophie Lambert et Paul Durand"), numbers).text
    second = ENGINE.anonymize(Mail(subject="", sender=None, text="Paul Durand et Sophie Lambert"), numbers).text
    assert second.split(" et ") == first.split(" et ")[::-1]


def test_two_values_whose_numbers_meet_have_two_tokens() -> None:
    mail = Mail(subject="", sender=None, text="Sophie Lambert et Paul Durand et Sophie Lambert")
    first, second, third = ENGINE.anonymize(mail, lambda value: 1 + value.endswith("1")).text.split(" et ")
    assert (first, second, third) == ("<PERSON_1>", "<PERSON_2>", "<PERSON_1>")


def test_ten_thousand_names_that_share_a_part_take_linear_time() -> None:
    tokens = Tokens()
    names = [f"Jean X{chr(97 + n // 676)}{chr(97 + n // 26 % 26)}{chr(97 + n % 26)}" for n in range(10_000)]
    before = perf_counter()
    for name in names:
        tokens.introduce("PERSON", name)
    for name in (*names, *["Jean"] * 10_000):
        tokens.token("PERSON", name)
    assert perf_counter() - before < 10
    assert len(tokens.mapping) == 10_001


def test_replacements_say_why_and_carry_no_original() -> None:
    done = ENGINE.anonymize(MAIL)
    assert all(r.recognizer and "Lefèvre" not in repr(r) for r in done.replacements)


def test_replacements_point_into_the_original() -> None:
    spans = [MAIL.text[r.start : r.end] for r in ENGINE.anonymize(MAIL).replacements if r.field == "text"]
    assert spans == ["Zoltan", "ANAIS", "Quellec", "Marie Curie", "Lefèvre"]


def test_deanonymized_text_names_the_people_again() -> None:
    done = ENGINE.anonymize(MAIL)
    assert "Marie Curie" in deanonymize(done.text, done.mapping)


def test_html_is_read_across_inline_tags_and_in_attributes() -> None:
    html = '<p>Ana&iuml;s <b>Lef</b>&egrave;vre <img alt="photo de Quellec" src="https://x.example/zq"></p>'
    done = ENGINE.anonymize_html(replace(MAIL, html=html))
    assert done.text == '<p><PERSON_1><b></b> <img alt="photo de <PERSON_2>" src="<URL_1>"></p>'


def test_html_attributes_lose_their_names() -> None:
    html = '<img alt="photo de Quellec" title="Anaïs"><a href="mailto:zq@corp.internal">x</a>'
    done = ENGINE.anonymize_html(replace(MAIL, html=html))
    assert done.text == '<img alt="photo de <PERSON_2>" title="<PERSON_1>"><a href="mailto:<EMAIL_ADDRESS_2>">x</a>'


def test_an_invitation_loses_its_people() -> None:
    text = "BEGIN:VEVENT\nORGANIZER;CN=Zebulon Quix:mailto:z.quix@mail.example\nSUMMARY:Point avec Quix\nEND:VEVENT"
    assert "uix" not in ENGINE.anonymize(Mail(subject="", sender=None, text=text)).text


def test_a_bounce_loses_its_addresses_and_hosts() -> None:
    text = "Reporting-MTA: dns; mx1.corp.internal\nFinal-Recipient: rfc822; zq@corp.internal\nRemote-MTA: 192.0.2.7"
    done = ENGINE.anonymize(Mail(subject="", sender=None, text=text)).text
    assert "corp.internal" not in done
    assert "192.0.2.7" not in done


def test_text_beyond_the_limit_is_cut_not_passed_on() -> None:
    done = ENGINE.anonymize(Mail(subject="", sender=None, text="ab " * MAX_TEXT + "jean@mail.example"))
    assert done.text.endswith(CUT)


def test_an_inner_failure_is_retryable_and_says_nothing_of_the_mail() -> None:
    with pytest.raises(Retryable, match="anonymizer_failed") as caught:
        RulesAnonymizer(extra=[Broken()]).anonymize(MAIL)
    shown = f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r}"
    assert "Quellec" not in shown


def test_a_mail_that_takes_too_long_is_retryable() -> None:
    with pytest.raises(Retryable, match="anonymizer_timeout"):
        RulesAnonymizer(time_limit=0.0).anonymize(MAIL)


def test_an_operator_adds_a_recognizer() -> None:
    from chalicelib.privacy.rules import rule

    engine = RulesAnonymizer(extra=[rule("badge", "BADGE", r"B-\d{3}", 1.0)])
    assert engine.anonymize(Mail(subject="", sender=None, text="badge B-123")).text == "badge <BADGE_1>"


class Blind(RulesAnonymizer):
    """An engine whose recognizers slipped: it finds nothing in the text."""

    def __init__(self) -> None:
        super().__init__()
        self.finder._rules = ()


@pytest.mark.parametrize(
    "left",
    ["x@mail.example", "+33 6 12 34 56 78", "FR1420041010050500013M02606", "4111 1111 1111 1111", "269054958815780"],
)
def test_the_second_look_quarantines_what_the_first_one_missed(left: str) -> None:
    with pytest.raises(Permanent, match="personal_data_left"):
        Blind().anonymize(Mail(subject="", sender=None, text=f"voici {left} merci"))
