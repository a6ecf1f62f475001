"""Who may come in, and who may change the library, where the page is served to others than the one at the keyboard.

On this machine alone nobody is asked, and everybody may do everything. Where `[auth]` stands in Streamlit's secrets,
people log in with OpenID Connect (`st.login`): readers ask, editors also change the library. Behind a proxy it is the
proxy that asks; the header that tells whom it let in can be named in Streamlit's `server.trustedUserHeaders`.
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial, wraps
from typing import Any, ParamSpec
from urllib.parse import urlsplit

import streamlit as st
from starlette.requests import HTTPConnection
from streamlit.errors import StreamlitSecretNotFoundError

from rag.errors import UsageError
from rag.settings import Settings, read_settings
from rag.ui.html.escape import as_html, as_label

P = ParamSpec("P")
logger = logging.getLogger(__name__)
PROVIDER = ("client_id", "client_secret", "server_metadata_url")
"""What has to be known of an OpenID Connect provider."""
SHORTEST_SECRET = 32
NOT_YOURS = "You are logged in as {}, but this library is not open to you: ask whoever keeps it."
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address or name `host`."""
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def providers() -> list[str]:
    """The names of the log-in's providers; one without a name is "default", none at all is no log-in.

    Raises UsageError for secrets that cannot be read, or that no log-in can be made of.
    """
    try:
        section: Any = st.secrets.get("auth") if st.secrets.load_if_toml_exists() else None
    except StreamlitSecretNotFoundError as error:
        raise UsageError(f"Streamlit's secrets cannot be read: {error}") from error
    if section is None:
        return []
    if not isinstance(section, Mapping):
        raise UsageError("In Streamlit's secrets auth has to be a section, [auth]: see the README, Serving to others.")
    named = {str(name): each for name, each in section.items() if isinstance(each, Mapping) and "client_id" in each}
    wrong = [name for name in ("redirect_uri", "cookie_secret") if not section.get(name)]
    for name, each in (named or {"": section}).items():
        wrong += [f"{name}.{key}".strip(".") for key in PROVIDER if not each.get(key)]
    if wrong:
        raise UsageError(
            f"The log-in is not whole: [auth] in Streamlit's secrets lacks {', '.join(wrong)}. Add what is missing, or "
            "take the section out to serve on this machine alone."
        )
    if len(str(section["cookie_secret"])) < SHORTEST_SECRET:
        raise UsageError(
            "Whoever guesses the log-in's cookie_secret can be anybody: make it at least "
            f"{SHORTEST_SECRET} characters long, as `python -c 'import secrets; print(secrets.token_hex(32))'` does."
        )
    return list(named) or ["default"]


def check(settings: Settings) -> None:
    """Raises UsageError where others could reach the page and nobody asks them who they are."""
    if not providers() and not settings.behind_proxy and not is_loopback(settings.host):
        raise UsageError(
            f"The setting SECOND_SOURCE_HOST is {settings.host!r}, which others can reach, and nobody would ask them "
            "who they are. Set up a log-in ([auth] in .streamlit/secrets.toml), or say SECOND_SOURCE_BEHIND_PROXY=true "
            "where a proxy in front asks them (the README, Serving to others, says how); or leave SECOND_SOURCE_HOST "
            "out, to serve on this machine alone."
        )


def admit() -> None:
    """Go on where this person may read. Else the page ends: with the way to log in, or with why it is not open."""
    settings = read_settings()
    # `streamlit run --server.address …` passes the check at the start by.
    check(settings.model_copy(update={"host": st.get_option("server.address") or settings.host}))
    if not (names := providers()):
        return
    if not st.user.is_logged_in:
        st.html('<div class="lead"><h1 class="name">Second Source</h1><p>Log in to ask this news library.</p></div>')
        for name in names:
            label = "Log in" if name == "default" else f"Log in with {as_label(name)}"
            st.button(label, key=f"log-in-{name}", type="primary", on_click=partial(st.login, name))
        st.stop()
    if settings.readers and not (_is_among(settings.readers) or _is_among(settings.editors)):
        st.html(f'<p class="notice" role="alert">{as_html(NOT_YOURS.format(who() or "nobody known"))}</p>')
        log_out_button()
        st.stop()


def who() -> str | None:
    """The e-mail address of who is logged in, or whom the proxy named; one that the provider did not verify is none."""
    address = st.user.get("email") if st.user.get("email_verified") is not False else None
    return str(address) if address else None


def log_out_button() -> None:
    """The way out, where people log in."""
    if providers():
        st.button("Log out", key="log-out", type="tertiary", help=as_label(who() or ""), on_click=st.logout)


def may_edit() -> bool:
    """Whether this person may change the library.

    Where people log in, those of the setting EDITORS may. Behind a proxy everybody whom it lets through may, unless
    that setting names some; on this machine alone everybody may.
    """
    settings = read_settings()
    if providers() or (settings.behind_proxy and settings.editors):
        return _is_among(settings.editors)
    return True


def editors_only(change: Callable[P, object]) -> Callable[P, None]:
    """`change`, done only where this person may change the library, whatever was drawn for them."""

    @wraps(change)
    def checked(*args: P.args, **kwargs: P.kwargs) -> None:
        if may_edit():
            change(*args, **kwargs)
        else:
            logger.warning("a reader tried to change the library: %s", getattr(change, "__qualname__", "a change"))

    return checked


def own_origin(connection: HTTPConnection, settings: Settings) -> bool:
    """Whether a connection was made by a page of this server, or by no page at all; not by another site's.

    A name of another site that leads to this machine is another site's too.
    """
    host, origin = connection.headers.get("host", ""), connection.headers.get("origin")
    if connection.headers.get("sec-fetch-site") in ("cross-site", "same-site"):  # another port is another's page
        return False
    if is_loopback(settings.host) and not settings.behind_proxy and not providers() and not is_loopback(_name(host)):
        return False
    if origin is None or origin in st.get_option("server.corsAllowedOrigins"):
        return True
    with suppress(ValueError):
        return urlsplit(origin).netloc == host
    return False


def may_use_api(connection: HTTPConnection, settings: Settings) -> bool:
    """Whether a request may use what asks nobody to log in: the API and the metrics.

    Programs on this machine may. Behind a proxy all may whom it lets through, unless people log in on the page: then
    the proxy does not ask them. A request that was passed on is not from this machine, wherever the proxy stands.
    """
    if not own_origin(connection, settings):
        return False
    if settings.behind_proxy and not providers():
        return True
    here = connection.client is not None and is_loopback(connection.client.host)
    return (
        here
        and is_loopback(_name(connection.headers.get("host", "")))
        and not any(name in connection.headers for name in _FORWARDED)
    )


def _name(host: str) -> str:
    """The host of a Host header, without its port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_among(listed: str) -> bool:
    address = (who() or "").casefold()
    names = [name.strip().casefold() for name in listed.split(",") if name.strip()]
    return bool(address) and any(address.endswith(name) if name.startswith("@") else address == name for name in names)
