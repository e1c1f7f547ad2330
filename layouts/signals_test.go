package layouts

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"livestream-tui/services/kit/signals"
)

const withSignals = `signals:
  - name: stage
    inputs:
      - {name: main, rtmp: {}}
      - {name: backup, srt: {port: 9000, latency: 120ms, passphrase: a-long-secret}}
      - {name: camera, url: "rtsp://camera/1"}
      - {name: feed, udp: "239.1.1.1:5000"}
    slate: last
    segment: 4s
    encode: always
    loss_after: 500ms
    return_after: 10s
    frozen_after: 20s
    black_after: 21s
    silent_after: 22s
processes:
  - {name: receiver, service: receiver}
  - {name: worker, service: worker}
screens:
  - name: main
    rows: [{panels: [{panel: logs}]}]
`

func TestParseReadsLiveSignals(t *testing.T) {
	got, err := Parse("x.yaml", []byte(withSignals))
	if err != nil {
		t.Fatal(err)
	}
	want := []signals.Signal{{
		Name: "stage",
		Inputs: []signals.Input{
			{Name: "main", RTMP: &signals.RTMP{}},
			{Name: "backup", SRT: &signals.SRT{Port: 9000, Latency: 120 * time.Millisecond, Passphrase: "a-long-secret"}},
			{Name: "camera", URL: "rtsp://camera/1"},
			{Name: "feed", UDP: "239.1.1.1:5000"},
		},
		Slate: "last", Segment: 4 * time.Second, Encode: signals.Always, LossAfter: 500 * time.Millisecond, ReturnAfter: 10 * time.Second,
		FrozenAfter: 20 * time.Second, BlackAfter: 21 * time.Second, SilentAfter: 22 * time.Second,
	}}
	if diff := cmp.Diff(want, got.Signals); diff != "" {
		t.Errorf("signals (-want +got):\n%s", diff)
	}
	var passed []signals.Signal
	if err := json.Unmarshal([]byte(got.Processes[0].Environment[SignalsVariable]), &passed); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, passed); diff != "" {
		t.Errorf("what the receiver gets (-want +got):\n%s", diff)
	}
	if _, has := got.Processes[1].Environment[SignalsVariable]; has {
		t.Error("the worker gets the signals as well")
	}
}

func TestParseRefusesBadSignals(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"a bad name", "name: stage", "name: the stage", `x.yaml:2: signals[0].name: "the stage": allowed are 1 to 64 letters, digits, _ and -`},
		{"no input", "inputs:\n", "inputs: []\n    was:\n", "x.yaml:4: signals[0].was: unknown field; allowed are name, inputs, slate, segment, encode, loss_after, return_after, frozen_after, black_after, silent_after"},
		{"an input without a kind", "{name: main, rtmp: {}}", "{name: main}", "x.yaml:4: signals[0].inputs[0]: just one of rtmp, srt, udp and url is needed, such as rtmp: {}"},
		{"two kinds", "rtmp: {}", "rtmp: {}, udp: \":5000\"", "x.yaml:4: signals[0].inputs[0]: just one of rtmp, srt, udp and url is needed, such as rtmp: {}"},
		{"a name twice", "name: backup", "name: main", `x.yaml:5: signals[0].inputs[1].name: "main" stands twice; each input of a signal needs a name of its own`},
		{"a reserved name", "name: backup", "name: slate", `x.yaml:5: signals[0].inputs[1].name: "slate": allowed are 1 to 32 lower-case letters, digits and -, the first a letter or digit, but not auto, none and slate`},
		{"a short passphrase", "a-long-secret", "short", "x.yaml:5: signals[0].inputs[1].srt.passphrase: allowed are 10 to 79 characters without spaces, or none for a connection that is not encrypted; without this field one is made"},
		{"no port", "239.1.1.1:5000", "239.1.1.1", `x.yaml:7: signals[0].inputs[3].udp: "239.1.1.1": allowed is ADDRESS:PORT, such as 239.1.1.1:5000, or :PORT`},
		{"a loss that is too short", "500ms", "50ms", `x.yaml:11: signals[0].loss_after: "50ms": allowed is a number with a unit, from 100ms to 1h0m0s`},
		{"a segment that is too long", "segment: 4s", "segment: 10s", `x.yaml:9: signals[0].segment: "10s": allowed is a number with a unit, from 1s to 6s`},
		{"no receiver", "service: receiver", "service: proxy", "x.yaml:1: signals: they need a process whose service is receiver"},
	} {
		t.Run(c.name, func(t *testing.T) {
			changed := strings.Replace(withSignals, c.old, c.new, 1)
			if changed == withSignals {
				t.Fatalf("%q is not there", c.old)
			}
			_, err := Parse("x.yaml", []byte(changed))
			if err == nil || !strings.Contains(err.Error()+"\n", c.want+"\n") {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}
