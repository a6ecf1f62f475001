"""The doors beside the page, in its process: the API, and through it the command line."""

from __future__ import annotations

import secrets
from functools import partial

from starlette.routing import Mount

from rag.api.app import create
from rag.library.owner import Door, offer
from rag.service import Service
from rag.settings import read_settings
from rag.ui.adding import take_in
from rag.ui.opening import opened

API = "/api"
FROM_THE_COMMAND_LINE = "what the command line adds"


def api(address: str, *hosts: str) -> Mount:
    """The API over the page's own Assistant, to be mounted where the page is served.

    `address` is the page's on this machine, `hosts` the names under which it may be asked. From now on the command line
    finds this process by the folder that it owns.
    """
    token = secrets.token_urlsafe(32)
    offer(Door(address + API, token))
    return Mount(API, create(_reach, token, hosts))


def _reach() -> Service:
    return Service(opened(read_settings()), partial(take_in, FROM_THE_COMMAND_LINE))
