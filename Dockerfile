# Every process of the county: what requirements-deployment.lock names, hashes checked; no embedded servers or test tools.
FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1

WORKDIR /srv/shanzhi

COPY requirements-deployment.lock ./
RUN pip install --require-hashes --only-binary :all: -r requirements-deployment.lock

COPY pyproject.toml README.md LICENSE ./
COPY ledger ledger
COPY producers producers
COPY processors processors
COPY projections projections
COPY audit audit
COPY readers readers
COPY shanzhi shanzhi
RUN npm ci --prefix readers/web --omit dev --ignore-scripts --no-audit --no-fund
RUN pip install --no-deps --no-build-isolation . \
    && useradd --system --no-create-home --shell /usr/sbin/nologin shanzhi \
    && install --directory --owner shanzhi /var/lib/shanzhi

USER shanzhi
WORKDIR /tmp
ENTRYPOINT ["shanzhi"]
CMD ["worker"]
