package platform

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"livestream-tui/services/kit/event"
)

func TestWhatSeveralMachinesSayOfAnotherIsToldOnce(t *testing.T) {
	noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	says := func(after float64, machine, message string) Event {
		return Event{Time: noon.Add(time.Duration(after * float64(time.Second))), Machine: machine, What: Logged{Line: event.Line{Message: message}}}
	}
	for _, c := range []struct {
		name string
		list []Event
		want []string
	}{
		{"by two", []Event{says(0, "", "b is lost"), says(1, "c", "b is lost"), says(2, "c", "another")}, []string{"0  b is lost", "2 c another"}},
		{"whoever was first, the same machine is quoted", []Event{says(0, "c", "b is lost"), says(0.01, "", "b is lost")}, []string{"0.01  b is lost"}},
		{"by three", []Event{says(0, "c", "d is lost"), says(1, "b", "d is lost"), says(7, "", "d is lost")}, []string{"7  d is lost"}},
		{"twice by both", []Event{says(0, "c", "b is lost"), says(1, "", "b is lost"), says(3, "", "b is lost"), says(4, "c", "b is lost")}, []string{"1  b is lost", "3  b is lost"}},
		{"long after", []Event{says(0, "", "b is lost"), says(20, "c", "b is lost")}, []string{"0  b is lost", "20 c b is lost"}},
		{"twice by one", []Event{says(0, "", "b is lost"), says(1, "", "b is lost")}, []string{"0  b is lost", "1  b is lost"}},
		{"other than lines of log", []Event{{Time: noon, What: Started{}}, {Time: noon, Machine: "c", What: Started{}}}, []string{"0  ", "0 c "}},
	} {
		var got []string
		for _, e := range OneStory("a", c.list[:1], c.list[1:]) {
			message := ""
			if l := e.Log(); l != nil {
				message = l.Message
			}
			got = append(got, fmt.Sprintf("%g %s %s", e.Time.Sub(noon).Seconds(), e.Machine, message))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: want (-), got (+):\n%s", c.name, diff)
		}
	}
}
