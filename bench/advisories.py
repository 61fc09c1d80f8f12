#!/usr/bin/env python3
"""An oracle for the advisory database: does it say of every version what `packaging` says?

    bench/advisories.py CLEARANCE ARCHIVE [--packages N]

Reads the records of ARCHIVE (a tar file as PyPA publishes it, plain or packed with gzip or zstd; or a folder) with PyYAML, and evaluates them as the OSV schema
describes, comparing versions with `packaging`: every listed version of every package, each end of each range, and versions around them. The same records are imported by
CLEARANCE, which is asked about the same versions. The run fails on any disagreement, and when there are fewer packages than --packages (300).

Both sides hold that a local version is as affected as the listed public version that it was built from, and that versions which PEP 440 does not know
compare only by their text.
"""
import argparse, collections, json, os, pathlib, subprocess, sys, tarfile, tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = ROOT / "target" / "bench"
NEEDED = ["packaging==25.0", "PyYAML==6.0.3", "zstandard==0.25.0"]


def in_environment():
    """runs this script again with what it needs installed"""
    venv = CACHE / "advisories"
    if pathlib.Path(sys.prefix).resolve() == venv.resolve():
        return
    if not (venv / "installed").exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([venv / "bin" / "pip", "install", "-q", "--disable-pip-version-check", *NEEDED], check=True)
        (venv / "installed").write_text("\n".join(NEEDED))
    os.execv(venv / "bin" / "python", [str(venv / "bin" / "python"), *sys.argv])


def files(archive):
    if archive.is_dir():
        for path in sorted(archive.rglob("*")):
            if path.is_file():
                yield path.name, path.read_bytes()
        return
    stream = archive.open("rb")
    if archive.name.endswith(".zst"):
        import zstandard
        stream = zstandard.ZstdDecompressor().stream_reader(stream)
    with tarfile.open(fileobj=stream, mode="r|gz" if archive.name.endswith(".gz") else "r|") as tar:
        for member in tar:
            if member.isfile():
                yield member.name, tar.extractfile(member).read()


def records(archive):
    import yaml
    # Plain scalars stay text: 4.20 is a version.
    loader = yaml.CBaseLoader if hasattr(yaml, "CBaseLoader") else yaml.BaseLoader
    for name, content in files(archive):
        if name.endswith((".yaml", ".yml", ".json")):
            record = yaml.load(content, loader)
            if isinstance(record, dict) and "affected" in record:
                yield record


class Oracle:
    """the evaluation algorithm of the OSV schema"""

    def __init__(self):
        from packaging.version import InvalidVersion, Version
        self.known = {}

        def parse(text):
            if text not in self.known:
                try:
                    self.known[text] = Version(text)
                except InvalidVersion:
                    self.known[text] = None
            return self.known[text]
        self.parse = parse
        self.version = Version

    def in_range(self, text, events):
        """whether a range covers a version; None where that cannot be said"""
        version = self.parse(text)
        points = []
        for event in events:
            for kind, bound in event.items():
                bound = bound.strip()
                if kind == "limit":
                    if bound != "*" and (version is None or version >= self.parse(bound)):
                        return False
                    continue
                if kind == "introduced" and bound == "0":
                    points.append((0, None, 0, kind))
                    continue
                parsed = self.parse(bound)
                if parsed is None:
                    return (kind != "fixed") if bound == text else None
                points.append((1, parsed, kind == "last_affected", kind))
        import functools

        def order(one, other):
            if one[0] != other[0] or one[0] == 0:
                return one[0] - other[0]
            if one[1] != other[1]:
                return -1 if one[1] < other[1] else 1
            return one[2] - other[2]
        points.sort(key=functools.cmp_to_key(order))
        if version is None:
            kinds = [point[3] for point in points]
            return True if kinds and set(kinds) == {"introduced"} and points[0][0] == 0 else None
        affected = False
        for begin, bound, _, kind in points:
            if kind == "introduced" and (begin == 0 or version >= bound):
                affected = True
            elif kind == "fixed" and version >= bound:
                affected = False
            elif kind == "last_affected" and version > bound:
                affected = False
        return affected

    def affected(self, text, part):
        version = self.parse(text)
        listed = part["versions"]
        if version is None:
            if text in listed["texts"]:
                return True
        elif version in listed["parsed"] or (version.local and self.version(version.public) in listed["parsed"]):
            return True
        return any(self.in_range(text, events) for events in part["ranges"])


def around(version):
    """versions near one"""
    text = str(version)
    base = version.base_version
    yield from (text, base, f"{text}+local", f"{base}.dev0", f"{base}a1", f"{base}rc1", f"{base}.post1", f"{base}.1", f"{base}.0")
    release = list(version.release)
    release[-1] += 1
    epoch = f"{version.epoch}!" if version.epoch else ""
    yield epoch + ".".join(map(str, release))
    if release[-1] >= 2:
        release[-1] -= 2
        yield epoch + ".".join(map(str, release))
    if not version.local and not version.is_devrelease and not version.is_postrelease:
        yield f"{text}.post0.dev1"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clearance", type=pathlib.Path)
    parser.add_argument("archive", type=pathlib.Path)
    parser.add_argument("--packages", type=int, default=300)
    options = parser.parse_args()
    in_environment()
    from packaging.utils import canonicalize_name
    oracle = Oracle()
    packages = collections.defaultdict(list)
    for record in records(options.archive):
        if record.get("withdrawn"):
            continue
        for affected in record["affected"]:
            if affected["package"]["ecosystem"] != "PyPI":
                continue
            texts = [text.strip() for text in affected.get("versions") or []]
            parsed = {version for version in map(oracle.parse, texts) if version is not None}
            ranges = [r["events"] for r in affected.get("ranges") or [] if r["type"] != "GIT"]
            packages[canonicalize_name(affected["package"]["name"])].append(
                {"id": record["id"], "versions": {"texts": set(texts), "parsed": parsed}, "ranges": ranges})
    pairs = []
    for name in sorted(packages):
        asked = set()
        for part in packages[name]:
            asked |= part["versions"]["texts"]
            for events in part["ranges"]:
                for bound in (bound.strip() for event in events for bound in event.values()):
                    parsed = oracle.parse(bound)
                    asked.add(bound)
                    if parsed is not None:
                        asked.update(around(parsed))
        pairs += [(name, version) for version in sorted(asked) if version and not any(c.isspace() for c in version)]
    with tempfile.TemporaryDirectory() as folder:
        index = pathlib.Path(folder, "index")
        program = options.clearance.resolve()
        subprocess.run([program, "db", "import", "--quiet", "--index", index, options.archive], check=True)
        asked = "".join(f"{name} {version}\n" for name, version in pairs)
        answers = subprocess.run([program, "db", "query", "--index", index], input=asked, capture_output=True, text=True, check=True)
    disagreements = matches = undecided = 0
    for (name, version), line in zip(pairs, answers.stdout.splitlines(), strict=True):
        answer = json.loads(line)
        ours = {id for ids in answer["affected"] for id in ids}
        theirs = {part["id"] for part in packages[name] if oracle.affected(version, part)}
        about = {part["id"] for part in packages[name]}
        undecided += len(answer["undecided"])
        matches += len(theirs)
        # Records of one flaw are one for us: each id of theirs must be among ours, and of each of ours one record must be theirs.
        too_few = theirs - ours
        too_many = [ids for ids in answer["affected"] if not theirs & set(ids)]
        for problem, what in ((too_few, "not found"), (too_many, "found, but not affected")):
            if problem:
                disagreements += 1
                print(f"{name} {version}: {what}: {problem} of {len(about)}")
    print(f"{len(packages)} packages, {len(pairs)} versions, {matches} matches, {undecided} undecided, {disagreements} disagreements")
    if disagreements:
        sys.exit("advisories: there are disagreements")
    if len(packages) < options.packages:
        sys.exit(f"advisories: only {len(packages)} packages")


if __name__ == "__main__":
    main()
