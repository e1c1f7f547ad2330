package platform

import (
	"slices"
	"testing"
	"time"

	"livestream-tui/services/kit/event"
)

func TestWhatSeveralMachinesSayOfAnotherIsToldOnce(t *testing.T) {
	noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	says := func(after time.Duration, machine, message string) Event {
		return Event{Time: noon.Add(after), Machine: machine, What: Logged{Line: event.Line{Message: message}}}
	}
	list := []Event{
		says(0, "", "machine b is not heard"), says(time.Second, "c", "machine b is not heard"), says(2*time.Second, "c", "another"),
		says(3*time.Second, "", "machine b is not heard"), says(20*time.Second, "c", "machine b is not heard"),
		{Time: noon.Add(time.Minute), What: Started{}}, {Time: noon.Add(time.Minute), Machine: "c", What: Started{}},
	}
	want := []Event{list[0], list[2], list[3], list[4], list[5], list[6]}
	got := OneStory(list[:1], list[1:])
	if !slices.EqualFunc(got, want, func(a, b Event) bool { return a.Time.Equal(b.Time) && a.Machine == b.Machine }) {
		t.Errorf("got %v, want %v", got, want)
	}
}
