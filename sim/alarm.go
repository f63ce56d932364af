package sim

import (
	"container/heap"
	"time"
)

// alarm is one thing to be done at a moment.
type alarm struct {
	at   time.Time
	seq  uint64
	fire func()
	off  bool
}

// cancel keeps an alarm from going off; a nil alarm is none.
func (a *alarm) cancel() {
	if a != nil {
		a.off = true
		a.fire = nil
	}
}

// alarms is a heap by moment, then by order of setting.
type alarms struct {
	list []*alarm
	seq  uint64
}

func (h *alarms) Len() int { return len(h.list) }
func (h *alarms) Less(i, j int) bool {
	a, b := h.list[i], h.list[j]
	return a.at.Before(b.at) || a.at.Equal(b.at) && a.seq < b.seq
}
func (h *alarms) Swap(i, j int) { h.list[i], h.list[j] = h.list[j], h.list[i] }
func (h *alarms) Push(x any)    { h.list = append(h.list, x.(*alarm)) }
func (h *alarms) Pop() any {
	last := h.list[len(h.list)-1]
	h.list[len(h.list)-1] = nil
	h.list = h.list[:len(h.list)-1]
	return last
}

func (h *alarms) set(at time.Time, fire func()) *alarm {
	h.seq++
	a := &alarm{at: at, seq: h.seq, fire: fire}
	heap.Push(h, a)
	return a
}

// next returns the moment of the earliest alarm that is still on.
func (h *alarms) next() (time.Time, bool) {
	for len(h.list) > 0 && h.list[0].off {
		heap.Pop(h)
	}
	if len(h.list) == 0 {
		return time.Time{}, false
	}
	return h.list[0].at, true
}

// due takes the earliest alarm if its moment has come.
func (h *alarms) due(now time.Time) (func(), bool) {
	at, ok := h.next()
	if !ok || at.After(now) {
		return nil, false
	}
	a := heap.Pop(h).(*alarm)
	a.off = true
	return a.fire, true
}
