//! Routes and conditions.

mod common;

use clearance_program::{Program, Resolver, Route, RouteProblem};

fn routes(files: &[(&str, &str)]) -> Vec<String> {
    let program: Program = common::program(files, &[]);
    let shown = |route: &Route| {
        let problem =
            if route.problem == Some(RouteProblem::NotRegistered) { " (not registered)" } else { "" };
        format!("{} {} → {}{problem}", route.methods.join(","), route.path, route.handler)
    };
    program.routes().iter().map(shown).collect()
}

#[test]
fn nested_blueprints_with_prefixes() {
    let files = [
        (
            "shop/factory.py",
            "from flask import Flask\nfrom shop.api import api\nfrom shop.pages import pages\n\ndef create_app():\n    app = Flask(__name__)\n    app.register_blueprint(api, url_prefix='/api')\n    app.register_blueprint(pages)\n    @app.get('/health')\n    def health():\n        return 'ok'\n    return app\n",
        ),
        ("shop/__init__.py", ""),
        (
            "shop/api.py",
            "from flask import Blueprint\nfrom shop.v1 import v1\napi = Blueprint('api', __name__, url_prefix='/ignored')\napi.register_blueprint(v1)\n",
        ),
        (
            "shop/v1.py",
            "from flask import Blueprint\nv1 = Blueprint('v1', __name__, url_prefix='/v1')\n\n@v1.route('/items/<int:id>', methods=['POST', 'put'])\ndef change(id):\n    return ''\n",
        ),
        (
            "shop/pages.py",
            "from flask import Blueprint\npages = Blueprint('pages', __name__)\nlost = Blueprint('lost', __name__)\n\n@pages.route('/')\ndef index():\n    return ''\n\n@lost.route('/never')\ndef never():\n    return ''\n",
        ),
    ];
    assert_eq!(
        routes(&files),
        [
            "GET / → shop.pages.index",
            "POST,PUT /api/v1/items/<int:id> → shop.v1.change",
            "GET /health → shop.factory.create_app.health",
            "GET /never → shop.pages.never (not registered)",
        ]
    );
}

#[test]
fn views_and_resources() {
    let files = [(
        "app.py",
        "
from flask import Flask
from flask.views import MethodView
from flask_restful import Api, Resource
app = Flask(__name__)
api = Api(app, prefix='/v2')

class Items(MethodView):
    def get(self): ...
    def post(self): ...

app.add_url_rule('/items', view_func=Items.as_view('items'))

class One(Resource):
    def delete(self, id): ...

api.add_resource(One, '/one/<id>', '/uno/<id>')

def plain():
    return ''

app.add_url_rule('/plain', 'plain', plain)
",
    )];
    assert_eq!(
        routes(&files),
        [
            "GET,POST /items → app.Items",
            "GET /plain → app.plain",
            "DELETE /v2/one/<id> → app.One",
            "DELETE /v2/uno/<id> → app.One"
        ]
    );
}

#[test]
fn restx_namespaces() {
    let files = [(
        "app.py",
        "
from flask import Flask, Blueprint
from flask_restx import Api, Namespace, Resource
app = Flask(__name__)
bp = Blueprint('api', __name__, url_prefix='/api')
api = Api(bp)
ns = Namespace('users', path='/u')
other = api.namespace('things')
api.add_namespace(ns)
app.register_blueprint(bp)

@ns.route('/<id>')
class User(Resource):
    def get(self, id): ...

@other.route('/all')
class Things(Resource):
    def get(self): ...
",
    )];
    assert_eq!(routes(&files), ["GET /api/things/all → app.Things", "GET /api/u/<id> → app.User"]);
}

#[test]
fn any_other_decorator_is_no_route() {
    let files = [(
        "a.py",
        "from cachetools import cachedmethod\nclass A:\n    @cachedmethod(lambda self: self.cache)\n    def get(self, name):\n        return name\n",
    )];
    assert!(routes(&files).is_empty());
}

#[test]
fn conditions_around_a_place() {
    let text =
        "import os\nif os.getenv('ENV') == 'dev':\n    if os.name == 'nt':\n        pass\n    probe(1)\n";
    let program = common::program(&[("a.py", text)], &[]);
    let site = common::probe(&program, "a.py");
    let guards = Resolver::new(&program).guards(site);
    assert_eq!(guards.len(), 1);
    assert!(guards[0].truth);
    let text = "import os\ndef f():\n    if os.getenv('ENV') != 'dev':\n        return\n    probe(1)\n";
    let program = common::program(&[("a.py", text)], &[]);
    let guards = Resolver::new(&program).guards(common::probe(&program, "a.py"));
    assert_eq!(guards.iter().map(|guard| guard.truth).collect::<Vec<_>>(), [false]);
}
