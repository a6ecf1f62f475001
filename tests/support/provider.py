"""An OpenID Connect provider on this machine: discovery, authorize, token with a signed id_token, keys, log-out.

It asks nobody for a password: its page offers the people that it was made with.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import secrets
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "second-source", "the client's secret"


class Provider:
    """Serves until it is closed. `people` are the claims that may be logged in with, by e-mail address."""

    def __init__(self, *people: Mapping[str, object]) -> None:
        self.people = {str(each["email"]): dict(each) for each in people}
        self.codes: dict[str, dict[str, str]] = {}
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
        self.refused: list[str] = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider._get(self)

            def do_POST(self) -> None:
                provider._token(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def secrets_file(self, folder: Path, page: str, secret: str = secrets.token_hex(32)) -> Path:
        """Streamlit's secrets for the page at that address, in the home `folder`."""
        path = folder / ".streamlit" / "secrets.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            f'[auth]\nredirect_uri = "{page}/oauth2callback"\ncookie_secret = "{secret}"\nclient_id = "{CLIENT}"\n'
            f'client_secret = "{SECRET}"\nserver_metadata_url = "{self.address}/.well-known/openid-configuration"\n'
        )
        return path

    def _get(self, request: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(request.path)
        asked = dict(parse_qsl(parts.query))
        if parts.path == "/.well-known/openid-configuration":
            names = ("authorization", "token", "end_session")
            _json(
                request,
                {"issuer": self.address, "jwks_uri": f"{self.address}/keys"}
                | {f"{name}_endpoint": f"{self.address}/{name}" for name in names}
                | {"code_challenge_methods_supported": ["S256"], "id_token_signing_alg_values_supported": ["RS256"]},
            )
        elif parts.path == "/keys":
            _json(request, {"keys": [self.key.as_dict(private=False)]})
        elif parts.path == "/authorization" and "email" in asked:
            code = secrets.token_hex(8)
            self.codes[code] = asked
            _redirect(request, asked["redirect_uri"] + "?" + urlencode({"code": code, "state": asked["state"]}))
        elif parts.path == "/authorization":
            links = (
                f'<p><a href="?{html.escape(parts.query)}&amp;{urlencode({"email": email})}">{html.escape(email)}</a>'
                for email in self.people
            )
            _answer(request, "text/html", f"<title>Who are you?</title>{''.join(links)}".encode())
        elif parts.path == "/end_session":
            _redirect(request, asked["post_logout_redirect_uri"])
        else:
            _answer(request, "text/plain", b"", 404)

    def _token(self, request: BaseHTTPRequestHandler) -> None:
        sent = parse_qs(request.rfile.read(int(request.headers["Content-Length"])).decode())
        asked = self.codes.pop(sent["code"][0], None)
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(sent["code_verifier"][0].encode()).digest())
        if (
            asked is None
            or request.headers.get("Authorization") != f"Basic {basic}"
            or challenge.decode().rstrip("=") != asked["code_challenge"]
            or sent["redirect_uri"] != [asked["redirect_uri"]]
        ):
            self.refused.append(sent["code"][0])
            _json(request, {"error": "invalid_grant"}, 400)
            return
        now = int(time.time())
        claims = {"iss": self.address, "aud": CLIENT, "iat": now, "exp": now + 600, "nonce": asked["nonce"]}
        claims |= {"sub": asked["email"], **self.people[asked["email"]]}
        id_token = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)
        _json(request, {"id_token": id_token, "access_token": "none", "token_type": "Bearer", "expires_in": 600})


def _json(request: BaseHTTPRequestHandler, told: object, status: int = 200) -> None:
    _answer(request, "application/json", json.dumps(told).encode(), status)


def _answer(request: BaseHTTPRequestHandler, kind: str, content: bytes, status: int = 200) -> None:
    request.send_response(status)
    request.send_header("Content-Type", kind)
    request.send_header("Content-Length", str(len(content)))
    request.end_headers()
    request.wfile.write(content)


def _redirect(request: BaseHTTPRequestHandler, to: str) -> None:
    request.send_response(302)
    request.send_header("Location", to)
    request.send_header("Content-Length", "0")
    request.end_headers()
