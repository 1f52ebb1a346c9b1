# The dashboards in a container: docs/hosting.md says how to run it.
FROM python:3.11-slim AS build
WORKDIR /source
COPY . .
RUN python -m venv /opt/quadviz \
    && /opt/quadviz/bin/pip install --no-cache-dir --disable-pip-version-check .

FROM python:3.11-slim
COPY --from=build /opt/quadviz /opt/quadviz
RUN useradd --create-home --uid 10001 quadviz
USER quadviz
WORKDIR /home/quadviz
ENV PATH=/opt/quadviz/bin:$PATH PYTHONUNBUFFERED=1
EXPOSE 8866
# The address on which it answers is the same under every --base-url.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "from urllib.request import *; urlopen(Request('http://127.0.0.1:8866/voila/static/voila.js', method='HEAD'))"]
ENTRYPOINT ["quadviz", "dashboard", "--host", "0.0.0.0", "--port", "8866", "--no-browser"]
