#!/usr/bin/env bash
# Coverage of the Rust crates and of the jobs' Python, with thresholds. A summary goes to the job's page in a workflow.
set -euo pipefail
cd "$(dirname "$0")/.."
# Lines of Rust, and branches and lines of Python, in percent. Raise them with the figures, never lower them for a change.
rust_floor=60 python_floor=85
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

.venv/bin/uv pip install --quiet --target "$scratch/coverage" --no-deps --require-hashes -r scripts/coverage.lock
export PYTHONPATH=$scratch/coverage
.venv/bin/python -m coverage run --branch --source=jobs/src --data-file="$scratch/python" -m pytest -q jobs/tests
.venv/bin/python -m coverage json --quiet --data-file="$scratch/python" -o "$scratch/python.json"
python=$(jq '.totals.percent_covered | floor' "$scratch/python.json")

{
  echo '| language | covered | at least |'
  echo '|---|---|---|'
  echo "| Rust, lines | $rust % | $rust_floor % |"
  echo "| Python, lines and branches | $python % | $python_floor % |"
} | tee -a "$summary"
if [ "$rust" -lt "$rust_floor" ] || [ "$python" -lt "$python_floor" ]; then
  echo "error: coverage is below its floor: test what the change added" >&2
  exit 1
fi
