package kernels

import (
	"bytes"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// asmName splits the name of an assembly file into operation (with type and
// structure), instruction set and architecture.
var asmName = regexp.MustCompile(`^(\w+)_(\w+?)_(amd64|arm64)\.s$`)

// asmSymbol finds the functions of an assembly file.
var asmSymbol = regexp.MustCompile(`(?m)^TEXT ·(\w+)`)

// TestAssemblyFiles checks that every .s file is named for a registered
// operation and one of its variants, that its symbols end in the instruction
// set, that purego leaves it out, and that tests range over the variants of
// the operation.
func TestAssemblyFiles(t *testing.T) {
	files, err := filepath.Glob("*.s")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var tests bytes.Buffer
	goTests, _ := filepath.Glob("*_test.go")
	for _, name := range goTests {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		tests.Write(b)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		part := asmName.FindStringSubmatch(file)
		if part == nil {
			t.Errorf("%s: want a name like <op>_<type>_<isa>_amd64.s", file)
			continue
		}
		if tag := "//go:build " + part[3] + " && !purego\n"; !strings.Contains("\n"+string(b), "\n"+tag) {
			t.Errorf("%s: no line %q", file, tag)
		}
		for _, sym := range asmSymbol.FindAllSubmatch(b, -1) {
			if s := string(sym[1]); !strings.Contains(s, strings.ToUpper(part[2])) {
				t.Errorf("%s: symbol %s does not name the instruction set", file, s)
			}
		}
		if variants := strings.ReplaceAll(part[1], "_", "") + "variants"; !strings.Contains(strings.ToLower(tests.String()), variants) {
			t.Errorf("%s: no test ranges over the variants of %s", file, part[1])
		}
		if len(isas) == 1 || part[3] != runtime.GOARCH {
			continue // not in this build, so not registered
		}
		i := slices.IndexFunc(ops, func(o op) bool { return o.name == part[1] })
		if i < 0 {
			t.Errorf("%s: operation %s is not registered", file, part[1])
		} else if !slices.Contains(ops[i].isas, part[2]) {
			t.Errorf("%s: operation %s has no variant %s", file, part[1], part[2])
		}
	}
}

// TestOps checks what Active reports and that every operation has a reference,
// last.
func TestOps(t *testing.T) {
	for i, c := range Active() {
		if !slices.Contains(Supported(), c.ISA) {
			t.Errorf("%s uses %s, which is not among %q", c.Op, c.ISA, Supported())
		}
		if i > 0 && Active()[i-1].Op >= c.Op {
			t.Errorf("%s is registered twice or out of order", c.Op)
		}
	}
	for _, o := range ops {
		if o.isas[len(o.isas)-1] != "ref" {
			t.Errorf("%s has variants %q, want ref last", o.name, o.isas)
		}
		for _, name := range o.isas {
			if !slices.ContainsFunc(isas, func(s isa) bool { return s.name == name }) {
				t.Errorf("%s has a variant for %s, which is not in the isa table", o.name, name)
			}
		}
	}
}

// TestDocTable compares the table of variants in the package comment with the
// registered operations.
func TestDocTable(t *testing.T) {
	if len(isas) == 1 {
		t.Skip("built without assembly")
	}
	b, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	// There is a table for each architecture.
	tables := strings.Split(string(b), "\n//\toperation ")[1:]
	if len(tables) == 0 {
		t.Fatal("no table")
	}
	rows := make(map[string][]string)
	for _, table := range tables {
		head, table, _ := strings.Cut(table, "\n")
		for line := range strings.Lines(table) {
			line, ok := strings.CutPrefix(line, "//\t")
			if !ok {
				break
			}
			name := strings.Fields(line)[0]
			for _, col := range strings.Fields(head) {
				here := slices.ContainsFunc(isas, func(s isa) bool { return s.name == col })
				// The mark stands below the first letter of the column's name.
				if at := len("operation ") + strings.Index(head+" ", col+" "); here && at < len(line) && line[at] == 'x' {
					rows[name] = append(rows[name], col)
				}
			}
		}
	}
	for _, o := range ops {
		if want := append(rows[o.name], "ref"); !slices.Equal(want, o.isas) {
			t.Errorf("%s has variants %q, but its package comment says %q", o.name, o.isas, want)
		}
		delete(rows, o.name)
	}
	for name := range rows {
		t.Errorf("the package comment lists %s, which is not registered", name)
	}
}

// TestImports keeps the package to the standard library, x/sys/cpu and its own
// internals, and wants a comment on every package.
func TestImports(t *testing.T) {
	const self = "github.com/sparsebio/sparsebio/kernels"
	documented := make(map[string]bool)
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (strings.HasPrefix(d.Name(), "_") || d.Name() == "testdata"):
			return fs.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".go":
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		for _, spec := range f.Imports {
			name, _ := strconv.Unquote(spec.Path.Value)
			if name == self && strings.HasSuffix(path, "_test.go") {
				continue // an example
			}
			if first, _, _ := strings.Cut(name, "/"); strings.Contains(first, ".") && name != "golang.org/x/sys/cpu" && !strings.HasPrefix(name, self+"/internal/") {
				t.Errorf("%s imports %s", path, name)
			}
			if name == "C" {
				t.Errorf("%s uses cgo", path)
			}
		}
		dir := filepath.Dir(path)
		documented[dir] = documented[dir] || f.Doc != nil
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for dir, ok := range documented {
		if !ok {
			t.Errorf("the package in %s has no comment", dir)
		}
	}
}

// TestGenerated runs the generators and compares their output with the
// committed files.
func TestGenerated(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the go command")
	}
	goCmd, err := exec.LookPath("go")
	if err != nil {
		t.Skip(err)
	}
	mods, err := filepath.Glob("_asm/*/go.mod")
	if err != nil || len(mods) == 0 {
		t.Fatal(mods, err)
	}
	for _, mod := range mods {
		dir, out := filepath.Dir(mod), t.TempDir()
		cmd := exec.Command(goCmd, "run", ".", "-out", out)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOOS=", "GOARCH=", "GOFLAGS=", "GOWORK=off")
		if b, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", dir, err, b)
		}
		made, err := os.ReadDir(out)
		if err != nil || len(made) == 0 {
			t.Fatalf("%s wrote nothing: %v", dir, err)
		}
		for _, f := range made {
			want, err := os.ReadFile(filepath.Join(out, f.Name()))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(f.Name()); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s is not what %s writes (run go generate)", f.Name(), dir)
			}
		}
	}
}
