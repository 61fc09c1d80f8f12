#!/usr/bin/env python3
"""How time and memory grow with the size of a program: one run on each of several synthetic applications.

    bench/growth.py CLEARANCE [--lines 10000 100000 1000000] [--runs 1] [--no-flow]

The applications are made below target/bench/growth, the same bytes each time: Flask blueprints over services, repositories, models and helpers that call one another
within a part, into its neighbours, and into a shared core that every part uses. Prints wall time, peak memory and the time for each 100,000 lines; where the last
column grows, something is not linear.
"""
import argparse, pathlib, random, shutil, statistics, sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from speed import CACHE, once

CORE = {
    "core/__init__.py": "",
    "core/text.py": '''import html
import re

SAFE = re.compile(r"[a-z0-9_]+")


def tidy(value, default=""):
    """What is left of a text without space around it."""
    if value is None:
        return default
    return str(value).strip()


def escape(value):
    return html.escape(tidy(value))


def identifier(value):
    if not SAFE.fullmatch(value):
        raise ValueError(value)
    return value


def join(parts, separator=", "):
    result = ""
    for part in parts:
        result += (separator if result else "") + tidy(part)
    return result
''',
    "core/store.py": '''import sqlite3


class Repository:
    table = "things"

    def __init__(self, path="app.db"):
        self.connection = sqlite3.connect(path)
        self.cache = {}

    def run(self, statement, values=()):
        return self.connection.execute(statement, values)

    def one(self, number):
        if number in self.cache:
            return self.cache[number]
        row = self.run(f"SELECT * FROM {self.table} WHERE id = ?", (number,)).fetchone()
        self.cache[number] = row
        return row

    def search(self, text, order="id"):
        return self.run("SELECT * FROM " + self.table + " WHERE name LIKE ? ORDER BY " + order, ("%" + text + "%",)).fetchall()
''',
}

FILES = {
    "__init__.py": "",
    "models.py": '''from core.store import Repository


class {name}Record:
    kinds = ("plain", "special", "{word}")

    def __init__(self, number, name, kind="plain"):
        self.number = number
        self.name = name
        self.kind = kind
        self.notes = []

    @property
    def title(self):
        return f"{{self.kind}}: {{self.name}}"

    def add(self, note):
        self.notes.append(note)
        return self

    def as_dict(self):
        return {{"number": self.number, "name": self.name, "kind": self.kind, "notes": list(self.notes)}}


class {name}Repository(Repository):
    table = "{word}"

    def record(self, number):
        row = self.one(number)
        if row is None:
            return None
        return {name}Record(row[0], row[1], row[2])

    def by_kind(self, kind):
        if kind not in {name}Record.kinds:
            raise KeyError(kind)
        return self.search(kind)
''',
    "services.py": '''import subprocess

from core import text
from {neighbour} import services as other
from {package}.models import {name}Record, {name}Repository

LIMIT = {limit}


class {name}Service:
    def __init__(self, repository=None):
        self.repository = repository or {name}Repository()
        self.seen = {{}}

    def find(self, wanted, order="id"):
        wanted = text.tidy(wanted)
        if wanted in self.seen:
            return self.seen[wanted]
        found = self.repository.search(wanted, order)
        self.seen[wanted] = found[:LIMIT]
        return self.seen[wanted]

    def rename(self, number, name):
        record = self.repository.record(number) or {name}Record(number, name)
        record.name = text.escape(name)
        return record.add("renamed").as_dict()

    def export(self, name, folder="/srv/{word}"):
        target = folder + "/" + name
        subprocess.run(["tar", "cf", target, folder], check=True)
        return target

    def summary(self, records):
        total = 0
        lines = []
        for record in records:
            total += len(record.notes)
            if record.kind == "special":
                lines.append(record.title.upper())
            elif record.kind == "{word}":
                lines.append(text.join(record.notes))
            else:
                continue
        return {{"total": total, "lines": lines}}


{functions}

def forward(value, depth=3):
    if depth == 0:
        return value
    return other.forward(text.tidy(value), depth - 1)
''',
    "views.py": '''import os

from flask import Blueprint, abort, jsonify, redirect, render_template, request, url_for

from core import text
from {package}.services import {name}Service, forward{imported}

pages = Blueprint("{word}", __name__, url_prefix="/{word}")
service = {name}Service()


@pages.get("/")
def index():
    wanted = request.args.get("q", "")
    return render_template("{word}/index.html", found=service.find(wanted))


@pages.get("/<int:number>")
def show(number):
    record = service.repository.record(number)
    if record is None:
        abort(404)
    return jsonify(record.as_dict())


@pages.post("/<int:number>/name")
def rename(number):
    name = request.form["name"]
    return jsonify(service.rename(number, name))


@pages.post("/export")
def export():
    name = text.identifier(request.form["name"])
    return {{"path": service.export(name)}}


@pages.get("/go")
def go():
    target = request.args.get("next") or url_for("{word}.index")
    if not target.startswith("/") or target.startswith("//"):
        abort(400)
    return redirect(target)


@pages.get("/file")
def file():
    path = os.path.join("/srv/{word}", os.path.basename(request.args["name"]))
    with open(path) as stream:
        return stream.read()

{routes}
''',
}

FUNCTION = '''
def step_{number}(value, other=None, *, mode="plain"):
    """Changes a value a little, as {number} others do."""
    result = []
    if mode == "plain":
        result.append(text.tidy(value))
    elif mode in ("upper", "lower"):
        result.append(getattr(text.tidy(value), mode)())
    for part in str(other or "").split(","):
        if not part or len(result) > {limit}:
            continue
        result.append(f"{{part}}-{{len(result)}}")
    try:
        amount = int(result[-1])
    except (ValueError, IndexError):
        amount = {limit}
    return {call} if amount else text.join(result)
'''

ROUTE = '''
@pages.route("/step/{number}", methods=["GET", "POST"])
def route_{number}():
    value = request.values.get("value", "{word}")
    done = step_{number}(value, request.args.get("other"), mode=request.args.get("mode", "plain"))
    if request.method == "POST":
        service.repository.run("UPDATE {word} SET name = ? WHERE id = {number}", (done,)){harm}
    return jsonify(value=text.escape(done), forwarded=forward(done))
'''


def part(number, parts):
    """The files of one part, the same for the same number and size."""
    chance = random.Random(number)
    steps = chance.randint(8, 24)
    functions, routes = [], []
    for step in range(steps):
        call = f"step_{step + 1}(result[0], other)" if step + 1 < steps else "text.join(result)"
        functions.append(FUNCTION.format(number=step, limit=chance.randint(3, 90), call=call))
        if chance.random() < 0.5:
            harm = '\n        service.repository.run("DELETE FROM {0} WHERE name = \'" + done + "\'")'.format(f"part{number}")
            routes.append(ROUTE.format(number=step, word=f"part{number}", harm=harm if chance.random() < 0.1 else ""))
    used = "".join(f", step_{step}" for step in range(steps))
    known = dict(
        name=f"Part{number}", word=f"part{number}", package=f"part{number}", neighbour=f"part{(number * 7 + 1) % parts}",
        limit=chance.randint(5, 50), functions="\n".join(functions), routes="\n".join(routes), imported=used,
    )
    return {f"part{number}/{file}": text.format(**known) for file, text in FILES.items()}


def application(lines):
    """The folder of an application of about so many lines, and how many they are."""
    folder = CACHE / "growth" / str(lines)
    mark = folder / "lines.txt"
    if mark.exists():
        return folder, int(mark.read_text())
    shutil.rmtree(folder, ignore_errors=True)
    # How many parts that makes: their mean is known once some are made.
    sample = [sum(text.count("\n") for text in part(number, 64).values()) for number in range(64)]
    parts = max(2, round(lines / statistics.mean(sample)))
    files = dict(CORE)
    for number in range(parts):
        files.update(part(number, parts))
    imports = "".join(f"from part{number}.views import pages as pages{number}\n" for number in range(parts))
    register = "".join(f"app.register_blueprint(pages{number})\n" for number in range(parts))
    files["app.py"] = f"from flask import Flask\n\n{imports}\napp = Flask(__name__)\n{register}"
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    total = sum(text.count("\n") for text in files.values())
    mark.write_text(str(total))
    return folder, total


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clearance", type=pathlib.Path)
    parser.add_argument("--lines", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--no-flow", action="store_true")
    options = parser.parse_args()
    print(f"{'lines':>10}{'files':>8}{'seconds':>10}{'MB':>7}{'s per 100k':>12}{'MB per 100k':>13}")
    for lines in options.lines:
        folder, total = application(lines)
        command = [options.clearance.resolve(), "check", folder, "--no-cache", "--format", "json", "--exit-zero"]
        if options.no_flow:
            command.append("--no-flow")
        runs = [once(command) for _ in range(options.runs)]
        seconds, memory = statistics.median(run[0] for run in runs), max(run[1] for run in runs)
        files = sum(1 for _ in folder.rglob("*.py"))
        share = total / 100_000
        print(f"{total:>10,}{files:>8,}{seconds:>10.2f}{memory:>7.0f}{seconds / share:>12.2f}{memory / share:>13.0f}", flush=True)


if __name__ == "__main__":
    main()
