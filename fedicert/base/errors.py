"""Every error the program raises on purpose.

    FedicertError
    ├── Problem                 what a caller did, or must be told; `status` is its HTTP status
    │   ├── GoElsewhere 303     a page has to come first: `location`
    │   ├── BadRequest 400 · Unauthorized 401 · Forbidden 403 · NotFound 404 · NotAcceptable 406
    │   ├── Conflict 409 · Gone 410 · TooLarge 413 · UnsupportedMediaType 415
    │   ├── Unprocessable 422 (with `details` per field)
    │   │   └── LimitReached    a limit of the tier: which, how much is used, when it frees
    │   ├── OAuthRefused        a refusal with its OAuth code (RFC 6749 §5.2) and its own status
    │   └── TooManyRequests 429 (`retry_after` seconds) · Unavailable 503 (`retry_after` seconds)
    ├── RemoteError             another server did not give what was asked
    │   ├── RemoteUnreachable   network, time, 5xx, 429: may be tried again
    │   ├── RemoteRefused       a final answer (4xx), with its status
    │   │   └── RemoteGone      410, or a tombstone
    │   ├── RemoteInvalid       answered, but with something that can't be accepted
    │   └── AddressForbidden    the guard refused the address, name, port or scheme
    ├── CourierLost             the delivering process ended before it answered
    ├── ChildFailed             a limited child (`base/limited.py`) refused a request, or died of it
    │   └── ChildTimeout        … or didn't answer in time
    ├── ConfigError             the configuration: key, reason, suggestion
    └── StoreError
        ├── CapExceeded         the database itself refused an admission (law 1)
        ├── Duplicate           a unique constraint
        ├── LeaseLost           a job was taken over by another worker: the late one changes nothing
        ├── SchemaTooNew        an older program met a newer schema
        └── StoreUnavailable    no database, or no room on the disk

Anything else is a bug: answered with 500, logged once, nothing leaked.
"""


class FedicertError(Exception):
    """The root of the tree. `str(error)` is a sentence that names what was wrong and what to do."""


class Problem(FedicertError):
    """Something to tell the caller."""

    status = 400


class GoElsewhere(Problem):
    """Another page comes first, as the one where one logs in; `location` is where."""

    status = 303

    def __init__(self, location: str) -> None:
        super().__init__("Another page comes first")
        self.location = location


class BadRequest(Problem):
    """The request can't be read."""

    status = 400


class Unauthorized(Problem):
    """Nobody known is asking: token, session or signature missing or wrong."""

    status = 401


class Forbidden(Problem):
    """The asker is known and may not."""

    status = 403


class NotFound(Problem):
    """There is no such thing, or none that the asker may see; the two look alike."""

    status = 404

    def __init__(self, message: str = "Record not found") -> None:
        super().__init__(message)


class NotAcceptable(Problem):
    """None of the forms asked for is served here."""

    status = 406


class Conflict(Problem):
    """Somebody else changed it first."""

    status = 409


class Gone(Problem):
    """It was here and won't come back."""

    status = 410


class TooLarge(Problem):
    """More bytes, nodes or depth than are taken."""

    status = 413


class UnsupportedMediaType(Problem):
    """A content type that isn't read here."""

    status = 415


class Unprocessable(Problem):
    """Readable, but not valid. `details`: field → list of (code, sentence)."""

    status = 422

    def __init__(self, message: str, details: dict[str, list[tuple[str, str]]] | None = None) -> None:
        super().__init__(message)
        self.details = details or {}


class LimitReached(Unprocessable):
    """A limit of the person's tier (law 2): the sentence says which, how much is used and when it frees."""


class OAuthRefused(Problem):
    """What an OAuth client is told: `code` is one of RFC 6749 §4.1.2.1 or §5.2, the message is for its developer."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class TooManyRequests(Problem):
    """Asked too often; `retry_after` in seconds."""

    status = 429

    def __init__(self, message: str = "Too many requests", retry_after: int = 60) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(Problem):
    """Not now; `retry_after` in seconds."""

    status = 503

    def __init__(self, message: str = "The server is busy, try again shortly", retry_after: int = 5) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RemoteError(FedicertError):
    """Another server did not give what was asked."""


class RemoteUnreachable(RemoteError):
    """Network, time or a passing fault; may be tried again, after `retry_after` seconds where it said so."""

    def __init__(self, message: str, retry_after: int | None = None, status: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.status = status


class RemoteRefused(RemoteError):
    """A final refusal with its HTTP status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class RemoteGone(RemoteRefused):
    """410, or a tombstone where the thing was."""

    def __init__(self, message: str) -> None:
        super().__init__(message, 410)


class RemoteInvalid(RemoteError):
    """An answer that can't be accepted: type, id, size, form."""


class AddressForbidden(RemoteError):
    """The guard refused the address, name, port or scheme."""


class CourierLost(FedicertError):
    """The delivering process ended before it answered; whether anything was sent is unknown. Leases run out."""


class ChildFailed(FedicertError):
    """A limited child refused a request, died of it, or can't be started; the sentence says which."""


class ChildTimeout(ChildFailed):
    """A limited child didn't answer within its deadline, and was ended."""


class ConfigError(FedicertError):
    """A configuration that can't be used: names the key, the reason and what to write instead."""

    def __init__(self, message: str, key: str = "") -> None:
        super().__init__(message)
        self.key = key


class StoreError(FedicertError):
    """The database refused."""


class CapExceeded(StoreError):
    """The database itself refused an admission while count ≥ cap (law 1)."""


class Duplicate(StoreError):
    """A row with this key is there already; `constraint` names it as far as the engine tells."""

    def __init__(self, message: str, constraint: str = "") -> None:
        super().__init__(message)
        self.constraint = constraint


class LeaseLost(StoreError):
    """The lease on a job ran out and another worker has it: whatever the late one did is undone."""


class SchemaTooNew(StoreError):
    """The database was written by a newer program."""


class StoreUnavailable(StoreError):
    """No database, or no room on the disk."""
