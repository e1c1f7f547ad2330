package scene

import (
	"strings"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/text"
	"livestream-tui/tui/canvas"
)

// WhyNow is Reason with the time that is left until the next try of a process that has
// failed, in place of the whole time.
func (s *Scene) WhyNow(p *platform.Process) string {
	if p.Unheard {
		return canvas.Clean(s.Snapshot.HeardText(*p))
	}
	why := Reason(p)
	i := strings.LastIndex(why, "trying again in ")
	left := p.NextTry.Sub(s.Now)
	switch {
	case i < 0 || p.NextTry.IsZero():
		return why
	case left <= 0:
		return why[:i] + "trying again now"
	}
	return why[:i] + "trying again in " + text.Brief(left)
}
