#!/usr/bin/env bash
# The image of the SageMaker jobs.
#   scripts/image.sh build NAME             build it for this machine's Docker
#   scripts/image.sh push URL TAG [DIGEST]  build it, push it as URL:TAG and wait for the registry's scan; with the digest
#                                           that the registry has under that tag, only look at its scan
# `push` leaves the digest in image.digest. It refuses a manifest that SageMaker would refuse. The same files give the same digest: times come from SOURCE_DATE_EPOCH.
set -euo pipefail
cd "$(dirname "$0")/.."

# Any fixed moment will do, so it is one of no meaning: 2020-01-01.
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-1577836800}
# One manifest of one platform: SageMaker takes no index, so provenance and SBOM don't go beside it (the SBOM is inside).
# A builder of its own: the one that Docker begins with can't rewrite times.
# Of a fixed version: a newer one may write other manifests, and the same files would have another digest.
buildkit=moby/buildkit:v0.30.0@sha256:0168606be2315b7c807a03b3d8aa79beefdb31c98740cebdffdfeebf31190c9f
manifest=application/vnd.docker.distribution.manifest.v2+json
builder() {
  docker buildx inspect oleoduto > /dev/null 2>&1 ||
    docker buildx create --name oleoduto --driver docker-container --driver-opt "image=$buildkit"
}
build=(docker buildx build --builder oleoduto --platform linux/amd64 --provenance=false --sbom=false --build-arg SOURCE_DATE_EPOCH)

# Wait for the scan. One by Amazon Inspector (enhanced scanning) never completes: it stays ACTIVE.
scanned() {
  local status=none
  for _ in $(seq 60); do
    status=$(aws ecr describe-image-scan-findings --repository-name "$1" --image-id "imageDigest=$2" \
      --query 'imageScanStatus.status' --output text 2> scan.err) || status=$(grep -o 'ScanNotFoundException' scan.err || cat scan.err)
    case "$status" in
      COMPLETE | ACTIVE) return ;;
      PENDING | IN_PROGRESS | ScanNotFoundException) sleep "${SCAN_SECONDS:-5}" ;;
      *) break ;;
    esac
  done
  echo "error: the scan of $1@$2 did not end well: $status" >&2
  exit 1
}

case "${1:-}" in
  build)
    builder
    "${build[@]}" --output "type=docker,name=${2:?the name of the image},rewrite-timestamp=true" .
    ;;
  push)
    url=${2:?the URL of the repository} tag=${3:?the tag of the image} digest=${4:-}
    registry=${url%%/*} repository=${url#*/}
    if [ -z "$digest" ]; then
      aws ecr get-login-password | docker login --username AWS --password-stdin "$registry"
      builder
      "${build[@]}" --output "type=image,name=$url:$tag,push=true,oci-mediatypes=false,rewrite-timestamp=true" --metadata-file image.json .
      digest=$(jq -r '."containerimage.digest"' image.json)
      echo "pushed $url:$tag as $digest"
    else
      echo "$url:$tag is there as $digest: tags are made of the content, so there is nothing to build"
    fi
    kind=$(aws ecr describe-images --repository-name "$repository" --image-ids "imageDigest=$digest" \
      --query 'imageDetails[0].imageManifestMediaType' --output text)
    if [ "$kind" != "$manifest" ]; then
      echo "error: the manifest of $url@$digest is $kind, and SageMaker takes only $manifest:" \
        "delete the image, and push it with this script and its builder (docker buildx rm oleoduto)" >&2
      exit 1
    fi
    scanned "$repository" "$digest"
    findings=$(aws ecr describe-image-scan-findings --repository-name "$repository" --image-id "imageDigest=$digest" \
      --query 'imageScanFindings.findingSeverityCounts' --output json)
    echo "scan: $findings"
    critical=$(jq '.CRITICAL // 0' <<< "$findings")
    if [ "$critical" -gt 0 ]; then
      echo "error: the scan of $url@$digest found $critical critical vulnerabilities: take a newer base image or package" >&2
      exit 1
    fi
    echo "$digest" > image.digest
    ;;
  *)
    echo "usage: scripts/image.sh build NAME | push URL TAG [DIGEST]" >&2
    exit 2
    ;;
esac
