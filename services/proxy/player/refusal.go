package player

import (
	"net/http"
	"slices"
	"strconv"
)

// refuseAs answers with a packager's refusal, in its own words if it gave any.
func (s *Server) refuseAs(w http.ResponseWriter, kind string, status int, header http.Header, body []byte) {
	for name, values := range header {
		if _, has := w.Header()[name]; !has && !slices.Contains(notPassed[:], name) {
			w.Header()[name] = values
		}
	}
	if body == nil {
		w.Header().Del("Content-Type")
		w.Header().Del("Content-Encoding")
		s.refuse(w, kind, status, "packagers refuse it")
		return
	}
	s.metrics.Requests.WithLabelValues(kind, strconv.Itoa(status)).Inc()
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // an error means that the player has gone
}

// notPassed are the headers of a refusal that belong to its connection or its transfer.
var notPassed = [...]string{
	"Connection", "Keep-Alive", "Transfer-Encoding", "Content-Length", "Trailer", "Upgrade", "Date", "Set-Cookie",
	"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Expose-Headers",
}
