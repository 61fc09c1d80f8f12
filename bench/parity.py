#!/usr/bin/env python3
"""Parity with Bandit: is every finding of Bandit on its own examples also one of Clearance's?

    bench/parity.py CLEARANCE [--keep]

Installs Bandit 1.9.4 from PyPI into a folder of its own under target/bench, takes the examples from its source distribution, runs both with
every audit rule on, and compares. A finding of Bandit counts as matched when a result of Clearance lies on one of its lines and its rule carries Bandit's id
as an alias. What is not matched must be listed in bench/parity_differences.tsv with a reason; the run fails on a difference that is not listed, on a
listed one that is gone, and below the share asked for with --at-least (0.97).
"""
import argparse, collections, csv, json, pathlib, subprocess, sys, tarfile

BANDIT = "bandit==1.9.4"
ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = ROOT / "target" / "bench"
DIFFERENCES = ROOT / "bench" / "parity_differences.tsv"


def prepare():
    """the Bandit program and the folder of its examples"""
    venv = CACHE / "bandit"
    if not (venv / "bin" / "bandit").exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([venv / "bin" / "pip", "install", "-q", "--disable-pip-version-check", BANDIT], check=True)
    examples = CACHE / "bandit-examples"
    if not examples.exists():
        download = CACHE / "download"
        subprocess.run([venv / "bin" / "pip", "download", "-q", "--disable-pip-version-check", "--no-deps",
                        "--no-binary", ":all:", "-d", download, BANDIT], check=True)
        archives = sorted(download.glob("bandit-*.tar.gz"))
        if not archives:
            sys.exit("parity: the source distribution of Bandit could not be downloaded")
        with tarfile.open(archives[0]) as archive:
            for member in archive.getmembers():
                parts = pathlib.PurePosixPath(member.name).parts
                if member.isfile() and len(parts) > 2 and parts[1] == "examples":
                    target = examples.joinpath(*parts[2:])
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(archive.extractfile(member).read())
    return venv / "bin" / "bandit", examples


def run(program, bandit, examples):
    theirs = CACHE / "bandit.json"
    subprocess.run([bandit, "-q", "-r", examples, "-f", "json", "-o", theirs], check=False, capture_output=True)
    ours = subprocess.run([program, "check", examples, "--audit", "--severity", "info", "--no-cache", "--format", "sarif"],
                          capture_output=True)
    if ours.returncode not in (0, 1):
        sys.exit(f"parity: clearance exited with {ours.returncode}: {ours.stderr.decode()}")
    return json.loads(theirs.read_text())["results"], json.loads(ours.stdout)


def places(sarif):
    """per file name: first line, last line, Bandit ids"""
    found = collections.defaultdict(list)
    for each in sarif["runs"]:
        rules = each["tool"]["driver"]["rules"]
        for result in each["results"]:
            tags = rules[result["ruleIndex"]]["properties"]["tags"]
            ids = {tag.removeprefix("bandit:") for tag in tags if tag.startswith("bandit:B")}
            place = result["locations"][0]["physicalLocation"]
            region = place["region"]
            name = pathlib.PurePosixPath(place["artifactLocation"]["uri"]).name
            found[name].append((region["startLine"], region.get("endLine", region["startLine"]), ids))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clearance", type=pathlib.Path)
    parser.add_argument("--at-least", type=float, default=0.97)
    options = parser.parse_args()
    bandit, examples = prepare()
    theirs, sarif = run(options.clearance.resolve(), bandit, examples)
    ours = places(sarif)
    per_id = collections.defaultdict(lambda: [0, 0])
    missing = set()
    for finding in theirs:
        lines = set(finding["line_range"]) | {finding["line_number"]}
        name = pathlib.PurePath(finding["filename"]).name
        hit = any(finding["test_id"] in ids and any(first <= line <= last for line in lines) for first, last, ids in ours[name])
        per_id[finding["test_id"]][0] += hit
        per_id[finding["test_id"]][1] += 1
        if not hit:
            missing.add((finding["test_id"], name, str(finding["line_number"])))
    for test, (hits, total) in sorted(per_id.items()):
        if hits != total:
            print(f"{test}  {hits}/{total}")
    hits = sum(row[0] for row in per_id.values())
    total = sum(row[1] for row in per_id.values())
    print(f"parity  {hits}/{total}  {hits / total:.4f}")
    with DIFFERENCES.open(newline="") as file:
        listed = {(row["test"], row["file"], row["line"]) for row in csv.DictReader(file, delimiter="\t")}
    problems = [f"not explained: {row}" for row in sorted(missing - listed)] + [f"listed, but matched now: {row}" for row in sorted(listed - missing)]
    for problem in problems:
        print(problem)
    sys.exit(1 if problems or hits / total < options.at_least else 0)


if __name__ == "__main__":
    main()
