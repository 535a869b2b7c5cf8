# syntax=docker/dockerfile:1
# One image for all of ATR: its command says which part of it runs.
FROM rust:1.95-bookworm AS build
# The console's scripts come from their npm packages. Debian's newest, for what it mends.
# hadolint ignore=DL3008
RUN apt-get -q update && apt-get -qy install --no-install-recommends nodejs npm && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# The caches outlive the step, so what is to be kept is copied out of them.
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    cargo build --locked --release --workspace --bins --features s3 \
    && install -D --target-directory=/out target/release/atr target/release/atr-train-reward

FROM debian:bookworm-slim
# It reads the text in pictures; each tesseract-ocr-LANG beside it adds a language. Debian's newest, for what it mends.
# hadolint ignore=DL3008
RUN apt-get -q update && apt-get -qy install --no-install-recommends tesseract-ocr && rm -rf /var/lib/apt/lists/*
# A number, so that Kubernetes can tell that it is not root. A new volume at the home gets its owner.
RUN useradd --system --uid 10001 --home-dir /var/lib/atr --create-home atr
COPY --from=build /out/ /usr/local/bin/
USER 10001
ENV ATR_DATA=/var/lib/atr ATR_LISTEN=0.0.0.0:8321 ATR_OTLP_GRPC_LISTEN=0.0.0.0:4317
VOLUME /var/lib/atr
EXPOSE 8321 4317
ENTRYPOINT ["atr"]
CMD ["serve"]
