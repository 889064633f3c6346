package biobert

import (
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
)

func TestDescribeCPU(t *testing.T) {
	two := func(lines string) string {
		return "processor\t: 0\n" + lines + "physical id\t: 0\ncore id\t\t: 0\n\nprocessor\t: 1\n" + lines + "physical id\t: 0\ncore id\t\t: %d\n\n"
	}
	const (
		zen4 = "vendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 17\nmodel name\t: AMD EPYC\nstepping\t: 1\n"
		xeon = "vendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: %d\nmodel name\t: Intel(R) Xeon(R) CPU @ 2.20GHz\nstepping\t: %d\n"
		arm  = "processor\t: 0\nBogoMIPS\t: 50.00\nCPU implementer\t: %s\nCPU architecture: 8\nCPU part\t: %s\n\n"
	)
	for _, c := range []struct {
		cpuinfo, brand string
		processors     int
		want           string
	}{
		{fmt.Sprintf(two(zen4), 1), "", 2, "AMD EPYC (Zen 4), 2 cores"},
		{fmt.Sprintf(two(zen4), 0), "", 2, "AMD EPYC (Zen 4), 1 core"},
		{fmt.Sprintf(two(zen4), 1), "", 1, "AMD EPYC (Zen 4), 1 processor"},
		{strings.ReplaceAll(zen4, ": 17\n", ": 250\n"), "", 1, "AMD EPYC, 1 processor"},
		{fmt.Sprintf(xeon, 85, 7), "", 4, "Intel Xeon @ 2.20GHz (Cascade Lake), 4 processors"},
		{fmt.Sprintf(xeon, 85, 4), "", 4, "Intel Xeon @ 2.20GHz (Skylake), 4 processors"},
		{fmt.Sprintf(xeon, 143, 8), "", 4, "Intel Xeon @ 2.20GHz (Sapphire Rapids), 4 processors"},
		{fmt.Sprintf(xeon, 1, 1), "", 4, "Intel Xeon @ 2.20GHz, 4 processors"},
		{fmt.Sprintf(arm, "0x41", "0xd40"), "", 1, "Neoverse V1, 1 processor"},
		{fmt.Sprintf(arm, "0x99", "0xd40"), "", 2, runtime.GOOS + "/" + runtime.GOARCH + ", 2 processors"},
		{"", "Apple M2", 8, "Apple M2, 8 processors"},
		{"vendor_id : AuthenticAMD\nmodel : x\n::\n", "", 1, runtime.GOOS + "/" + runtime.GOARCH + ", 1 processor"},
	} {
		if got := describeCPU(c.cpuinfo, c.brand, c.processors); got != c.want {
			t.Errorf("%q: got %q, want %q", c.cpuinfo, got, c.want)
		}
	}
	if m := machine(); m.CPU == "" || m.Processors < 1 || len(m.Features) == 0 || runtime.GOOS == "linux" && m.PeakMemoryBytes < 1<<20 {
		t.Errorf("got %+v", m)
	}
}

func TestTicks(t *testing.T) {
	const self = "7 (a) b (c) S 1 7 7 0 -1 4194304 1 0 0 0 %d %d 0 0 20 0 8 0 100 1 1"
	before, ok := parseTicks("cpu  100 10 50 800 20 5 5 10 3 0\ncpu0 1 2\n", fmt.Sprintf(self, 30, 10))
	if want := (cpuTicks{all: 1000, busy: 170, stolen: 10, own: 40}); !ok || before != want {
		t.Errorf("got %+v, want %+v", before, want)
	}
	after, ok := parseTicks("cpu  190 10 60 850 20 5 5 60 3 0\n", fmt.Sprintf(self, 70, 20))
	if !ok {
		t.Fatal("not understood")
	}
	others, stolen := after.others(before) // of 200 ticks, 100 were busy, 50 with us, and 50 stolen
	if math.Abs(others-0.25) > 1e-9 || math.Abs(stolen-0.25) > 1e-9 {
		t.Errorf("got %v, %v", others, stolen)
	}
	if o, s := before.others(before); o != 0 || s != 0 {
		t.Errorf("no time has passed: got %v, %v", o, s)
	}
	for _, c := range [][2]string{{"", self}, {"cpu  1 2 3\n", self}, {"cpu  1 2 3 4 5 6 7 x\n", self}, {"cpu  1 2 3 4 5 6 7 8\n", "7 (a) S 1"}, {"cpu  1 2 3 4 5 6 7 8\n", "7 (a) S 1 7 7 0 -1 4194304 1 0 0 0 x 1 0 0"}} {
		if _, ok := parseTicks(c[0], c[1]); ok {
			t.Errorf("%q was understood", c)
		}
	}
	if l := newLoadMeter().load(); runtime.GOOS == "linux" && (l == nil || l.Others < 0 || l.Others > 1) {
		t.Errorf("got %+v", l)
	}
}
