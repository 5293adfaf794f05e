#!/bin/sh
# Installs the programs of a release of Fabric CCS: ccs, ccs-builder and ccs-launcher. `install.sh --help` explains it.
set -eu

repository=https://github.com/hyperledgendary/fabric-ccs
# The release to install by default. release.yml sets it in the copy that belongs to a release; nothing is published yet.
latest=

usage() {
    cat <<'END'
Installs ccs, ccs-builder and ccs-launcher from a release archive

Usage: install.sh [--version VERSION] [--dir DIR]
       install.sh --archive FILE [--checksums FILE] [--dir DIR]

  --version VERSION   the release to download, for example 0.1.0
  --dir DIR           the folder to install into [default: ~/.local/bin]
  --archive FILE      an archive that you have downloaded; needs no network
  --checksums FILE    its checksums [default: SHA256SUMS in the folder of the archive]
  --help              this text

The script verifies the archive's SHA-256 checksum before it unpacks anything. Existing programs are replaced. To put the
builder on a peer, run `ccs-builder install DIR` afterwards.
END
}

# Ends the script with a message, and a hint with the next command.
fail() {
    printf 'error: %s\n' "$1" >&2
    if [ $# -gt 1 ]; then printf 'hint: %s\n' "$2" >&2; fi
    exit 1
}

# Prints the name of the processor in the names of archives.
processor() {
    system=$(uname -s) machine=$(uname -m)
    [ "$system" = Linux ] || fail "there is no archive for $system, only for Linux" \
        "build from a checkout: cargo install --path crates/cli"
    case $machine in
        x86_64 | amd64) echo amd64 ;;
        aarch64 | arm64) echo arm64 ;;
        *) fail "there is no archive for the processor $machine, only for amd64 and arm64" \
            "build from a checkout: cargo install --path crates/cli" ;;
    esac
}

# Downloads a file of a release into the folder $work.
download() {
    command -v curl >/dev/null || fail "curl is not installed" "download the archive, and pass it with --archive"
    curl --proto '=https' --tlsv1.2 --fail --silent --show-error --location --output "$work/$1" \
        "$repository/releases/download/v$version/$1" ||
        fail "cannot download $1 of release $version" "see $repository/releases for the releases that exist"
}

# Prints the SHA-256 of a file.
sha256() {
    if command -v sha256sum >/dev/null; then
        sha256sum <"$1"
    elif command -v shasum >/dev/null; then
        shasum -a 256 <"$1"
    else
        fail "neither sha256sum nor shasum is installed, so the archive cannot be verified"
    fi
}

# Compares the archive with the line of its name in the checksums.
verify() {
    name=$(basename "$archive")
    [ -f "$checksums" ] || fail "there is no file $checksums with the checksum of $name" "pass it with --checksums"
    expected=$(awk -v name="$name" '$2 == name || $2 == "*" name { print $1; exit }' "$checksums")
    [ -n "$expected" ] || fail "$checksums has no checksum of $name"
    found=$(sha256 "$archive")
    found=${found%% *}
    [ "$found" = "$expected" ] || fail "the checksum of $name is $found, and $checksums has $expected" \
        "download the archive again"
}

# Unpacks the archive, and puts each program in place as a whole.
install_programs() {
    mkdir "$work/unpacked"
    tar -xzf "$archive" -C "$work/unpacked" || fail "cannot unpack $archive"
    for program in ccs ccs-builder ccs-launcher; do
        [ -f "$work/unpacked/$program" ] || fail "$archive has no program $program"
    done
    "$work/unpacked/ccs" --version >/dev/null || fail "ccs in $archive does not run on this machine"
    mkdir -p "$dir" || fail "cannot create $dir" "pass another folder with --dir"
    dir=$(cd "$dir" && pwd)
    for program in ccs ccs-builder ccs-launcher; do
        fresh=$dir/.$program.$$
        { cp "$work/unpacked/$program" "$fresh" && chmod 0755 "$fresh" && mv -f "$fresh" "$dir/$program"; } || {
            rm -f "$fresh"
            fail "cannot write $dir/$program" "pass another folder with --dir"
        }
    done
}

version=$latest dir=${HOME:-}/.local/bin archive= checksums=
while [ $# -gt 0 ]; do
    case $1 in
        --help | -h)
            usage
            exit 0
            ;;
        --version | --dir | --archive | --checksums)
            [ $# -gt 1 ] && [ -n "$2" ] || fail "$1 needs a value" "sh install.sh --help"
            case $1 in
                --version) version=${2#v} ;;
                --dir) dir=$2 ;;
                --archive) archive=$2 ;;
                --checksums) checksums=$2 ;;
            esac
            shift 2
            ;;
        *) fail "unknown argument $1" "sh install.sh --help" ;;
    esac
done
case $version in *[!0-9A-Za-z.+-]*) fail "$version is not a version" "for example: --version 0.1.0" ;; esac

processor=$(processor)
if [ -z "$archive" ] && [ -z "$version" ]; then
    fail "no release is published yet" \
        "build from a checkout: cargo install --path crates/cli; or pass an archive with --archive"
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
if [ -z "$archive" ]; then
    archive=$work/fabric-ccs-$version-linux-$processor.tar.gz
    download "$(basename "$archive")"
    # Checksums that the caller has from elsewhere are worth more than those next to the archive.
    if [ -z "${checksums:-}" ]; then download SHA256SUMS; fi
fi
[ -f "$archive" ] || fail "there is no file $archive"
: "${checksums:=$(dirname "$archive")/SHA256SUMS}"
verify
install_programs
echo "installed ccs, ccs-builder and ccs-launcher in $dir"
case ":${PATH:-}:" in *":$dir:"*) ;; *) echo "add it to your PATH: export PATH=\"$dir:\$PATH\"" ;; esac
