package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"livestream-tui/procs"
	"livestream-tui/procs/platform/model"
	"livestream-tui/procs/preflight"
	"livestream-tui/services/kit/httpx"
	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/text"
)

const (
	pollPeriod  = time.Second
	pollSooner  = 200 * time.Millisecond // until there is something to play
	pollTimeout = time.Second
	answerMost  = 4 << 20 // bytes of an answer
)

// poller asks the reporters and the origins; of each, the first that answers counts. A list
// is empty when the layout has no such process.
type poller struct {
	reporters, origins []string
	client             *http.Client
	token              string // commands an origin; empty for none
}

func newPoller(list []preflight.Endpoint) poller {
	p := poller{client: newClient()}
	for _, e := range list {
		switch e.Service {
		case "reporter":
			p.reporters = append(p.reporters, e.URL())
		case "origin":
			p.origins = append(p.origins, e.URL())
		}
	}
	return p
}

// newClient returns a client for services on this machine.
func newClient() *http.Client { return httpx.New(httpx.Options{Timeout: pollTimeout}) }

// run polls once a second until ctx is cancelled and calls changed with new answers.
func (p poller) run(ctx context.Context, changed func(model.Answers)) {
	defer p.client.CloseIdleConnections()
	var last model.Answers
	for {
		if a := p.ask(ctx); ctx.Err() == nil && !reflect.DeepEqual(a, last) {
			changed(a)
			last = a
		}
		wait := pollPeriod
		if len(last.Live) == 0 {
			wait = pollSooner
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(procs.UntilNext(time.Now(), wait)):
		}
	}
}

// ask polls once. The signals are the reporter's; those that no origin answers for are
// left out.
func (p poller) ask(ctx context.Context) model.Answers {
	var a model.Answers
	if len(p.reporters) == 0 {
		a.Err = "this layout has no reporter"
		return a
	}
	var failed []string
	for _, reporter := range p.reporters {
		a = model.Answers{}
		err := p.get(ctx, reporter+"/ingests", &a.Ingests)
		if err == nil {
			err = p.get(ctx, reporter+"/packagers", &a.Details)
		}
		if err == nil {
			break
		}
		failed = append(failed, fmt.Sprintf("the reporter (%s) does not answer: %v", reporter, err))
	}
	if len(failed) == len(p.reporters) {
		return model.Answers{Err: strings.Join(failed, "; ")}
	}
	preferences := p.preferences(ctx, a.Details)
	for _, signal := range slices.Sorted(maps.Keys(preferences)) {
		pref := preferences[signal]
		a.Preferences = append(a.Preferences, pref)
		if pref.Active != "" {
			a.Live = append(a.Live, report.Live{Signal: signal, Server: pref.Active + "/" + signal + "/playlist.m3u8"})
		}
	}
	return a
}

// preferences returns those of signals, by name. For each signal the first origin that knows
// it counts.
func (p poller) preferences(ctx context.Context, signals []report.SignalStatus) map[string]report.Preference {
	found := map[string]report.Preference{}
	for _, origin := range p.origins {
		if len(found) == len(signals) {
			break
		}
		var list []report.Preference
		if p.get(ctx, origin+"/preferences", &list) != nil {
			continue
		}
		for _, pref := range list {
			_, known := found[pref.Signal]
			reported := slices.ContainsFunc(signals, func(d report.SignalStatus) bool { return d.Signal == pref.Signal })
			if !known && reported {
				found[pref.Signal] = pref
			}
		}
	}
	return found
}

func (p poller) get(ctx context.Context, address string, v any) error {
	a, err := httpx.Get(ctx, p.client, address, answerMost)
	if err != nil {
		return cause(err)
	}
	return json.Unmarshal(a.Body, v)
}

// cause returns a failed request's error in an operator's words.
func cause(err error) error { return errors.New(text.Cause(err)) }
