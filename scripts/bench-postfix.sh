# shellcheck shell=sh
# Part of bench-mta.sh: Postfix as an instance of its own under $scratch. Neither
# /etc/postfix nor a running Postfix is read or changed. Why each setting is what it
# is stands in docs/benchmarks.md.

postfix_dir=$scratch/postfix
postfix_daemons=/usr/lib/postfix/sbin

# postfix_write MODE: hold keeps all mail in the hold queue, relay sends it to the sink.
postfix_write() {
	mkdir -p "$postfix_dir/etc" "$postfix_dir/data" "$postfix_dir/queue/pid"
	for q in active bounce corrupt defer deferred flush hold incoming private saved trace; do
		mkdir -m 700 -p "$postfix_dir/queue/$q"
		chown postfix "$postfix_dir/queue/$q"
	done
	mkdir -m 730 -p "$postfix_dir/queue/maildrop"
	mkdir -m 710 -p "$postfix_dir/queue/public"
	chown postfix:postdrop "$postfix_dir/queue/maildrop" "$postfix_dir/queue/public"
	chown postfix "$postfix_dir/data"
	restrictions=
	[ "$1" != hold ] || restrictions="check_client_access static:HOLD"
	cat >"$postfix_dir/etc/main.cf" <<-EOF
		compatibility_level = 3.6
		queue_directory = $postfix_dir/queue
		data_directory = $postfix_dir/data
		daemon_directory = $postfix_daemons
		maillog_file = $postfix_dir/mail.log
		maillog_file_prefixes = $postfix_dir
		myhostname = postfix.test
		inet_interfaces = 127.0.0.1
		inet_protocols = ipv4
		mynetworks = 127.0.0.0/8
		mydestination =
		local_recipient_maps =
		alias_maps =
		alias_database =
		smtpd_relay_restrictions = permit_mynetworks, reject
		smtpd_client_restrictions = $restrictions
		relayhost = [127.0.0.1]:$sink_port
		disable_dns_lookups = yes
		smtpd_peername_lookup = no
		smtpd_tls_security_level = none
		smtp_tls_security_level = none
		default_process_limit = 200
		default_destination_concurrency_limit = 100
		initial_destination_concurrency = 20
		in_flow_delay = 0
		smtp_connection_cache_destinations = static:all
	EOF
	cat >"$postfix_dir/etc/master.cf" <<-EOF
		127.0.0.1:$port inet n - n - - smtpd
		pickup unix n - n 60 1 pickup
		cleanup unix n - n - 0 cleanup
		qmgr unix n - n 300 1 qmgr
		tlsmgr unix - - n 1000? 1 tlsmgr
		rewrite unix - - n - - trivial-rewrite
		bounce unix - - n - 0 bounce
		defer unix - - n - 0 bounce
		trace unix - - n - 0 bounce
		verify unix - - n - 1 verify
		flush unix n - n 1000? 0 flush
		proxymap unix - - n - - proxymap
		proxywrite unix - - n - 1 proxymap
		smtp unix - - n - - smtp
		relay unix - - n - - smtp
		showq unix n - n - - showq
		error unix - - n - - error
		retry unix - - n - - error
		discard unix - - n - - discard
		anvil unix - - n - 1 anvil
		scache unix - - n - 1 scache
		postlog unix-dgram n - n - 1 postlogd
	EOF
}

postfix_start() {
	postfix_write "$1"
	"$postfix_daemons/master" -c "$postfix_dir/etc" -d >"$postfix_dir/out" 2>&1 &
	server_pid=$!
	await "Postfix" grep -qs "daemon started" "$postfix_dir/mail.log"
}

# postfix_stop ends master, which passes the signal on, and waits for its children:
# they are in its session.
postfix_stop() {
	end_process "$1"
	await "the end of Postfix" no_session "$1"
}

no_session() { ! pgrep -s "$1" >/dev/null; }
