#!/usr/bin/env bash
# documented.sh ARGUMENTS...: rustdoc, which also writes the documentation of each crate whose documentation cargo tests, warnings as errors.
# As RUSTDOC of `cargo test --doc`: `cargo doc` would check every dependency, though cargo has built them all for the tests.
set -euo pipefail
options=()
tests=no
skip=no
for argument in "$@"; do
  if [ $skip = yes ]; then
    skip=no
    continue
  fi
  case $argument in
    --test) tests=yes ;;
    --test-*=* | --no-run) ;;
    --test-*) skip=yes ;;
    *) options+=("$argument") ;;
  esac
done
[ $tests = no ] || rustdoc "${options[@]}" -D warnings --out-dir "${CARGO_TARGET_DIR:-target}/doc"
exec rustdoc "$@"
