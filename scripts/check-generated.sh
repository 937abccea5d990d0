#!/usr/bin/env bash
# Fails when a committed generated file is not what its source gives now.
set -euo pipefail
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

for pair in catalog:schema contract:contract; do
  module=oleoduto_jobs.${pair%:*} file=stacks/${pair#*:}.json
  PYTHONPATH=jobs/src .venv/bin/python -m "$module" > "$scratch/printed.json"
  diff -u "$file" "$scratch/printed.json" || {
    echo "error: $file is stale: PYTHONPATH=jobs/src .venv/bin/python -m $module > $file" >&2
    exit 1
  }
done

version=$(sed -n 's/^version = "\(.*\)"/\1/p' crates/aws/bindings.toml)
cat > "$scratch/versions.tf.json" <<JSON
{"terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", "version": "$version"},
  "terraform": {"source": "terraform.io/builtin/terraform"}}}}
JSON
terraform -chdir="$scratch" init -input=false -no-color > "$scratch/init.log" || { cat "$scratch/init.log"; exit 1; }
terraform -chdir="$scratch" providers schema -json > "$scratch/provider.json"
# As test.sh builds it; cargo would build other features of the dependencies for the generator alone.
scripts/linted.sh test -q --workspace --locked --no-run
bindgen() { target/debug/oleoduto-bindgen --schema "$scratch/provider.json" "$@"; }
bindgen --check
bindgen --check --bindings examples/web-service/bindings.toml --out examples/web-service/src/bindings

# The whole provider generates, and the types that stress the generator compile.
echo "whole provider: $(bindgen --all --out "$scratch/all")"
sample=$scratch/sample
mkdir "$sample"
printf '#![deny(warnings)]\npub mod builtin;\npub mod generated;\n' > "$sample/lib.rs"
printf 'provider = "terraform.io/builtin/terraform"\nversion = "1.11"\npath = "crate::builtin"\n' > "$scratch/builtin.toml"
echo "built-in provider: $(bindgen --bindings "$scratch/builtin.toml" --all --out "$sample/builtin")"
echo "sample: $(bindgen --bindings crates/bindgen/sample.toml --out "$sample/generated")"
BINDGEN_SAMPLE=$sample scripts/linted.sh test -q --workspace --locked --test it -- --ignored odd_names
echo "the sample compiles"

# Schemas of other providers are no part of the repository; CI has them.
others=../shared/data/schemas
if [ -f "$others/random.json.xz" ]; then
  for provider in random kubernetes; do
    .venv/bin/python -c 'import lzma, sys; sys.stdout.write(lzma.open(sys.argv[1], "rt").read())' \
      "$others/$provider.json.xz" > "$scratch/$provider.json"
  done
  target/debug/oleoduto --project-dir examples/many-providers bindings check --schema "$scratch/random.json" \
    --schema "$scratch/kubernetes.json"
elif [ "${CI:-}" = true ]; then
  echo "error: $others/random.json.xz is missing" >&2
  exit 1
else
  echo "notice: examples/many-providers is not compared with its schemas: $others is missing" >&2
fi

# A newer provider's schema is no part of the repository; CI has it.
newer=../shared/data/schemas/aws-6.47.0.json.xz
if [ -f "$newer" ]; then
  .venv/bin/python scripts/schema_of_types.py "$newer" crates/aws/bindings.toml > "$scratch/newer.json"
  NEWER_PROVIDER_SCHEMA=$scratch/newer.json scripts/linted.sh test -q --workspace --locked --test sources -- --ignored
  echo "the stacks compile with hashicorp/aws 6.47.0, and use nothing that it deprecates"
elif [ "${CI:-}" = true ]; then
  echo "error: $newer is missing" >&2
  exit 1
else
  echo "notice: not tried with a newer provider: $newer is missing" >&2
fi
