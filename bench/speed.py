#!/usr/bin/env python3
"""Speed beside peers: whole runs of Clearance and of Ruff's S rules on the same trees, pair by pair.

    bench/speed.py CLEARANCE [--runs 5] [--tree DIR …] [--bandit] [--cached]

Without --tree it fetches apache-superset 4.0.0, homeassistant 2024.1.0 and salt 3005 from PyPI into target/bench. Prints the median wall time and the
peak memory of each, and the median of the ratios of the pairs: a machine that drifts moves both sides of a pair. With --cached also the ratios of a run
over an unchanged copy of the tree and of one where a file has changed, both with what earlier runs left.
"""
import argparse, os, pathlib, shutil, statistics, subprocess, sys, tarfile, tempfile, time, zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = ROOT / "target" / "bench"
TREES = {"superset": "apache-superset==4.0.0", "homeassistant": "homeassistant==2024.1.0", "salt": "salt==3005"}


def peers():
    venv = CACHE / "peers"
    if not (venv / "bin" / "ruff").exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([venv / "bin" / "pip", "install", "-q", "--disable-pip-version-check", "ruff", "bandit"], check=True)
    return venv / "bin"


def tree(name, bin):
    target = CACHE / "trees" / name
    if not target.exists():
        download = CACHE / "download" / name
        download.mkdir(parents=True, exist_ok=True)
        get = [bin / "pip", "download", "-q", "--no-deps", "-d", download, TREES[name]]
        if subprocess.run([*get, "--no-binary", ":all:", "--no-build-isolation"], capture_output=True).returncode:
            subprocess.run(get, check=True)
        for file in sorted(download.iterdir()):
            if file.suffix == ".whl":
                with zipfile.ZipFile(file) as archive:
                    archive.extractall(target, [name for name in archive.namelist() if name.endswith(".py")])
            else:
                with tarfile.open(file) as archive:
                    archive.extractall(target, [m for m in archive.getmembers() if m.isfile() and m.name.endswith(".py")], filter="data")
    return target


def once(command):
    """wall seconds and peak megabytes of one run"""
    start = time.perf_counter()
    child = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(child.pid, 0)
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def cached(clearance, ruff, path, runs):
    """median ratios of runs that find everything, and all but one file, in the cache"""
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copytree(path, pathlib.Path(folder) / "tree")
        ours = [clearance, "check", copy, "--format", "json", "--cache-dir", pathlib.Path(folder) / "cache"]
        files = sorted(copy.rglob("*.py"), key=lambda file: file.stat().st_size)
        changed = files[len(files) * 9 // 10]

        def change():
            with changed.open("a") as file:
                file.write("\n# changed\n")

        # The second run that misses something writes the modules.
        once(ours), change(), once(ours)
        ratios = []
        for _ in range(runs):
            warm = once(ours)[0]
            change()
            other = once(ours)[0]
            yardstick = once([*ruff, copy])[0]
            ratios.append((warm / yardstick, other / yardstick))
        return [statistics.median(column) for column in zip(*ratios)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clearance", type=pathlib.Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--tree", type=pathlib.Path, action="append")
    parser.add_argument("--bandit", action="store_true")
    parser.add_argument("--cached", action="store_true")
    options = parser.parse_args()
    bin = peers()
    trees = {path.name: path for path in options.tree} if options.tree else {name: tree(name, bin) for name in TREES}
    print(f"{'tree':16}{'files':>7}{'clearance s':>13}{'MB':>6}{'ruff S s':>10}{'MB':>6}{'ratio':>8}")
    for name, path in trees.items():
        ours = [options.clearance.resolve(), "check", path, "--no-cache", "--format", "json"]
        command = [bin / "ruff", "check", "-q", "--no-cache", "--isolated", "--select", "S"]
        ruff = [*command, path]
        once(ours), once(ruff)
        pairs = [(once(ours), once(ruff)) for _ in range(options.runs)]
        files = sum(1 for _ in path.rglob("*.py"))
        line = f"{name:16}{files:>7}{statistics.median(o[0] for o, _ in pairs):>13.3f}{max(o[1] for o, _ in pairs):>6.0f}"
        line += f"{statistics.median(r[0] for _, r in pairs):>10.3f}{max(r[1] for _, r in pairs):>6.0f}"
        line += f"{statistics.median(o[0] / r[0] for o, r in pairs):>8.2f}"
        if options.cached:
            warm, changed = cached(options.clearance.resolve(), command, path, options.runs)
            line += f"  unchanged {warm:.2f}, one file changed {changed:.2f}"
        if options.bandit:
            line += f"  bandit {once([bin / 'bandit', '-q', '-r', path])[0]:.1f} s"
        print(line, flush=True)


if __name__ == "__main__":
    main()
