package player

import (
	"strings"

	"livestream-tui/services/proxy/uri"
)

// hosts are the packagers by the hosts that URIs lead to.
type hosts struct {
	uri.Hosts
	bases []uri.Parts
}

func newHosts(bases []string) hosts {
	h := hosts{Hosts: uri.NewHosts(bases)}
	for _, b := range bases {
		h.bases = append(h.bases, uri.Split(b))
	}
	return h
}

// index is the packager at a host, -1 when it is no packager's.
func (h hosts) index(scheme, host string) int {
	for i, b := range h.bases {
		if strings.EqualFold(b.Scheme, scheme) && strings.EqualFold(b.Authority, host) {
			return i
		}
	}
	return -1
}

// found is where an answer was found after redirects.
func (h hosts) found(scheme, host, target, key string) uri.Found {
	i := h.index(scheme, host)
	if i < 0 {
		return uri.Found{Host: scheme + "://" + host, Target: target, Key: key}
	}
	target = strings.TrimPrefix(target, strings.TrimSuffix(h.bases[i].Path, "/"))
	if at, err := uri.Key(target, nil); err == nil {
		target = at
	}
	return uri.Found{Packager: i, Target: target, Key: key}
}
