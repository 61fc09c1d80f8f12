//! What is known of the settings of frameworks and extensions: their names, their defaults, which of them are secret.

use super::value::{Data, Value};

/// The words of an identifier, in lower case: `SESSION_COOKIE_SECURE`, `secretKey`, `ProductionConfig`.
pub(crate) fn words(name: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut before = ' ';
    for c in name.chars() {
        if !c.is_alphanumeric() {
            if !word.is_empty() {
                found.push(std::mem::take(&mut word));
            }
        } else {
            if c.is_uppercase() && before.is_lowercase() && !word.is_empty() {
                found.push(std::mem::take(&mut word));
            }
            word.extend(c.to_lowercase());
        }
        before = c;
    }
    if !word.is_empty() {
        found.push(word);
    }
    found
}

/// Flask's own default of a setting.
pub(crate) fn flask_default(name: &str) -> Option<Value> {
    Some(Value::new(match name {
        "DEBUG"
        | "TESTING"
        | "SESSION_COOKIE_SECURE"
        | "SESSION_COOKIE_PARTITIONED"
        | "USE_X_SENDFILE"
        | "EXPLAIN_TEMPLATE_LOADING"
        | "TRAP_HTTP_EXCEPTIONS" => Data::Bool(false),
        "SESSION_COOKIE_HTTPONLY" | "SESSION_REFRESH_EACH_REQUEST" => Data::Bool(true),
        "SECRET_KEY"
        | "SESSION_COOKIE_SAMESITE"
        | "SESSION_COOKIE_DOMAIN"
        | "SESSION_COOKIE_PATH"
        | "MAX_CONTENT_LENGTH"
        | "SERVER_NAME"
        | "PROPAGATE_EXCEPTIONS"
        | "SECRET_KEY_FALLBACKS"
        | "TRUSTED_HOSTS"
        | "TEMPLATES_AUTO_RELOAD"
        | "TRAP_BAD_REQUEST_ERRORS"
        | "SEND_FILE_MAX_AGE_DEFAULT" => Data::None,
        "SESSION_COOKIE_NAME" => Data::Str("session".into()),
        "APPLICATION_ROOT" => Data::Str("/".into()),
        "PREFERRED_URL_SCHEME" => Data::Str("http".into()),
        "PERMANENT_SESSION_LIFETIME" => Data::Duration(31 * 86_400),
        "MAX_FORM_MEMORY_SIZE" => Data::Int(500_000),
        "MAX_FORM_PARTS" => Data::Int(1000),
        "MAX_COOKIE_SIZE" => Data::Int(4093),
        _ => return None,
    }))
}

/// Beginnings of the names that Flask extensions read, with the packages of which one must be imported.
const FLASK_EXTENSIONS: &[(&str, &[&str])] = &[
    ("WTF_", &["flask_wtf"]),
    ("SQLALCHEMY_", &["flask_sqlalchemy", "flask_appbuilder", "flask_sqlalchemy_lite"]),
    ("MAIL_", &["flask_mail", "flask_mailman", "flask_mailing"]),
    ("SESSION_", &["flask_session"]),
    ("REMEMBER_COOKIE_", &["flask_login", "flask_security"]),
    ("LOGIN_", &["flask_login", "flask_security"]),
    ("JWT_", &["flask_jwt_extended", "flask_jwt"]),
    ("RATELIMIT_", &["flask_limiter", "flask_appbuilder"]),
    ("CACHE_", &["flask_caching", "flask_cache"]),
    ("BABEL_", &["flask_babel", "flask_babelex", "flask_babelplus"]),
    ("SECURITY_", &["flask_security"]),
    ("CORS_", &["flask_cors"]),
    ("RECAPTCHA_", &["flask_wtf", "flask_recaptcha"]),
    ("CELERY_", &["celery", "flask_celery"]),
    ("MONGO", &["flask_pymongo", "flask_mongoengine", "mongoengine"]),
    ("REDIS_", &["flask_redis", "redis"]),
    ("OAUTH", &["authlib", "flask_oauthlib", "flask_dance"]),
    ("DEBUG_TB_", &["flask_debugtoolbar"]),
    ("UPLOAD", &["flask_uploads"]),
    ("SENTRY_", &["sentry_sdk", "raven"]),
    ("BCRYPT_", &["flask_bcrypt"]),
    ("FLASK_ADMIN_", &["flask_admin"]),
    ("ADMIN_", &["flask_admin"]),
    ("SOCKETIO_", &["flask_socketio"]),
    ("FAB_", &["flask_appbuilder"]),
    ("AUTH_", &["flask_appbuilder"]),
    ("APP_", &["flask_appbuilder"]),
    ("COMPRESS_", &["flask_compress"]),
    ("ASSETS_", &["flask_assets"]),
    ("LIMITER_", &["flask_limiter"]),
    ("TALISMAN_", &["flask_talisman"]),
    ("APISPEC_", &["flask_apispec", "flask_smorest"]),
    ("API_", &["flask_smorest"]),
    ("OPENAPI_", &["flask_smorest"]),
    ("JSON_", &["flask"]),
    ("JSONIFY_", &["flask"]),
    ("RESTX_", &["flask_restx"]),
    ("SWAGGER", &["flasgger", "flask_restx"]),
    ("BOOTSTRAP_", &["flask_bootstrap", "flask_bootstrap5"]),
    ("LDAP_", &["flask_ldap3_login", "flask_appbuilder"]),
    ("WHOOSHEE_", &["flask_whooshee"]),
    ("ALEMBIC", &["flask_alembic"]),
];

/// Whether Flask, or an extension of which `imports` tells that it is there, reads a setting.
pub(crate) fn flask_reads(name: &str, imports: &dyn Fn(&str) -> bool) -> bool {
    if flask_default(name).is_some() || matches!(name, "ENV" | "SECRET_KEY" | "PROVIDE_AUTOMATIC_OPTIONS") {
        return true;
    }
    FLASK_EXTENSIONS
        .iter()
        .any(|(prefix, packages)| name.starts_with(prefix) && packages.iter().any(|package| imports(package)))
}

/// Whether a setting belongs to an extension of which no package is imported.
pub(crate) fn is_of_absent_extension(name: &str, imports: &dyn Fn(&str) -> bool) -> bool {
    FLASK_EXTENSIONS.iter().any(|(prefix, _)| name.starts_with(prefix)) && !flask_reads(name, imports)
}

/// Beginnings of names that Django and common applications of it read.
const DJANGO: &[&str] = &[
    "ABSOLUTE_URL",
    "ADMIN",
    "ALLOWED_HOSTS",
    "APPEND_SLASH",
    "AUTH",
    "CACHE",
    "CSRF_",
    "DATABASE",
    "DATA_UPLOAD_",
    "DATE",
    "DEBUG",
    "DECIMAL",
    "DEFAULT_",
    "DISALLOWED",
    "EMAIL_",
    "FILE_",
    "FIRST_DAY",
    "FIXTURE",
    "FORCE_SCRIPT",
    "FORMAT",
    "FORMS_",
    "FORM_",
    "IGNORABLE",
    "INSTALLED_APPS",
    "INTERNAL_IPS",
    "LANG",
    "LOCALE",
    "LOGGING",
    "LOGIN_",
    "LOGOUT_",
    "MANAGERS",
    "MEDIA_",
    "MESSAGE",
    "MIDDLEWARE",
    "MIGRATION",
    "MONTH_DAY",
    "NUMBER",
    "PASSWORD_",
    "PREPEND",
    "ROOT_URLCONF",
    "SECRET_KEY",
    "SECURE_",
    "SERVER_EMAIL",
    "SESSION_",
    "SHORT_",
    "SIGNING",
    "SILENCED",
    "SITE_ID",
    "STATIC",
    "STORAGES",
    "TASKS",
    "TEMPLATE",
    "TEST_",
    "THOUSAND",
    "TIME_",
    "USE_",
    "WSGI_",
    "X_FRAME",
    "YEAR_MONTH",
    "REST_",
    "CORS_",
    "CELERY_",
    "AWS_",
    "WAGTAIL",
    "CRISPY_",
    "ACCOUNT_",
    "SOCIALACCOUNT_",
    "SOCIAL_",
    "CHANNEL",
    "ASGI_",
    "SIMPLE_JWT",
    "SPECTACULAR",
    "CKEDITOR",
    "COMPRESS",
    "WHITENOISE",
    "HAYSTACK",
    "GRAPHENE",
    "DJANGO_",
    "RECAPTCHA",
    "ANYMAIL",
    "RQ_",
    "AXES_",
    "OAUTH2_",
    "JWT_",
    "TAGGIT",
    "GUARDIAN",
    "NOCAPTCHA",
    "IMPORT_EXPORT",
    "PIPELINE",
    "STRIPE",
    "SHELL_",
    "ELASTICSEARCH",
    "OTP_",
    "TWO_FACTOR",
    "CSP_",
    "PERMISSIONS_POLICY",
    "SWAGGER",
    "JAZZMIN",
    "SITE",
    "AUTHENTICATION",
    "CONTENT_SECURITY_POLICY",
    "GS_",
    "AZURE_",
    "INTERNAL_",
];

/// Whether Django, or a common application of it, may read a setting.
pub(crate) fn django_reads(name: &str) -> bool {
    DJANGO.iter().any(|prefix| name.starts_with(prefix))
}

/// Whether a name is one of something secret.
pub(crate) fn is_secret_name(name: &str) -> bool {
    let all = words(name);
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let has = |word: &str| all.contains(&word);
    const OTHERS: &[&str] = &[
        "public",
        "validators",
        "hashers",
        "expires",
        "lifetime",
        "url",
        "field",
        "header",
        "name",
        "path",
        "length",
        "timeout",
        "min",
        "max",
        "enabled",
        "prefix",
        "file",
        "type",
        "algorithm",
        "location",
        "minutes",
        "days",
        "hours",
        "seconds",
        "limit",
        "rate",
        "hour",
        "ttl",
        "count",
        "size",
        "required",
        "age",
        "class",
        "policy",
        "reset",
        "expiry",
        "expire",
        "expiration",
        "rotation",
        "dir",
        "id",
        "rounds",
        "complexity",
        "strength",
        "template",
        "regex",
        "hash",
        "backend",
        "form",
        "view",
        "change",
        "changeable",
        "recoverable",
        "allow",
    ];
    if all.iter().any(|word| OTHERS.contains(word)) {
        return false;
    }
    match all[..] {
        [
            ..,
            "password" | "passwd" | "pwd" | "pass" | "secret" | "token" | "apikey" | "credentials"
            | "credential" | "passphrase" | "salt" | "secrets" | "tokens",
        ] => true,
        [.., "key" | "keys"] => {
            has("secret")
                || has("api")
                || has("private")
                || has("access")
                || has("encryption")
                || has("signing")
                || has("fernet")
                || has("jwt")
                || has("auth")
                || has("hmac")
                || has("license")
                || has("account")
                || has("master")
        }
        [.., "dsn"] => true,
        [.., "fallbacks"] => has("key"),
        _ => has("password") || has("secret") && !has("manager"),
    }
}

/// Whether a name is that of the key that signs sessions or tokens.
pub(crate) fn is_signing_key(name: &str) -> bool {
    matches!(
        name,
        "SECRET_KEY"
            | "JWT_SECRET_KEY"
            | "JWT_SECRET"
            | "WTF_CSRF_SECRET_KEY"
            | "secret_key"
            | "SESSION_SECRET"
            | "jwt_secret"
            | "jwt_secret_key"
            | "SECURITY_PASSWORD_SALT"
            | "FERNET_KEY"
            | "SIGNING_KEY"
            | "session_secret"
            | "JWT_SIGNING_KEY"
    )
}

/// A credential inside a URL, with its range: `postgres://user:password@host`.
pub(crate) fn url_password(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("://")?;
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let (user, _) = authority.rsplit_once('@')?;
    let (_, password) = user.split_once(':')?;
    (!password.is_empty()).then_some(password)
}

/// What a text is worth as a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strength {
    /// Stands for a value that nobody put in, or is among the first that anyone tries.
    Placeholder,
    /// Shorter than a key should be.
    Short,
    /// May be real.
    Usable,
    /// Not there, to be filled in, or the name of something.
    Absent,
}

const COMMON: &[&str] = &[
    "admin",
    "password",
    "passwd",
    "secret",
    "root",
    "test",
    "guest",
    "changeme",
    "change_me",
    "postgres",
    "mysql",
    "redis",
    "user",
    "pass",
    "example",
    "default",
    "dev",
    "development",
    "key",
    "secretkey",
    "secret_key",
    "secret-key",
    "mysecret",
    "123456",
    "12345678",
    "qwerty",
    "letmein",
    "admin123",
    "password123",
    "test123",
    "minioadmin",
    "rabbitmq",
    "toor",
    "demo",
    "app",
    "db",
    "flask",
    "django",
    "supersecret",
    "super-secret",
    "super_secret",
    "supersecretkey",
    "temporary",
    "dummy",
    "placeholder",
    "none",
    "null",
    "todo",
];

const PIECES: &[&str] = &[
    "changeme",
    "changethis",
    "change-me",
    "change_me",
    "change-this",
    "change_this",
    "changeit",
    "change-in-prod",
    "change_in_prod",
    "replace",
    "your-",
    "your_",
    "yoursecret",
    "yourpassword",
    "insecure",
    "placeholder",
    "example",
    "not-secret",
    "notsecret",
    "not-so-secret",
    "dev-key",
    "dev_key",
    "dev-secret",
    "dev_secret",
    "secret-key",
    "secret_key",
    "fixme",
    "xxxx",
    "insert-",
    "<",
    "hard to guess",
    "hard-to-guess",
    "you-will-never",
    "very-secret",
    "default",
    "do-not-use",
    "development",
    "temporary",
    "for-dev",
    "unsafe",
    "todo",
];

/// Judges a secret.
pub(crate) fn strength(text: &str) -> Strength {
    let trimmed = text.trim();
    if trimmed.is_empty() || trimmed.contains("${") || trimmed.contains("{{") || trimmed.starts_with('$') {
        return Strength::Absent;
    }
    let lower = trimmed.to_lowercase();
    let first = lower.chars().next().unwrap_or(' ');
    if COMMON.contains(&lower.as_str())
        || PIECES.iter().any(|piece| lower.contains(piece))
        || lower.chars().all(|c| c == first)
        || (lower.len() <= 6 && lower.bytes().all(|b| b.is_ascii_digit()))
    {
        return Strength::Placeholder;
    }
    if trimmed.len() < 16 { Strength::Short } else { Strength::Usable }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for name in [
            "SECRET_KEY",
            "MAIL_PASSWORD",
            "AWS_SECRET_ACCESS_KEY",
            "STRIPE_API_KEY",
            "SENTRY_DSN",
            "GITHUB_TOKEN",
            "DB_PASS",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in [
            "AUTH_PASSWORD_VALIDATORS",
            "PASSWORD_HASHERS",
            "JWT_ACCESS_TOKEN_EXPIRES",
            "PUBLIC_KEY",
            "CACHE_KEY_PREFIX",
            "RECAPTCHA_PUBLIC_KEY",
            "SECRET_KEY_FILE",
            "PASSWORD_RESET_TIMEOUT",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
        assert_eq!(words("ProductionConfig"), ["production", "config"]);
    }

    #[test]
    fn strengths() {
        assert_eq!(strength("dev-secret-key-change-in-production"), Strength::Placeholder);
        assert_eq!(strength("k2Jd93kd"), Strength::Short);
        assert_eq!(strength("9f86d081884c7d659a2feaa0c55ad015"), Strength::Usable);
        assert_eq!(strength("${SECRET}"), Strength::Absent);
        assert_eq!(url_password("postgresql://app:pw@db/app"), Some("pw"));
        assert_eq!(url_password("sqlite:///x.db"), None);
    }
}
