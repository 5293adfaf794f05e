# The external builder as an image; docs/docker.md tells how it is used.
#
#   docker build --tag fabric-ccs-builder .                            the programs, and sh and cp to copy them
#   docker build --tag fabric-ccs-builder:minimal --target minimal .   one program, which installs itself

# Needs cargo, a C compiler to link build scripts, and the target for musl or rustup.
ARG RUST_IMAGE=docker.io/library/rust:1.95-slim
# Its /bin/busybox is taken, and must be static.
ARG BUSYBOX_IMAGE=docker.io/library/busybox:1.37-musl

# Compiles on the platform at hand for the one of the image: nothing is emulated. Docker's classic builder knows neither;
# "linux" is the platform at hand.
FROM --platform=${BUILDPLATFORM:-linux} ${RUST_IMAGE} AS program
# amd64 or arm64. BuildKit sets it from --platform; where nobody does, it is the processor at hand.
ARG TARGETARCH
WORKDIR /source
COPY . .
# For another processor rust-lld links: musl comes with the target, so no C compiler for it is needed.
RUN set -eu; \
    here=$(uname -m); \
    case "${TARGETARCH:-$here}" in \
        amd64 | x86_64) processor=x86_64 ;; \
        arm64 | aarch64) processor=aarch64 ;; \
        *) echo "there is no image for the processor ${TARGETARCH:-$here}" >&2; exit 1 ;; \
    esac; \
    target=$processor-unknown-linux-musl; \
    linker=; \
    [ "$processor" = "$here" ] || linker="--config=target.$target.linker='rust-lld'"; \
    [ -d "$(rustc --print target-libdir --target "$target")" ] || rustup target add "$target"; \
    cargo ${linker:+"$linker"} build --locked --profile builder --target "$target" --package ccs-builder; \
    cp "target/$target/builder/ccs-builder" /
# All times are the epoch, so that the layer depends on nothing but what is in it.
RUN set -eu; \
    mkdir -p /minimal/go/bin /minimal/target; \
    cp /ccs-builder /minimal/go/bin/; \
    chown 65532:65532 /minimal/target; \
    find /minimal -exec touch -h -d @0 {} +

# One file. The empty /target belongs to the user, and so does a new volume that is mounted there.
FROM scratch AS minimal
ARG VERSION=0.1.0
ARG REVISION=
LABEL org.opencontainers.image.title="ccs-builder" \
      org.opencontainers.image.description="External builder of Hyperledger Fabric peers for chaincode as a service" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/hyperledgendary/fabric-ccs" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=program /minimal/ /
USER 65532:65532
ENTRYPOINT ["/go/bin/ccs-builder"]

FROM ${BUSYBOX_IMAGE} AS shell

# The programs are one file under four names. /var/hyperledger/... is where manifests of hyperledgendary/fabric-ccs-builder
# mount the volume; a new one gets the owner that the folder has here.
FROM program AS layout
COPY --from=shell /bin/busybox /default/bin/busybox
RUN set -eu; \
    cp -a /minimal/. /default/; \
    for name in detect build release; do ln /default/go/bin/ccs-builder "/default/go/bin/$name"; done; \
    for name in sh cp; do ln /default/bin/busybox "/default/bin/$name"; done; \
    mkdir -p /default/var/hyperledger/fabric/chaincode/ccs-builder/bin; \
    chown 65532:65532 /default/var/hyperledger/fabric/chaincode/ccs-builder/bin; \
    find /default -exec touch -h -d @0 {} +

FROM scratch
ARG VERSION=0.1.0
ARG REVISION=
LABEL org.opencontainers.image.title="ccs-builder" \
      org.opencontainers.image.description="External builder of Hyperledger Fabric peers for chaincode as a service, with sh and cp" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/hyperledgendary/fabric-ccs" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=layout /default/ /
ENV PATH=/go/bin:/bin
USER 65532:65532
CMD ["sh"]
