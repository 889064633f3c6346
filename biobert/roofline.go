package biobert

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/sparsebio/sparsebio/biobert/report"
	"github.com/sparsebio/sparsebio/kernels"
)

// RooflineOptions say which products MeasureRoofline measures. The zero value stands for the largest product of BERT-base, with
// 90 % of the sparse weights zero, on all processors: some seconds in all.
type RooflineOptions struct {
	Outputs, Inputs int           // of the weights; 0 means 3072 and 768
	Sparsity        float64       // share of zeros of the sparse weights, below 1; 0 means 0.9
	Tokens          []int         // for each of which there is a product; none means 1, 8, 64 and 256
	Threads         int           // 0 means GOMAXPROCS
	Time            time.Duration // of each measurement; 0 means 60 ms. There are some 15 of three each.

	// Memory is how many bytes are read to find the bandwidth, and twice those that the weights have. 0 means four times what
	// the largest cache of a processor holds, where the system tells.
	Memory int

	// Progress, if not nil, gets what has been measured so far after every measurement but the first.
	Progress func(report.Roofline)
}

func (o *RooflineOptions) complete() error {
	for _, d := range []struct {
		field *int
		value int
	}{{&o.Outputs, 3072}, {&o.Inputs, 768}, {&o.Threads, runtime.GOMAXPROCS(0)}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	if o.Sparsity == 0 {
		o.Sparsity = 0.9
	}
	if len(o.Tokens) == 0 {
		o.Tokens = []int{1, 8, 64, 256}
	}
	if o.Time == 0 {
		o.Time = 60 * time.Millisecond
	}
	if o.Memory == 0 {
		o.Memory = min(max(4*lastCache(), 64<<20), 512<<20)
	}
	switch {
	case o.Outputs < 16 || o.Outputs > 16384 || o.Inputs < 16 || o.Inputs > 16384:
		return fmt.Errorf("biobert: product of %d x %d weights (want 16 to 16384 each way)", o.Outputs, o.Inputs)
	case !(o.Sparsity > 0 && o.Sparsity < 1):
		return fmt.Errorf("biobert: sparsity %v (must be above 0 and less than 1)", o.Sparsity)
	case o.Threads < 1 || o.Threads > 1024:
		return fmt.Errorf("biobert: %d threads (want 1 to 1024)", o.Threads)
	case o.Time < 0:
		return fmt.Errorf("biobert: negative time")
	case o.Memory < 1<<20 || o.Memory > 1<<34:
		return fmt.Errorf("biobert: %d bytes of memory (want 1 MiB to 16 GiB)", o.Memory)
	}
	for _, n := range o.Tokens {
		if n < 1 || n > 8192 {
			return fmt.Errorf("biobert: product of %d tokens (want 1 to 8192)", n)
		}
	}
	if err := kernels.Check(); err != nil {
		return fmt.Errorf("biobert: %w", err)
	}
	return nil
}

// lastCache returns the size of the largest cache of the first processor in bytes, or 32 MiB where the system does not tell.
func lastCache() int {
	most := 0
	for i := range 8 {
		raw, err := os.ReadFile(fmt.Sprintf("/sys/devices/system/cpu/cpu0/cache/index%d/size", i))
		if err != nil {
			break
		}
		most = max(most, cacheSize(strings.TrimSpace(string(raw))))
	}
	if most == 0 {
		return 32 << 20
	}
	return most
}

// cacheSize reads a size as Linux writes it, "32768K", or returns 0.
func cacheSize(s string) int {
	shift := 0
	switch {
	case strings.HasSuffix(s, "K"):
		shift = 10
	case strings.HasSuffix(s, "M"):
		shift = 20
	}
	n, err := strconv.Atoi(strings.TrimRight(s, "KM"))
	if err != nil || n < 0 || n > 1<<24 {
		return 0
	}
	return n << shift
}

// MeasureRoofline measures what the processor can do at most, in INT8 and fp32 and in reading memory, and how close products with dense fp32,
// dense INT8 and sparse INT8 weights come to that. The peaks are those of our own kernels with all data in the first caches, and the
// bandwidth that of a search through memory, so neither is above what the machine could do and both may be somewhat below. The weights of the products
// come from memory: they are one of many matrices, which together are more than the caches hold. Activations have been
// quantized before. Every figure is the best of three measurements.
//
// It returns an error if an option makes no sense, and that of ctx when it ends.
func MeasureRoofline(ctx context.Context, o RooflineOptions) (report.Roofline, error) {
	if err := o.complete(); err != nil {
		return report.Roofline{}, err
	}
	r := report.Roofline{Threads: o.Threads, Machine: machine()}
	r.Bandwidth = o.bandwidth()
	progress := func() error {
		if o.Progress != nil {
			so := r
			so.Peaks, so.Products = slices.Clone(r.Peaks), slices.Clone(r.Products)
			o.Progress(so)
		}
		return ctx.Err()
	}
	if err := ctx.Err(); err != nil {
		return report.Roofline{}, err
	}
	for _, peak := range []func() (report.Peak, error){o.peakS8, o.peakF32} {
		p, err := peak()
		if err != nil {
			return report.Roofline{}, fmt.Errorf("biobert: %w", err)
		}
		r.Peaks = append(r.Peaks, p)
		if err := progress(); err != nil {
			return report.Roofline{}, err
		}
	}
	for _, make := range []func(*RooflineOptions, context.Context) (*stack, error){denseF32Stack, denseS8Stack, sparseStack} {
		s, err := make(&o, ctx)
		if err != nil {
			return report.Roofline{}, fmt.Errorf("biobert: %w", err)
		}
		for _, tokens := range o.Tokens {
			p := s.measure(&o, tokens)
			r.Products = append(r.Products, p)
			raise(&r, p)
			if err := progress(); err != nil {
				return report.Roofline{}, err
			}
		}
	}
	return r, nil
}

// raise lifts the limits to what p did: where a machine is busy with other work, a product may meet a quieter moment than they did.
func raise(r *report.Roofline, p report.ProductTime) {
	r.Bandwidth.BytesPerSecond = max(r.Bandwidth.BytesPerSecond, p.Bytes/p.Seconds)
	of := "INT8"
	if p.Engine == denseF32 {
		of = "fp32"
	}
	for i := range r.Peaks {
		if peak := &r.Peaks[i]; peak.Name == of && p.Executed()/p.Seconds > peak.OpsPerSecond {
			peak.OpsPerSecond, peak.Kernel = p.Executed()/p.Seconds, p.Kernel
		}
	}
}

// denseF32 is the engine of products in fp32.
const denseF32 = "dense fp32"

// bestOf is how many measurements there are of each figure.
const bestOf = 3

// rate returns how many times a second all threads together do what work returns, by the best of three measurements. work makes the function of
// a thread, which is called over and over.
func (o *RooflineOptions) rate(work func(thread int) func()) float64 {
	fs := make([]func(), o.Threads)
	for i := range fs {
		fs[i] = work(i)
		fs[i]() // also for what is made at first use
	}
	best := 0.0
	for range bestOf {
		rates := make([]float64, o.Threads)
		var wg sync.WaitGroup
		for i, f := range fs {
			wg.Go(func() {
				began := time.Now()
				n := 0
				for n == 0 || time.Since(began) < o.Time {
					f()
					n++
				}
				rates[i] = float64(n) / time.Since(began).Seconds()
			})
		}
		wg.Wait()
		sum := 0.0
		for _, r := range rates {
			sum += r
		}
		best = max(best, sum)
	}
	return best
}

// bandwidth reads memory: it looks for a byte that is not there, which the standard library does with vectors.
func (o *RooflineOptions) bandwidth() report.Bandwidth {
	const step = 1 << 20
	part := o.Memory / o.Threads &^ (step - 1)
	part = max(part, step)
	rate := o.rate(func(int) func() {
		b := kernels.LargeBytes(part)
		for i := range b {
			b[i] = 2 // or it would be one page of zeros, many times
		}
		at := 0
		return func() {
			if bytes.IndexByte(b[at:at+step], 1) >= 0 {
				panic("biobert: memory changed by itself") // not reached; the result must be used
			}
			if at += step; at == len(b) {
				at = 0
			}
		}
	})
	return report.Bandwidth{BytesPerSecond: rate * step, Bytes: part * o.Threads}
}
