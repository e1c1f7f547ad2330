package metrics

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"livestream-tui/test/harness"
)

// limit is how long a test waits for something that must happen.
const limit = time.Minute

// shipped is a file of packaging/prometheus.
func shipped(name string) string {
	return filepath.Join(harness.Root(), "packaging", "prometheus", name)
}

// tool is the path of a command; without it the test is skipped.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("no %s here: make test installs it", name)
	}
	return path
}

// promtool runs promtool, and fails the test unless it finds nothing wrong.
func promtool(t *testing.T, input string, args ...string) {
	t.Helper()
	cmd := exec.Command(tool(t, "promtool"), args...)
	cmd.Stdin = strings.NewReader(input)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func TestTheFilesForPrometheusAreValid(t *testing.T) {
	promtool(t, "", "check", "config", shipped("prometheus.yml"))
	promtool(t, "", "check", "rules", "--lint-fatal", shipped("alerts.yml"))
}

func TestEachAlertFiresForItsCause(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("testdata", "alerts_test.yml"))
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	harness.CopyFile(t, shipped("alerts.yml"), filepath.Join(folder, "alerts.yml"))
	file := filepath.Join(folder, "alerts_test.yml")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	promtool(t, "", "test", "rules", file)
}

// server is a Prometheus that scrapes a platform twice a second.
type server struct{ base string }

// observe starts a Prometheus with the alert rules that are shipped.
func observe(t *testing.T, p *harness.Platform) server {
	t.Helper()
	folder, port := t.TempDir(), harness.Ports(t, 1)[0]
	config := filepath.Join(folder, "prometheus.yml")
	text := fmt.Sprintf("global: {scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 500ms}\nrule_files: [%q]\n"+
		"scrape_configs: [{job_name: livestream-tui, static_configs: [{targets: [%q]}]}]\n", shipped("alerts.yml"), "127.0.0.1:"+p.Env["METRICS_PORT"])
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := server{"http://127.0.0.1:" + strconv.Itoa(port)}
	harness.Serve(t, exec.Command(tool(t, "prometheus"), "--config.file="+config, "--storage.tsdb.path="+filepath.Join(folder, "data"),
		"--web.listen-address="+strings.TrimPrefix(s.base, "http://"), "--log.level=warn"))
	return s
}

// ask asks Prometheus, and reads the data of its answer into v.
func (s server) ask(path string, v any) error {
	status, b, err := harness.Get(s.base + path)
	if err != nil {
		return err
	}
	answer := struct {
		Status, Error string
		Data          json.RawMessage
	}{}
	if err := json.Unmarshal(b, &answer); err != nil || answer.Status != "success" {
		return fmt.Errorf("%s: status %d: %s: %w", path, status, answer.Error, err)
	}
	return json.Unmarshal(answer.Data, v)
}

// value is that of the one sample of a query.
func (s server) value(query string) (float64, error) {
	var data struct {
		Result []struct{ Value [2]any }
	}
	if err := s.ask("/api/v1/query?query="+url.QueryEscape(query), &data); err != nil {
		return 0, err
	}
	if len(data.Result) != 1 {
		return 0, fmt.Errorf("%s has %d samples", query, len(data.Result))
	}
	text, _ := data.Result[0].Value[1].(string) // by Prometheus' API
	return strconv.ParseFloat(text, 64)
}

// firing are the alerts that fire, by name.
func (s server) firing() (map[string]bool, error) {
	var data struct {
		Alerts []struct {
			State  string
			Labels map[string]string
		}
	}
	firing := map[string]bool{}
	err := s.ask("/api/v1/alerts", &data)
	for _, a := range data.Alerts {
		if a.State == "firing" {
			firing[a.Labels["alertname"]] = true
		}
	}
	return firing, err
}

// fires is nil when an alert fires.
func (s server) fires(name string) error {
	firing, err := s.firing()
	if err == nil && !firing[name] {
		err = fmt.Errorf("%s does not fire, but %v", name, firing)
	}
	return err
}

func TestPrometheusSeesTheFailoverAndTheAlert(t *testing.T) {
	tool(t, "prometheus")
	env := harness.Settings(t)
	harness.SetPorts(t, env, "METRICS_PORT")
	told := receive(t)
	env["WEBHOOK_URL"], env["WEBHOOK_SECRET"] = told.hanging+","+told.address, secret
	p := harness.Launch(t, env)
	p.AwaitOnAir(harness.Every...)
	s := observe(t, p)
	p.Await(limit, "Prometheus sees a signal on air with a spare", func() error {
		on, err := s.value(`platform_signal_usable_packagers{signal="live01"} and platform_signal_on_air == 1`)
		if err == nil && on != 2 {
			err = fmt.Errorf("%v packagers are usable", on)
		}
		return errors.Join(err, p.BothUp(), s.fires("LivestreamStillOn"))
	})
	everythingIsThere(t, p, s)

	failovers := `platform_signal_failovers_total{signal="live01"}`
	before, err := s.value(failovers)
	if err != nil {
		t.Fatal(err)
	}
	victim, err := p.Active()
	if err != nil {
		t.Fatal(err)
	}
	pid := p.Status(victim).PID
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	p.Await(limit, "Prometheus sees the failover", func() error {
		after, err := s.value(failovers)
		if err == nil && after <= before {
			err = fmt.Errorf("%s is %v after %v", failovers, after, before)
		}
		return errors.Join(err, s.fires("LivestreamFailover"))
	})
	t.Logf("the failover is in Prometheus, and its alert fires, after %s", time.Since(began).Round(time.Millisecond))
	p.AwaitNext(victim, pid)
	off, err := s.value(`platform_signal_off_air_seconds_total{signal="live01"}`)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("off air by the failover: %v s", off) // none, unless the machine is too busy for a viewer

	p.Ctl("stop", "server1", "--yes")
	p.Ctl("stop", "server2", "--yes")
	began = time.Now()
	p.Await(limit, "the countdown is an alert", func() error { return s.fires("LivestreamOffAirSoon") })
	t.Logf("the countdown is an alert after %s", time.Since(began).Round(time.Millisecond))
	p.Await(limit, "off air is an alert", func() error { return s.fires("LivestreamOffAir") })
	t.Logf("off air is an alert after %s", time.Since(began).Round(time.Millisecond))
	p.Ctl("start", "server1")
	p.Ctl("start", "server2")
	p.Await(limit, "the alert ends", func() error {
		firing, err := s.firing()
		if firing["LivestreamOffAir"] {
			err = errors.New("it still fires")
		}
		return err
	})
	told.await(t, p)
	p.Await(limit, "the outage is counted", func() error {
		after, err := s.value(`platform_signal_off_air_seconds_total{signal="live01"} and platform_signal_outages_total > 0`)
		if err == nil && after <= off {
			err = fmt.Errorf("%v s off air, as before", after)
		}
		return err
	})
}

// everythingIsThere checks that every service is gathered, that what is served is well
// formed, and that each query of the dashboard has a result.
func everythingIsThere(t *testing.T, p *harness.Platform, s server) {
	t.Helper()
	for _, name := range harness.Every {
		p.Await(limit, name+" is gathered", func() error {
			up, err := s.value(fmt.Sprintf("platform_scrape_up{process=%q} + on (process) go_goroutines * 0", name))
			if err == nil && up != 1 {
				err = errors.New("it does not answer")
			}
			return err
		})
	}
	began := time.Now()
	status, b, err := harness.Get(p.Base("METRICS_PORT") + "/metrics")
	if err != nil || status != http.StatusOK {
		t.Fatalf("status %d, %v", status, err)
	}
	t.Logf("a scrape has %d lines and %d bytes, and takes %s", strings.Count(string(b), "\n"), len(b), time.Since(began).Round(time.Millisecond))
	promtool(t, string(b), "check", "metrics")

	file, err := os.ReadFile(shipped("dashboard.json"))
	if err != nil {
		t.Fatal(err)
	}
	type query struct{ Expr string }
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []query
		}
		Annotations struct{ List []query }
	}
	if err := json.Unmarshal(file, &dashboard); err != nil {
		t.Fatal(err)
	}
	// What has no sample while nothing is wrong, and nobody reports by CMCD.
	empty := []string{"proxy_player_", "off air", "> 0"}
	variables := strings.NewReplacer("$job", "livestream-tui", "$instance", ".*", "$signal", ".*", "$__rate_interval", "1m", "$__range_s", "60", "$__range", "1m")
	queries := dashboard.Annotations.List
	for _, panel := range dashboard.Panels {
		queries = append(queries, panel.Targets...)
	}
	if len(queries) < 20 {
		t.Errorf("the dashboard has %d queries, want more", len(queries))
	}
	for _, q := range queries {
		mayBeEmpty := slices.ContainsFunc(empty, func(part string) bool { return strings.Contains(q.Expr, part) })
		p.Await(limit, q.Expr, func() error { // a rate needs two samples
			var data struct{ Result []any }
			err := s.ask("/api/v1/query?query="+url.QueryEscape(variables.Replace(q.Expr)), &data)
			if err == nil && len(data.Result) == 0 && !mayBeEmpty {
				err = errors.New("no result")
			}
			return err
		})
	}
}
