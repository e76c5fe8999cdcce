"""The same desk without a notebook: one page, served to this machine only."""

import json
import secrets
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from typing import Any

from dav2.annotate.desk import act, picture, view
from dav2.annotate.session import Session

HERE = Path(__file__).parent
FILES = {"": "page.html", "widget.js": "widget.js", "widget.css": "widget.css"}
TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css"}


def serve(session: Session, port: int = 0) -> tuple[ThreadingHTTPServer, str]:
    """A server of the session's page, which answers after `serve_forever`, and its address.

    The address holds a secret, so that no other user and no other page can answer in one's place.

    Args:
        port: 0 takes a free one.

    Raises:
        OSError: the port is taken.
    """
    prefix = f"/{secrets.token_urlsafe(16)}/"
    lock = Lock()

    class Handler(BaseHTTPRequestHandler):
        def _send(self, content: bytes, kind: str, status: int = HTTPStatus.OK) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(content)

        def _send_json(self, value: Any) -> None:
            self._send(json.dumps(value).encode(), "application/json")

        def _answer(self) -> None:
            name = self.path.removeprefix(prefix) if self.path.startswith(prefix) else None
            if self.command == "POST" and name == "act":
                length = int(self.headers.get("Content-Length", 0))
                with lock:
                    self._send_json(act(session, json.loads(self.rfile.read(length))))
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
    return server, f"http://127.0.0.1:{server.server_port}{prefix}"
