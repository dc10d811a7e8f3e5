#!/bin/sh
# Installs the Debian packages that tests need, or says which are missing.
set -eu

packages="postfix swaks python3 python3-dkim python3-nacl"

missing=
for p in $packages; do
	case "$(dpkg-query -W -f '${Status}' "$p" 2>/dev/null || true)" in
	*"install ok installed"*) ;;
	*) missing="$missing $p" ;;
	esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
	echo "the tests need these Debian packages:$missing" >&2
	echo "install them, or run 'make test' as root on Debian" >&2
	exit 1
fi

# The daemon of postfix is not wanted, only smtp-source and smtp-sink.
if [ ! -e /usr/sbin/policy-rc.d ]; then
	printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
	chmod +x /usr/sbin/policy-rc.d
	trap 'rm -f /usr/sbin/policy-rc.d' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing >/dev/null
