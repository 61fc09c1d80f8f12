//! Entry points that are no routes, or of smaller frameworks.

mod common;

use common::entries::{entries, routes};

fn all(text: &str) -> Vec<String> {
    entries(&[("a.py", text)], None)
}

#[test]
fn task_queues() {
    let text = "
from celery import Celery, shared_task, Task
from dramatiq import actor
app = Celery('a')
@app.task(bind=True)
def one(self, name, count: int): pass
@app.task
def two(name): pass
@shared_task
def three(name): pass
class Four(Task):
    def run(self, x): pass
@actor
def five(x): pass
def plain(x): pass
";
    assert_eq!(
        all(text),
        [
            "a.one(name: task, count: clean)",
            "a.two(name: task)",
            "a.three(name: task)",
            "a.five(x: task)",
            "a.Four.run(x: task)",
        ]
    );
}

#[test]
fn events_and_tools() {
    let text = "
import socketio
from flask_socketio import SocketIO, Namespace
from mcp.server.fastmcp import FastMCP
from langchain.tools import tool
chat = SocketIO()
sio = socketio.AsyncServer()
mcp = FastMCP('x')
@chat.on('say')
def say(data): pass
@sio.event
async def move(sid, data): pass
class Room(Namespace):
    def on_join(self, data): pass
    def other(self, data): pass
@mcp.tool()
def run(command: str, times: int, ctx): pass
@tool
def search(query: str): pass
";
    assert_eq!(
        all(text),
        [
            "a.say(data: message)",
            "a.move(data: message)",
            "a.run(command: model, times: clean)",
            "a.search(query: model)",
            "a.Room.on_join(data: message)",
        ]
    );
}

#[test]
fn cherrypy() {
    let text = "
import cherrypy
class Root:
    @cherrypy.expose
    def index(self, name='x', **more): pass
    def old(self, q): pass
    old.exposed = True
    def hidden(self, q): pass
@cherrypy.expose
class Api:
    def GET(self, id): pass
    def helper(self, id): pass
";
    assert_eq!(
        all(text),
        ["a.Root.index(name: remote, more: remote)", "a.Root.old(q: remote)", "a.Api.GET(id: remote)"]
    );
    assert_eq!(
        routes(&[("a.py", text)]),
        ["{?}/ → a.Root.index", "{?}/ → a.Api.GET", "{?}/old → a.Root.old"]
    );
}

#[test]
fn aiohttp() {
    let text = "
from aiohttp import web
routes = web.RouteTableDef()
@routes.get('/a/{name}')
async def one(request): pass
@routes.view('/v')
class View(web.View):
    async def post(self):
        pass
class Site:
    async def two(self, request): pass
    def setup(self, app):
        app.router.add_route('POST', r'/b/{id:\\d+}', self.two)
async def three(request): pass
@web.middleware
async def log(request, handler): pass
app = web.Application()
sub = web.Application()
app.add_routes(routes)
sub.add_routes([web.get('/c', three)])
app.add_subapp('/sub', sub)
Site().setup(app)
";
    assert_eq!(
        routes(&[("a.py", text)]),
        [
            "GET /a/{name} → a.one",
            "POST /b/{id:\\d+} → a.Site.two",
            "GET /sub/c → a.three",
            "POST /v → a.View"
        ]
    );
    assert_eq!(
        all(text),
        [
            "a.one(request: aiohttp.web.Request)",
            "a.three(request: aiohttp.web.Request)",
            "a.log(request: aiohttp.web.Request)",
            "a.View.post()",
            "a.Site.two(request: aiohttp.web.Request)",
        ]
    );
}

#[test]
fn bottle_and_sanic() {
    let text = "
import bottle
from bottle import route
app = bottle.Bottle()
@route('/<a>/<b:int>/<c:path>/<d:re:[a-z]+>', method='POST')
def one(a, b, c, d): pass
@app.get('/x')
def two(): pass
";
    assert_eq!(all(text), ["a.one(a: remote segment, b: clean, c: remote, d: remote word)", "a.two()"]);
    assert_eq!(
        routes(&[("a.py", text)]),
        ["POST /<a>/<b:int>/<c:path>/<d:re:[a-z]+> → a.one", "GET /x → a.two"]
    );
    let text = "
from sanic import Sanic, Blueprint
from sanic.views import HTTPMethodView
app = Sanic('a')
bp = Blueprint('b', url_prefix='/b')
app.blueprint(bp)
@bp.post('/<name>/<id:int>')
async def one(request, name, id): pass
class Two(HTTPMethodView):
    async def get(self, request, word): pass
app.add_route(Two.as_view(), '/two/<word:path>')
@app.websocket('/ws')
async def ws(request, socket): pass
";
    assert_eq!(
        routes(&[("a.py", text)]),
        ["POST /b/<name>/<id:int> → a.one", "GET /two/<word:path> → a.Two", "/ws → a.ws"]
    );
    assert_eq!(
        all(text),
        [
            "a.one(request: sanic.request.Request, name: remote segment, id: clean)",
            "a.ws(request: sanic.request.Request, socket: sanic.Websocket)",
            "a.Two.get(request: sanic.request.Request, word: remote)",
        ]
    );
}

#[test]
fn falcon_pyramid_and_webpy() {
    let text = "
import falcon
app = falcon.App()
class Users:
    def on_get(self, req, resp, id, name): pass
    def on_post_bulk(self, req, resp): pass
class Log:
    def process_request(self, req, resp): pass
app.add_route('/users/{id:int}/{name}', Users())
";
    assert_eq!(routes(&[("a.py", text)]), ["GET /users/{id:int}/{name} → a.Users"]);
    assert_eq!(
        all(text),
        [
            "a.Users.on_get(req: falcon.Request, resp: falcon.Response, id: clean, name: remote segment)",
            "a.Users.on_post_bulk(req: falcon.Request, resp: falcon.Response)",
            "a.Log.process_request(req: falcon.Request, resp: falcon.Response)",
        ]
    );
    let text = "
from pyramid.view import view_config, view_defaults
from pyramid.config import Configurator
@view_config(route_name='home', request_method='GET')
def home(request): pass
def plain(context, request): pass
@view_defaults(route_name='user')
class User:
    def __init__(self, request):
        self.request = request
    @view_config(request_method='POST')
    def save(self):
        probe(self.request.params)
def main():
    config = Configurator()
    config.add_route('home', '/')
    config.add_route('user', 'user/{name}')
    config.add_view(plain, route_name='home')
";
    assert_eq!(
        routes(&[("a.py", text)]),
        ["GET / → a.home", "/ → a.plain", "POST /user/{name} → a.User.save"]
    );
    assert_eq!(
        all(text),
        [
            "a.home(request: pyramid.request.Request)",
            "a.plain(request: pyramid.request.Request)",
            "a.User.__init__(request: pyramid.request.Request)",
            "a.User.save()",
        ]
    );
    assert_eq!(
        common::names(&[("a.py", text)], &["pyramid.request.Request.params"]),
        ["pyramid.request.Request.params"]
    );
    let text = "
import web
urls = ('/(.*)/(\\d+)', 'Index', '/x', 'Other')
class Index:
    def GET(self, name, number): pass
    def helper(self, x): pass
class Other:
    def POST(self): pass
app = web.application(urls, globals())
";
    assert_eq!(all(text), ["a.Index.GET(name: remote, number: clean)", "a.Other.POST()"]);
}

#[test]
fn graphql() {
    let text = "
import graphene
class Query(graphene.ObjectType):
    user = graphene.Field(graphene.String, id=graphene.Int(), name=graphene.String())
    def resolve_user(self, info, id, name): pass
    def other(self, info, x): pass
class Save(graphene.Mutation):
    class Arguments:
        count = graphene.Int(required=True)
        title = graphene.String()
    def mutate(root, info, count, title): pass
";
    assert_eq!(
        all(text),
        ["a.Query.resolve_user(id: clean, name: remote)", "a.Save.mutate(count: clean, title: remote)"]
    );
    let text = "
import strawberry
from strawberry.types import Info
@strawberry.input
class New:
    title: str
def books(author: str): pass
@strawberry.type
class Query:
    books = strawberry.field(resolver=books)
    @strawberry.field
    def one(self, info: Info, id: int, name: str, new: New): pass
";
    assert_eq!(
        all(text),
        ["a.books(author: remote)", "a.Query.one(id: clean, name: remote, new: model a.New)"]
    );
    let text = "
from ariadne import QueryType
query = QueryType()
@query.field('user')
def user(obj, info, name): pass
";
    assert_eq!(all(text), ["a.user(name: remote)"]);
}

#[test]
fn commands() {
    let text = "
import click
@click.group()
def cli(): pass
@cli.command()
@click.argument('path')
@click.option('--count', default=1)
@click.option('--kind', type=click.Choice(['a', 'b']))
@click.option('-n', '--user-name')
@click.option('--shout/--no-shout', default=False)
def run(path, count, kind, user_name, shout): pass
def plain(path): pass
";
    assert_eq!(
        all(text),
        ["a.cli()", "a.run(path: cli, count: clean, kind: clean, user_name: cli, shout: clean)"]
    );
    let text = "
import typer
app = typer.Typer()
@app.command()
def go(name: str, times: int = 1): pass
def main(word: str): pass
typer.run(main)
";
    assert_eq!(all(text), ["a.go(name: cli, times: clean)", "a.main(word: cli)"]);
    let text = "
from flask import Flask
import click
app = Flask('a')
@app.cli.command('x')
@click.argument('name')
def load(name): pass
";
    assert_eq!(all(text), ["a.load(name: cli)"]);
}

#[test]
fn by_shape() {
    let text = "
from http.server import BaseHTTPRequestHandler
def application(environ, start_response): pass
async def app(scope, receive, send): pass
def lambda_handler(event, context): pass
def on_event(event, context): pass
def handler(event): pass
class Middleware:
    def __call__(self, environ, start_response): pass
class Page(BaseHTTPRequestHandler):
    def do_GET(self): pass
    def log(self): pass
";
    assert_eq!(
        all(text),
        [
            "a.application(environ: remote)",
            "a.app(scope: remote, receive: remote)",
            "a.lambda_handler(event: remote)",
            "a.Middleware.__call__(environ: remote)",
            "a.Page.do_GET()",
        ]
    );
}
