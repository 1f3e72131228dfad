"""The configuration: `config.toml` and `FEDICERT_…` in the environment become one frozen Config.

An unknown key or a bad value stops the start with a ConfigError that names the key, the reason and what to write
instead. A secret may stand in a file of its own (`KEY_file`). Without any file there is a whole configuration for
http://localhost:8000. Read once, at start: nothing reads it at import, and nothing here touches the database.
"""

import difflib
import ipaddress
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from fedicert.base.errors import ConfigError
from fedicert.model import config_values
from fedicert.model.attestations import TrustEntry
from fedicert.model.tiers import DEFAULT_LADDER, Tier, TierFault, check_ladder, read_tier
from fedicert.model.trust_list import TrustFault, read_entry

Signups = Literal["approval", "open", "closed"]
LogLevel = Literal["debug", "info", "warning", "error"]

SIGNUPS: tuple[Signups, ...] = ("approval", "open", "closed")
LOG_LEVELS: tuple[LogLevel, ...] = ("debug", "info", "warning", "error")
PREFIX = "FEDICERT_"
DEFAULT_FILE = "config.toml"
LOCAL_NAMES = "localhost, names ending in .localhost or .test, 127.x.x.x and [::1]"


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """How hard deliveries to other servers are tried."""

    tries: int = 14
    days: int = 7
    per_host: int = 2
    in_flight: int = 256
    connect_seconds: int = 5
    total_seconds: int = 15


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is set before the start. Paths are absolute; `domain` and `web_domain` may carry a port."""

    domain: str
    web_domain: str
    media_url: str
    media_cache_megabytes: int
    bind: str
    port: int
    database: str
    data_dir: Path
    master_key_file: Path
    name: str
    description: str
    contact: str
    languages: tuple[str, ...]
    allow_loopback_and_http: bool
    trusted_proxies: tuple[str, ...]
    rate_limits: bool
    password_rules: bool
    password_grant: bool
    signups: Signups
    confirmation: Literal["auto"]
    workers: bool
    courier: bool
    log_level: LogLevel
    owner: str
    owner_email: str
    owner_password: str
    licence_check_minutes: float
    delivery: Delivery
    tiers: tuple[Tier, ...]
    tiers_given: bool
    """Whether the file has a ladder, or `tiers` are the defaults."""
    trust: tuple[TrustEntry, ...] = ()
    """Whose licences count here."""

    def __repr__(self) -> str:
        """The address alone: passwords may stand among the values."""
        return f"Config({self.base})"

    @property
    def base(self) -> str:
        """Scheme and authority of our ids, without a slash at the end."""
        return f"{'http' if self.allow_loopback_and_http else 'https'}://{self.web_domain}"

    @property
    def on_sqlite(self) -> bool:
        """Is the database a file of this machine?"""
        return not self.database.startswith(("postgres://", "postgresql://"))


def find(explicit: str | None, environ: Mapping[str, str], folder: Path) -> Path | None:
    """The file to read: the one named, else FEDICERT_CONFIG, else `config.toml` in this folder, else none."""
    named = explicit or environ.get(f"{PREFIX}CONFIG")
    if named:
        return Path(named)
    default = folder / DEFAULT_FILE
    return default if default.exists() else None


def load(path: Path | str | None, environ: Mapping[str, str]) -> Config:
    """Read the file (None: there is none) and the environment, which wins. Raises ConfigError.

    Relative paths in the file are seen from the file's folder; without a file, and in the environment, from the
    current one.
    """
    file = Path(path) if path is not None else None
    here = Path.cwd()
    values: dict[str, Any] = {}
    folders: dict[str, Path] = {}
    key: str | None
    if file is not None:
        for key, value in _flatten(_parse(file)).items():
            values[key] = value
            folders[key] = file.resolve().parent
    entries, trusted = values.pop("tier", None), values.pop("trust", None)
    variables: dict[str, str] = {}
    for variable, text in environ.items():
        key = _environment_key(variable)
        if key is not None:
            values.pop(key.removesuffix("_file"), None)
            values.pop(f"{key}_file", None)
            values[key] = text
            folders[key] = here
            variables[key] = variable
    given = _read_all(_open_secrets(values, folders), folders, here, variables)
    return _complete(given, entries, trusted, here if file is None else file.resolve().parent)


def relaxed(config: Config) -> list[str]:
    """The protections that are switched off on a public name, a sentence each: for a closed test instance alone."""
    if is_local_name(config.domain):
        return []
    told = {
        "rate_limits": "rate_limits is off: nobody is stopped from guessing passwords or flooding the server",
        "password_rules": "password_rules is off: people may take passwords that are guessed at once",
    }
    found = [sentence for key, sentence in told.items() if not getattr(config, key)]
    if config.password_grant:
        found.append("password_grant is on: apps may ask people for their passwords")
    return found


def is_local_name(domain: str) -> bool:
    """Does this name or address (with or without a port) mean this machine, or a test network, alone?"""
    host = config_values.host_of(domain)
    if host == "localhost" or host.endswith((".localhost", ".test")):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _parse(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            f"{file}: there is no such file; name one with --config or FEDICERT_CONFIG, or none to run with the defaults"
        ) from None
    except OSError as error:
        raise ConfigError(f"{file}: it can't be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{file}: it isn't UTF-8 text; save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: it isn't TOML: {error}") from None


def _flatten(document: Mapping[str, Any]) -> dict[str, Any]:
    """`[delivery] tries` becomes `delivery.tries`; a key of the top stays, also an unknown one."""
    flat: dict[str, Any] = {}
    for key, value in document.items():
        if key == "delivery" and isinstance(value, dict):
            flat.update({f"delivery.{inner}": inner_value for inner, inner_value in value.items()})
        else:
            flat[key] = value
    return flat


def _environment_key(variable: str) -> str | None:
    """The key a variable sets, or None where it isn't meant for the configuration."""
    if not variable.startswith(PREFIX) or variable == f"{PREFIX}CONFIG" or variable.startswith(f"{PREFIX}TEST_"):
        return None
    name = variable.removeprefix(PREFIX).lower()
    key = f"delivery.{name.removeprefix('delivery_')}" if name.startswith("delivery_") else name
    if key in _OPTIONS or key.removesuffix("_file") in SECRETS:
        return key
    known = [_variable(option) for option in (*_OPTIONS, *(f"{secret}_file" for secret in SECRETS))]
    raise ConfigError(f"{variable}: no such setting in the environment.{_near(variable, known)}", key=variable)


def _variable(key: str) -> str:
    return PREFIX + key.replace(".", "_").upper()


def _open_secrets(values: Mapping[str, Any], folders: dict[str, Path]) -> dict[str, Any]:
    """Replace each `KEY_file` of a secret by what stands in that file."""
    opened = dict(values)
    for secret in SECRETS:
        key = f"{secret}_file"
        if key not in opened:
            continue
        named = opened.pop(key)
        if secret in opened:
            raise ConfigError(f"{key}: {secret} is set as well; keep one of the two", key=key)
        if not isinstance(named, str) or not named:
            raise ConfigError(f"{key}: {named!r} isn't the path of a file", key=key)
        try:
            opened[secret] = (folders[key] / named).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError):
            raise ConfigError(f"{key}: the file {named} can't be read; check its path and mode", key=key) from None
        folders[secret] = folders[key]
    return opened


def _read_all(
    values: Mapping[str, Any], folders: Mapping[str, Path], here: Path, variables: Mapping[str, str]
) -> dict[str, Any]:
    """Every value as the program holds it; a bad one is named as it was given, by its variable or its key."""
    given: dict[str, Any] = {}
    for key, value in values.items():
        option = _OPTIONS.get(key)
        if option is None:
            known = [*_OPTIONS, "tier", "trust", "delivery", *(f"{secret}_file" for secret in SECRETS)]
            raise ConfigError(f"{key}: there is no such key.{_near(key, known)}", key=key)
        try:
            read = option(value)
        except config_values.BadValueError as error:
            raise ConfigError(f"{variables.get(key, key)}: {error}", key=key) from None
        given[key] = folders.get(key, here) / read if isinstance(read, Path) else read
    return given


def _complete(given: dict[str, Any], entries: object, trusted: object, folder: Path) -> Config:
    """Put in the defaults, some of which follow from other values, and check what hangs together."""
    port: int = given.get("port", 8000)
    domain: str = given.get("domain", f"localhost:{port}")
    web_domain: str = given.get("web_domain", domain)
    plain: bool = given.get("allow_loopback_and_http", is_local_name(domain) and is_local_name(web_domain))
    if plain:
        for key, name in (("domain", domain), ("web_domain", web_domain)):
            if not is_local_name(name):
                raise ConfigError(
                    f"allow_loopback_and_http: it is for tests on one machine and {key} is the public name {name}; "
                    f"set it to false, or use a local name ({LOCAL_NAMES})",
                    key="allow_loopback_and_http",
                )
    data_dir: Path = given.get("data_dir", folder / "data")
    ladder = _ladder(entries)
    base = f"{'http' if plain else 'https'}://{web_domain}"
    delivery = {key.partition(".")[2]: value for key, value in given.items() if key.startswith("delivery.")}
    settings = Delivery(**delivery)
    if settings.connect_seconds > settings.total_seconds:
        raise ConfigError(
            f"delivery.connect_seconds: {settings.connect_seconds} is more than total_seconds "
            f"({settings.total_seconds}), which counts the whole delivery",
            key="delivery.connect_seconds",
        )
    return Config(
        domain=domain,
        web_domain=web_domain,
        media_url=given.get("media_url", f"{base}/media"),
        media_cache_megabytes=given.get("media_cache_megabytes", 1_024),
        bind=given.get("bind", "127.0.0.1"),
        port=port,
        database=given.get("database", f"sqlite:///{data_dir}/fedicert.db"),
        data_dir=data_dir,
        master_key_file=given.get("master_key_file", data_dir / "master.key"),
        name=given.get("name", "fedicert"),
        description=given.get("description", "A small server where reach is licensed the way trades are."),
        contact=given.get("contact", ""),
        languages=given.get("languages", ("en",)),
        allow_loopback_and_http=plain,
        trusted_proxies=given.get("trusted_proxies", ("127.0.0.1/32", "::1/128")),
        rate_limits=given.get("rate_limits", True),
        password_rules=given.get("password_rules", True),
        password_grant=given.get("password_grant", False),
        signups=given.get("signups", "approval"),
        confirmation=given.get("confirmation", "auto"),
        workers=given.get("workers", True),
        courier=given.get("courier", True),
        log_level=given.get("log_level", "info"),
        owner=given.get("owner", "owner"),
        owner_email=given.get("owner_email", f"owner@{config_values.host_of(domain)}"),
        owner_password=given.get("owner_password", ""),
        licence_check_minutes=given.get("licence_check_minutes", 360),
        delivery=settings,
        tiers=ladder,
        tiers_given=entries is not None,
        trust=_trust(trusted, ladder),
    )


def _ladder(entries: object) -> tuple[Tier, ...]:
    if entries is None:
        return DEFAULT_LADDER
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ConfigError("tier: write each tier as an entry of its own that starts with [[tier]]", key="tier")
    tiers: list[Tier] = []
    for position, entry in enumerate(entries):
        called = entry.get("name")
        place = f"tier.{called}" if isinstance(called, str) and called else f"tier number {position + 1}"
        try:
            tiers.append(read_tier(entry, position))
        except TierFault as fault:
            raise ConfigError(f"{place}.{fault.key}: {fault.reason}", key=f"{place}.{fault.key}") from None
    try:
        check_ladder(tiers)
    except TierFault as fault:
        raise ConfigError(f"{fault.key}: {fault.reason}", key=fault.key) from None
    return tuple(tiers)


def _trust(entries: object, ladder: tuple[Tier, ...]) -> tuple[TrustEntry, ...]:
    """The trust list; an entry is named by its place, as two may be about one issuer."""
    if entries is None:
        return ()
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ConfigError("trust: write each issuer as an entry of its own that starts with [[trust]]", key="trust")
    read: list[TrustEntry] = []
    for position, entry in enumerate(entries, 1):
        try:
            read.append(read_entry(entry, ladder))
        except TrustFault as fault:
            place = f"trust number {position}.{fault.key}"
            raise ConfigError(f"{place}: {fault.reason}", key=place) from None
    return tuple(read)


def _near(word: str, known: list[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f' Did you mean "{near[0]}"?' if near else " config.example.toml lists them all."


SECRETS = ("database", "owner_password")
"""What may stand in a file of its own, named by `KEY_file`."""

_OPTIONS: dict[str, Callable[[Any], Any]] = {
    "domain": config_values.domain,
    "web_domain": config_values.domain,
    "media_url": config_values.url,
    "media_cache_megabytes": config_values.number(64, 1_000_000),
    "bind": config_values.bind,
    "port": config_values.number(1, 65535),
    "database": config_values.database,
    "data_dir": config_values.path,
    "master_key_file": config_values.path,
    "name": config_values.text(100, 1),
    "description": config_values.text(2_000),
    "contact": config_values.mail,
    "languages": config_values.many(config_values.language),
    "allow_loopback_and_http": config_values.switch,
    "trusted_proxies": config_values.many(config_values.network),
    "rate_limits": config_values.switch,
    "password_rules": config_values.switch,
    "password_grant": config_values.switch,
    "signups": config_values.choice(*SIGNUPS),
    "confirmation": config_values.choice("auto"),
    "workers": config_values.switch,
    "courier": config_values.switch,
    "log_level": config_values.choice(*LOG_LEVELS),
    "owner": config_values.owner,
    "owner_email": config_values.mail,
    "owner_password": config_values.text(500, 1),
    "licence_check_minutes": config_values.minutes(0.05, 1440),
    "delivery.tries": config_values.number(1, 100),
    "delivery.days": config_values.number(1, 30),
    "delivery.per_host": config_values.number(1, 64),
    "delivery.in_flight": config_values.number(1, 10_000),
    "delivery.connect_seconds": config_values.number(1, 60),
    "delivery.total_seconds": config_values.number(1, 300),
}

KEYS = (*_OPTIONS, *(f"{secret}_file" for secret in SECRETS))
"""Every key of the file but the tiers'."""
