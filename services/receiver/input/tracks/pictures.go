package tracks

import (
	"encoding/binary"
	"slices"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"

	"livestream-tui/services/receiver/sample"
)

// kind is what a NAL unit is to a track.
type kind uint8

const (
	nothing  kind = iota // left out: delimiters, ends, filler
	other                // kept: supplemental information
	picture              // a part of a picture that is no key frame
	key                  // a part of a key frame
	openKey              // a part of a key frame whose leading pictures need those before it
	leading              // a part of a picture that needs what is before such a key frame
	videoSet             // the three parameter sets
	sequenceSet
	pictureSet
)

// setsMost bounds the parameter sets of one kind.
const setsMost = 16

// pictures is the state of a video track.
type pictures struct {
	codec  sample.Codec
	sets   [3][][]byte // VPS, SPS and PPS
	format *sample.VideoFormat
	// broken is true when what comes before the next key frame is not all there, or nothing
	// came yet; headless from then on until the key frame after.
	broken, headless bool
	started          bool
}

// unit is an assembled access unit.
type unit struct {
	data    []byte // nil where it has no picture that can be decoded
	sync    bool
	changed bool // the format is another one
}

// assemble brings the NAL units of an access unit into the form of a sample.
func (p *pictures) assemble(units [][]byte) unit {
	var sets, rest [][]byte
	var u unit
	var shown, open, leads bool
	for _, n := range units {
		k := p.kind(n)
		switch k {
		case nothing:
			continue
		case videoSet, sequenceSet, pictureSet:
			sets = append(sets, n)
			continue
		case key, openKey:
			u.sync, shown, open = true, true, open || k == openKey
		case picture, leading:
			shown, leads = true, leads || k == leading
		}
		rest = append(rest, n)
	}
	fresh := p.fresh(sets)
	u.changed = p.learn(sets)
	switch {
	case !shown || p.format == nil:
		return u
	case u.sync:
		p.headless = open && (p.broken || !p.started)
		p.started, p.broken = true, false
		rest = slices.Concat(p.sets[0], p.sets[1], p.sets[2], rest)
	case leads && p.headless:
		return u
	case fresh:
		rest = slices.Concat(sets, rest)
	}
	u.data = lengthPrefixed(rest)
	return u
}

// kind is what a NAL unit is (ISO/IEC 14496-10, table 7-1; ISO/IEC 23008-2, table 7-1).
func (p *pictures) kind(n []byte) kind {
	if p.codec == sample.HEVC {
		return kindHEVC(n)
	}
	if len(n) < 2 {
		return nothing
	}
	switch t := h264.NALUType(n[0] & 0x1f); t {
	case h264.NALUTypeSPS:
		return sequenceSet
	case h264.NALUTypePPS:
		return pictureSet
	case h264.NALUTypeIDR:
		return key
	case h264.NALUTypeAccessUnitDelimiter, h264.NALUTypeEndOfSequence, h264.NALUTypeEndOfStream, h264.NALUTypeFillerData:
		return nothing
	default:
		if t >= h264.NALUTypeNonIDR && t < h264.NALUTypeIDR {
			return picture
		}
	}
	return other
}

func kindHEVC(n []byte) kind {
	if len(n) < 3 {
		return nothing
	}
	switch t := h265.NALUType(n[0] >> 1 & 0x3f); t {
	case h265.NALUType_VPS_NUT:
		return videoSet
	case h265.NALUType_SPS_NUT:
		return sequenceSet
	case h265.NALUType_PPS_NUT:
		return pictureSet
	case h265.NALUType_IDR_W_RADL, h265.NALUType_IDR_N_LP:
		return key
	case h265.NALUType_AUD_NUT, h265.NALUType_EOS_NUT, h265.NALUType_EOB_NUT, h265.NALUType_FD_NUT:
		return nothing
	case h265.NALUType_RASL_N, h265.NALUType_RASL_R:
		return leading
	default:
		switch {
		case t >= h265.NALUType_BLA_W_LP && t <= h265.NALUType_CRA_NUT:
			return openKey
		case t < h265.NALUType_BLA_W_LP:
			return picture
		}
	}
	return other
}

// fresh reports whether one of the parameter sets is not known yet.
func (p *pictures) fresh(sets [][]byte) bool {
	known := slices.Concat(p.sets[0], p.sets[1], p.sets[2])
	return slices.ContainsFunc(sets, func(s []byte) bool { return !containsUnit(known, s) })
}

// learn takes parameter sets: those of a kind that come together replace the ones before. It
// reports whether the format is another one now. Sets with a sequence parameter set that
// cannot be read are ignored, all of them: they are damaged.
func (p *pictures) learn(sets [][]byte) bool {
	var got [3][][]byte
	for _, s := range sets {
		k := p.kind(s)
		if k < videoSet {
			continue
		}
		if g := &got[k-videoSet]; len(*g) < setsMost && !containsUnit(*g, s) {
			*g = append(*g, slices.Clone(s))
		}
	}
	next := p.sets
	for i := range got {
		if got[i] != nil {
			next[i] = got[i]
		}
	}
	complete := next[1] != nil && next[2] != nil && (next[0] != nil || p.codec != sample.HEVC)
	if !complete {
		p.sets = next
		return false
	}
	f, ok := describe(p.codec, next)
	if !ok {
		return false
	}
	p.sets = next
	if p.format.Equal(f) {
		return false
	}
	p.format = f
	return true
}

// describe is the format that parameter sets describe.
func describe(codec sample.Codec, sets [3][][]byte) (*sample.VideoFormat, bool) {
	f := &sample.VideoFormat{Codec: codec, SPS: sets[1][0], PPS: sets[2][0]}
	if codec == sample.HEVC {
		f.VPS = sets[0][0]
		var s h265.SPS
		if s.Unmarshal(f.SPS) != nil {
			return nil, false
		}
		f.Width, f.Height, f.FPS = s.Width(), s.Height(), s.FPS()
	} else {
		var s h264.SPS
		if s.Unmarshal(f.SPS) != nil {
			return nil, false
		}
		f.Width, f.Height, f.FPS = s.Width(), s.Height(), s.FPS()
	}
	return f, f.Width > 0 && f.Height > 0
}

func containsUnit(list [][]byte, n []byte) bool {
	return slices.ContainsFunc(list, func(o []byte) bool { return slices.Equal(o, n) })
}

func lengthPrefixed(units [][]byte) []byte {
	size := 0
	for _, n := range units {
		size += 4 + len(n)
	}
	b := make([]byte, 0, size)
	for _, n := range units {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(n))), n...)
	}
	return b
}
