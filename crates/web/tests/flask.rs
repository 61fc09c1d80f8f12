//! Protections of Flask applications.

mod common;

use common::{routes, routes_of, table};

#[test]
fn decorators_count_by_what_they_do() {
    let found = routes(
        r#"
from functools import wraps
from flask import Flask, abort, redirect, session
from flask_login import current_user, login_required

app = Flask(__name__)

def needs_login(view):
    @wraps(view)
    def wrapper(*args, **kwargs):
        if "user_id" not in session:
            return redirect("/login")
        return view(*args, **kwargs)
    return wrapper

def admin_only(role):
    def decorate(view):
        @wraps(view)
        def wrapper(*args, **kwargs):
            if not current_user.is_authenticated or current_user.role != role:
                abort(403)
            return view(*args, **kwargs)
        return wrapper
    return decorate

def auth_required(view):
    "By its name only."
    @wraps(view)
    def wrapper(*args, **kwargs):
        print("called")
        return view(*args, **kwargs)
    return wrapper

def looks_and_forgets(view):
    @wraps(view)
    def wrapper(*args, **kwargs):
        current_user.is_authenticated
        return view(*args, **kwargs)
    return wrapper

def swallows(view):
    @wraps(view)
    def wrapper(*args, **kwargs):
        try:
            if not current_user.is_authenticated:
                raise ValueError
        except ValueError:
            pass
        return view(*args, **kwargs)
    return wrapper

def turned_round(view):
    @wraps(view)
    def wrapper(*args, **kwargs):
        if current_user.is_authenticated:
            return redirect("/")
        return view(*args, **kwargs)
    return wrapper

@app.route("/a")
@needs_login
def a(): return "a"

@app.route("/b")
@admin_only("admin")
def b(): return "b"

@app.route("/c")
@auth_required
def c(): return "c"

@app.route("/d")
@looks_and_forgets
def d(): return "d"

@app.route("/e")
@swallows
def e(): return "e"

@app.route("/f")
@turned_round
def f(): return "f"

@login_required
@app.route("/g")
def g(): return "g"

@app.route("/h")
@login_required
def h(): return "h"

app.add_url_rule("/i", view_func=login_required(c))
"#,
    );
    assert_eq!(
        table(&found),
        [
            "GET /a: yes no n/a no",
            "GET /b: yes yes n/a no",
            "GET /c: no no n/a no",
            "GET /d: no no n/a no",
            "GET /e: no no n/a no",
            "GET /f: no no n/a no",
            "GET /g: no no n/a no",
            "GET /h: yes no n/a no",
            "GET /i: yes no n/a no",
        ]
    );
}

#[test]
fn handlers_may_check_themselves() {
    let found = routes(
        r#"
from flask import Flask, abort, jsonify, render_template
from flask_login import current_user

app = Flask(__name__)

@app.route("/a")
def a():
    if not current_user.is_authenticated:
        abort(401)
    return "a"

@app.route("/b")
def b():
    if current_user.is_authenticated:
        extra = 1
    return "b"

@app.route("/c")
def c():
    if not current_user.is_authenticated:
        return jsonify({"error": "log in"}), 401
    if not current_user.is_admin:
        return jsonify({"error": "no"}), 403
    return "c"

@app.route("/d")
def d():
    if not current_user.is_authenticated:
        return render_template("teaser.html")
    return "d"
"#,
    );
    assert_eq!(
        table(&found),
        ["GET /a: yes no n/a no", "GET /b: no no n/a no", "GET /c: yes yes n/a no", "GET /d: no no n/a no"]
    );
}

#[test]
fn hooks_of_a_blueprint_stay_there() {
    let found = routes(
        r#"
from flask import Blueprint, Flask, redirect
from flask_login import current_user

app = Flask(__name__)
inside = Blueprint("inside", __name__, url_prefix="/in")
outside = Blueprint("outside", __name__, url_prefix="/out")

@inside.before_request
def ask():
    if not current_user.is_authenticated:
        return redirect("/login")

@outside.before_request
def count():
    print(current_user.is_authenticated)

@inside.route("/a")
def a(): return "a"

@outside.route("/b")
def b(): return "b"

app.register_blueprint(inside)
app.register_blueprint(outside)
"#,
    );
    assert_eq!(table(&found), ["GET /in/a: yes no n/a no", "GET /out/b: no no n/a no"]);
}

#[test]
fn csrf_protection_of_the_application_and_what_is_exempt() {
    let found = routes(
        r#"
from flask import Blueprint, Flask
from flask_wtf.csrf import CSRFProtect
from flask_login import login_required

app = Flask(__name__)
csrf = CSRFProtect()
hooks = Blueprint("hooks", __name__)
csrf.exempt(hooks)

@app.post("/a")
@login_required
def a(): return "a"

@app.post("/b")
@csrf.exempt
def b(): return "b"

@hooks.post("/c")
def c(): return "c"

app.register_blueprint(hooks)
csrf.init_app(app)
"#,
    );
    assert_eq!(table(&found), ["POST /a: yes no yes no", "POST /b: no no no no", "POST /c: no no no no"]);
}

#[test]
fn decorators_of_a_whole_api() {
    let found = routes(
        r#"
from flask import Flask
from flask_login import login_required
from flask_restful import Api, Resource
from flask_wtf.csrf import CSRFProtect

app = Flask(__name__)
csrf = CSRFProtect(app)
api = Api(app, decorators=[csrf.exempt, login_required])

class Orders(Resource):
    def post(self): return "a"

api.add_resource(Orders, "/orders")
"#,
    );
    assert_eq!(table(&found), ["POST /orders: yes no no no"]);
}

#[test]
fn csrf_protection_that_is_never_set_up() {
    let found = routes(
        r#"
from flask import Flask, session
from flask_wtf.csrf import CSRFProtect

app = Flask(__name__)
csrf = CSRFProtect()

@app.post("/a")
def a(): return session["a"]
"#,
    );
    assert_eq!(table(&found), ["POST /a: no no no no"]);
}

#[test]
fn checks_in_services() {
    let found = routes_of(&[
        (
            "tokens.py",
            r#"
import secrets
from flask import session

class Tokens:
    KEY = "_csrf_token"

    @staticmethod
    def valid(token):
        if not token:
            return False
        known = session.get(Tokens.KEY)
        if not known:
            return False
        return secrets.compare_digest(token, known)
"#,
        ),
        (
            "app.py",
            r#"
from functools import wraps
from flask import Flask, abort, request, session
from tokens import Tokens

app = Flask(__name__)

def csrf_protect(view):
    @wraps(view)
    def wrapper(*args, **kwargs):
        if request.method not in ("POST", "PUT", "PATCH", "DELETE"):
            return view(*args, **kwargs)
        token = request.form.get("csrf_token") or request.headers.get("X-CSRF-Token")
        if not Tokens.valid(token):
            abort(403)
        return view(*args, **kwargs)
    return wrapper

def careless(view):
    @wraps(view)
    def wrapper(*args, **kwargs):
        Tokens.valid(request.form.get("csrf_token"))
        return view(*args, **kwargs)
    return wrapper

@app.post("/a")
@csrf_protect
def a(): return "a"

@app.post("/b")
@careless
def b(): return "b"

@app.post("/c")
def c():
    if not Tokens.valid(request.form["csrf_token"]):
        abort(400)
    return "c"
"#,
        ),
    ]);
    assert_eq!(table(&found), ["POST /a: no no yes no", "POST /b: no no no no", "POST /c: no no yes no"]);
}

#[test]
fn limits() {
    let found = routes(
        r#"
from functools import wraps
from flask import Blueprint, Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

app = Flask(__name__)
limiter = Limiter(get_remote_address, app=app)
auth = Blueprint("auth", __name__)

def strict():
    return limiter.limit("3 per minute")

@app.post("/a")
@limiter.limit("5 per minute")
def a(): return "a"

@app.post("/b")
@strict()
def b(): return "b"

@app.post("/c")
def c(): return "c"

@auth.post("/d")
def d(): return "d"

@auth.post("/e")
@limiter.exempt
def e(): return "e"

limiter.limit("10 per minute")(auth)
app.register_blueprint(auth)
"#,
    );
    let limits: Vec<&str> = found.iter().map(|route| route.rate_limit.status.as_str()).collect();
    assert_eq!(limits, ["in-force", "in-force", "absent", "in-force", "absent"]);
}

#[test]
fn class_based_views() {
    let found = routes(
        r#"
from flask import Flask
from flask.views import MethodView
from flask_jwt_extended import jwt_required
from flask_login import login_required
from flask_restful import Api, Resource

app = Flask(__name__)
api = Api(app)

class Base(MethodView):
    decorators = [login_required]

class Orders(Base):
    def get(self): return "a"
    def post(self): return "b"

class Mixed(Resource):
    def get(self): return "c"

    @jwt_required()
    def post(self): return "d"

class Optional(Resource):
    @jwt_required(optional=True)
    def get(self): return "e"

app.add_url_rule("/orders", view_func=Orders.as_view("orders"))
api.add_resource(Mixed, "/mixed")
api.add_resource(Optional, "/optional")
"#,
    );
    let authentication: Vec<(&str, &str)> =
        found.iter().map(|route| (route.path.as_str(), route.authentication.status.as_str())).collect();
    assert_eq!(authentication, [("/mixed", "partial"), ("/optional", "absent"), ("/orders", "in-force")]);
}

#[test]
fn helpers_and_loops_declare_several_routes() {
    let found = routes(
        r#"
import os
from flask import Blueprint, Flask

app = Flask(__name__)
shop = Blueprint("shop", __name__)
MULTI = os.environ.get("MULTI", "no") == "yes"

def register(on, routes, view, **options):
    for route in routes:
        on.add_url_rule(route, view_func=view, **options)

def scoped(rule):
    if MULTI:
        return "/<org>" + rule
    return rule

def a(): return "a"
def b(): return "b"

register(shop, ["/a", "/also-a"], a)
register(shop, routes=["/b"], view=b)

for rule, view in [("/c", a), ("/d", b)]:
    app.add_url_rule(scoped(rule), view_func=view)

app.register_blueprint(shop, url_prefix="/shop")
"#,
    );
    let paths: Vec<&str> = found.iter().map(|route| route.path.as_str()).collect();
    assert_eq!(paths, ["/c", "/d", "/shop/a", "/shop/also-a", "/shop/b"]);
}
