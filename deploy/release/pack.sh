#!/bin/sh
# Packs the programs in a folder into the archive of a release, as release.yml does and the tests of install.sh do.
#
#   deploy/release/pack.sh FOLDER ARCHIVE.tar.gz     relative paths begin at the root of the checkout
#
# FOLDER holds ccs, ccs-builder and ccs-launcher; the script adds license, notices, README and change log. The same programs of
# the same commit result in the same archive.
set -eu
folder=$1 archive=$2
cd "$(dirname "$0")/../.."
cp LICENSE NOTICE README.md CHANGELOG.md "$folder/"
# `cargo xtask third-party` has written it; a release must have it.
if [ -e THIRD_PARTY_LICENSES ]; then cp THIRD_PARTY_LICENSES "$folder/"; fi
tar --create --gzip --file "$archive" --sort=name --owner=0 --group=0 --numeric-owner \
    --mtime="@${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}" --directory "$folder" .
