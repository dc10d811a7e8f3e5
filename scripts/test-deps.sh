#!/bin/sh
# The Debian packages that tests need. Of postfix only smtp-source and smtp-sink.
set -eu
exec "$(dirname "$0")/debian-packages.sh" "the tests" test \
	postfix swaks python3 python3-dkim python3-nacl perl openssl procps gcc g++ libc6-dev knot unbound nginx-light
