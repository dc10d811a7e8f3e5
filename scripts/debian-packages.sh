#!/bin/sh
# Installs Debian packages, or says which are missing:
# debian-packages.sh WHO-NEEDS-THEM TARGET PACKAGE...
set -eu

who=$1 target=$2
shift 2

missing=
for p in "$@"; do
	case "$(dpkg-query -W -f '${Status}' "$p" 2>/dev/null || true)" in
	*"install ok installed"*) ;;
	*) missing="$missing $p" ;;
	esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
	echo "$who need these Debian packages:$missing" >&2
	echo "install them, or run 'make $target' as root on Debian" >&2
	exit 1
fi

# Programs are wanted, not the daemons that come with them.
if [ ! -e /usr/sbin/policy-rc.d ]; then
	printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
	chmod +x /usr/sbin/policy-rc.d
	trap 'rm -f /usr/sbin/policy-rc.d' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing >/dev/null
