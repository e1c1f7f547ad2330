package upstreams

import (
	"fmt"
	"testing"
	"time"
)

// onlookers is one kind of player, at two URLs at a time.
type onlookers interface {
	// look returns what was seen so far, for each URL.
	look() []spectacle
	// stop ends the player and returns what it saw.
	stop() []spectacle
}

// sighting is a picture of the camera that a player showed.
type sighting struct {
	at     time.Time
	number int
}

// spectacle is all that a player showed.
type spectacle struct {
	from, to   time.Time
	seen       []sighting
	complaints []string
	ended      string // why it ended too early; empty if it did not
	// samples is true where pictures may be shown and not seen: a browser reports those
	// for which its compositor had the time.
	samples bool
}

// unseenMost is how long a player that samples may report no picture and still count as
// having shown them.
const unseenMost = time.Second

// showing is the verdict on a spectacle.
type showing struct {
	shown, sent, repeated, unread int
	began, stall                  time.Duration
	complaints                    []string
	ended                         string
}

// judge counts the pictures that the camera sent while the player played, from the
// first that it showed, and which of these it showed.
func (s spectacle) judge() showing {
	v := showing{complaints: s.complaints, ended: s.ended}
	var seen []sighting
	for _, x := range s.seen {
		if x.number < 0 {
			v.unread++
			continue
		}
		seen = append(seen, x)
	}
	if len(seen) == 0 {
		v.began = s.to.Sub(s.from)
		v.stall, v.sent = v.began, int(v.began*camRate/time.Second)
		return v
	}
	first := seen[0]
	v.began = first.at.Sub(s.from)
	v.sent = int(s.to.Sub(first.at) * camRate / time.Second)
	had, last, at := map[int]bool{}, first.number-1, first.at
	for _, x := range seen {
		if x.number == last {
			continue // the compositor drew the same picture again
		}
		v.stall = max(v.stall, x.at.Sub(at))
		if had[x.number] {
			v.repeated++
		}
		if wait := x.at.Sub(at); s.samples && wait < unseenMost && x.number-last <= int(wait*camRate/time.Second)+camRate/5 {
			for n := last + 1; n < x.number; n++ {
				had[n] = true
			}
		}
		had[x.number] = true
		last, at = x.number, x.at
	}
	v.stall = max(v.stall, s.to.Sub(at))
	for n := range had {
		if n >= first.number && n < first.number+v.sent {
			v.shown++
		}
	}
	return v
}

func (v showing) String() string {
	text := fmt.Sprintf("%d of %d, %.1f s", v.shown, v.sent, v.stall.Seconds())
	if v.shown == 0 {
		text = "nothing"
	}
	for _, part := range []struct {
		n    int
		what string
	}{{v.repeated, "repeated"}, {v.unread, "damaged"}, {len(v.complaints), "complaints"}} {
		if part.n > 0 {
			text += fmt.Sprintf(", %d %s", part.n, part.what)
		}
	}
	if v.ended != "" {
		text += ", ended: " + v.ended
	}
	return text
}

// worseThan says where v is worse than what nginx gave. by is for how long the machine
// kept the test from running, which is allowed for.
func (v showing) worseThan(nginx showing, by starvation) (worse []string) {
	fewer, longer := fewerFrames+int(by.sum*camRate/time.Second), longerStall+2*by.longest
	if v.ended != "" {
		worse = append(worse, "the player ended: "+v.ended)
	}
	// The plays differ slightly in length, so the frames missed are compared.
	missed, most := v.sent-v.shown, nginx.sent-nginx.shown+fewer
	if missed > most {
		worse = append(worse, fmt.Sprintf("%d of %d frames shown, %d missed, want %d or fewer missed, as through nginx", v.shown, v.sent, missed, most))
	}
	// Frames that nginx skipped may be shown late, which repeats others.
	if most := max(most-missed, 0) + nginx.repeated + fewer; v.repeated > most {
		worse = append(worse, fmt.Sprintf("%d frames shown again, want %d or fewer, as through nginx", v.repeated, most))
	}
	if most := nginx.unread + 2; v.unread > most {
		worse = append(worse, fmt.Sprintf("%d damaged frames, want %d or fewer, as through nginx", v.unread, most))
	}
	if most := nginx.stall + longer; v.stall > most {
		worse = append(worse, fmt.Sprintf("the picture stood still for %.1f s, want %.1f s or less, as through nginx", v.stall.Seconds(), most.Seconds()))
	}
	if most := nginx.began + 2*time.Second + longer; v.began > most {
		worse = append(worse, fmt.Sprintf("the first picture came after %.1f s, want %.1f s or less, as through nginx", v.began.Seconds(), most.Seconds()))
	}
	return worse
}

// starvation is for how long the machine kept the test from running.
type starvation struct{ longest, sum time.Duration }

// measureStarvation measures until stop is called, which returns the result.
func measureStarvation() (stop func() starvation) {
	const tick, late = 20 * time.Millisecond, 40 * time.Millisecond
	told, done := make(chan struct{}), make(chan starvation)
	go func() {
		var s starvation
		for last := time.Now(); ; {
			select {
			case <-told:
				done <- s
				return
			case <-time.After(tick):
			}
			now := time.Now()
			if by := now.Sub(last) - tick; by > late {
				s.longest, s.sum = max(s.longest, by), s.sum+by
			}
			last = now
		}
	}()
	return func() starvation { close(told); return <-done }
}

func TestShowingIsWhatAPlayerMissed(t *testing.T) {
	from := time.Now()
	play := func(ranges ...[2]int) spectacle { // each picture when the camera's pace has it
		s := spectacle{from: from, samples: true}
		for _, r := range ranges {
			for n := r[0]; n < r[1]; n++ {
				s.seen = append(s.seen, sighting{from.Add(time.Duration(len(s.seen)) * time.Second / camRate), n})
			}
		}
		s.to = from.Add(time.Duration(len(s.seen)) * time.Second / camRate)
		return s
	}
	still := play([2]int{100, 150})
	still.to = still.to.Add(2 * time.Second)
	for _, c := range []struct {
		name string
		s    spectacle
		want string
	}{
		{"all of it", play([2]int{100, 200}), "100 of 100, 0.0 s"},
		{"a hole as wide as a browser leaves", play([2]int{100, 150}, [2]int{153, 200}), "97 of 97, 0.0 s"},
		{"two seconds skipped", play([2]int{100, 150}, [2]int{200, 250}), "50 of 100, 0.0 s"},
		{"two seconds again", play([2]int{100, 150}, [2]int{100, 150}), "50 of 100, 0.0 s, 50 repeated"},
		{"a standstill of two seconds", still, "50 of 100, 2.0 s"},
		{"damaged pictures", play([2]int{100, 150}, [2]int{-1, 0}, [2]int{152, 200}), "99 of 99, 0.1 s, 1 damaged"},
		{"never anything", spectacle{from: from, to: from.Add(time.Second)}, "nothing"},
	} {
		if got := c.s.judge().String(); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}
