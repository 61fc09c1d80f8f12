//! Entry points of Flask, its relatives, and Tornado.

mod common;

use common::entries::{entries, routes};

#[test]
fn converters() {
    let files = [(
        "app.py",
        "
from flask import Flask, Blueprint
app = Flask(__name__)
bp = Blueprint('b', __name__, url_prefix='/<lang>')
app.register_blueprint(bp)
@app.route('/<int:a>/<float:b>/<uuid:c>/<d>/<string(length=2):e>/<path:f>/<any(x, y):g>/<custom:h>')
def every(a, b, c, d, e, f, g, h, other=1): pass
@bp.route('/x')
def below(lang): pass
@app.before_request
def check(): pass
@app.errorhandler(404)
def missing(error): pass
def helper(x): pass
",
    )];
    assert_eq!(
        entries(&files, None),
        [
            "app.every(a: clean, b: clean, c: clean, d: remote segment, e: remote segment, f: remote, g: clean, h: remote)",
            "app.below(lang: remote segment)",
            "app.check()",
            "app.missing()",
        ]
    );
}

#[test]
fn several_rules_unite() {
    let files = [(
        "app.py",
        "from flask import Flask\napp = Flask('a')\n@app.route('/<int:x>')\n@app.route('/p/<path:x>')\n@app.route('/q/<x>')\ndef view(x): pass\n",
    )];
    assert_eq!(entries(&files, None), ["app.view(x: remote)"]);
}

#[test]
fn classes_without_registration_and_injected_input() {
    let files = [(
        "app.py",
        "
from flask.views import MethodView
from flask_smorest import Blueprint
blp = Blueprint('b', 'b')
class Loose(MethodView):
    def get(self, name): pass
    def helper(self, x): pass
@blp.route('/<int:id>')
class Items(MethodView):
    @blp.arguments(object)
    def put(self, data, id): pass
",
    )];
    assert_eq!(
        entries(&files, None),
        ["app.Loose.get(name: remote)", "app.Items.put(data: remote, id: clean)"]
    );
}

#[test]
fn applications_as_parameters() {
    let files = [
        ("app.py", "from flask import Flask\nfrom views import register\napp = Flask('a')\nregister(app)\n"),
        (
            "views.py",
            "def register(app):\n    @app.route('/<name>')\n    def view(name): pass\n    app.add_url_rule('/x', view_func=other)\ndef other(): pass\n",
        ),
    ];
    assert_eq!(routes(&files), ["GET /<name> → views.register.view", "GET /x → views.other"]);
}

#[test]
fn a_cached_method_is_no_route() {
    let files = [(
        "a.py",
        "
import flask
from cachetools import cachedmethod
class A:
    @cachedmethod(lambda self: self.cache)
    def get(self, name):
        return name
",
    )];
    assert!(entries(&files, None).is_empty());
}

#[test]
fn a_program_without_frameworks_has_none() {
    let files = [("a.py", "class View:\n    def get(self, request): pass\ndef index(request, name): pass\n")];
    assert!(entries(&files, None).is_empty());
}

#[test]
fn tornado() {
    let files = [
        (
            "main.py",
            "
import tornado.web
from handlers import One, Chat
more = [(r'/chat', Chat)]
app = tornado.web.Application([
    (r'/one/(\\d+)/([a-z]+)/(.*)', One, {'x': 1}),
    tornado.web.url(r'/named/(?P<key>[^/]+)', One),
] + more)
",
        ),
        (
            "handlers.py",
            "
from tornado.web import RequestHandler
from tornado.websocket import WebSocketHandler
class Base(RequestHandler):
    def prepare(self): pass
class One(Base):
    def get(self, number=None, word=None, rest=None, key=None): pass
    def initialize(self, x): pass
class Chat(WebSocketHandler):
    def on_message(self, message): pass
class Loose(Base):
    def post(self, name): pass
",
        ),
    ];
    assert_eq!(
        routes(&files),
        ["/chat → handlers.Chat", "GET /named/<key> → handlers.One", "GET /one/<>/<>/<> → handlers.One"]
    );
    assert_eq!(
        entries(&files, None),
        [
            "handlers.Base.prepare()",
            "handlers.One.get(number: clean, word: remote word, rest: remote, key: remote segment)",
            "handlers.Chat.on_message(message: message)",
            "handlers.Loose.post(name: remote)",
        ]
    );
}
