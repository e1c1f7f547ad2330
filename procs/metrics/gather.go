package metrics

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/httpx"
)

const (
	// answerTime is how long a service may take to answer, answerMost how many bytes the
	// answer may have, and familiesMost how many metrics.
	answerTime   = time.Second
	answerMost   = 4 << 20
	familiesMost = 1000
)

// delimited is the binary form of metrics: reading it costs a fraction of reading text.
const delimited = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,text/plain;version=0.0.4;q=0.5"

// The labels that tell services apart, and what is put before a label of a service with one
// of these names.
const (
	labelProcess = "process"
	labelService = "service"
	exported     = "exported_"
)

// gatherer gathers the metrics of a platform and of its services.
type gatherer struct {
	platform platform.Platform
	// own are the platform's metrics and those of this process.
	own prometheus.Gatherer
	// time is answerTime, most answerMost; others in tests.
	time time.Duration
	most int64
}

var _ prometheus.Gatherer = (*gatherer)(nil)

// answer is what a service has answered.
type answer struct {
	families []*dto.MetricFamily
	err      error
	took     time.Duration
}

// Gather implements prometheus.Gatherer. A service that does not answer is no error: its
// platform_scrape_up is 0.
func (g *gatherer) Gather() ([]*dto.MetricFamily, error) {
	ctx := context.Background()
	s, err := g.platform.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	asked := slices.DeleteFunc(slices.Clone(s.Processes), func(p platform.Process) bool { return p.Socket == "" || !runs(p) })
	answers := make([]answer, len(asked))
	var work sync.WaitGroup
	for i, p := range asked {
		work.Go(func() {
			began := time.Now()
			answers[i].families, answers[i].err = g.ask(ctx, p)
			answers[i].took = time.Since(began)
		})
	}
	own, err := g.own.Gather()
	work.Wait()
	all := merged{}
	all.add(own)
	all.add(scraped(s.Processes, asked, answers))
	for i, p := range asked {
		if answers[i].err == nil {
			all.add(labelled(answers[i].families, p.Name, p.Service))
		}
	}
	return all.sorted(), err
}

// runs reports whether a process can answer.
func runs(p platform.Process) bool {
	return !p.Paused && (p.State == platform.Running || p.State == platform.Ready || p.State == platform.Degraded)
}

// ask returns the metrics of one service.
func (g *gatherer) ask(ctx context.Context, p platform.Process) ([]*dto.MetricFamily, error) {
	client := httpx.New(httpx.Options{Timeout: g.time, Dial: httpx.Socket(p.Socket)})
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://service/metrics", nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", delimited)
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }() // it was only read
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", res.StatusCode)
	}
	body := &io.LimitedReader{R: res.Body, N: g.most + 1}
	d := expfmt.NewDecoder(body, expfmt.ResponseFormat(res.Header))
	var list []*dto.MetricFamily
	for {
		f := new(dto.MetricFamily)
		err := d.Decode(f)
		switch {
		case body.N == 0:
			return nil, fmt.Errorf("more than %d bytes", g.most)
		case errors.Is(err, io.EOF):
			return list, nil
		case err != nil:
			return nil, err
		case len(list) == familiesMost:
			return nil, fmt.Errorf("more than %d metrics", familiesMost)
		}
		list = append(list, f)
	}
}

// labelled adds the names of a process and its service to the labels of metrics.
func labelled(list []*dto.MetricFamily, process, service string) []*dto.MetricFamily {
	for _, f := range list {
		for _, m := range f.Metric {
			for _, l := range m.Label {
				if name := l.GetName(); name == labelProcess || name == labelService {
					l.Name = new(exported + name)
				}
			}
			m.Label = append(m.Label, pair(labelProcess, process), pair(labelService, service))
			slices.SortFunc(m.Label, func(a, b *dto.LabelPair) int { return cmp.Compare(a.GetName(), b.GetName()) })
		}
	}
	return list
}

func pair(name, value string) *dto.LabelPair { return &dto.LabelPair{Name: &name, Value: &value} }

// Scraped is the table of the metrics on gathering itself.
func Scraped() []Metric {
	labels := []string{labelProcess, labelService}
	return []Metric{
		{Name: "platform_scrape_up", Type: gauge, Help: "1 while the process answers with its metrics, which are absent otherwise.", Labels: labels},
		{Name: "platform_scrape_duration_seconds", Type: gauge, Help: "How long the process took to answer with its metrics.", Labels: labels},
	}
}

// scraped are the metrics on gathering. A process that was not asked is not up.
func scraped(all, asked []platform.Process, answers []answer) []*dto.MetricFamily {
	var list []*dto.MetricFamily
	for _, row := range Scraped() {
		list = append(list, &dto.MetricFamily{Name: &row.Name, Help: &row.Help, Type: dto.MetricType_GAUGE.Enum()})
	}
	sample := func(value float64, p platform.Process) *dto.Metric {
		return &dto.Metric{Label: []*dto.LabelPair{pair(labelProcess, p.Name), pair(labelService, p.Service)}, Gauge: &dto.Gauge{Value: &value}}
	}
	for _, p := range all {
		i := slices.IndexFunc(asked, func(q platform.Process) bool { return q.Name == p.Name })
		list[0].Metric = append(list[0].Metric, sample(truth(i >= 0 && answers[i].err == nil), p))
		if i >= 0 {
			list[1].Metric = append(list[1].Metric, sample(answers[i].took.Seconds(), p))
		}
	}
	return slices.DeleteFunc(list, func(f *dto.MetricFamily) bool { return len(f.Metric) == 0 })
}

// merged are metrics of several sources, by name.
type merged map[string]*dto.MetricFamily

// add adds metrics. One of another type than the one of that name before it is left out: two
// incarnations of a service may differ during an upgrade.
func (m merged) add(list []*dto.MetricFamily) {
	for _, f := range list {
		known := m[f.GetName()]
		switch {
		case known == nil:
			m[f.GetName()] = f
		case known.GetType() == f.GetType():
			known.Metric = append(known.Metric, f.Metric...)
		}
	}
}

// sorted returns the metrics in order of name.
func (m merged) sorted() []*dto.MetricFamily {
	list := make([]*dto.MetricFamily, 0, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		list = append(list, m[name])
	}
	return list
}
