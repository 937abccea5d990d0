"""Starts the JVM of a local Spark, and stays until it is killed: `python spark_host.py CONNECTION_FILE`.

PySpark's own launcher does it, with the settings of PYSPARK_SUBMIT_ARGS. The JVM ends when this process does. The file gets
its port and secret, and is there when it is whole.
"""

import json
import os
import sys
from pathlib import Path


def main(argv: list[str]) -> int:
    from pyspark.errors import PySparkRuntimeError
    from pyspark.java_gateway import launch_gateway

    try:
        gateway = launch_gateway()  # type: ignore[no-untyped-call]
    except PySparkRuntimeError as error:
        # The JVM has said why.
        print(f"error: {error}", file=sys.stderr)
        return 1
    part = Path(f"{argv[0]}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump({"port": gateway.java_parameters.port, "secret": gateway.java_parameters.auth_token}, file)
    part.replace(argv[0])
    return int(gateway.proc.wait())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
