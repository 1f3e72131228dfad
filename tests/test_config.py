"""The configuration: what a bad one is told, what wins, and that the example says the truth."""

import re
from pathlib import Path

import msgspec
import pytest

from fedicert import config
from fedicert.base.errors import ConfigError
from fedicert.model import trust_list
from fedicert.model.attestations import TrustEntry
from fedicert.model.tiers import KEYS

EXAMPLE = Path(__file__).parent.parent / "config.example.toml"

TIER = """
[[tier]]
name = "low"
enter = ["signup"]
followers = 3
following = 10
strangers = 1
answers_per_day = 1
visibility = "listed"
boosts = "anyone"
"""
HIGHER = TIER.replace('"low"', '"high"').replace('["signup"]', '["licence"]')

TRUST = """
[[trust]]
issuer = "did:web:board.example"
name = "The Board"
kinds = ["License"]
professions = ["74"]
jurisdictions = ["US-NY"]
tier = "professional"
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "config.toml"
    file.write_text(text)
    return file


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        ('domian = "a.example"', "domian", 'Did you mean "domain"?'),
        ("[delivry]\ntries = 1", "delivry", '"delivery"'),
        ("zzzz = 1", "zzzz", "config.example.toml"),
        ('domain = "https://a.example/"', "domain", '"a.example"'),
        ('domain = "A.example"', "domain", '"a.example"'),
        ('domain = "bücher.example"', "domain", '"xn--bcher-kva.example"'),
        ('domain = "a_b.example"', "domain", "host name"),
        ('domain = "a.example:99999"', "domain", "port"),
        ("domain = 3", "domain", "quotes"),
        ('domain = "a.example"\nallow_loopback_and_http = true', "allow_loopback_and_http", "public name a.example"),
        (
            'domain = "localhost"\nweb_domain = "a.example"\nallow_loopback_and_http = true',
            "allow_loopback_and_http",
            "web_domain",
        ),
        ('domain = "localhost.example"\nallow_loopback_and_http = true', "allow_loopback_and_http", "public name"),
        ('domain = "[::2]"\nallow_loopback_and_http = true', "allow_loopback_and_http", "public name"),
        ("port = 0", "port", "1 to 65535"),
        ("port = true", "port", "whole number"),
        ("licence_check_minutes = 0.01", "licence_check_minutes", "minutes from 0.05 to 1440"),
        ("licence_check_minutes = true", "licence_check_minutes", "minutes from 0.05 to 1440"),
        ("port = 80.5", "port", "whole number"),
        ('bind = "example.org"', "bind", "127.0.0.1"),
        ('database = "mysql://x"', "database", "sqlite:///path"),
        ('database = "sqlite:///"', "database", "name a file"),
        ("rate_limits = 1", "rate_limits", "true nor false"),
        ('signups = "opne"', "signups", 'did you mean "open"?'),
        ('confirmation = "mail"', "confirmation", "auto"),
        ('log_level = "loud"', "log_level", "debug"),
        ('languages = ["english"]', "languages", "language code"),
        ('languages = "en de"', "languages", "language code"),
        ("languages = 4", "languages", "list"),
        ('trusted_proxies = ["10.0.0.0/99"]', "trusted_proxies", "network"),
        ('contact = "me"', "contact", "mail address"),
        ('owner = "Big Boss"', "owner", "a-z"),
        ('media_url = "media.example"', "media_url", "https://"),
        ('database_file = "nowhere"', "database_file", "can't be read"),
        ('database = "a.db"\ndatabase_file = "nowhere"', "database_file", "one of the two"),
        ("[delivery]\ntrys = 3", "delivery.trys", 'Did you mean "delivery.tries"?'),
        ("[delivery]\ntries = 0", "delivery.tries", "1 to 100"),
        ("[delivery]\nconnect_seconds = 50", "delivery.connect_seconds", "total_seconds"),
        ("tier = 3", "tier", "[[tier]]"),
        ("tier = []", "tier", "at least one"),
        (TIER + 'folowers = "none"', "tier.low.folowers", 'Did you mean "followers"?'),
        (TIER.replace("followers = 3\n", ""), "tier.low.followers", "missing"),
        (TIER.replace('name = "low"\n', ""), "tier number 1.name", "missing"),
        (TIER.replace('"low"', '"Low one"'), "tier.Low one.name", "a-z"),
        (TIER.replace("followers = 3\n", 'followers = "no"\n'), "tier.low.followers", '"none"'),
        (TIER.replace("followers = 3\n", "followers = -1\n"), "tier.low.followers", '"none"'),
        (TIER.replace('"listed"', '"public"'), "tier.low.visibility", "listed, unlisted, followers"),
        (TIER.replace('"anyone"', '"anyon"'), "tier.low.boosts", 'Did you mean "anyone"?'),
        (TIER.replace('["signup"]', '["sign-up"]'), "tier.low.enter", 'Did you mean "signup"?'),
        (TIER.replace('["signup"]', '["signup", "signup"]'), "tier.low.enter", "twice"),
        (TIER.replace('["signup"]', "[]"), "tier.low.enter", "list of"),
        (TIER + "kept_for_followed = 2", "tier.low.kept_for_followed", "0 to 1"),
        (TIER + "strangers_per_domain_day = 'none'", "tier.low.strangers_per_domain_day", "0 is no limit"),
        (TIER + 'when_full = "drop"', "tier.low.when_full", "hold, reject"),
        (TIER + TIER, "tier.low.name", "two tiers"),
        (HIGHER, "tier.high.enter", "lowest"),
        (TIER.replace('["signup"]', '["signup", "licence"]'), "tier.low.enter", "nothing besides"),
        (TIER + HIGHER.replace('["licence"]', '["signup", "licence"]'), "tier.high.enter", "demands (licence)"),
        (TIER + HIGHER.replace("followers = 3\n", "followers = 2\n"), "tier.high.followers", "never fall"),
        ("trust = 3", "trust", "[[trust]]"),
        (TRUST + 'issuers = "x"', "trust number 1.issuers", 'Did you mean "issuer"?'),
        (TRUST.replace('name = "The Board"\n', ""), "trust number 1.name", "missing"),
        (TRUST + TRUST.replace('"The Board"', '""'), "trust number 2.name", "1 to 100"),
        (TRUST.replace("did:web:board", "https://board"), "trust number 1.issuer", '"did:web:board.example"'),
        (TRUST.replace("did:web:board", "did:web:Board"), "trust number 1.issuer", "lower-case"),
        (TRUST.replace("did:web:board", "did:web:b\u043eard"), "trust number 1.issuer", "ASCII"),
        (TRUST.replace("License", "Licence"), "trust number 1.kinds", 'Did you mean "License"?'),
        (TRUST.replace('["License"]', "[]"), "trust number 1.kinds", "list with something in it"),
        (TRUST.replace('"74"', '""'), "trust number 1.professions", "one to four digits"),
        (TRUST.replace('"74"', '"*"'), "trust number 1.professions", "one to four digits"),
        (TRUST.replace('"74"', "74"), "trust number 1.professions", 'write "74"'),
        (TRUST.replace('"74"', '"74", "74"'), "trust number 1.professions", "twice"),
        (TRUST.replace('"US-NY"', '"us_ny"'), "trust number 1.jurisdictions", 'Did you mean "US-NY"?'),
        (TRUST.replace('"US-NY"', '"New York"'), "trust number 1.jurisdictions", "ISO 3166"),
        (TRUST.replace('"professional"', '"profesional"'), "trust number 1.tier", 'Did you mean "professional"?'),
        (TRUST + TIER, "trust number 1.tier", "isn't on the ladder, which has low"),
        (TIER.replace("strangers = 1", 'strangers = "none"') + HIGHER, "tier.high.strangers", "never fall"),
    ],
)
def test_a_bad_file_is_told_which_key_and_why(tmp_path, text, key, said):
    with pytest.raises(ConfigError) as told:
        config.load(written(tmp_path, text), {})
    assert told.value.key == key
    assert key in str(told.value)
    assert said in str(told.value)


@pytest.mark.parametrize(("text", "said"), [("domain = ", "isn't TOML"), (None, "no such file")])
def test_an_unreadable_file_is_named(tmp_path, text, said):
    file = tmp_path / "config.toml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(ConfigError, match=said) as told:
        config.load(file, {})
    assert str(file) in str(told.value)


def test_a_file_that_is_not_text_is_named(tmp_path):
    file = tmp_path / "config.toml"
    file.write_bytes(b'name = "\xff"')
    with pytest.raises(ConfigError, match="UTF-8"):
        config.load(file, {})


def test_without_a_file_it_is_a_local_server(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = config.load(None, {})
    assert found.base == "http://localhost:8000"
    assert found.database == f"sqlite:///{tmp_path}/data/fedicert.db"
    assert found.master_key_file == tmp_path / "data" / "master.key"
    assert found.on_sqlite
    assert [tier.name for tier in found.tiers] == ["personal", "trained", "professional"]
    assert [tier.followers for tier in found.tiers] == [150, 1500, None]
    assert found.tiers[0].kept_for_followed == 0.2
    assert config.relaxed(found) == []


def test_a_public_name_is_https_and_keeps_its_guard(tmp_path):
    found = config.load(written(tmp_path, 'domain = "a.example"\nweb_domain = "social.a.example"'), {})
    assert found.base == "https://social.a.example"
    assert not found.allow_loopback_and_http
    assert found.media_url == "https://social.a.example/media"
    assert found.owner_email == "owner@a.example"


@pytest.mark.parametrize(
    "name",
    ["localhost", "localhost:8000", "a.localhost", "b.test:81", "127.0.0.1:9", "127.8.8.8", "[::1]:8000", "[::1]"],
)
def test_the_switch_is_for_local_names(tmp_path, name):
    assert config.load(written(tmp_path, f'domain = "{name}"'), {}).base == f"http://{name}"
    off = config.load(written(tmp_path, f'domain = "{name}"\nallow_loopback_and_http = false'), {})
    assert off.base == f"https://{name}"


def test_the_environment_wins(tmp_path):
    file = written(tmp_path, 'domain = "a.example"\nlanguages = ["en"]\n[delivery]\ntries = 3')
    found = config.load(
        file,
        {
            "FEDICERT_DOMAIN": "b.test",
            "FEDICERT_LANGUAGES": "de, en",
            "FEDICERT_DELIVERY_TRIES": "5",
            "FEDICERT_RATE_LIMITS": "off",
            "FEDICERT_PORT": "8123",
            "FEDICERT_CONFIG": "elsewhere",
            "FEDICERT_TEST_ANYTHING": "is the tests' own",
            "PATH": "/bin",
        },
    )
    assert (found.domain, found.languages, found.delivery.tries) == ("b.test", ("de", "en"), 5)
    assert (found.rate_limits, found.port) == (False, 8123)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("FEDICERT_DOMIAN", "a.example", "FEDICERT_DOMAIN"),
        ("FEDICERT_PORT", "eighty", "FEDICERT_PORT: "),
        ("FEDICERT_RATE_LIMITS", "maybe", "FEDICERT_RATE_LIMITS: "),
    ],
)
def test_a_bad_variable_is_named(variable, value, said):
    with pytest.raises(ConfigError, match=said):
        config.load(None, {variable: value})


def test_the_trust_list_is_read(tmp_path):
    second = TRUST.replace('["74"]', '["2221", "2222"]').replace("board.example", "localhost%3A8000:boards:nurses")
    found = config.load(written(tmp_path, TRUST + second), {})
    assert found.trust[0] == TrustEntry(
        issuer="did:web:board.example",
        name="The Board",
        kinds=("License",),
        professions=("74",),
        jurisdictions=("US-NY",),
        tier="professional",
    )
    assert found.trust[1].issuer == "did:web:localhost%3A8000:boards:nurses"
    assert found.trust[1].professions == ("2221", "2222")


def test_secrets_come_from_files(tmp_path):
    (tmp_path / "where").write_text("postgresql://u:hush@db.example/f\n")
    file = written(tmp_path, 'database_file = "where"')
    found = config.load(file, {"FEDICERT_OWNER_PASSWORD": "correct horse"})
    assert found.database == "postgresql://u:hush@db.example/f"
    assert not found.on_sqlite
    assert found.owner_password == "correct horse"
    assert "hush" not in repr(found)
    assert "horse" not in repr(found)
    other = config.load(file, {"FEDICERT_DATABASE": "other.db"})
    assert other.database == "other.db"


def test_a_password_is_never_in_a_message(tmp_path):
    with pytest.raises(ConfigError) as told:
        config.load(written(tmp_path, 'database = "mysql://u:hush@db.example/f"'), {})
    assert "hush" not in str(told.value)


def test_relaxed_protections_on_a_public_name_are_told(tmp_path):
    text = 'domain = "a.example"\nrate_limits = false\npassword_rules = false\npassword_grant = true'
    assert len(config.relaxed(config.load(written(tmp_path, text), {}))) == 3


def test_the_file_is_found(tmp_path):
    assert config.find(None, {}, tmp_path) is None
    file = written(tmp_path, "")
    assert config.find(None, {}, tmp_path) == file
    assert config.find(None, {"FEDICERT_CONFIG": "b.toml"}, tmp_path) == Path("b.toml")
    assert config.find("c.toml", {"FEDICERT_CONFIG": "b.toml"}, tmp_path) == Path("c.toml")


def test_the_example_as_it_stands_changes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(EXAMPLE.parent)
    assert config.load(EXAMPLE, {}) == config.load(None, {})


def test_the_example_lists_every_key_with_its_default(monkeypatch):
    monkeypatch.chdir(EXAMPLE.parent)
    text = EXAMPLE.read_text()
    settings = re.sub(r"(?m)^#(?=[\w\[])", "", text)
    file = EXAMPLE.parent / "config.example.toml"
    document = config.tomllib.loads(settings)
    flat = set(config._flatten(document)) - {"tier", "trust"}
    assert flat | set(re.findall(r"(?m)^# (\w+) = ", text)) == set(config.KEYS)
    for entry in document["tier"]:
        assert set(entry) == set(KEYS)
    assert [set(entry) for entry in document["trust"]] == [set(trust_list.KEYS)]
    monkeypatch.setattr(config, "_parse", lambda _: document)
    uncommented = config.load(file, {})
    plain = config.load(None, {})
    # A path that follows from data_dir is written out in the example, seen from its folder.
    assert uncommented.database == "sqlite:///data/fedicert.db"
    assert (uncommented.tiers_given, plain.tiers_given) == (True, False)
    assert (len(uncommented.trust), plain.trust) == (1, ())
    assert msgspec.structs.replace(uncommented, database=plain.database, tiers_given=False, trust=()) == plain


def test_the_example_explains_every_word():
    text = EXAMPLE.read_text()
    explained = re.split(r"(?m)^# (?=[a-z_]+  )", text)
    assert {part.split()[0] for part in explained[1:]} == {*KEYS, *trust_list.KEYS}


@pytest.mark.law("10.4")
def test_signing_up_needs_approval_where_nothing_is_said():
    assert config.load(None, {"FEDICERT_DOMAIN": "home.example"}).signups == "approval"
