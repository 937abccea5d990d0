#!/usr/bin/env bash
# linted.sh COMMAND...: cargo COMMAND with clippy as the compiler of the workspace's crates, warnings as errors.
# `cargo clippy` beside `cargo test` would check every dependency once more than it is compiled: 4 of 10 minutes on two cores.
# As an option, not in the environment: the cargo that a test starts must not lint what a user's cargo would not.
set -euo pipefail
export CLIPPY_ARGS=-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__
exec cargo --config 'build.rustc-workspace-wrapper="clippy-driver"' "$@"
