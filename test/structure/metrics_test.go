package structure_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"livestream-tui/layouts"
	"livestream-tui/procs/metrics"
	"livestream-tui/services"
	"livestream-tui/services/kit/service"
)

// recorder is a registry that knows what was registered.
type recorder struct {
	*prometheus.Registry
	rows []metrics.Metric
}

func (r *recorder) MustRegister(list ...prometheus.Collector) {
	for _, c := range list {
		if err := r.Register(c); err != nil {
			panic(err)
		}
	}
}

// described matches a prometheus.Desc, which shows its parts only as text.
var described = regexp.MustCompile(`^Desc\{fqName: ("[^"]*"), help: ("(?:[^"\\]|\\.)*")(?:, unit: "[^"]*")?, constLabels: \{.*\}, variableLabels: \{(.*)\}\}$`)

func (r *recorder) Register(c prometheus.Collector) error {
	descs := make(chan *prometheus.Desc)
	go func() { defer close(descs); c.Describe(descs) }()
	for d := range descs {
		m := described.FindStringSubmatch(d.String())
		if m == nil {
			return fmt.Errorf("unknown form of %s", d)
		}
		row := metrics.Metric{Name: unquoted(m[1]), Help: unquoted(m[2])}
		row.Type = typeOf(c, row.Name)
		for _, label := range strings.Split(m[3], ",") {
			if label = strings.TrimSpace(label); label != "" {
				row.Labels = append(row.Labels, label)
			}
		}
		r.rows = append(r.rows, row)
	}
	return r.Registry.Register(c)
}

func unquoted(s string) string {
	var text string
	_ = json.Unmarshal([]byte(s), &text) // a quoted string, by described
	return text
}

// typeOf returns the type of the metrics of a collector: those of one that makes them itself
// are counters where their name says so.
func typeOf(c prometheus.Collector, name string) string {
	switch c.(type) {
	case *prometheus.CounterVec:
		return "counter"
	case *prometheus.GaugeVec:
		return "gauge"
	case *prometheus.HistogramVec:
		return "histogram"
	}
	var d dto.Metric
	if m, is := c.(prometheus.Metric); is && m.Write(&d) == nil {
		switch {
		case d.Counter != nil:
			return "counter"
		case d.Histogram != nil:
			return "histogram"
		}
		return "gauge"
	}
	if strings.HasSuffix(name, "_total") {
		return "counter"
	}
	return "gauge"
}

// made returns a service that is not running, and its kit, with the metrics in r.
func made(t *testing.T, name string, r service.Registry) (service.Service, service.Kit) {
	t.Helper()
	s, ok := services.Find(name)
	if !ok {
		t.Fatalf("no service %s", name)
	}
	folder := t.TempDir()
	env := service.Environment{"HOME": folder, "INGEST": "http", "ENGINE_URL": "nats://localhost:4222", "MACHINE": "a"}
	for _, variable := range []string{"INPUT_STREAM_PATH", "OUTPUT_STREAM_PATH", "RUN_PATH", "STATE_PATH", "CACHE_PATH"} {
		env[variable] = filepath.Join(folder, variable)
	}
	p, err := s.Prepare(env)
	if err != nil {
		t.Fatal(err)
	}
	k := service.Kit{Name: name, Log: hclog.NewNullLogger(), Metrics: r, Env: p.Env}
	made, err := p.New(k)
	if err != nil {
		t.Fatal(err)
	}
	return made, k
}

// metricsOf returns the metrics that a service registers when it is made.
func metricsOf(t *testing.T, name string) []metrics.Metric {
	t.Helper()
	r := &recorder{Registry: prometheus.NewRegistry()}
	made(t, name, r)
	slices.SortFunc(r.rows, func(a, b metrics.Metric) int { return cmp.Compare(a.Name, b.Name) })
	return r.rows
}

// metricGroups are the headings of the document, with the metrics below each.
func metricGroups(t *testing.T) (headings []string, rows map[string][]metrics.Metric) {
	t.Helper()
	const own = "The platform"
	rows = map[string][]metrics.Metric{own: append(metrics.Metrics(), metrics.Scraped()...)}
	headings = []string{own}
	for _, s := range services.All() {
		if s.Name == "server1" || s.Name == "server2" {
			continue // packagers
		}
		if list := metricsOf(t, s.Name); len(list) > 0 {
			headings = append(headings, strings.ToUpper(s.Name[:1])+s.Name[1:])
			rows[headings[len(headings)-1]] = list
		}
	}
	return headings, rows
}

func TestTheMetricsDocumentHasEveryMetric(t *testing.T) {
	const file, from, to = "docs/METRICS.md", "<!-- metrics -->\n", "<!-- end of metrics -->"
	var b strings.Builder
	headings, rows := metricGroups(t)
	for _, heading := range headings {
		fmt.Fprintf(&b, "## %s\n\n| metric | type | labels | |\n|---|---|---|---|\n", heading)
		for _, m := range rows[heading] {
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", m.Name, m.Type, strings.Join(m.Labels, ", "), m.Help)
		}
		b.WriteString("\n")
	}
	holdSection(t, file, from, to, b.String(), "what the services register")
}

// TestEveryMetricFollowsTheConventions holds those of
// https://prometheus.io/docs/practices/naming that a name shows.
func TestEveryMetricFollowsTheConventions(t *testing.T) {
	_, groups := metricGroups(t)
	valid := regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)+$`)
	for _, rows := range groups {
		for _, m := range rows {
			total := strings.HasSuffix(m.Name, "_total")
			switch {
			case !valid.MatchString(m.Name):
				t.Errorf("%s: a prefix and words in lower case are expected", m.Name)
			case total != (m.Type == "counter"):
				t.Errorf("%s is a %s: counters end in _total, and nothing else does", m.Name, m.Type)
			case regexp.MustCompile(`_(ms|milliseconds|minutes|percent|kb|mb|kib|mib|bps)(_|$)`).MatchString(m.Name):
				t.Errorf("%s: seconds, bytes, bits and ratios are expected", m.Name)
			case m.Help == "" || !strings.HasSuffix(m.Help, "."):
				t.Errorf("%s: help %q, want a sentence", m.Name, m.Help)
			}
		}
	}
}

// TestAlertsAndDashboardNameOnlyMetricsThatThereAre holds for what begins like one of ours.
func TestAlertsAndDashboardNameOnlyMetricsThatThereAre(t *testing.T) {
	known := map[string]bool{}
	_, groups := metricGroups(t)
	for _, rows := range groups {
		for _, m := range rows {
			known[m.Name] = true
			if m.Type == "histogram" {
				known[m.Name+"_bucket"], known[m.Name+"_sum"], known[m.Name+"_count"] = true, true, true
			}
		}
	}
	prefixes := []string{"platform"}
	for _, name := range layouts.ServiceNames() {
		prefixes = append(prefixes, name)
	}
	name := regexp.MustCompile(`\b(` + strings.Join(prefixes, "|") + `)(_[a-z0-9]+)+`)
	for _, file := range []string{"packaging/prometheus/alerts.yml", "packaging/prometheus/dashboard.json", "docs/METRICS.md", "docs/OPERATING.md"} {
		found := name.FindAllString(read(t, file), -1)
		for _, n := range found {
			if !known[n] {
				t.Errorf("%s names %s, which is no metric", file, n)
			}
		}
	}
}
