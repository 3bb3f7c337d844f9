"""How much of a mail is read: every limit of the parser, in one place.

A mail over a limit is cut and gets a defect, it is never refused: the sealed original stays whole.
"""

MAX_INPUT_BYTES = 40 * 1024 * 1024
"""The largest mail that an endpoint takes (an upload); more is cut (`truncated_input`)."""

MAX_LINES = 1_000_000
"""40 MiB of base64 are 650,000 lines of 64 characters; only a flood of short lines has more (`truncated_input`)."""

MAX_PARTS = 1_000
MAX_DEPTH = 20
"""Nested multiparts; what lies deeper is read as one part (`too_deep`). Each level costs a test per line."""

MAX_HEADERS = 500
"""Header fields per part; after that only the ones the parser needs (`truncated_headers`)."""

MAX_HEADER_CHARS = 128 * 1024
"""One header's value: a To line with 2,000 recipients fits."""

MAX_ALL_HEADER_CHARS = 1024 * 1024
MAX_PARAMETER_CHARS = 4_000
MAX_ADDRESSES = 1_000
MAX_ADDRESS_CHARS = 320
"""RFC 3696 erratum 1690 says 254; longer ones exist in VERP senders."""

MAX_NAME_CHARS = 500
MAX_SUBJECT_CHARS = 2_000
MAX_ID_CHARS = 998
"""RFC 5322 section 2.1.1: a line."""

MAX_REFERENCES = 200
MAX_FILENAME_CHARS = 255
MAX_ATTACHMENTS = 500
MAX_TEXT_CHARS = 200_000
MAX_HTML_CHARS = 1_000_000
MAX_HTML_TAGS = 20_000
"""Tree construction is quadratic in hostile nesting; above this a linear reader takes over (`html_simplified`)."""

MAX_ATTRIBUTE_CHARS = 8_000
"""The attributes of one tag; a longer one is read without them (inlined pictures, mostly)."""

MAX_CHARSET_SAMPLE = 4_096
MAX_CHARSET_GUESSES = 3
"""Guessing a charset costs milliseconds: at most so often in one mail."""
