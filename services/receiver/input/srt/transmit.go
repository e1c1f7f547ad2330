package srt

import (
	"encoding/json"
	"strconv"

	"livestream-tui/services/receiver/input"
	"livestream-tui/services/receiver/input/process"
)

// figuresEvery is how many packets srt-live-transmit takes between two lines of figures.
const figuresEvery = 200

// transmit is srt-live-transmit. It writes its figures to descriptor 3.
func transmit(l *listener, address string) process.Command {
	address += "&transtype=live&latency=" + strconv.FormatInt(l.Latency.Milliseconds(), 10)
	if l.Passphrase != "" {
		address += "&passphrase=" + l.Passphrase
	}
	return process.Command{
		Argv:  []string{l.Transmit, "-q", "-a:no", "-f", "-s:" + strconv.Itoa(figuresEvery), "-pf:json", "-statsout:/dev/fd/3", address, "file://con"},
		Notes: figures,
	}
}

// figures passes on a line of figures.
func figures(line string, c input.Connection) {
	var f struct {
		Link struct {
			RTT float64 `json:"rtt"` // in milliseconds
		} `json:"link"`
		Received struct {
			Lost          int64 `json:"packetsLost"`
			Retransmitted int64 `json:"packetsRetransmitted"`
		} `json:"recv"`
	}
	if json.Unmarshal([]byte(line), &f) == nil {
		c.Link(input.Link{RTT: f.Link.RTT, Lost: f.Received.Lost, Retransmitted: f.Received.Retransmitted})
	}
}
