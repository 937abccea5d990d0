"""The server process: binds, patches moto, announces itself, serves, and cleans up."""

import fcntl
import json
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from oleoduto_local.access.principals import Keys, random_keys
from oleoduto_local.environment import no_proxy
from oleoduto_local.errors import LocalAwsError
from oleoduto_local.settings import Settings

HOST = "127.0.0.1"
LOG = logging.getLogger("oleoduto_local")


def bind(port: int) -> socket.socket:
    """A socket on the loopback interface only."""
    if not 0 <= port <= 65535:
        raise LocalAwsError(f"--port {port} is not a port; give 1 to 65535, or 0 for a free one")
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise LocalAwsError(
            f"port {port} on {HOST} cannot be used ({error.strerror}); stop what listens there or use --port 0 for a free one"
        ) from error
    return listener


@contextmanager
def sole_owner(data_dir: Path) -> Iterator[None]:
    """Holds the data folder's lock; the system drops it however the process ends."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        # It holds the keys of this start, and the states, logs and data of the jobs.
        data_dir.chmod(0o700)
        lock = (data_dir / "server.lock").open("w")
    except OSError as error:
        raise LocalAwsError(f"the data folder {data_dir} cannot be used: {error.strerror}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise LocalAwsError(f"a local AWS already runs on {data_dir}; stop it or choose another --data-dir") from error
        yield


def write_secret(path: Path, text: str) -> None:
    """Nobody else can read the file, and readers see the old file or the whole new one."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    temporary.replace(path)


def prepare_environment(settings: Settings, port: int) -> None:
    """moto reads these when it is imported; its Step Functions call its own endpoint by MOTO_PORT."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "MOTO_"))]:
        del os.environ[name]
    os.environ["MOTO_ACCOUNT_ID"] = settings.account
    os.environ["MOTO_PORT"] = str(port)
    # Without it every answer tells browsers that any page may read it.
    os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"
    os.environ["AWS_DEFAULT_REGION"] = settings.region
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    proxies = no_proxy(os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or "")
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = proxies


def configure_logging(verbose: bool) -> None:
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    LOG.setLevel(logging.INFO)
    logging.getLogger("werkzeug").setLevel(logging.INFO if verbose else logging.ERROR)


def serve(settings: Settings, moto_version: str) -> int:
    """Runs until SIGTERM or SIGINT. Returns the exit code."""
    configure_logging(settings.verbose)
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    with bind(settings.port) as listener, sole_owner(settings.data_dir):
        port = int(listener.getsockname()[1])
        prepare_environment(settings, port)
        from werkzeug.serving import make_server

        from oleoduto_local.context import LocalAws
        from oleoduto_local.patches import install_all
        from oleoduto_local.runners.warm_spark import warm_up
        from oleoduto_local.wsgi import application

        admin = random_keys()
        local = LocalAws(settings, f"http://{HOST}:{port}", admin)
        install_all(local)
        app: Any = application(local)
        server = make_server(HOST, port, app, threaded=True, fd=listener.fileno())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, on_signal)
        thread = threading.Thread(target=server.serve_forever, name="http", daemon=True)
        thread.start()
        announce(settings, local.url, port, moto_version, admin)
        if settings.warm_spark:
            local.in_background("warm-spark", lambda: warm_up(local))
        try:
            # A wait without a timeout cannot be interrupted by a signal on every platform.
            while not stop.wait(1.0):
                if not thread.is_alive():
                    raise LocalAwsError("the HTTP thread has ended; see the server's log")
        finally:
            settings.endpoint_file.unlink(missing_ok=True)
            local.registry.kill_all()
            local.helpers.kill_all()
        LOG.info("stopped")
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        # Threads of moto's executions may still wait for jobs; nothing of them is worth waiting for.
        os._exit(0)


def announce(settings: Settings, url: str, port: int, moto_version: str, admin: Keys) -> None:
    """endpoint.json, and a line on stdout without its keys, say that the server is ready."""
    endpoint = {
        "url": url,
        "host": HOST,
        "port": port,
        "pid": os.getpid(),
        "account": settings.account,
        "region": settings.region,
        "started_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "moto_version": moto_version,
    }
    keys = {"access_key_id": admin.key_id, "secret_access_key": admin.secret}
    write_secret(settings.endpoint_file, json.dumps({**endpoint, **keys}) + "\n")
    print(json.dumps(endpoint), flush=True)
