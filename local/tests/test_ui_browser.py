"""The page in a real browser (headless Chromium): a run from start to end, one that fails, a phone, a keyboard, axe."""

import hashlib
import json
import shutil
import subprocess
import tarfile
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import Browser
from chromium_kit import CHROMIUM, WITHOUT
from local_support import BUCKET, Aws, Server, start_server

from oleoduto_local.ui.sessions import entry_key

AXE = ("axe-core@4.14.1", "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==")
HEADLINE = "document.querySelector('#headline').textContent"
REPORT = "<!doctype html><style>p{color:red}</style><p>the report</p><a href='quality.html'>quality</a>"
# A job whose log grows while it is watched.
WORK = """
import time
def handler(event, context):
    for n in range(event["lines"]):
        print("line", n, flush=True)
        time.sleep(0.25)
    if event.get("fails"):
        raise ValueError("line 3 of prices.csv has no date")
    return {"dataproc": "20240115"}
"""

# Set-up installs no browser, and no test may need what somebody installs by hand: the summary names the skips.
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=WITHOUT)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory, image: Path, jars: Path) -> Iterator[Server]:
    """A server without the runs of other tests."""
    running = start_server(tmp_path_factory.mktemp("ui"), image, jars)
    try:
        yield running
    finally:
        assert running.stop() == 0


@pytest.fixture(scope="module")
def own_aws(own: Server) -> Aws:
    return Aws.prepare(own)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    with Browser(tmp_path / "profile") as opened:
        opened.see(1280, 900)
        yield opened
        assert opened.messages == [], "the page wrote errors to the console"


def address(server: Server) -> str:
    return f"{server.url}/_oleoduto/ui/#key={entry_key(server.endpoint['secret_access_key'], time.time_ns())}"


def machine(aws: Aws, function: str, **payload: Any) -> str:
    task = "arn:aws:states:::lambda:invoke"
    work = {
        "Type": "Task",
        "Resource": task,
        "Parameters": {"FunctionName": function, "Payload": payload},
        "ResultSelector": {"run.$": "$.Payload"},
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "WorkFailed"}],
        "Next": "PauseAfterTheWork",
    }
    states = {
        "First": {"Type": "Pass", "Next": "Way"},
        "Way": {"Type": "Choice", "Choices": [{"Variable": "$.skip", "IsPresent": True, "Next": "Done"}], "Default": "Work"},
        "Work": work,
        "WorkFailed": {"Type": "Fail", "Error": "PipelineFailed", "CausePath": "$.error.Cause"},
        "PauseAfterTheWork": {"Type": "Wait", "Seconds": 3, "Next": "Done"},
        "Done": {"Type": "Succeed"},
    }
    return aws.machine(states, "First")


def label(browser: Browser, state: str) -> str:
    return str(browser.run(f"document.querySelector('[data-state={state}]')?.getAttribute('aria-label') ?? ''"))


def finished_run(aws: Aws) -> None:
    """Any run, so that the page has something to show."""
    aws.execute(machine(aws, aws.function(WORK, timeout=20), lines=1))


def test_a_run_is_watched_from_start_to_end(own: Server, own_aws: Aws, browser: Browser) -> None:
    browser.open(address(own))
    assert browser.wait(HEADLINE, "the page has begun") == "No state machine yet: Terraform creates the stacks."
    assert browser.run("location.hash") == "", "the key is not kept in the address"
    own_aws.put("reports/dataproc=20240115/report.html", REPORT)
    own_aws.put("reports/dataproc=20240115/quality.html", "<!doctype html><p>the quality</p>")
    function = own_aws.function(WORK, timeout=20)
    arn = machine(own_aws, function, lines=24)
    browser.wait("document.querySelector('[data-state=Work]')", "the state machine is drawn before its first run")
    assert browser.run(HEADLINE) == "No run yet: oleoduto local run starts one."
    assert label(browser, "Work") == "Work: not entered" and not label(browser, "WorkFailed"), "no failure yet"
    own_aws.sfn.start_execution(stateMachineArn=arn)
    browser.wait("document.querySelector('.box.running[data-state=Work]')", "Work runs")
    lines = "(document.querySelector('#log').textContent.match(/line \\d/g) ?? []).length"
    first = browser.wait(lines, "the log begins")
    browser.wait(f"{lines} > {first}", "the log grows")
    assert browser.text("#state-title") == "Work" and "running" in browser.text("#facts")
    browser.wait("document.querySelector('.box.running[data-state=PauseAfterTheWork]')", "the pause runs")
    assert browser.text("#state-title") == "PauseAfterTheWork" and "writes no log" in browser.text("#log-note")
    browser.wait(f"{HEADLINE}.includes('succeeded')", "the run has ended")
    assert label(browser, "Work").startswith("Work: succeeded, ") and label(browser, "Done").startswith("Done: succeeded")
    assert "The run succeeded." in browser.text("#news"), "a screen reader is told"
    ways = "[...document.querySelectorAll('.way')].map((way) => way.classList.contains('taken'))"
    assert browser.run(ways).count(False) == 1, "the run did not go from Way to Done"
    assert browser.text("#state-title") == "Work" and browser.text("#log").count("line ") == 24
    link = browser.wait("document.querySelector('#links a')?.href", "the report is linked")
    browser.open(str(link))
    assert browser.text("p") == "the report"
    assert browser.run("getComputedStyle(document.querySelector('p')).color") == "rgb(255, 0, 0)"
    assert browser.run("origin") == "null", "a report is not of the page's origin"
    assert browser.run("fetch('/_oleoduto/ui/app.js').then(() => 'read', () => 'refused')") == "refused"
    browser.run("document.querySelector('a').click()")
    browser.wait("document.querySelector('p')?.textContent === 'the quality'", "a report leads to another of its folder")
    own_origin = ("about:", f"{own.url}/_oleoduto/ui/")
    assert all(url.startswith(own_origin) for url in browser.requested), browser.requested
    # What the sandbox says of that fetch.
    browser.messages.clear()


def test_a_failing_run_says_why(own: Server, own_aws: Aws, browser: Browser) -> None:
    arn = machine(own_aws, own_aws.function(WORK, timeout=20), lines=2, fails=True)
    own_aws.sfn.start_execution(stateMachineArn=arn)
    browser.open(address(own))
    browser.wait(f"{HEADLINE}.includes('failed')", "the run has failed")
    assert browser.text("#failure") == "The state Work failed: line 3 of prices.csv has no date"
    assert label(browser, "Work").startswith("Work: failed, ") and label(browser, "WorkFailed").startswith("WorkFailed: failed")
    assert label(browser, "Done") == "Done: not entered"
    assert browser.text("#state-title") == "Work" and "ValueError" in browser.wait(
        "document.querySelector('#log').textContent", "its log is shown"
    )
    assert "line 3 of prices.csv has no date" in browser.text("#facts")


def test_another_run_and_another_language(own: Server, own_aws: Aws, browser: Browser) -> None:
    finished_run(own_aws)
    finished_run(own_aws)
    browser.open(address(own))
    browser.wait("document.querySelectorAll('[data-run]').length >= 2", "the runs are listed")
    second = browser.run("document.querySelectorAll('[data-run]')[1].textContent")
    browser.run("document.querySelectorAll('[data-run]')[1].click()")
    browser.wait(f"{HEADLINE}.includes({json.dumps(second)})", "the other run is shown")
    browser.run("document.querySelector('#language').value = 'pt-BR'")
    browser.run("document.querySelector('#language').dispatchEvent(new Event('change'))")
    assert browser.text("#runs-title") == "Últimas execuções" and "concluída" in str(browser.run(HEADLINE))
    assert browser.run("document.documentElement.lang") == "pt-BR"
    browser.call("Page.reload")
    browser.wait(f"{HEADLINE}.includes('concluída')", "language and session outlast a reload")


def test_a_column_means_the_same_in_both_languages(own: Server, own_aws: Aws, browser: Browser) -> None:
    """A comment that the schema has is translated; any other is shown as it is, and marked as English."""
    columns = [
        {"Name": "mean_value", "Type": "double", "Comment": "mean of the values of the period, in the unit of the series"},
        {"Name": "own", "Type": "double", "Comment": "a value of my own"},
    ]
    described = {"Columns": columns, "Location": f"s3://{BUCKET}/means/"}
    own_aws.glue.create_database(DatabaseInput={"Name": "toy"})
    own_aws.glue.create_table(DatabaseName="toy", TableInput={"Name": "means", "StorageDescriptor": described})
    cells = "[...document.querySelectorAll('#tables td[lang]')].map((cell) => [cell.lang, cell.textContent])"
    browser.open(address(own))
    own_words = ["en", "a value of my own"]
    browser.wait(f"{cells}.length === 2", "the table is shown")
    assert browser.run(cells) == [["en", "mean of the values of the period, in the unit of the series"], own_words]
    browser.run("document.querySelector('#language').value = 'pt-BR'")
    browser.run("document.querySelector('#language').dispatchEvent(new Event('change'))")
    assert browser.run(cells) == [["pt-BR", "média dos valores do período, na unidade da série"], own_words]
    own_aws.glue.delete_table(DatabaseName="toy", Name="means")
    own_aws.glue.delete_database(Name="toy")


def test_every_word_is_there_in_both_languages(own: Server, browser: Browser) -> None:
    browser.open(f"{own.url}/_oleoduto/ui/")
    both = "import('/_oleoduto/ui/words.js').then((w) => ['en', 'pt-BR'].map((l) => Object.keys(w.WORDS[l]).sort()))"
    english, portuguese = browser.run(both)
    assert english == portuguese and len(english) > 50
    browser.messages.clear()


def test_the_keyboard_is_enough(own: Server, own_aws: Aws, browser: Browser) -> None:
    finished_run(own_aws)
    browser.open(address(own))
    browser.wait("document.querySelector('.box.succeeded')", "a run is shown")
    browser.press("Tab", 9)
    assert browser.run("document.activeElement.className") == "skip"
    for _ in range(20):
        browser.press("Tab", 9)
        if browser.run("document.activeElement.dataset.state"):
            break
    assert browser.run("document.activeElement.dataset.state") == "First"
    browser.press("ArrowDown", 40)
    assert browser.run("document.activeElement.dataset.state") == "Way"
    browser.press("Enter", 13, "\r")
    assert browser.text("#state-title") == "Way" and "Choice" in browser.text("#facts")
    assert browser.run("document.querySelector('[aria-pressed=true][data-state]').dataset.state") == "Way"
    browser.run("document.querySelector('#sql').focus()")
    browser.call("Input.insertText", text="SELECT 41 + 1 AS sum")
    browser.call("Input.dispatchKeyEvent", type="keyDown", key="Enter", code="Enter", windowsVirtualKeyCode=13, modifiers=2)
    browser.wait("!document.querySelector('#answer').hidden", "the query is answered")
    assert browser.text("#answer") == "sum\n42" and browser.text("#answer-note").startswith("Rows: 1, in ")
    browser.run("document.querySelector('#sql').value = 'DROP TABLE x'; document.querySelector('#query').requestSubmit()")
    browser.wait("document.querySelector('#answer-note').className === 'failure'", "a statement that writes is refused")
    assert browser.text("#answer-note").startswith("Only SELECT is allowed here.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_needs_no_scrolling_to_the_side(own: Server, own_aws: Aws, browser: Browser, scheme: str) -> None:
    finished_run(own_aws)
    browser.see(390, 844, scheme)
    browser.open(address(own))
    browser.wait("document.querySelector('.box.succeeded')", "a run is shown")
    browser.run("document.querySelector('#sql').value = \"SELECT repeat('wide ', 90) AS a, repeat('wide ', 90) AS b\"")
    browser.run("document.querySelector('#query').requestSubmit()")
    browser.wait("!document.querySelector('#answer').hidden", "the query is answered")
    assert browser.run("document.documentElement.scrollWidth") == 390
    ground = browser.run("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(252, 252, 251)" if scheme == "light" else "rgb(26, 26, 25)")


def axe_source(folder: Path) -> str:
    """The script of axe-core, from npm; its archive is checked by its hash."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    name, integrity = AXE
    command = ["npm", "pack", "--silent", "--pack-destination", str(folder), name]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode != 0:
        pytest.skip(f"npm has no {name}: {done.stderr.strip()[-300:]}")
    (archive,) = folder.glob("*.tgz")
    assert b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode() == integrity
    with tarfile.open(archive) as tar:
        member = tar.extractfile("package/axe.min.js")
        assert member is not None
        return member.read().decode()


def test_axe_finds_nothing(own: Server, own_aws: Aws, browser: Browser, tmp_path: Path) -> None:
    source = axe_source(tmp_path)
    arn = machine(own_aws, own_aws.function(WORK, timeout=20), lines=1, fails=True)
    own_aws.execute(arn)
    for width, scheme in ((1280, "light"), (390, "dark")):
        browser.see(width, 900, scheme)
        browser.open(address(own))
        browser.wait("document.querySelector('.box.failed')", "a run is shown")
        browser.run(
            "document.querySelector('#sql').value = 'SELECT 1 AS one'; document.querySelector('#query').requestSubmit()"
        )
        browser.wait("!document.querySelector('#answer').hidden", "the query is answered")
        browser.run(f"{source}; undefined")
        rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
        found = browser.run(f"axe.run(document, {json.dumps(rules)}).then((r) => [r.passes.length, r.violations])")
        assert found[0] > 20
        shown = [(one["id"], one["help"], [node["html"][:200] for node in one["nodes"]]) for one in found[1]]
        assert shown == [], f"{width} px, {scheme}"
    browser.messages.clear()


def test_what_a_user_is_told_without_a_session(own: Server, browser: Browser) -> None:
    browser.open(f"{own.url}/_oleoduto/ui/")
    browser.wait("!document.querySelector('#problem').hidden", "the problem is told")
    assert "oleoduto local ui" in browser.text("#problem")
    used = address(own)
    browser.open(used)
    browser.wait("document.querySelector('#problem').hidden", "a key opens the page")
    browser.run("sessionStorage.clear()")
    browser.open("about:blank")
    browser.open(used)
    browser.wait("document.querySelector('#problem').textContent.includes('was used')", "a used key is told")
    # The console has the refused requests.
    assert all("403" in message for message in browser.messages)
    browser.messages.clear()


def test_a_file_leads_to_the_page(own: Server, browser: Browser, tmp_path: Path) -> None:
    """As `--open` opens it: the browser's arguments hold no key."""
    doorway = tmp_path / "ui.html"
    doorway.write_text(f'<!doctype html><meta http-equiv="refresh" content="0;url={address(own)}"><title>Oleoduto</title>\n')
    browser.call("Page.navigate", url=doorway.as_uri())
    browser.wait("location.protocol === 'http:' && document.querySelector('#headline')?.textContent", "the page is open")
    assert browser.run("document.querySelector('#problem').hidden") and browser.run("location.hash") == ""
