package service

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"reflect"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/caarlos0/env/v11"

	"livestream-tui/services/kit/text"
)

// Environment is a process's variables by name. All settings are read from one, so that
// tests never touch the real environment.
type Environment map[string]string

// OSEnvironment returns a copy of this process's environment.
func OSEnvironment() Environment {
	e := Environment{}
	for _, kv := range os.Environ() {
		if k, v, ok := strings.Cut(kv, "="); ok {
			e[k] = v
		}
	}
	return e
}

// List returns the variables as KEY=VALUE, sorted, for a child process.
func (e Environment) List() []string {
	list := make([]string, 0, len(e))
	for k, v := range e {
		list = append(list, k+"="+v)
	}
	sort.Strings(list)
	return list
}

// Problem is one bad variable.
type Problem struct {
	Variable string // its name
	Value    string // what it is set to
	Allowed  string // what it may be, in words
}

// ConfigError is every bad variable of one process in one error. main ends with
// status 78 on it, and the supervisor never restarts that status.
type ConfigError struct{ Problems []Problem }

// Error lists the problems, one a line, each with what is allowed. Values that may be
// secrets are masked.
func (e *ConfigError) Error() string {
	lines := make([]string, 0, len(e.Problems))
	for _, p := range e.Problems {
		lines = append(lines, fmt.Sprintf("%s=%q: %s", p.Variable, text.WithoutSecrets(p.Variable, p.Value), p.Allowed))
	}
	return "bad environment: " + strings.Join(lines, "\n                 ")
}

// Problems collects the bad variables that Parse and a service's own rules find; the
// zero value is ready.
type Problems struct{ list []Problem }

// Add adds a variable whose value is not allowed.
func (p *Problems) Add(variable, value, allowed string) {
	p.list = append(p.list, Problem{variable, value, allowed})
}

// Require adds a problem unless ok.
func (p *Problems) Require(ok bool, variable string, value any, allowed string) {
	if !ok {
		p.Add(variable, fmt.Sprint(value), allowed)
	}
}

// JoinProblems joins configuration errors into one, each problem once; any other
// error goes first.
func JoinProblems(errs ...error) error {
	var all ConfigError
	for _, err := range errs {
		var config *ConfigError
		switch {
		case err == nil:
		case !errors.As(err, &config):
			return err
		default:
			for _, p := range config.Problems {
				if !slices.Contains(all.Problems, p) {
					all.Problems = append(all.Problems, p)
				}
			}
		}
	}
	if len(all.Problems) == 0 {
		return nil
	}
	return &all
}

// Err returns a *ConfigError, or nil when nothing was found.
func (p *Problems) Err() error {
	if len(p.list) == 0 {
		return nil
	}
	return &ConfigError{Problems: p.list}
}

// Parse fills the struct that config points to from e by its `env` and
// `envDefault` tags (nested structs too) and adds each bad variable to
// problems. An empty variable counts as unset. Every tagged field also carries
// a `doc` tag, from which the table of settings is made.
func Parse(e Environment, config any, problems *Problems) {
	set := make(map[string]string, len(e))
	for k, v := range e {
		if v != "" {
			set[k] = v
		}
	}
	err := env.ParseWithOptions(config, env.Options{Environment: set})
	if err == nil {
		return
	}
	// The error names fields, and two structs may have a field of the same name. Each
	// variable is parsed again by itself to find the bad ones.
	found := len(problems.list)
	for _, s := range Settings(config) {
		value, ok := set[s.Variable]
		if !ok {
			continue
		}
		fresh := reflect.New(reflect.TypeOf(config).Elem()).Interface()
		alone := env.ParseWithOptions(fresh, env.Options{Environment: map[string]string{s.Variable: value}})
		var bad env.ParseError
		if errors.As(alone, &bad) {
			problems.Add(s.Variable, value, allowed(bad))
		}
	}
	if len(problems.list) == found {
		problems.Add("?", "", err.Error()) // the struct's tags are wrong
	}
}

func allowed(bad env.ParseError) string {
	switch bad.Type.String() {
	case "time.Duration":
		return "not a duration; allowed is a number with a unit, such as 500ms, 10s or 2m"
	case "bool":
		return "not a switch; allowed are true and false"
	case "int", "int64", "float64":
		return "not a number"
	}
	return bad.Err.Error()
}

// Setting is one environment variable of a service.
type Setting struct {
	Variable, Default, Doc string
}

// Settings lists the variables of a config struct in the order of its fields,
// nested structs in place.
func Settings(config any) []Setting {
	t := reflect.TypeOf(config)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	var list []Setting
	for i := range t.NumField() {
		f := t.Field(i)
		if name, _, _ := strings.Cut(f.Tag.Get("env"), ","); name != "" {
			list = append(list, Setting{name, f.Tag.Get("envDefault"), f.Tag.Get("doc")})
			continue
		}
		if f.Type.Kind() == reflect.Struct {
			list = append(list, Settings(reflect.New(f.Type).Interface())...)
		}
	}
	return list
}

// Port is a TCP port, 1 to 65535.
type Port int

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *Port) UnmarshalText(b []byte) error {
	n, err := strconv.Atoi(string(b))
	if err != nil || n < 1 || n > 65535 {
		return errors.New("not a port; allowed is a number from 1 to 65535")
	}
	*p = Port(n)
	return nil
}

// URLs is a list of base URLs, http or https, without a final slash. In the
// environment they are separated by commas.
type URLs []string

// UnmarshalText implements encoding.TextUnmarshaler.
func (u *URLs) UnmarshalText(b []byte) error {
	list, err := ParseURLs(string(b), "http", "https")
	if err == nil {
		*u = list
	}
	return err
}

// ParseURLs reads a list of base URLs whose schemes are among those given.
func ParseURLs(s string, schemes ...string) (URLs, error) {
	var list URLs
	for _, one := range strings.Split(s, ",") {
		shown := text.WithoutSecrets("", one)
		if strings.Contains(s, "@") {
			shown = text.WithoutSecrets("", s) // a password may hold a comma
		}
		one = strings.TrimRight(strings.TrimSpace(one), "/")
		p, err := url.Parse(one)
		if err != nil || !slices.Contains(schemes, p.Scheme) || p.Host == "" || p.RawQuery != "" || p.Fragment != "" || p.User != nil {
			return nil, fmt.Errorf("%q is not a base URL; allowed are %s://HOST:PORT, separated by commas", shown, strings.Join(schemes, "://HOST:PORT and "))
		}
		if slices.Contains(list, one) {
			return nil, fmt.Errorf("%q stands twice", one)
		}
		list = append(list, one)
	}
	return list, nil
}

// String returns the URLs as the environment holds them.
func (u URLs) String() string { return strings.Join(u, ",") }
