package verdict

import "fmt"

// packetSize is the length of an MPEG-TS packet, in bytes.
const packetSize = 188

// oddPackets says how b is not made of whole MPEG-TS packets; empty when it is.
func oddPackets(b []byte) string {
	for i := 0; i < len(b); i += packetSize {
		if b[i] != 0x47 {
			return fmt.Sprintf("MPEG-TS without a sync byte at %d", i)
		}
	}
	if rest := len(b) % packetSize; rest != 0 {
		return fmt.Sprintf("MPEG-TS with %d bytes after the last packet", rest)
	}
	return ""
}
