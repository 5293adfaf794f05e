#!/bin/sh
# Copies the license, the notices and, if `cargo xtask third-party` has written it, the licenses of all libraries.
#
#   deploy/image/licenses.sh FOLDER
set -eu
mkdir -p "$1"
cp LICENSE NOTICE "$1/"
if [ -e THIRD_PARTY_LICENSES ]; then cp THIRD_PARTY_LICENSES "$1/"; fi
chmod 0644 "$1"/*
