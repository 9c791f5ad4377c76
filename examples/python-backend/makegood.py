"""The part of Makegood's HTTP API that a backend needs, with nothing but the standard library.

Every call is safe to repeat: a start by its id, a retry by the refund that it follows. So what fails on the way is
sent again, and a customer is charged once.
"""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator

# Makegood answers 503 while Temporal or Postgres is away, and says after how many seconds to ask again.
TRIES = 5
# Longer than the longest wait that the API takes.
TIMEOUT_SECONDS = 75
WAIT_SECONDS = 60


class Problem(Exception):
    """What Makegood answers instead (RFC 9457). Branch on `code`; the other members are in `body`."""

    def __init__(self, body: dict):
        super().__init__(f"{body['code']}: {body['detail']} (request {body['requestId']})")
        self.code: str = body["code"]
        self.body = body


class Makegood:
    def __init__(self, url: str, key: str):
        self._url = url.rstrip("/")
        self._key = key

    def start(self, account: str, id: str, kind: str, input: dict) -> dict:
        """Holds the credits and starts the work; answers at once. Asked again under the same id, it is not made twice."""
        return self._call("POST", "/v1/generations", body={"account": account, "id": id, "kind": kind, "input": input})

    def wait(self, generation: dict) -> dict:
        """The generation once it has ended. What it takes is held meanwhile: this may be stopped and called again."""
        account, id = generation["account"], generation["id"]
        while generation["status"] in ("held", "pending"):
            time.sleep(0.5)
            generation = self._call("GET", f"/v1/generations/{_quoted(id)}", {"account": account})
        return generation

    def retry(self, generation: dict) -> dict:
        """Tries a refunded generation again, which charges again: once for the refund that is its newest now."""
        account, id = generation["account"], generation["id"]
        after = generation["reservations"][-1]["ordinal"]
        path = f"/v1/generations/{_quoted(id)}/retry"
        return self._call("POST", path, {"account": account, "wait": WAIT_SECONDS}, {"after": after})

    def balance(self, account: str) -> int:
        return self._call("GET", f"/v1/accounts/{_quoted(account)}")["balance"]

    def usage(self, account: str) -> Iterator[dict]:
        """Every movement of the account's credits, newest first, page by page."""
        cursor = None
        while True:
            query = {} if cursor is None else {"cursor": cursor}
            page = self._call("GET", f"/v1/accounts/{_quoted(account)}/usage", query)
            yield from page["entries"]
            cursor = page["next"]
            if cursor is None:
                return

    def _call(self, method: str, path: str, query: dict | None = None, body: dict | None = None) -> dict:
        url = f"{self._url}{path}?{urllib.parse.urlencode(query or {})}"
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        for left in reversed(range(TRIES)):
            request = urllib.request.Request(url, data, headers, method=method)
            try:
                with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as answer:
                if answer.code != 503 or left == 0:
                    raise Problem(json.load(answer)) from None
                time.sleep(float(answer.headers.get("Retry-After", 1)))
            except (urllib.error.URLError, TimeoutError):
                if left == 0:
                    raise
                time.sleep(1)
        raise AssertionError("unreachable")


def _quoted(id: str) -> str:
    return urllib.parse.quote(id, safe="")
