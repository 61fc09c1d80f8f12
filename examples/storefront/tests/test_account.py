from storefront.services import tokens


def log_in(client, email="ada@example.org", password="correct horse battery"):
    return client.post("/account/login", data={"email": email, "password": password})


def test_log_in(client, user):
    assert log_in(client).status_code == 302


def test_wrong_password(client, user):
    answer = log_in(client, password="wrong")
    assert answer.status_code == 200
    assert b"wrong" in answer.data


def test_token_round_trip(app, user):
    token = tokens.issue(user)
    assert tokens.read(token)["sub"] == str(user.id)


def test_other_token(app):
    token = "eyJhbGciOiJIUzI1NiJ9.e30.ZRrHA1JJJW8opsbCGfG_HACGpVUMN_a9IV7pAx_Zmeo"
    assert tokens.read(token) is None
