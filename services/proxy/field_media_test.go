package proxy

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/bits"
)

const (
	fieldPacket = 188 // bytes of an MPEG-TS packet
	fieldClock  = 90_000
	// fieldStart is the presentation time of second 0, in seconds.
	fieldStart = 10
)

// fieldSecond is second n of one continuous stream, as MPEG-TS: PAT, PMT, and a PES
// packet whose presentation time is that second.
func fieldSecond(n int) []byte {
	body := fieldTables(n)
	pts := uint64(n+fieldStart) * fieldClock & (1<<33 - 1)
	pes := []byte{0, 0, 1, 0xe0, 0, 0, 0x80, 0x80, 5,
		byte(0x21 | pts>>29&0x0e), byte(pts >> 22), byte(pts>>14 | 1), byte(pts >> 7), byte(pts<<1 | 1)}
	const packets = 6
	payload := append(pes, fieldMark(n, packets*(fieldPacket-4)-len(pes))...)
	for i := range packets {
		start := byte(0)
		if i == 0 {
			start = 0x40
		}
		body = append(body, 0x47, start|0x01, 0x00, 0x10|byte((n*packets+i)&0x0f))
		body = append(body, payload[i*(fieldPacket-4):(i+1)*(fieldPacket-4)]...)
	}
	return body
}

// fieldMark is a mark of the second, repeated to so many bytes.
func fieldMark(n, size int) []byte {
	mark := fmt.Appendf(nil, "second %012d. ", n)
	return bytes.Repeat(mark, size/len(mark)+1)[:size]
}

// fieldTables are PAT and PMT of a stream with one video, in two packets.
func fieldTables(n int) []byte {
	pat := []byte{0x00, 0xb0, 13, 0, 1, 0xc1, 0, 0, 0, 1, 0xf0, 0x00}
	pmt := []byte{0x02, 0xb0, 18, 0, 1, 0xc1, 0, 0, 0xe1, 0x00, 0xf0, 0, 0x1b, 0xe1, 0x00, 0xf0, 0}
	var body []byte
	for _, table := range []struct {
		pid     uint16
		section []byte
	}{{0, pat}, {0x1000, pmt}} {
		packet := []byte{0x47, 0x40 | byte(table.pid>>8), byte(table.pid), 0x10 | byte(n&0x0f), 0}
		packet = append(packet, table.section...)
		packet = binary.BigEndian.AppendUint32(packet, fieldCRC(table.section))
		body = append(body, packet...)
		body = append(body, bytes.Repeat([]byte{0xff}, fieldPacket-len(packet))...)
	}
	return body
}

// fieldCRC is the CRC of ISO/IEC 13818-1, Annex A: that of IEEE 802.3 with the bits of
// each byte in the other order, and neither inverted at the end nor at the start.
func fieldCRC(b []byte) uint32 {
	turned := make([]byte, len(b))
	for i, x := range b {
		turned[i] = bits.Reverse8(x)
	}
	return bits.Reverse32(^crc32.ChecksumIEEE(turned))
}

// fieldBox is a box of ISO base media.
func fieldBox(kind string, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	return append(append(binary.BigEndian.AppendUint32(nil, uint32(8+len(body))), kind...), body...)
}

func fieldWords(list ...uint32) []byte {
	var b []byte
	for _, n := range list {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	return b
}

// fieldInit is the initialization section of the stream as fMP4.
func fieldInit() []byte {
	stbl := fieldBox("stbl", fieldBox("stsd", fieldWords(0, 0)))
	mdia := fieldBox("mdia", fieldBox("mdhd", fieldWords(0, 0, 0, fieldClock, 0, 0)),
		fieldBox("hdlr", fieldWords(0, 0), []byte("vide"), fieldWords(0, 0, 0)), fieldBox("minf", stbl))
	trak := fieldBox("trak", fieldBox("tkhd", fieldWords(0, 0, 0, 1)), mdia)
	return append(fieldBox("ftyp", []byte("iso6"), fieldWords(0)), fieldBox("moov", trak)...)
}

// fieldFragment is second n of the stream as fMP4.
func fieldFragment(n int) []byte {
	start := uint64(n+fieldStart) * fieldClock
	traf := fieldBox("traf", fieldBox("tfhd", fieldWords(0x020008, 1, fieldClock/10)),
		fieldBox("tfdt", fieldWords(1<<24, uint32(start>>32), uint32(start))), fieldBox("trun", fieldWords(0, 10)))
	return append(fieldBox("moof", fieldBox("mfhd", fieldWords(0, uint32(n))), traf), fieldBox("mdat", fieldMark(n, 1000))...)
}

// fieldNone is for what is no second of the stream.
const fieldNone = -1

// fieldWhich is the second of the stream that body begins with.
func fieldWhich(body []byte) int {
	i := bytes.Index(body, []byte("second "))
	if i < 0 {
		return fieldNone
	}
	var n int
	if _, err := fmt.Sscanf(string(body[i:min(len(body), i+19)]), "second %d", &n); err != nil {
		return fieldNone
	}
	if bytes.HasPrefix(body, fieldSecond(n)) || bytes.HasPrefix(body, fieldFragment(n)) {
		return n
	}
	return fieldNone
}

// fieldFilm is a file of so many bytes, in which each block names its position.
type fieldFilm int64

// fieldBlock is how many bytes of a film say the same.
const fieldBlock = fieldPacket * 5000

func (f fieldFilm) ReadAt(b []byte, at int64) (int, error) {
	for i := 0; i < len(b); {
		n := at + int64(i)
		packet := append([]byte{0x47, 0x1f, 0xff, 0x10}, fmt.Sprintf("%08d", n/fieldBlock)...)
		packet = append(packet, bytes.Repeat([]byte{0xff}, fieldPacket-len(packet))...)
		for end := int64(i) + fieldBlock - n%fieldBlock; i < len(b) && int64(i) < end; {
			i += copy(b[i:min(int64(len(b)), end)], packet[(at+int64(i))%fieldPacket:])
		}
	}
	return len(b), nil
}

// fieldVector is the vector of a segment without an IV (RFC 8216, 5.2).
func fieldVector(msn int) []byte {
	return binary.BigEndian.AppendUint64(make([]byte, 8), uint64(msn))
}

// fieldEncrypt encrypts whole segments as METHOD=AES-128 does (RFC 8216, 4.3.2.4).
func fieldEncrypt(plain, key, iv []byte) []byte {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // the key of a case is not one
	}
	pad := aes.BlockSize - len(plain)%aes.BlockSize
	padded := append(bytes.Clone(plain), bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(padded, padded)
	return padded
}

// fieldDecrypt is the plain bytes; nil where the padding shows that key or vector is
// wrong.
func fieldDecrypt(body, key, iv []byte) []byte {
	block, err := aes.NewCipher(key)
	if err != nil || len(key) != 16 || len(iv) != 16 || len(body) == 0 || len(body)%16 != 0 {
		return nil
	}
	plain := make([]byte, len(body))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, body)
	pad := int(plain[len(plain)-1])
	if pad < 1 || pad > 16 || !bytes.HasSuffix(plain, bytes.Repeat([]byte{byte(pad)}, pad)) {
		return nil
	}
	return plain[:len(plain)-pad]
}
