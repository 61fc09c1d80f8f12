#!/usr/bin/env python3
"""Scores Clearance on a checkout of the OWASP Benchmark for Python.

    bench/owasp.py PROGRAM CHECKOUT [--cases even|odd|all]

Per category: the share of vulnerable cases that are reported, the share of harmless cases that are, and the difference of the two; at the end their
averages. A case counts as reported when some finding in its file carries a weakness of the case's family. Develop on the even-numbered cases.
"""
import argparse
import collections
import csv
import json
import pathlib
import re
import subprocess

# What counts for a case's weakness beside itself.
RELATED = {
    22: {23, 24, 36, 73},
    78: {77, 88},
    94: {95, 96},
    328: {327, 326, 916},
    89: {564, 943},
    330: {335, 338},
    643: {91},
    79: {80, 83, 116},
    611: {776, 827},
}


def reported(program, checkout):
    """Weaknesses by file name, from the program's own JSON report."""
    run = subprocess.run([program, "check", checkout, "--no-cache", "--format", "json"], capture_output=True, check=False)
    found = collections.defaultdict(set)
    for finding in json.loads(run.stdout)["findings"]:
        if finding.get("acceptance"):
            continue
        numbers = {int(re.sub(r"\D", "", str(cwe))) for cwe in finding["cwe"]}
        found[pathlib.PurePosixPath(finding["path"]).stem] |= numbers
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("checkout")
    parser.add_argument("--cases", choices=["even", "odd", "all"], default="even")
    args = parser.parse_args()
    found = reported(args.program, args.checkout)
    # Per category: vulnerable and reported, vulnerable, harmless and reported, harmless.
    counts = collections.defaultdict(lambda: [0, 0, 0, 0])
    (expected,) = pathlib.Path(args.checkout).glob("expectedresults*.csv")
    for row in csv.reader(expected.open()):
        if not row or row[0].startswith("#"):
            continue
        case, category, real, weakness = (cell.strip() for cell in row[:4])
        number = int(re.search(r"\d+$", case)[0])
        if args.cases != "all" and (number % 2 == 0) != (args.cases == "even"):
            continue
        family = {int(weakness)} | RELATED.get(int(weakness), set())
        at = 0 if real == "true" else 2
        counts[category][at] += bool(family & found[case])
        counts[category][at + 1] += 1
    scores = []
    for category, (hits, vulnerable, alarms, harmless) in sorted(counts.items()):
        true, false = hits / max(vulnerable, 1), alarms / max(harmless, 1)
        scores.append(true - false)
        print(f"{category:18} {hits:4}/{vulnerable:<4} {alarms:4}/{harmless:<4} {true - false:6.3f}")
    print(f"{'average':18} {'':21} {sum(scores) / len(scores):6.3f}")


if __name__ == "__main__":
    main()
