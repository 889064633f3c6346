package datasets

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
)

// voidElement matches what XML wants closed.
var voidElement = regexp.MustCompile(`<((?:br|input)[^>]*)>`)

// htmlOf writes a table and checks that its elements are closed.
func htmlOf(t *testing.T, v interface{ WriteHTML(io.Writer) error }) string {
	t.Helper()
	var b bytes.Buffer
	if err := v.WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	x := xml.NewDecoder(strings.NewReader(voidElement.ReplaceAllString(strings.ReplaceAll(b.String(), " checked>", ` checked="">`), "<$1/>")))
	for {
		if _, err := x.Token(); err == io.EOF {
			return b.String()
		} else if err != nil {
			t.Fatalf("%v in\n%.3000s", err, b.String())
		}
	}
}

func TestWriteHTML(t *testing.T) {
	type row struct {
		Text   *string  `json:"<b>text"`
		N      int      `json:"n"`
		Label  int      `json:"label"`
		Labels []int    `json:"labels"`
		Words  []string `json:"words"`
	}
	evil := `<script>alert("1")</script> & '$x$'` + "\x00"
	long := strings.Repeat("β-Fakol ", 600)
	made := make([]row, 5003)
	for i := range made {
		made[i] = row{N: i, Label: i % 2, Labels: []int{0, i % 2}, Words: []string{"a", `"`}}
	}
	made[0].Text, made[1].Text = &evil, &long
	d := must(t)(From("made <i>", made, WithAllocator(checked(t))))
	d = must(t)(d.CastColumn("label", ClassLabel("no", "yes & no")))
	d = must(t)(d.CastColumn("labels", ListOf(ClassLabel("O", "B-<x>"))))
	got := htmlOf(t, d)
	for _, want := range []string{
		"made &lt;i&gt; <small>5,003 rows × 5 columns</small>", "<th>&lt;b&gt;text<br><small>string</small></th>",
		"<td>&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt; &amp; &#39;$x$&#39;\uFFFD</td>", "<td><i>null</i></td>", "<td>yes &amp; no <i>1</i></td>", `<td class="sb-short">O B-&lt;x&gt;</td>`,
		"<details><summary>β-Fakol", `tbody class="sb-p19"`, `class="sb-r0" checked`, "The first 200 rows; Slice and Page show the 4,803 after them.", `<td class="sb-num">199</td>`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(got, "<script") || strings.Contains(got, "sb-p20\"") {
		t.Error("a script, or a page too many")
	}
	// Rows keep their numbers, few rows need no pages, and none at all is a table, too.
	few, _, err := d.Page(500, 10)
	if err != nil {
		t.Fatal(err)
	}
	defer few.Release()
	if got := htmlOf(t, few); strings.Contains(got, "radio") || strings.Count(got, "<tr>") != 4 || !strings.Contains(got, ">5002<") {
		t.Errorf("three rows:\n%.3000s", got)
	}
	if got := htmlOf(t, must(t)(d.Slice(0, 0))); strings.Count(got, "<tr>") != 1 {
		t.Errorf("no rows:\n%s", got)
	}
	// Long texts end the table early, with a page begun.
	for i := range made {
		s := fmt.Sprint(i, long)
		made[i].Text = &s
	}
	if got := htmlOf(t, must(t)(From("long", made[:300], WithAllocator(checked(t))))); len(got) > 2*htmlBytes || !strings.Contains(got, "rows; Slice and Page show") {
		t.Errorf("%d bytes", len(got))
	}
	about, err := Describe(d)
	if err != nil {
		t.Fatal(err)
	}
	if got := htmlOf(t, about); !strings.Contains(got, "yes &amp; no (2501)") || strings.Contains(got, "<script") {
		t.Errorf("description:\n%s", got)
	}
}

func TestShow(t *testing.T) {
	d := load(t, "testdata/five.jsonl")
	if got := stdout(t, d.Show); got != d.String() {
		t.Errorf("shown:\n%s", got)
	}
	about, err := Describe(d)
	if err != nil {
		t.Fatal(err)
	}
	if got := stdout(t, about.Show); got != about.String() {
		t.Errorf("shown:\n%s", got)
	}
}
