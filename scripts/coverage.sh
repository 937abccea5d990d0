#!/usr/bin/env bash
# Coverage of the Rust crates and of the jobs' Python, with thresholds. A summary goes to the job's page in a workflow.
set -euo pipefail
cd "$(dirname "$0")/.."
# Lines of Rust in percent. Raise it with the figure, never lower it for a change. pytest knows Python's (pyproject.toml).
rust_floor=60
summary=${GITHUB_STEP_SUMMARY:-/dev/null}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

if ! cargo llvm-cov --version > "$scratch/version" 2>&1; then
  cargo install --locked --quiet cargo-llvm-cov@0.9.1
fi
"${OLEODUTO_PYTHON:-python3}" local/setup.py

# What the end-to-end tests drive is not counted: they start the program from outside.
cargo llvm-cov --workspace --locked --ignore-filename-regex '/(generated|tests)/' --summary-only --json --output-path "$scratch/rust.json"
rust=$(jq '.data[0].totals.lines.percent | floor' "$scratch/rust.json")

# What tests start as processes of their own is counted too (pyproject.toml), and the floor for Python stands there.
.venv/bin/python -m pytest -q jobs/tests --cov --cov-report="json:$scratch/python.json"
python=$(jq '.totals.percent_covered | floor' "$scratch/python.json")

{
  echo '| language | covered | at least |'
  echo '|---|---|---|'
  echo "| Rust, lines | $rust % | $rust_floor % |"
  echo "| Python, lines and branches | $python % | 95 % |"
} | tee -a "$summary"
if [ "$rust" -lt "$rust_floor" ]; then
  echo "error: coverage of Rust is below its floor: test what the change added" >&2
  exit 1
fi
