#!/usr/bin/env bash
# Runs the checks and tests of the project, after setting up what they need.
#   ./test.sh                everything, in lanes side by side; CI calls this
#   ./test.sh --quick        unit tests, snapshots and lints; no Spark, no Terraform
#   ./test.sh e2e [NAME...]  the end-to-end tests, or those of tests/e2e/test_NAME.py
set -euo pipefail
cd "$(dirname "$0")"
bin=.venv/bin
# A fifth of what a Terraform with the AWS provider computes is garbage collection: with more memory it is less.
export GOGC=${GOGC:-400}
# Where Python may write no byte code, each process compiles what it imports anew: two seconds for each local AWS.
unset PYTHONDONTWRITEBYTECODE
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
trap 'trap - TERM; kill 0; exit 130' INT TERM

# cpu FILE: the processor seconds of ended commands, as `times` wrote them; a subshell's own `times` would be those of the subshell.
cpu() { awk -F '[ms ]+' 'NR == 2 { printf "%d", 60 * ($1 + $3) + $2 + $4 }' "$1"; }

# part NAME COMMAND...: run a command and note its seconds, those of the processors and its result.
part() {
  local name=$1 began=$SECONDS result=ok before times="$logs/times.$BASHPID"
  shift
  printf '\n== %s: %s\n' "$name" "$*"
  times > "$times"
  before=$(cpu "$times")
  "$@" || result=FAILED
  times > "$times"
  printf '%-7s %4d s %4d CPU s  %s\n' "$result" $((SECONDS - began)) $(($(cpu "$times") - before)) "$name" | tee -a "$logs/parts"
  [ "$result" = ok ]
}

# lanes FUNCTION...: run functions side by side, print the output of each when it has ended, and fail if one failed.
lanes() {
  local lane pids=() index=0 failed=""
  for lane in "$@"; do
    "$lane" > "$logs/$lane.log" 2>&1 &
    pids+=($!)
  done
  for lane in "$@"; do
    wait "${pids[index++]}" || failed+=" $lane"
    cat "$logs/$lane.log"
  done
  [ -z "$failed" ] || { echo "error: failed:$failed" >&2; exit 1; }
}

set_up() { part set-up "${OLEODUTO_PYTHON:-python3}" local/setup.py; }
# All tests and programs at once: what cargo builds for a part alone has other features of the dependencies, and is built again.
build() { part "build, clippy" scripts/linted.sh test --workspace --locked --no-run; }
pytest() { "$bin/python" -m pytest -q "$@"; }

rust_lints() { part "cargo fmt" cargo fmt --all -- --check; }
python_lints() {
  part "ruff check" "$bin/ruff" check
  part "ruff format" "$bin/ruff" format --check
  part mypy "$bin/mypy" --strict jobs/src local/src bench/run.py bench/rebuild.py bench/etl.py bench/quality.py bench/steps.py bench/ml.py bench/series.py bench/local_run.py
}

rust() {
  behind
  part "cargo test" scripts/linted.sh test --workspace --locked --tests
  rust_lints
  part "cargo doc, doc tests" env RUSTDOC="$PWD/scripts/documented.sh" scripts/linted.sh test --workspace --locked --doc
  # The drift of generated files: bindings against the provider's schema, tables against the jobs' schema.
  part "generated files" ./scripts/check-generated.sh
  part "published crates" pytest tests/e2e/test_release.py
}
jobs_tests() {
  python_lints
  # With branch coverage, which must not fall below 95 % (pyproject.toml).
  part "tests of jobs" pytest jobs/tests -n 2 --cov --cov-report=term
}
end_to_end() {
  # The workflows are what the stacks' graph says.
  part "ci check" target/debug/oleoduto ci check
  part "tests of local, end to end" pytest tests/structure local/tests tests/e2e -n 3 --dist loadfile \
    --ignore tests/e2e/test_release.py
}

# The end-to-end tests take longest and often wait: the other lanes use what they and the build leave of the processors. Where
# that can't be said, as without renice, all lanes are alike, and the tests are the same.
behind() { renice -n 10 -p $BASHPID > "$logs/renice" 2>&1 || true; }
# What needs only Python does not wait for the build.
python_side() {
  behind
  set_up || { touch "$logs/no-python"; return 1; }
  touch "$logs/python"
  jobs_tests
}
built_side() {
  build
  until [ -e "$logs/python" ]; do
    [ ! -e "$logs/no-python" ] || return 1
    sleep 0.5
  done
  lanes end_to_end rust
}

case "${1:-}" in
  "")
    lanes built_side python_side
    ;;
  --quick)
    lanes set_up build
    quick_rust() {
      rust_lints
      # All test targets but `terraform`.
      part "cargo test" scripts/linted.sh test --workspace --locked --lib --bin oleoduto --test '[!t]*'
    }
    quick_python() {
      python_lints
      part pytest pytest -m "not slow" -n 2 --dist loadfile tests/structure jobs/tests local/tests/test_units.py tests/e2e/test_synth.py \
        tests/e2e/test_docs.py
      part "ci check" target/debug/oleoduto ci check
    }
    lanes quick_rust quick_python
    ;;
  e2e)
    shift
    lanes set_up build
    files=()
    for name in "$@"; do files+=("tests/e2e/test_$name.py"); done
    part "end to end" pytest "${files[@]:-tests/e2e}"
    ;;
  *)
    sed -n '2,5s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
printf '\nParts, in the order of their ends:\n'
cat "$logs/parts"
echo "all passed in $SECONDS s"
