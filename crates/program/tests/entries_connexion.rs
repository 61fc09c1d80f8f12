//! Connexion: functions that an OpenAPI document names.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use clearance_program::{Document, Program};
use common::entries::{entries_of, routes_of};

const APP: &str = "
import connexion
app = connexion.App(__name__, specification_dir='openapi/')
app.add_api('api.yaml', base_path='/v1')
";

const API: &str = "
def find(user_id, name, code, kind, tags, when, limit=10, **kwargs): pass
def create(body, dry_run): pass
def upload(picture, title): pass
def internal(name): pass
class Users:
    @staticmethod
    def drop(user_id): pass
";

const DOCUMENT: &str = r##"
openapi: 3.0.0
servers: [{url: "https://shop.example/base"}]
paths:
  /users/{user-id}/{name}:
    parameters:
      - {name: user-id, in: path, required: true, schema: {type: integer}}
    get:
      operationId: shop.api.find
      parameters:
        - $ref: "#/components/parameters/Name"
        - {name: code, in: query, schema: {type: string, pattern: "^[a-z]+$"}}
        - {name: kind, in: query, schema: {$ref: "#/components/schemas/Kind"}}
        - {name: tags, in: query, schema: {type: array, items: {type: string, format: uuid}}}
        - {name: when, in: query, schema: {type: string, pattern: "[a-z]+"}}
        - {name: X-Token, in: header, schema: {type: string}}
    delete:
      x-openapi-router-controller: shop.api.Users
      operationId: drop
  /users:
    post:
      operationId: shop.api.create
      parameters: [{name: dryRun, in: query, schema: {type: boolean}}]
      requestBody:
        content:
          application/json: {schema: {$ref: "#/components/schemas/User"}}
    put:
      operationId: shop.api.upload
      requestBody:
        content:
          multipart/form-data:
            schema:
              properties:
                picture: {type: string, format: binary}
                title: {type: string}
    patch:
      operationId: shop.api.missing
components:
  parameters:
    Name: {name: name, in: path, schema: {type: string}}
  schemas:
    Kind: {type: string, enum: [a, b]}
    User: {type: object, properties: {name: {type: string}}}
"##;

fn program(app: &str, documents: &[(&str, &str)]) -> Program {
    let files = [("shop/__init__.py", ""), ("shop/app.py", app), ("shop/api.py", API)];
    let documents = documents
        .iter()
        .map(|(path, text)| Document { path: (*path).into(), text: (*text).to_owned() })
        .collect();
    common::program_with(&files, documents, &[])
}

#[test]
fn parameters_are_what_their_schemas_let_through() {
    let program = program(APP, &[("shop/openapi/api.yaml", DOCUMENT), ("other.yaml", "paths: {}")]);
    assert_eq!(
        entries_of(&program, None),
        [
            "shop.api.find(user_id: clean, name: remote segment, code: remote word, kind: clean, tags: clean, when: remote, kwargs: remote)",
            "shop.api.create(body: remote, dry_run: clean)",
            "shop.api.upload(picture: upload, title: remote)",
            "shop.api.Users.drop(user_id: clean)",
        ]
    );
    assert_eq!(
        routes_of(&program),
        [
            "POST /v1/users → shop.api.create",
            "PUT /v1/users → shop.api.upload",
            "DELETE /v1/users/{user-id}/{name} → shop.api.Users.drop",
            "GET /v1/users/{user-id}/{name} → shop.api.find",
        ]
    );
}

#[test]
fn the_nearest_document_of_the_name_counts() {
    let other = DOCUMENT.replace("type: integer", "type: string");
    let near = [("api.yaml", other.as_str()), ("shop/openapi/api.yaml", DOCUMENT)];
    assert!(entries_of(&program(APP, &near), None)[0].starts_with("shop.api.find(user_id: clean"));
    let app = APP.replace("'api.yaml'", "choose()");
    assert!(entries_of(&program(&app, &near), None)[0].starts_with("shop.api.find(user_id: remote segment"));
    let app = APP.replace("'api.yaml'", "'none.yaml'");
    assert!(entries_of(&program(&app, &near), None).is_empty());
}

#[test]
fn functions_are_found_by_address_where_a_resolver_says_so() {
    let app = "
from connexion import FlaskApp
from connexion.resolver import RestyResolver
app = FlaskApp(__name__)
app.add_api('api.json', resolver=RestyResolver('shop'))
";
    let document = r#"{"swagger": "2.0", "basePath": "/x", "paths": {
        "/api/{id}": {"get": {"parameters": [{"name": "id", "in": "path", "type": "integer"}]}},
        "/api": {"get": {"parameters": [{"name": "q", "in": "query", "type": "string"}]}}}}"#;
    let files = [
        ("shop/__init__.py", ""),
        ("shop/app.py", app),
        ("shop/api.py", "def search(q): pass\ndef get(id): pass\n"),
    ];
    let document = Document { path: "shop/api.json".into(), text: document.to_owned() };
    let program = common::program_with(&files, vec![document], &[]);
    assert_eq!(entries_of(&program, None), ["shop.api.search(q: remote)", "shop.api.get(id: clean)"]);
    assert_eq!(routes_of(&program), ["GET /x/api → shop.api.search", "GET /x/api/{id} → shop.api.get"]);
}

#[test]
fn nonsense_is_no_entry_point() {
    for text in [
        "",
        "[]",
        "paths: 3",
        "paths: {/a: [x]}",
        "paths: {/a: {get: {operationId: [1]}}}",
        "\t: {",
        "paths: {/a: {get: {operationId: shop.api.find, parameters: {a: b}}}}",
    ] {
        let found = entries_of(&program(APP, &[("shop/openapi/api.yaml", text)]), None);
        assert!(found.is_empty() || found == ["shop.api.find()"], "{text}: {found:?}");
    }
}
