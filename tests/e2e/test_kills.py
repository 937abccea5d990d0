"""A few kills at random moments; `bench/kills.py` makes hundreds."""

from __future__ import annotations

from kill_kit import LabKiller
from project import Project
from runner_kit import Lab


def test_whatever_is_killed_nothing_is_lost_and_the_next_command_is_right(aws: Project) -> None:
    killer = LabKiller(Lab(aws, "KILLS"), seed=7)
    kills = [killer.round() for _ in range(6)]
    assert not [kill for kill in kills if kill.wrong], kills
