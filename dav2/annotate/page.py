"""The same desk without a notebook: one page, served to this machine only."""

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import Lock
from typing import Any

from dav2.annotate.desk import act, picture, view
from dav2.annotate.session import Session

HERE = Path(__file__).parent
FILES = {"": "page.html", "widget.js": "widget.js", "widget.css": "widget.css"}
MOST_BYTES = 100_000  # of a wish, which has a few hundred
PATIENCE_S = 10  # until a request has arrived
TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css"}


class _Refused(Exception):
    """A request that is not answered; with the status and the words that say why."""

    def __init__(self, status: HTTPStatus, why: str):
        super().__init__(why)
        self.status = status


def _policy() -> str:
    """What the page may load: itself and nothing else. Its one inline script is known by its hash."""
    script = re.search(
        r"<script type=\"module\">(.*?)</script>", (HERE / FILES[""]).read_text(), re.S
    )
    assert script is not None, f"{FILES['']} lost its script"
    digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'self' 'sha256-{digest}'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )


def _wish(content: bytes) -> dict[str, Any]:
    try:
        wish = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _Refused(HTTPStatus.BAD_REQUEST, f"a wish must be JSON: {error}") from error
    if not isinstance(wish, dict):
        raise _Refused(HTTPStatus.BAD_REQUEST, "a wish must be a JSON object")
    return wish


@contextmanager
def redirect(address: str) -> Iterator[Path]:
    """A file that leads to the page, for this user alone: every user sees a browser's command line."""
    with NamedTemporaryFile("w", suffix=".html", encoding="utf-8") as file:
        file.write(f'<!doctype html><meta http-equiv="refresh" content="0; url={address}">')
        file.flush()
        yield Path(file.name)


def serve(session: Session, port: int = 0) -> tuple[ThreadingHTTPServer, str]:
    """A server of the session's page, which answers after `serve_forever`, and its address.

    The address holds a secret, so that no other user and no other page can answer in one's place.

    Args:
        port: 0 takes a free one.

    Raises:
        OSError: the port is taken.
    """
    prefix = f"/{secrets.token_urlsafe(16)}/"
    lock, policy = Lock(), _policy()

    class Handler(BaseHTTPRequestHandler):
        timeout = PATIENCE_S

        def _send(self, content: bytes, kind: str, status: int = HTTPStatus.OK) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("X-Content-Type-Options", "nosniff")
            self.send_header("Content-Security-Policy", policy)
            self.send_header("Referrer-Policy", "no-referrer")
            self.end_headers()
            self.wfile.write(content)

        def _send_json(self, value: Any) -> None:
            self._send(json.dumps(value).encode(), "application/json")

        def _content(self) -> bytes:
            length = self.headers.get("Content-Length", "")
            if not length.isdecimal():
                raise _Refused(HTTPStatus.LENGTH_REQUIRED, "a wish needs its length")
            if int(length) > MOST_BYTES:
                raise _Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "no wish is so long")
            return self.rfile.read(int(length))

        def _answer(self) -> None:
            try:
                # Another name for this machine would let a page of the internet speak here.
                host = self.headers.get("Host", "")
                if host not in (f"127.0.0.1:{here}", f"localhost:{here}"):
                    raise _Refused(HTTPStatus.FORBIDDEN, "this is not the host that was asked for")
                self._respond()
            except _Refused as refused:
                self.close_connection = True
                self._send(str(refused).encode(), "text/plain", refused.status)

        def _respond(self) -> None:
            name = self.path.removeprefix(prefix) if self.path.startswith(prefix) else None
            if self.command == "POST" and name == "act":
                wish = _wish(self._content())  # it may arrive slowly, and nobody waits for it
                with lock:
                    self._send_json(act(session, wish))
            elif self.command == "GET" and name == "view":
                with lock:
                    self._send_json(view(session))
            elif self.command == "GET" and name == "picture":
                with lock:
                    self._send(picture(session), "image/jpeg")
            elif self.command == "GET" and name in FILES:
                file = HERE / FILES[name]
                self._send(file.read_bytes(), TYPES[file.suffix])
            else:
                self._send(b"not here", "text/plain", HTTPStatus.NOT_FOUND)

        do_GET = do_POST = _answer

        def log_message(self, *_: Any) -> None:
            """Quiet: the terminal shows progress, not requests."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    here = server.server_port
    return server, f"http://127.0.0.1:{here}{prefix}"
