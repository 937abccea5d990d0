# The image of the SageMaker jobs: training (`train`) and forecasting as a Processing job (`predict ...`).
# Build from the root of the repository: docker build -t oleoduto-ml .

FROM python:3.11-slim AS packages
WORKDIR /build
COPY jobs/image.lock ./
# Every file is checked against its hash, and nothing is compiled here.
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --no-deps --require-hashes --only-binary :all: -r image.lock
# Copied, not built: a build backend would be one more download without a hash.
COPY jobs/src/oleoduto_jobs /opt/venv/lib/python3.11/site-packages/oleoduto_jobs
RUN /opt/venv/bin/python -m compileall -q /opt/venv/lib/python3.11/site-packages/oleoduto_jobs

FROM python:3.11-slim
COPY --from=packages /opt/venv /opt/venv
# Unbuffered: SageMaker reads the metric lines while the job runs.
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
# No USER: SageMaker mounts /opt/ml owned by root with rights that another user may not have, and the jobs
# must write /opt/ml/model and /opt/ml/output. The container is isolated and ends with its job.
ENTRYPOINT ["python", "-m", "oleoduto_jobs.ml"]
