// Package token makes and checks playback tokens. A token lets whoever has it play one
// signal until it expires. It is signed with HMAC-SHA-256, so a check needs a key and no
// look-up. The proxy checks them; the viewer and the supervisor make their own.
package token
