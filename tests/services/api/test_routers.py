"""Routes are found by themselves, in the order of their modules' names; none takes an address from another."""

import re

from starlette.routing import Match

from services.api.routers import routers_of

ROUTES = [
    route for package in ("services.api", "services.web") for each in routers_of(package) for route in each.routes
]


def test_every_module_with_a_router_is_served():
    paths = {route.path for route in ROUTES}
    assert {"/v1/worklists/{kind}", "/v1/events", "/healthz", "/worklists/{kind}", "/team"} <= paths


def test_no_route_takes_the_addresses_of_a_later_one():
    for route in ROUTES:
        for method in route.methods:
            scope = {"type": "http", "method": method, "path": re.sub(r"{[^}]+}", "x0", route.path), "headers": []}
            first = next(other for other in ROUTES if other.matches(scope)[0] is Match.FULL)
            assert first is route, f"{method} {route.path} is answered by {first.path}"
