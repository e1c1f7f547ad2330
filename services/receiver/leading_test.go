package receiver

import (
	"testing"
	"time"

	"livestream-tui/services/receiver/segment"
)

func TestATimelineThatIsOldGoesOnAboveWhatMayHaveBeenGiven(t *testing.T) {
	t.Parallel()
	const end = time.Hour
	for _, c := range []struct {
		name   string
		told   segment.State
		passed time.Duration
		want   int64
	}{
		{"it was just told", segment.State{Next: 700, End: end, Length: 2 * time.Second}, 4 * time.Second, 700},
		{"it was told a minute ago", segment.State{Next: 700, End: end, Length: 2 * time.Second}, time.Minute, 731},
		{"long segments", segment.State{Next: 700, End: end, Length: 6 * time.Second}, 11 * time.Second, 700},
		{"it was never on air", segment.State{}, time.Minute, 0},
		{"its end is ahead of this clock", segment.State{Next: 700, End: end, Length: 2 * time.Second}, -time.Minute, 700},
	} {
		if got := past(c.told, end+c.passed).Next; got != c.want {
			t.Errorf("%s: got %d, want %d", c.name, got, c.want)
		}
	}
}
