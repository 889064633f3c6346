package viz

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
)

var (
	//go:embed assets/figure.js
	figureJS string

	//go:embed assets/figure.css
	figureCSS string
)

// A figure is a picture that becomes a part of the page where scripts run: the same SVG in place of the <img>, with
// pointer and keyboard. It needs no library. Its colours are attributes, so that the picture has them alone,
// and figure.css replaces them by those of the theme.
//
// In the SVG, what has the attribute data-mark can be pointed at. Its data-row names a row of the view's table, which
// has the text to show; without it, data-name and data-note are shown. What has the class sb-key is left out of the page.
type figure struct {
	width, height int    // of the part that the page shows
	pictureHeight int    // where it is more than height
	alt, svg      string // the picture
}

func (f *figure) writeTo(b *bytes.Buffer) {
	fmt.Fprintf(b, "<div class=\"sb-canvas sb-figure\" style=\"max-width:%dpx\" data-height=\"%d\"><img alt=\"%s\" width=\"%d\" height=\"%d\" src=\"data:image/svg+xml;base64,%s\"></div>\n",
		f.width, f.height, esc(f.alt), f.width, max(f.height, f.pictureHeight), base64.StdEncoding.EncodeToString([]byte(f.svg)))
}

// writeFigureScript writes the script that brings the figure to life. It must follow the view, the element that it finds
// as the one before itself. Extend, if there is one, is a function that is given the figure, with data.
func writeFigureScript(b *bytes.Buffer, extend string, data any) error {
	beginScript(b, figureJS)
	if extend != "" {
		text, err := json.Marshal(data) // escapes <, > and &
		if err != nil {
			return fmt.Errorf("viz: data of a figure: %w", err)
		}
		fmt.Fprintf(b, ",%s,%s", strings.TrimSpace(extend), text)
	}
	b.WriteString(");</script>\n")
	return nil
}

// markNote writes the attributes of what a pointer shows of a mark that has no row in the table.
func markNote(name, note string) string {
	return fmt.Sprintf(` data-mark="" data-name="%s" data-note="%s"`, escXML(strings.ToValidUTF8(name, "\uFFFD")), escXML(strings.ToValidUTF8(note, "\uFFFD")))
}

// markRow writes the attributes of a mark that a row of the table describes.
func markRow(i int) string { return fmt.Sprintf(` data-mark="" data-row="%d"`, i) }
