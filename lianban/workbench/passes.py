"""Who may see the page: a token in the address opens it once, a cookie from then on.

A token is good once: addresses end up in histories and in lists of running programs.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie

AGE = 12 * 3600
"""Seconds for which a browser keeps the cookie."""


class Passes:
    """The token of a server, and the session that is opened with it.

    Parameters
    ----------
    port : int
        Cookies do not know ports, so the port is part of the cookie's name.
    announce : callable
        Is told the next token when one has been used, for another browser.
    """

    def __init__(self, port: int, announce: Callable[[str], None] = lambda token: None) -> None:
        self.announce = announce
        self.cookie = f"lianban-{port}"
        self._token = secrets.token_urlsafe(32)
        self._session = secrets.token_urlsafe(32)

    @property
    def token(self) -> str:
        """The token that opens the session next."""
        return self._token

    def open(self, token: str) -> str:
        """Return the cookie's text for a token, or nothing; a token is good once."""
        if not hmac.compare_digest(token.encode(), self._token.encode()):
            return ""
        self._token = secrets.token_urlsafe(32)
        self.announce(self._token)
        return f"{self.cookie}={self._session}; Path=/; Max-Age={AGE}; HttpOnly; SameSite=Strict"

    def admits(self, header: str) -> bool:
        """Whether a cookie header shows a session of this server."""
        # a browser that has no other cookie sends ours alone, with every request
        alone = f"{self.cookie}={self._session}"
        if hmac.compare_digest(header.encode("latin-1", "replace"), alone.encode()):
            return True
        try:
            shown = SimpleCookie(header).get(self.cookie)
        except CookieError:
            return False
        return shown is not None and hmac.compare_digest(
            shown.value.encode(), self._session.encode()
        )
