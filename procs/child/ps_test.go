package child

import (
	"slices"
	"testing"
	"time"
)

func TestParsePS(t *testing.T) {
	got := parsePS(`    1     1 Ss    12345   1:02.50 Tue Nov  3 09:00:00 2026
  501   500 Z         0   0:00.00 Tue Nov 24 14:45:00 2026
  502   502 R+    2048 100:00.01 Tue Nov 24 14:45:01 2026

  PID  PGID STAT    RSS      TIME STARTED
  503   503 S      cut
`)
	want := []Process{
		{PID: 1, Group: 1, Started: "Tue Nov 3 09:00:00 2026", CPU: 62500 * time.Millisecond, RSS: 12345 << 10},
		{PID: 501, Group: 500, Started: "Tue Nov 24 14:45:00 2026", Zombie: true},
		{PID: 502, Group: 502, Started: "Tue Nov 24 14:45:01 2026", CPU: 6000*time.Second + 10*time.Millisecond, RSS: 2 << 20},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestParseTime(t *testing.T) {
	for s, want := range map[string]time.Duration{
		"0:00.03": 30 * time.Millisecond, "1:02.50": 62500 * time.Millisecond, "2:01:00.00": 7260 * time.Second, "7": 7 * time.Second, "": 0, "-": 0,
	} {
		if got := parseTime(s); got != want {
			t.Errorf("%q: got %s, want %s", s, got, want)
		}
	}
}
