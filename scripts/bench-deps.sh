#!/bin/sh
# The Debian packages that `make bench-lang` needs: languages to compare with.
set -eu
exec "$(dirname "$0")/debian-packages.sh" "the comparisons" bench-lang \
	lua5.4 php-cli python3
