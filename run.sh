#!/usr/bin/env bash
# Builds Stoa and starts it with the sample city. Arguments go to `stoa demo`, for example: ./run.sh --urls http://127.0.0.1:9000
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. scripts/prepare.sh

prepare
echo "Building; the first time takes a few minutes."
dotnet build src/Stoa.Host/Stoa.Host.csproj -c Release -v quiet --nologo

# The program takes the place of this script, so that Ctrl-C and signals reach it.
exec src/Stoa.Host/bin/Release/net10.0/stoa demo --data "${STOA_DATA:-.run/demo}" "$@"
