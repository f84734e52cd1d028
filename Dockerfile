# syntax=docker/dockerfile:1

FROM node:22-bookworm-slim AS pages
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/root/.npm \
    cd frontend && npm ci --no-audit --no-fund && npm run build

FROM golang:1.26-bookworm AS build
ARG VERSION=dev
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
COPY --from=pages /src/app/web/bundle ./app/web/bundle
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /tributary ./app

# No shell, no package manager, not root. The embedded PostgreSQL is not in the
# image: DATABASE_URL, REDIS_URL and SECRET_KEYS are required.
FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /tributary /tributary
ENV ENV=production LISTEN=:8080 LOG_FORMAT=json
EXPOSE 8080
USER nonroot:nonroot
ENTRYPOINT ["/tributary"]
CMD ["serve"]
