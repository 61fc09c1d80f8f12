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
            "a.one(name: message, count: clean)",
            "a.two(name: message)",
            "a.three(name: message)",
            "a.five(x: message)",
            "a.Four.run(x: message)",
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
