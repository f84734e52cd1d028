package web

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"

	"github.com/danielgtaylor/huma/v2"
	"rsc.io/qr"
)

// qrCode is a matrix of dark and light squares with the border that readers need.
type qrCode struct{ *qr.Code }

const qrBorder = 4 // squares

func newQR(text string) (qrCode, error) {
	c, err := qr.Encode(text, qr.M)
	return qrCode{c}, err
}

// png draws whole pixels per square, so that it is at most width wide.
func (c qrCode) png(width int) ([]byte, error) {
	squares := c.Size + 2*qrBorder
	scale := max(1, width/squares)
	img := image.NewPaletted(image.Rect(0, 0, squares*scale, squares*scale), color.Palette{color.White, color.Black})
	for y := range c.Size * scale {
		for x := range c.Size * scale {
			if c.Black(x/scale, y/scale) {
				img.SetColorIndex(x+qrBorder*scale, y+qrBorder*scale, 1)
			}
		}
	}
	var b bytes.Buffer
	err := png.Encode(&b, img)
	return b.Bytes(), err
}

// svg draws one path of rows.
func (c qrCode) svg() []byte {
	squares := c.Size + 2*qrBorder
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[1]d" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%[1]dv%[1]dH0z"/><path d="`, squares)
	for y := range c.Size {
		for x := 0; x < c.Size; x++ {
			n := 0
			for x+n < c.Size && c.Black(x+n, y) {
				n++
			}
			if n > 0 {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x+qrBorder, y+qrBorder, n, n)
				x += n
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return b.Bytes()
}

func binary(huma.Registry) *huma.Schema { return &huma.Schema{Type: huma.TypeString, Format: "binary"} }
