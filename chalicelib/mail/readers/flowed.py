"""Text/plain with format=flowed (RFC 3676) to paragraphs of one line each."""

from __future__ import annotations


def unflowed(text: str, delete_space: bool) -> str:
    """Lines joined where they were wrapped, stuffed blanks removed; `delete_space` is the parameter DelSp=yes.

    A paragraph of one depth of quotation never joins another; a signature's mark stays a line.
    """
    out: list[list[str]] = []
    depth = -1
    for line in text.replace("\r\n", "\n").split("\n"):
        content = line.lstrip(">")
        marks = len(line) - len(content)
        content = content.removeprefix(" ")
        soft = content.endswith(" ") and content != "-- "
        shown = content[:-1] if soft and delete_space else content
        if marks == depth and content != "-- ":
            out[-1].append(shown)
        else:
            out.append([">" * marks + " " if marks else "", shown])
        depth = marks if soft else -1
    return "\n".join("".join(pieces) for pieces in out)
