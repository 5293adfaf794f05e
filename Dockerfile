# The images of Fabric CCS; docs/docker.md tells how they are used.
#
#   docker build --tag fabric-ccs-builder .                            the builder's programs, and sh and cp to copy them
#   docker build --tag fabric-ccs-builder:minimal --target minimal .   the same programs, which install themselves
#   docker build --tag fabric-ccs-builder:tools --target tools .       the operator's command ccs

# Needs cargo, a C compiler, and the target for musl or rustup; for another processor than its own also a C compiler for that
# one, or apt-get.
ARG RUST_IMAGE=docker.io/library/rust:1.95-slim
# Its /bin/busybox is taken, and must be static.
ARG BUSYBOX_IMAGE=docker.io/library/busybox:1.37-musl

# Compiles on the platform at hand for the one of the image: nothing is emulated. Docker's classic builder knows neither;
# "linux" is the platform at hand.
FROM --platform=${BUILDPLATFORM:-linux} ${RUST_IMAGE} AS source
WORKDIR /source
COPY . .

# What all images have.
FROM scratch AS labeled
ARG VERSION=0.1.0
ARG REVISION=
LABEL org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/hyperledgendary/fabric-ccs" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
USER 65532:65532

FROM source AS program
# amd64 or arm64. BuildKit sets it from --platform; where nobody does, it is the processor at hand.
ARG TARGETARCH
# All times are the epoch, so that the layer depends only on its content.
RUN set -eu; \
    mkdir -p /minimal/go/bin /minimal/target; \
    sh deploy/image/compile.sh /minimal/go/bin builder ccs-builder ccs-launcher; \
    sh deploy/image/licenses.sh /minimal/licenses; \
    chown 65532:65532 /minimal/target; \
    find /minimal -exec touch -h -d @0 {} +

# Two programs. The empty /target belongs to the user, and so does a new volume that is mounted there.
FROM labeled AS minimal
LABEL org.opencontainers.image.title="ccs-builder" \
      org.opencontainers.image.description="External builder and launcher of Hyperledger Fabric peers"
COPY --from=program /minimal/ /
ENTRYPOINT ["/go/bin/ccs-builder"]

# The static ccs. /work is where a reader mounts what the command is to look at.
FROM source AS command
ARG TARGETARCH
# The profile of cargo; dev compiles faster.
ARG TOOLS_PROFILE=release
RUN set -eu; \
    mkdir -p /tools/bin /tools/work /tools/tmp; \
    sh deploy/image/compile.sh /tools/bin "$TOOLS_PROFILE" ccs; \
    sh deploy/image/licenses.sh /tools/licenses; \
    chown 65532:65532 /tools/work; \
    chmod 1777 /tools/tmp; \
    find /tools -exec touch -h -d @0 {} +

FROM labeled AS tools
LABEL org.opencontainers.image.title="ccs" \
      org.opencontainers.image.description="Packages, checks and looks after chaincode of Hyperledger Fabric peers"
COPY --from=command /tools/ /
ENV PATH=/bin
WORKDIR /work
ENTRYPOINT ["/bin/ccs"]

FROM ${BUSYBOX_IMAGE} AS shell

# The builder is one file under four names. The launcher has only its own: whoever wants it as run copies it to that name, since
# a builder with run takes packages of the type k8s. /var/hyperledger/... is where manifests of hyperledgendary/fabric-ccs-builder
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

FROM labeled
LABEL org.opencontainers.image.title="ccs-builder" \
      org.opencontainers.image.description="External builder and launcher of Hyperledger Fabric peers, with sh and cp"
COPY --from=layout /default/ /
ENV PATH=/go/bin:/bin
CMD ["sh"]
