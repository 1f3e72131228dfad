import pytest

from fedicert.web.plumbing.endpoint import Route, endpoint
from fedicert.web.plumbing.routing import RouteTable


def table(*described: str) -> RouteTable:
    routes: list[Route] = []
    for text in described:
        methods, path = text.split(" ")

        @endpoint(tuple(methods.split("|")), path)
        async def handler(call) -> None: ...

        routes += handler.__routes__
    return RouteTable(routes)


TABLE = table(
    "GET /",
    "GET|POST /api/v1/accounts",
    "GET /api/v1/accounts/{id}",
    "GET /api/v1/accounts/relationships",
    "PATCH /api/v1/accounts/update_credentials",
    "POST /api/v1/accounts/{id}/follow",
    "PATCH /api/v1/profile",
    "PUT /api/v1/profile",
    "GET /@{name}",
    "GET /@{name}.rss",
    "GET /@{name}/{id}",
    "GET /{other}",
)


@pytest.mark.parametrize(
    ("asked", "path", "params"),
    [
        ("GET /", "/", {}),
        ("HEAD /", "/", {}),
        ("GET /api/v1/accounts/", "/api/v1/accounts", {}),
        ("GET /api/v1/accounts/12", "/api/v1/accounts/{id}", {"id": "12"}),
        ("GET /api/v1/accounts/12//", "/api/v1/accounts/{id}", {"id": "12"}),
        ("GET /api/v1/accounts/relationships", "/api/v1/accounts/relationships", {}),
        ("PUT /api/v1/accounts/update_credentials", "/api/v1/accounts/update_credentials", {}),
        ("GET /api/v1/accounts/update_credentials", "/api/v1/accounts/{id}", {"id": "update_credentials"}),
        ("POST /api/v1/accounts/12/follow", "/api/v1/accounts/{id}/follow", {"id": "12"}),
        ("GET /@ada", "/@{name}", {"name": "ada"}),
        ("GET /@ada.rss", "/@{name}.rss", {"name": "ada"}),
        ("GET /@ada/7", "/@{name}/{id}", {"name": "ada", "id": "7"}),
        ("GET /else", "/{other}", {"other": "else"}),
    ],
)
def test_what_answers(asked: str, path: str, params: dict[str, str]) -> None:
    method, address = asked.split(" ")
    route, found, _ = TABLE.find(method, address)
    assert route is not None
    assert (route.path, found) == (path, params)


@pytest.mark.parametrize(
    "asked", ["GET /api", "GET /api/v1//accounts", "GET /@", "POST /api/v1/accounts/1/2/3", "GET //"]
)
def test_what_nothing_answers(asked: str) -> None:
    method, address = asked.split(" ")
    found = TABLE.find(method, address)
    assert found[0] is None or found[0].path in ("/", "/{other}")


def test_other_methods_are_told() -> None:
    route, _, known = TABLE.find("DELETE", "/api/v1/accounts")
    assert route is None
    assert set(known) == {"GET", "POST", "HEAD"}
    assert TABLE.find("DELETE", "/nowhere/at/all")[2] == ()


def test_two_routes_for_one_request_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="twice"):
        table("GET /a/{id}", "GET /a/{id}")
    with pytest.raises(ValueError, match="otherwise"):
        table("GET /a/{id}", "POST /a/{name}")
