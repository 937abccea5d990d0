"""States of stacks by name: those of stacks that left the program, a renamed stack, and what a destroy would stop at."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path
from xml.etree import ElementTree

import pytest
from project import PATIENCE, Project
from runner_kit import BUCKET, Lab, Rule, proxy

SHELF, LABEL = "terraform_data.shelf", "terraform_data.label"


@pytest.fixture(scope="module")
def deployment(aws: Project) -> Lab:
    return Lab(aws, "STATES")


def leave(deployment: Lab, stack: str, name: str) -> None:
    """Give a stack's state the name that another program's stack would have: as if that stack had been `stack` before."""
    s3 = deployment.project.client("s3")
    for ending in ("", ".applied.json"):
        source = deployment.key(stack) + ending
        s3.copy_object(Bucket=BUCKET, Key=deployment.key(name) + ending, CopySource={"Bucket": BUCKET, "Key": source})
        s3.delete_object(Bucket=BUCKET, Key=source)


def keys(deployment: Lab) -> set[str]:
    """The names of the objects beside the states."""
    listed = deployment.project.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=deployment.key("")[: -len(".tfstate")])
    return {row["Key"].rpartition("/")[2] for row in listed.get("Contents", [])}


def test_a_plan_shows_every_action_and_a_report_says_the_same(deployment: Lab, tmp_path: Path) -> None:
    files = [tmp_path / f"plan.{ending}" for ending in ("md", "xml", "jsonl", "json")]
    words = [word for file in files for word in ("--report", str(file))]
    planned = deployment.run("plan", "depot", "--diff", *words)
    assert planned.returncode == 2, planned.stderr
    assert '+ resource "terraform_data" "shelf"' in planned.stdout and "Plan: 2 to add" in planned.stdout
    short = deployment.run("plan", "depot")
    assert f"  + depot: {SHELF}" in short.stdout and "resource " not in short.stdout
    markdown, junit, lines, whole = [file.read_text() for file in files]
    assert re.search(r"\| depot \| 2 \| 0 \| 0 \| [0-9.]+ \| planned \|", markdown), markdown
    assert "```diff\n" in markdown and LABEL in markdown
    (suite,) = ElementTree.fromstring(junit)
    assert [case.get("name") for case in suite] == ["depot"] and suite.get("failures") == "0"
    assert [json.loads(line)["name"] for line in lines.splitlines()] == ["depot"]
    assert json.loads(whole)["stacks"][0]["changes"]["add"] == 2


def test_selections(deployment: Lab) -> None:
    report = deployment.report("plan", "shipping", "--with-producers", "--exclude", "depot")
    assert set(report) - {"code"} == {"orders", "shipping"}
    none = deployment.run("plan", "depot", "--exclude", "d*")
    assert none.returncode == 1 and "nothing is selected" in none.stderr
    several = deployment.run("plan", "depot", "orders", "--replace", SHELF)
    assert several.returncode == 1 and "an address belongs to one stack, and 2 are selected" in several.stderr


def test_a_part_of_a_stack_is_never_recorded_as_whole(deployment: Lab) -> None:
    applied = deployment.report("apply", "depot", "--yes", "--target", SHELF)
    assert applied["code"] == 0 and applied["depot"]["changes"]["add"] == 1, applied
    assert "depot.tfstate.applied.json" not in keys(deployment)
    rest = deployment.report("apply", "depot", "--yes")
    assert rest["depot"]["changes"]["add"] == 1 and "depot.tfstate.applied.json" in keys(deployment)
    assert deployment.report("plan", "depot")["depot"]["result"] == "unchanged"


def test_a_resource_is_replaced_by_its_address(deployment: Lab) -> None:
    replaced = deployment.run("plan", "depot", "--replace", LABEL)
    assert replaced.returncode == 2 and f"-/+ depot: {LABEL}" in replaced.stdout, replaced.stdout
    applied = deployment.report("apply", "depot")
    assert applied["code"] == 0 and applied["depot"]["changes"] == {"add": 1, "change": 0, "remove": 1, "import": 0}
    assert deployment.report("plan", "depot")["depot"]["result"] == "unchanged", "all of the configuration is applied"


def test_outputs_and_states_by_name(deployment: Lab) -> None:
    raw = deployment.good("output", "depot", "--raw", "shelf").stdout
    assert len(raw.strip()) == 36 and raw.count("\n") == 1
    unknown = deployment.run("output", "depot", "--raw", "no_such")
    assert unknown.returncode == 1 and "its outputs are: shelf" in unknown.stderr
    listed = deployment.good("state", "list").stdout
    assert listed.split() == ["depot", LABEL, "depot", SHELF]
    assert raw.strip() in deployment.good("state", "show", "depot", SHELF).stdout
    deployment.good("state", "rm", "depot", SHELF)
    assert deployment.state("depot") == [LABEL]
    deployment.good("import", "depot", SHELF, raw.strip())
    assert deployment.state("depot") == [LABEL, SHELF]
    wrong = deployment.run("import", "depot", SHELF, raw.strip())
    assert wrong.returncode == 1 and "already managed" in wrong.stderr
    deployment.good("apply", "depot", "--yes")


def test_a_renamed_stack_takes_its_state_along(deployment: Lab) -> None:
    leave(deployment, "depot", "images")
    refused = deployment.run("state", "mv", "imagse", "depot")
    assert refused.returncode == 1 and "there are: images" in refused.stderr
    told = deployment.run("plan", "orders")
    assert "`images` is no stack of this program any more, and 2 of its resources still exist" in told.stderr
    assert "shop_lab state mv OLD NEW" in told.stderr and "shop_lab destroy --orphans" in told.stderr
    lock = deployment.key("images") + ".tflock"
    deployment.project.client("s3").put_object(
        Bucket=BUCKET, Key=lock, Body=b'{"ID":"1","Operation":"x","Who":"ana@pc","Created":"y"}'
    )
    locked = deployment.run("state", "mv", "images", "depot")
    assert locked.returncode == 1 and "is locked by ana@pc" in locked.stderr and deployment.state("images")
    deployment.project.client("s3").delete_object(Bucket=BUCKET, Key=lock)
    moved = deployment.good("state", "mv", "images", "depot")
    assert "2 resources of `images`" in moved.stderr
    assert not {key for key in keys(deployment) if key.startswith("images") or key.endswith(".tflock")}
    (copy,) = (deployment.out / "backups").iterdir()
    assert copy.name.startswith("images.") and copy.stat().st_mode & 0o077 == 0
    again = deployment.report("apply", "depot", "--yes")
    assert again["code"] == 0 and again["depot"]["changes"]["add"] == 0, again
    taken = deployment.run("state", "mv", "images", "depot")
    assert taken.returncode == 1 and "there is none" in taken.stderr


def test_a_resource_moves_between_states_of_which_nobody_has_the_lock(deployment: Lab) -> None:
    words = ["state", "mv", "depot", SHELF, "orders", SHELF]
    deployment.good("apply", "orders", "--yes")
    s3, lock = deployment.project.client("s3"), deployment.key("orders") + ".tflock"
    s3.put_object(Bucket=BUCKET, Key=lock, Body=b'{"ID":"1","Operation":"x","Who":"ana@pc","Created":"y"}')
    locked = deployment.run(*words)
    assert locked.returncode == 1 and "is locked by ana@pc: see `shop_lab unlock orders`" in locked.stderr
    assert deployment.state("depot") == list(deployment.ALL) and deployment.locks() == [lock]
    s3.delete_object(Bucket=BUCKET, Key=lock)
    deployment.good(*words)
    assert deployment.state("depot") == [LABEL] and SHELF in deployment.state("orders") and deployment.locks() == []

    # Killed while it holds both locks.
    back = ["state", "mv", "orders", SHELF, "depot", SHELF]
    program = deployment.home / "terraform"
    program.write_text('#!/bin/sh\ncase "$*" in *"state push"*) kill -9 $PPID; exit 1;; esac\nexec terraform "$@"\n')
    program.chmod(0o755)
    assert deployment.run("--terraform", str(program), *back).returncode == -signal.SIGKILL
    assert len(deployment.locks()) == 2
    shown = deployment.run("unlock")
    assert "depot is locked by" in shown.stderr and "orders is locked by" in shown.stderr and len(deployment.locks()) == 2
    deployment.good("unlock", "--yes")
    refused = deployment.run("apply", "orders", "--yes")
    assert refused.returncode == 1 and f"`shop_lab {' '.join(back)}` finishes it" in refused.stderr
    deployment.good(*back)
    assert deployment.state("depot") == list(deployment.ALL) and deployment.locks() == []
    assert deployment.report("apply", "depot", "orders", "--yes")["depot"]["changes"]["add"] == 0


def test_a_watch_plans_again_when_a_file_changes(deployment: Lab) -> None:
    deployment.label("first")
    watching = deployment.start("watch", "depot", "--diff")
    assert watching.stdout and watching.stderr
    for text in ("second", "third"):
        while "waiting for changes" not in (line := watching.stderr.readline()):
            assert line, watching.stdout.read()
        assert deployment.locks() == []
        deployment.label(text)
        assert watching.stderr.readline() == "lab.json changed\n"
    while "waiting for changes" not in watching.stderr.readline():
        assert watching.poll() is None
    watching.send_signal(signal.SIGINT)
    out, err = watching.communicate(timeout=PATIENCE)
    assert watching.returncode == 130, err
    assert [text for text in ("first", "second", "third") if f'"{text}"' in out] == ["first", "second", "third"], out
    applied = deployment.report("apply", "depot")
    assert applied["code"] == 0 and applied["depot"]["changes"]["change"] == 1, "the last plan was kept"
    assert deployment.labelled() == "third"


def test_a_destroy_reads_a_state_once_and_looks_for_who_uses_its_policies(aws: Project, deployment: Lab) -> None:
    iam, s3, content = aws.client("iam"), aws.client("s3"), deployment.content("depot")
    allow = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "glue.amazonaws.com"}}
    document, trusting = (json.dumps({"Version": "2012-10-17", "Statement": [statement]}) for statement in (allow, trust))
    policy = iam.create_policy(PolicyName="shared", PolicyDocument=document)["Policy"]["Arn"]
    iam.create_role(RoleName="theirs", AssumeRolePolicyDocument=trusting)
    iam.attach_role_policy(RoleName="theirs", PolicyArn=policy)
    shared = {"mode": "managed", "type": "aws_iam_policy", "name": "shared", "instances": [{"attributes": {"arn": policy}}]}
    assert content
    with_policy = {**content, "resources": [*content["resources"], shared]}
    s3.put_object(Bucket=BUCKET, Key=deployment.key("depot"), Body=json.dumps(with_policy).encode())
    refused = deployment.run("destroy", "depot", "--yes")
    assert refused.returncode == 1, refused.stdout
    assert "depot: aws_iam_policy.shared is used by the role `theirs`, which stays" in refused.stderr
    assert "nothing was destroyed" in refused.stderr and deployment.content("depot") == with_policy
    s3.put_object(Bucket=BUCKET, Key=deployment.key("depot"), Body=json.dumps(content).encode())

    def by_the_runner(method: str, path: str, headers: dict[str, str]) -> bool:
        return method == "GET" and "depot.tfstate?" in path and "aws-sdk-rust" in headers.get("user-agent", "")

    with proxy(aws.endpoint()) as counting:
        reads = Rule(by_the_runner)
        counting.rules.append(reads)
        Lab(aws, deployment.series, counting.url).good("destroy", "depot", "--yes")
    assert reads.seen == 2, "once before the destroy, and once after it"
    deployment.good("apply", "depot", "--yes")


def test_a_stack_that_left_the_program_is_destroyed_from_its_state(deployment: Lab) -> None:
    assert "no stack has left" in deployment.good("destroy", "--orphans").stderr
    leave(deployment, "depot", "images")
    report = deployment.report("drift", "orders")
    assert report["code"] == 0 and json.loads((deployment.out / "run.json").read_text())["orphans"] == ["images"]
    asked = deployment.run("destroy", "--orphans")
    assert asked.returncode == 1 and "nobody has approved" in asked.stderr
    unknown = deployment.run("destroy", "--orphans", "depot", "--yes")
    assert unknown.returncode == 1 and "no stack matches `depot`; the stacks are: images" in unknown.stderr
    destroyed = deployment.report("destroy", "--orphans", "--yes")
    assert destroyed["code"] == 0 and destroyed["images"]["changes"]["remove"] == 2, destroyed
    assert "images.tfstate.applied.json" not in keys(deployment)
    assert "images" not in deployment.run("drift", "orders").stderr


def test_a_state_of_somebody_else_is_no_orphan(deployment: Lab) -> None:
    s3 = deployment.project.client("s3")
    resource = {"mode": "managed", "type": "aws_ecr_repository", "name": "x", "instances": [{"attributes": {}}]}
    state = {"version": 4, "serial": 1, "lineage": "l", "outputs": {}, "resources": [resource]}
    s3.put_object(Bucket=BUCKET, Key=deployment.key("theirs"), Body=json.dumps(state).encode())
    assert "theirs" not in deployment.run("drift", "orders").stderr
    s3.delete_object(Bucket=BUCKET, Key=deployment.key("theirs"))


def test_the_logs_of_earlier_runs_are_kept(deployment: Lab) -> None:
    lab = Lab(deployment.project, deployment.series, out="logged")
    for _ in range(2):
        lab.good("apply", "orders", "--yes", "--refresh")
    logs = sorted(file.name for file in (lab.out / "logs").glob("orders-apply*.log"))
    assert logs == ["orders-apply.1.log", "orders-apply.log"], logs


def test_nothing_starts_after_a_failure_if_so_asked(deployment: Lab, tmp_path: Path) -> None:
    program = tmp_path / "terraform"
    program.write_text("#!/bin/sh\nexit 3\n")
    program.chmod(0o755)
    words = ["apply", "depot", "orders", "--yes", "--refresh", "--terraform", str(program), "--parallelism", "1"]
    both = deployment.report(*words)
    assert [both[name]["result"] for name in ("depot", "orders")] == ["failed", "failed"]
    one = deployment.report(*words, "--fail-fast")
    assert sorted(one[name]["result"] for name in ("depot", "orders")) == ["failed", "skipped"]
