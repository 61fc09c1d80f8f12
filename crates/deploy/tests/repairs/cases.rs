//! The cases.

use crate::Before;

#[rustfmt::skip]
pub(crate) const CASES: &[Before] = &[
    Before {
        rule: "workflow-write-all",
        path: ".github/workflows/ci.yml",
        safe: true,
        stays: false,
        text: r#"
name: CI
on: push

# The jobs
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: pytest
"#,
        after: r#"
name: CI
on: push

permissions:
  contents: read

# The jobs
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: pytest
"#,
    },
    Before {
        rule: "workflow-write-all",
        path: ".github/workflows/ci.yml",
        safe: false,
        stays: false,
        text: r#"
on: push
permissions: write-all # for releases
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - run: pytest
  release:
    runs-on: ubuntu-latest
    steps:
      - run: git push --tags
"#,
        after: r#"
on: push
permissions:
  contents: read # for releases
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - run: pytest
  release:
    runs-on: ubuntu-latest
    permissions:
      contents: write
    steps:
      - run: git push --tags
"#,
    },
    Before {
        rule: "workflow-write-all",
        path: ".github/workflows/ci.yml",
        safe: false,
        stays: false,
        text: r#"
on: push
jobs:
    scan:
        permissions: write-all
        steps:
        - uses: github/codeql-action/init@v3
"#,
        after: r#"
on: push
jobs:
    scan:
        permissions:
          contents: read
          actions: read
          security-events: write
        steps:
        - uses: github/codeql-action/init@v3
"#,
    },
    Before {
        rule: "workflow-write-all",
        path: ".github/workflows/ci.yml",
        safe: true,
        stays: true,
        text: r#"
on: push
jobs:
  build:
    uses: other/repository/.github/workflows/build.yml@v1
"#,
        after: r#"
on: push
jobs:
  build:
    uses: other/repository/.github/workflows/build.yml@v1
"#,
    },
    Before {
        rule: "workflow-failure-ignored",
        path: ".github/workflows/ci.yml",
        safe: false,
        stays: false,
        text: r#"
on: push
jobs:
  audit:
    steps:
      - name: Audit
        run: pip-audit
        continue-on-error: true # for now
      - run: bandit -r app || true
      - run: |
          bandit --exit-zero -r app
          semgrep scan --config auto
"#,
        after: r#"
on: push
jobs:
  audit:
    steps:
      - name: Audit
        run: pip-audit
      - run: bandit -r app
      - run: |
          bandit -r app
          semgrep scan --config auto --error
"#,
    },
    Before {
        rule: "workflow-failure-ignored",
        path: ".github/workflows/ci.yml",
        safe: false,
        stays: false,
        text: r#"
on: push
jobs:
  audit:
    steps:
      - continue-on-error: true
        run: pip-audit
"#,
        after: r#"
on: push
jobs:
  audit:
    steps:
      - continue-on-error: false
        run: pip-audit
"#,
    },
    Before {
        rule: "workflow-failure-ignored",
        path: ".gitlab-ci.yml",
        safe: false,
        stays: false,
        text: r#"
audit:
  script:
    - pip-audit
  allow_failure: true
"#,
        after: r#"
audit:
  script:
    - pip-audit
"#,
    },
    Before {
        rule: "workflow-script-injection",
        path: ".github/workflows/ci.yml",
        safe: true,
        stays: false,
        text: r#"
on: issues
jobs:
  hello:
    steps:
      - run: echo "Checking ${{ github.event.issue.title }} now"
      - name: Two
        run: |
          # don't fail
          echo 'Body: ${{ github.event.issue.body }}'
          git log '${{ github.head_ref }}'
          title="${{github.event.issue.title}}_x"
        env:
          A: b
"#,
        after: r#"
on: issues
jobs:
  hello:
    steps:
      - env:
          ISSUE_TITLE: ${{ github.event.issue.title }}
        run: echo "Checking $ISSUE_TITLE now"
      - name: Two
        run: |
          # don't fail
          echo 'Body: '"$ISSUE_BODY"''
          git log "$HEAD_REF"
          title="${ISSUE_TITLE}_x"
        env:
          ISSUE_BODY: ${{ github.event.issue.body }}
          HEAD_REF: ${{ github.head_ref }}
          ISSUE_TITLE: ${{github.event.issue.title}}
          A: b
"#,
    },
    Before {
        rule: "workflow-script-injection",
        path: ".github/workflows/ci.yml",
        safe: false,
        stays: true,
        text: r#"
on: pull_request
jobs:
  hello:
    steps:
      - run: git checkout ${{ github.head_ref }}
      - shell: pwsh
        run: echo "${{ github.head_ref }}"
      - run: "echo ${{ github.head_ref }}"
      - run: |
          cat <<EOF
          ${{ github.head_ref }}
          EOF
"#,
        after: r#"
on: pull_request
jobs:
  hello:
    steps:
      - env:
          HEAD_REF: ${{ github.head_ref }}
        run: git checkout "$HEAD_REF"
      - shell: pwsh
        run: echo "${{ github.head_ref }}"
      - run: "echo ${{ github.head_ref }}"
      - run: |
          cat <<EOF
          ${{ github.head_ref }}
          EOF
"#,
    },
    Before {
        rule: "workflow-unsecure-commands",
        path: ".github/workflows/ci.yml",
        safe: false,
        stays: false,
        text: r#"
on: push
env:
  ACTIONS_ALLOW_UNSECURE_COMMANDS: 'true'
jobs:
  a:
    env:
      X: y
      ACTIONS_ALLOW_UNSECURE_COMMANDS: true
    steps:
      - run: echo
"#,
        after: r#"
on: push
env:
  ACTIONS_ALLOW_UNSECURE_COMMANDS: false
jobs:
  a:
    env:
      X: y
    steps:
      - run: echo
"#,
    },
    Before {
        rule: "dockerfile-root-user",
        path: "Dockerfile",
        safe: false,
        stays: false,
        text: r#"
FROM python:3.12-slim AS build
RUN pip wheel .
FROM python:3.12-slim
COPY --from=build /wheels /wheels
RUN pip install /wheels/*
EXPOSE 8000

# Start it.
ENTRYPOINT ["./run"]
CMD ["gunicorn", "app:app"]
"#,
        after: r#"
FROM python:3.12-slim AS build
RUN pip wheel .
FROM python:3.12-slim
COPY --from=build /wheels /wheels
RUN pip install /wheels/*
EXPOSE 8000

RUN useradd --system --create-home app
USER app

# Start it.
ENTRYPOINT ["./run"]
CMD ["gunicorn", "app:app"]
"#,
    },
    Before {
        rule: "dockerfile-root-user",
        path: "Dockerfile",
        safe: false,
        stays: false,
        text: r#"
FROM python:3.12-alpine
COPY . .
CMD gunicorn app:app
"#,
        after: r#"
FROM python:3.12-alpine
COPY . .
RUN addgroup -S app && adduser -S -G app app
USER app
CMD gunicorn app:app
"#,
    },
    Before {
        rule: "dockerfile-root-user",
        path: "Dockerfile",
        safe: false,
        stays: false,
        text: r#"
FROM debian:12
RUN useradd --create-home web
CMD ["a"]
COPY . .
"#,
        after: r#"
FROM debian:12
RUN useradd --create-home web
CMD ["a"]
COPY . .
USER web
"#,
    },
    Before {
        rule: "dockerfile-root-user",
        path: "Dockerfile",
        safe: false,
        stays: false,
        text: r#"
FROM example.org/base:1
USER worker
USER root
RUN apt-get install x
CMD ["a"]
"#,
        after: r#"
FROM example.org/base:1
USER worker
USER root
RUN apt-get install x
USER worker
CMD ["a"]
"#,
    },
    Before {
        rule: "dockerfile-certificate-check-disabled",
        path: "Dockerfile",
        safe: false,
        stays: false,
        text: r#"
FROM debian:12
ENV PYTHONHTTPSVERIFY=0
ENV A=1 NODE_TLS_REJECT_UNAUTHORIZED=0
RUN curl -fsSLk https://example.org/a | tar x \
    && wget --no-check-certificate https://example.org/b \
    && pip install --trusted-host pypi.org -r requirements.txt
RUN git -c http.sslVerify=false clone https://example.org/c
RUN git config --global http.sslVerify false
"#,
        after: r#"
FROM debian:12
ENV A=1
RUN curl -fsSL https://example.org/a | tar x \
    && wget https://example.org/b \
    && pip install -r requirements.txt
RUN git clone https://example.org/c
RUN git config --global http.sslVerify true
"#,
    },
    Before {
        rule: "dockerfile-wide-permissions",
        path: "Dockerfile",
        safe: false,
        stays: false,
        text: r#"
FROM debian:12
COPY --chmod=0777 a /a
RUN chmod -R 777 /srv && chmod 666 /x
"#,
        after: r#"
FROM debian:12
COPY --chmod=0755 a /a
RUN chmod -R 755 /srv && chmod 644 /x
"#,
    },
    Before {
        rule: "compose-default-password",
        path: "docker-compose.yml",
        safe: false,
        stays: false,
        text: r#"
services:
  db:
    image: mariadb:10
    environment:
      - MARIADB_ROOT_PASSWORD=changeme
      - MARIADB_PASSWORD=changeme
  web:
    image: x:1
    environment:
      DATABASE_URL: mysql://app:changeme@db/app
"#,
        after: r#"
services:
  db:
    image: mariadb:10
    environment:
      - MARIADB_ROOT_PASSWORD=${MARIADB_ROOT_PASSWORD:?must be set}
      - MARIADB_PASSWORD=${MARIADB_PASSWORD:?must be set}
  web:
    image: x:1
    environment:
      DATABASE_URL: mysql://app:${MARIADB_PASSWORD:?must be set}@db/app
"#,
    },
    Before {
        rule: "compose-privileged",
        path: "docker-compose.yml",
        safe: false,
        stays: false,
        text: r#"
services:
  a:
    image: x:1
    privileged: true   # why not
  b:
    privileged: true
"#,
        after: r#"
services:
  a:
    image: x:1
  b:
    privileged: false
"#,
    },
    Before {
        rule: "compose-database-port-exposed",
        path: "docker-compose.yml",
        safe: false,
        stays: false,
        text: r#"
services:
  db:
    image: postgres:16
    ports:
      - "5432:5432" # to look
      - ${PG:-5433}:5432
  cache:
    image: redis:7
    ports: ["0.0.0.0:6379:6379", 6379]
"#,
        after: r#"
services:
  db:
    image: postgres:16
    ports:
      - "127.0.0.1:5432:5432" # to look
      - 127.0.0.1:${PG:-5433}:5432
  cache:
    image: redis:7
    ports: ["127.0.0.1:6379:6379", 127.0.0.1::6379]
"#,
    },
    Before {
        rule: "compose-default-password",
        path: "docker-compose.yml",
        safe: false,
        stays: false,
        text: r#"
services:
  db:
    image: postgres:16
    environment:
      POSTGRES_USER: shop
      POSTGRES_PASSWORD: "postgres"
      SHOP_PASSWORD: postgres
  web:
    image: x:1
    environment:
      - DATABASE_URL=postgresql://shop:postgres@db/shop
      - ADMIN_PASSWORD=${ADMIN_PW:-admin}
"#,
        after: r#"
services:
  db:
    image: postgres:16
    environment:
      POSTGRES_USER: shop
      POSTGRES_PASSWORD: "${POSTGRES_PASSWORD:?must be set}"
      SHOP_PASSWORD: ${POSTGRES_PASSWORD:?must be set}
  web:
    image: x:1
    environment:
      - DATABASE_URL=postgresql://shop:${POSTGRES_PASSWORD:?must be set}@db/shop
      - ADMIN_PASSWORD=${ADMIN_PW:?must be set}
"#,
    },
    Before {
        rule: "kubernetes-privileged",
        path: "pod.yaml",
        safe: false,
        stays: false,
        text: r#"
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  containers:
    - name: a
      image: a:1
      securityContext: {privileged: true}
    - name: b
      image: a:1
      securityContext:
        allowPrivilegeEscalation: yes # sudo
"#,
        after: r#"
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  containers:
    - name: a
      image: a:1
      securityContext: {privileged: false}
    - name: b
      image: a:1
      securityContext:
        allowPrivilegeEscalation: false # sudo
"#,
    },
    Before {
        rule: "kubernetes-root-user",
        path: "pod.yaml",
        safe: false,
        stays: false,
        text: r#"
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  securityContext:
    runAsUser: 0
  containers:
    - name: a
      image: a:1
"#,
        after: r#"
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  securityContext:
    runAsNonRoot: true
  containers:
    - name: a
      image: a:1
"#,
    },
    Before {
        rule: "kubernetes-host-access",
        path: "pod.yaml",
        safe: false,
        stays: false,
        text: r#"
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  hostNetwork: true
  containers:
    - name: a
      image: a:1
"#,
        after: r#"
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  containers:
    - name: a
      image: a:1
"#,
    },
    Before {
        rule: "proxy-directory-listing",
        path: "nginx.conf",
        safe: false,
        stays: false,
        text: r#"
server {
    location /f/ { root /srv; autoindex on; }
}
"#,
        after: r#"
server {
    location /f/ { root /srv; autoindex off; }
}
"#,
    },
    Before {
        rule: "proxy-directory-listing",
        path: "httpd.conf",
        safe: false,
        stays: false,
        text: r#"
<VirtualHost *:80>
<Directory /srv>
    Options Indexes FollowSymLinks
</Directory>
<Directory /a>
    Options +Indexes
</Directory>
<Directory /b>
    Options Indexes
</Directory>
</VirtualHost>
"#,
        after: r#"
<VirtualHost *:80>
<Directory /srv>
    Options FollowSymLinks
</Directory>
<Directory /a>
    Options -Indexes
</Directory>
<Directory /b>
    Options None
</Directory>
</VirtualHost>
"#,
    },
    Before {
        rule: "proxy-version-disclosed",
        path: "nginx.conf",
        safe: true,
        stays: false,
        text: r#"
http {
    server_tokens on;  # x
    server { listen 80; }
}
"#,
        after: r#"
http {
    server_tokens off;  # x
    server { listen 80; }
}
"#,
    },
    Before {
        rule: "proxy-weak-tls",
        path: "nginx.conf",
        safe: false,
        stays: false,
        text: r#"
server {
    listen 443 ssl;
    ssl_protocols TLSv1 TLSv1.1 TLSv1.2;
}
server {
    listen 443 ssl;
    ssl_protocols SSLv3 TLSv1;
}
"#,
        after: r#"
server {
    listen 443 ssl;
    ssl_protocols TLSv1.2;
}
server {
    listen 443 ssl;
    ssl_protocols TLSv1.2 TLSv1.3;
}
"#,
    },
    Before {
        rule: "proxy-weak-tls",
        path: "httpd.conf",
        safe: false,
        stays: false,
        text: r#"
<VirtualHost *:443>
    SSLEngine on
    SSLProtocol all -SSLv3
</VirtualHost>
<VirtualHost *:443>
    SSLProtocol +TLSv1 +TLSv1.2
</VirtualHost>
"#,
        after: r#"
<VirtualHost *:443>
    SSLEngine on
    SSLProtocol all -SSLv3 -TLSv1 -TLSv1.1
</VirtualHost>
<VirtualHost *:443>
    SSLProtocol +TLSv1.2
</VirtualHost>
"#,
    },
    Before {
        rule: "nginx-header-lost",
        path: "nginx.conf",
        safe: false,
        stays: false,
        text: r#"
server {
    listen 80;
    add_header X-Frame-Options DENY always;
    add_header X-Content-Type-Options "nosniff";
    location /a/ {
        add_header Cache-Control no-store;
        proxy_pass http://app;
    }
}
"#,
        after: r#"
server {
    listen 80;
    add_header X-Frame-Options DENY always;
    add_header X-Content-Type-Options "nosniff" always;
    location /a/ {
        add_header Cache-Control no-store;
        add_header X-Frame-Options DENY always;
        add_header X-Content-Type-Options "nosniff" always;
        proxy_pass http://app;
    }
}
"#,
    },
    Before {
        rule: "proxy-hsts-missing",
        path: "nginx.conf",
        safe: false,
        stays: false,
        text: r#"
server {
    listen 443 ssl;
    server_name a.example;
    location /a/ {
        add_header Cache-Control no-store;
        proxy_pass http://app;
    }
}
"#,
        after: r#"
server {
    listen 443 ssl;
    server_name a.example;
    add_header Strict-Transport-Security "max-age=31536000" always;
    location /a/ {
        add_header Cache-Control no-store;
        add_header Strict-Transport-Security "max-age=31536000" always;
        proxy_pass http://app;
    }
}
"#,
    },
    Before {
        rule: "proxy-hsts-missing",
        path: "Caddyfile",
        safe: false,
        stays: false,
        text: r#"
a.example {
	encode gzip
	reverse_proxy app:8000
}
"#,
        after: r#"
a.example {
	encode gzip
	header Strict-Transport-Security "max-age=31536000"
	reverse_proxy app:8000
}
"#,
    },
    Before {
        rule: "proxy-security-headers",
        path: "nginx.conf",
        safe: false,
        stays: false,
        text: r#"
server {
    listen 80;
    server_name a.example;
    location / { proxy_pass http://app; }
}
"#,
        after: r#"
server {
    listen 80;
    server_name a.example;
    add_header X-Content-Type-Options "nosniff" always;
    add_header X-Frame-Options "SAMEORIGIN" always;
    add_header Referrer-Policy "strict-origin-when-cross-origin" always;
    location / { proxy_pass http://app; }
}
"#,
    },
    Before {
        rule: "nginx-forwarded-headers-missing",
        path: "nginx.conf",
        safe: false,
        stays: false,
        text: r#"
server {
    listen 80;
    location / { proxy_pass http://app; }
    location /b/ {
        proxy_pass http://app;
        proxy_set_header Host $host;
    }
}
"#,
        after: r#"
server {
    listen 80;
    location / { proxy_pass http://app; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto $scheme; }
    location /b/ {
        proxy_pass http://app;
        proxy_set_header Host $host;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto $scheme;
    }
}
"#,
    },
    Before {
        rule: "nginx-alias-traversal",
        path: "nginx.conf",
        safe: true,
        stays: false,
        text: r#"
server {
    location /static {
        alias /srv/static/;
    }
}
"#,
        after: r#"
server {
    location /static/ {
        alias /srv/static/;
    }
}
"#,
    },
    Before {
        rule: "nginx-body-size-unlimited",
        path: "nginx.conf",
        safe: false,
        stays: false,
        text: r#"
http {
    client_max_body_size 0;
}
"#,
        after: r#"
http {
    client_max_body_size 16m;
}
"#,
    },
    Before {
        rule: "nginx-host-from-client",
        path: "nginx.conf",
        safe: false,
        stays: false,
        text: r#"
server {
    location / {
        proxy_set_header Host $http_host;
        proxy_pass http://app;
    }
}
"#,
        after: r#"
server {
    location / {
        proxy_set_header Host $host;
        proxy_pass http://app;
    }
}
"#,
    },
    Before {
        rule: "proxy-status-exposed",
        path: "nginx.conf",
        safe: false,
        stays: false,
        text: r#"
server {
    location /status {
        stub_status;
    }
}
"#,
        after: r#"
server {
    location /status {
        stub_status;
        allow 127.0.0.1;
        deny all;
    }
}
"#,
    },
    Before {
        rule: "debug-environment-enabled",
        path: "Dockerfile",
        safe: true,
        stays: false,
        text: r#"
FROM python:3.12
ENV FLASK_DEBUG=1 A=b
ENV FLASK_ENV development
CMD ["gunicorn", "app:app"]
"#,
        after: r#"
FROM python:3.12
ENV FLASK_DEBUG=0 A=b
ENV FLASK_ENV production
CMD ["gunicorn", "app:app"]
"#,
    },
    Before {
        rule: "debug-environment-enabled",
        path: "docker-compose.yml",
        safe: false,
        stays: false,
        text: r#"
services:
  web:
    image: x:1
    environment:
      FLASK_DEBUG: "True"
      DEBUG: ${DEBUG:-1}
"#,
        after: r#"
services:
  web:
    image: x:1
    environment:
      FLASK_DEBUG: "False"
      DEBUG: ${DEBUG:-0}
"#,
    },
    Before {
        rule: "server-reload-enabled",
        path: "Dockerfile",
        safe: true,
        stays: false,
        text: r#"
FROM python:3.12
CMD ["uvicorn", "app:app", "--reload", "--host", "0.0.0.0"]
"#,
        after: r#"
FROM python:3.12
CMD ["uvicorn", "app:app", "--host", "0.0.0.0"]
"#,
    },
    Before {
        rule: "server-reload-enabled",
        path: "docker-compose.yml",
        safe: true,
        stays: false,
        text: r#"
services:
  web:
    image: x:1
    command: gunicorn --reload app:app
  api:
    image: x:1
    command:
      - uvicorn
      - app:app
      - --reload
"#,
        after: r#"
services:
  web:
    image: x:1
    command: gunicorn app:app
  api:
    image: x:1
    command:
      - uvicorn
      - app:app
"#,
    },
    Before {
        rule: "server-reload-enabled",
        path: "Procfile",
        safe: true,
        stays: false,
        text: r#"
web: gunicorn app:app --reload
"#,
        after: r#"
web: gunicorn app:app
"#,
    },
    Before {
        rule: "trusted-proxy-any",
        path: "Dockerfile",
        safe: false,
        stays: false,
        text: r#"
FROM python:3.12
ENV FORWARDED_ALLOW_IPS="*"
CMD ["gunicorn", "--forwarded-allow-ips=*", "app:app"]
"#,
        after: r#"
FROM python:3.12
ENV FORWARDED_ALLOW_IPS="127.0.0.1"
CMD ["gunicorn", "--forwarded-allow-ips=127.0.0.1", "app:app"]
"#,
    },
    Before {
        rule: "server-listens-everywhere",
        path: "app.service",
        safe: false,
        stays: false,
        text: r#"
[Service]
User=web
ExecStart=/srv/bin/gunicorn -b 0.0.0.0:8000 app:app
"#,
        after: r#"
[Service]
User=web
ExecStart=/srv/bin/gunicorn -b 127.0.0.1:8000 app:app
"#,
    },
    Before {
        rule: "uwsgi-exposed",
        path: "uwsgi.ini",
        safe: false,
        stays: false,
        text: r#"
[uwsgi]
socket = 0.0.0.0:3031
stats = :9191
"#,
        after: r#"
[uwsgi]
socket = 127.0.0.1:3031
stats = 127.0.0.1:9191
"#,
    },
];
