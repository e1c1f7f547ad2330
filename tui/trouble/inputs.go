package trouble

import (
	"fmt"
	"strings"

	"livestream-tui/layouts"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// keyFramesMost is how many seconds may lie between two key frames of an input: a segment
// begins with one.
const keyFramesMost = 4.5

// noReceiver finds receivers that are down while none works. The picture of a live signal
// that was on air stops.
func noReceiver(s *scene.Scene) []Trouble {
	list := allDown(layouts.Receiver)(s)
	for i := range list {
		for _, l := range s.Light.Signals {
			list[i].Stops = list[i].Stops || l.Due && s.Snapshot.IsLive(l.Signal)
		}
	}
	return list
}

// slates finds live signals whose slate is on air.
func slates(s *scene.Scene) []Trouble {
	var found []Trouble
	for _, l := range s.Snapshot.LiveSignals {
		if !l.ShowsSlate() {
			continue
		}
		name := canvas.Clean(l.Name)
		t := Trouble{About: "slate " + l.Name, What: name + " shows a slate", Brief: []string{"slate on " + name, "slate"}}
		if l.Since != nil {
			t.Since = *l.Since
		}
		var states []string
		for _, in := range l.Inputs {
			states = append(states, canvas.Clean(in.Name)+" "+canvas.Clean(string(in.State)))
		}
		t.What += ": " + strings.Join(states, ", ")
		t.Brief = append([]string{name + " shows a slate"}, t.Brief...)
		found = append(found, t)
	}
	return found
}

// inputFaults finds inputs that were there before and cannot be shown, while another one is on
// air and none could take over.
func inputFaults(s *scene.Scene) []Trouble {
	var found []Trouble
	for _, l := range s.Snapshot.LiveSignals {
		if len(l.Inputs) < 2 || l.Source == "" || l.ShowsSlate() || l.Spares() > 0 {
			continue
		}
		for _, in := range l.Inputs {
			if in.OnAir || !in.State.IsFault() {
				continue
			}
			name, state := canvas.Clean(in.Name), canvas.Clean(string(in.State))
			found = append(found, Trouble{
				About: "input " + l.Name + " " + in.Name, Since: in.Since,
				What:  fmt.Sprintf("no spare input: %s of %s is %s", name, canvas.Clean(l.Name), state),
				Brief: []string{fmt.Sprintf("no spare input: %s is %s", name, state), "no spare input"},
			})
		}
	}
	return found
}

// rareKeyFrames finds inputs whose key frames are too far apart.
func rareKeyFrames(s *scene.Scene) []Trouble {
	var found []Trouble
	for _, l := range s.Snapshot.LiveSignals {
		for _, in := range l.Inputs {
			if in.KeyFrameInterval <= keyFramesMost || in.Awaits() {
				continue
			}
			name := canvas.Clean(in.Name)
			found = append(found, Trouble{
				About: "key frames " + l.Name + " " + in.Name, Since: in.Since,
				What:  fmt.Sprintf("%s of %s: key frames every %.1f s", name, canvas.Clean(l.Name), in.KeyFrameInterval),
				Brief: []string{fmt.Sprintf("%s: key frames every %.1f s", name, in.KeyFrameInterval), "key frames are rare"},
			})
		}
	}
	return found
}
