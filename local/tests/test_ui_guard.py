"""Who may read the page and its data: keys, sessions, and what browsers say of a request."""

import json
import os
import time
import urllib.error
import urllib.request
from typing import Any

import pytest
from local_support import PATIENCE, Aws, Server

from oleoduto_local.access.refusal import RefusalError
from oleoduto_local.access.request import Request
from oleoduto_local.ui.guard import Part, check_browser
from oleoduto_local.ui.sessions import KEY_SECONDS, MOST_SESSIONS, NoEntryError, Sessions, entry_key

PAGE = "/_oleoduto/ui/"
NOW = 1_700_000_000 * 10**9
WINDOW = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
# `src/local/endpoint.rs` makes the same key.
KEY = "1700000000000000000-27f592172e8ff6ea04094daa03002a78d8ba9c5b2afdea10abc5c66b969a48ef"


def send(server: Server, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, str], str]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    content = None if body is None else json.dumps(body).encode()
    if content is not None:
        named.setdefault("Content-Type", "application/json")
    request = urllib.request.Request(f"{server.url}{PAGE}{path}", content, named, method=method)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, dict(answer.headers), answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read().decode()


def fresh_key(server: Server) -> str:
    return entry_key(server.endpoint["secret_access_key"], time.time_ns())


def session(server: Server) -> str:
    status, _, text = send(server, "POST", "session", {"key": fresh_key(server)})
    assert status == 200, text
    return str(json.loads(text)["session"])


def test_a_key_is_of_use_once_and_for_ten_minutes() -> None:
    clock = [NOW]
    sessions = Sessions("secret", lambda: clock[0])
    key = entry_key("secret", NOW)
    sessions.check(sessions.enter(key))
    with pytest.raises(NoEntryError, match="used before"):
        sessions.enter(key)
    late = entry_key("secret", NOW - 1)
    clock[0] = NOW + KEY_SECONDS * 10**9
    with pytest.raises(NoEntryError, match="older than 600 s"):
        sessions.enter(late)
    with pytest.raises(NoEntryError, match="older"):
        sessions.enter(entry_key("secret", clock[0] + 60 * 10**9))
    for wrong in ("", "-", "x", f"{NOW}-", f"{NOW}", entry_key("another", clock[0]), f"{clock[0]}-é", "9" * 5000):
        with pytest.raises(NoEntryError, match="not one of this start"):
            sessions.enter(wrong)


def test_a_used_key_stays_used_until_it_is_too_old_anyway() -> None:
    clock = [NOW]
    sessions = Sessions("secret", lambda: clock[0])
    key = entry_key("secret", NOW)
    sessions.enter(key)
    for seconds in range(60, KEY_SECONDS + 1, 60):
        clock[0] = NOW + seconds * 10**9
        sessions.enter(entry_key("secret", clock[0]))
        with pytest.raises(NoEntryError):
            sessions.enter(key)


def test_the_oldest_session_ends_and_documents_have_keys_of_their_own() -> None:
    sessions = Sessions("secret")
    opened = [sessions.enter(entry_key("secret", time.time_ns())) for _ in range(MOST_SESSIONS + 1)]
    with pytest.raises(NoEntryError):
        sessions.check(opened[0])
    sessions.check(opened[1])
    sessions.check(opened[-1])
    for wrong in ("", "é", opened[1][:-1]):
        with pytest.raises(NoEntryError):
            sessions.check(wrong)
    key = sessions.folder_key("bucket/20240115")
    sessions.check_folder("bucket/20240115", key)
    with pytest.raises(NoEntryError):
        sessions.check_folder("bucket/20240116", key)
    with pytest.raises(NoEntryError):
        Sessions("secret").check_folder("bucket/20240115", key)


def browser_request(method: str = "GET", host: str = "127.0.0.1:80", **headers: str) -> Request:
    named = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    return Request({"REQUEST_METHOD": method, "PATH_INFO": PAGE, "HTTP_HOST": host, **named})


@pytest.mark.parametrize("part", list(Part))
def test_a_browser_reads_what_its_own_page_asks_for(part: Part) -> None:
    check_browser(browser_request(), 80, part)
    check_browser(browser_request(host="localhost:80", **{"Sec-Fetch-Site": "same-origin"}), 80, part)
    check_browser(browser_request("POST", Origin="http://127.0.0.1:80", **{"Sec-Fetch-Site": "same-origin"}), 80, part)


@pytest.mark.parametrize("part", list(Part))
@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "evil.example:80"},
        {"host": "127.0.0.1:81"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        # Another port of this machine is another origin, though it is the same site.
        {"Origin": "http://127.0.0.1:81"},
        {"Origin": "http://localhost:80"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"},
        {"method": "POST", "Sec-Fetch-Site": "cross-site", **WINDOW},
    ],
)
def test_another_page_reads_nothing(part: Part, headers: dict[str, str]) -> None:
    with pytest.raises(RefusalError):
        check_browser(browser_request(**headers), 80, part)


def test_a_link_opens_the_page_or_a_document_but_no_data() -> None:
    linked = browser_request(**{"Sec-Fetch-Site": "cross-site", **WINDOW})
    check_browser(linked, 80, Part.PAGE)
    check_browser(linked, 80, Part.DOCUMENT)
    typed = browser_request(**{"Sec-Fetch-Site": "none", **WINDOW})
    check_browser(typed, 80, Part.PAGE)
    for part, request in ((Part.DATA, linked), (Part.FILE, linked), (Part.DATA, typed)):
        with pytest.raises(RefusalError):
            check_browser(request, 80, part)


def test_the_page_may_load_its_own_files_only(server: Server) -> None:
    status, headers, text = send(server, "GET", "")
    assert status == 200 and headers["Content-Type"].startswith("text/html")
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'self';") and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin" and headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in headers and "Set-Cookie" not in headers
    assert "http:" not in text and "https:" not in text
    for name in ("style.css", "app.js", "icon.svg"):
        assert send(server, "GET", name)[0] == 200
    for name in ("words.py", "../application.py", "%2e%2e/application.py", "static/app.js", "none"):
        assert send(server, "GET", name)[0] in (403, 404), name
    assert send(server, "DELETE", "")[0] == 404


@pytest.mark.parametrize("path", ["overview", "log?state=x", "links", "tables", "none"])
def test_data_need_a_session(server: Server, aws: Aws, path: str) -> None:
    status, _, text = send(server, "GET", path)
    assert status == 403 and json.loads(text)["problem"] == "session"
    assert send(server, "GET", path, X_Oleoduto_Session="x" * 43)[0] == 403
    given = session(server)
    assert send(server, "GET", path, X_Oleoduto_Session=given)[0] == (404 if path == "none" else 200)
    assert send(server, "GET", path, X_Oleoduto_Session=given, Host="evil.example")[0] == 403
    assert send(server, "GET", path, X_Oleoduto_Session=given, Origin="http://127.0.0.1:1")[0] == 403
    assert send(server, "GET", path, X_Oleoduto_Session=given, Sec_Fetch_Site="same-site")[0] == 403


def test_a_query_needs_a_session_and_json(server: Server, aws: Aws) -> None:
    assert send(server, "POST", "query", {"sql": "SELECT 1"})[0] == 403
    given = session(server)
    status, _, text = send(server, "POST", "query", {"sql": "SELECT 1 AS one"}, X_Oleoduto_Session=given)
    assert status == 200 and json.loads(text)["rows"] == [[1]]
    form = {"X_Oleoduto_Session": given, "Content_Type": "text/plain"}
    assert send(server, "POST", "query", {"sql": "SELECT 1"}, **form)[0] == 403
    assert send(server, "POST", "query", {"sql": "x" * 70_000}, X_Oleoduto_Session=given)[0] == 403
    assert send(server, "POST", "query", {"other": 1}, X_Oleoduto_Session=given)[0] == 400
    assert send(server, "GET", "query", X_Oleoduto_Session=given)[0] == 404


def test_a_key_opens_one_session_and_another_page_none(server: Server) -> None:
    key = fresh_key(server)
    page = {"Origin": "https://evil.example", "Sec_Fetch_Site": "cross-site"}
    assert send(server, "POST", "session", {"key": key}, **page)[0] == 403
    assert send(server, "POST", "session", {"key": key}, Content_Type="text/plain")[0] == 403
    assert send(server, "GET", "session")[0] == 404
    assert send(server, "POST", "session", {"key": key})[0] == 200
    status, _, text = send(server, "POST", "session", {"key": key})
    assert status == 403 and json.loads(text)["problem"] == "key"


def test_a_session_is_no_key_of_the_services(server: Server, aws: Aws) -> None:
    """The page reads; it can call nothing."""
    request = urllib.request.Request(f"{server.url}/", headers={"X-Oleoduto-Session": session(server)})
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=PATIENCE)
    assert caught.value.code == 403


def test_documents_are_in_a_sandbox_and_need_their_address(server: Server, aws: Aws) -> None:
    aws.put("reports/dataproc=20240115/report.html", "<!doctype html><title>r</title>")
    aws.put("reports/dataproc=20240115/secret.html", "secret")
    function = aws.function("def handler(event, context): return {'dataproc': '20240115'}")
    call = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function, "Payload": {}},
        "ResultSelector": {"run.$": "$.Payload"},
        "End": True,
    }
    assert aws.execute(aws.machine({"Call": call}, "Call"))["status"] == "SUCCEEDED"
    given = session(server)
    links = json.loads(send(server, "GET", "links", X_Oleoduto_Session=given)[2])
    assert links["date"] == "20240115" and links["mlflow"] is None
    (report,) = links["documents"]
    path = report["url"].removeprefix(PAGE)
    status, headers, text = send(
        server, "GET", path, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate", Sec_Fetch_Dest="document"
    )
    assert status == 200 and text.startswith("<!doctype html>")
    assert headers["Content-Security-Policy"].startswith("sandbox allow-scripts; default-src 'none'")
    assert "allow-same-origin" not in headers["Content-Security-Policy"]
    assert send(server, "GET", path, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="cors", Sec_Fetch_Dest="empty")[0] == 403
    key = path.split("/")[1]
    for wrong in (
        path.replace(key, "0" * 64),
        path.replace("20240115", "20240116"),
        path.replace("report.html", "secret.html"),
        path.replace("report.html", "quality.html"),
        path.replace("toy-bucket", "other"),
    ):
        assert send(server, "GET", wrong)[0] in (403, 404), wrong


def test_the_link_to_mlflow_is_that_of_a_process_that_lives(server: Server, aws: Aws) -> None:
    import sqlite3

    folder = server.data / "mlflow"
    folder.mkdir()
    with sqlite3.connect(folder / "mlflow.db") as store:
        store.execute("CREATE TABLE experiments (experiment_id INTEGER, name TEXT)")
        store.execute("INSERT INTO experiments VALUES (7, 'BRENT')")
    given = session(server)

    def link(**said: Any) -> Any:
        announced = {"url": "http://127.0.0.1:5", "series": "BRENT", "pid": os.getpid(), **said}
        (folder / "ui.json").write_text(json.dumps(announced))
        return json.loads(send(server, "GET", "links", X_Oleoduto_Session=given)[2])["mlflow"]

    assert link() == "http://127.0.0.1:5/#/experiments/7"
    assert link(series="OTHER") == "http://127.0.0.1:5"
    assert link(url="http://evil.example") is None
    # Greater than any process of Linux.
    assert link(pid=2**22 + 1) is None


def test_the_key_is_the_one_that_the_command_makes() -> None:
    assert entry_key("secret", NOW) == KEY
