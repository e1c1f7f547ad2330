package layouts

import (
	"encoding/json"
	"net"
	"net/url"
	"regexp"
	"slices"
	"time"

	"github.com/goccy/go-yaml/ast"

	"livestream-tui/layouts/document"
	"livestream-tui/services/kit/signals"
)

// SignalsVariable is the setting by which the receiver gets the signals of a layout.
const SignalsVariable = "SIGNALS"

// Limits of a live signal.
const (
	leastLoss   = 100 * time.Millisecond
	mostLoss    = time.Hour
	mostSegment = 6 * time.Second
	mostLatency = 8 * time.Second
)

// passphrases are what SRT allows.
var passphrases = regexp.MustCompile(`^[!-~]{10,79}$`)

// streamKeys may stand in a URL as they are.
var streamKeys = regexp.MustCompile(`^[A-Za-z0-9_-]{8,64}$`)

func (p *parse) signal(n ast.Node, path string) {
	var s signals.Signal
	before := p.Problems()
	span := func(d *time.Duration, least, most time.Duration) func(ast.Node, string) {
		return func(n ast.Node, path string) { *d = p.span(n, path, least, most) }
	}
	p.mapping(n, path,
		field{"name", func(n ast.Node, path string) {
			s.Name = p.Text(n, path)
			switch {
			case !signals.IsName(s.Name):
				p.Bad(n, path, "%q: allowed are 1 to 64 letters, digits, _ and -", s.Name)
			case slices.ContainsFunc(p.layout.Signals, func(o signals.Signal) bool { return o.Name == s.Name }):
				p.Bad(n, path, "%q stands twice; each signal needs a name of its own", s.Name)
			}
		}},
		field{"inputs", func(n ast.Node, path string) {
			p.List(n, path, func(n ast.Node, path string) { s.Inputs = append(s.Inputs, p.input(n, path, s.Inputs)) })
		}},
		field{"slate", func(n ast.Node, path string) { s.Slate = p.Text(n, path) }},
		field{"segment", span(&s.Segment, time.Second, mostSegment)},
		field{"encode", func(n ast.Node, path string) {
			s.Encode = signals.Encode(p.OneOf(n, path, []string{string(signals.Auto), string(signals.Never), string(signals.Always)}))
		}},
		field{"loss_after", span(&s.LossAfter, leastLoss, mostLoss)},
		field{"return_after", span(&s.ReturnAfter, leastLoss, mostLoss)},
		field{"frozen_after", span(&s.FrozenAfter, time.Second, mostLoss)},
		field{"black_after", span(&s.BlackAfter, time.Second, mostLoss)},
		field{"silent_after", span(&s.SilentAfter, time.Second, mostLoss)},
	)
	if p.Problems() == before {
		p.need(n, path, "name", s.Name)
		if len(s.Inputs) == 0 {
			p.Bad(n, document.Join(path, "inputs"), "at least one is needed, such as {name: main, rtmp: {}}")
		}
	}
	p.layout.Signals = append(p.layout.Signals, s)
}

// input reads one input of a signal; others are those before it.
func (p *parse) input(n ast.Node, path string, others []signals.Input) signals.Input {
	var in signals.Input
	before := p.Problems()
	p.mapping(n, path,
		field{"name", func(n ast.Node, path string) {
			in.Name = p.Text(n, path)
			switch {
			case !processName.MatchString(in.Name) || slices.Contains(reservedInputs(), in.Name):
				p.Bad(n, path, "%q: allowed are 1 to 32 lower-case letters, digits and -, the first a letter or digit, but not auto, none and slate", in.Name)
			case slices.ContainsFunc(others, func(o signals.Input) bool { return o.Name == in.Name }):
				p.Bad(n, path, "%q stands twice; each input of a signal needs a name of its own", in.Name)
			}
		}},
		field{"rtmp", func(n ast.Node, path string) { in.RTMP = p.rtmp(n, path) }},
		field{"srt", func(n ast.Node, path string) { in.SRT = p.srt(n, path) }},
		field{"udp", func(n ast.Node, path string) {
			in.UDP = p.Text(n, path)
			if _, port, err := net.SplitHostPort(in.UDP); err != nil || port == "" || port == "0" {
				p.Bad(n, path, "%q: allowed is ADDRESS:PORT, such as 239.1.1.1:5000, or :PORT", in.UDP)
			}
		}},
		field{"url", func(n ast.Node, path string) {
			in.URL = p.Text(n, path)
			if u, err := url.Parse(in.URL); err != nil || in.URL == "" || u.Scheme == "" && u.Path == "" {
				p.Bad(n, path, "not a URL or a path: allowed is what FFmpeg opens, such as rtsp://HOST/PATH or a file")
			}
		}},
	)
	if p.Problems() > before {
		return in
	}
	p.need(n, path, "name", in.Name)
	kinds := 0
	for _, is := range []bool{in.RTMP != nil, in.SRT != nil, in.UDP != "", in.URL != ""} {
		if is {
			kinds++
		}
	}
	if kinds != 1 {
		p.Bad(n, path, "just one of rtmp, srt, udp and url is needed, such as rtmp: {}")
	}
	return in
}

// reservedInputs are words that stand for something else where an input is named.
func reservedInputs() []string {
	return []string{signals.AutoInput, signals.NoInput, signals.SlateSource}
}

func (p *parse) rtmp(n ast.Node, path string) *signals.RTMP {
	in := &signals.RTMP{}
	p.mapping(n, path, field{"key", func(n ast.Node, path string) {
		in.Key = p.Text(n, path)
		if !streamKeys.MatchString(in.Key) {
			p.Bad(n, path, "a stream key has 8 to 64 letters, digits, _ and -; without this field one is made")
		}
	}})
	return in
}

func (p *parse) srt(n ast.Node, path string) *signals.SRT {
	in := &signals.SRT{}
	p.mapping(n, path,
		field{"port", func(n ast.Node, path string) { in.Port = p.Number(n, path, 65535) }},
		field{"latency", func(n ast.Node, path string) { in.Latency = p.span(n, path, time.Millisecond, mostLatency) }},
		field{"passphrase", func(n ast.Node, path string) {
			in.Passphrase = p.Text(n, path)
			if in.Passphrase != signals.NoPassphrase && !passphrases.MatchString(in.Passphrase) {
				p.Bad(n, path, "allowed are 10 to 79 characters without spaces, or none for a connection that is not encrypted; without this field one is made")
			}
		}},
	)
	return in
}

// span reads a length of time.
func (p *parse) span(n ast.Node, path string, least, most time.Duration) time.Duration {
	s := p.Text(n, path)
	d, err := time.ParseDuration(s)
	if err != nil || d < least || d > most {
		p.Bad(n, path, "%q: allowed is a number with a unit, from %s to %s", s, least, most)
	}
	return d
}

// passSignals gives the signals to the receivers of the layout.
func (p *parse) passSignals(n ast.Node) {
	if len(p.layout.Signals) == 0 {
		return
	}
	b, err := json.Marshal(p.layout.Signals)
	if err != nil {
		p.Bad(n, "signals", "%v", err)
		return
	}
	there := false
	for i := range p.layout.Processes {
		v := &p.layout.Processes[i]
		if v.Role() != Receiver {
			continue
		}
		there = true
		if v.Environment == nil {
			v.Environment = map[string]string{}
		}
		v.Environment[SignalsVariable] = string(b)
	}
	if !there {
		p.Bad(n, "signals", "they need a process whose service is receiver")
	}
}
