package reporter

import (
	"net/http"

	"github.com/gorilla/mux"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/service"
)

// Routes adds the routes of the table.
func (s *Service) Routes(r *mux.Router) {
	r.HandleFunc("/ingests", s.ingests).Methods(service.Reads()...)
	r.HandleFunc("/ingests", s.report).Methods(http.MethodPost)
	r.HandleFunc("/packagers", s.packagers).Methods(service.Reads()...)
}

func (s *Service) ingests(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	s.forget()
	list := s.table.ingests(s.zone)
	s.mu.Unlock()
	service.WriteJSON(w, http.StatusOK, list)
}

// packagers answers with the details. Last-Modified is when a discovery last reported and
// is absent before the first report, so that the reader of an empty table can tell whether
// nothing is ingested or nothing was reported.
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
	var t event.Notice
	tell := false
	if err != nil {
		t, tell = s.refusals.Seen(err.Error(), s.now())
	}
	s.mu.Unlock()
	if err != nil {
		s.reports.WithLabelValues("refused").Inc()
		if tell { // a misconfigured discovery reports each second
			s.quiet.Warn("report refused", "from", r.RemoteAddr, "reason", t.Text, "times", t.Times)
		}
		service.WriteError(w, http.StatusBadRequest, err.Error())
		return
	}
	s.reports.WithLabelValues("taken").Inc()
	if s.machines != nil {
		s.machines.pass(in)
	}
	w.WriteHeader(http.StatusNoContent)
}
