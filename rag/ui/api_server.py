"""The HTTP API in the page's process, which the command line also uses."""

from __future__ import annotations

import secrets
from functools import partial

from starlette.requests import HTTPConnection
from starlette.routing import Mount

from rag.interfaces.http.auth import shows
from rag.interfaces.http.routes import create
from rag.interfaces.service import Service
from rag.library.lock import Door, offer
from rag.settings import Settings
from rag.ui.access import may_use_api, own_origin
from rag.ui.jobs.ingest_job import take_in
from rag.ui.startup import open_library

API = "/api"
FROM_THE_COMMAND_LINE = "articles from the command line"


def api(settings: Settings, address: str) -> Mount:
    """The API on the page's own Assistant, to be mounted on the page's server, which this machine reaches at `address`.

    From now on the command line finds this process by its library folder.
    """
    token = secrets.token_urlsafe(32)
    offer(Door(address + API, token))

    def allowed(connection: HTTPConnection) -> bool:
        # The command line may use an address that others reach too, so it sends the token that only it can read.
        return may_use_api(connection, settings) or (own_origin(connection, settings) and shows(connection, token))

    return Mount(API, create(partial(_reach, settings), token, allowed))


def _reach(settings: Settings) -> Service:
    return Service(open_library(settings), partial(take_in, FROM_THE_COMMAND_LINE))
