package bert

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// A pool runs the parts of one phase of a forward pass on several goroutines.
// A phase takes some hundred microseconds, not much against what it costs to wake a parked
// goroutine, so those that wait poll for a while before they park. Meanwhile they offer the processor
// to other goroutines and to other processes, so that on a busy machine it goes to whoever they
// are waiting for.
type pool struct {
	size int // goroutines that share the work, the caller's included

	f     func(worker, part int)
	n     int32
	taken []atomic.Bool // of each part
	done  atomic.Int32  // parts finished

	phase  atomic.Int32 // odd while a phase runs, even between phases, negative to stop
	joined atomic.Int32 // workers that may be looking at f, n and taken
	mu     sync.Mutex
	wake   sync.Cond
	parked int

	finished sync.Cond   // for run, when it waits for the last part
	waiting  atomic.Bool // run waits there
}

// newPool returns a pool of size goroutines, of which the caller of run is one.
func newPool(size int) *pool {
	p := &pool{size: max(size, 1)}
	p.wake.L, p.finished.L = &p.mu, &p.mu
	for i := 1; i < p.size; i++ {
		go p.work(i)
	}
	return p
}

// poll looks whether ready for a while: some 20 microseconds for what is about to happen, then up to half a
// millisecond, offering the processor to other processes each time. That is longer than one worker is
// late when the other had to be woken, or both would take turns at sleeping.
func poll(ready func() bool) bool {
	for i := range 600 {
		for range 16 {
			if ready() {
				return true
			}
		}
		runtime.Gosched()
		if i >= 100 {
			yield()
		}
	}
	return false
}

func (p *pool) work(worker int) {
	last := int32(0)
	fresh := func() bool { c := p.phase.Load(); return c < 0 || c&1 == 1 && c != last }
	for {
		if !poll(fresh) {
			p.mu.Lock()
			p.parked++
			for !fresh() {
				p.wake.Wait()
			}
			p.parked--
			p.mu.Unlock()
		}
		cur := p.phase.Load()
		if cur < 0 {
			return
		}
		// Joining comes before the second look at the phase, and run ends a phase
		// before it waits for joined to fall to zero: so a worker that is late
		// never reads the fields of a phase that is being prepared.
		p.joined.Add(1)
		if p.phase.Load() == cur && cur&1 == 1 {
			p.take(worker)
		}
		p.joined.Add(-1)
		last = cur
	}
}

// take does parts until there are none left. Each worker begins with its own share, the same in every
// phase with so many parts, so that it finds in its caches what it left there; then it takes
// over from the others.
func (p *pool) take(worker int) {
	n := int(p.n)
	first := worker * n / p.size
	for i := range n {
		part := (first + i) % n
		if t := &p.taken[part]; t.Load() || !t.CompareAndSwap(false, true) {
			continue
		}
		p.f(worker, part)
		// run says that it waits before it looks at done a last time.
		if p.done.Add(1) == p.n && p.waiting.Load() {
			p.mu.Lock()
			p.finished.Signal()
			p.mu.Unlock()
		}
	}
}

// wait returns when all parts are done.
func (p *pool) wait() {
	all := func() bool { return p.done.Load() == p.n }
	if poll(all) {
		return
	}
	p.mu.Lock()
	p.waiting.Store(true)
	for !all() {
		p.finished.Wait()
	}
	p.waiting.Store(false)
	p.mu.Unlock()
}

// run calls f for the parts 0 to n-1, each once, and returns when all are done. worker, 0 to size-1,
// is the same for parts that run one after another on the same goroutine, and for no others at the time.
// Only one goroutine may call run at a time.
func (p *pool) run(n int, f func(worker, part int)) {
	if p.size == 1 || n <= 1 {
		for i := range n {
			f(0, i)
		}
		return
	}
	for !poll(func() bool { return p.joined.Load() == 0 }) { // a worker that was interrupted while it looked
	}
	p.f, p.n = f, int32(n)
	if len(p.taken) < n {
		p.taken = make([]atomic.Bool, n)
	}
	for i := range n {
		p.taken[i].Store(false)
	}
	p.done.Store(0)
	p.phase.Store((p.phase.Load() + 1) & (1<<30 - 1))
	p.mu.Lock()
	if p.parked > 0 {
		p.wake.Broadcast()
	}
	p.mu.Unlock()
	p.take(0)
	p.wait()
	p.phase.Add(1)
}

// close stops the workers.
func (p *pool) close() {
	p.phase.Store(-1)
	p.mu.Lock()
	p.wake.Broadcast()
	p.mu.Unlock()
}
