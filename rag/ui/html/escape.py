"""Escaping of hostile text: from articles, models, file names and addresses.

Such text reaches the page in one of four ways: as HTML that `st.html` shows (`as_html`), as the label of a
Streamlit widget, which is always read as Markdown (`as_label`), in what shows text as it is (`as_text`), or as JSON for
the reader, which only ever sets `textContent`. It never goes through `st.markdown`: escaping there cannot be
complete, because Streamlit looks for addresses, emoji names and icons again after the Markdown has been parsed.
"""

from __future__ import annotations

import html
import re
import unicodedata
from urllib.parse import urlsplit

# Characters that reorder the text after them, beyond the end of a label.
_REORDERING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")
# What Streamlit looks for once more in the parsed text: web and mail addresses, :emoji:, :material/icon:, arrows.
_READ_AGAIN = frozenset(":@.-<>=~")
_WORD_JOINER = "\u2060"


def as_html(text: str) -> str:
    """`text` as HTML that shows exactly these characters, in an element or in a quoted attribute."""
    return html.escape(_sendable(text), quote=True)


def as_label(text: str) -> str:
    """`text` on one line, as Markdown that shows these characters and means nothing.

    A backslash disarms Markdown itself; an invisible word joiner disarms what is looked for afterwards.
    """
    words = _sendable(text).split()
    plain = ("".join(char for char in word if not _is_control(char)) for word in words)
    return _PUNCTUATION.sub(_disarm, " ".join(word for word in plain if word))


def as_text(text: str) -> str:
    """`text` on one line for what shows text as it is: a table's cell, a field, a choice."""
    return " ".join(_sendable(text).replace("\0", " ").split())


def web_address(url: str | None) -> str | None:
    """`url` if it is a plain http or https address, fit to be linked; otherwise None."""
    if not url or any(char.isspace() or unicodedata.category(char) in ("Cc", "Cf", "Cs") for char in url):
        return None
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port  # both may turn out to be nonsense only when they are read
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc or "\\" in url:
        return None
    return url


def _is_control(char: str) -> bool:
    return char in _REORDERING or unicodedata.category(char) == "Cc"


def _disarm(found: re.Match[str]) -> str:
    return (_WORD_JOINER if found[0] in _READ_AGAIN else "") + "\\" + found[0]


def _sendable(text: str) -> str:
    """`text` without lone surrogates, which no message to the browser can carry."""
    return text.encode("utf-8", "replace").decode("utf-8")
