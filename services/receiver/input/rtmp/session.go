package rtmp

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/bluenviron/gortmplib/pkg/bytecounter"
	"github.com/bluenviron/gortmplib/pkg/handshake"
	"github.com/bluenviron/gortmplib/pkg/message"
	"github.com/bluenviron/gortmplib/pkg/rawmessage"
)

const (
	// strangerMost is how many bytes are read from an encoder before its key is known, and
	// chunkFirst the largest of its chunks.
	strangerMost, chunkFirst = 256 << 10, 64 << 10
	// chunkMost is the largest chunk, and therefore the largest message: a chunk is never
	// larger than its message.
	chunkMost = 10 << 20
	// dataMost is the largest message that is parsed and is neither pictures nor sound.
	dataMost = 64 << 10
	// streamID is that of the one stream of a connection.
	streamID = 1
)

var errStranger = errors.New("it sends too much before it publishes")

// session is the RTMP of one connection. gortmplib's own ServerConn ends a connection at the
// first message that it does not know, so that an encoder with another codec would not learn
// why; so this is made of its parts.
type session struct {
	conn    *meter
	in      *rawmessage.Reader
	out     *message.Writer
	counter *bytecounter.ReadWriter
	chunk   uint32  // the size that the encoder has set
	publish float64 // the id of the command publish or play
	silence time.Duration
}

// meter is a connection that limits what strangers send, and how long friends are silent.
type meter struct {
	net.Conn
	left     int // bytes that may still come; negative for any number
	patience time.Duration
}

func (m *meter) Read(b []byte) (int, error) {
	if m.left == 0 {
		return 0, errStranger
	}
	if m.left > 0 && len(b) > m.left {
		b = b[:m.left]
	}
	if m.patience > 0 {
		_ = m.SetReadDeadline(time.Now().Add(m.patience)) // what fails shows at the read
	}
	n, err := m.Conn.Read(b)
	if m.left > 0 {
		m.left -= n
	}
	return n, err
}

func (m *meter) Write(b []byte) (int, error) {
	if m.patience > 0 {
		_ = m.SetWriteDeadline(time.Now().Add(m.patience)) // likewise
	}
	return m.Conn.Write(b)
}

// newSession is a session that may be silent for so long once it publishes.
func newSession(conn net.Conn, silence time.Duration) *session {
	s := &session{conn: &meter{Conn: conn, left: strangerMost}, silence: silence}
	s.counter = bytecounter.NewReadWriter(s.conn)
	return s
}

// wish is what an encoder wants to do.
type wish struct {
	play bool
	keys []string // what may be its stream key
}

// negotiate goes on until the encoder wants to publish or to play.
func (s *session) negotiate() (wish, error) {
	cipher, _, err := handshake.DoServer(s.counter, false)
	if err != nil {
		return wish{}, err
	}
	if cipher != nil {
		return wish{}, errors.New("it wants RTMPE, which is not taken: use RTMP or RTMPS")
	}
	s.out = message.NewWriter(s.counter, s.counter.Writer, false)
	s.in = rawmessage.NewReader(s.counter, s.counter.Reader, func(n uint32) error {
		return s.out.Write(&message.Acknowledge{Value: n})
	})
	var app, address string
	for {
		m, err := s.read()
		if err != nil {
			return wish{}, err
		}
		c, ok := commandOf(m)
		if !ok {
			continue
		}
		switch c.name {
		case "connect":
			if app, address, err = s.connect(c); err != nil {
				return wish{}, err
			}
		case "createStream":
			err = s.command(c.channel, 0, "_result", c.id, nil, float64(streamID))
		case "publish", "play":
			if len(c.arguments) < 2 {
				return wish{}, fmt.Errorf("its command %s names no stream", c.name)
			}
			name, _ := c.arguments[1].(string)
			s.publish = c.id
			return wish{play: c.name == "play", keys: keysOf(app, address, name)}, nil
		}
		if err != nil {
			return wish{}, err
		}
	}
}

// read reads a message, and obeys those that are about the connection itself.
func (s *session) read() (*rawmessage.Message, error) {
	m, err := s.in.Read()
	if err != nil {
		return nil, err
	}
	value := func() uint32 {
		if len(m.Body) < 4 {
			return 0
		}
		return uint32(m.Body[0])<<24 | uint32(m.Body[1])<<16 | uint32(m.Body[2])<<8 | uint32(m.Body[3])
	}
	switch message.Type(m.Type) {
	case message.TypeSetChunkSize:
		if s.chunk = value() & 0x7fffffff; s.chunk == 0 {
			return nil, errors.New("it sets a chunk size of 0")
		}
		most := uint32(chunkMost)
		if s.conn.left >= 0 {
			most = chunkFirst
		}
		err = s.in.SetChunkSize(min(s.chunk, most))
	case message.TypeAbortMessage:
		s.in.AbortChunkStream(value())
	case message.TypeSetWindowAckSize:
		s.in.SetWindowAckSize(max(value(), 1<<12))
	case message.TypeUserControl:
		if len(m.Body) >= 6 && m.Body[0] == 0 && message.UserControlType(m.Body[1]) == message.UserControlTypePingRequest {
			at := uint32(m.Body[2])<<24 | uint32(m.Body[3])<<16 | uint32(m.Body[4])<<8 | uint32(m.Body[5])
			err = s.out.Write(&message.UserControlPingResponse{ServerTime: at})
		}
	}
	return m, err
}

// command is one that an encoder gives.
type command struct {
	channel   byte
	name      string
	id        float64
	arguments amf0.Data // behind the name and the id
}

// commandOf reads a command; false when the message is none.
func commandOf(m *rawmessage.Message) (command, bool) {
	body := m.Body
	switch message.Type(m.Type) {
	case message.TypeCommandAMF0:
	case message.TypeCommandAMF3:
		if len(body) > 0 && body[0] == 0 { // AMF0 within AMF3
			body = body[1:]
		}
	default:
		return command{}, false
	}
	if len(body) > dataMost {
		return command{}, false
	}
	data, err := amf0.Unmarshal(body)
	if err != nil || len(data) < 2 {
		return command{}, false
	}
	c := command{channel: m.ChunkStreamID, arguments: data[2:]}
	var named, numbered bool
	c.name, named = data[0].(string)
	c.id, numbered = data[1].(float64)
	return c, named && numbered
}

// connect answers the command connect, and returns the application and the address that it
// names.
func (s *session) connect(c command) (app, address string, err error) {
	if len(c.arguments) > 0 {
		o := objectOf(c.arguments[0])
		app, _ = o.GetString("app")
		address, _ = o.GetString("tcUrl")
	}
	for _, m := range []message.Message{
		&message.SetWindowAckSize{Value: 2_500_000},
		&message.SetPeerBandwidth{Value: 2_500_000, Type: 2},
		&message.SetChunkSize{Value: chunkFirst},
	} {
		if err := s.out.Write(m); err != nil {
			return "", "", err
		}
	}
	return app, address, s.command(c.channel, 0, "_result", c.id,
		amf0.Object{{Key: "fmsVer", Value: "FMS/3,5,7,7009"}, {Key: "capabilities", Value: float64(31)}},
		status("status", "NetConnection.Connect.Success", "Connection succeeded."))
}

// objectOf is an object of AMF0, empty when the value is none.
func objectOf(v any) amf0.Object {
	switch o := v.(type) {
	case amf0.Object:
		return o
	case amf0.ECMAArray:
		return amf0.Object(o)
	}
	return nil
}

func status(level, code, description string) amf0.Object {
	return amf0.Object{{Key: "level", Value: level}, {Key: "code", Value: code}, {Key: "description", Value: description}, {Key: "objectEncoding", Value: float64(0)}}
}

func (s *session) command(channel byte, stream uint32, name string, id float64, arguments ...any) error {
	return s.out.Write(&message.CommandAMF0{ChunkStreamID: channel, MessageStreamID: stream, Name: name, CommandID: int(id), Arguments: arguments})
}

// onStatus answers the command publish or play.
func (s *session) onStatus(level, code, description string) error {
	return s.command(5, streamID<<24, "onStatus", s.publish, nil, status(level, code, description))
}

// accept lets the encoder publish.
func (s *session) accept() error {
	s.conn.left, s.conn.patience = -1, s.silence
	if s.chunk > 0 {
		if err := s.in.SetChunkSize(min(s.chunk, chunkMost)); err != nil {
			return err
		}
	}
	return s.onStatus("status", "NetStream.Publish.Start", "publish start")
}

// refuse says why the encoder may not do what it wants, and gives it time to read that:
// closing a connection with unread data would take the answer with it.
func (s *session) refuse(code string, why error) {
	if s.onStatus("error", code, why.Error()) != nil {
		return
	}
	if c, ok := s.conn.Conn.(interface{ CloseWrite() error }); !ok || c.CloseWrite() != nil {
		return
	}
	_ = s.conn.SetReadDeadline(time.Now().Add(lingerMost)) // what fails shows at the read
	_, _ = io.Copy(io.Discard, io.LimitReader(s.conn.Conn, 1<<20))
}

// keysOf is what may be the stream key: encoders put it behind the address, or into a
// parameter "key" of either, or have no other name at all.
func keysOf(app, address, name string) []string {
	var keys []string
	add := func(key string) {
		if key != "" && len(keys) < 16 {
			keys = append(keys, key)
		}
	}
	path, _, _ := strings.Cut(name, "?")
	add(name)
	add(path)
	for _, text := range []string{name, app, address} {
		_, query, _ := strings.Cut(text, "?")
		for pair := range strings.SplitSeq(query, "&") {
			if k, v, _ := strings.Cut(pair, "="); k == "key" {
				add(v)
				if plain, err := url.QueryUnescape(v); err == nil {
					add(plain)
				}
			}
		}
	}
	if name == "" {
		app, _, _ = strings.Cut(app, "?")
		add(app[strings.LastIndexByte(app, '/')+1:])
	}
	return keys
}

// told is an error in words for people.
func told(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the encoder closed the connection without ending its stream")
	case errors.Is(err, os.ErrDeadlineExceeded):
		return errors.New("the encoder has fallen silent")
	}
	return err
}
