package viz

import (
	"bytes"
	"fmt"
)

// defaultPage is how many documents stand on a page.
const defaultPage = 10

// pages returns how many pages n documents take.
func (c *config) pages(n int) int {
	if c.pageSize == 0 {
		return 1
	}
	return max(1, (n+c.pageSize-1)/c.pageSize)
}

// writePages writes n documents in pages, and before them a button for each page. The buttons work by style sheet, as
// the boxes of the legend do; where there is none, and on paper, all pages are there. Buttons of one name are one
// choice within a form, so two views need no names of their own; a form of this method goes nowhere.
func writePages(b *bytes.Buffer, c *config, n int, noun string, write func(i int)) {
	pages := c.pages(n)
	if pages == 1 {
		for i := range n {
			write(i)
		}
		return
	}
	fmt.Fprintf(b, "<form method=\"dialog\" autocomplete=\"off\" class=\"sb-pager\" aria-label=\"Pages\">")
	for p := range pages {
		from, to := p*c.pageSize+1, min(n, (p+1)*c.pageSize)
		checked := ""
		if p == 0 {
			checked = " checked"
		}
		fmt.Fprintf(b, "<label title=\"%ss %s to %s\"><input type=\"radio\" name=\"page\" class=\"sb-p%d\"%s>%s</label>", noun, group(from), group(to), p, checked, group(p+1))
	}
	fmt.Fprintf(b, "<span class=\"sb-dim\">%s, %d a page</span></form>\n", count(n, noun), c.pageSize)
	for p := range pages {
		fmt.Fprintf(b, "<div class=\"sb-page sb-g%d\">\n", p)
		for i := p * c.pageSize; i < min(n, (p+1)*c.pageSize); i++ {
			write(i)
		}
		b.WriteString("</div>\n")
	}
}

// pagesCSS hides the pages that are not chosen, unless all documents with a difference are wanted.
func pagesCSS(pages int) string {
	var b bytes.Buffer
	b.WriteString("@media screen{\n")
	for p := range pages {
		fmt.Fprintf(&b, ".sb-view:not(:has(.sb-differ:checked)):has(.sb-p%[1]d:checked) .sb-page:not(.sb-g%[1]d){display:none}\n", p)
	}
	b.WriteString("}\n")
	return b.String()
}
