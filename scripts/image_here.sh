#!/usr/bin/env bash
# Build the image without a Docker daemon, and run a training in it: on a machine that reaches no registry of images, for
# the figures of docs/ci.md. Needs root, and Debian's buildah, crun and mmdebstrap.
#   scripts/image_here.sh [FOLDER WITH hyperparameters.json AND final/]
# The official base is out of reach here, so Debian's own Python of the same version stands in; all else is the Dockerfile.
set -euo pipefail
cd "$(dirname "$0")/.."
work=${IMAGE_WORK:-.oleoduto/cache/image}
mkdir -p "$work"
work=$(cd "$work" && pwd)
epoch=1577836800
run() { buildah --storage-driver vfs --root "$work/storage" --runroot "$work/runroot" "$@"; }

if [ ! -f "$work/base.tar" ]; then
  # shellcheck disable=SC2016 # the hook's $1 is mmdebstrap's
  SOURCE_DATE_EPOCH=$epoch mmdebstrap --quiet --variant=minbase --mode=root --format=tar \
    --include=python3,python3-venv,python3-pip,ca-certificates \
    --customize-hook='ln -s ../../bin/python3 "$1/usr/local/bin/python"' \
    --customize-hook='rm -rf "$1"/usr/share/doc "$1"/usr/share/man "$1"/usr/lib/python3/dist-packages/*/__pycache__' \
    --customize-hook='apt-get --version > /dev/null' \
    bookworm "$work/base.tar.part"
  mv "$work/base.tar.part" "$work/base.tar"
fi
if ! run inspect --type image oleoduto-base > /dev/null 2>&1; then
  container=$(run from scratch)
  run add "$container" "$work/base.tar" /
  run config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
  run commit --timestamp "$epoch" --rm "$container" oleoduto-base > /dev/null
fi

# What this machine's pip needs to reach its index goes in by mounts, and stays out of the image.
mounts=(--volume /etc/ssl/certs:/etc/ssl/certs:ro)
if [ -n "${PIP_CERT:-}" ]; then
  printf '[global]\ncert = %s\ntimeout = 180\n' "$PIP_CERT" > "$work/pip.conf"
  mounts+=(--volume "$work/pip.conf:/etc/pip.conf:ro")
fi
build() {
  run build --quiet --isolation chroot --network host --no-cache --timestamp "$epoch" --from oleoduto-base \
    "${mounts[@]}" --tag "$1" . > /dev/null
  run inspect --type image --format '{{.FromImageDigest}}' "$1"
}
first=$(build oleoduto-ml)
echo "digest  $first"
if [ -n "${IMAGE_TWICE:-}" ]; then
  second=$(build oleoduto-ml-again)
  echo "again   $second"
  [ "$first" = "$second" ] || { echo "error: the same files gave another digest" >&2; exit 1; }
fi

container=$(run from --pull-never oleoduto-ml)
trap 'run rm "$container" > /dev/null' EXIT
root=$(run mount "$container")
base=$(run mount "$(run from --pull-never oleoduto-base)")
echo "size    $(du -sm --apparent-size "$root" | cut -f1) MB unpacked, $(du -sm --apparent-size "$base" | cut -f1) MB of them the base"
echo "user    $(run inspect --type image --format '{{.OCIv1.Config.User}}' oleoduto-ml)"
# Of what the Dockerfile adds; and no program that compiles, wherever it came from.
leftovers=$(
  find "$root/opt/venv" \( -name '*.whl' -o -name pip -o -name __editable__\* \) -print
  find "$root" -type f -path '*/bin/*' \( -name 'gcc*' -o -name 'cc*' -o -name 'g++*' -o -name 'ld' -o -name 'make' \) -print
  find "$root/root/.cache" "$root/tmp" "$root/build" -mindepth 1 -print 2> /dev/null || true
)
if [ -n "$leftovers" ]; then
  printf 'error: left in the image:\n%s\n' "$leftovers" >&2
  exit 1
fi
echo "sbom    $(python3 -c 'import json, sys; print(len(json.load(open(sys.argv[1]))["components"]), "components")' "$root/usr/share/sbom/python.cdx.json")"

if [ $# -gt 0 ]; then
  ml=$(mktemp -d)
  mkdir -p "$ml/input/config" "$ml/input/data/training" "$ml/model" "$ml/output"
  cp "$1/hyperparameters.json" "$ml/input/config/"
  echo '{"training": {"TrainingInputMode": "File"}}' > "$ml/input/config/inputdataconfig.json"
  echo '{"current_host": "algo-1", "hosts": ["algo-1"]}' > "$ml/input/config/resourceconfig.json"
  cp -r "$1"/final/. "$ml/input/data/training/"
  # As the container finds it in SageMaker: root's, and closed to others.
  chmod -R u=rwX,go=rX "$ml"
  started=$SECONDS
  run run --isolation chroot --network host --volume "$ml:/opt/ml" "$container" -- python -m oleoduto_jobs.ml train
  echo "train   $((SECONDS - started)) s"
  echo "model   $(ls "$ml/model" | tr '\n' ' '), of user $(stat -c %u "$ml/model/"* | sort -u)"
  [ -n "$(ls "$ml/model")" ] || { echo "error: no model was written" >&2; exit 1; }
  rm -r "$ml"
fi
