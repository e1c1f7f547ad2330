// Package page is the proxy's own web page: a player of each signal, with what the proxy
// and the player know of it, at / and /watch/SIGNAL; and the bare player for other sites'
// pages, at /embed/SIGNAL.
//
// The page is plain files, embedded. hls.js is embedded as well where files/hls.min.js was
// there at build time (make build puts it there). Without it the browser plays by itself,
// if it can, and the page says what that costs.
//
// Facts and failovers reach the page as server-sent events. They are made once for all
// readers, and only while there are any.
//
// The pictures of the signals are made by the page, and not by the proxy: a picture needs a
// decoder, and every browser has one. The page decodes the newest segment of one card at a
// time, and only of cards that can be seen, so a picture costs the proxy a segment from
// memory. FFmpeg would be another process to feed, and would run without anybody looking.
package page
