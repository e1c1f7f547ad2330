package e2e

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/receiver/inputtest"
	"livestream-tui/test/harness"
)

// twoWorkers is a layout with two workers that bring two live signals to two packagers by
// HTTP: one as it comes, the other one encoded.
const twoWorkers = `about: two workers on two live signals
environment:
  PACKAGERS: http://localhost:${SERVER_ONE_PORT},http://localhost:${SERVER_TWO_PORT}
  RECEIVER_URL: http://localhost:${RECEIVER_PORT}
  OUTPUT_STREAM_PATH: none
  INGEST: http
  INGEST_URLS: http://localhost:${SERVER_ONE_PORT},http://localhost:${SERVER_TWO_PORT}
signals:
  - {name: copied, inputs: [{name: main, rtmp: {}}]}
  - {name: encoded, encode: always, inputs: [{name: main, rtmp: {}}]}
processes:
  - {name: receiver, service: receiver, port: {variable: RECEIVER_PORT, default: 8010, held: true}}
  - {name: worker1, service: worker, depends_on: [receiver]}
  - {name: worker2, service: worker, depends_on: [receiver]}
  - {name: server1, service: server1, port: {variable: SERVER_ONE_PORT, default: 8080}}
  - {name: server2, service: server2, port: {variable: SERVER_TWO_PORT, default: 9090}}
  - {name: reporter, service: reporter, port: {variable: REPORTER_PORT, default: 2000, held: true}}
  - {name: discovery, service: discovery, depends_on: [reporter]}
  - {name: origin, service: origin, port: {variable: ORIGIN_PORT, default: 8001, held: true}, depends_on: [reporter]}
  - {name: proxy, service: proxy, port: {variable: PROXY_PORT, default: 8002, held: true}, depends_on: [origin]}
screens:
  - {name: main, rows: [{panels: [{panel: services}]}, {panels: [{panel: logs}]}]}
`

// figures are the metrics of the packagers with those beginnings, summed up.
func (s *stage) figures(beginning string) (float64, error) {
	sum := 0.0
	for _, variable := range []string{"SERVER_ONE_PORT", "SERVER_TWO_PORT"} {
		_, b, err := harness.Get(s.Base(variable) + "/metrics")
		if err != nil {
			return 0, err
		}
		for line := range strings.Lines(string(b)) {
			if !strings.HasPrefix(line, beginning) {
				continue
			}
			n, err := strconv.ParseFloat(strings.TrimSpace(line[strings.LastIndexByte(line, ' ')+1:]), 64)
			if err != nil {
				return 0, err
			}
			sum += n
		}
	}
	return sum, nil
}

// differ is nil when both packagers serve the same bytes of a signal.
func (s *stage) differ(signal string) error {
	list, err := harness.Playlist(s.Base("SERVER_ONE_PORT") + "/" + signal + "/playlist.m3u8")
	if err != nil {
		return err
	}
	compared := 0
	for _, segment := range list.Segments[1:] {
		var bodies []string
		for _, variable := range []string{"SERVER_ONE_PORT", "SERVER_TWO_PORT"} {
			status, b, err := harness.Get(s.Base(variable) + "/" + signal + "/" + segment.URI)
			if err != nil || status != http.StatusOK {
				return fmt.Errorf("%s at %s: status %d: %w", segment.URI, variable, status, err)
			}
			bodies = append(bodies, string(b))
		}
		if bodies[0] != bodies[1] {
			return fmt.Errorf("%s differs", segment.URI)
		}
		compared++
	}
	if compared < 3 {
		return fmt.Errorf("only %d segments could be compared", compared)
	}
	return nil
}

func TestTwoWorkersOfALiveSignalAreAsOne(t *testing.T) {
	harness.Parallel(t)
	layout := filepath.Join(t.TempDir(), "two.yaml")
	if err := os.WriteFile(layout, []byte(twoWorkers), 0o600); err != nil {
		t.Fatal(err)
	}
	s := onStage(t, layout)
	for _, e := range s.ends {
		inputtest.Push(t, e.URL, encoder)
	}
	s.onAir("copied")
	s.onAir("encoded")
	s.Await(30*time.Second, "both workers bring the same segments", func() error {
		same, err := s.figures(`packager_ingested_total{result="same"`)
		if err == nil && same < 4 {
			err = fmt.Errorf("%g segments came twice", same)
		}
		return errors.Join(err, s.differ("copied"))
	})
	players := harness.Gather(t, s.SignalURL("copied"), 2, nil)
	encoded := harness.Gather(t, s.SignalURL("encoded"), 2, nil)
	s.Kill("worker1")
	s.Await(30*time.Second, "both workers encode", func() error {
		for _, name := range []string{"worker1", "worker2"} {
			if st := s.Status(name); st.State != platform.Ready || len(harness.Children(t, st.PID)) == 0 {
				return fmt.Errorf("%s is %s, without an FFmpeg", name, st.State)
			}
		}
		return nil
	})
	for _, c := range []*harness.Players{players, encoded} {
		s.playOn(c, 3)
	}
	harness.WantClean(t, players.Leave())
	harness.WantClean(t, encoded.Leave())
	// The next FFmpeg began elsewhere than that of the other worker: its bytes may differ.
	equal, err := s.figures(`packager_equal_segments_total{signal="encoded"}`)
	t.Logf("%g segments were encoded twice with equal times and other bytes, %v", equal, err)
	if n, err := s.figures("packager_conflicts_total"); err != nil || n > 0 {
		t.Errorf("got %g conflicts, %v, want none", n, err)
	}
	if n, err := s.figures(`packager_equal_segments_total{signal="copied"}`); err != nil || n > 0 {
		t.Errorf("got %g copied segments with equal times and other bytes, %v, want none", n, err)
	}
}
