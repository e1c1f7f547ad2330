package cluster

import (
	"net/url"
	"strings"
)

// The keys of the Store, each with a record of this package as JSON under it.
const (
	// KeyMachine begins machine.MACHINE, with a Member: the machines that have joined.
	KeyMachine = "machine."
	// KeyService begins svc.KIND.MACHINE.NAME, with an Instance: who serves what, and where.
	KeyService = "svc."
	// KeyIngest begins ingest.SIGNAL.PACKAGER, with a report.PackagerStatus, written when its
	// state changes. PACKAGER is NameOf its base URL.
	KeyIngest = "ingest."
	// KeyPin begins intent.pin.SIGNAL, with a Pin.
	KeyPin = "intent.pin."
	// KeyStop begins intent.stop.MACHINE.PROCESS, with an Intent: the process is stopped.
	KeyStop = "intent.stop."
	// KeyDrain begins intent.drain.MACHINE, with an Intent: the machine is to be left.
	KeyDrain = "intent.drain."
	// KeyBack begins intent.back.stop.MACHINE.PROCESS and intent.back.drain.MACHINE, with an
	// Intent: a stop or a drain of an earlier time was taken back.
	KeyBack = "intent.back."
	// KeyIntent begins the keys of all that operators want.
	KeyIntent = "intent."
	// KeyStore has a random word, written by whoever finds the Store empty: another word
	// means that the Store was lost in between.
	KeyStore = "store"
)

// The subjects of the Bus.
const (
	// SubjectBeat begins beat.MACHINE: a Beat each second.
	SubjectBeat = "beat."
	// SubjectFrontier begins front.PACKAGER: a Frontier at each new segment.
	SubjectFrontier = "front."
	// SubjectIngest begins ingest.MACHINE: a report.IngestReport of its reporter, each second
	// and at each change.
	SubjectIngest = "ingest."
	// SubjectPin begins pin.MACHINE: the list of Pins that its origin knows, at each command and
	// each two seconds, so that a hold needs no Store.
	SubjectPin = "pin."
	// SubjectClock begins clock.MACHINE: a request is answered with a Clock.
	SubjectClock = "clock."
	// SubjectLive begins live.MACHINE: a lead.Claim of its receiver for each live signal, four
	// times a second and at each change.
	SubjectLive = "live."
	// SubjectPlatform begins platform.MACHINE: a request of the platform's API is answered, as
	// procs/cluster/call says.
	SubjectPlatform = "platform."
)

// machineMost is the most letters of a machine's name.
const machineMost = 32

// IsMachine reports whether a name is one that a machine may have: up to 32 lower-case
// letters, digits and -, a letter or digit first.
func IsMachine(name string) bool {
	for i, r := range name {
		letter := r >= 'a' && r <= 'z' || r >= '0' && r <= '9'
		if !letter && (r != '-' || i == 0) {
			return false
		}
	}
	return name != "" && len(name) <= machineMost
}

// NameOf returns the name that a server has in keys and subjects, by its base URL:
// 10-0-0-1-8080 for http://10.0.0.1:8080.
func NameOf(base string) string {
	host := base
	if u, err := url.Parse(base); err == nil && u.Host != "" {
		host = u.Host
	}
	return strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '-'
	}, host), "-")
}

// LastWord returns the last word of a key or a subject: the machine of beat.a.
func LastWord(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }
