"""The doors beside the page, in its process: the API, and through it the command line."""

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
FROM_THE_COMMAND_LINE = "what the command line adds"


def api(settings: Settings, address: str) -> Mount:
    """The API over the page's own Assistant, to be mounted where the page is served, at `address` for this machine.

    From now on the command line finds this process by the folder that it owns.
    """
    token = secrets.token_urlsafe(32)
    offer(Door(address + API, token))

    def allowed(connection: HTTPConnection) -> bool:
        # The command line may come by an address that others reach too: it shows what only this machine can read.
        return may_use_api(connection, settings) or (own_origin(connection, settings) and shows(connection, token))

    return Mount(API, create(partial(_reach, settings), token, allowed))


def _reach(settings: Settings) -> Service:
    return Service(open_library(settings), partial(take_in, FROM_THE_COMMAND_LINE))
