//! Protections of applications of Django, Django REST framework and FastAPI.

mod common;

use common::{routes, routes_of, table};

#[test]
fn django_views() {
    let found = routes_of(&[
        (
            "settings.py",
            r#"
ROOT_URLCONF = "urls"
MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware", "django.middleware.csrf.CsrfViewMiddleware"]
"#,
        ),
        (
            "views.py",
            r#"
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import login_required, user_passes_test
from django.contrib.auth.mixins import LoginRequiredMixin, UserPassesTestMixin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

@login_required
@require_POST
def a(request): return HttpResponse("a")

@staff_member_required
@require_POST
def b(request): return HttpResponse("b")

@csrf_exempt
@require_POST
def c(request): return HttpResponse("c")

@user_passes_test(lambda user: user.is_staff)
@require_POST
def d(request): return HttpResponse("d")

@require_POST
def e(request):
    if not request.user.is_authenticated:
        raise PermissionDenied
    return HttpResponse("e")

class F(LoginRequiredMixin, View):
    def post(self, request): return HttpResponse("f")

class G(UserPassesTestMixin, View):
    def test_func(self): return self.request.user.is_superuser
    def post(self, request): return HttpResponse("g")

class H(View):
    def post(self, request): return HttpResponse("h")
"#,
        ),
        (
            "urls.py",
            r#"
from django.contrib.auth.decorators import login_required
from django.urls import path
import views

urlpatterns = [
    path("a", views.a), path("b", views.b), path("c", views.c), path("d", views.d), path("e", views.e),
    path("f", views.F.as_view()), path("g", views.G.as_view()), path("h", views.H.as_view()),
    path("i", login_required(views.H.as_view())),
]
"#,
        ),
    ]);
    assert_eq!(
        table(&found),
        [
            "POST /a: yes no yes no",
            "POST /b: yes yes yes no",
            "POST /c: no no no no",
            "POST /d: yes yes yes no",
            "POST /e: yes no yes no",
            "POST /f: yes no yes no",
            "POST /g: yes yes yes no",
            "POST /h: no no yes no",
            "POST /i: yes no yes no",
        ]
    );
}

#[test]
fn rest_framework_permissions() {
    let found = routes_of(&[
        (
            "settings.py",
            r#"
ROOT_URLCONF = "urls"
REST_FRAMEWORK = {
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"],
}
"#,
        ),
        (
            "urls.py",
            r#"
from django.urls import include, path
from rest_framework.permissions import AllowAny, BasePermission, IsAdminUser
from rest_framework.routers import DefaultRouter
from rest_framework.viewsets import ModelViewSet, ReadOnlyModelViewSet

class IsOwner(BasePermission):
    def has_permission(self, request, view):
        return request.user.is_staff

class Nothing(BasePermission):
    def has_permission(self, request, view):
        return True

class Orders(ModelViewSet): pass

class Open(ReadOnlyModelViewSet):
    permission_classes = [AllowAny]

class Staff(ReadOnlyModelViewSet):
    permission_classes = [IsAdminUser]

class Own(ReadOnlyModelViewSet):
    permission_classes = [IsOwner]

class Idle(ReadOnlyModelViewSet):
    permission_classes = [Nothing]

router = DefaultRouter()
router.register("orders", Orders)
router.register("open", Open)
router.register("staff", Staff)
router.register("own", Own)
router.register("idle", Idle)
urlpatterns = [path("api/", include(router.urls))]
"#,
        ),
    ]);
    let lists: Vec<String> = table(&found)
        .into_iter()
        .filter(|line| line.contains("/:") && !line.contains('<') && !line.contains(".<format>"))
        .collect();
    assert_eq!(
        lists,
        [
            "GET /api/: yes no n/a no",
            "GET /api/idle/: no no n/a no",
            "GET /api/open/: no no n/a no",
            "GET,POST /api/orders/: yes no n/a no",
            "GET /api/own/: yes yes n/a no",
            "GET /api/staff/: yes yes n/a no",
        ]
    );
    let paths: Vec<&str> = found.iter().map(|route| route.path.as_str()).collect();
    for path in ["/api/.<format>", "/api/orders.<format>", "/api/orders/<pk>/", "/api/orders/<pk>.<format>"] {
        assert!(paths.contains(&path), "{path} in {paths:?}");
    }
}

#[test]
fn fastapi_dependencies() {
    let found = routes(
        r#"
from typing import Annotated
import jwt
from fastapi import APIRouter, Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer

bearer = OAuth2PasswordBearer(tokenUrl="token")

def current(token: Annotated[str, Depends(bearer)]):
    try:
        return jwt.decode(token, "key", algorithms=["HS256"])
    except jwt.PyJWTError:
        raise HTTPException(status_code=401)

def careless(token: Annotated[str, Depends(bearer)]):
    try:
        return jwt.decode(token, "key", algorithms=["HS256"])
    except jwt.PyJWTError:
        return None

User = Annotated[dict, Depends(current)]

def admin(user: User):
    if not user["is_admin"]:
        raise HTTPException(status_code=403)

app = FastAPI()
router = APIRouter(prefix="/r", dependencies=[Depends(current)])
inner = APIRouter(prefix="/i")

@app.post("/a")
def a(user: User): return user

@app.post("/b", dependencies=[Depends(admin)])
def b(): return 1

@app.post("/c")
def c(user: dict = Depends(careless)): return user

@router.post("/d")
def d(): return 1

@inner.post("/e")
def e(): return 1

@app.post("/f")
def f(): return 1

router.include_router(inner)
app.include_router(router, prefix="/v1")
"#,
    );
    assert_eq!(
        table(&found),
        [
            "POST /a: yes no n/a no",
            "POST /b: yes yes n/a no",
            "POST /c: no no n/a no",
            "POST /f: no no n/a no",
            "POST /v1/r/d: yes no n/a no",
            "POST /v1/r/i/e: yes no n/a no",
        ]
    );
}
