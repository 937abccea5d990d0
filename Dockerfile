# The image of the SageMaker jobs: training (`train`) and forecasting as a Processing job (`predict ...`).
# Build from the root of the repository: scripts/image.sh build oleoduto-ml
#
# checkov:skip=CKV_DOCKER_2: a job's container ends with its job, and SageMaker looks at its exit code; nothing would ask
# for its health, and a HEALTHCHECK would be a process beside the training.
# checkov:skip=CKV_DOCKER_3: SageMaker's mounts are root's; the entry point drops to OLEODUTO_USER before it runs anything.

FROM python:3.11.15-slim-bookworm@sha256:d29f48a31a8b408ed19272ca1e7b10ebae13b240a27e862d3d4217c528e2e0c3 AS base

FROM base AS packages
# Byte code is written once, below, without times in it.
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PYTHONDONTWRITEBYTECODE=1
WORKDIR /build
COPY jobs/image.lock ./
# Every file is checked against its hash, and nothing is compiled: wheels only. The environment has no pip of its own.
# The packages' tests and C headers, and NannyML's example data, are of no use to a job; without them the image is 125 MB smaller.
RUN python -m venv --without-pip /opt/venv \
    && python -m pip --python /opt/venv/bin/python install --no-compile --no-deps --require-hashes --only-binary :all: -r image.lock \
    && find /opt/venv/lib -type d \( -name tests -o -name include \) -prune -exec rm -rf {} + \
    && rm -r /opt/venv/lib/python3.11/site-packages/nannyml/datasets/data
# Copied, not built: a build backend would be one more download without a hash.
COPY jobs/src/oleoduto_jobs /opt/venv/lib/python3.11/site-packages/oleoduto_jobs
RUN python -m compileall -q -j 1 --invalidation-mode unchecked-hash /opt/venv/lib/python3.11/site-packages

FROM packages AS sbom
COPY jobs/sbom.lock ./
RUN python -m venv --without-pip /opt/sbom \
    && python -m pip --python /opt/sbom/bin/python install --no-deps --require-hashes --only-binary :all: -r sbom.lock \
    && /opt/sbom/bin/cyclonedx-py environment --output-reproducible --output-format JSON --output-file /build/sbom.cdx.json /opt/venv/bin/python

FROM base
LABEL org.opencontainers.image.title="oleoduto-ml" \
    org.opencontainers.image.description="Training and forecasting of the Oleoduto pipeline, for SageMaker" \
    org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.base.name="python:3.11.15-slim-bookworm" \
    org.opencontainers.image.base.digest="sha256:d29f48a31a8b408ed19272ca1e7b10ebae13b240a27e862d3d4217c528e2e0c3"
COPY --from=packages /opt/venv /opt/venv
# Which Python packages of which versions are in here, for scanners.
COPY --from=sbom /build/sbom.cdx.json /usr/share/sbom/python.cdx.json
# Unbuffered: SageMaker reads the metric lines while the job runs.
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
# LightGBM expects OpenMP's runtime of the system, which the slim base leaves out. scikit-learn's wheel brings that very one
# (GCC's), checked against its hash; with one file for both, a process has one pool of threads.
RUN ln -s /opt/venv/lib/python3.11/site-packages/scikit_learn.libs/libgomp-*.so.1.0.0 /usr/lib/libgomp.so.1 \
    && python -c "import lightgbm, sklearn.ensemble"
# SageMaker mounts /opt/ml for root alone, so the container starts as root. The entry point gives this user the folders that a
# command writes, and runs the command as the user, without any right of root.
ENV OLEODUTO_USER=10001
ENTRYPOINT ["python", "-m", "oleoduto_jobs.ml"]
