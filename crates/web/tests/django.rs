//! Django's middleware and the permissions of REST framework, judged by what they do.

mod common;

use common::{routes_of, table};

const VIEWS: &str = r#"
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.views import View

def a(request): return HttpResponse("a")

@login_not_required
def b(request): return HttpResponse("b")

class C(View):
    def get(self, request): return HttpResponse("c")
"#;

const URLS: &str = r#"
from django.urls import path
import views

urlpatterns = [path("a", views.a), path("b", views.b), path("c", views.C.as_view()), path("public/d", views.a)]
"#;

fn with_middleware(text: &str, entry: &str) -> Vec<String> {
    let settings = format!(
        "ROOT_URLCONF = \"urls\"\nMIDDLEWARE = [\n    \"django.contrib.auth.middleware.AuthenticationMiddleware\",\n    \"{entry}\",\n]\n"
    );
    let found = routes_of(&[
        ("settings.py", &settings),
        ("middleware.py", text),
        ("views.py", VIEWS),
        ("urls.py", URLS),
    ]);
    table(&found)
}

#[test]
fn login_required_middleware() {
    assert_eq!(
        with_middleware("", "django.contrib.auth.middleware.LoginRequiredMiddleware"),
        [" /a: yes no no no", " /b: no no no no", "GET /c: yes no n/a no", " /public/d: yes no no no"]
    );
}

#[test]
fn a_middleware_class_that_asks_who_calls() {
    let text = r#"
from django.shortcuts import redirect

class LoginMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not request.user.is_authenticated:
            return redirect("login")
        return self.get_response(request)
"#;
    assert_eq!(
        with_middleware(text, "middleware.LoginMiddleware"),
        [" /a: yes no no no", " /b: yes no no no", "GET /c: yes no n/a no", " /public/d: yes no no no"]
    );
}

#[test]
fn a_middleware_class_with_exempt_addresses() {
    let text = r#"
import re
from django.http import HttpResponseRedirect

OPEN = [re.compile("^/public/")]

class LoginMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if request.user.is_authenticated:
            return None
        if any(pattern.match(request.path_info) for pattern in OPEN):
            return None
        return HttpResponseRedirect("/login")
"#;
    assert_eq!(
        with_middleware(text, "middleware.LoginMiddleware"),
        [" /a: part no no no", " /b: part no no no", "GET /c: part no n/a no", " /public/d: part no no no"]
    );
}

#[test]
fn a_middleware_function_and_one_that_only_looks() {
    let text = r#"
from django.http import HttpResponse

def login_middleware(get_response):
    def middleware(request):
        if request.user.is_anonymous:
            return HttpResponse("who", status=401)
        return get_response(request)
    return middleware

class Looks:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.user.is_authenticated:
            request.name = request.user.username
        return self.get_response(request)
"#;
    assert_eq!(
        with_middleware(text, "middleware.login_middleware"),
        [" /a: yes no no no", " /b: yes no no no", "GET /c: yes no n/a no", " /public/d: yes no no no"]
    );
    assert_eq!(
        with_middleware(text, "middleware.Looks"),
        [" /a: no no no no", " /b: no no no no", "GET /c: no no n/a no", " /public/d: no no no no"]
    );
}

#[test]
fn a_middleware_class_that_only_logs_in() {
    let text = r#"
from django.conf import settings
from django.contrib import auth

class HeaderMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not settings.USER_HEADER:
            return self.get_response(request)
        email = request.META.get(settings.USER_HEADER)
        if request.user.is_authenticated and request.user.email != email:
            auth.logout(request)
        user = auth.authenticate(request, email=email)
        if user:
            auth.login(request, user)
        return self.get_response(request)
"#;
    assert_eq!(
        with_middleware(text, "middleware.HeaderMiddleware"),
        [" /a: no no no no", " /b: no no no no", "GET /c: no no n/a no", " /public/d: no no no no"]
    );
}

#[test]
fn a_middleware_class_that_counts() {
    let text = r#"
from django.core.cache import cache
from django.http import HttpResponse

class Throttle:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if cache.get(request.META["REMOTE_ADDR"], 0) > 100:
            return HttpResponse("too many", status=429)
        return self.get_response(request)
"#;
    assert_eq!(
        with_middleware(text, "middleware.Throttle"),
        [" /a: no no no yes", " /b: no no no yes", "GET /c: no no n/a yes", " /public/d: no no no yes"]
    );
}

#[test]
fn permissions_of_rest_framework() {
    let found = routes_of(&[
        (
            "settings.py",
            r#"
ROOT_URLCONF = "urls"
REST_FRAMEWORK = {
    "DEFAULT_PERMISSION_CLASSES": ["permissions.Default"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"],
}
"#,
        ),
        (
            "permissions.py",
            r#"
from rest_framework.permissions import SAFE_METHODS, BasePermission, IsAuthenticated

class Default(BasePermission):
    def has_permission(self, request, view):
        return bool(request.user and request.user.is_authenticated)

class Always(BasePermission):
    def has_permission(self, request, view):
        return True

class Logs(BasePermission):
    def has_permission(self, request, view):
        if request.user.is_staff:
            print("staff")
        return True

class Staff(BasePermission):
    def has_permission(self, request, view):
        if not request.user.is_authenticated:
            return False
        return request.user.is_staff

class MoreThanLogin(IsAuthenticated):
    def has_permission(self, request, view):
        return super().has_permission(request, view) and request.user.is_staff

class ReadOnly(BasePermission):
    def has_permission(self, request, view):
        return request.method in SAFE_METHODS or request.user.is_authenticated
"#,
        ),
        (
            "urls.py",
            r#"
from django.urls import include, path
from rest_framework.decorators import action, api_view, permission_classes
from rest_framework.permissions import AllowAny, IsAdminUser, IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ModelViewSet, ViewSet

from permissions import Always, Logs, MoreThanLogin, ReadOnly, Staff

class A(APIView):
    def post(self, request): return Response(1)

class B(A):
    permission_classes = [Always]

class C(A):
    permission_classes = [Logs]

class D(A):
    permission_classes = (Staff,)

class E(A):
    permission_classes = [IsAuthenticated & Staff]

class F(A):
    permission_classes = [Staff | Always]

class G(A):
    permission_classes = [~Staff]

class H(A):
    permission_classes = [MoreThanLogin]

class I(A):
    permission_classes = [ReadOnly]
    def get(self, request): return Response(1)

class J(A):
    def get_permissions(self):
        return [IsAdminUser()]

class K(ViewSet):
    def get_permissions(self):
        if self.action == "list":
            return [AllowAny()]
        return [IsAdminUser()]

    def list(self, request): return Response(1)
    def create(self, request): return Response(1)

    @action(detail=False, methods=["post"], permission_classes=[AllowAny])
    def open(self, request): return Response(1)

class L(ViewSet):
    permission_classes = [AllowAny]

    def list(self, request): return Response(1)

    @action(detail=False, methods=["post"], permission_classes=[IsAdminUser])
    def shut(self, request): return Response(1)

@api_view(["POST"])
@permission_classes([IsAdminUser])
def m(request): return Response(1)

@api_view(["POST"])
def n(request): return Response(1)

urlpatterns = [
    path("a", A.as_view()), path("b", B.as_view()), path("c", C.as_view()), path("d", D.as_view()), path("e", E.as_view()),
    path("f", F.as_view()), path("g", G.as_view()), path("h", H.as_view()), path("i", I.as_view()), path("j", J.as_view()),
    path("k", K.as_view({"get": "list", "post": "create"})), path("ko", K.as_view({"post": "open"})),
    path("l", L.as_view({"get": "list"})), path("ls", L.as_view({"post": "shut"})), path("m", m), path("n", n),
]
"#,
        ),
    ]);
    assert_eq!(
        table(&found),
        [
            "POST /a: yes no n/a no",
            "POST /b: no no n/a no",
            "POST /c: no no n/a no",
            "POST /d: yes yes n/a no",
            "POST /e: yes yes n/a no",
            "POST /f: no no n/a no",
            "POST /g: no no n/a no",
            "POST /h: yes yes n/a no",
            "GET,POST /i: part no n/a no",
            "POST /j: yes yes n/a no",
            "GET,POST /k: part part n/a no",
            "POST /ko: yes yes n/a no",
            "GET /l: no no n/a no",
            "POST /ls: yes yes n/a no",
            "POST /m: yes yes n/a no",
            "POST /n: yes no n/a no",
        ]
    );
}
