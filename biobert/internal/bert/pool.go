package bert

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// A pool runs the parts of one phase of a forward pass on several goroutines.
// A phase takes some tens of microseconds, less than it costs to wake a parked
// goroutine twice, so idle workers poll for a while before they park; they yield
// while they do, and so leave the machine to others when it is busy.
type pool struct {
	size int // goroutines that share the work, the caller's included

	f    func(part int)
	n    int32
	next atomic.Int32 // next part to take
	done atomic.Int32 // parts finished

	phase  atomic.Int32 // odd while a phase runs, even between phases, negative to stop
	joined atomic.Int32 // workers that may be looking at f, n and next
	mu     sync.Mutex
	wake   sync.Cond
	parked int
}

// newPool returns a pool of size goroutines, of which the caller of run is one.
func newPool(size int) *pool {
	p := &pool{size: max(size, 1)}
	p.wake.L = &p.mu
	for range p.size - 1 {
		go p.work()
	}
	return p
}

// spins is how many polls a worker makes before it parks: 20 to 50 microseconds.
const spins = 200

func (p *pool) work() {
	last := int32(0)
	fresh := func() bool { c := p.phase.Load(); return c < 0 || c&1 == 1 && c != last }
	for {
		ready := fresh()
		for i := 0; !ready && i < spins; i++ {
			runtime.Gosched()
			ready = fresh()
		}
		if !ready {
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
			p.take()
		}
		p.joined.Add(-1)
		last = cur
	}
}

// take does parts until there are none left.
func (p *pool) take() {
	for {
		i := p.next.Add(1) - 1
		if i >= p.n {
			return
		}
		p.f(int(i))
		p.done.Add(1)
	}
}

// run calls f(0) ... f(n-1), each once, and returns when all are done. Only one
// goroutine may call run at a time.
func (p *pool) run(n int, f func(part int)) {
	if p.size == 1 || n <= 1 {
		for i := range n {
			f(i)
		}
		return
	}
	for p.joined.Load() != 0 {
		runtime.Gosched()
	}
	p.f, p.n = f, int32(n)
	p.next.Store(0)
	p.done.Store(0)
	p.phase.Store((p.phase.Load() + 1) & (1<<30 - 1))
	p.mu.Lock()
	if p.parked > 0 {
		p.wake.Broadcast()
	}
	p.mu.Unlock()
	p.take()
	for p.done.Load() < int32(n) {
		runtime.Gosched()
	}
	p.phase.Add(1)
}

// close stops the workers.
func (p *pool) close() {
	p.phase.Store(-1)
	p.mu.Lock()
	p.wake.Broadcast()
	p.mu.Unlock()
}
