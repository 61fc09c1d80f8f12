//! Entry points of Django and Django REST framework.

mod common;

use clearance_program::EntryKind::{self, Command, Hook, Route};
use common::{entries, names};

fn found(files: &[(&str, &str)], kind: EntryKind) -> Vec<String> {
    entries::entries(files, Some(kind))
}

const SHOP: &[(&str, &str)] = &[
    ("shop/settings.py", "ROOT_URLCONF = 'shop.urls'\n"),
    (
        "shop/urls.py",
        "
from django.urls import include, path, re_path
from django.contrib.auth.decorators import login_required
from . import views
from .views import Search

extra = [path('late/<slug:word>/', views.late)]
urlpatterns = [
    path('', views.index),
    path('item/<int:pk>/', views.item, name='item'),
    path('file/<path:name>', login_required(views.file)),
    path('user/<str:name>/<uuid:key>/', views.user),
    re_path(r'^year/(?P<year>[0-9]{4})/(?P<slug>[\\w-]+)/(?P<rest>.+)/$', views.year),
    path('search/<term>/', Search.as_view()),
    path('blog/<int:blog>/', include('shop.blog.urls')),
    path('more/', include(extra)),
]
",
    ),
    (
        "shop/blog/urls.py",
        "from django.urls import path\nfrom shop.blog.views import post\nurlpatterns = [path('<slug>/', post)]\n",
    ),
    ("shop/blog/views.py", "def post(request, blog, slug):\n    pass\n"),
    (
        "shop/lost/urls.py",
        "from django.urls import path\nfrom shop.blog.views import post\nurlpatterns = [path('lost', post)]\n",
    ),
    (
        "shop/views.py",
        "
from django.views.generic import ListView
from django.views.decorators.http import require_POST
def index(request): pass
def item(request, pk): pass
def file(request, name): pass
@require_POST
def user(request, name, key): pass
def year(request, year, slug, **rest): pass
def late(request, word): pass
class Search(ListView):
    def get(self, request, term): pass
    def get_queryset(self): pass
    def helper(self, x): pass
",
    ),
];

#[test]
fn url_configuration() {
    assert_eq!(
        entries::routes(SHOP),
        [
            "/ → shop.views.index",
            "/blog/<int:blog>/<slug>/ → shop.blog.views.post",
            "/file/<path:name> → shop.views.file",
            "/item/<int:pk>/ → shop.views.item",
            "/lost → shop.blog.views.post (not registered)",
            "/more/late/<slug:word>/ → shop.views.late",
            "GET /search/<term>/ → shop.views.Search",
            "POST /user/<str:name>/<uuid:key>/ → shop.views.user",
            "/year/<year>/<slug>/<rest>/ → shop.views.year",
        ]
    );
    assert_eq!(
        found(SHOP, Route),
        [
            "shop.blog.views.post(request: django.http.HttpRequest, blog: clean, slug: remote segment)",
            "shop.views.index(request: django.http.HttpRequest)",
            "shop.views.item(request: django.http.HttpRequest, pk: clean)",
            "shop.views.file(request: django.http.HttpRequest, name: remote)",
            "shop.views.user(request: django.http.HttpRequest, name: remote segment, key: clean)",
            "shop.views.year(request: django.http.HttpRequest, year: clean, slug: remote word, rest: remote)",
            "shop.views.late(request: django.http.HttpRequest, word: remote word)",
            "shop.views.Search.get(request: django.http.HttpRequest, term: remote segment)",
        ]
    );
    assert_eq!(found(SHOP, Hook), ["shop.views.Search.get_queryset()"]);
}

#[test]
fn view_sets() {
    let files = [
        (
            "api/urls.py",
            "
from django.urls import include, path
from rest_framework import routers
from .views import Users, Notes, ping
router = routers.DefaultRouter()
router.register(r'users', Users)
urlpatterns = [
    path('v1/', include(router.urls)),
    path('notes/<int:pk>/', Notes.as_view({'get': 'retrieve', 'delete': 'destroy'})),
    path('ping/<word>', ping),
]
",
        ),
        (
            "api/views.py",
            "
from rest_framework import viewsets
from rest_framework.decorators import action, api_view
class Users(viewsets.ReadOnlyModelViewSet):
    def retrieve(self, request, pk=None): pass
    @action(detail=True, methods=['post'], url_path='lock')
    def locked(self, request, pk): pass
    def perform_create(self, serializer): pass
class Notes(viewsets.ViewSet):
    def retrieve(self, request, pk): pass
    def destroy(self, request, pk): pass
@api_view(['POST'])
def ping(request, word): pass
",
        ),
    ];
    assert_eq!(
        entries::routes(&files),
        [
            "DELETE,GET /notes/<int:pk>/ → api.views.Notes",
            "POST /ping/<word> → api.views.ping",
            "GET /v1/ → rest_framework.routers.DefaultRouter",
            "GET /v1/.<format> → rest_framework.routers.DefaultRouter",
            "GET /v1/users.<format> → api.views.Users",
            "GET /v1/users/ → api.views.Users",
            "GET /v1/users/<pk>.<format> → api.views.Users",
            "GET /v1/users/<pk>/ → api.views.Users",
            "POST /v1/users/<pk>/lock.<format> → api.views.Users.locked",
            "POST /v1/users/<pk>/lock/ → api.views.Users.locked",
        ]
    );
    assert_eq!(
        found(&files, Route),
        [
            "api.views.ping(request: rest_framework.request.Request, word: remote segment)",
            "api.views.Users.retrieve(request: rest_framework.request.Request, pk: remote narrowed)",
            "api.views.Users.locked(request: rest_framework.request.Request, pk: remote narrowed)",
            "api.views.Notes.retrieve(request: rest_framework.request.Request, pk: clean)",
            "api.views.Notes.destroy(request: rest_framework.request.Request, pk: clean)",
        ]
    );
    assert_eq!(
        found(&files, Hook),
        ["api.views.Users.perform_create(serializer: rest_framework.serializers.Serializer)"]
    );
}

#[test]
fn commands_and_middleware() {
    let files = [(
        "a.py",
        "
from django.core.management.base import BaseCommand
class Command(BaseCommand):
    def add_arguments(self, parser): pass
    def handle(self, *args, **options): pass
class Log:
    def __init__(self, get_response): pass
    def __call__(self, request): pass
    def process_view(self, request, view_func, view_args, view_kwargs): pass
class Plain:
    def __call__(self, request): pass
",
    )];
    assert_eq!(found(&files, Command), ["a.Command.handle(args: cli, options: cli)"]);
    assert_eq!(
        found(&files, Hook),
        [
            "a.Log.__call__(request: django.http.HttpRequest)",
            "a.Log.process_view(request: django.http.HttpRequest, view_args: remote, view_kwargs: remote)",
        ]
    );
}

#[test]
fn requests_have_a_type() {
    let paths = [
        "django.http.HttpRequest.GET",
        "django.http.HttpRequest.GET.get",
        "rest_framework.request.Request.data",
    ];
    let get = |text: &str| names(&[("a.py", text)], &paths);
    assert_eq!(
        get("from django.shortcuts import render\ndef helper(request):\n    probe(request.GET)\n"),
        ["django.http.HttpRequest.GET"]
    );
    assert_eq!(
        get(
            "from django.views import View\nclass A(View):\n    def run(self):\n        probe(self.request.GET)\n"
        ),
        ["django.http.HttpRequest.GET"]
    );
    assert_eq!(
        get(
            "from rest_framework.views import APIView\nclass A(APIView):\n    def post(self, request):\n        probe(request.data)\n"
        ),
        ["rest_framework.request.Request.data"]
    );
    assert_eq!(
        get(
            "from rest_framework.generics import ListAPIView\nclass A(ListAPIView):\n    def get_queryset(self):\n        probe(self.request.GET.get)\n"
        ),
        ["django.http.HttpRequest.GET.get"]
    );
    // A plain helper gets what its caller has.
    assert_eq!(
        get(
            "from django.urls import path\ndef view(request):\n    read(request)\ndef read(r):\n    probe(r.GET)\npath('', view)\n"
        ),
        ["django.http.HttpRequest.GET"]
    );
    // Nothing of Django here.
    assert!(get("def helper(request):\n    probe(request.GET)\n").is_empty());
    assert!(get("from django.http import HttpRequest\nclass R: GET = None\ndef helper(request: R):\n    probe(request.GET)\n").is_empty());
}

#[test]
fn calls_on_the_request_are_seen() {
    let files = [(
        "a.py",
        "from django.urls import path\ndef view(request):\n    return request.GET.get('x')\nurlpatterns = [path('', view)]\n",
    )];
    let program = common::program(&files, &["django.http.HttpRequest.GET.get"]);
    let wanted = program.models.find("django.http.HttpRequest.GET.get").unwrap();
    assert!(program.modules[0].externals.iter().any(|callee| callee.path == wanted));
}
