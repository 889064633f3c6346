package viz

import "unicode"

// sansWidths are the widths of ' ' to '~' in Helvetica, whose measures Arial and Liberation Sans share, in thousandths of the
// size of the font.
var sansWidths = [...]uint16{
	278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
	1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
	333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
}

// sansFonts are the fonts of text whose place has been measured.
const sansFonts = `Helvetica,Arial,'Liberation Sans',sans-serif`

// sansWidth is the width of s in one of sansFonts, in pixels. For other than ASCII it is a guess, which is why what is drawn says how long it
// should be.
func sansWidth(s string, size float64) float64 {
	sum := 0
	for _, r := range s {
		switch {
		case r >= ' ' && r <= '~':
			sum += int(sansWidths[r-' '])
		case r < ' ' || unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r):
		case r >= 0x1100 && (unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana) || r >= 0x1f000):
			sum += 1000
		case unicode.IsUpper(r):
			sum += 680
		default:
			sum += 560
		}
	}
	return float64(sum) * size / 1000
}
