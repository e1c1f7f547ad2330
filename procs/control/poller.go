package control

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
	"livestream-tui/services/kit/dial"
	"livestream-tui/services/kit/report"
)

const (
	pollPeriod  = time.Second
	pollSooner  = 200 * time.Millisecond // until there is something to play
	pollTimeout = time.Second
	answerMost  = 4 << 20 // bytes of an answer that are read
)

// answers are what the control plane says, as in Snapshot.
type answers struct {
	Ingests     []report.Ingest
	Details     []report.SignalStatus
	Live        []report.Live
	Preferences []report.Preference
	Err         string
}

// poller asks the reporters and the origins, of each the first that answers. A list
// is empty where the layout has none of them.
type poller struct {
	reporters, origins []string
	client             *http.Client
}

func newPoller(list []endpoint) poller {
	p := poller{client: newClient()}
	for _, e := range list {
		switch e.Service {
		case "reporter":
			p.reporters = append(p.reporters, e.url())
		case "origin":
			p.origins = append(p.origins, e.url())
		}
	}
	return p
}

// newClient is one for services on this machine: no proxy of the environment's
// stands between, and no redirect is followed.
func newClient() *http.Client {
	return &http.Client{
		Timeout:       pollTimeout,
		Transport:     &http.Transport{DialContext: dial.Within(pollTimeout), MaxIdleConnsPerHost: 2, IdleConnTimeout: 30 * time.Second},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// run asks once a second until ctx is cancelled and tells what has changed.
func (p poller) run(ctx context.Context, changed func(answers)) {
	defer p.client.CloseIdleConnections()
	var last answers
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
func (p poller) ask(ctx context.Context) answers {
	var a answers
	if len(p.reporters) == 0 {
		a.Err = "this layout has no reporter"
		return a
	}
	var failed []string
	for _, reporter := range p.reporters {
		a = answers{}
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
		return answers{Err: strings.Join(failed, "; ")}
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
	body, err := fetch(ctx, p.client, address)
	if err != nil {
		return err
	}
	return json.Unmarshal(body, v)
}

// fetch returns the body of a 200, or says in a few words why there is none.
func fetch(ctx context.Context, client *http.Client, address string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, short(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, answerMost))
	if err != nil {
		return nil, short(err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", resp.StatusCode)
	}
	return body, nil
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
