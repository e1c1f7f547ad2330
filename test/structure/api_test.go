package structure_test

import (
	"maps"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gorilla/mux"
	"github.com/prometheus/client_golang/prometheus"

	"livestream-tui/services/kit/handover"
	"livestream-tui/services/kit/service"
)

// everyService is the heading of the routes that each service has.
const everyService = "Every service"

// routeFiles are the files that make a route table. Those of package api and metrics, and the
// page's, are read as text; the others are asked by walking.
var routeFiles = []string{
	"procs/metrics/server.go", "procs/platform/api/server.go",
	"services/kit/service/handler.go",
}

// routesOf are the routes of a service at its address, its admin address and its socket.
func routesOf(t *testing.T, name string) map[string]bool {
	t.Helper()
	made, k := made(t, name, prometheus.NewRegistry())
	found := map[string]bool{}
	for _, h := range []http.Handler{service.Handler(made, k), service.AdminHandler(made, k), service.SocketHandler(made, k)} {
		walk(t, h, found)
	}
	return found
}

// walk adds the routes of h to found, as "METHOD /path"; those for any method as "any /path".
func walk(t *testing.T, h http.Handler, found map[string]bool) {
	t.Helper()
	variable := regexp.MustCompile(`\{(\w+)[^}]*\}`)
	err := h.(*mux.Router).Walk(func(r *mux.Route, _ *mux.Router, _ []*mux.Route) error {
		if r.GetHandler() == nil { // a subrouter, whose routes follow
			return nil
		}
		template, err := r.GetPathTemplate()
		if err != nil {
			return nil //nolint:nilerr // it is matched by something else than a path
		}
		template = variable.ReplaceAllStringFunc(template, func(v string) string {
			return strings.ToUpper(variable.FindStringSubmatch(v)[1])
		})
		methods, err := r.GetMethods()
		if err != nil {
			methods = []string{"any"}
		}
		for _, m := range methods {
			found[m+" "+template] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// routesIn are the routes that the text of a package's files registers, by pattern: a method
// and a path.
func routesIn(t *testing.T, pkg, pattern string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	for _, file := range goFiles(t) {
		if path.Dir(file) != pkg || isTest(file) {
			continue
		}
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(read(t, file), -1) {
			found[m[1]] = true
		}
	}
	if len(found) == 0 {
		t.Fatalf("%s: no route matches %s", pkg, pattern)
	}
	return found
}

// apiRoutes are the routes that docs/API.md must have, by heading.
func apiRoutes(t *testing.T) map[string]map[string]bool {
	t.Helper()
	routes := map[string]map[string]bool{
		"The supervisor's sockets": routesIn(t, "procs/platform/api", `\.Handle(?:Func)?\("([A-Z]+ /[^"]*)"`),
		"The platform's metrics":   routesIn(t, "procs/metrics", `\.Handle(?:Func)?\("([A-Z]+ /[^"]*)"`),
	}
	common := routesOf(t, "viewer")
	for name, heading := range map[string]string{"proxy": "The proxy", "receiver": "The receiver", "origin": "The origin", "reporter": "The reporter", "packager": "A packager", "worker": "The worker", "engine": "The engine"} {
		routes[heading] = routesOf(t, name)
		for route := range common {
			delete(routes[heading], route)
		}
	}
	common["POST "+handover.Path] = true
	routes[everyService] = common
	proxy := routes["The proxy"]
	for file := range routesIn(t, "services/proxy/page", `(?m)^\t\t(?:"(/[^"]*)"):`) {
		proxy["GET "+file], proxy["HEAD "+file] = true, true
	}
	for _, file := range []string{"events", "FILE"} {
		proxy["GET /watch/page/"+file], proxy["HEAD /watch/page/"+file] = true, true
	}
	proxy["any /.well-known/acme-challenge/TOKEN"] = true // only with PROXY_ACME_HOSTS
	return routes
}

func TestTheAPIDocumentHasEveryRoute(t *testing.T) {
	documented := map[string]map[string]bool{}
	heading := ""
	row := regexp.MustCompile("^\\| ([A-Za-z, ]+) \\| `(/[^`]*)` \\|")
	for line := range strings.Lines(read(t, "docs/API.md")) {
		if h, ok := strings.CutPrefix(line, "## "); ok {
			heading = strings.TrimSpace(h)
			documented[heading] = map[string]bool{}
		}
		m := row.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		for method := range strings.SplitSeq(m[1], ", ") {
			documented[heading][method+" "+m[2]] = true
		}
	}
	registered := apiRoutes(t)
	for heading, routes := range registered {
		for _, route := range slices.Sorted(maps.Keys(routes)) {
			if !documented[heading][route] {
				t.Errorf("docs/API.md, %q, lacks %s", heading, route)
			}
		}
	}
	for heading, routes := range documented {
		for _, route := range slices.Sorted(maps.Keys(routes)) {
			if !registered[heading][route] {
				t.Errorf("docs/API.md, %q, has %s, which nothing answers", heading, route)
			}
		}
	}
}

// TestRouteTablesAreWhereTheAPIDocumentLooksForThem holds that no other package serves
// something that the test above does not see.
func TestRouteTablesAreWhereTheAPIDocumentLooksForThem(t *testing.T) {
	server := regexp.MustCompile(`http\.NewServeMux\(|mux\.NewRouter\(|http\.HandleFunc\(|http\.Handle\(`)
	for _, file := range goFiles(t) {
		if isTest(file) || strings.HasPrefix(file, "test/") || strings.HasSuffix(path.Dir(file), "test") {
			continue
		}
		if server.MatchString(read(t, file)) && !slices.Contains(routeFiles, file) {
			t.Errorf("%s makes a route table, which docs/API.md and apiRoutes do not know", file)
		}
	}
}
