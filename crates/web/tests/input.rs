//! Whether what handlers read is checked, and what bounds the files that they take.

mod common;

use clearance_finding::Route;
use common::routes;

/// One line for each route: `/a: yes (by)`.
fn validation(found: &[Route]) -> Vec<String> {
    let line = |route: &Route| {
        let status = route.validation.status.as_str();
        match route.validation.by.as_str() {
            "" => format!("{}: {status}", route.path),
            by => format!("{}: {status}, {by}", route.path),
        }
    };
    found.iter().map(line).collect()
}

/// One line for each route: what holds of size, name and type.
fn upload(found: &[Route]) -> Vec<String> {
    let line = |route: &Route| match &route.upload.parts {
        Some(parts) => {
            let each = [&parts.size, &parts.name, &parts.kind].map(|part| part.status.as_str());
            format!("{}: {} {} {}", route.path, each[0], each[1], each[2])
        }
        None => format!("{}: {}", route.path, route.upload.whole.status.as_str()),
    };
    found.iter().map(line).collect()
}

#[test]
fn checks_by_hand() {
    let found = routes(
        r#"
from flask import Flask, abort, jsonify, render_template, request

app = Flask(__name__)
SORTS = ("name", "price")

@app.get("/a")
def a(): return "nothing"

@app.post("/b")
def b():
    save(request.form["name"])
    return "ok"

@app.post("/c")
def c():
    name = request.form.get("name", "").strip()
    if not name or len(name) > 50:
        abort(400)
    save(name)
    return "ok"

@app.post("/d")
def d():
    data = request.get_json()
    if "name" not in data:
        return jsonify(error="name"), 400
    save(data["name"], data["text"])
    return "ok"

@app.get("/e")
def e():
    page = request.args.get("page", 1, type=int)
    size = int(request.args.get("size", 10))
    return str(page * size)

@app.get("/f")
def f():
    sort = request.args.get("sort")
    if sort not in SORTS:
        sort = "name"
    return listed(sort)

@app.get("/g/<int:number>")
def g(number): return load(number)

@app.get("/h/<name>")
def h(name): return load(name)

@app.get("/i/<name>")
def i(name):
    thing = Thing.query.filter_by(name=name).first()
    if thing is None:
        abort(404)
    return thing.text

@app.get("/j/<name>")
def j(name): return Thing.query.filter_by(name=name).first_or_404().text

def email_of():
    email = request.form["email"]
    if "@" not in email:
        raise ValueError("email")
    return email

@app.post("/k")
def k():
    save(email_of())
    return "ok"

def is_good(text):
    return text.isalnum() and len(text) < 20

@app.post("/l")
def l():
    name = request.form["name"]
    if not is_good(name):
        return render_template("form.html")
    save(name)
    return "ok"

def payload(): return request.get_json()

@app.post("/m")
def m():
    data = payload()
    save(data["x"])
    return "ok"
"#,
    );
    assert_eq!(
        validation(&found),
        [
            "/a: not-applicable, reads no input",
            "/b: absent, not `form[\"name\"]`",
            "/c: in-force, check in the handler",
            "/d: partial, check in the handler; not `get_json[\"text\"]`",
            "/e: in-force, a type that is asked for, converted by `int`",
            "/f: in-force, a list of what is allowed",
            "/g/<int:number>: in-force, types of parameters",
            "/h/<name>: absent, not `<name>`",
            "/i/<name>: in-force, check in the handler",
            "/j/<name>: in-force, `first_or_404`",
            "/k: in-force, check in the handler",
            "/l: in-force, check in the handler",
            "/m: absent, not `get_json[\"x\"]`",
        ]
    );
}

#[test]
fn validators_of_libraries() {
    let found = routes(
        r#"
from functools import wraps

import jsonschema
from flask import Flask, request
from flask_pydantic import validate
from flask_smorest import Blueprint
from flask_wtf import FlaskForm
from marshmallow import Schema, fields
from pydantic import BaseModel
from webargs.flaskparser import use_args
from wtforms import StringField

app = Flask(__name__)
blp = Blueprint("b", __name__)

class Order(BaseModel):
    name: str

class OrderSchema(Schema):
    name = fields.Str()

class OrderForm(FlaskForm):
    name = StringField()

@app.post("/a")
def a():
    save(Order(**request.get_json()))
    return "ok"

@app.post("/b")
def b():
    save(OrderSchema().load(request.json))
    return "ok"

@app.post("/c")
def c():
    form = OrderForm()
    if form.validate_on_submit():
        save(form.name.data)
    return "ok"

@app.post("/d")
def d():
    form = OrderForm()
    save(form.name.data)
    return "ok"

@app.post("/e")
def e():
    data = request.get_json()
    jsonschema.validate(data, {"type": "object"})
    save(data["name"])
    return "ok"

@app.post("/f")
@use_args({"name": fields.Str()})
def f(args):
    save(args)
    return "ok"

@app.post("/g")
@validate()
def g(body: Order):
    save(body)
    return "ok"

def checked(schema):
    def outer(view):
        @wraps(view)
        def wrapper(*args, **kwargs):
            jsonschema.validate(request.json, schema)
            return view(*args, **kwargs)
        return wrapper
    return outer

@app.post("/h")
@checked({"type": "object"})
def h():
    save(request.json["name"])
    return "ok"

@blp.route("/i", methods=["POST"])
@blp.arguments(OrderSchema)
def i(data):
    save(data)
    return "ok"

@app.post("/j")
def j():
    save(Order.model_validate(request.get_json(force=True)))
    return "ok"

app.register_blueprint(blp)
"#,
    );
    assert_eq!(
        validation(&found),
        [
            "/a: in-force, model `Order`",
            "/b: in-force, `Schema.load`",
            "/c: in-force, form `OrderForm`",
            "/d: absent, not form `OrderForm`",
            "/e: in-force, `validate`",
            "/f: in-force, `@use_args`",
            "/g: in-force, `@validate`",
            "/h: in-force, `@checked`",
            "/i: in-force, `@arguments`",
            "/j: in-force, `BaseModel.model_validate`",
        ]
    );
}

#[test]
fn typed_parameters() {
    let found = routes(
        r#"
from fastapi import Depends, FastAPI, Request, UploadFile
from pydantic import BaseModel

app = FastAPI()

class Item(BaseModel):
    name: str

def page(size: int = 10): return size

@app.post("/a")
def a(item: Item, size: int = Depends(page)): return item

@app.get("/b/{name}")
def b(name: str): return name

@app.post("/c")
async def c(request: Request):
    data = await request.json()
    save(data["name"])

@app.post("/d")
async def d(file: UploadFile):
    content = await file.read()
    if len(content) > 1000:
        raise ValueError("size")
    save(content)

@app.post("/e")
async def e(file: UploadFile):
    with open("/srv/" + file.filename, "wb") as out:
        out.write(await file.read())
"#,
    );
    assert_eq!(
        validation(&found),
        [
            "/a: in-force, model `Item`, types of parameters",
            "/b/{name}: in-force, types of parameters",
            "/c: absent, not `json[\"name\"]`",
            "/d: not-applicable, reads no input",
            "/e: not-applicable, reads no input",
        ]
    );
    assert_eq!(
        upload(&found),
        [
            "/a: not-applicable",
            "/b/{name}: not-applicable",
            "/c: not-applicable",
            "/d: in-force in-force absent",
            "/e: absent absent absent",
        ]
    );
}

#[test]
fn uploads() {
    let found = routes(
        r#"
import os
import uuid

from flask import Flask, abort, request
from flask_wtf import FlaskForm
from flask_wtf.file import FileAllowed, FileField, FileSize
from werkzeug.utils import secure_filename

app = Flask(__name__)
ENDINGS = {".png", ".jpg"}

class Picture(FlaskForm):
    picture = FileField(validators=[FileAllowed(["png"]), FileSize(1000000)])

def allowed(name): return "." in name and name.rsplit(".", 1)[1].lower() in {"png", "jpg"}

@app.post("/a")
def a():
    file = request.files["file"]
    file.save(os.path.join("/srv", file.filename))
    return "ok"

@app.post("/b")
def b():
    file = request.files["file"]
    name = secure_filename(file.filename)
    if os.path.splitext(name)[1] not in ENDINGS:
        abort(400)
    file.save(os.path.join("/srv", name))
    return "ok"

@app.post("/c")
def c():
    file = request.files["file"]
    if not file or not allowed(file.filename):
        abort(400)
    file.save(os.path.join("/srv", uuid.uuid4().hex))
    return "ok"

@app.post("/d")
def d():
    if request.content_length > 5000:
        abort(413)
    file = request.files.get("file")
    keep(file)
    return "ok"

def keep(file):
    file.save("/srv/" + secure_filename(file.filename))

@app.post("/e")
def e():
    form = Picture()
    if form.validate_on_submit():
        form.picture.data.save("/srv/" + uuid.uuid4().hex)
    return "ok"

@app.post("/f")
def f():
    file = request.files["file"]
    if file.filename == "":
        abort(400)
    file.save("/srv/" + file.filename)
    return "ok"
"#,
    );
    assert_eq!(
        upload(&found),
        [
            "/a: absent absent absent",
            "/b: absent in-force in-force",
            "/c: absent in-force in-force",
            "/d: in-force in-force absent",
            "/e: in-force in-force in-force",
            "/f: absent absent absent",
        ]
    );
}
