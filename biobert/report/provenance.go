package report

import (
	"encoding/json"
	"fmt"
	"maps"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Provenance says where a result came from: which program read which data with which models, how and
// when. It holds what a reader needs to get the same result again, and its JSON form, of which the order
// is fixed, travels with result files; see package datasets. The zero value says nothing;
// [NewProvenance] fills in what the program knows about itself.
type Provenance struct {
	Library  Library           `json:"library"`
	Go       string            `json:"go"`       // version of the compiler: "go1.26.1"
	Platform string            `json:"platform"` // operating system and architecture: "linux/amd64"
	Models   []ModelUse        `json:"models"`   // in the order in which they read the text
	Data     *DataUse          `json:"data,omitempty"`
	Options  map[string]string `json:"options,omitempty"` // those that belong to no single model
	Command  []string          `json:"command,omitempty"` // the command line, if there was one
	Started  time.Time         `json:"started,omitzero"`  // RFC 3339 in JSON, in UTC, to the millisecond
	Finished time.Time         `json:"finished,omitzero"`
}

// A Library is a build of this module.
type Library struct {
	Version  string `json:"version"`            // of the module; "devel" when it was built from a working copy
	Revision string `json:"revision,omitempty"` // of the working copy, where the build tells
	Modified bool   `json:"modified,omitempty"` // the working copy had changes
}

// A ModelUse is a model with the way it was run.
type ModelUse struct {
	Task    string            `json:"task,omitempty"` // "token-classification" ...
	Name    string            `json:"name"`           // as it was opened
	Files   []FileSum         `json:"files,omitempty"`
	Engine  string            `json:"engine,omitempty"` // form of the weights and their type: "sparse INT8"
	Kernel  string            `json:"kernel,omitempty"` // instruction set of the matrix kernel in use
	Threads int               `json:"threads,omitempty"`
	Options map[string]string `json:"options,omitempty"` // "aggregation": "word", "stride": "64" ...
}

// A FileSum is a file of a model with its SHA-256 in hexadecimal, which for files of the Hugging Face hub
// is the one that the hub shows.
type FileSum struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

// A DataUse is a set of data, or the part of one, that was read.
type DataUse struct {
	Name        string `json:"name"` // as it was loaded
	Split       string `json:"split,omitempty"`
	Column      string `json:"column,omitempty"`
	Rows        int    `json:"rows"`
	Fingerprint string `json:"fingerprint,omitempty"` // of the contents, whatever file they came from
}

// NewProvenance returns a record of the running program, started now.
func NewProvenance() Provenance {
	info, _ := debug.ReadBuildInfo()
	return Provenance{
		Library: libraryIn(info), Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
		Started: time.Now(),
	}
}

const module = "github.com/sparsebio/sparsebio"

// libraryIn finds this module in a build, of which it is the main module or a dependency.
func libraryIn(info *debug.BuildInfo) Library {
	l := Library{Version: "devel"}
	if info == nil {
		return l
	}
	if info.Main.Path == module {
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				l.Revision = s.Value
			case "vcs.modified":
				l.Modified = s.Value == "true"
			}
		}
	}
	for _, m := range append([]*debug.Module{&info.Main}, info.Deps...) {
		if m.Path != module {
			continue
		}
		if m.Replace != nil { // a folder has no version
			m = m.Replace
		}
		if m.Version != "" && m.Version != "(devel)" {
			l.Version = m.Version
		}
	}
	return l
}

// MarshalJSON writes p as an object, its fields in order, keys of options sorted.
func (p Provenance) MarshalJSON() ([]byte, error) {
	type plain Provenance // without this method
	p.Started, p.Finished = p.Started.UTC().Truncate(time.Millisecond), p.Finished.UTC().Truncate(time.Millisecond)
	if p.Models == nil {
		p.Models = []ModelUse{}
	}
	return json.Marshal(plain(p))
}

// String writes p as one paragraph of English, for the methods section of a paper. Checksums are cut
// to 12 digits.
func (p Provenance) String() string {
	var b strings.Builder
	b.WriteString("Made with SparseBio " + p.Library.Version)
	switch {
	case p.Library.Revision != "" && p.Library.Modified:
		b.WriteString(" (changed after revision " + short(p.Library.Revision) + ")")
	case p.Library.Revision != "":
		b.WriteString(" (revision " + short(p.Library.Revision) + ")")
	}
	if p.Go != "" {
		fmt.Fprintf(&b, ", %s, %s", p.Go, p.Platform)
	}
	b.WriteByte('.')
	if d := p.Data; d != nil {
		b.WriteString(" Data: " + d.Name)
		for _, f := range [...]struct{ name, value string }{{"split", d.Split}, {"column", d.Column}, {"fingerprint", short(d.Fingerprint)}} {
			if f.value != "" {
				b.WriteString(", " + f.name + " " + f.value)
			}
		}
		fmt.Fprintf(&b, ", %d %s.", d.Rows, plural(d.Rows, "row"))
	}
	for _, m := range p.Models {
		b.WriteString(" Model: " + m.Name)
		for _, s := range []string{m.Task, m.Engine, m.Kernel} {
			if s != "" {
				b.WriteString(", " + s)
			}
		}
		if m.Threads > 0 {
			fmt.Fprintf(&b, ", %d %s", m.Threads, plural(m.Threads, "thread"))
		}
		for _, f := range m.Files {
			fmt.Fprintf(&b, ", SHA-256 %s of %s", short(f.SHA256), f.Name)
		}
		for _, k := range slices.Sorted(maps.Keys(m.Options)) {
			b.WriteString(", " + k + " " + quoted(m.Options[k]))
		}
		b.WriteByte('.')
	}
	for i, k := range slices.Sorted(maps.Keys(p.Options)) {
		b.WriteString([]string{" Options: ", ", "}[min(i, 1)] + k + " " + quoted(p.Options[k]))
	}
	if len(p.Options) > 0 {
		b.WriteByte('.')
	}
	if !p.Started.IsZero() {
		b.WriteString(" Started " + p.Started.UTC().Format(time.RFC3339))
		if !p.Finished.IsZero() {
			b.WriteString(", finished " + p.Finished.UTC().Format(time.RFC3339))
		}
		b.WriteByte('.')
	}
	for i, arg := range p.Command {
		b.WriteString([]string{" Command: ", " "}[min(i, 1)] + quoted(arg))
	}
	if len(p.Command) > 0 {
		b.WriteByte('.')
	}
	return b.String()
}

// short cuts a checksum to what tells it from others.
func short(sum string) string { return sum[:min(len(sum), 12)] }

// quoted writes s in quotes if it would not stand out as one word.
func quoted(s string) string {
	if s == "" || strings.ContainsAny(s, " \t\r\n\"'") {
		return strconv.Quote(s)
	}
	return s
}

func plural(n int, noun string) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}
