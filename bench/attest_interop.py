#!/usr/bin/env python3
"""Do others read what `clearance attest` signs, and does `clearance verify` read what others sign?

    bench/attest_interop.py CLEARANCE

Makes a small repository and two keys, Ed25519 and ECDSA P-256. Every predicate is signed with both keys; securesystemslib checks the envelopes, and the messages of in-toto-attestation take
the statements without a field that they do not know. Then securesystemslib signs the same statements, and CLEARANCE checks them. A payload that was changed and a key that did not sign must
be refused by both. The run fails at the first disagreement.
"""
import base64, copy, hashlib, json, os, pathlib, subprocess, sys, tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = ROOT / "target" / "bench"
NEEDED = ["securesystemslib==1.6.0", "cryptography==50.0.2", "in-toto-attestation==0.9.3"]
PREDICATES = ["test-result", "vulns", "svr", "svr-0.2"]
APP = 'from flask import Flask\n\napp = Flask(__name__)\n\n\n@app.get("/")\ndef index():\n    return "hello"\n'
RECORD = {
    "id": "GHSA-0000-test-0000",
    "modified": "2026-01-02T03:04:05Z",
    "affected": [{"package": {"ecosystem": "PyPI", "name": "flask"}, "versions": ["3.0.0"]}],
}


def in_environment():
    """runs this script again with what it needs installed"""
    venv = CACHE / "attest"
    if pathlib.Path(sys.prefix).resolve() == venv.resolve():
        return
    if not (venv / "installed").exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([venv / "bin" / "pip", "install", "-q", "--disable-pip-version-check", *NEEDED], check=True)
        (venv / "installed").write_text("\n".join(NEEDED))
    os.execv(venv / "bin" / "python", [str(venv / "bin" / "python"), *sys.argv])


def repository(folder):
    """a repository with one commit; its name"""
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "requirements.txt").write_text("flask==3.0.0\n")
    (folder / "clearance.toml").write_text('profile = "production"\n')
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    for command in [["init", "-q"], ["add", "."], ["commit", "-q", "-m", "start"]]:
        subprocess.run([*git, *command], cwd=folder, check=True)
    return subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def keys(folder):
    """the private keys, written down for CLEARANCE"""
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    made = {"ed25519": ed25519.Ed25519PrivateKey.generate(), "p256": ec.generate_private_key(ec.SECP256R1())}
    for name, key in made.items():
        private = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
        public = key.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)
        (folder / f"{name}.pem").write_bytes(private)
        (folder / f"{name}.pub.pem").write_bytes(public)
    return made


def identity(key):
    from cryptography.hazmat.primitives import serialization as form

    return hashlib.sha256(key.public_key().public_bytes(form.Encoding.DER, form.PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def is_signed_by(envelope, key):
    """what securesystemslib says"""
    from securesystemslib.dsse import Envelope
    from securesystemslib.exceptions import VerificationError
    from securesystemslib.signer import SSlibKey

    public = SSlibKey.from_crypto(key.public_key(), keyid=identity(key))
    try:
        return len(Envelope.from_dict(copy.deepcopy(envelope)).verify([public], 1)) == 1
    except VerificationError:
        return False


def understood(statement):
    """raises if the messages of in-toto do not take the statement as it is"""
    from google.protobuf import json_format
    from in_toto_attestation.predicates.test_result.v0 import test_result_pb2
    from in_toto_attestation.v1 import resource_descriptor_pb2, statement_pb2
    from in_toto_attestation.v1.resource_descriptor import ResourceDescriptor
    from in_toto_attestation.v1.statement import Statement

    message = json_format.ParseDict(statement, statement_pb2.Statement())
    Statement.copy_from_pb(message).validate()
    predicate = statement["predicate"]
    descriptors = predicate.get("configuration", []) + predicate.get("verifier", {}).get("policies", [])
    for descriptor in descriptors:
        message = json_format.ParseDict(descriptor, resource_descriptor_pb2.ResourceDescriptor())
        ResourceDescriptor.copy_from_pb(message).validate()
    if "result" in predicate:
        json_format.ParseDict(predicate, test_result_pb2.TestResult())


def signed_by_others(payload, key):
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer import CryptoSigner, SSlibKey

    envelope = Envelope(payload, "application/vnd.in-toto+json", {})
    envelope.sign(CryptoSigner(key, SSlibKey.from_crypto(key.public_key(), keyid=identity(key))))
    return envelope.to_dict()


def main():
    in_environment()
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    clearance = str(pathlib.Path(sys.argv[1]).resolve())
    checks = 0

    def check(is_so, what):
        nonlocal checks
        checks += 1
        if not is_so:
            sys.exit(f"attestations: {what}")

    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        commit = repository(place / "shop")
        made = keys(place)
        (place / "record.json").write_text(json.dumps(RECORD))
        (place / "shop.tar.gz").write_bytes(b"what was built")

        def run(*arguments):
            return subprocess.run([clearance, *map(str, arguments)], capture_output=True, text=True)

        def verified(envelope, name, predicate, *more):
            (place / "envelope.json").write_text(json.dumps(envelope))
            about = ["--commit", commit, "--subject", place / "shop.tar.gz", "--predicate", predicate, "--max-age", "1h"]
            return run("verify", "--attestation", place / "envelope.json", "--public-key", place / f"{name}.pub.pem", *about, *more)

        for name, key in made.items():
            other, other_key = next((item for item in made.items() if item[0] != name))
            for predicate in PREDICATES:
                what = f"{predicate} with {name}"
                done = run("attest", place / "shop", "--key", place / f"{name}.pem", "--predicate", predicate, "--subject", place / "shop.tar.gz",
                           "--advisories", place / "record.json", "--output", place / "out.json", "--no-cache")
                check(done.returncode == 0, f"{what} is not written: {done.stderr}")
                envelope = json.loads((place / "out.json").read_text())
                payload = base64.b64decode(envelope["payload"], validate=True)
                statement = json.loads(payload)
                check(is_signed_by(envelope, key), f"{what}: securesystemslib does not verify it")
                check(not is_signed_by(envelope, other_key), f"{what}: securesystemslib verifies it with another key")
                understood(statement)
                check([subject["digest"] for subject in statement["subject"]]
                      == [{"gitCommit": commit}, {"sha256": hashlib.sha256(b"what was built").hexdigest()}], f"{what}: subjects are {statement['subject']}")
                if predicate == "vulns":
                    check([result["id"] for result in statement["predicate"]["scanner"]["result"]] == [RECORD["id"]], f"{what}: {statement}")
                    check(statement["predicate"]["scanner"]["db"]["lastUpdate"] == RECORD["modified"], f"{what}: {statement}")

                ours = verified(envelope, name, predicate)
                check(ours.returncode == 0, f"{what} is not verified: {ours.stderr}")
                theirs = signed_by_others(payload, key)
                told = verified(theirs, name, predicate)
                check(told.returncode == 0, f"{what}: what securesystemslib signed is not verified: {told.stderr}")
                check(verified(theirs, other, predicate).returncode == 1, f"{what}: verified with another key")
                changed = dict(theirs, payload=base64.b64encode(payload.replace(b"shop", b"shut", 1)).decode())
                check(verified(changed, name, predicate).returncode == 1, f"{what}: a changed payload is verified")
                check(not is_signed_by(changed, key), f"{what}: securesystemslib verifies a changed payload")
    print(f"attestations: {len(PREDICATES)} predicates, {len(made)} kinds of keys, {checks} checks, no disagreement with securesystemslib and in-toto-attestation")


main()
