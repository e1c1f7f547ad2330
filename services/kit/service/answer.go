package service

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gorilla/mux"

	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/text"
)

// Reads returns the methods of every route that reads, for mux's Methods.
func Reads() []string { return []string{http.MethodGet, http.MethodHead} }

// WriteJSON answers with v as JSON that people can read: indented by two spaces, with
// a final newline, and with the characters of URLs unescaped. It keeps the headers that
// the caller set.
func WriteJSON(w http.ResponseWriter, status int, v any) {
	b, err := indented(v)
	if err != nil {
		status, b = http.StatusInternalServerError, []byte("{\n  \"error\": \"internal error\"\n}\n")
	}
	w.Header().Set("Content-Type", "application/json")
	if w.Header().Get("Cache-Control") == "" {
		w.Header().Set("Cache-Control", "no-store")
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	w.WriteHeader(status)
	_, _ = w.Write(b) // fails only when the client has gone
}

func indented(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false) // the answer's type is not a web page's
	err := enc.Encode(v)
	return b.Bytes(), err
}

// WriteError answers with a JSON error of one short sentence.
func WriteError(w http.ResponseWriter, status int, message string) {
	WriteJSON(w, status, report.Error{Error: message})
}

// addErrors answers with a JSON error when r has no route, or only has routes for
// other methods.
func addErrors(r *mux.Router) {
	r.NotFoundHandler = http.HandlerFunc(notFound)
	r.MethodNotAllowedHandler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		allowed := strings.Join(methods(r, req), ", ")
		w.Header().Set("Allow", allowed) // RFC 9110, 15.5.6
		WriteError(w, http.StatusMethodNotAllowed, "the method is not allowed here; allowed are "+allowed)
	})
}

func notFound(w http.ResponseWriter, _ *http.Request) {
	WriteError(w, http.StatusNotFound, "nothing is served under this path")
}

// methods returns the methods that r has a route for under the path of req.
func methods(r *mux.Router, req *http.Request) []string {
	var list []string
	for _, m := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions} {
		probe := *req
		probe.Method = m
		var match mux.RouteMatch
		if r.Match(&probe, &match) && match.MatchErr == nil {
			list = append(list, m)
		}
	}
	return list
}

// maxPost bounds the body of a POST: the largest report is far smaller.
const maxPost = 4 << 20

// ReadPost decodes a POST's JSON body into v, or answers with an error and
// returns false. It keeps out web pages, which can POST to localhost: the content type
// must be application/json, there must be no Origin header, and the Host must be one of
// ours: an IP address that we listen on, localhost, or the host of one of own, the
// service's own base URLs.
func ReadPost(w http.ResponseWriter, r *http.Request, own URLs, v any) bool {
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/json" {
		WriteError(w, http.StatusUnsupportedMediaType, "the Content-Type must be application/json")
		return false
	}
	if r.Header.Get("Origin") != "" {
		WriteError(w, http.StatusForbidden, "requests from web pages are not allowed")
		return false
	}
	if !ownHost(r, own) {
		WriteError(w, http.StatusForbidden, fmt.Sprintf("host %q is not served here", text.Clean(r.Host)))
		return false
	}
	return readJSON(w, r, v)
}

// ReadControl decodes the JSON body of a request that came over the socket into v,
// or answers with an error and returns false. Web pages cannot reach the socket.
func ReadControl(w http.ResponseWriter, r *http.Request, v any) bool { return readJSON(w, r, v) }

func readJSON(w http.ResponseWriter, r *http.Request, v any) bool {
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxPost))
	dec.DisallowUnknownFields()
	err := dec.Decode(v)
	if err == nil {
		if _, end := dec.Token(); !errors.Is(end, io.EOF) {
			err = errors.New("something follows the value")
		}
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		WriteError(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is larger than %d bytes", large.Limit))
	case err != nil:
		WriteError(w, http.StatusBadRequest, "bad JSON: "+text.Clean(err.Error()))
	}
	return err == nil
}

// ownHost reports whether the request names us: by the address of its connection, as
// localhost, or by a configured name. Another name could have been rebound to us by DNS.
func ownHost(r *http.Request, own URLs) bool {
	for _, base := range own {
		if u, err := url.Parse(base); err == nil && strings.EqualFold(u.Host, r.Host) {
			return true
		}
	}
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	if ip == nil {
		return false
	}
	local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	return ip.IsLoopback() || !ok || local.IP.Equal(ip)
}
