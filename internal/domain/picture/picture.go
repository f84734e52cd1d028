// Package picture takes in pictures that somebody uploads: it reads them as what
// they are, not as what they say, and writes them anew. So nothing that hid in a
// file is kept: no script, no place where it was taken, no second format.
package picture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	"image/png"

	"tributary/internal/errs"
)

// What is taken in.
const (
	MaxBytes = 8 << 20
	maxSide  = 8000
	maxArea  = 24_000_000 // pixels: what decoding may cost
)

// Picture is a picture as it is kept.
type Picture struct {
	ContentType   string // image/jpeg, image/png
	Width, Height int
	Data          []byte
}

func wrong(format string, args ...any) error {
	return errs.New(errs.Invalid, "invalid_picture", "This picture cannot be taken.", errs.Field{Path: "body", Msg: fmt.Sprintf(format, args...)})
}

// Read reads a JPEG or PNG and writes it anew, the right way up. How large it
// says to be is looked at before it is decoded.
func Read(raw []byte) (*Picture, error) {
	if len(raw) > MaxBytes {
		return nil, wrong("must have %d MB at most", MaxBytes>>20)
	}
	// The formats are named here, so that no other package can add one.
	decode, config, kind := jpeg.Decode, jpeg.DecodeConfig, "image/jpeg"
	if bytes.HasPrefix(raw, []byte("\x89PNG\r\n\x1a\n")) {
		decode, config, kind = png.Decode, png.DecodeConfig, "image/png"
	}
	c, err := config(bytes.NewReader(raw))
	if err != nil {
		return nil, wrong("must be a JPEG or PNG")
	}
	if c.Width < 1 || c.Height < 1 || c.Width > maxSide || c.Height > maxSide || c.Width*c.Height > maxArea {
		return nil, wrong("must have %d pixels a side and %d million in all at most", maxSide, maxArea/1_000_000)
	}
	img, err := decode(bytes.NewReader(raw))
	if err != nil {
		return nil, wrong("is damaged")
	}
	p := &Picture{ContentType: kind}
	var out bytes.Buffer
	if kind == "image/png" {
		err = png.Encode(&out, img)
	} else {
		img = upright(img, orientation(raw))
		err = jpeg.Encode(&out, img, &jpeg.Options{Quality: 90})
	}
	if err != nil {
		return nil, fmt.Errorf("encode picture: %w", err)
	}
	p.Width, p.Height, p.Data = img.Bounds().Dx(), img.Bounds().Dy(), out.Bytes()
	return p, nil
}

// orientation is how a phone held its camera, 1 … 8 (Exif 2.32, tag 0x0112); 1
// when the file does not tell.
func orientation(raw []byte) int {
	for i := 2; i+4 <= len(raw) && raw[i] == 0xff; {
		marker, size := raw[i+1], int(binary.BigEndian.Uint16(raw[i+2:]))
		if marker == 0xda || size < 2 || i+2+size > len(raw) {
			return 1
		}
		if body := raw[i+4 : i+2+size]; marker == 0xe1 && bytes.HasPrefix(body, []byte("Exif\x00\x00")) {
			return fromTIFF(body[6:])
		}
		i += 2 + size
	}
	return 1
}

func fromTIFF(b []byte) int {
	if len(b) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	if b[0] == 'M' {
		order = binary.BigEndian
	}
	at := int64(order.Uint32(b[4:]))
	if at < 8 || at+2 > int64(len(b)) {
		return 1
	}
	n := int(order.Uint16(b[at:]))
	for i := range n {
		e := at + 2 + int64(i)*12
		if e+12 > int64(len(b)) {
			return 1
		}
		if order.Uint16(b[e:]) == 0x0112 {
			if o := int(order.Uint16(b[e+8:])); o >= 1 && o <= 8 {
				return o
			}
			return 1
		}
	}
	return 1
}

// upright turns and mirrors a picture as its orientation says.
func upright(src image.Image, o int) image.Image {
	if o == 1 {
		return src
	}
	b := src.Bounds()
	w, h := b.Dx(), b.Dy()
	in := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(in, in.Bounds(), src, b.Min, draw.Src)
	dw, dh := w, h
	if o >= 5 {
		dw, dh = h, w
	}
	out := image.NewRGBA(image.Rect(0, 0, dw, dh))
	for y := range h {
		for x := range w {
			var dx, dy int
			switch o {
			case 2:
				dx, dy = w-1-x, y
			case 3:
				dx, dy = w-1-x, h-1-y
			case 4:
				dx, dy = x, h-1-y
			case 5:
				dx, dy = y, x
			case 6:
				dx, dy = h-1-y, x
			case 7:
				dx, dy = h-1-y, w-1-x
			case 8:
				dx, dy = y, w-1-x
			}
			out.SetRGBA(dx, dy, in.RGBAAt(x, y))
		}
	}
	return out
}
