"""`plan --record` and `apply --approved`: what was approved is what is applied, or nothing is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from project import Project
from runner_kit import Lab

STACKS = ["depot", "orders", "shipping"]


@pytest.fixture(scope="module")
def lab(aws: Project) -> Lab:
    return Lab(aws, "APPROVED")


def recorded(lab: Lab, *more: str) -> Path:
    """The file of a new plan of all stacks, or of those that are named."""
    file = lab.out.parent / "approved.json"
    planned = lab.run("plan", "--refresh", "--record", str(file), *more)
    assert planned.returncode in (0, 2), planned.stdout + planned.stderr
    return file


def applied(lab: Lab, file: Path, *stacks: str) -> dict[str, Any]:
    """The report of an apply of what is in the file."""
    return lab.report("apply", *stacks, "--refresh", "--approved", str(file))


def said(report: dict[str, Any], stack: str) -> str:
    """The errors of a stack."""
    return "\n".join(f"{row['summary']}\n{row['detail']}" for row in report[stack]["diagnostics"])


def test_a_first_plan_states_what_it_assumes_and_is_applied_when_that_became_real(lab: Lab) -> None:
    file = recorded(lab, "--assume", "carrier=assumed")
    plans = json.loads(file.read_text())
    assert sorted(plans["stacks"]) == STACKS and all(len(plan["digest"]) == 64 for plan in plans["stacks"].values())
    assumed = [f"{row['stack']}.{row['output']}" for row in plans["stacks"]["shipping"]["assumed"]]
    assert "var.carrier" in assumed and any(name.startswith("orders.") for name in assumed)
    lab.environment["TF_VAR_carrier"] = "mule"
    report = applied(lab, file)
    assert report["code"] == 0, "\n".join(said(report, stack) for stack in STACKS)
    content = json.dumps(lab.content("shipping"))
    assert "mule" in content and "assumed" not in content


def test_the_plan_shows_every_action_with_a_digest(lab: Lab) -> None:
    lab.label("fragile")
    shown = lab.run("plan", "depot", "--refresh", "--record", str(lab.out.parent / "shown.json"))
    assert shown.returncode == 2 and "plan of depot: sha256:" in shown.stdout, shown.stdout
    assert "~ depot: terraform_data.label" in shown.stdout


def test_what_changed_elsewhere_after_the_plan_is_shown_and_nothing_is_applied(aws: Project, lab: Lab) -> None:
    file, elsewhere = recorded(lab, "depot"), Lab(aws, lab.series, out="elsewhere")
    lab.label("heavy")
    elsewhere.good("apply", "depot", "--yes")
    lab.label("fragile")
    report = applied(lab, file, "depot")
    assert report["code"] == 1 and "is not the approved one" in said(report, "depot")
    assert 'present value of input.text: "plain" is approved, "heavy" is planned now' in said(report, "depot")
    assert lab.labelled() == "heavy"

    lab.label("plain")
    elsewhere.good("apply", "depot", "--yes")
    lab.label("fragile")
    report = applied(lab, file, "depot")
    assert report["code"] == 0, said(report, "depot")
    assert lab.labelled() == "fragile"


def test_another_configuration_than_the_approved_one_is_not_applied(lab: Lab) -> None:
    lab.label("light")
    file = recorded(lab, "depot", "orders")
    lab.label("heavy")
    report = applied(lab, file, "depot", "orders")
    assert report["code"] == 1 and report["orders"]["result"] == "applied"
    assert 'terraform_data.label: input.text: "light" is approved, "heavy" is planned now' in said(report, "depot")
    # Nor a saved plan that nobody approved.
    lab.run("plan", "depot", "--refresh")
    assert applied(lab, file, "depot")["code"] == 1


def test_a_file_that_does_not_hold_is_refused_before_anything_is_done(lab: Lab) -> None:
    file = recorded(lab, "depot")
    other = Lab(lab.project, "OTHER").run("apply", "--approved", str(file))
    assert other.returncode == 1 and "`shop_lab/APPROVED`, not of `shop_lab/OTHER`" in other.stderr
    part = lab.out.parent / "part.json"
    assert lab.run("plan", "orders", "--refresh", "--record", str(part)).returncode == 0
    unseen = lab.run("apply", "orders", "depot", "--approved", str(part))
    assert unseen.returncode == 1 and "none of the stack `depot`" in unseen.stderr
    part.write_text(file.read_text().replace("heavy", "light"))
    forged = lab.run("apply", "depot", "--approved", str(part))
    assert forged.returncode == 1 and "digest of `depot` is not that of its changes" in forged.stderr
    both = lab.run("apply", "--yes", "--approved", str(file))
    assert both.returncode == 2 and "cannot be used with" in both.stderr
