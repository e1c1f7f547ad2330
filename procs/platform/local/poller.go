package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"livestream-tui/procs"
	"livestream-tui/procs/platform/model"
	"livestream-tui/procs/preflight"
	"livestream-tui/services/kit/httpx"
	"livestream-tui/services/kit/report"
)

const (
	pollPeriod  = time.Second
	pollSooner  = 200 * time.Millisecond // until there is something to play
	pollTimeout = time.Second
	answerMost  = 4 << 20 // bytes of an answer that are read
)

// poller asks the reporters and the origins, of each the first that answers. A list
// is empty where the layout has none of them.
type poller struct {
	reporters, origins []string
	client             *http.Client
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

// run asks once a second until ctx is cancelled and tells what has changed.
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

// ask asks everything once. The signals are those that the reporter knows; what
// the origin does not answer for is left out.
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
		failed = append(failed, fmt.Sprintf("no answer from the reporter (%s): %v", reporter, err))
	}
	if len(failed) == len(p.reporters) {
		return model.Answers{Err: strings.Join(failed, "; ")}
	}
	var signals []string
	for _, d := range a.Details {
		signals = append(signals, d.Signal)
	}
	slices.Sort(signals)
	for _, signal := range signals {
		var pref report.Preference
		answered := slices.ContainsFunc(p.origins, func(origin string) bool {
			return p.get(ctx, origin+"/live/"+url.PathEscape(signal)+"/packagers", &pref) == nil
		})
		if !answered {
			continue
		}
		a.Preferences = append(a.Preferences, pref)
		if pref.Active != "" {
			a.Live = append(a.Live, report.Live{Signal: signal, Server: pref.Active + "/" + signal + "/playlist.m3u8"})
		}
	}
	return a
}

func (p poller) get(ctx context.Context, address string, v any) error {
	body, _, err := fetch(ctx, p.client, address)
	if err != nil {
		return err
	}
	return json.Unmarshal(body, v)
}

// fetch returns the body and the header of a 200, or says in a few words why there is
// none.
func fetch(ctx context.Context, client *http.Client, address string) ([]byte, http.Header, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, nil, short(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, answerMost))
	if err != nil {
		return nil, nil, short(err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, nil, fmt.Errorf("status %d", resp.StatusCode)
	}
	return body, resp.Header, nil
}

// short strips from a client's error what its reader knows: method, URL, address.
func short(err error) error {
	var sys *os.SyscallError
	var u *url.Error
	switch {
	case errors.As(err, &sys):
		return sys.Err
	case errors.As(err, &u) && u.Timeout():
		return fmt.Errorf("nothing within %s", pollTimeout)
	case errors.As(err, &u):
		return u.Err
	}
	return err
}
