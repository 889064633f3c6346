package kernels

// sumLanes is how many partial sums every variant keeps of a row: element i is
// added to sum i%16, in order.
const sumLanes = 16

// sumRef adds up partial sums in the order of every variant: those 8 apart,
// then 4, 2 and 1.
func sumRef(lanes *[sumLanes]float32) float32 {
	for d := sumLanes / 2; d > 0; d /= 2 {
		for i := range d {
			lanes[i] += lanes[i+d]
		}
	}
	return lanes[0]
}
