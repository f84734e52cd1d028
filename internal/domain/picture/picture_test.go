package picture_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"

	"tributary/internal/domain/picture"
	"tributary/internal/errs"
)

// quarters is a picture whose upper left quarter is red.
func quarters(w, h int) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{0, 0, 255, 255}
			if x < w/2 && y < h/2 {
				c = color.RGBA{255, 0, 0, 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	return img
}

func jpegOf(t testing.TB, img image.Image, o uint16) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	tiff := binary.BigEndian.AppendUint16([]byte("Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01"), o)
	tiff = append(tiff, 0, 0, 0, 0, 0, 0)
	tiff = append(tiff, "GPS 48.1371,11.5754 <script>alert(1)</script>"...)
	head := binary.BigEndian.AppendUint16([]byte{0xff, 0xd8, 0xff, 0xe1}, uint16(len(tiff)+2))
	return append(append(head, tiff...), b.Bytes()[2:]...)
}

func TestAPictureIsWrittenAnewTheRightWayUpAndTellsNothingElse(t *testing.T) {
	t.Parallel()
	for o, red := range map[uint16]image.Point{1: {2, 2}, 2: {61, 2}, 3: {61, 29}, 4: {2, 29}, 5: {2, 2}, 6: {29, 2}, 7: {29, 61}, 8: {2, 61}, 9: {2, 2}} {
		raw := jpegOf(t, quarters(64, 32), o)
		p, err := picture.Read(raw)
		if err != nil {
			t.Fatal(o, err)
		}
		if bytes.Contains(p.Data, []byte("GPS")) || bytes.Contains(p.Data, []byte("script")) || bytes.Contains(p.Data, []byte("Exif")) {
			t.Errorf("%d: what hid in the file is kept", o)
		}
		img, err := jpeg.Decode(bytes.NewReader(p.Data))
		if err != nil {
			t.Fatal(err)
		}
		if w, h := img.Bounds().Dx(), img.Bounds().Dy(); w != p.Width || h != p.Height || (o >= 5 && o <= 8) != (w == 32) {
			t.Errorf("%d: %d by %d", o, w, h)
		}
		if r, _, b, _ := img.At(red.X, red.Y).RGBA(); r < 0xc000 || b > 0x4000 {
			t.Errorf("%d: the red quarter is elsewhere", o)
		}
	}
}

func TestWhatIsNoPictureIsNotTaken(t *testing.T) {
	t.Parallel()
	var ok, wide bytes.Buffer
	if err := png.Encode(&ok, quarters(4, 4)); err != nil {
		t.Fatal(err)
	}
	if p, err := picture.Read(ok.Bytes()); err != nil || p.ContentType != "image/png" || p.Width != 4 {
		t.Errorf("%+v %v", p, err)
	}
	if err := png.Encode(&wide, image.NewGray(image.Rect(0, 0, 9000, 1))); err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string][]byte{
		"nothing": nil, "HTML": []byte("<html><script>alert(1)</script>"), "SVG": []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`),
		"a GIF": []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"), "half a picture": ok.Bytes()[:40], "a picture too wide": wide.Bytes(), "too much": make([]byte, picture.MaxBytes+1),
	} {
		if _, err := picture.Read(raw); errs.As(err) == nil || errs.As(err).Code != "invalid_picture" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(jpegOf(f, quarters(8, 8), 6))
	f.Add([]byte("\x89PNG\r\n\x1a\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := picture.Read(raw)
		if err == nil && (p.Width < 1 || p.Height < 1 || len(p.Data) == 0) {
			t.Errorf("%+v", p)
		}
	})
}
