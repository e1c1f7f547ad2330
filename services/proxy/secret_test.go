package proxy

import (
	"strings"
	"testing"
	"time"
)

func TestATokenOfAPlayerStandsInNoLogAndNoEvent(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		const secret = "hunter2"
		for range 20 {
			p.expect("/live01/playlist.m3u8?token="+secret+"&res=720", 200)
			time.Sleep(500 * time.Millisecond)
		}
		p.packagers[0].die()
		for range 20 {
			p.expect("/live01/playlist.m3u8?token="+secret+"&res=720", 200)
			time.Sleep(500 * time.Millisecond)
		}
		p.get("/live01/playlist.m3u8?_HLS_msn=x&token=" + secret)
		events := p.get("/events").Body.String()
		if log := p.log.String(); strings.Contains(log, secret) || !strings.Contains(log, "token=********&res=720") {
			t.Errorf("the log: got\n%s\nwant the playlist without its token", log)
		}
		if strings.Contains(events, secret) || !strings.Contains(events, "token=********") {
			t.Errorf("the events: got\n%s\nwant the playlist without its token", events)
		}
	})
}
