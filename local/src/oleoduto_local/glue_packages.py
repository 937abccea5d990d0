"""The Python packages that Glue 5.0 brings, and what `--additional-python-modules` would do to them."""

import importlib.metadata
from collections.abc import Iterator

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

VERSION = "5.0"
# https://raw.githubusercontent.com/awslabs/aws-glue-libs/glue-5.0/base-requirements.txt, read in November 2026.
GLUE_5_0 = """
aiobotocore==2.13.1 aiohappyeyeballs==2.3.5 aiohttp==3.10.1 aioitertools==0.11.0 aiosignal==1.3.1 appdirs==1.4.4 attrs==24.2.0
boto3==1.34.131 botocore==1.34.131 certifi==2024.7.4 charset-normalizer==3.3.2 contourpy==1.2.1 cycler==0.12.1 fonttools==4.53.1
frozenlist==1.4.1 fsspec==2024.6.1 idna==2.10 jmespath==0.10.0 kaleido==0.2.1 kiwisolver==1.4.5 matplotlib==3.9.0
multidict==6.0.5 numpy==1.26.4 packaging==24.1 pandas==2.2.2 pillow==10.4.0 pip==23.0.1 plotly==5.23.0 pyarrow==17.0.0
pyparsing==3.1.2 python-dateutil==2.9.0.post0 pytz==2024.1 requests==2.32.2 s3fs==2024.6.1 s3transfer==0.10.2 seaborn==0.13.2
setuptools==59.6.0 six==1.16.0 tenacity==9.0.0 tzdata==2024.1 urllib3==1.25.10 virtualenv==20.4.0 wrapt==1.16.0 yarl==1.9.4
"""
_VERSIONS = {canonicalize_name(name): version for name, _, version in (item.partition("==") for item in GLUE_5_0.split())}


def replacements(requirement: Requirement) -> list[str]:
    """Why pip would replace packages of Glue to install a module: `pandas 2.2.2 (pandera needs pandas>=2.3)`.

    What the module needs is read from the packages that are installed here.
    """
    return sorted(set(_replaced(requirement, "the job", set())))


def _replaced(requirement: Requirement, needed_by: str, seen: set[str]) -> Iterator[str]:
    name = canonicalize_name(requirement.name)
    glues = _VERSIONS.get(name)
    if glues is not None:
        # pip keeps an installed package that satisfies, so what that one needs is there too.
        if not requirement.specifier.contains(glues, prereleases=True):
            yield f"{name} {glues} ({needed_by} needs {requirement.name}{requirement.specifier})"
        return
    key = f"{name}[{','.join(sorted(requirement.extras))}]"
    if key in seen:
        return
    seen.add(key)
    for needed in _needs(requirement):
        yield from _replaced(needed, requirement.name, seen)


def _needs(requirement: Requirement) -> list[Requirement]:
    """The requirements of an installed package with the extras that are asked for; none if it is not installed."""
    try:
        listed = importlib.metadata.requires(requirement.name) or []
    except importlib.metadata.PackageNotFoundError:
        return []
    environment = {name: str(value) for name, value in default_environment().items()}
    extras = ["", *requirement.extras]
    found = [Requirement(text) for text in listed]
    return [
        needed
        for needed in found
        if needed.marker is None or any(needed.marker.evaluate({**environment, "extra": extra}) for extra in extras)
    ]
