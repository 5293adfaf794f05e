#!/bin/sh
# Compiles static programs for the processor of the image, on the one at hand; nothing is emulated.
#
#   deploy/image/compile.sh FOLDER PROFILE NAME ...     copies the programs of these packages into FOLDER
#
# TARGETARCH is amd64 or arm64; without it the programs are for the processor at hand.
set -eu
folder=$1 profile=$2
shift 2
here=$(uname -m)
case "${TARGETARCH:-$here}" in
    amd64 | x86_64) processor=x86_64 packages="gcc-x86-64-linux-gnu libc6-dev-amd64-cross" ;;
    arm64 | aarch64) processor=aarch64 packages="gcc-aarch64-linux-gnu libc6-dev-arm64-cross" ;;
    *)
        echo "there is no image for the processor ${TARGETARCH:-$here}" >&2
        exit 1
        ;;
esac
target=$processor-unknown-linux-musl
# ring and psm have C and assembly that call no C library, so a compiler for glibc will do. FORTIFY_SOURCE would call glibc.
compiler=cc linker=
if [ "$processor" != "$here" ]; then
    # musl comes with the target, and rust-lld links for every processor; only the C of crates such as ring needs a compiler.
    linker="--config=target.$target.linker='rust-lld'"
    compiler=$processor-linux-gnu-gcc
    if ! command -v "$compiler" >/dev/null; then
        apt-get update
        # The names of two packages.
        # shellcheck disable=SC2086
        apt-get install --yes --no-install-recommends $packages
    fi
fi
export "CC_${processor}_unknown_linux_musl=$compiler" "CFLAGS_${processor}_unknown_linux_musl=-U_FORTIFY_SOURCE"
[ -d "$(rustc --print target-libdir --target "$target")" ] || rustup target add "$target"
# shellcheck disable=SC2046
cargo ${linker:+"$linker"} build --locked --target "$target" --profile "$profile" $(printf -- '--package %s ' "$@")
# cargo calls the folder of the profile dev debug.
case "$profile" in dev) built=debug ;; *) built=$profile ;; esac
for name in "$@"; do
    cp "${CARGO_TARGET_DIR:-target}/$target/$built/$name" "$folder/"
done
