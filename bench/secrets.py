#!/usr/bin/env python3
"""Leaked credentials beside peers: the planted corpus of `crates/secrets/tests/corpus`, searched by Clearance, by detect-secrets and by gitleaks.

    bench/secrets.py CLEARANCE [GITLEAKS]

GITLEAKS is a checkout of gitleaks, or its `config/gitleaks.toml`: its published rules are then loaded by Clearance's own importer and run on the same
corpus. If a program `gitleaks` is on the PATH, it is run, too. detect-secrets comes from PyPI. The corpus is written to a temporary folder, outside of the
repository, which ignores what it builds: one credential in a file, an example of every detector in code, settings, archives and encodings, and files of texts that are like credentials. A tool finds a planted
credential when it reports anything in its file; each line that it reports in a file of decoys is a false alarm.
"""
import argparse, collections, json, os, pathlib, shutil, subprocess, sys, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = ROOT / "target" / "bench"
PLAIN = {"code", "configuration", "passwords"}


def corpus(folder, gitleaks):
    """writes the corpus; its labels, and what gitleaks' published rules found there"""
    env = {**os.environ, "CLEARANCE_CORPUS": str(folder)}
    if gitleaks:
        env["CLEARANCE_GITLEAKS"] = str(gitleaks.resolve())
    command = ["cargo", "test", "-q", "-p", "clearance-secrets", "--test", "corpus", "--", "--nocapture", "--test-threads=1"]
    out = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True).stdout
    if not (folder / "labels.tsv").exists():
        sys.exit(out)
    rows = [line.split("\t") for line in (folder / "labels.tsv").read_text().splitlines()[1:]]
    labels = {path: (group, int(planted), int(decoys)) for path, group, planted, decoys in rows}
    published = [line.split("\t")[1:] for line in out.splitlines() if line.startswith("published\t")]
    return folder / "tree", labels, published


def timed(command, **options):
    start = time.perf_counter()
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    return done.stdout, time.perf_counter() - start


def clearance(program, tree):
    """places that Clearance reports without being asked for more"""
    out, seconds = timed([program, "check", tree, "--format", "json", "--no-cache", "--no-flow", "--exit-zero"])
    places = set()
    for finding in json.loads(out)["findings"]:
        if finding["plane"] == "secrets" or finding["rule"].startswith("hardcoded-password"):
            for place in [finding, *finding.get("also", [])]:
                places.add((place["path"], place["line"], finding["fingerprint"]))
    return places, seconds


def detect_secrets(tree):
    venv = CACHE / "detect-secrets"
    if not (venv / "bin" / "detect-secrets").exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([venv / "bin" / "pip", "install", "-q", "--disable-pip-version-check", "detect-secrets"], check=True)
    out, seconds = timed([venv / "bin" / "detect-secrets", "scan", "--all-files", "."], cwd=tree)
    found = json.loads(out)["results"]
    return {(path, one["line_number"], one["hashed_secret"]) for path, all in found.items() for one in all}, seconds


def gitleaks_program(tree):
    report = tree.parent / "gitleaks.json"
    command = ["gitleaks", "dir", ".", "--no-banner", "--exit-code", "0", "--report-format", "json", "--report-path", report]
    _, seconds = timed(command, cwd=tree)
    found = json.loads(report.read_text() or "[]") or []
    return {(one["File"].removeprefix("./"), one["StartLine"], one["RuleID"]) for one in found}, seconds


def scores(places, labels):
    """by group: planted credentials that were found, false alarms"""
    by_file = collections.Counter(path for path, _ in {place[:2] for place in places})
    score = collections.defaultdict(lambda: [0, 0])
    for path, (group, planted, _) in labels.items():
        score[group][0 if planted else 1] += min(by_file[path], 1) if planted else by_file[path]
    return score


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("clearance", type=pathlib.Path)
    arguments.add_argument("gitleaks", type=pathlib.Path, nargs="?")
    options = arguments.parse_args()
    config = options.gitleaks
    if config and config.is_dir():
        config = config / "config" / "gitleaks.toml"
    with tempfile.TemporaryDirectory() as folder:
        compare(options.clearance.resolve(), *corpus(pathlib.Path(folder), config))


def compare(program, tree, labels, published):
    totals = collections.defaultdict(lambda: [0, 0])
    for group, planted, decoys in labels.values():
        totals[group][0] += planted
        totals[group][1] += decoys
    columns = {}
    for name, run in [("Clearance", lambda: clearance(program, tree)), ("detect-secrets", lambda: detect_secrets(tree))]:
        places, seconds = run()
        columns[name] = (scores(places, labels), seconds)
    if published:
        columns["gitleaks' rules"] = ({group: [int(hit), int(wrong)] for group, hit, wrong in published}, None)
    if shutil.which("gitleaks"):
        places, seconds = gitleaks_program(tree)
        columns["gitleaks"] = (scores(places, labels), seconds)
    print(f"{'':22}" + "".join(f"{name:>17}" for name in columns))

    def line(title, value):
        print(f"{title:22}" + "".join(f"{value(*column):>17}" for column in columns.values()))

    for group, (planted, decoys) in sorted(totals.items(), key=lambda item: (item[1][0] == 0, item[0])):
        at, of = (0, planted) if planted else (1, decoys)
        line(group, lambda score, _: f"{score.get(group, [0, 0])[at]} of {of}")
    planted = sum(total[0] for total in totals.values())
    plain = sum(total[0] for group, total in totals.items() if group in PLAIN)
    hits = lambda score, groups: sum(score.get(group, [0, 0])[0] for group in groups)
    wrong = lambda score: sum(one[1] for one in score.values())
    line("recall", lambda score, _: f"{hits(score, totals) / planted:.3f}")
    line("recall, plain text", lambda score, _: f"{hits(score, PLAIN) / plain:.3f}")
    line("precision", lambda score, _: f"{hits(score, totals) / max(hits(score, totals) + wrong(score), 1):.3f}")
    line("precision, plain text", lambda score, _: f"{hits(score, PLAIN) / max(hits(score, PLAIN) + wrong(score), 1):.3f}")
    line("seconds", lambda _, seconds: "-" if seconds is None else f"{seconds:.1f}")


if __name__ == "__main__":
    main()
