package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/procs/platform"
	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/bus"
	"livestream-tui/test/harness"
)

// hintsVariable makes the test binary a liar: a process on a machine that publishes hints
// which are wrong in the way that it names. liarURL and liarFolder say where.
const (
	hintsVariable = "CLUSTER_TEST_HINTS"
	liarURL       = "CLUSTER_TEST_ENGINE"
	liarFolder    = "CLUSTER_TEST_FOLDER"
)

// lies are what a liar makes of a hint that it hears. Each has numbers beyond those of the
// packager, so that proxies do not leave it aside for its age.
var lies = map[string]func(f cluster.Frontier) []cluster.Frontier{
	"doubled": func(f cluster.Frontier) []cluster.Frontier { return []cluster.Frontier{f, f, f} },
	"ten old": func(f cluster.Frontier) []cluster.Frontier { return []cluster.Frontier{shifted(f, -10)} },
	"ten new": func(f cluster.Frontier) []cluster.Frontier { return []cluster.Frontier{shifted(f, 10)} },
}

func shifted(f cluster.Frontier, by int64) cluster.Frontier {
	newest := map[string]int64{}
	for signal, msn := range f.Newest {
		newest[signal] = msn + by
	}
	f.Seq, f.Newest = f.Seq+1, newest
	return f
}

// lie publishes wrong hints until it is ended. It is the main function of a liar.
func lie(mode string) error {
	folder := os.Getenv(liarFolder)
	address := os.Getenv(liarURL)
	conn, err := bus.Dial(bus.Config{EngineURL: address, Engines: []string{address}, Machine: "liar",
		EngineKey: filepath.Join(folder, "machine.nk"), EngineCA: filepath.Join(folder, "ca.pem")}, "liar", hclog.NewNullLogger())
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	var mu sync.Mutex
	own := map[string]bool{} // what it has published itself
	err = conn.Subscribe(ctx, cluster.SubjectFrontier+">", func(m cluster.Msg) {
		mu.Lock()
		defer mu.Unlock()
		var f cluster.Frontier
		if own[string(m.Data)] || json.Unmarshal(m.Data, &f) != nil {
			return
		}
		for _, wrong := range lies[mode](f) {
			b, err := json.Marshal(wrong)
			if err != nil {
				continue
			}
			if len(own) > 10_000 {
				clear(own)
			}
			own[string(b)] = true
			if conn.Publish(m.Subject, b) == nil {
				fmt.Println(m.Subject)
			}
		}
	})
	if err != nil {
		return err
	}
	<-ctx.Done()
	return conn.Close()
}

// wrongHints lets a liar publish hints on the first machine, and kills the active packager
// meanwhile.
func wrongHints(mode string) func(*rig) ([]*machine, func() error, error) {
	return func(r *rig) ([]*machine, func() error, error) {
		m := r.machines[0]
		self, err := os.Executable()
		if err != nil {
			return nil, nil, err
		}
		liar := exec.Command(self)
		liar.Env = append(os.Environ(), hintsVariable+"="+mode, liarURL+"="+fmt.Sprintf("nats://%s:4222", m.between.Address),
			liarFolder+"="+filepath.Join(m.env["STATE_PATH"], "cluster"))
		says := new(harness.Buffer)
		liar.Stdout, liar.Stderr = says, says
		if err := m.host.Put(liar).Start(); err != nil {
			return nil, nil, err
		}
		undo := func() error {
			_ = liar.Process.Signal(syscall.SIGTERM)
			if err := liar.Wait(); err != nil {
				return fmt.Errorf("the liar: %w: %s", err, says)
			}
			if says.String() == "" {
				return fmt.Errorf("the liar has heard no hint")
			}
			return nil
		}
		time.Sleep(4 * time.Second) // two segments with wrong hints
		return nil, undo, r.killActive()
	}
}

// noHints stops every engine, so that connections stay and nothing comes, and kills the
// active packager.
func noHints(r *rig) ([]*machine, func() error, error) {
	undo := func() error {
		for _, m := range r.machines {
			if err := m.command(engineProcess, platform.Resume); err != nil {
				return err
			}
		}
		return nil
	}
	for _, m := range r.machines {
		if err := m.command(engineProcess, platform.Pause); err != nil {
			return nil, undo, err
		}
	}
	return nil, undo, r.killActive()
}
