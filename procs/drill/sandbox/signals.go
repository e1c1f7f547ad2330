package sandbox

import (
	"encoding/json"
	"maps"
	"net"
	"slices"
	"strconv"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform/local"
	"livestream-tui/services/kit/signals"
	"livestream-tui/services/receiver/keys"
)

// loopback is where everything in a sandbox listens.
const loopback = "127.0.0.1"

// portsOf is how many ports the inputs of live signals take: one for RTMP, and one for each
// that might have its own.
func portsOf(list []signals.Signal) int {
	if len(list) == 0 {
		return 0
	}
	n := 1
	for _, s := range list {
		n += len(s.Inputs)
	}
	return n
}

// moveSignals gives the live signals of a layout these ports, and their receivers the setting
// that says so. Inputs that the receiver opens by itself stay as they are.
func (s *Sandbox) moveSignals(o *local.Options, env map[string]string, ports []int) error {
	if len(o.Layout.Signals) == 0 {
		return nil
	}
	s.Signals = slices.Clone(o.Layout.Signals)
	for i := range s.Signals {
		s.Signals[i].Inputs = slices.Clone(s.Signals[i].Inputs)
	}
	s.Places = keys.Places{Host: loopback, RTMP: ports[0]}
	env["RTMP_PORT"] = strconv.Itoa(ports[0])
	next := ports[1:]
	for i := range s.Signals {
		for j := range s.Signals[i].Inputs {
			in := &s.Signals[i].Inputs[j]
			if in.SRT != nil {
				srt := *in.SRT
				srt.Port = next[0]
				in.SRT = &srt
			}
			if in.UDP != "" {
				in.UDP = net.JoinHostPort(loopback, strconv.Itoa(next[0]))
			}
			next = next[1:]
		}
	}
	o.Layout.Signals = s.Signals
	b, err := json.Marshal(s.Signals)
	if err != nil {
		return err
	}
	for i := range o.Layout.Processes {
		p := &o.Layout.Processes[i]
		if p.Role() != layouts.Receiver {
			continue
		}
		p.Environment = maps.Clone(p.Environment)
		if p.Environment == nil {
			p.Environment = map[string]string{}
		}
		p.Environment[layouts.SignalsVariable] = string(b)
	}
	return nil
}
