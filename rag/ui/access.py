"""Access control: who can use the page, and who can change the library, when it is served to other people.

On this machine alone there is no login, and everybody can do everything. If Streamlit's secrets have a section
`[auth]`, people log in with OpenID Connect (`st.login`): readers ask, editors also change the library. Behind a proxy,
the proxy authenticates people. Streamlit's `server.trustedUserHeaders` can name the header that says who they are.
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
"""The settings that an OpenID Connect provider needs."""
SHORTEST_SECRET = 32
NOT_YOURS = "You are logged in as {}, but you have no access to this library. Ask its owner for access."
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address or name `host`."""
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def providers() -> list[str]:
    """The names of the login providers; one without a name is "default", an empty list means no login.

    Raises UsageError if the secrets cannot be read or are incomplete.
    """
    try:
        section: Any = st.secrets.get("auth") if st.secrets.load_if_toml_exists() else None
    except StreamlitSecretNotFoundError as error:
        raise UsageError(f"Streamlit's secrets cannot be read: {error}") from error
    if section is None:
        return []
    if not isinstance(section, Mapping):
        raise UsageError("In Streamlit's secrets auth must be a section: see “Serving to others” in the README.")
    named = {str(name): each for name, each in section.items() if isinstance(each, Mapping) and "client_id" in each}
    wrong = [name for name in ("redirect_uri", "cookie_secret") if not section.get(name)]
    for name, each in (named or {"": section}).items():
        wrong += [f"{name}.{key}".strip(".") for key in PROVIDER if not each.get(key)]
    if wrong:
        raise UsageError(
            f"The login is incomplete: [auth] in Streamlit's secrets lacks {', '.join(wrong)}. Add what is missing, or "
            "remove the section to serve on this machine only."
        )
    if len(str(section["cookie_secret"])) < SHORTEST_SECRET:
        raise UsageError(
            "The login's cookie_secret is too short, so it could be guessed. Make it at least "
            f"{SHORTEST_SECRET} characters long, as `python -c 'import secrets; print(secrets.token_hex(32))'` does."
        )
    return list(named) or ["default"]


def check(settings: Settings) -> None:
    """Raises UsageError if other machines could reach the page without a login."""
    if not providers() and not settings.behind_proxy and not is_loopback(settings.host):
        raise UsageError(
            f"The setting SECOND_SOURCE_HOST is {settings.host!r}, which other machines can reach without a "
            "login. Set up a login ([auth] in .streamlit/secrets.toml), or set SECOND_SOURCE_BEHIND_PROXY=true if a "
            "proxy authenticates people (see “Serving to others” in the README). To serve on this machine only, unset "
            "SECOND_SOURCE_HOST."
        )


def admit() -> None:
    """Return if this person can read. Otherwise the page stops, with a login button or the reason."""
    settings = read_settings()
    # `streamlit run --server.address …` skips the check at the start.
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
        st.html(f'<p class="notice" role="alert">{as_html(NOT_YOURS.format(who() or "an unknown user"))}</p>')
        log_out_button()
        st.stop()


def who() -> str | None:
    """The e-mail address of the person, from the login or the proxy; None if there is none or it is not verified."""
    address = st.user.get("email") if st.user.get("email_verified") is not False else None
    return str(address) if address else None


def log_out_button() -> None:
    """The logout button, if there is a login."""
    if providers():
        st.button("Log out", key="log-out", type="tertiary", help=as_label(who() or ""), on_click=st.logout)


def may_edit() -> bool:
    """Whether this person can change the library.

    With a login, those in the setting EDITORS can. Behind a proxy, everybody it lets through can, unless EDITORS is
    set. On this machine alone, everybody can.
    """
    settings = read_settings()
    if providers() or (settings.behind_proxy and settings.editors):
        return _is_among(settings.editors)
    return True


def editors_only(change: Callable[P, object]) -> Callable[P, None]:
    """`change`, which only runs if this person can change the library, whatever the page shows."""

    @wraps(change)
    def checked(*args: P.args, **kwargs: P.kwargs) -> None:
        if may_edit():
            change(*args, **kwargs)
        else:
            logger.warning("a reader tried to change the library: %s", getattr(change, "__qualname__", "a change"))

    return checked


def own_origin(connection: HTTPConnection, settings: Settings) -> bool:
    """Whether a connection comes from a page of this server, or from no page at all, and not from another site.

    Another site's host name that resolves to this machine counts as another site.
    """
    host, origin = connection.headers.get("host", ""), connection.headers.get("origin")
    if connection.headers.get("sec-fetch-site") in ("cross-site", "same-site"):  # another port is another site
        return False
    if is_loopback(settings.host) and not settings.behind_proxy and not providers() and not is_loopback(_name(host)):
        return False
    if origin is None or origin in st.get_option("server.corsAllowedOrigins"):
        return True
    with suppress(ValueError):
        return urlsplit(origin).netloc == host
    return False


def may_use_api(connection: HTTPConnection, settings: Settings) -> bool:
    """Whether a request can use the API and the metrics, which have no login.

    Programs on this machine can. Behind a proxy, everybody it lets through can, unless the page has a login: then the
    proxy does not authenticate them. A forwarded request does not count as from this machine.
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
