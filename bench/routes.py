#!/usr/bin/env python3
"""Compare the routes of a report with the map that the framework itself has when the application runs.

Usage:
    clearance check APP --format json > report.json
    (in the application's own environment, see below)  > map.json
    bench/routes.py report.json map.json

The map is a JSON list of `{"path": …, "methods": […]}`; methods may be left out where the framework does not tell them.
A route is one (path, method) pair. HEAD and OPTIONS are not compared, because frameworks add them; neither are the routes
that serve static files (endpoint `static` or `NAME.static`, mounts of static files), which have no handler in the program.

How to dump the maps:

Flask (`flask_map.py`; the import is the application's own):

    import json, sys
    from app import create_app
    rules = create_app().url_map.iter_rules()
    json.dump([{"path": str(rule), "methods": sorted(rule.methods or ()), "endpoint": rule.endpoint} for rule in rules],
              sys.stdout)

FastAPI:

    import json, sys
    from app.main import app
    from fastapi.routing import APIRoute, iter_route_contexts   # older versions: loop over app.routes
    json.dump([{"path": route.path, "methods": sorted(route.methods or ()), "endpoint": route.name}
               for route in app.routes if hasattr(route, "methods")], sys.stdout)

Django (`manage.py shell < django_map.py`): the resolver knows no methods, so those of class-based views and view sets are
asked of the class, and a function view is left without:

    import json, sys
    from django.urls import get_resolver
    def walk(patterns, prefix=""):
        for pattern in patterns:
            path = prefix + str(pattern.pattern)
            if hasattr(pattern, "url_patterns"):
                yield from walk(pattern.url_patterns, path)
                continue
            view = pattern.callback
            actions = getattr(view, "actions", None)
            kind = getattr(view, "view_class", None) or getattr(view, "cls", None)
            methods = list(actions or ()) or [
                verb for verb in getattr(kind, "http_method_names", ()) if hasattr(kind, verb)]
            yield {"path": "/" + path, "methods": sorted(verb.upper() for verb in methods), "endpoint": pattern.name or ""}
    json.dump(list(walk(get_resolver().url_patterns)), sys.stdout)
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path

ADDED = {"HEAD", "OPTIONS"}
"""Methods that frameworks add by themselves."""

ANY = "ANY"
"""Stands for the methods of a route that answers whatever comes, or whose methods are not told."""


def plain(path: str) -> str:
    """The path without what only one of the two notations says: anchors, regular expressions, doubled slashes."""
    path = re.sub(r"\(\?P<([^>]+)>(?:[^()]|\([^()]*\))*\)", r"<\1>", path)
    path = re.sub(r"<drf_format_suffix:format>", ".<format>", path)
    path = re.sub(r"[\^$]|\\Z", "", path).replace("\\.", ".").replace("\\-", "-")
    path = re.sub(r"/\?$", "", path).replace("/?", "/")
    return re.sub(r"/{2,}", "/", path)


def pairs(routes: list[dict], *, with_static: bool) -> dict[str, set[str]]:
    """The methods of each path."""
    found: dict[str, set[str]] = {}
    for route in routes:
        endpoint = route.get("endpoint") or ""
        if not with_static and endpoint.rsplit(".", 1)[-1] == "static":
            continue
        methods = set(route.get("methods") or ()) - ADDED
        if not methods and route.get("methods"):
            continue
        found.setdefault(plain(route["path"]), set()).update(methods or {ANY})
    return found


def compare(ours: dict[str, set[str]], theirs: dict[str, set[str]]) -> tuple[set, set, set]:
    """What both have, what only the framework has, and what only the report has. `ANY` on either side stands for all of the other's methods."""
    both, missing, extra = set(), set(), set()
    for path in ours.keys() | theirs.keys():
        mine, real = ours.get(path, set()), theirs.get(path, set())
        if mine and real and ANY in mine | real:
            both |= {(path, method) for method in (real | mine) - {ANY} or {ANY}}
            continue
        both |= {(path, method) for method in mine & real}
        missing |= {(path, method) for method in real - mine}
        extra |= {(path, method) for method in mine - real}
    return both, missing, extra


def main() -> int:
    """Prints the differences and the ratio; the exit code tells whether the ratio is as high as asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("report", type=Path, help="a JSON report")
    parser.add_argument("map", type=Path, help="the framework's own map, as JSON")
    parser.add_argument("--at-least", type=float, default=0.98, metavar="RATIO", help="what is enough (default: 0.98)")
    parser.add_argument("--with-static", action="store_true", help="compare the routes of static files, too")
    parser.add_argument("--ignore", action="append", default=[], metavar="REGEX", help="paths that are not compared")
    options = parser.parse_args()

    ours = pairs(json.loads(options.report.read_text())["routes"], with_static=options.with_static)
    theirs = pairs(json.loads(options.map.read_text()), with_static=options.with_static)
    for pattern in options.ignore:
        for side in (ours, theirs):
            for path in [path for path in side if re.search(pattern, path)]:
                del side[path]
    both, missing, extra = compare(ours, theirs)
    for title, found in (("only in the framework's map", missing), ("only in the report", extra)):
        if found:
            print(f"{title}:")
            for path, method in sorted(found):
                print(f"  {method:7} {path}")
    total = len(both) + len(missing) + len(extra)
    ratio = len(both) / total if total else 1.0
    print(f"{len(both)} of {total} (path, method) pairs agree: {ratio:.1%}")
    return 0 if ratio >= options.at_least else 1


if __name__ == "__main__":
    sys.exit(main())
