package clock

// Duration returns the seconds of a text made of days, hours, minutes and
// seconds in this order, each at most once: 1d2h30m10s.
func Duration(s string) (float64, bool) {
	units := []struct {
		letter byte
		size   float64
	}{{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}}
	total, used := 0.0, false
	for s != "" {
		n, i := 0.0, 0
		for i < len(s) && '0' <= s[i] && s[i] <= '9' {
			n = n*10 + float64(s[i]-'0')
			i++
		}
		if i == 0 || i == len(s) || i > 15 {
			return 0, false
		}
		for len(units) > 0 && units[0].letter != s[i] {
			units = units[1:]
		}
		if len(units) == 0 {
			return 0, false
		}
		total += n * units[0].size
		units, s, used = units[1:], s[i+1:], true
	}
	return total, used
}
