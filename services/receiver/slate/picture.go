package slate

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

var (
	ground = color.RGBA{0x14, 0x18, 0x1f, 0xff}
	letter = color.RGBA{0xe8, 0xea, 0xed, 0xff}
	accent = color.RGBA{0x4c, 0x8b, 0xf5, 0xff}
)

// drawn draws a dark picture with a line of text in its middle. Over leaves the ground
// transparent, for a picture below.
func drawn(width, height int, text string, over bool) (image.Image, error) {
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	if !over {
		draw.Draw(picture, picture.Bounds(), image.NewUniform(ground), image.Point{}, draw.Src)
	}
	parsed, err := opentype.Parse(goregular.TTF)
	if err != nil {
		return nil, err
	}
	size := float64(height) / 12
	for {
		face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingFull})
		if err != nil {
			return nil, err
		}
		wide := font.MeasureString(face, text).Ceil()
		if wide > width*9/10 && size > 6 {
			size *= 0.9
			continue
		}
		x, y := (width-wide)/2, height/2
		d := font.Drawer{Dst: picture, Src: image.NewUniform(letter), Face: face, Dot: fixed.P(x, y)}
		d.DrawString(text)
		line := image.Rect(x, y+int(size*0.6), x+wide, y+int(size*0.6)+max(2, height/180))
		draw.Draw(picture, line, image.NewUniform(accent), image.Point{}, draw.Src)
		return picture, nil
	}
}

// drawTo draws a picture into a file.
func drawTo(path string, width, height int, text string, over bool) error {
	if width < 16 || height < 16 || width > 16384 || height > 16384 {
		return fmt.Errorf("pictures of %dx%d pixels: allowed are 16 to 16384 each way", width, height)
	}
	p, err := drawn(width, height, text, over)
	if err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	e := png.Encoder{CompressionLevel: png.BestSpeed}
	err = e.Encode(f, p)
	if closing := f.Close(); err == nil {
		err = closing
	}
	return err
}
