"""Which series a run has: codes and files of codes."""

from __future__ import annotations

import pytest

from oleoduto_jobs.errors import JobError
from oleoduto_jobs.etl.arguments import codes, parse
from oleoduto_jobs.etl.code_list import every_code

FILES = {
    "s3://b/inbox/codes.txt": b"\xef\xbb\xbf# oil\r\nB_2\r\n\r\n  C_3 \r\nA\r\n",
    "s3://b/empty.txt": b"# nothing\n",
    "s3://b/bad.txt": b"B_2\nb_2\n",
    "s3://b/twice.txt": b"B_2\nC_3\nB_2\n",
    "s3://b/latin.txt": "SÉRIE\n".encode("latin-1"),
}


def expanded(*given: str) -> list[str]:
    values = parse("extract", ("series",), (), ["--series", ",".join(given)])
    return every_code(codes(values), codes(values)[0], FILES.__getitem__)


def test_a_file_adds_its_codes_and_may_have_the_main_one() -> None:
    assert expanded("A", "s3://b/inbox/codes.txt") == ["A", "B_2", "C_3"]
    assert expanded("A", "D", "s3://b/inbox/codes.txt") == ["A", "D", "B_2", "C_3"]
    assert expanded("A") == ["A"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["A", "s3://b/empty.txt"], "s3://b/empty.txt has no code: write one a line"),
        (["A", "s3://b/bad.txt"], "line 2 of s3://b/bad.txt is `b_2`: it must be an Ipeadata code"),
        (["A", "s3://b/twice.txt"], "`B_2` is listed twice: in line 3 of s3://b/twice.txt and in line 1 of s3://b/twice.txt"),
        (["A", "B_2", "s3://b/twice.txt"], "`B_2` is listed twice: in line 1 of s3://b/twice.txt and in `--series`"),
        (["A", "s3://b/latin.txt"], "s3://b/latin.txt is not UTF-8"),
        (["s3://b/inbox/codes.txt"], "is not an Ipeadata code"),
    ],
)
def test_a_list_that_cannot_be_used_says_where(given: list[str], message: str) -> None:
    with pytest.raises(JobError) as failed:
        expanded(*given)
    assert message in str(failed.value)
