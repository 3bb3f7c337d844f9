"""HTML to what a reader sees."""

from __future__ import annotations

import time

import pytest

from chalicelib.mail.html import calm, html_to_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<div>a</div>b", "a\nb"),
        ("x<b>y</b> z", "xy z"),
        ("a &amp; b&nbsp;c &eacute;", "a & b c é"),
        ("<head><title>no</title></head><body>yes", "yes"),
        ("<script>var a = '<p>no</p>';</script>yes", "yes"),
        ("<style>p > a { color: red }</style>yes", "yes"),
        ("<!-- no --><!--> yes", "yes"),
        ("<!--[if mso]><p>no</p><![endif]-->yes", "yes"),
        ("<div style='display:none'>no</div>yes", "yes"),
        ('<span style="DISPLAY : NONE">no</span>yes', "yes"),
        ('<div style="max-height:0px;overflow:hidden">no</div>yes', "yes"),
        ('<div style="max-height:0.5em">yes</div>', "yes"),
        ("<p hidden>no</p>yes", "yes"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
        ("<img src=x alt='A  logo'>", "A logo"),
        ("<a href='https://x.example'>link</a>", "link <https://x.example>"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("<p>cut <b", "cut"),
        ("", ""),
        ("plain", "plain"),
    ],
)
def test_the_visible_text_is_read(html: str, text: str) -> None:
    assert html_to_text(html)[0] == text


def test_without_a_tree_the_text_is_nearly_the_same() -> None:
    html = "<head><title>no</title></head><script>no</script><p>one &amp; two<br>three</p><td>a</td><td>b</td>"
    assert html_to_text(html, tags=1) == ("one & two\nthree\n\na b", True)


def test_a_tag_with_broken_attributes_loses_them() -> None:
    assert calm('<p a=\'">x<q b="c">y') == '<p>x<q b="c">y'


def test_a_tag_with_an_embedded_picture_keeps_its_place() -> None:
    assert calm(f'<img src="data:{"A" * 9_000}">x') == "<img>x"


@pytest.mark.parametrize(
    ("style", "text"),
    [
        (".m{display:none}", "seen"),
        ("p{color:red} span.m , .x { DISPLAY : none !important }", "seen"),
        ("@media (max-width:600px){.m{display:none}}", "twin\nseen"),
        (".m p{display:none}", "twin\nseen"),
        (".m{display:none", "twin\nseen"),
    ],
)
def test_a_class_that_the_style_sheet_hides_is_not_read(style: str, text: str) -> None:
    html = f"<head><style type='text/css'>{style}</style></head><div class='a m'>twin</div><div>seen</div>"
    assert html_to_text(html)[0] == text


def test_a_text_that_is_hidden_as_a_whole_is_read_all_the_same() -> None:
    assert html_to_text("<style>.m{display:none}</style><div class=m>only</div>")[0] == "only"


@pytest.mark.parametrize("unit", ["<style>", "<style>{", "<style></style", "{", "}", ".a{display:none}", "<style>.a,"])
def test_hostile_style_sheets_cost_linear_time(unit: str) -> None:
    started = time.process_time()
    html_to_text(f"<style>{unit * (400_000 // len(unit))}</style>x")
    assert time.process_time() - started < 3.0


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<pre>one\n  two</pre>", "one\ntwo"),
        ("<div style='white-space: pre-wrap'>one\ntwo</div>", "one\ntwo"),
        ("<!--[if mso]><p>Outlook</p><![endif]--><div style='mso-hide:all'>all</div>", "all"),
        ("<!--[if mso]><p>Outlook alone</p><![endif]-->", "Outlook alone"),
        ("<div style='opacity:0'>hidden</div>seen", "seen"),
        ("<div style='opacity:0.5'>seen</div>", "seen"),
        ("Aperçu &zwnj;&nbsp;&zwnj;&nbsp;&zwnj;<p>Texte", "Aperçu\n\nTexte"),
        ("<a href='https://x.example/a'>x.example/a</a>", "x.example/a"),
        ("<a href='mailto:a@x.example'>write</a>", "write"),
        ("<p>new</p><blockquote>old<p>older</blockquote>", "new\n\n> old\n\n> older"),
        ("<blockquote style='border:none;padding:0'>indented</blockquote>", "indented"),
        ("<noscript>no script</noscript><button>send</button>", "no script\nsend"),
        ("a\x01b<p>&#1;c", "ab\n\nc"),
    ],
)
def test_what_a_mail_client_shows_is_read(html: str, text: str) -> None:
    assert html_to_text(html)[0] == text
