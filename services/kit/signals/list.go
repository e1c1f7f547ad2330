package signals

import (
	"encoding/json"
	"errors"
	"fmt"
)

// List is live signals, as the setting SIGNALS holds them.
type List []Signal

// UnmarshalText implements encoding.TextUnmarshaler: a list in JSON. Its errors do not quote
// it, because it may hold keys.
func (l *List) UnmarshalText(b []byte) error {
	var list []Signal
	if err := json.Unmarshal(b, &list); err != nil {
		return errors.New("not a list of signals in JSON; the supervisor makes it from a layout's signals")
	}
	names := map[string]bool{}
	for i, s := range list {
		switch {
		case !IsName(s.Name):
			return fmt.Errorf("signal %d has no name that is allowed: 1 to 64 letters, digits, _ and -", i+1)
		case names[s.Name]:
			return fmt.Errorf("signal %s stands twice", s.Name)
		case len(s.Inputs) == 0:
			return fmt.Errorf("signal %s has no input", s.Name)
		}
		names[s.Name] = true
		if err := check(s.Inputs); err != nil {
			return fmt.Errorf("signal %s: %w", s.Name, err)
		}
	}
	*l = list
	return nil
}

func check(inputs []Input) error {
	names := map[string]bool{}
	for i, in := range inputs {
		switch {
		case !IsName(in.Name):
			return fmt.Errorf("input %d has no name that is allowed: 1 to 64 letters, digits, _ and -", i+1)
		case names[in.Name]:
			return fmt.Errorf("input %s stands twice", in.Name)
		case in.Kind() == "":
			return fmt.Errorf("input %s is not just one of rtmp, srt, udp and url", in.Name)
		}
		names[in.Name] = true
	}
	return nil
}

// Kind is rtmp, srt, udp or url; empty when it is not just one of them.
func (in Input) Kind() string {
	kind, n := "", 0
	for _, k := range []struct {
		name string
		is   bool
	}{{"rtmp", in.RTMP != nil}, {"srt", in.SRT != nil}, {"udp", in.UDP != ""}, {"url", in.URL != ""}} {
		if k.is {
			kind, n = k.name, n+1
		}
	}
	if n != 1 {
		return ""
	}
	return kind
}

// WithPorts gives each SRT input without a port one of its own: first, then the next number
// that no other SRT input has.
func (l List) WithPorts(first int) List {
	taken := map[int]bool{}
	for _, s := range l {
		for _, in := range s.Inputs {
			if in.SRT != nil {
				taken[in.SRT.Port] = true
			}
		}
	}
	out := make(List, len(l))
	for i, s := range l {
		s.Inputs = append([]Input(nil), s.Inputs...)
		for j, in := range s.Inputs {
			if in.SRT == nil || in.SRT.Port != 0 {
				continue
			}
			for taken[first] {
				first++
			}
			taken[first] = true
			srt := *in.SRT
			srt.Port = first
			s.Inputs[j].SRT = &srt
		}
		out[i] = s
	}
	return out
}
