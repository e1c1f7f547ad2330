# One image for every service: a static binary beside FFmpeg. make docker-build has put
# hls.js where the proxy's page has it from.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /livestream-tui .

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ffmpeg fonts-dejavu-core \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /livestream-tui /usr/local/bin/livestream-tui
# Any user may run it (compose.yaml: RUN_AS), so every user may write to the volumes.
RUN install -d -m 0777 /data /data/input /data/output /data/state
WORKDIR /data
ENV HOME=/data/state
USER 10001:10001
ENTRYPOINT ["livestream-tui"]
CMD ["--headless"]
