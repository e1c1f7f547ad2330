package local

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/series"
	"livestream-tui/services/kit/httpx"
)

const (
	// requestsMetric is the proxy's count of players' requests, by kind and status.
	requestsMetric = "proxy_requests_total"
	// requestsTimeout is how long a proxy may take to answer: less than a step, so that a
	// proxy that hangs delays no other figure.
	requestsTimeout = 500 * time.Millisecond
	// metricsMost is how many bytes of an answer are read.
	metricsMost = 1 << 20
)

// requests counts the requests that players make of each proxy, by the proxy's own metrics.
type requests struct{ last map[string]counted } // by process

// counted is a proxy's count. One of another socket is of another incarnation, which counts
// from zero.
type counted struct {
	socket string
	total  float64
	at     time.Time
}

func newRequests() *requests { return &requests{map[string]counted{}} }

// rates asks the proxies, and returns the requests a second of each since the last call. One
// that does not answer, or is asked for the first time, is left out.
func (r *requests) rates(ctx context.Context, s platform.Snapshot) []series.Point {
	var asked []platform.Process
	for _, p := range s.OfRole(layouts.Proxy) {
		if p.Works() && p.Socket != "" {
			asked = append(asked, p)
		}
	}
	now, errs := make([]counted, len(asked)), make([]error, len(asked))
	var answers sync.WaitGroup
	for i, p := range asked {
		answers.Go(func() { now[i], errs[i] = countRequests(ctx, p.Socket) })
	}
	answers.Wait()
	var list []series.Point
	last := r.last
	r.last = map[string]counted{}
	for i, p := range asked {
		if errs[i] != nil {
			continue // the point is missing, which the plot shows
		}
		was, known := last[p.Name]
		r.last[p.Name] = now[i]
		if more := now[i].total - was.total; known && was.socket == p.Socket && more >= 0 {
			list = append(list, series.Point{Kind: series.Requests, Of: p.Name, Value: more / now[i].at.Sub(was.at).Seconds()})
		}
	}
	return list
}

// countRequests asks the proxy at a socket.
func countRequests(ctx context.Context, socket string) (counted, error) {
	client := httpx.New(httpx.Options{Timeout: requestsTimeout, Dial: httpx.Socket(socket)})
	defer client.CloseIdleConnections()
	a, err := httpx.Get(ctx, client, "http://service/metrics?"+url.Values{"name[]": {requestsMetric}}.Encode(), metricsMost)
	if err != nil {
		return counted{}, err
	}
	if a.Status != http.StatusOK {
		return counted{}, refusal(a)
	}
	total, err := sumOf(a.Body, requestsMetric)
	return counted{socket, total, time.Now()}, err
}

// sumOf adds up the values of a metric in the text format of Prometheus.
func sumOf(text []byte, name string) (float64, error) {
	sum := 0.0
	for line := range bytes.Lines(text) {
		rest, is := bytes.CutPrefix(line, []byte(name))
		if !is || len(rest) == 0 || rest[0] != '{' && rest[0] != ' ' {
			continue
		}
		words := bytes.Fields(rest[bytes.LastIndexByte(rest, '}')+1:])
		if len(words) == 0 {
			return 0, fmt.Errorf("%s: no value in %q", name, line)
		}
		v, err := strconv.ParseFloat(string(words[0]), 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return 0, fmt.Errorf("%s: the value %q is no count", name, words[0])
		}
		sum += v
	}
	return sum, nil
}
