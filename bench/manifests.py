#!/usr/bin/env python3
"""What is read of a manifest, beside pip-audit and osv-scanner, situation by situation.

    bench/manifests.py CLEARANCE ARCHIVE [--only WORD]

Builds each situation of `crates/clearance/tests/situations/manifests.toml` in a temporary folder, runs CLEARANCE and pip-audit on it where that has a reader, and prints a
Markdown table of what each reads and says. Both answer from the same records: those of ARCHIVE (as PyPA publishes them); pip-audit asks a server on this machine that speaks
OSV's protocol and evaluates them with `packaging`, as `bench/advisories.py` does. The column of osv-scanner is what its documentation lists, with defects that its own tracker
has. pip-audit is run so that it installs nothing (`--no-deps --disable-pip`), but for project folders, where it must.

The run fails when pip-audit reads a package or names an advisory that CLEARANCE does not, or when what is read differs from what the situation expects.
"""
import argparse, collections, contextlib, http.server, json, os, pathlib, re, subprocess, sys, tempfile, threading, tomllib

import advisories

NEEDED = ["packaging==25.0", "PyYAML==6.0.3", "zstandard==0.25.0", "pip-audit==2.10.1"]
SITUATIONS = advisories.ROOT / "crates" / "clearance" / "tests" / "situations" / "manifests.toml"
VENV = advisories.CACHE / "manifests"


def in_environment():
    """runs this script again with what it needs installed"""
    if pathlib.Path(sys.prefix).resolve() == VENV.resolve():
        return
    if not (VENV / "installed").exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        subprocess.run([VENV / "bin" / "pip", "install", "-q", "--disable-pip-version-check", *NEEDED], check=True)
        (VENV / "installed").write_text("\n".join(NEEDED))
    os.execv(VENV / "bin" / "python", [str(VENV / "bin" / "python"), *sys.argv])


class Records:
    """the records of an archive by package, and which of them hold for a version"""

    def __init__(self, archive):
        from packaging.utils import canonicalize_name
        self.name = canonicalize_name
        self.oracle = advisories.Oracle()
        self.parts = collections.defaultdict(list)
        for record in advisories.records(archive):
            if record.get("withdrawn"):
                continue
            for affected in record["affected"]:
                if affected["package"]["ecosystem"] != "PyPI":
                    continue
                texts = [text.strip() for text in affected.get("versions") or []]
                parsed = {version for version in map(self.oracle.parse, texts) if version is not None}
                ranges = [r["events"] for r in affected.get("ranges") or [] if r["type"] != "GIT"]
                part = {"versions": {"texts": set(texts), "parsed": parsed}, "ranges": ranges, "record": record}
                self.parts[canonicalize_name(affected["package"]["name"])].append(part)

    def holding(self, name, version):
        found = {part["record"]["id"]: part["record"] for part in self.parts[self.name(name)] if self.oracle.affected(version, part)}
        return list(found.values())


@contextlib.contextmanager
def server(records):
    """OSV's `/v1/query` on this machine"""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer = json.dumps({"vulns": records.holding(asked["package"]["name"], asked["version"])}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}/v1/query"
    running.shutdown()


def write(situation, folder):
    for path, text in situation["files"].items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode(situation.get("encoding", "utf-8")))


def ours(program, index, situation, folder):
    """what Clearance reads, and the ids of each advisory that it names"""
    command = [program, "check", "--isolated", "--no-cache", "--format", "json", "--advisories", index, ".", *situation.get("options", [])]
    answer = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if not answer.stdout:
        sys.exit(f"{situation['name']}: {answer.stderr}")
    read, said = {}, []
    for one in json.loads(answer.stdout)["dependencies"]:
        version = one.get("version") or one.get("range") or "(any)"
        scope = "" if one["scope"] == "production" else " " + one["scope"]
        read[f"{one['name']} {version}{scope}"] = (one["name"], one.get("version"))
        said += [{advisory["id"], *advisory["aliases"]} for advisory in one["advisories"]]
    return read, said


def theirs(url, situation, folder):
    """what pip-audit reads, what it leaves aside, the ids that it names; or why it does not run"""
    args = situation["pip-audit"]
    if "-r" in args:
        args = [*args, "--no-deps", "--disable-pip"]
    command = [VENV / "bin" / "pip-audit", *args, "--vulnerability-service", "osv", "--osv-url", url, "--format", "json",
               "--progress-spinner", "off", "--aliases", "on", "--cache-dir", folder.parent / "pip-audit-cache"]
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    try:
        answer = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, env=environment)
    except subprocess.TimeoutExpired:
        return None, "does not end in five minutes"
    start = answer.stdout.find("{")
    if start < 0:
        lines = [line for line in answer.stderr.splitlines() if line.strip()]
        told = next((line for line in reversed(lines) if line.startswith("ERROR")), lines[-1] if lines else "no answer")
        return None, re.sub(r"^ERROR:[^:]*:", "", told).replace(str(folder) + "/", "").strip()[:110]
    read, left, said = {}, [], []
    for one in json.loads(answer.stdout[start:])["dependencies"]:
        if "skip_reason" in one:
            left.append(one["name"])
            continue
        read[f"{one['name']} {one['version']}"] = (one["name"], one["version"])
        said += [{vuln["id"], *vuln["aliases"]} for vuln in one["vulns"]]
    return (read, left, said), None


def compared(records, situation, mine, other):
    """what they have and we do not"""
    (read, said), (others, _, other_said) = mine, other
    names = {records.name(name) for name, _ in read.values()}
    pinned = {(records.name(name), records.oracle.parse(version)) for name, version in read.values() if version}
    missing = []
    for shown, (name, version) in others.items():
        name = records.name(name)
        if situation.get("resolves"):
            # What comes along when it is installed is no part of the manifest.
            continue
        if name not in names or (any(known == name for known, _ in pinned) and (name, records.oracle.parse(version)) not in pinned):
            missing.append(shown)
    if not situation.get("resolves"):
        missing += [min(ids) for ids in other_said if not any(ids & own for own in said)]
    return missing


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clearance", type=pathlib.Path)
    parser.add_argument("archive", type=pathlib.Path)
    parser.add_argument("--only", default="", help="situations with this in their name")
    options = parser.parse_args()
    in_environment()
    situations = [one for one in tomllib.loads(SITUATIONS.read_text())["situation"] if options.only in one["name"]]
    records = Records(options.archive)
    program = options.clearance.resolve()
    problems = []
    print("| # | situation | Clearance reads | advisories | pip-audit 2.10.1 reads | advisories | osv-scanner lists it |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as temporary, server(records) as url:
        temporary = pathlib.Path(temporary)
        index = temporary / "index"
        subprocess.run([program, "db", "import", "--quiet", "--index", index, options.archive.resolve()], check=True)
        for number, situation in enumerate(situations, 1):
            folder = temporary / str(number)
            write(situation, folder)
            read, said = ours(program, index, situation, folder)
            if sorted(read) != sorted(situation["expected"]):
                problems.append(f"{situation['name']}: read {sorted(read)}, expected {situation['expected']}")
            if "pip-audit" not in situation:
                cells = ["no reader", "–"]
            else:
                other, why = theirs(url, situation, folder)
                if other is None:
                    cells = [f"nothing: {why}", "–"]
                else:
                    others, left, other_said = other
                    aside = f"; leaves aside: {', '.join(left)}" if left else ""
                    cells = [(", ".join(sorted(others)) or "nothing") + aside, str(len(other_said))]
                    problems += [f"{situation['name']}: pip-audit has {one}" for one in compared(records, situation, (read, said), other)]
            row = [str(number), situation["name"], ", ".join(sorted(read)), str(len(said)), *cells, situation["osv-scanner"]]
            print("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |", flush=True)
    if problems:
        sys.exit("manifests: " + "\n".join(problems))


if __name__ == "__main__":
    main()
