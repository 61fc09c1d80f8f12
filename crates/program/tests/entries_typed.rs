//! Entry points of frameworks that pass typed parameters: FastAPI, Starlette.

mod common;

use clearance_models::flow::Origin;
use clearance_program::{ClassRef, EntryKind, Resolver};
use common::entries::{entries, routes, shown};

const API: &[(&str, &str)] = &[
    (
        "app/main.py",
        "
from fastapi import FastAPI
from .items import router
app = FastAPI()
app.include_router(router, prefix='/api')

@app.get('/')
async def root(): pass
",
    ),
    (
        "app/items.py",
        "
from typing import Annotated, Optional
from uuid import UUID
from enum import Enum
from fastapi import APIRouter, Depends, Header, Cookie, Query, Request, UploadFile, File, WebSocket
from pydantic import BaseModel
from .deps import get_db, Pager

router = APIRouter(prefix='/items')
Db = Annotated[object, Depends(get_db)]

class Color(str, Enum):
    RED = 'red'

class Item(BaseModel):
    name: str
    count: int

@router.get('/{item_id}')
def one(item_id: int, q: str, color: Color, limit: Optional[int] = None): pass

@router.get('/by/{name}')
def by(name: str, key: UUID, request: Request, db: Db): pass

@router.post('/files/{where:path}')
def files(where: str, item: Item, agent: str = Header(), session: Annotated[str, Cookie()] = '',
          upload: UploadFile = File(...), pager=Depends(Pager), word: str = Query(pattern='^[a-z]+$')): pass

@router.websocket('/ws/{room}')
async def socket(ws: WebSocket, room: str): pass

def helper(x: str): pass
",
    ),
    (
        "app/deps.py",
        "
from fastapi import Depends, Request
from sqlite3 import connect
def token(authorization: str): pass
def get_db(t=Depends(token)):
    db = connect('x')
    yield db
class Pager:
    def __init__(self, page: int = 0, sort: str = ''): pass
",
    ),
];

#[test]
fn fastapi() {
    assert_eq!(
        routes(API),
        [
            "GET / → app.main.root",
            "GET /api/items/by/{name} → app.items.by",
            "POST /api/items/files/{where:path} → app.items.files",
            "/api/items/ws/{room} → app.items.socket",
            "GET /api/items/{item_id} → app.items.one",
        ]
    );
    assert_eq!(
        entries(API, Some(EntryKind::Route)),
        [
            "app.items.one(item_id: clean, q: remote, color: clean, limit: clean)",
            "app.items.by(name: remote segment, key: clean, request: starlette.requests.Request, db: from app.deps.get_db)",
            "app.items.files(where: remote, item: model app.items.Item, agent: header, session: cookie, upload: upload, pager: made app.deps.Pager, word: remote word)",
            "app.main.root()",
        ]
    );
    assert_eq!(
        entries(API, Some(EntryKind::Dependency)),
        [
            "app.deps.token(authorization: remote)",
            "app.deps.get_db(t: from app.deps.token)",
            "app.deps.Pager.__init__(page: clean, sort: remote)",
        ]
    );
    assert_eq!(
        entries(API, Some(EntryKind::Message)),
        ["app.items.socket(ws: starlette.websockets.WebSocket, room: remote segment)"]
    );
}

#[test]
fn fields_of_models() {
    let text = "
from pydantic import BaseModel, EmailStr, Field, constr
from typing import Literal
class Base(BaseModel):
    id: int
class Item(Base):
    name: str
    mail: EmailStr
    tags: list[str]
    kind: Literal['a', 'b']
    code: str = Field(pattern=r'^\\d{4}$')
    word: constr(regex='^[a-z]+$')
    inner: 'Item'
    numbers: list[int] | None
";
    let program = common::program(&[("a.py", text)], &[]);
    let mut resolver = Resolver::new(&program);
    let class =
        ClassRef { module: program.module_at("a.py").unwrap(), class: clearance_python::ir::Class(1) };
    let mut field = |name: &str| {
        program.model_field(&mut resolver, class, name, Origin::Remote).map(|what| shown(&program, what))
    };
    assert_eq!(field("id").as_deref(), Some("clean"));
    assert_eq!(field("name").as_deref(), Some("remote"));
    assert_eq!(field("mail").as_deref(), Some("remote narrowed"));
    assert_eq!(field("tags").as_deref(), Some("remote"));
    assert_eq!(field("kind").as_deref(), Some("clean"));
    assert_eq!(field("code").as_deref(), Some("clean"));
    assert_eq!(field("word").as_deref(), Some("remote word"));
    assert_eq!(field("inner").as_deref(), Some("model a.Item"));
    assert_eq!(field("numbers").as_deref(), Some("clean"));
    assert_eq!(field("absent"), None);
}

#[test]
fn dependencies_give_what_they_return() {
    let files = [(
        "a.py",
        "
import sqlite3
from fastapi import Depends, FastAPI
app = FastAPI()
def get_db():
    db = sqlite3.connect('x')
    try:
        yield db
    finally:
        db.close()
@app.get('/')
def index(db=Depends(get_db)):
    probe(db)
",
    )];
    assert_eq!(common::names(&files, &[]), ["sqlite3.Connection()"]);
}

#[test]
fn routers_nest() {
    let files = [(
        "a.py",
        "
from fastapi import FastAPI, APIRouter
outer = APIRouter(prefix='/o')
inner = APIRouter()
lost = APIRouter(prefix='/lost')
app = FastAPI()
sub = FastAPI()
for r in [outer]:
    app.include_router(r, prefix='/v1')
outer.include_router(inner, prefix='/i')
app.mount('/sub', sub)
@inner.get('/x')
def x(): pass
@lost.get('/y')
def y(): pass
@sub.api_route('/z', methods=['GET', 'post'])
def z(): pass
",
    )];
    assert_eq!(
        routes(&files),
        ["GET,POST /sub/z → a.z", "GET /v1/o/i/x → a.x", "GET /y → a.y (not registered)"]
    );
}

#[test]
fn starlette() {
    let files = [(
        "a.py",
        "
from starlette.applications import Starlette
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.endpoints import HTTPEndpoint
async def home(request): pass
async def save(request): pass
async def ws(socket): pass
class User(HTTPEndpoint):
    async def get(self, request): pass
    async def put(self, request): pass
app = Starlette(routes=[
    Route('/', home),
    Mount('/users', routes=[Route('/{name}', User), Route('/save', save, methods=['POST'])]),
    WebSocketRoute('/ws', ws),
])
",
    )];
    assert_eq!(
        routes(&files),
        ["GET / → a.home", "POST /users/save → a.save", "GET,PUT /users/{name} → a.User", "/ws → a.ws",]
    );
    assert_eq!(
        entries(&files, None),
        [
            "a.home(request: starlette.requests.Request)",
            "a.save(request: starlette.requests.Request)",
            "a.ws(socket: starlette.websockets.WebSocket)",
            "a.User.get(request: starlette.requests.Request)",
            "a.User.put(request: starlette.requests.Request)",
        ]
    );
}
