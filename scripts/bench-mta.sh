#!/bin/sh
# Hawser against Postfix and against a server that discards, on this machine: see
# docs/benchmarks.md. All it writes is in one directory that it removes.
#
#   scripts/bench-mta.sh [--rounds N] [--messages N] [--clients N] [--size BYTES]
#                        [--only accept|relay] [--dir DIR] [--bin DIR] [--csv FILE]
set -eu
cd "$(dirname "$0")/.."

rounds=3 messages=5000 clients=20 size=4096 only= dir=${TMPDIR:-/tmp} bin=bin csv=
usage() {
	echo "bench-mta.sh: $1" >&2
	sed -n '5,6s/^# *//p' "$0" >&2
	exit 2
}
while [ $# -gt 0 ]; do
	[ $# -ge 2 ] || usage "got '$1', want a flag and its value"
	case $1 in
	--rounds | --messages | --clients | --size)
		case $2 in '' | *[!0-9]* | 0*) usage "got $1 '$2', want a number from 1" ;; esac
		eval "${1#--}=$2"
		;;
	--only)
		case $2 in accept | relay) only=$2 ;; *) usage "got --only '$2', want accept or relay" ;; esac
		;;
	--dir) dir=$2 ;;
	--bin) bin=$2 ;;
	--csv) csv=$2 ;;
	*) usage "unknown flag '$1'" ;;
	esac
	shift 2
done
for program in "$bin/hawserd" "$bin/hawserbench"; do
	[ -x "$program" ] || usage "no program $program; 'make build' makes it"
done
if [ "$(id -u)" != 0 ]; then
	echo "bench-mta.sh: Postfix starts as root only; run 'make bench-mta' as root" >&2
	exit 2
fi
scripts/debian-packages.sh "the comparison" bench-mta postfix procps
PATH=$PATH:/usr/sbin
scratch=$(mktemp -d "$dir/hawser-bench-mta.XXXXXX")
chmod 755 "$scratch"
port=$((20000 + $$ % 4000 * 2)) sink_port=$((20001 + $$ % 4000 * 2))
server= server_pid= sink_pid=

fail() {
	echo "bench-mta.sh: $1" >&2
	exit 1
}

# await WHAT COMMAND…: until the command succeeds, while the server lives, ten
# minutes at most.
await() {
	what=$1 tries=12000
	shift
	until "$@"; do
		tries=$((tries - 1))
		[ $tries != 0 ] || fail "gave up waiting for $what"
		if [ -n "$server_pid" ] && ! kill -0 "$server_pid" 2>/dev/null; then
			tail -n 5 "$scratch"/*.log "$scratch"/postfix/out >&2 2>/dev/null || true
			fail "$server ended while waiting for $what"
		fi
		sleep 0.05
	done
}

end_process() {
	kill "$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true
}

. scripts/bench-postfix.sh

hawser_start() {
	"$bin/hawserd" init "$scratch/hawser" >/dev/null
	conf=$scratch/hawser/config
	sed -i "s/port: 2525/port: $port/" "$conf/smtpd.yaml"
	sed -i "s/{ id: mx,/{ id: mx, connection: { server: 127.0.0.1, port: $sink_port },/
		s/eod: { hook: main }/connect: { fcrdns: false }\n      eod: { hook: main }/" "$conf/smtpd-app.yaml"
	[ "$1" != hold ] || sed -i 's/\["transportid"\])/["transportid"], ["hold" => true])/' "$scratch/hawser/hooks/eod/main.hsl"
	grep -qs "$port" "$conf/smtpd.yaml" && grep -qs "$sink_port" "$conf/smtpd-app.yaml" ||
		fail "the workspace of hawserd init is not as this script expects"
	"$bin/hawserd" -c "$scratch/hawser" 2>"$scratch/hawser.log" &
	server_pid=$!
	await hawserd grep -qs '^ready' "$scratch/hawser.log"
}

discard_start() {
	"$bin/hawserbench" discard "127.0.0.1:$port" 2>"$scratch/discard.log" &
	server_pid=$!
	await "the server that discards" grep -qs listening "$scratch/discard.log"
}

start() {
	server=$1
	"$1_start" "$2"
}

stop() {
	pid=$server_pid server_pid=
	[ -z "$pid" ] || case $server in
	postfix) postfix_stop "$pid" ;;
	*) end_process "$pid" ;;
	esac
	rm -rf "$scratch/postfix" "$scratch/hawser" "$scratch"/*.log
}

stop_sink() {
	[ -z "$sink_pid" ] || end_process "$sink_pid"
	sink_pid=
}

leave() {
	code=$?
	trap - EXIT INT TERM
	stop_sink
	stop
	rm -rf "$scratch"
	exit $code
}
trap leave EXIT
trap 'exit 130' INT TERM

# source_mail COUNT FLAGS…: smtp-source with what all measurements have in common.
source_mail() {
	count=$1
	shift
	smtp-source "$@" -s "$clients" -m "$count" -l "$size" -f sender@bench.test -t user@sink.test -N "127.0.0.1:$port"
}

# pipelined_mail COUNT: the same by hawserbench, with MAIL, RCPT and DATA in one write.
pipelined_mail() {
	"$bin/hawserbench" send --to "127.0.0.1:$port" --clients "$clients" --messages "$1" --size "$size" \
		--sender sender@bench.test --recipient '{n}user@sink.test' >/dev/null
}

now() { date +%s%N; }

# result NAME SERVER NANOSECONDS
result() {
	echo "$1 $2 $round $messages $3" | awk '{ printf "%s,%s,%d,%.1f\n", $1, $2, $3, $4 * 1e9 / $5 }' | tee -a "$scratch/results" >&2
}

warm=$((messages / 10 + clients))

# accept NAME SERVER CLIENT FLAGS…: the time of the client alone; nothing is delivered.
accept() {
	name=$1 who=$2 client=$3
	shift 3
	start "$who" hold
	"$client" $warm "$@"
	begin=$(now)
	"$client" "$messages" "$@"
	result "$name" "$who" $(($(now) - begin))
	if [ "$who" = postfix ]; then
		held=$(find "$postfix_dir/queue/hold" -type f | wc -l)
		[ "$held" = $((warm + messages)) ] || fail "Postfix holds $held messages of $((warm + messages))"
	fi
	stop
}

# received: messages that the sink has counted.
received() { tail -c 80 "$scratch/sink.out" | tr '\r' '\n' | sed -n 's/.*mesg=//p' | tail -1; }

has_received() { [ "$(received)" -ge "$1" ] 2>/dev/null; }

# relay SERVER: from the start of smtp-source to the last message at smtp-sink,
# which is when it last wrote its counters.
relay() {
	smtp-sink -4 -u root -c "127.0.0.1:$sink_port" 1000 >"$scratch/sink.out" 2>"$scratch/sink.log" &
	sink_pid=$!
	start "$1" relay
	source_mail $warm -d
	await "the first messages of $1" has_received $warm
	begin=$(now)
	source_mail "$messages" -d
	await "all messages of $1" has_received $((warm + messages))
	result relay "$1" $(($(date -r "$scratch/sink.out" +%s%N) - begin))
	stop
	stop_sink
}

# Hawser is measured between the two that it is compared with: what a shared machine can
# do changes by the minute.
round=0
while [ $round -lt "$rounds" ]; do
	round=$((round + 1))
	if [ "$only" != relay ]; then
		for who in discard hawser postfix; do accept accept-pipelined $who pipelined_mail; done
		for who in discard hawser postfix; do accept accept-kept $who source_mail -d; done
		for who in discard hawser postfix; do accept accept-new $who source_mail; done
	fi
	if [ "$only" != accept ]; then
		for who in hawser postfix; do relay $who; done
	fi
done
[ -z "$csv" ] || cp "$scratch/results" "$csv"
awk -F, -f scripts/bench-mta.awk "$scratch/results"
