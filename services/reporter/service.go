// Package reporter keeps what the discoveries report and answers which signals
// are ingested and which packagers are up for them.
package reporter

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/mux"
	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/service"
)

// sweep is how often the table is searched for what is to be forgotten, so that
// the log says so also when nobody asks.
const sweep = time.Second

// Service is the reporter.
type Service struct {
	config  Config
	log     hclog.Logger
	now     func() time.Time
	zone    *time.Location // of the times in GET /ingests
	reports *prometheus.CounterVec

	quiet *service.Quiet

	mu       sync.Mutex
	table    *table          // guarded by mu
	refusals event.Recurring // guarded by mu
}

var _ service.Service = (*Service)(nil)

// New returns a reporter with an empty table.
func New(c Config, k service.Kit) (*Service, error) {
	s := &Service{config: c, log: k.Log, now: time.Now, zone: time.Local, quiet: service.NewQuiet(k.Log, service.QuietPeriod), table: newTable(c.Packagers, c.TTL)}
	metrics := promauto.With(k.Metrics)
	s.reports = metrics.NewCounterVec(prometheus.CounterOpts{Name: "reporter_reports_total", Help: "Reports by result: taken or refused."}, []string{"result"})
	metrics.NewGaugeFunc(prometheus.GaugeOpts{Name: "reporter_signals", Help: "Signals in the table."}, func() float64 {
		s.mu.Lock()
		defer s.mu.Unlock()
		return float64(len(s.table.rows))
	})
	return s, nil
}

// Address is REPORTER_PORT on CONTROL_BIND_ADDRESS.
func (s *Service) Address() string { return s.config.Address() }

// Routes adds the table's routes.
func (s *Service) Routes(r *mux.Router) {
	r.HandleFunc("/ingests", s.ingests).Methods(service.Reads()...)
	r.HandleFunc("/ingests", s.report).Methods(http.MethodPost)
	r.HandleFunc("/packagers", s.packagers).Methods(service.Reads()...)
}

// Ready is true from the start: who can ask is answered.
func (s *Service) Ready() (bool, string) { return true, "" }

// Run forgets what is not reported any more until ctx is cancelled.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(sweep)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			s.tick()
		}
	}
}

// tick brings everything up to date.
func (s *Service) tick() {
	s.mu.Lock()
	s.forget()
	over := s.refusals.Ended(s.now())
	s.mu.Unlock()
	for _, t := range over {
		s.log.Info("no more reports are refused for this reason", "reason", t.Text, "times", t.Times)
	}
}

// forget brings the table up to date. Needs mu.
func (s *Service) forget() {
	for _, signal := range s.table.forget(s.now()) {
		s.log.Warn("signal forgotten, nobody reports it", "signal", signal, "after_ms", s.config.TTL.Milliseconds())
	}
}

func (s *Service) ingests(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	s.forget()
	list := s.table.ingests(s.zone)
	s.mu.Unlock()
	service.WriteJSON(w, http.StatusOK, list)
}

// packagers answers with the details. Last-Modified is when a discovery last
// reported, absent before the first: so that who reads an empty table can tell
// "nothing is ingested" from "nobody reports".
func (s *Service) packagers(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	s.forget()
	list, reported := s.table.details(), s.table.reported
	s.mu.Unlock()
	if !reported.IsZero() {
		w.Header().Set("Last-Modified", reported.UTC().Format(http.TimeFormat))
	}
	service.WriteJSON(w, http.StatusOK, list)
}

func (s *Service) report(w http.ResponseWriter, r *http.Request) {
	var in report.IngestReport
	if !service.ReadPost(w, r, s.config.ReporterURL, &in) {
		s.reports.WithLabelValues("refused").Inc()
		return
	}
	s.mu.Lock()
	s.forget()
	err := s.table.take(in, s.now())
	var t event.Telling
	tell := false
	if err != nil {
		t, tell = s.refusals.Seen(err.Error(), s.now())
	}
	s.mu.Unlock()
	if err != nil {
		s.reports.WithLabelValues("refused").Inc()
		if tell { // a discovery that is set up wrong reports each second
			s.quiet.Warn("report refused", "from", r.RemoteAddr, "reason", t.Text, "times", t.Times)
		}
		service.WriteError(w, http.StatusBadRequest, err.Error())
		return
	}
	s.reports.WithLabelValues("taken").Inc()
	w.WriteHeader(http.StatusNoContent)
}
