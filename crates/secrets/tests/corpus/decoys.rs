//! What is like credentials and is none, by kind. Each template is expanded many times.

use clearance_secrets::template::expand;

use super::Item;

/// How often each template is expanded.
const TIMES: u64 = 40;

/// Kind, ending of the file, templates of lines.
const KINDS: &[(&str, &str, &[&str])] = &[
    (
        "public keys",
        "yaml",
        &[
            "public_key: MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A<base64:120>",
            "signing_public_key: \"<base64:43>=\"",
            "ssh_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI<base64:43> ada@shop",
            "vapidPublicKey: B<base64url:86>",
        ],
    ),
    ("public keys", "env", &["NEXT_PUBLIC_KEY_ID=<hex:16>", "PUBLIC_KEY=<hex:64>"]),
    (
        "public keys",
        "pem",
        &[
            "-----BEGIN PUBLIC KEY-----\n<base64:64>\n<base64:64>\n-----END PUBLIC KEY-----",
            "-----BEGIN CERTIFICATE-----\nMIID<base64:60>\n<base64:64>\n<base64:64>\n-----END CERTIFICATE-----",
        ],
    ),
    (
        "client ids",
        "json",
        &[
            "{\"client_id\": \"<hex:32>\"}",
            "{\"clientId\": \"<digit:12>-<alnum:32>.apps.googleusercontent.com\"}",
            "{\"tenantId\": \"<uuid>\", \"appId\": \"<uuid>\"}",
        ],
    ),
    (
        "client ids",
        "env",
        &["GITHUB_CLIENT_ID=Iv1.<hex:16>", "OIDC_CLIENT_ID=<base62:24>", "AWS_ACCOUNT_ID=<digit:12>"],
    ),
    (
        "uuids",
        "yaml",
        &[
            "request_id: <uuid>",
            "primary_key: <uuid>",
            "api_key_id: <uuid>",
            "token_id: <uuid>",
            "  \"<uuid>\": enabled",
        ],
    ),
    (
        "versions",
        "env",
        &[
            "CHART_VERSION=<hex:40>",
            "TOKEN_VERSION=<hex:40>",
            "API_VERSION=<hex:40>",
            "secret_version=<hex:40>",
        ],
    ),
    ("versions", "json", &["{\"api_version\": \"<hex:40>\"}", "{\"keystore_version\": \"<hex:40>\"}"]),
    (
        "lock files",
        "lock",
        &[
            "    {file = \"flask-3.0.<digit:1>.tar.gz\", hash = \"sha256:<hex:64>\"},",
            "checksum = \"<hex:64>\"",
            "  resolved \"https://registry.yarnpkg.com/keyv/-/keyv-4.5.<digit:1>.tgz#<hex:40>\"",
            "  integrity sha512-<base64:86>==",
        ],
    ),
    (
        "lock files",
        "txt",
        &[
            "secretstorage==3.3.<digit:1> --hash=sha256:<hex:64>",
            "golang.org/x/oauth2 v0.1.0 h1:<base64:43>=",
        ],
    ),
    ("lock files", "json", &["{\"node_modules/jsonwebtoken\": {\"integrity\": \"sha512-<base64:86>==\"}}"]),
    (
        "names",
        "js",
        &[
            "const monkey = '<alnum:16>';",
            "const keyword = \"<lower:8>-<lower:6>\";",
            "const keyboardLayout = 'de-<alnum:12>';",
            "const turkey = \"<hex:20>\";",
            "let tokenizer = 'bert-base-<lower:6>-v<digit:1>';",
            "const passenger = \"<ALNUM:6>\";",
            "const hotkey = 'ctrl+shift+<lower:1>';",
            "const passthrough = '<hex:16>';",
        ],
    ),
    (
        "manifests",
        "yaml",
        &[
            "apiGroup: rbac.authorization.k8s.io",
            "  secretName: shop-tls-<lower:5>",
            "      secretKeyRef:\n        name: db-credentials-v<digit:1>\n        key: password",
            "tokenReview: authentication.k8s.io/v1",
            "  key: v2-deps-<hex:40>",
            "  secret: arn:aws:secretsmanager:eu-west-1:<digit:12>:secret:shop/db-<base62:6>",
            "image: registry.internal/shop@sha256:<hex:64>",
            "  password_secret: shop/prod/db-<digit:2>",
        ],
    ),
    (
        "messages",
        "json",
        &[
            "{\"password\": \"Passwort vergessen?\"}",
            "{\"forgot_password\": \"Forgot your password? <lower:5>\"}",
            "{\"invalid_token\": \"The token is not valid any more.\"}",
            "{\"secret\": \"Geheimnis <lower:6>\"}",
            "{\"password\": \"Mot de passe\"}",
            "{\"new_password\": \"Neues-Passwort\"}",
        ],
    ),
    ("messages", "po", &["msgid \"Password: at least <digit:2> characters\"", "msgstr \"Token: <lower:9>\""]),
    (
        "members",
        "ts",
        &[
            "  REFRESH_TOKEN = \"refresh_token\",",
            "  accessToken = 'access-token',",
            "  PasswordGrant = \"urn:ietf:params:oauth:grant-type:password\",",
            "  ApiKeyHeader = 'X-API-Key-V<digit:1>',",
            "  SECRET_KEY_FIELD = \"secret_key_field_<digit:1>\",",
            "  passwordInput = '#password-input-<digit:1>',",
            "  tokenType = 'JWT_BEARER_<digit:1>',",
        ],
    ),
    (
        "addresses",
        "yaml",
        &[
            "token_url: https://auth.shop.net/oauth/token/v<digit:1>",
            "password_reset: https://shop.net/accounts/<uuid>/reset",
            "secret_docs: https://docs.shop.net/en/latest/secrets.html#rotate-<lower:8>",
            "callback: https://shop.net:8443/@ada/<lower:6>",
            "db: postgres://user:password@localhost:5432/shop_<lower:4>",
            "cache: redis://:${REDIS_PASSWORD}@redis:6379/<digit:1>",
            "db2: mysql://root:{{ password }}@db/<lower:4>",
            "repo: ssh://git@git.shop.net:2222/<lower:6>/shop.git",
            "docs: https://user:pass@example.com/<lower:4>",
        ],
    ),
    (
        "placeholders",
        "env",
        &[
            "PASSWORD=changeme<digit:1>",
            "API_KEY=your-api-key-here",
            "SECRET_KEY=\\<your secret key>",
            "AUTH_TOKEN=xxxxxxxx-xxxx-xxxx",
            "DB_PASSWORD=REPLACE_ME_<upper:3>",
            "STRIPE_SECRET_KEY=sk_test_XXXXXXXXXXXXXXXXXXXXXXXX",
            "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "API_TOKEN=insert-token-here-<lower:3>",
            "ADMIN_PASSWORD=********",
            "JWT_SECRET=todo",
        ],
    ),
    (
        "references",
        "yaml",
        &[
            "password: ${DB_PASSWORD_<upper:4>}",
            "password: {{ vault_db_password_<lower:4> }}",
            "token: ${{ secrets.DEPLOY_TOKEN_<upper:3> }}",
            "secret: !vault <lower:6>",
            "api_key: ENC[AES256_GCM,data:<base64:24>,iv:<base64:43>=,type:str]",
            "password: vault:secret/data/shop#db_password_<lower:3>",
            "secret_key: ssm:/shop/prod/secret-key-<digit:2>",
            "password: op://vault/shop-<lower:4>/password",
            "token: $(cat /run/secrets/token_<lower:3>)",
            "password: !Ref DbPassword<upper:1>",
        ],
    ),
    (
        "references",
        "js",
        &[
            "const password = process.env.DB_PASSWORD_<upper:3>;",
            "const token = await fetchToken(user.id, '<lower:6>');",
            "const secret = config.get('auth.secret.<lower:5>');",
            "this.apiKey = localStorage.getItem('api_key_<lower:4>');",
            "if (password !== confirmPassword<digit:1>) { return; }",
            "form.password = document.querySelector('#password_<lower:4>').value;",
        ],
    ),
    (
        "images",
        "css",
        &[
            ".a { background: url(data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA<base64:360>) }",
            "@font-face { src: url(data:font/woff2;base64,d09GMgABAAAA<base64:480>) }",
            ".password-<lower:4>::before { content: \"\\\\f0<hex:2>\" }",
        ],
    ),
    (
        "images",
        "svg",
        &[
            "\\<path d=\"M<digit:2>.<digit:3> <digit:2>l-<digit:1>.<digit:4>-<digit:2>.<digit:3>c0<digit:2>.<digit:5>z\"/>",
        ],
    ),
    (
        "bundles",
        "js",
        &[
            "!function(e,t){var n=e.token,r=t.key;return n&&r?e.password=t.pwd:\"<hex:8>\"}(window,{});",
            "e.exports=n.p+\"static/media/key.<hex:20>.svg\"",
            "var h={<digit:3>:\"<hex:20>\",<digit:3>:\"<hex:20>\"};",
            "a.createElement(\"input\",{type:\"password\",name:\"pw<lower:3>\",autoComplete:\"new-password\"})",
            "//# sourceMappingURL=token.<hex:20>.js.map",
        ],
    ),
    (
        "etags",
        "txt",
        &[
            "ETag: \"<hex:32>\"",
            "If-None-Match: W/\"<hex:40>\"",
            "X-Request-Id: <base62:22>",
            "Content-MD5: <base64:22>==",
        ],
    ),
    (
        "commits",
        "yaml",
        &[
            "    rev: <hex:40>",
            "      - uses: actions/create-github-app-token@<hex:40>",
            "commit: <hex:40>",
            "token_contract_commit: <hex:40>",
        ],
    ),
    (
        "test vectors",
        "toml",
        &[
            "md5 = \"<hex:32>\"",
            "expected_sha256 = \"<hex:64>\"",
            "digest = \"<base64:43>=\"",
            "fingerprint = \"SHA256:<base64:43>\"",
            "key_fingerprint = \"<HEX:40>\"",
            "password_sha1 = \"<hex:40>\"",
        ],
    ),
    (
        "hashes of passwords",
        "json",
        &[
            "{\"type\": \"Secret Keyword\", \"hashed_secret\": \"<hex:40>\"}",
            "{\"hashed_password\": \"<hex:64>\"}",
        ],
    ),
    (
        "hashes of passwords",
        "yaml",
        &[
            "password: $2b$12$<base62:53>",
            "password_hash: pbkdf2_sha256$600000$<base62:22>$<base64:43>=",
            "password: $argon2id$v=19$m=65536,t=3,p=4$<base64:22>$<base64:43>",
            "passwd: $6$<base62:16>$<base62:86>",
        ],
    ),
    (
        "documentation",
        "md",
        &[
            "Set `API_TOKEN=\\<token>` before you start (<lower:6>).",
            "curl -H \"Authorization: Bearer $TOKEN_<upper:3>\" https://api.shop.net/",
            "curl -u user:password https://api.shop.net/<lower:5>",
            "The password: at least twelve characters, see <lower:8>.",
            "| `secret_key` | string | the key that signs sessions, such as `openssl rand -hex 32` | <lower:6> |",
            "docker run -e POSTGRES_PASSWORD=secret postgres:<digit:2>",
        ],
    ),
    (
        "settings about secrets",
        "env",
        &[
            "PASSWORD_MIN_LENGTH=<digit:2>",
            "TOKEN_EXPIRY=15m<digit:1>",
            "SESSION_COOKIE_NAME=shop-session-id-<digit:2>",
            "SECRET_NAME=prod/db/main-<digit:1>",
            "SSL_KEY_FILE=/etc/ssl/private/server-<digit:2>.key",
            "KEY_ID=alias/shop-<lower:6>",
            "AUTH_TOKEN_TYPE=Bearer-<digit:1>",
            "PASSWORD_HASHER=django.contrib.auth.hashers.Argon2PasswordHasher<digit:1>",
            "ACCESS_TOKEN_LIFETIME=PT<digit:2>M",
            "KEYCLOAK_REALM=shop-<lower:8>",
            "SECRET_MANAGER_PROJECT=shop-prod-<digit:6>",
        ],
    ),
    (
        "key sets",
        "json",
        &[
            "{\"kty\": \"RSA\", \"kid\": \"<base64url:43>\", \"n\": \"<base64url:342>\", \"e\": \"AQAB\"}",
            "{\"x5t\": \"<base64url:27>\", \"alg\": \"RS256\"}",
            "{\"cursor\": \"<base64:40>\", \"next_page_token\": \"<lower:6>\"}",
            "{\"_id\": \"<hex:24>\", \"sort_key\": \"<hex:24>\"}",
            "{\"cache_key\": \"views.decorators.cache.<hex:32>\"}",
        ],
    ),
    (
        "pages",
        "html",
        &[
            "\\<script src=\"/a.js\" integrity=\"sha384-<base64:64>\" nonce=\"<base64:22>==\">\\</script>",
            "\\<input type=\"password\" name=\"password\" id=\"id_password<digit:1>\">",
            "\\<label for=\"token-<hex:8>\">Token\\</label>",
            "\\<div data-key=\"<hex:24>\" data-token-name=\"shop-<lower:6>\">\\</div>",
        ],
    ),
];

pub(super) fn all() -> Vec<Item> {
    let mut items = Vec::new();
    let mut number = 0u64;
    for (kind, ending, templates) in KINDS {
        for template in *templates {
            number += 1;
            let lines: Vec<String> = (0..TIMES)
                .map(|seed| {
                    expand(template, seed * 1009 + number)
                        .unwrap_or_else(|error| panic!("{template}: {error}"))
                })
                .collect();
            let folder = kind.replace(' ', "-");
            items.push(Item {
                path: format!("decoys/{folder}/{number}.{ending}"),
                bytes: (lines.join("\n") + "\n").into_bytes(),
                group: kind,
                what: template.chars().take(90).collect::<String>().replace('\n', " "),
                planted: 0,
                decoys: lines.len(),
            });
        }
    }
    items
}
