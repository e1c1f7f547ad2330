package stream

import (
	"slices"
	"time"

	"livestream-tui/services/hls/failover"
	"livestream-tui/services/hls/health"
	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/proxy/sources"
	"livestream-tui/services/proxy/timeline"
	"livestream-tui/services/proxy/trouble"
	"livestream-tui/services/proxy/uri"
)

// State is what is known of one stream. Step takes it over: the caller goes on with the
// state that it returns.
type State struct {
	// Packagers are the base URLs, as in PACKAGERS.
	Packagers []string
	// Policy is how packagers are judged; it is set before the first Step, if at all.
	Policy health.Policy
	hosts  uri.Hosts
	// choice is the packager that players are served from.
	choice    failover.Choice
	preferred string // what the origin prefers
	verdicts  []health.Verdict
	playlists map[string]*Playlist
	breaks    breaks
	switching []switching
	early     string // the playlist that has told that players are served ahead of the clock; empty while they are not

	now     time.Time
	effects []Effect
}

// breaks counts the discontinuities that the proxy has added. All renditions of a stream
// have the same ones (RFC 8216, 6.2.4).
type breaks struct {
	count int64
	last  time.Time
}

// New is the state of a new stream.
func New(packagers []string) State {
	return State{Packagers: packagers, hosts: uri.NewHosts(packagers), playlists: map[string]*Playlist{}}
}

// Playlist is what is known of one playlist.
type Playlist struct {
	key     string
	asked   string // its target at packagers that do not hand out sessions
	began   time.Time
	line    timeline.Timeline
	records []record // in the order of PACKAGERS
	mode    Mode
	why     string    // reason of the mode
	entered time.Time // when the mode began
	shown   Snapshot
	// lead is the packager whose segments the timeline continues with; the others are
	// compared with it.
	lead   int
	broken int64 // how many of the stream's breaks this timeline has
	media  media
	end    time.Time // since when every packager that answers has ended it
	over   bool      // players have the end, and no packager goes on
	stuck  stuck
	multi  multi
	slot   slot
	// restored means that the timeline is an earlier incarnation's and nothing was added
	// to it. cut is how many segments at its head were not kept.
	restored bool
	cut      int
	offered  *sources.Table
}

// record is what is known of one packager for a playlist.
type record struct {
	seen     health.Observation
	answer   Answer              // the last good one
	list     *m3u8.MediaPlaylist // of answer
	length   time.Duration       // of list
	shortest time.Duration       // of the segments of list
	status   int                 // of the last answer if it was a refusal, else 0
	last     Answer              // the last one, good or not
	target   string              // its target at the packager
	fresh    bool                // list has not been compared yet
	rel      timeline.Relation   // of list to the timeline
	proof    proof               // whether it has the timeline's media
	verdict  health.Verdict
	trouble  trouble.Record
	fault    time.Time // since when it is not well; zero while it is well
	saved    int       // requests that a peer answered in its place since then
	probing  bool      // a proof of its health is under way
	warned   bool      // a warning about its oddities was given
	lacks    int64     // the last MSN that it listed and did not have yet
	hint     hint      // what it says without being asked
	held     bool      // what it lists is not taken, since it is ahead of the clock
}

// Restore adds a playlist as an earlier incarnation left it.
func (s State) Restore(k Kept, now time.Time) (State, []Effect) {
	s.now, s.effects = now, nil
	p := s.follow(k.Key, k.Asked)
	p.line, p.media.retired, p.broken = k.Line, k.Retired, k.Breaks
	p.line.Hosts, p.line.Key = s.hosts, k.Key
	p.line.Share()
	for i := range p.line.Entries {
		p.line.Entries[i].Listed = from(p.line.Entries[i].Listed, now)
	}
	p.lead = max(slices.Index(s.Packagers, k.Active), 0)
	s.choice.Active = k.Active
	s.breaks.count = max(s.breaks.count, k.Breaks)
	p.media.grew, p.mode, p.restored, p.cut = now, Merged, true, k.Cut
	for i := range p.line.Entries {
		s.use(p, &p.line.Entries[i])
	}
	for _, e := range p.line.Pending() {
		p.media.arrived[e.MSN] = now
	}
	p.media.retired = slices.Clone(p.media.retired)
	for i := range p.media.retired {
		p.media.retired[i].Until = from(p.media.retired[i].Until, now)
	}
	p.media.retired = slices.DeleteFunc(p.media.retired, func(r Retired) bool { return now.After(r.Until) })
	for i := range p.media.retired {
		s.use(p, &p.media.retired[i].Entry)
	}
	s.show(p)
	return s, s.effects
}

// from is a time that was kept, by the monotonic clock of now: the wall clock may step
// from now on.
func from(t, now time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return now.Add(t.Sub(now))
}

// Kept is the part of a playlist that outlives the proxy's process.
type Kept struct {
	Key string `json:"key"`
	// Asked is its target at packagers.
	Asked string `json:"target"`
	// Stream is the key of the playlist that the stream began with.
	Stream string `json:"stream"`
	Active string `json:"active"`
	// Packagers are the base URLs of PACKAGERS, which the packagers of Line are places in;
	// empty in what an earlier version has kept.
	Packagers []string          `json:"packagers,omitempty"`
	Line      timeline.Timeline `json:"line"`
	// Cut is how many segments were listed before those of Line.
	Cut int `json:"cut,omitempty"`
	// Retired entries have left the playlist; players may still ask for them.
	Retired []Retired `json:"retired,omitempty"`
	Breaks  int64     `json:"breaks"`
}

// Retired is an entry that has left the playlist and is still served.
type Retired struct {
	Entry timeline.Entry `json:"entry"`
	Until time.Time      `json:"until"`
}

// keptMost is how many of the newest segments are kept on disk: of a long window, the
// rest comes back from the packagers.
const keptMost = 120

// IsOver reports whether a playlist has ended for good, so that nothing of it is kept.
func (s *State) IsOver(key string) bool {
	p := s.playlists[key]
	return p != nil && p.mode == Refused && p.line.Empty()
}

// Keep is the part of a playlist to keep; false when there is nothing to keep.
func (s *State) Keep(key string) (Kept, bool) {
	p := s.playlists[key]
	if p == nil || p.mode != Merged || p.line.Listed == 0 {
		return Kept{}, false
	}
	line := p.line
	cut := max(line.Listed-keptMost, 0)
	for i := range line.Entries[:cut] {
		if line.Entries[i].Segment.Discontinuity {
			line.Number++
		}
	}
	// Pending entries are kept as well: their discontinuity may be that of the shift.
	line.Entries, line.Listed = line.Entries[cut:], line.Listed-cut
	return Kept{Cut: cut + p.cut, Key: key, Asked: p.asked, Active: s.choice.Active, Packagers: s.Packagers, Line: line, Retired: p.media.retired, Breaks: p.broken}, true
}

// Verdicts are the verdicts on the packagers for the stream, in the order of PACKAGERS.
func (s *State) Verdicts() []health.Verdict { return s.verdicts }

// PlaylistVerdicts are the verdicts on the packagers for a playlist.
func (s *State) PlaylistVerdicts(key string) []health.Verdict {
	p := s.playlists[key]
	if p == nil {
		return nil
	}
	list := make([]health.Verdict, len(p.records))
	for i := range p.records {
		list[i] = p.records[i].verdict
	}
	return list
}

// Sizes count the parts of a playlist's state, which must not grow with time.
func (s *State) Sizes(key string) []int {
	p := s.playlists[key]
	if p == nil {
		return nil
	}
	return []int{len(p.media.fetches), len(p.media.uses), len(p.media.retired), len(p.line.Entries), len(p.media.arrived)}
}

// Active is the base URL of the packager that players are served from.
func (s *State) Active() string { return s.choice.Active }

func (s *State) emit(e Effect) { s.effects = append(s.effects, e) }

func (s *State) say(level Level, message string, fields ...any) {
	s.emit(Say{level, message, fields})
}

// targetGuess is the target duration while it is unknown.
const targetGuess = 2 * time.Second

func (p *Playlist) target() time.Duration {
	if p.line.Empty() {
		return targetGuess
	}
	return p.line.Target()
}

// answers reports whether the packager's last answer was good.
func (r *record) answers() bool { return !r.seen.At.IsZero() && r.seen.Fails == 0 }

// found is the packager's list for the timeline.
func (r *record) found() timeline.List {
	return timeline.List{MediaPlaylist: r.list, Found: r.answer.Found}
}
