# One image for every service: a static binary beside FFmpeg. make docker-build has put
# hls.js where the proxy's page has it from.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /livestream-tui .
RUN mkdir /doc \
 && sh packaging/copyright.sh >/doc/copyright \
 && sh packaging/third-party.sh >/doc/third-party \
 && gzip -9n /doc/third-party

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ffmpeg fonts-dejavu-core \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /livestream-tui /usr/local/bin/livestream-tui
COPY --from=build /doc /usr/share/doc/livestream-tui
# Any user may run it (compose.yaml: RUN_AS), so every user may write to the volumes.
RUN install -d -m 0777 /data /data/input /data/output /data/state /data/cache
WORKDIR /data
# Inside a container, nothing outside reaches loopback: what is published decides. One
# service alone has a socket, where the health check asks it.
ENV HOME=/data/state BIND_ADDRESS=0.0.0.0 SERVICE_SOCKET=/tmp/service.sock
USER 10001:10001
# Off air soon is healthy still. A film is converted before the first start is over.
HEALTHCHECK --interval=5s --timeout=3s --start-period=5m --retries=3 CMD ["livestream-tui", "healthy"]
ENTRYPOINT ["livestream-tui"]
CMD ["--headless"]
