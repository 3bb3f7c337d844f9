"""HTML to what a reader sees."""

from __future__ import annotations

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
