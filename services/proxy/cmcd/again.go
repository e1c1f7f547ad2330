package cmcd

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"sync/atomic"
	"time"
)

// A player may ask for its playlist many times a second, and say the same each time but for
// some digits. The first such report of a turn is read. The others are counted without a
// lock, a clock or memory, and without a look at their session: with many players, all that
// belongs to one of them has left the processor's cache by the next request.

// turnEvery is how long a turn lasts.
const turnEvery = 500 * time.Millisecond

// marks has the mark of what each session said last, at one of two places that the mark
// tells. One may take the place of another, and the other's next report is read. Safe for
// concurrent use.
type marks [sessionsMost][2]atomic.Uint64

func (m *marks) at(mark uint64) *[2]atomic.Uint64 { return &m[mark>>8%sessionsMost] }

func (m *marks) has(mark uint64) bool {
	at := m.at(mark)
	return at[0].Load() == mark || at[1].Load() == mark
}

func (m *marks) add(mark uint64) {
	if at := m.at(mark); !at[0].CompareAndSwap(0, mark) {
		at[1].Store(mark)
	}
}

func (m *marks) remove(mark uint64) {
	at := m.at(mark)
	_ = at[0].CompareAndSwap(mark, 0) || at[1].CompareAndSwap(mark, 0)
}

// sent is a report as it came: the value of a query argument, or those of header fields.
type sent struct {
	argument []byte
	fields   [][]byte
}

// Before the session's ID stands this, in an argument and in a field.
var idInArgument, idInField = []byte(`sid%3D%22`), []byte(`sid="`)

// id is the session's ID; nil when it is not where players write it.
func (s sent) id() []byte {
	if s.argument != nil {
		return idBehind(s.argument, idInArgument, '%')
	}
	for _, f := range s.fields {
		if id := idBehind(f, idInField, '"'); id != nil {
			return id
		}
	}
	return nil
}

func idBehind(b, before []byte, end byte) []byte {
	for {
		i := bytes.IndexByte(b, before[0])
		if i < 0 {
			return nil
		}
		if b = b[i:]; bytes.HasPrefix(b, before) {
			break
		}
		b = b[1:]
	}
	b = b[len(before):]
	i := bytes.IndexByte(b, end)
	if i < 0 {
		return nil
	}
	return b[:i]
}

const (
	// markedMost bounds what a mark is made of, in bytes. A report that is longer has none.
	markedMost = 512
	// endOfPart is behind each part of it. No target and no field has one.
	endOfPart = '\n'
)

// mark is the same for two reports of one turn, session and playlist that differ in digits
// alone, beside those of escapes; it is a hash of all the rest. 0 for a report without one.
func (s *sessions) mark(turn uint32, asked, id []byte, said sent) uint64 {
	size := len(said.argument) + len(id) + len(asked) + 16
	for _, f := range said.fields {
		size += len(f) + 1
	}
	if turn == 0 || id == nil || size > markedMost {
		return 0
	}
	var room [markedMost]byte
	b := appendLevelled(room[:0], said.argument)
	for _, f := range said.fields {
		b = append(appendLevelled(b, f), endOfPart)
	}
	b = append(append(b, endOfPart), id...)
	b = append(append(b, endOfPart), asked...)
	b = binary.LittleEndian.AppendUint32(b, turn)
	return maphash.Bytes(s.seed, b) | 1
}

// Eight bytes are looked at together, as one number.
const (
	ones  = 0x0101010101010101
	highs = 0x80 * ones
)

// appendLevelled appends a part of a report with a 0 in place of every digit that is no part
// of an escape.
func appendLevelled(to, b []byte) []byte {
	escaped := uint64(0) // the high bits of bytes behind a % of the word before
	for len(b) > 0 {
		var w uint64
		n := 8
		if len(b) >= 8 {
			w = binary.LittleEndian.Uint64(b)
		} else {
			n = len(b)
			for i, c := range b {
				w |= uint64(c) << (8 * i)
			}
		}
		low := w&^highs | highs
		digit := (low - '0'*ones) &^ (low - ':'*ones) &^ w & highs
		other := w ^ '%'*ones
		percent := ^(((other &^ highs) + 0x7f*ones) | other) & highs
		digit &^= percent<<8 | percent<<16 | escaped
		escaped = percent>>56 | percent>>48
		all := digit >> 7 * 0xff
		to = binary.LittleEndian.AppendUint64(to, w&^all|'0'*ones&all)
		to, b = to[:len(to)-8+n], b[n:]
	}
	return to
}

// isPlain reports whether reports like this say nothing that must be read: they have one
// session, and no stall. Escaped letters may hide either.
func (s sent) isPlain() bool {
	sessions := bytes.Count(s.argument, []byte("sid"))
	plain := isPlain(s.argument)
	for _, f := range s.fields {
		sessions += bytes.Count(f, []byte("sid"))
		plain = plain && isPlain(f)
	}
	return plain && sessions == 1
}

func isPlain(b []byte) bool {
	for _, hides := range [...]string{"bs", "%4", "%5", "%6", "%7"} {
		if bytes.Contains(b, []byte(hides)) {
			return false
		}
	}
	return true
}

// HearAgain counts a report that came with an answered request for a media playlist, when
// there is no need to read it: its session has said the same in this turn, but for digits.
// Otherwise it is false, and the report is for HearPlaylist or Hear. asked is the target
// without the report; argument and fields are as in Hear, and one of them is nil.
func (a *Audience) HearAgain(asked, argument []byte, fields [][]byte) bool {
	said := sent{argument, fields}
	mark := a.sessions.mark(a.sessions.turn.Load(), asked, said.id(), said)
	if mark == 0 || !a.sessions.marks.has(mark) {
		return false
	}
	a.sessions.all[mark>>1%shards].counted.Add(1)
	return true
}

// remember lets HearAgain count what a session says again in this turn, unless its start is
// not measured yet. Needs the mutex of the session's shard.
func (s *sessions) remember(one *session, said sent) {
	s.forget(one)
	id := said.id()
	if !one.started || string(id) != one.id || !said.isPlain() {
		return
	}
	if one.mark = s.mark(s.turn.Load(), []byte(one.playlist), id, said); one.mark != 0 {
		s.marks.add(one.mark)
	}
}

// forget has the next report of a session read: it moves or ends, or its state changes.
// Needs the mutex of the session's shard.
func (s *sessions) forget(one *session) {
	if one.mark != 0 {
		s.marks.remove(one.mark)
		one.mark = 0
	}
}
