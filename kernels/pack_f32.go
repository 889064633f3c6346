package kernels

// A packF32Func transposes rows rows (1 to 16) of cols columns (at least 1) into the
// lanes of a panel; lanes of missing rows are left alone:
//
//	for i := range rows {
//		for j := range cols {
//			dst[j*16+i] = src[i*lds+j]
//		}
//	}
type packF32Func func(dst, src []float32, lds, rows, cols int)

var packF32Variants = append(packF32Asm(), variant[packF32Func]{"ref", packF32Ref})

var packF32 = choose("pack_f32", packF32Variants)

// packF32Panel is packF32Func for any number of columns, which may be 0, and
// zeroes the lanes of missing rows.
func packF32Panel(pack packF32Func, dst, src []float32, lds, rows, cols int) {
	if cols == 0 {
		return
	}
	if rows < panelLanes {
		clear(dst[:cols*panelLanes])
	}
	pack(dst, src, lds, rows, cols)
}
