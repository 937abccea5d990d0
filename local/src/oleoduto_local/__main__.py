"""Command line: `python -m oleoduto_local serve ...` and `permissions`."""

import argparse
import sys
from pathlib import Path

from oleoduto_local import __version__
from oleoduto_local.access.report import read_reasons, read_record, shown
from oleoduto_local.errors import LocalAwsError
from oleoduto_local.settings import check_moto, read_settings


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="oleoduto_local", description="The local AWS: moto with real work behind it.")
    top.add_argument("--version", action="version", version=__version__)
    commands = top.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="run the server in the foreground until SIGTERM or Ctrl-C")
    serve.add_argument("--data-dir", type=Path, required=True, help="folder of endpoint.json, logs/ and work/")
    serve.add_argument("--account", default="123456789012", help="AWS account id, 12 digits")
    serve.add_argument("--region", default="us-east-1", help="AWS region")
    serve.add_argument("--jobs-src", type=Path, required=True, help="what the SageMaker image installs (PYTHONPATH)")
    serve.add_argument("--dockerfile", type=Path, required=True, help="its ENTRYPOINT runs SageMaker jobs")
    serve.add_argument("--jars", type=Path, required=True, help="folder of the Hadoop S3 jars for Spark")
    serve.add_argument("--port", type=int, default=0, help="loopback port; 0 takes a free one")
    serve.add_argument("--warm-spark", action="store_true", help="start Spark before its first job")
    serve.add_argument("--verbose", action="store_true", help="log every request")
    serve.add_argument(
        "--glue-minute",
        type=float,
        default=60.0,
        metavar="SECONDS",
        help="how long a minute of a Glue job's Timeout lasts (tests shorten it)",
    )
    permissions = commands.add_parser("permissions", help="print what the roles used, what they did not, and what was denied")
    permissions.add_argument("--data-dir", type=Path, required=True, help="the server's data folder")
    return top


def main(argv: list[str] | None = None) -> int:
    arguments = parser().parse_args(argv)
    try:
        if arguments.command == "permissions":
            print(shown(read_record(arguments.data_dir), read_reasons()))
            return 0
        version = check_moto()
        settings = read_settings(arguments)
        # Imported late: moto reads its environment variables when it is imported.
        from oleoduto_local.server import serve

        return serve(settings, version)
    except LocalAwsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
