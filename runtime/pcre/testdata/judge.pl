# Says what perl makes of patterns. Reads lines PATTERN FLAGS SUBJECT START, text in
# hexadecimal; prints a line for each: the positions of the match and its groups
# in bytes, "no", or "error". The flag u means UTF-8. Classes are ASCII (/a), as
# they are in PCRE without UCP.
use strict;
use warnings;
no warnings qw(regexp recursion deprecated experimental);
use utf8;
binmode STDIN;
binmode STDOUT;
$| = 1;

sub bytes { my ($s, $chars) = @_; my $t = substr($s, 0, $chars); utf8::encode($t); return length $t }

while (my $line = <STDIN>) {
	chomp $line;
	my ($pattern, $flags, $subject, $start) = split / /, $line, -1;
	$_ = pack("H*", $_) for $pattern, $subject;
	my $utf = ($flags =~ s/u//);
	$flags =~ s/-//;
	if ($utf) { utf8::decode($pattern); utf8::decode($subject) }
	my $end = $flags =~ /x/ ? "\n" : "";
	my $re = eval { local $SIG{__WARN__} = sub { }; qr/(?^a$flags:$pattern$end)/ };
	if (!defined $re) { print "error\n"; next }
	my $out = "no";
	my $ok = eval {
		local $SIG{ALRM} = sub { die "time" };
		alarm 5;
		pos($subject) = $start;
		if ($subject =~ /$re/g) {
			my @loc;
			for my $i (0 .. $#+) {
				my ($from, $to) = ($-[$i], $+[$i]);
				push @loc, map { !defined($to) || !defined($from) ? -1 : $utf ? bytes($subject, $_) : $_ } $from, $to;
			}
			$out = join " ", @loc;
		}
		alarm 0;
		1;
	};
	alarm 0;
	print $ok ? "$out\n" : "error\n";
}
