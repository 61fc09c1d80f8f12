#!/usr/bin/env python3
"""Does `clearance probe` tell servers apart that are set up well from those that are not?

    bench/probe_servers.py CLEARANCE

Starts on this machine: Flask's development server with its debugger; gunicorn with Flask behind nginx with TLS, once set up well and once badly; Django's development server with DEBUG on, and gunicorn with Django as
in production; uvicorn with FastAPI in debug mode. Each is probed, and what is said of every point is held against what is so. Ends with a table of points and servers. Needs nginx; installs the rest from PyPI.
"""
import concurrent.futures, datetime, ipaddress, json, os, pathlib, shutil, signal, socket, subprocess, sys, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = ROOT / "target" / "bench"
NEEDED = ["flask==3.1.2", "flask-wtf==1.2.2", "flask-limiter==4.0.0", "gunicorn==23.0.0", "django==5.2.8", "fastapi==0.121.3", "uvicorn==0.38.0", "cryptography==50.0.2"]

# --- the applications -------------------------------------------------------------------------------------------------------------------------------------------------------------------

FLASK_BAD = '''
from flask import Flask, make_response, redirect, request, url_for

app = Flask(__name__)


@app.get("/")
def index():
    page = """<html><link rel="stylesheet" href="/static/a.css"><a href="/item?id=1">item</a> <a href="/out?next=/">out</a> <a href="%s">self</a>
<form method="post" action="/note"><input name="text"></form></html>""" % url_for("index", _external=True)
    response = make_response(page)
    response.set_cookie("session", "eyJ1c2VyIjoxfQ.aB3dE5", httponly=False)
    response.set_cookie("__Host-basket", "1", path="/shop", secure=True)
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    return response


@app.route("/", methods=["TRACE"])
def trace():
    head = "".join(f"{name}: {value}\\r\\n" for name, value in request.headers)
    return f"TRACE / HTTP/1.1\\r\\n{head}", {"Content-Type": "message/http"}


@app.get("/item")
def item():
    return "item %d" % int(request.args["id"])


@app.get("/out")
def out():
    return redirect(request.args["next"])


@app.post("/note")
def note():
    return "kept"


@app.route("/login", methods=["GET", "POST"])
def login():
    return '<form method="post"><input name="user"><input type="password" name="password"></form>'


@app.after_request
def share(response):
    if "Origin" in request.headers:
        response.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
        response.headers["Access-Control-Allow-Credentials"] = "true"
    return response
'''

FLASK_GOOD = '''
import os

from flask import Flask, abort, make_response, redirect, render_template_string, request, session
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf import CSRFProtect
from flask_wtf.csrf import generate_csrf

app = Flask(__name__)
app.config.update(
    SECRET_KEY=os.environ["SECRET_KEY"],
    SESSION_COOKIE_SECURE=True,
    SESSION_COOKIE_HTTPONLY=True,
    SESSION_COOKIE_SAMESITE="Lax",
    WTF_CSRF_SSL_STRICT=False,
)
CSRFProtect(app)
limiter = Limiter(get_remote_address, app=app, storage_uri="memory://")

PAGE = """<html><link rel="stylesheet" href="/static/a.css"><a href="/item?id=1">item</a> <a href="/out?next=/">out</a>
<form method="post" action="/note"><input type="hidden" name="csrf_token" value="{{ csrf_token() }}"><input name="text"></form></html>"""
LOGIN = """<form method="post"><input type="hidden" name="csrf_token" value="{{ csrf_token() }}"><input name="user"><input type="password" name="password"></form>"""


@app.get("/")
def index():
    session["seen"] = True
    response = make_response(render_template_string(PAGE))
    response.set_cookie("__Host-basket", "1", secure=True, httponly=True, samesite="Lax")
    return response


@app.get("/item")
def item():
    number = request.args.get("id", type=int)
    return f"item {number}" if number else abort(404)


@app.get("/out")
def out():
    return redirect("/")


@app.post("/note")
def note():
    return "kept"


@app.route("/login", methods=["GET", "POST"])
@limiter.limit("5/minute", methods=["POST"])
def login():
    return render_template_string(LOGIN)


@app.get("/account")
def account():
    if "user" not in session:
        return redirect("/login")
    return "account"


@app.errorhandler(500)
def failed(error):
    return "Something went wrong", 500
'''

DJANGO = '''
import os, sys
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.urls import path

DEBUG = os.environ["MODE"] == "debug"
GOOD = {} if DEBUG else dict(
    SESSION_COOKIE_SECURE=True, CSRF_COOKIE_SECURE=True, SECURE_CONTENT_TYPE_NOSNIFF=True, X_FRAME_OPTIONS="DENY", SECURE_REFERRER_POLICY="same-origin",
    MIDDLEWARE=["django.middleware.security.SecurityMiddleware", "site_django.Policy", "django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware",
                "django.middleware.clickjacking.XFrameOptionsMiddleware"],
)
settings.configure(DEBUG=DEBUG, SECRET_KEY=os.environ["SECRET_KEY"], ALLOWED_HOSTS=["127.0.0.1"], ROOT_URLCONF=__name__, STATIC_URL="/static/",
                   **({"MIDDLEWARE": []} if DEBUG else {}), **GOOD)


class Policy:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response["Content-Security-Policy"] = "default-src 'self'; frame-ancestors 'none'"
        return response


def index(request):
    token = "" if DEBUG else f'<input type="hidden" name="csrfmiddlewaretoken" value="{get_token(request)}">'
    return HttpResponse(f'<html><a href="/item?id=1">item</a><form method="post" action="/note">{token}<input name="text"></form></html>')


def item(request):
    if DEBUG:
        return HttpResponse("item %d" % int(request.GET["id"]))
    return HttpResponse("item")


def note(request):
    return HttpResponse("kept")


urlpatterns = [path("", index), path("item", item), path("note", note)]
application = get_wsgi_application()

if __name__ == "__main__":
    from django.core.management import execute_from_command_line

    sys.modules["site_django"] = sys.modules["__main__"]
    execute_from_command_line(sys.argv)
'''

FASTAPI = '''
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI(debug=True)
app.add_middleware(CORSMiddleware, allow_origin_regex=".*", allow_credentials=True)


@app.get("/")
def index():
    return {"shop": "open"}


@app.get("/orders")
def orders(id: str = "1"):
    return {"order": int(id)}
'''

NGINX = '''
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 1;
events {{ worker_connections 64; }}
http {{
    access_log off;
    types {{ text/html html; text/css css; }}
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    {servers}
}}
'''

GOOD_SERVER = '''
    server {{
        listen 127.0.0.1:{port} ssl default_server;
        server_tokens off;
        ssl_certificate {folder}/good.pem;
        ssl_certificate_key {folder}/good.key;
        ssl_protocols TLSv1.2 TLSv1.3;
        return 444;
    }}
    server {{
        listen 127.0.0.1:{port} ssl;
        server_name localhost;
        server_tokens off;
        ssl_certificate {folder}/good.pem;
        ssl_certificate_key {folder}/good.key;
        ssl_protocols TLSv1.2 TLSv1.3;
        add_header Strict-Transport-Security "max-age=31536000; includeSubDomains" always;
        add_header X-Content-Type-Options nosniff always;
        add_header X-Frame-Options DENY always;
        add_header Content-Security-Policy "default-src 'self'; frame-ancestors 'none'" always;
        add_header Referrer-Policy same-origin always;
        location /static/ {{ root {folder}/good-files; }}
        location / {{
            proxy_pass http://127.0.0.1:{behind};
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-Proto https;
        }}
    }}
    server {{
        listen 127.0.0.1:{plain};
        server_name localhost;
        server_tokens off;
        return 301 https://localhost:{port}$request_uri;
    }}
'''

BAD_SERVER = '''
    server {{
        listen 127.0.0.1:{port} ssl;
        listen 127.0.0.1:{plain};
        ssl_certificate {folder}/bad.pem;
        ssl_certificate_key {folder}/bad.key;
        ssl_protocols TLSv1 TLSv1.1 TLSv1.2;
        ssl_ciphers "ALL:eNULL:@SECLEVEL=0";
        add_header Cross-Origin-Opener-Policy unsafe-none;
        autoindex on;
        location /static/ {{ root {folder}/bad-files; }}
        location ~ /\\. {{ root {folder}/bad-files; default_type text/plain; }}
        location / {{
            proxy_pass http://127.0.0.1:{behind};
            proxy_set_header Host $http_host;
        }}
    }}
'''

# --- what is so -------------------------------------------------------------------------------------------------------------------------------------------------------------------------
# One line for each point, one column for each server: the severity of the finding, `ok` where it is in order, `open` where it cannot be said, `-` where there is nothing of the kind,
# `*` where it depends on what else listens on this machine.

SERVERS = ["flask-debug", "nginx-good", "nginx-bad", "django-debug", "django-good", "fastapi"]
EXPECTED = """
live-certificate-expired              -             ok            high          -             -             -
live-certificate-untrusted            -             ok            high          -             -             -
live-content-security-policy-missing  medium        ok            medium        medium        info          low
live-cookie-not-secure                low           ok            medium        -             ok            -
live-cookie-prefix-broken             low           ok            low           -             -             -
live-cookie-readable                  medium        ok            medium        -             -             -
live-cookie-without-same-site         low           ok            low           -             -             -
live-cors-too-open                    high          ok            high          ok            ok            high
live-csrf-not-enforced                medium        ok            medium        medium        ok            -
live-debugger-reachable               critical      ok            ok            ok            ok            ok
live-development-server               high          ok            ok            high          ok            ok
live-differs-from-code                -             ok            medium        -             -             -
live-directory-listing                ok            ok            medium        ok            ok            ok
live-file-exposed                     ok            ok            critical      ok            ok            ok
live-frame-options-missing            medium        ok            medium        medium        info          low
live-header-unexpected                -             ok            medium        -             -             -
live-headers-contradict               ok            ok            low           ok            ok            ok
live-host-header-reflected            medium        ok            medium        ok            ok            ok
live-hsts-missing                     -             ok            low           -             -             -
live-login-not-limited                medium        ok            medium        -             -             -
live-method-unexpected                low           ok            low           low           ok            ok
live-nosniff-missing                  low           ok            low           low           info          low
live-open-redirect                    medium        ok            medium        ok            ok            ok
live-plain-http                       info          ok            medium        info          info          info
live-referrer-policy-missing          low           ok            low           low           info          low
live-socket-unexpected                *             -             -             -             *             -
live-stack-trace                      ok            ok            ok            high          ok            high
live-tls-old-version                  -             ok            medium        -             -             -
live-tls-weak-cipher                  -             ok            medium        -             -             -
live-trace-enabled                    low           ok            ok            ok            ok            ok
live-version-disclosed                low           ok            low           low           ok            ok
"""


def in_environment():
    """runs this script again with what it needs installed"""
    venv = CACHE / "probe"
    if pathlib.Path(sys.prefix).resolve() == venv.resolve():
        return
    marker = venv / "installed"
    if not marker.exists() or marker.read_text() != "\n".join(NEEDED):
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([venv / "bin" / "pip", "install", "-q", "--disable-pip-version-check", *NEEDED], check=True)
        marker.write_text("\n".join(NEEDED))
    os.execv(venv / "bin" / "python", [str(venv / "bin" / "python"), *sys.argv])


def free_ports(number):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def certificates(folder):
    """an authority with a certificate for this machine, and one that signs itself and has ended"""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    now = datetime.datetime.now(datetime.timezone.utc)
    day = datetime.timedelta(days=1)

    def make(name, issuer, start, end):
        key = rsa.generate_private_key(65537, 2048)
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        builder = x509.CertificateBuilder().subject_name(subject).public_key(key.public_key()).serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(start).not_valid_after(end).issuer_name(issuer[0].subject if issuer else subject)
        builder = builder.add_extension(x509.BasicConstraints(name == "authority", None), True)
        if name != "authority":
            builder = builder.add_extension(names, False)
        return builder.sign(issuer[1] if issuer else key, hashes.SHA256()), key

    authority = make("authority", None, now - 10 * day, now + 900 * day)
    for name, pair in {"good": make("localhost", authority, now - day, now + 80 * day), "bad": make("bad", None, now - 90 * day, now - 3 * day)}.items():
        (folder / f"{name}.pem").write_bytes(pair[0].public_bytes(serialization.Encoding.PEM))
        (folder / f"{name}.key").write_bytes(pair[1].private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    (folder / "authority.pem").write_bytes(authority[0].public_bytes(serialization.Encoding.PEM))


def wait_for(port, process, name):
    for _ in range(200):
        if process.poll() is not None:
            sys.exit(f"probe: {name} does not start: {process.args}")
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return
        except OSError:
            time.sleep(0.1)
    sys.exit(f"probe: {name} does not listen")


def said(save):
    """what a probe says of each rule: the worst severity, `ok`, `open` or `-`"""
    order = ["critical", "high", "medium", "low", "info"]
    result = json.loads(save.read_text())
    told = {}
    for examined in result["examined"]:
        told[examined["rule"]] = "ok" if examined["count"] else "-"
    for fact in result["undecided"]:
        told[fact["rule"]] = "open"
    for finding in result["findings"]:
        severity = finding["severity"].lower()
        before = told.get(finding["rule"])
        if before not in order or order.index(severity) < order.index(before):
            told[finding["rule"]] = severity
    return told


def main():
    in_environment()
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    clearance = str(pathlib.Path(sys.argv[1]).resolve())
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if not nginx:
        sys.exit("probe: nginx is not installed")
    bin = pathlib.Path(sys.prefix) / "bin"
    processes = []
    folder = pathlib.Path(tempfile.mkdtemp())
    started = time.monotonic()
    try:
        folder.chmod(0o755)
        certificates(folder)
        for name in ["bad", "good"]:
            (folder / f"{name}-files" / "static").mkdir(parents=True)
            (folder / f"{name}-files" / "static" / "a.css").write_text("p { color: black }\n")
        (folder / "bad-files" / ".env").write_text("DEBUG=0\nSECRET_KEY=not-a-secret\n")
        (folder / "bad-files" / ".git").mkdir()
        (folder / "bad-files" / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
        good = folder / "good-app"
        good.mkdir()
        (good / "app.py").write_text(FLASK_GOOD)
        (folder / "bad_app.py").write_text(FLASK_BAD)
        (folder / "site_django.py").write_text(DJANGO)
        (folder / "site_fastapi.py").write_text(FASTAPI)
        ports = free_ports(10)
        flask_debug, good_behind, bad_behind, good_tls, good_plain, bad_tls, bad_plain, django_debug, django_good, fastapi = ports
        servers = GOOD_SERVER.format(port=good_tls, plain=good_plain, behind=good_behind, folder=folder)
        servers += BAD_SERVER.format(port=bad_tls, plain=bad_plain, behind=bad_behind, folder=folder)
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder, servers=servers))
        environment = {**os.environ, "SECRET_KEY": "of-the-bench-only-0123456789abcdef0123456789", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(folder)}

        def start(name, port, command, cwd=folder, **more):
            with open(folder / f"{name}.log", "w") as log:
                process = subprocess.Popen([str(part) for part in command], cwd=cwd, env={**environment, **more}, stdout=log, stderr=log, start_new_session=True)
            processes.append(process)
            return name, port, process

        waiting = [
            start("flask-debug", flask_debug, [bin / "flask", "--app", "bad_app", "run", "--debug", "--no-reload", "--host", "0.0.0.0", "--port", flask_debug]),
            start("good-behind", good_behind, [bin / "gunicorn", "-w", "1", "--threads", "4", "-b", f"127.0.0.1:{good_behind}", "app:app"], good),
            start("bad-behind", bad_behind, [bin / "gunicorn", "-w", "1", "--threads", "4", "-b", f"127.0.0.1:{bad_behind}", "bad_app:app"]),
            start("django-debug", django_debug, [bin / "python", "site_django.py", "runserver", "--noreload", f"127.0.0.1:{django_debug}"], MODE="debug"),
            start("django-good", django_good, [bin / "gunicorn", "-w", "1", "--threads", "4", "-b", f"127.0.0.1:{django_good}", "site_django:application"], MODE="production"),
            start("fastapi", fastapi, [bin / "uvicorn", "--port", fastapi, "site_fastapi:app"]),
        ]
        waiting.append(start("nginx", good_tls, [nginx, "-c", folder / "nginx.conf", "-e", folder / "error.log"]))
        for name, port, process in waiting:
            wait_for(port, process, name)

        report = folder / "report.json"
        checked = subprocess.run([clearance, "check", good, "--isolated", "--no-cache", "--format", "json"], capture_output=True, text=True)
        report.write_text(checked.stdout)
        (folder / "login.toml").write_text('url = "/login"\nattempts = 8\n[fields]\nuser = "ann"\npassword = "wrong"\n')
        (folder / "expected.toml").write_text('[headers]\nX-Frame-Options = "DENY"\n')
        wanted = {
            "flask-debug": [f"http://127.0.0.1:{flask_debug}/", "--login", folder / "login.toml", "--listen"],
            "nginx-good": [f"https://localhost:{good_tls}/", "--ca", folder / "authority.pem", "--plain", f"http://localhost:{good_plain}/", "--expect", report, "--expect", folder / "expected.toml", "--login", folder / "login.toml"],
            "nginx-bad": [f"https://localhost:{bad_tls}/", "--ca", folder / "authority.pem", "--plain", f"http://localhost:{bad_plain}/", "--expect", report, "--expect", folder / "expected.toml", "--login", folder / "login.toml"],
            "django-debug": [f"http://127.0.0.1:{django_debug}/"],
            "django-good": [f"http://127.0.0.1:{django_good}/", "--listen"],
            "fastapi": [f"http://127.0.0.1:{fastapi}/"],
        }

        def probe(name):
            save = folder / f"{name}.live.json"
            command = [clearance, "probe", *wanted[name], "--isolated", "--rate", "200", "--save", save, "--format", "json"]
            done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
            return done, save

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            probed = dict(zip(wanted, pool.map(probe, wanted)))
        told = {}
        for name, (done, save) in probed.items():
            if done.returncode not in (0, 1):
                sys.exit(f"probe: {name} ends with {done.returncode}: {done.stderr}{(folder / f'{name}.log').read_text() if (folder / f'{name}.log').exists() else ''}")
            told[name] = said(save)
        table(told)
        problems = compare(told)
        problems += exits(probed)
        problems += sockets(probed, flask_debug, django_good)
        problems += joined(clearance, good, probed["nginx-good"][1])
        if problems:
            if os.environ.get("KEEP"):
                print("kept:", folder)
            sys.exit("probe: " + "\n       ".join(problems))
        print(f"probe: {len(SERVERS)} servers, {len(told[SERVERS[0]])} points, everything as it is; {time.monotonic() - started:.0f} s")
    finally:
        for process in processes:
            try:
                os.killpg(process.pid, signal.SIGTERM)
            except ProcessLookupError:
                pass
        for process in processes:
            process.wait(10)
        if not os.environ.get("KEEP"):
            shutil.rmtree(folder, ignore_errors=True)


def table(told):
    rules = sorted({rule for one in told.values() for rule in one})
    width = max(map(len, rules))
    print(" " * width + "".join(f"  {name:12}" for name in SERVERS))
    for rule in rules:
        print(f"{rule:{width}}" + "".join(f"  {told[name].get(rule, '-'):12}" for name in SERVERS))


def compare(told):
    problems = []
    lines = [line.split() for line in EXPECTED.strip().splitlines()]
    known = {line[0] for line in lines}
    problems += [f"{rule}: nothing is expected of it" for rule in sorted({rule for one in told.values() for rule in one} - known)]
    for rule, *words in lines:
        for name, word in zip(SERVERS, words):
            is_so = told[name].get(rule, "-")
            if word != "*" and is_so != word:
                problems.append(f"{rule} of {name}: {is_so}, and {word} is so")
    return problems


def exits(probed):
    """a server that is set up well has no finding above info, and its probe ends well"""
    problems = []
    for name in ["nginx-good", "django-good"]:
        done, save = probed[name]
        heavy = [finding["message"] for finding in json.loads(save.read_text())["findings"] if finding["severity"].lower() != "info" and finding["rule"] != "live-socket-unexpected"]
        problems += [f"{name}: {message}" for message in heavy]
        if done.returncode != 0:
            problems.append(f"{name} ends with {done.returncode}")
    problems += [f"{name} ends with {probed[name][0].returncode}" for name in ["flask-debug", "nginx-bad", "django-debug", "fastapi"] if probed[name][0].returncode != 1]
    return problems


def sockets(probed, open_port, closed_port):
    """only the server that listens on every interface is told for its own port"""
    def about(name, port):
        findings = json.loads(probed[name][1].read_text())["findings"]
        return [finding for finding in findings if finding["rule"] == "live-socket-unexpected" and f":{port} " in finding["message"]]

    problems = []
    if not about("flask-debug", open_port):
        problems.append("flask-debug listens on every interface, which is not told")
    problems += [f"django-good: {finding['message']}" for finding in about("django-good", closed_port)]
    return problems


def joined(clearance, app, save):
    """the result of a probe decides controls of a check"""
    command = [clearance, "check", app, "--isolated", "--no-cache", "--format", "json"]
    before, after = (json.loads(subprocess.run([str(part) for part in [*command, *more]], capture_output=True, text=True).stdout) for more in ([], ["--live", save]))
    status = lambda report: {control["id"]: control["status"] for control in report["controls"]}
    before, after = status(before), status(after)
    wanted = {"framing", "content-security-policy", "https-enforced", "proxy-tls", "live-headers", "live-tls", "live-forms", "live-login", "live-agreement", "debugger-unreachable"}
    return [f"with --live the control {control} is {before[control]} → {after[control]}" for control in sorted(wanted) if (before[control], after[control]) != ("not-verified", "pass")]


main()
