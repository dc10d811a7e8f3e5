# Part of bench-mta.sh: a table of the medians over the rounds. Its input is
# measurement,server,round,rate. A ratio is the median of the ratios of the rounds,
# since the two rates of one round were measured one after the other.

function median(list, n,    i, j, x) {
	for (i = 2; i <= n; i++) {
		x = list[i]
		for (j = i - 1; j > 0 && list[j] > x; j--)
			list[j + 1] = list[j]
		list[j + 1] = x
	}
	return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
}

function rates(what, who,    i, n, list) {
	for (i = 1; i <= rounds; i++)
		if ((what, who, i) in rate)
			list[++n] = rate[what, who, i]
	return n ? sprintf("%d", median(list, n)) : "-"
}

function ratio(what, than,    i, n, list, low, high, mid) {
	for (i = 1; i <= rounds; i++)
		if ((what, than, i) in rate)
			list[++n] = rate[what, "hawser", i] / rate[what, than, i]
	if (!n)
		return "-"
	mid = median(list, n) # which leaves the list sorted
	return sprintf("%.2f (%.2f–%.2f)", mid, list[1], list[n])
}

{
	if (!($1 in known)) {
		known[$1]
		names[++count] = $1
	}
	rate[$1, $2, $3] = $4
	if ($3 > rounds)
		rounds = $3
}

END {
	title["accept-pipelined"] = "durable acceptance, PIPELINING"
	title["accept-kept"] = "durable acceptance, a command at a time"
	title["accept-new"] = "durable acceptance, one message per connection"
	title["relay"] = "relay end to end"
	print "| messages per second, medians of " rounds " | Hawser | Postfix | discard | Hawser / Postfix | Hawser / discard |"
	print "|---|---:|---:|---:|---:|---:|"
	for (i = 1; i <= count; i++)
		printf "| %s | %s | %s | %s | %s | %s |\n", title[names[i]], rates(names[i], "hawser"), rates(names[i], "postfix"),
			rates(names[i], "discard"), ratio(names[i], "postfix"), ratio(names[i], "discard")
}
