"""What the net knows people and machines by: mail addresses, links, hosts, IP and MAC addresses."""

from __future__ import annotations

import ipaddress
import re

from chalicelib.privacy.fold import fold
from chalicelib.privacy.lists import shipped
from chalicelib.privacy.rules import Rule, rule

_LABEL = r"[^\W_](?:[\w-]{0,61}\w)?"
_AT = r" ?[\[({<] ?(?:at|arobase|chiocciola|@) ?[\])}>] ?"
_DOT = r"(?: ?[\[({<] ?(?:dot|point|punto|\.) ?[\])}>] ?|\.)"
_TLD = (
    "com|org|net|fr|it|de|uk|be|ch|es|eu|io|info|biz|gov|edu|lan|local|internal|corp|example|test|invalid|"
    "localhost|intranet|"
    "home|app|dev|cloud|us|nl|lu|pt|co|me|tv|ca|at|int|mil|pro|name|online|site|shop|tech|ru|cn|jp|in|br|"
    "au|pl|se|no|dk|fi|zip|xyz|link|click|to|ly|gl|gg|top|icu|club|live|page|ws|cc|mobi|store|space|website|vip|win|work|"
    "cz|hu|ie|gr|ro|bg|hr|si|sk|lt|lv|ee|is|nz|za|mx|ar|cl|kr|tw|hk|sg|tr|ua|il|ae|ma|dz|tn|sn|paris|bzh|alsace|swiss"
)
_PATH = r"(?:[/?#][^\s<>\"']{0,2000})?"


def _ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _handle(text: str) -> bool:
    """The name of an account, and no word of the language ("Telegram: disponible")."""
    return not shipped().word(fold(text)) and not text.isdigit()


NET: tuple[Rule, ...] = (
    # RFC 5321 in its everyday part, and wider: any domain, also internal ones and address literals (Presidio's own
    # expression drops domains without a public suffix).
    rule(
        "email",
        "EMAIL_ADDRESS",
        rf"(?<![\w.!#$%&*+/=?^`{{|}}~@-])[\w.!#$%&'*+/=?^`{{|}}~-]{{1,64}}@"
        rf"(?:\[[0-9a-f.:]{{3,45}}\]|{_LABEL}(?:\.{_LABEL}){{0,8}})",
        1.0,
        needs="@",
        rank=3,
    ),
    rule("email_long", "EMAIL_ADDRESS", r"[^\s@<>()\[\]\",;:]{1,512}@[^\W_][\w.-]{0,250}", 0.9, needs="@"),
    rule("email_quoted", "EMAIL_ADDRESS", rf'"[^"\n]{{1,64}}"@{_LABEL}(?:\.{_LABEL}){{0,8}}', 1.0, needs="@", rank=2),
    rule(
        "email_spelled",
        "EMAIL_ADDRESS",
        rf"(?<![\w.+-])[\w.+-]{{1,64}}{_AT}[\w-]{{1,63}}(?:{_DOT}[\w-]{{1,63}}){{1,5}}",
        1.0,
        needs="[({<",
        rank=2,
    ),
    rule("url", "URL", r"(?<![\w+.-])[a-z][a-z0-9+.-]{1,20}://[^\s<>\"']{1,2000}", 1.0, needs=":", rank=2),
    rule(
        "url_opaque",
        "URL",
        r"(?<![\w+.-])(?:tg|sms|smsto|geo|data|javascript|vbscript|magnet|bitcoin|ethereum|sips?|xmpp|skype|"
        r"facetime(?:-audio)?|whatsapp|intent|market|itms(?:-apps|-services)?|zoommtg|msteams|ms-[a-z-]{2,20}|slack|webcal|"
        r"callto|blob|view-source|viber|signal|fb|fb-messenger|steam|spotify|vnd\.[a-z.]{2,20}|urn|cid|mid):(?=[^\s:])"
        r"[^\s<>\"']{2,2000}",
        0.95,
        needs=":",
        rank=2,
    ),
    # Any top-level domain, when a path or a query follows: "bit.ly/xyz".
    rule(
        "url_path",
        "URL",
        rf"(?<![\w.@/-])(?:{_LABEL}\.){{1,6}}(?=[a-z])[a-z-]{{2,24}}(?::\d{{1,5}})?[/?#][^\s<>\"']{{1,2000}}",
        0.9,
        needs=".",
        check=lambda text: any(c.isalpha() for c in text.partition(".")[0]),
        whole=True,
        rank=2,
    ),
    rule("url_www", "URL", rf"(?<![\w.@])www\d?\.{_LABEL}(?:\.{_LABEL}){{1,6}}{_PATH}", 1.0, needs=".", rank=2),
    rule("host", "URL", rf"(?<![\w.@/-])(?:{_LABEL}\.){{1,6}}(?:{_TLD})(?![\w-]|\.\w){_PATH}", 0.7, needs=".@"),
    rule(
        "ipv4",
        "IP_ADDRESS",
        r"(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:/\d\d?)?(?![\w]|\.\d)",
        0.95,
        needs=".",
    ),
    Rule(
        "ipv6",
        "IP_ADDRESS",
        re.compile(
            r"(?<![\w:.])(?:[0-9a-f]{1,4}:|::)(?:[0-9a-f]{0,4}:){0,6}(?:[0-9a-f]{1,4}|(?:\d{1,3}\.){3}\d{1,3})?(?![\w:])",
            re.IGNORECASE,
        ),
        0.9,
        check=_ip,
        needs=":",
        whole=True,
    ),
    rule(
        "mac",
        "MAC_ADDRESS",
        r"(?<![\w:-])[0-9a-f]{2}(?:([:-])[0-9a-f]{2})(?:\1[0-9a-f]{2}){4}(?![\w:-])",
        0.9,
        needs=":-",
    ),
    rule("handle", "ACCOUNT_REFERENCE", r"(?<![\w@/.])@[a-z_][\w.]{2,30}", 0.6, needs="@"),
    rule(
        "handle_of_service",
        "ACCOUNT_REFERENCE",
        r"(?<![\w.])(?:instagram|insta|ig|twitter|telegram|tg|snap(?:chat)?|skype|tik ?tok|discord|facebook|"
        r"messenger|fb|"
        r"linkedin|signal|mastodon|bluesky|twitch|reddit|github|gitlab|psn|xbox|steam|viber|threads|youtube|pseudo|"
        r"nickname|handle|username|user name|user|login|utilisateur|utente|identifiant|nom d'utilisateur|nome "
        r"utente)(?!\w)"
        r"(?:[ ](?:de|du|of|is|dell'|del|della|d'|l'|le|the|di)?[ ]?[\w'’]{1,15}){0,2}?"
        r"[ ]?(?:[:=(]|[ ](?:est|is|è|c'est)(?!\w))[ ]?(@?[\w][\w.-]{2,40}(?:#\d{4})?(?<![.-]))(?![\w@]|://)",
        0.85,
        group=1,
        check=_handle,
        whole=True,
    ),
    rule(
        "user_name",
        "ACCOUNT_REFERENCE",
        r"(?<![\w.])(?:username|user name|login|utilisateur|utente|identifiant|nom d'utilisateur|nome utente)[ ]"
        r"([\w][\w.-]{2,40}(?<![.-]))(?![\w@])",
        0.85,
        group=1,
        check=lambda text: any(c.isdigit() or c in "._" for c in text),
        whole=True,
        hints="user login util utente identifiant",
    ),
)
