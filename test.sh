#!/usr/bin/env bash
# Runs every check and test of the project, after setting up what they need. Usage: ./test.sh
set -euo pipefail
cd "$(dirname "$0")"

"${OLEODUTO_PYTHON:-python3}" local/setup.py

cargo fmt --all -- --check
cargo clippy --workspace --all-targets --locked -- -D warnings
.venv/bin/ruff check
.venv/bin/ruff format --check
.venv/bin/mypy --strict jobs/src local/src bench/run.py bench/rebuild.py bench/etl.py bench/steps.py bench/ml.py

cargo build --locked
# The workflows are what the stacks' graph says.
cargo run -q --locked -- ci check
cargo test --workspace --locked
RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --locked -p oleoduto-cdk -p oleoduto-aws -p oleoduto-bindgen
# The drift of generated files: bindings against the provider's schema, tables against the jobs' schema.
./scripts/check-generated.sh
# The jobs with their branch coverage, which must not fall below 95 % (pyproject.toml).
.venv/bin/python -m pytest -q jobs/tests --cov --cov-report=term
.venv/bin/python -m pytest -q local/tests tests/e2e
