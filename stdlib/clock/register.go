package clock

import (
	"errors"
	"math"
	"time"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// Register declares the domain.
func Register(b *registry.Builder) {
	b.Func(sig.New("time() -> number", "Unix time in seconds, with microseconds as the fraction.").Show("echo time() > 1000000000;", "true"),
		func(t *vm.Thread, _ []value.Value) (value.Value, error) {
			return value.Num(seconds(t.Host().Now())), nil
		})
	b.Func(sig.New("timelocal() -> number", "time() plus the offset of the local time zone."),
		func(t *vm.Thread, _ []value.Value) (value.Value, error) {
			now := t.Host().Now().Local()
			_, offset := now.Zone()
			return value.Num(seconds(now) + float64(offset)), nil
		})
	b.Func(sig.New("uptime() -> number", "Seconds since the machine booted, by a clock that is never set.").Show("echo uptime() > 0;", "true"),
		func(t *vm.Thread, _ []value.Value) (value.Value, error) {
			return value.Num(t.Host().Now().Sub(t.Host().Started).Seconds()), nil
		})
	b.Func(sig.New("executiontime() -> number", "Seconds since this run of the script began.").Show("echo executiontime() >= 0;", "true"),
		func(t *vm.Thread, _ []value.Value) (value.Value, error) { return value.Num(t.Elapsed().Seconds()), nil })
	b.Func(sig.New("sleep(seconds: number) -> number", "Waits and returns the seconds waited. Only this script waits.").Show("echo sleep(0);", "0"), sleep)
	local := sig.Opt("local: boolean = true", "local time; false: UTC")
	b.Func(sig.New("strftime(format: string, time?: number, options?: array) -> string",
		"A time as text, by the conversions of strftime in C. Without time: now.", local).
		Show(`echo strftime("%a, %d %b %Y %H:%M:%S %z", 0, ["local" => false]);`, "Thu, 01 Jan 1970 00:00:00 +0000"), format)
	b.Func(sig.New("strptime(datestring: string, format: string, options?: array) -> number|none",
		"The Unix time of a text; none when it does not fit the format.", local).
		Show(`echo strptime("2024-02-29 12:00:00", "%Y-%m-%d %H:%M:%S", ["local" => false]);`, "1709208000"), parse)
	b.Func(sig.New("strpduration(during: string) -> number|none", "The seconds of a text such as 1d2h30m10s.").
		Show(`echo strpduration("1d2h30m10s");`, "95410"),
		func(_ *vm.Thread, a []value.Value) (value.Value, error) {
			n, ok := Duration(a[0].Str())
			if !ok {
				return value.None, nil
			}
			return value.Num(n), nil
		})
}

func seconds(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }

func sleep(t *vm.Thread, a []value.Value) (value.Value, error) {
	n := a[0].Num()
	if math.IsNaN(n) || math.IsInf(n, 0) {
		return value.None, errors.New("sleep(): argument 1 must be a finite number")
	}
	if n <= 0 {
		return value.Num(0), nil
	}
	begin := t.Host().Now()
	d := time.Duration(math.Min(n, math.MaxInt64/2e9) * float64(time.Second))
	if err := t.Host().Sleep(t.Context(), d); err != nil {
		return value.None, &vm.CancelError{Cause: err}
	}
	return value.Num(t.Host().Now().Sub(begin).Seconds()), nil
}

func zone(o *registry.Options) *time.Location {
	if o.Bool("local", true) {
		return time.Local
	}
	return time.UTC
}

func format(t *vm.Thread, a []value.Value) (value.Value, error) {
	o := registry.OptionsAt("strftime", a, 2)
	at := t.Host().Now()
	if len(a) > 1 && !a[1].IsNone() {
		n := a[1].Num()
		if math.IsNaN(n) || math.Abs(n) > 1e14 {
			return value.None, errors.New("strftime(): argument 2 (time) is out of range")
		}
		whole := math.Floor(n)
		at = time.Unix(int64(whole), int64((n-whole)*1e9))
	}
	s, err := formatted(a[0].Str(), at.In(zone(o)), t.Growth().Add)
	return value.Str(s), err
}

func parse(t *vm.Thread, a []value.Value) (value.Value, error) {
	o := registry.OptionsAt("strptime", a, 2)
	at, ok := Parse(a[0].Str(), a[1].Str(), t.Host().Now(), zone(o))
	if !ok {
		return value.None, nil
	}
	return value.Num(seconds(at)), nil
}
