//! Protections that extensions of Flask and FastAPI offer.

mod common;

use common::{routes, table};

#[test]
fn sea_surf() {
    let found = routes(
        r#"
from flask import Flask
from flask_login import login_required
from flask_seasurf import SeaSurf

app = Flask(__name__)
csrf = SeaSurf(app)

@app.post("/a")
@login_required
def a(): return "a"

@csrf.exempt
@app.post("/b")
@login_required
def b(): return "b"
"#,
    );
    assert_eq!(table(&found), ["POST /a: yes no yes no", "POST /b: yes no no no"]);
}

#[test]
fn sea_surf_only_where_it_is_asked_for() {
    let found = routes(
        r#"
from flask import Flask
from flask_login import login_required
from flask_seasurf import SeaSurf

app = Flask(__name__)
app.config["SEASURF_INCLUDE_OR_EXEMPT_VIEWS"] = "include"
csrf = SeaSurf(app)

@csrf.include
@app.post("/a")
@login_required
def a(): return "a"

@app.post("/b")
@login_required
def b(): return "b"
"#,
    );
    assert_eq!(table(&found), ["POST /a: yes no yes no", "POST /b: yes no no no"]);
}

#[test]
fn slowapi() {
    let found = routes(
        r#"
from fastapi import FastAPI, Request
from slowapi import Limiter
from slowapi.util import get_remote_address

limiter = Limiter(key_func=get_remote_address)
app = FastAPI()
app.state.limiter = limiter

@app.post("/a")
@limiter.limit("5/minute")
def a(request: Request): return 1

@app.post("/b")
def b(request: Request): return 1
"#,
    );
    assert_eq!(table(&found), ["POST /a: no no n/a yes", "POST /b: no no n/a no"]);
    let found = routes(
        r#"
from fastapi import FastAPI, Request
from slowapi import Limiter
from slowapi.middleware import SlowAPIMiddleware
from slowapi.util import get_remote_address

limiter = Limiter(key_func=get_remote_address, default_limits=["60/minute"])
app = FastAPI()
app.state.limiter = limiter
app.add_middleware(SlowAPIMiddleware)

@app.post("/a")
def a(request: Request): return 1

@app.post("/b")
@limiter.exempt
def b(request: Request): return 1
"#,
    );
    assert_eq!(table(&found), ["POST /a: no no n/a yes", "POST /b: no no n/a no"]);
    let found = routes(
        r#"
from fastapi import FastAPI, Request
from slowapi import Limiter
from slowapi.util import get_remote_address

limiter = Limiter(key_func=get_remote_address, default_limits=["60/minute"])
app = FastAPI()

@app.post("/a")
def a(request: Request): return 1
"#,
    );
    assert_eq!(table(&found), ["POST /a: no no n/a no"], "nothing asks the limiter");
}

#[test]
fn fastapi_limiter() {
    let found = routes(
        r#"
from fastapi import APIRouter, Depends, FastAPI
from fastapi_limiter.depends import RateLimiter

app = FastAPI()
router = APIRouter(prefix="/r", dependencies=[Depends(RateLimiter(times=9, seconds=1))])

@app.post("/a", dependencies=[Depends(RateLimiter(times=2, seconds=5))])
def a(): return 1

@app.post("/b")
def b(): return 1

@app.post("/c")
def c(limit: None = Depends(RateLimiter(times=2, seconds=5))): return 1

@router.post("/d")
def d(): return 1

app.include_router(router)
"#,
    );
    assert_eq!(
        table(&found),
        [
            "POST /a: no no n/a yes",
            "POST /b: no no n/a no",
            "POST /c: no no n/a yes",
            "POST /r/d: no no n/a yes"
        ]
    );
}

#[test]
fn principal() {
    let found = routes(
        r#"
from flask import Flask
from flask_principal import Permission, Principal, RoleNeed

app = Flask(__name__)
Principal(app)
admin = Permission(RoleNeed("admin"))

@app.get("/a")
@admin.require(403)
def a(): return "a"

@app.get("/b")
def b():
    with admin.require():
        return "b"

@app.get("/c")
def c(): return "c"

@app.get("/d")
@admin.require()
def d(): return "d"
"#,
    );
    assert_eq!(
        table(&found),
        [
            "GET /a: yes yes n/a no",
            "GET /b: yes yes n/a no",
            "GET /c: no no n/a no",
            "GET /d: yes yes n/a no"
        ]
    );
}

#[test]
fn security_and_tokens() {
    let found = routes(
        r#"
from flask import Flask
from flask_httpauth import HTTPBasicAuth, HTTPTokenAuth, MultiAuth
from flask_jwt_extended import JWTManager, get_jwt_identity, jwt_required, verify_jwt_in_request
from flask_security import Security, auth_required, permissions_required, roles_required

app = Flask(__name__)
Security(app)
JWTManager(app)
basic = HTTPBasicAuth()
token = HTTPTokenAuth()
either = MultiAuth(basic, token)

@app.get("/a")
@auth_required()
def a(): return "a"

@app.get("/b")
@auth_required("token", "session")
@roles_required("admin")
def b(): return "b"

@app.get("/c")
@permissions_required("write")
def c(): return "c"

@app.get("/d")
@jwt_required()
def d(): return "d"

@app.get("/e")
@jwt_required(optional=True)
def e(): return "e"

@app.get("/f")
@jwt_required(optional=True)
def f():
    if get_jwt_identity() is None:
        return "who", 401
    return "f"

@app.get("/g")
def g():
    verify_jwt_in_request()
    return "g"

@app.get("/h")
@basic.login_required
def h(): return "h"

@app.get("/i")
@either.login_required(role="admin")
def i(): return "i"

@app.get("/j")
@token.login_required(optional=True)
def j(): return "j"

@app.get("/k")
@jwt_required(refresh=True)
def k(): return "k"
"#,
    );
    assert_eq!(
        table(&found),
        [
            "GET /a: yes no n/a no",
            "GET /b: yes yes n/a no",
            "GET /c: yes yes n/a no",
            "GET /d: yes no n/a no",
            "GET /e: no no n/a no",
            "GET /f: yes no n/a no",
            "GET /g: yes no n/a no",
            "GET /h: yes no n/a no",
            "GET /i: yes yes n/a no",
            "GET /j: no no n/a no",
            "GET /k: yes no n/a no",
        ]
    );
}

#[test]
fn limiter() {
    let found = routes(
        r#"
from flask import Blueprint, Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

app = Flask(__name__)
limiter = Limiter(get_remote_address, app=app)
shared = limiter.shared_limit("100/hour", scope="mail")
part = Blueprint("part", __name__, url_prefix="/part")
limiter.limit("5/minute")(part)

@app.get("/a")
@limiter.limit("5/minute")
def a(): return "a"

@app.get("/b")
@shared
def b(): return "b"

@app.get("/c")
def c(): return "c"

@app.get("/d")
@limiter.shared_limit("100/hour", scope="mail")
def d(): return "d"

@part.get("/e")
def e(): return "e"

@part.get("/f")
@limiter.exempt
def f(): return "f"

app.register_blueprint(part)
"#,
    );
    assert_eq!(
        table(&found),
        [
            "GET /a: no no n/a yes",
            "GET /b: no no n/a yes",
            "GET /c: no no n/a no",
            "GET /d: no no n/a yes",
            "GET /part/e: no no n/a yes",
            "GET /part/f: no no n/a no",
        ]
    );
    let found = routes(
        r#"
from flask import Blueprint, Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

limiter = Limiter(key_func=get_remote_address, default_limits=["200 per day"])
part = Blueprint("part", __name__, url_prefix="/part")

def create_app():
    app = Flask(__name__)
    limiter.init_app(app)
    app.register_blueprint(part)
    limiter.exempt(part)

    @app.get("/a")
    def a(): return "a"

    return app

@part.get("/b")
def b(): return "b"
"#,
    );
    assert_eq!(table(&found), ["GET /a: no no n/a yes", "GET /part/b: no no n/a no"]);
}

#[test]
fn allows() {
    let found = routes(
        r#"
from flask import Flask
from flask_allows import Allows, requires
from flask_login import current_user

app = Flask(__name__)
allows = Allows(app=app, identity_loader=lambda: current_user)

def is_admin(user, request):
    return user.is_admin

def anybody(user, request):
    return True

@app.get("/a")
@requires(is_admin)
def a(): return "a"

@app.get("/b")
@allows.requires(anybody)
def b(): return "b"
"#,
    );
    assert_eq!(table(&found), ["GET /a: yes yes n/a no", "GET /b: no no n/a no"]);
}
