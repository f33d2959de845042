"""What a browser, a proxy or a program sends beside its words."""

import contextlib
import socket
from urllib.parse import urlsplit

import httpx
import pytest

from shared.identity import cookie_name
from tests.hostile.forms import faults_of
from tests.hostile.organisation import Organisation, changed
from tests.hostile.values import CANARY
from tests.support.slices import WHOLE, in_turn

HIDDEN = "/payments/claims"
"""For those who have signed in."""
LONG = "x" * 30_000
NONSENSE: dict[str, tuple[str, ...]] = {
    "accept": ("", "*", "text/html;q=x", "\u00ff", LONG),
    "accept-encoding": ("", "gzip;q=nan", "zip, bomb", LONG),
    "accept-language": ("tlh", "\u202e", LONG),
    "referer": ("javascript:alert(1)", f"http://localhost/{CANARY}", "http://[", "//", LONG),
    "traceparent": (
        "",
        "00-00000000000000000000000000000000-0000000000000000-00",
        "ff-" + "f" * 32 + "-" + "f" * 16 + "-ff",
        "00-xyz",
        CANARY,
        LONG,
    ),
    "tracestate": ("=", ",,,", "a=" + "b" * 600, LONG),
    "baggage": ("", "=", "a=%zz", ";".join("a=b" for _ in range(500)), CANARY, LONG),
    "x-forwarded-for": ("", ",", "not an address", "::ffff:127.0.0.1, 1.2.3.4:99999", CANARY, "1.1.1.1," * 3000),
    "x-forwarded-proto": ("", "ftp", "javascript", "https, http", CANARY),
    "x-forwarded-host": ("example.org", CANARY),
    "forwarded": ("for=;;;", CANARY),
    "x-http-method-override": ("DELETE",),
    "if-none-match": ("*", '"', LONG),
    "if-modified-since": ("yesterday", "Sat, 99 Foo 9999 99:99:99 GMT"),
    "range": ("bytes=0-0,0-0,0-0", "bytes=-", "bytes=99999999999999999999-"),
    "expect": ("200-ok",),
    "upgrade": ("websocket", "h2c"),
    "host": ("example.org", "localhost:1", "a b", "[::1", CANARY.replace(" ", "")),
}
TOKENS = (
    "",
    "nothing",
    "a.b.c",
    "e30.e30.",
    "eyJhbGciOiJub25lIn0.eyJzdWIiOiIwIiwicm9sZXMiOlsib3BlcmF0b3IiXX0.",
    "eyJhbGciOiJIUzI1NiIsImtpZCI6Ii4uLy4uL2V0Yy9wYXNzd2QifQ.e30.AAAA",
    "." * 5000,
    "\u00ff\u00fe",
    "9" * 6000,
    "eyJhbGciOiJFZDI1NTE5In0." + "A" * 20_000 + ".AA",
    CANARY,
)


@WHOLE
@pytest.mark.parametrize("header", NONSENSE)
def test_nonsense_in_a_header_harms_no_page(organisation: Organisation, header: str, whole: bool):
    faults = []
    for number, value in enumerate(NONSENSE[header], list(NONSENSE).index(header)):
        raw = [(header.encode(), value.encode("utf-8"))]
        for path in in_turn(
            number, ("/opportunities", HIDDEN, "/payments/api/policy", "/people/sign-in?next=/people/me"), whole
        ):
            answer = organisation.client("driver").get(path, headers=raw)
            faults += [f"{header}: {value[:40]!r} {path}: {fault}" for fault in faults_of(answer)]
            away = urlsplit(answer.headers.get("location", "")).netloc
            faults += [f"{header}: {value[:40]!r} {path}: sends to {away}"] if away else []
            faults += (
                [f"{header}: {path} repeats it"] if value == "example.org" and "example.org/" in answer.text else []
            )
    assert not faults, "\n".join(faults)


def test_a_token_that_is_none_counts_as_signed_out_in_header_and_cookie(organisation: Organisation):
    name = cookie_name(organisation.instance.facts.organisation)
    for token in TOKENS:
        for headers in (
            {"authorization": f"Bearer {token}".strip()},
            {"cookie": f"{name}={token}"},
            {"authorization": token},
        ):
            raw = [(key.encode(), value.encode("utf-8", "surrogateescape")) for key, value in headers.items()]
            client = organisation.client(None)
            assert client.get("/payments/api/claims", headers=raw).status_code == 401, headers
            answer = client.get(HIDDEN, headers=raw)
            assert (answer.status_code, answer.headers["location"]) == (
                303,
                "/people/sign-in?next=%2Fpayments%2Fclaims",
            ), headers
            assert client.get("/opportunities", headers=raw).status_code == 200
            assert client.get("/people/operator/state", headers=raw).status_code == 401


def test_a_token_with_one_changed_letter_of_its_claims_or_seal_is_none(organisation: Organisation):
    head, claims, seal = organisation.token("driver").split(".")
    swapped = (f"{head}.{other_letter(claims)}.{seal}", f"{head}.{claims}.{other_letter(seal)}")
    for forged in (*swapped, f"{head}.{claims}.", f"{head}.{seal}.{claims}", f"{claims}.{head}.{seal}"):
        answer = organisation.client(None).get("/payments/api/claims", headers={"authorization": f"Bearer {forged}"})
        assert answer.status_code == 401


def other_letter(part: str) -> str:
    """Not the last one, some of whose bits mean nothing."""
    return part[:20] + ("B" if part[20] == "A" else "A") + part[21:]


def test_cookies_that_no_one_gave_harm_no_page(organisation: Organisation):
    name = organisation.instance.facts.organisation
    for cookie in (f"__Host-joining-{name}", f"__Host-feedback-{name}", "__Host-banner", "a"):
        for value in ("", "x", "\u00ff", "=;=;=", '"', "e30=", "bm90IGEgYmFubmVy", CANARY, LONG):
            raw = [(b"cookie", f"{cookie}={value}".encode())]
            for path in ("/people/join/name", "/feedback/give/words", "/feedback/give/done", "/people/sign-in"):
                answer = organisation.client(None).get(path, headers=raw)
                assert faults_of(answer) == [], (cookie, value[:40], path)


@pytest.mark.parametrize("site", ["cross-site", "same-site", "nonsense"])
def test_what_another_website_makes_a_browser_send_is_refused_and_changes_nothing(
    organisation: Organisation, site: str
):
    before = organisation.everything()
    client = organisation.client("driver")
    for path in (
        f"{organisation.kept['driver_claim']}/decline",
        f"{organisation.kept['driver_claim']}/miles",
        "/people/me/name",
        "/people/sign-out",
        "/feedback/give",
        "/people/join",
    ):
        for headers in ({"sec-fetch-site": site}, {"sec-fetch-site": site, "origin": "null"}):
            answer = client.post(
                path, data={"miles": "1", "name": "Somebody else", "about": "organisation"}, headers=headers
            )
            assert answer.status_code == 403
            assert faults_of(answer) == []
    assert changed(before, organisation.everything()) == []


def test_a_strange_origin_is_refused_where_a_browser_says_nothing_of_the_site(organisation: Organisation):
    transport = organisation.visitor("driver").client
    del transport.headers["sec-fetch-site"]
    for origin in ("http://example.org", "null", "http://localhost.example.org", "https://localhost:1", CANARY):
        answer = transport.post(
            "/people/me/name", data={"name": "Somebody else"}, headers={"origin": origin}, follow_redirects=False
        )
        assert answer.status_code == 403, origin


CONTENT_TYPES = (
    "",
    "text/plain",
    "application/json",
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "multipart/form-data; boundary=" + "b" * 5000,
    'multipart/form-data; boundary="a; charset=nonsense',
    "application/x-www-form-urlencoded; charset=utf-7",
    "application/x-www-form-urlencoded; charset=nonsense",
    "text/csv; charset=utf-32",
    "image/svg+xml",
    "\u00ff/\u00fe",
    LONG,
)
BODIES = (
    b"",
    b"\x00",
    b"%",
    b"nam=%",
    b"--a\r\n\r\n\r\n--a--",
    b"--a\r\nContent-Disposition: form-data\r\n\r\nx\r\n--a--",
    b"a=1&" * 2000,
    b"[" * 100_000,
)


@pytest.mark.parametrize(
    "content_type",
    [
        pytest.param(each, id=each[:60] or "none", marks=[] if number % 6 == 0 else pytest.mark.slow)
        for number, each in enumerate(CONTENT_TYPES)
    ],
)
def test_a_body_of_any_type_is_answered_in_words_and_changes_nothing(organisation: Organisation, content_type: str):
    before = organisation.everything()
    faults = []
    for path, who in (
        (f"{organisation.kept['driver_claim']}/fare", "driver"),
        ("/people/me/name", "driver"),
        ("/payments/api/import/rates", "operator"),
        ("/payments/operator/steps", "operator"),
    ):
        for body in BODIES:
            answer = organisation.client(who).post(
                path, content=body, headers=[(b"content-type", content_type.encode())]
            )
            where = f"{content_type[:60]} {body[:20]!r} {path}"
            if answer.status_code < 400:
                faults.append(f"{where}: {answer.status_code}")
            faults += [f"{where}: {fault}" for fault in faults_of(answer)]
    assert not faults, "\n".join(faults)
    assert changed(before, organisation.everything()) == []


RAW = {
    "no request": b"\x00\x01\x02\r\n\r\n",
    "no version": b"GET /\r\n\r\n",
    "a length below nothing": b"POST /people/sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    "a length that is none": b"POST /people/sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: ten\r\n\r\n",
    "a length beyond measure": b"POST /people/sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
    + b"9" * 400
    + b"\r\n\r\n",
    "two lengths": b"POST /people/sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: "
    b"50\r\n\r\nemail",
    "a length and chunks": b"POST /people/sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
    b"4\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    "a chunk that is none": b"POST /people/sign-in HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: "
    b"chunked\r\n\r\nzz\r\n\r\n",
    "a broken header": b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\x00\r\n\r\n",
    "headers without end": b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: " + b"y" * 200_000,
    "a long address": b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "no path": b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    "another's address": b"GET http://example.org/people/me HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    "a way up": b"GET /static/../../../../etc/passwd HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    "a method of one's own": b"STEAL /people/me HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
}


@pytest.mark.parametrize("what", RAW)
def test_what_is_no_request_gets_an_answer_of_400s_or_a_closed_door(organisation: Organisation, what: str):
    parts, answer = urlsplit(organisation.url), b""
    with socket.create_connection((str(parts.hostname), int(parts.port or 80)), timeout=30) as connection:
        with contextlib.suppress(OSError):  # the door may be closed before all is said
            connection.sendall(RAW[what])
            if "without end" in what:
                connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionResetError):
            answer = connection.recv(4000)
    assert answer == b"" or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 303")), answer[:200]
    assert b"root:" not in answer
    assert httpx.get(f"{organisation.url}/people/health/live", trust_env=False).status_code == 200


ADDRESSES = (
    "//example.org",
    "https://example.org",
    "\\\\example.org",
    "/\\example.org",
    "/%09/example.org",
    "javascript:alert(1)",
    "/people/me\r\nset-cookie: a=b",
    "\x00",
    CANARY,
    "/" * 6000,
)


def test_no_address_in_a_question_leads_away(organisation: Organisation):
    """`next` is where somebody goes after signing in."""
    for address in ADDRESSES:
        for path in ("/people/sign-in", "/people/session/renew"):
            for who in (None, "driver"):
                client = organisation.visitor(who).client  # renewing ends a sign-in that people never opened
                answer = client.get(path, params={"next": address}, follow_redirects=False)
                assert faults_of(answer) == [] or answer.status_code == 307
                where = urlsplit(answer.headers.get("location", ""))
                assert (where.netloc, where.scheme) == ("", ""), (address, answer.headers["location"])
                assert "\\" not in answer.headers.get("location", "")
                assert "set-cookie: a=b" not in str(answer.headers)


HEADS = (
    "/",
    "/opportunities",
    "/opportunities/feeds/rpde",
    "/payments/policy",
    "/payments/claims",
    "/feedback/board",
    "/feedback/api/board",
    "/people/sign-in",
    "/notifications/health/live",
    "/gateway/health/live",
    "/operator",
    "/people/no-such-page",
    "/people/metrics",
)


def test_every_part_of_the_site_answers_head_as_get_without_a_body(organisation: Organisation):
    """Monitors and link checkers ask so; the operators' app and the gateway are behind the site's proxy."""
    for path in HEADS:
        for who in (None, "operator"):
            got, head = (organisation.client(who).request(method, path) for method in ("GET", "HEAD"))
            assert (head.status_code, head.content) == (got.status_code, b""), path
            assert head.headers.get("content-type") == got.headers.get("content-type"), path


QUESTIONS = ("\x00", "\ud800", CANARY, "'", "%", "9" * 400, "-1", "1e9", "../..", "a" * 9_000)
ASKING = (
    "/opportunities?anything=",
    "/feedback/board?theme=",
    "/feedback/board?opportunity=",
    "/feedback/api/board?theme=",
    "/feedback/api/board?opportunity=",
    "/feedback/give?opportunity=",
    "/feedback/give?about=opportunity&change=",
    "/feedback/staff/answer?items=",
    "/payments/bank-details/change?claim=",
    "/people/staff/people?search=",
    "/people/operator/steps?about=",
    "/people/operator/dead-letters?replayed_too=",
)


@WHOLE
def test_nonsense_in_a_question_harms_no_page(organisation: Organisation, whole: bool):
    faults = []
    for start, path in enumerate(ASKING):
        for number, value in enumerate(QUESTIONS, start):
            for who in in_turn(number, ("coordinator", "operator"), whole):
                answer = organisation.client(who).get(
                    httpx.URL(organisation.url + path.partition("?")[0]).copy_with(
                        raw_path=(path + _quoted(value)).encode()
                    )
                )
                faults += [f"{who} {path}{value[:20]!r}: {fault}" for fault in faults_of(answer)]
    assert not faults, "\n".join(faults)


def _quoted(value: str) -> str:
    return "".join(f"%{byte:02x}" for byte in value.encode("utf-8", "surrogatepass"))
