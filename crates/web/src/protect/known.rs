//! What libraries offer to protect routes.

use super::Kind;

/// A decorator, mixin, permission or dependency of a library and what it protects by.
pub(super) struct Known {
    pub(super) path: &'static str,
    pub(super) kinds: &'static [Kind],
}

const fn known(path: &'static str, kinds: &'static [Kind]) -> Known {
    Known { path, kinds }
}

const LOGIN: &[Kind] = &[Kind::Authentication];
const ROLE: &[Kind] = &[Kind::Authentication, Kind::Authorisation];
const RATE: &[Kind] = &[Kind::Rate];
const CSRF: &[Kind] = &[Kind::Csrf];

/// Decorators, with and without arguments.
pub(super) const DECORATORS: &[Known] = &[
    known("flask_login.login_required", LOGIN),
    known("flask_login.fresh_login_required", LOGIN),
    known("flask_security.login_required", LOGIN),
    known("flask_security.auth_required", LOGIN),
    known("flask_security.auth_token_required", LOGIN),
    known("flask_security.http_auth_required", LOGIN),
    known("flask_security.roles_required", ROLE),
    known("flask_security.roles_accepted", ROLE),
    known("flask_security.permissions_required", ROLE),
    known("flask_security.permissions_accepted", ROLE),
    known("flask_user.login_required", LOGIN),
    known("flask_user.roles_required", ROLE),
    known("flask_jwt_extended.jwt_required", LOGIN),
    known("flask_jwt_extended.fresh_jwt_required", LOGIN),
    known("flask_jwt.jwt_required", LOGIN),
    known("flask_praetorian.auth_required", LOGIN),
    known("flask_praetorian.roles_required", ROLE),
    known("flask_praetorian.roles_accepted", ROLE),
    known("flask_httpauth.HTTPAuth.login_required", LOGIN),
    known("flask_httpauth.HTTPBasicAuth.login_required", LOGIN),
    known("flask_httpauth.HTTPDigestAuth.login_required", LOGIN),
    known("flask_httpauth.HTTPTokenAuth.login_required", LOGIN),
    known("flask_httpauth.MultiAuth.login_required", LOGIN),
    known("flask_principal.Permission.require", ROLE),
    known("flask_appbuilder.has_access", ROLE),
    known("flask_appbuilder.has_access_api", ROLE),
    known("flask_appbuilder.security.decorators.has_access", ROLE),
    known("flask_appbuilder.security.decorators.has_access_api", ROLE),
    known("flask_appbuilder.security.decorators.protect", ROLE),
    known("flask_appbuilder.api.protect", ROLE),
    known("flask_appbuilder.protect", ROLE),
    known("quart_auth.login_required", LOGIN),
    known("flask_limiter.Limiter.limit", RATE),
    known("flask_limiter.Limiter.shared_limit", RATE),
    known("slowapi.Limiter.limit", RATE),
    known("slowapi.Limiter.shared_limit", RATE),
    known("django_ratelimit.decorators.ratelimit", RATE),
    known("ratelimit.decorators.ratelimit", RATE),
    known("axes.decorators.axes_dispatch", RATE),
    known("django.contrib.auth.decorators.login_required", LOGIN),
    known("django.contrib.auth.decorators.permission_required", ROLE),
    known("django.contrib.admin.views.decorators.staff_member_required", ROLE),
    known("django.views.decorators.csrf.csrf_protect", CSRF),
    known("django.views.decorators.csrf.requires_csrf_token", CSRF),
    known("starlette.authentication.requires", ROLE),
    known("flask_seasurf.SeaSurf.include", CSRF),
];

/// Decorators whose arguments are tests of the user that must all come out well.
pub(super) const REQUIREMENTS: &[&str] = &[
    "flask_allows.requires",
    "flask_allows2.requires",
    "flask_allows.Allows.requires",
    "flask_allows2.Allows.requires",
];

/// Classes whose objects are dependencies.
pub(super) const DEPENDENCIES: &[Known] = &[
    known("fastapi_limiter.depends.RateLimiter", RATE),
    known("fastapi_limiter.depends.WebSocketRateLimiter", RATE),
];

/// Context managers that let only requests in that they approve of.
pub(super) const MANAGERS: &[Known] = &[known("flask_principal.Permission.require", ROLE)];

/// Decorators whose argument decides: a function of the user.
pub(super) const USER_TESTS: &[&str] = &["django.contrib.auth.decorators.user_passes_test"];

/// Decorators and calls that take a protection away.
pub(super) const CSRF_EXEMPT: &[&str] = &[
    "django.views.decorators.csrf.csrf_exempt",
    "flask_wtf.CSRFProtect.exempt",
    "flask_seasurf.SeaSurf.exempt",
];
/// The same for rate limits.
pub(super) const LIMIT_EXEMPT: &[&str] = &["flask_limiter.Limiter.exempt", "slowapi.Limiter.exempt"];
/// The same for authentication.
pub(super) const LOGIN_EXEMPT: &[&str] = &["django.contrib.auth.decorators.login_not_required"];

/// Classes that a view derives from, or names as its permission.
pub(super) const CLASSES: &[Known] = &[
    known("django.contrib.auth.mixins.LoginRequiredMixin", LOGIN),
    known("django.contrib.auth.mixins.PermissionRequiredMixin", ROLE),
    known("django.contrib.auth.views.PasswordChangeView", LOGIN),
    known("django.contrib.auth.views.PasswordChangeDoneView", LOGIN),
    known("rest_framework.permissions.IsAuthenticated", LOGIN),
    known("rest_framework.permissions.IsAdminUser", ROLE),
    known("rest_framework.permissions.DjangoModelPermissions", ROLE),
    known("rest_framework.permissions.DjangoObjectPermissions", ROLE),
];

/// Calls that let only requests through that they approve of.
pub(super) const GATES: &[Known] = &[
    known("flask_jwt_extended.verify_jwt_in_request", LOGIN),
    known("flask_wtf.CSRFProtect.protect", CSRF),
    known("flask_wtf.csrf.validate_csrf", CSRF),
    known("flask_principal.Permission.test", ROLE),
    known("django.http.HttpRequest.user.check_perms", ROLE),
];

/// Values that stand for who makes the request.
pub(super) const USERS: &[&str] = &[
    "flask_login.current_user",
    "flask_login.utils.current_user",
    "flask_security.current_user",
    "flask_user.current_user",
    "flask_praetorian.current_user",
    "flask_jwt_extended.current_user",
    "flask_jwt_extended.get_jwt_identity",
    "flask_jwt_extended.get_current_user",
    "flask_jwt_extended.get_jwt",
    "flask_login.login_fresh",
    "django.http.HttpRequest.user",
    "rest_framework.request.Request.user",
    "rest_framework.request.Request.auth",
    "starlette.requests.Request.user",
];

/// Calls that end the request.
pub(super) const ENDS: &[&str] = &[
    "flask.abort",
    "werkzeug.exceptions.abort",
    "flask_restful.abort",
    "flask_restx.abort",
    "flask_restx.Namespace.abort",
    "flask_restx.Api.abort",
    "flask_smorest.abort",
    "webargs.flaskparser.abort",
    "sys.exit",
];

/// Results that turn a request away.
pub(super) const REJECTIONS: &[&str] = &[
    "flask.redirect",
    "werkzeug.utils.redirect",
    "flask_login.LoginManager.unauthorized",
    "flask_login.LoginManager.needs_refresh",
    "django.shortcuts.redirect",
    "django.http.HttpResponseRedirect",
    "django.http.HttpResponseForbidden",
    "django.http.HttpResponseNotFound",
    "django.http.HttpResponseBadRequest",
    "django.http.HttpResponseNotAllowed",
    "django.contrib.auth.views.redirect_to_login",
    "starlette.responses.RedirectResponse",
    "fastapi.responses.RedirectResponse",
];

/// Other paths that are asked about.
pub(super) const OTHERS: &[&str] = &[
    "flask.Blueprint",
    "flask.Scaffold.before_request",
    "flask.Scaffold.before_app_request",
    "flask.session",
    "flask.g",
    "flask.Request.headers",
    "flask.Request.form",
    "flask.Request.values",
    "flask.Request.args",
    "flask.Request.json",
    "flask.Request.get_json",
    "flask.Request.cookies",
    "flask.Request.method",
    "flask.Request.authorization",
    "flask_wtf.CSRFProtect",
    "flask_wtf.CSRFProtect.init_app",
    "flask_wtf.FlaskForm",
    "flask_seasurf.SeaSurf",
    "flask_seasurf.SeaSurf.init_app",
    "flask_limiter.Limiter",
    "flask_limiter.Limiter.init_app",
    "flask_principal.Permission.can",
    "slowapi.Limiter",
    "slowapi.middleware.SlowAPIMiddleware",
    "slowapi.middleware.SlowAPIASGIMiddleware",
    "flask_login.LoginManager",
    "flask_login.login_user",
    "hmac.compare_digest",
    "secrets.compare_digest",
    "jwt.decode",
    "jose.jwt.decode",
    "django.utils.decorators.method_decorator",
    "django.contrib.auth.mixins.UserPassesTestMixin",
    "rest_framework.decorators.permission_classes",
    "rest_framework.decorators.action",
    "rest_framework.decorators.authentication_classes",
    "rest_framework.permissions.AllowAny",
    "rest_framework.views.APIView",
    "rest_framework.authentication.SessionAuthentication",
    "fastapi.Depends",
    "fastapi.Security",
    "fastapi.security.OAuth2PasswordBearer",
    "fastapi.security.OAuth2AuthorizationCodeBearer",
    "fastapi.security.OpenIdConnect",
    "fastapi.security.HTTPBearer",
    "fastapi.security.HTTPBasic",
    "fastapi.security.HTTPDigest",
    "fastapi.security.APIKeyHeader",
    "fastapi.security.APIKeyCookie",
    "fastapi.security.APIKeyQuery",
    "builtins.hasattr",
];

/// Every path that is asked about.
pub(crate) fn paths() -> impl Iterator<Item = &'static str> {
    let known = DECORATORS
        .iter()
        .chain(CLASSES)
        .chain(GATES)
        .chain(DEPENDENCIES)
        .chain(MANAGERS)
        .map(|known| known.path);
    known.chain(
        [USER_TESTS, REQUIREMENTS, CSRF_EXEMPT, LIMIT_EXEMPT, LOGIN_EXEMPT, USERS, ENDS, REJECTIONS, OTHERS]
            .into_iter()
            .flatten()
            .copied(),
    )
}

/// Attributes and methods of a user that tell what he may.
pub(super) fn is_role(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["admin", "staff", "superuser", "role", "permission", "privilege", "owner", "moderator", "scope", "group"]
        .iter()
        .any(|part| name.contains(part))
        || name.starts_with("has_perm")
        || name.starts_with("can_")
        || name.starts_with("is_allowed")
        || matches!(name.as_str(), "can" | "type" | "perms" | "level" | "rank")
}

/// Keys of a session, or names on `g`, that say who is logged in.
pub(super) fn names_user(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["user", "logged", "login", "account", "member", "admin", "identity", "auth", "email", "uid"]
        .iter()
        .any(|part| key.contains(part))
        || key == "id"
}

/// Keys under which tokens against forged requests travel.
pub(super) fn names_token(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["csrf", "xsrf", "nonce", "authenticity"].iter().any(|part| key.contains(part))
}

/// Marks on views that a check of the application leaves out.
pub(super) fn is_exemption(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    (name.contains("csrf") || name.contains("xsrf"))
        && ["exempt", "bypass", "skip", "disable", "ignore"].iter().any(|part| name.contains(part))
}

/// Headers that carry credentials.
pub(super) fn names_credential(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    key.contains("authorization")
        || key.contains("api-key")
        || key.contains("apikey")
        || key.contains("token")
        || key.contains("signature")
        || key.contains("hmac")
}
