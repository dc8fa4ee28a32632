"""The page on a port of its own, with an API that answers what a test says."""

import json
import threading
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from settings.loading import PROJECT_ROOT
from stacks.constructs.content_security_policy import CONTENT_SECURITY_POLICY

WEBSITE = PROJECT_ROOT / "website"
CATALOGUE = json.loads(
    (PROJECT_ROOT / "training_scripts" / "mysfit_recommender" / "catalogue.json").read_text(encoding="utf-8")
)
IDS = {entry["name"]: entry["mysfitId"] for entry in CATALOGUE}


def recommendation(*votes: str) -> dict[str, Any]:
    """The API's answer where the nearest neighbours have these mysfits; the most frequent wins."""
    ranked = sorted(dict.fromkeys(votes), key=lambda name: -votes.count(name))
    return {
        "recommendedMysfit": IDS[ranked[0]],
        "details": {
            "neighbours": [
                {"mysfit": IDS[name], "distance": place * 0.75} for place, name in enumerate(votes)
            ],
            "ranking": [{"mysfit": IDS[name], "share": votes.count(name) / len(votes)} for name in ranked],
        },
    }


CLEAR = recommendation(
    "CoCo", "CoCo", "Rujin", "CoCo", "CoCo", "Gary", "CoCo", "Twilight Glitter", "CoCo", "CoCo"
)


@dataclass
class Answer:
    """What the API says; nothing before `release` is set."""

    status: int = 200
    body: Any = field(default_factory=lambda: CLEAR)
    headers: dict[str, str] = field(default_factory=dict)
    release: threading.Event | None = None


class Site:
    """Serves `website/` under the site's content security policy. `entries`: what the API was sent."""

    def __init__(self) -> None:
        self.answer = Answer()
        self.entries: list[list[int]] = []
        handler = partial(_Handler, site=self, directory=str(WEBSITE))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"

    def reset(self) -> None:
        """Answer well again, and forget what was asked."""
        self.answer = Answer()
        self.entries.clear()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, *arguments: Any, site: Site, **more: Any) -> None:
        self._site = site
        super().__init__(*arguments, **more)

    def do_POST(self) -> None:
        document = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.path == "/api/recommendations?details=true"
        self._site.entries.append(document["entry"])
        answer = self._site.answer
        if answer.release is not None:
            answer.release.wait(30)
        body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Keep the tests' output free of the server's log."""
