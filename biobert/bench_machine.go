package biobert

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/sparsebio/sparsebio/biobert/report"
	"github.com/sparsebio/sparsebio/kernels"
)

// machine describes the machine, but for its load.
func machine() *report.Machine {
	return &report.Machine{
		CPU: instance(), Processors: runtime.NumCPU(),
		OS: runtime.GOOS, Arch: runtime.GOARCH, Go: runtime.Version(),
		Features: kernels.Supported(), PeakMemoryBytes: peakMemory(),
	}
}

// instance names the machine by its processor: "AMD EPYC (Zen 4), 2 cores".
func instance() string {
	raw, _ := os.ReadFile("/proc/cpuinfo")
	return describeCPU(string(raw), cpuBrand(), runtime.NumCPU())
}

// describeCPU makes a name of the contents of /proc/cpuinfo, or of brand where there is none; processors is
// how many the process may use.
func describeCPU(cpuinfo, brand string, processors int) string {
	all, cores := 0, map[string]bool{}
	first := map[string]string{} // what the first processor has under each key
	core := ""
	for line := range strings.Lines(cpuinfo) {
		k, v, _ := strings.Cut(line, ":")
		k, v = strings.TrimSpace(k), strings.TrimSpace(v)
		if _, ok := first[k]; !ok {
			first[k] = v
		}
		switch k {
		case "processor":
			all++
		case "physical id":
			core = v
		case "core id":
			cores[core+"/"+v] = true
		}
	}
	name := strings.Join(strings.Fields(cpuMarks.Replace(first["model name"])), " ")
	if name == "" {
		name = brand
	}
	if kind := microarchitecture(first); kind != "" {
		if name == "" {
			name = kind
		} else {
			name += " (" + kind + ")"
		}
	}
	if name == "" {
		name = runtime.GOOS + "/" + runtime.GOARCH
	}
	n, unit := processors, "processor"
	if processors == all && len(cores) > 0 { // else some are not for this process, and which is not told
		n, unit = len(cores), "core"
	}
	if n != 1 {
		unit += "s"
	}
	return fmt.Sprintf("%s, %d %s", name, n, unit)
}

var cpuMarks = strings.NewReplacer("(R)", "", "(TM)", "", "(tm)", "", " CPU", "", " Processor", "")

// microarchitecture returns the generation of a processor, or "" if it is not one of those that
// servers and laptops of the last ten years have. The names that clouds give their machines
// often leave it out.
func microarchitecture(info map[string]string) string {
	number := func(key string) int {
		n, err := strconv.ParseInt(info[key], 0, 32)
		if err != nil {
			return -1
		}
		return int(n)
	}
	family, model, stepping := number("cpu family"), number("model"), number("stepping")
	switch {
	case info["vendor_id"] == "AuthenticAMD":
		for _, g := range amdGenerations {
			if family == g.family && g.from <= model && model <= g.to {
				return g.name
			}
		}
	case info["vendor_id"] == "GenuineIntel" && family == 6 && model == 85: // three generations under one number
		switch {
		case stepping < 0:
			return ""
		case stepping <= 4:
			return "Skylake"
		case stepping <= 7:
			return "Cascade Lake"
		}
		return "Cooper Lake"
	case info["vendor_id"] == "GenuineIntel" && family == 6:
		return intelModels[model]
	case info["CPU implementer"] != "":
		return armParts[[2]int{number("CPU implementer"), number("CPU part")}]
	}
	return ""
}

// amdGenerations lists the ranges of models that AMD gave a generation, after the Linux kernel
// (arch/x86/kernel/cpu/amd.c).
var amdGenerations = []struct {
	family, from, to int
	name             string
}{
	{23, 0x00, 0x2f, "Zen"}, {23, 0x50, 0x5f, "Zen"},
	{23, 0x30, 0x4f, "Zen 2"}, {23, 0x60, 0x7f, "Zen 2"}, {23, 0x90, 0x91, "Zen 2"}, {23, 0xa0, 0xaf, "Zen 2"},
	{25, 0x00, 0x0f, "Zen 3"}, {25, 0x20, 0x5f, "Zen 3"},
	{25, 0x10, 0x1f, "Zen 4"}, {25, 0x60, 0xaf, "Zen 4"},
	{26, 0x00, 0x2f, "Zen 5"}, {26, 0x40, 0x4f, "Zen 5"}, {26, 0x60, 0x7f, "Zen 5"},
}

// intelModels names the models of family 6, after the Linux kernel (arch/x86/include/asm/intel-family.h).
var intelModels = map[int]string{
	60: "Haswell", 63: "Haswell", 69: "Haswell", 70: "Haswell",
	61: "Broadwell", 71: "Broadwell", 79: "Broadwell", 86: "Broadwell",
	78: "Skylake", 94: "Skylake", 142: "Kaby Lake", 158: "Kaby Lake", 165: "Comet Lake", 166: "Comet Lake",
	106: "Ice Lake", 108: "Ice Lake", 125: "Ice Lake", 126: "Ice Lake", 140: "Tiger Lake", 141: "Tiger Lake", 167: "Rocket Lake",
	143: "Sapphire Rapids", 207: "Emerald Rapids", 173: "Granite Rapids", 174: "Granite Rapids", 175: "Sierra Forest",
	151: "Alder Lake", 154: "Alder Lake", 183: "Raptor Lake", 186: "Raptor Lake", 191: "Raptor Lake",
	170: "Meteor Lake", 172: "Meteor Lake", 189: "Lunar Lake", 197: "Arrow Lake", 198: "Arrow Lake",
}

// armParts names processors by the numbers of implementer and part, after util-linux (sys-utils/lscpu-arm.c).
var armParts = map[[2]int]string{
	{0x41, 0xd03}: "Cortex-A53", {0x41, 0xd05}: "Cortex-A55", {0x41, 0xd07}: "Cortex-A57", {0x41, 0xd08}: "Cortex-A72", {0x41, 0xd0b}: "Cortex-A76",
	{0x41, 0xd0c}: "Neoverse N1", {0x41, 0xd40}: "Neoverse V1", {0x41, 0xd49}: "Neoverse N2", {0x41, 0xd4f}: "Neoverse V2",
	{0x41, 0xd83}: "Neoverse V3", {0x41, 0xd8e}: "Neoverse N3",
	{0xc0, 0xac3}: "Ampere-1", {0xc0, 0xac4}: "Ampere-1a", {0x46, 0x001}: "A64FX", {0x48, 0xd01}: "Kunpeng 920",
}

// cpuTicks counts clock ticks since the machine started, on all processors.
type cpuTicks struct{ all, busy, stolen, own float64 }

// readTicks reads the counters where the system has them, which is on Linux.
func readTicks() (cpuTicks, bool) {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return cpuTicks{}, false
	}
	self, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return cpuTicks{}, false
	}
	return parseTicks(string(stat), string(self))
}

// parseTicks reads the contents of /proc/stat and /proc/self/stat; see proc_stat(5) and proc_pid_stat(5).
func parseTicks(stat, self string) (t cpuTicks, ok bool) {
	line, _, _ := strings.Cut(stat, "\n")
	f, ok := strings.CutPrefix(line, "cpu ")
	v := numbers(strings.Fields(f))
	if !ok || len(v) < 8 {
		return t, false
	}
	// user, nice, system, idle, iowait, irq, softirq, stolen
	for _, x := range v[:8] {
		t.all += x
	}
	t.stolen = v[7]
	t.busy = t.all - v[3] - v[4] - t.stolen
	p := strings.Fields(self[strings.LastIndexByte(self, ')')+1:]) // the name before may hold anything
	if len(p) < 13 {
		return t, false
	}
	own := numbers(p[11:13])
	if len(own) < 2 {
		return t, false
	}
	t.own = own[0] + own[1]
	return t, true
}

// numbers parses fields up to the first that is not a number.
func numbers(fields []string) (v []float64) {
	for _, s := range fields {
		x, err := strconv.ParseFloat(s, 64)
		if err != nil {
			break
		}
		v = append(v, x)
	}
	return v
}

// others returns the shares of the time since before that other processes used and that was stolen.
func (t cpuTicks) others(before cpuTicks) (others, stolen float64) {
	all := t.all - before.all
	if all <= 0 {
		return 0, 0
	}
	share := func(x float64) float64 { return min(max(x/all, 0), 1) }
	return share((t.busy - before.busy) - (t.own - before.own)), share(t.stolen - before.stolen)
}

// A loadMeter watches what else the machine does.
type loadMeter struct {
	average float64
	ticks   cpuTicks
	ok      bool
}

func newLoadMeter() loadMeter {
	var m loadMeter
	raw, err := os.ReadFile("/proc/loadavg")
	if v := numbers(strings.Fields(string(raw))); err == nil && len(v) > 0 {
		m.average = v[0]
		m.ticks, m.ok = readTicks()
	}
	return m
}

// load returns the load since newLoadMeter, or nil where the system does not tell.
func (m loadMeter) load() *report.Load {
	now, ok := readTicks()
	if !ok || !m.ok {
		return nil
	}
	others, stolen := now.others(m.ticks)
	return &report.Load{Average: m.average, Others: others, Stolen: stolen}
}

// peakMemory returns the most memory that the process had, in bytes, or 0 where the system does not tell.
func peakMemory() int {
	raw, _ := os.ReadFile("/proc/self/status")
	_, rest, ok := bytes.Cut(raw, []byte("\nVmHWM:"))
	var kb int
	if _, err := fmt.Sscanf(string(rest), "%d kB", &kb); !ok || err != nil {
		return 0
	}
	return kb << 10
}
