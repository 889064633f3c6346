//go:build !purego

package limits

// Each of these runs its loop n times. data points to 8 KiB, aligned to 64 bytes.

func dotAVX512VNNI(data *byte, n int)
func gatherAVX512VBMI(data *byte, n int)
func quartetAVX512VNNI(data *byte, n int)
func quartetAVX2(data *byte, n int)
func blockAVX512VNNI(data *byte, n int)
func blockAVX2(data *byte, n int)
func pairsAVX2(data *byte, n int)
func fmaAVX512F(data *byte, n int)
func fmaAVX2(data *byte, n int)

func loadAVX512F(data *byte, n int)
func storeAVX512F(data *byte, n int)
func addAVX512F(data *byte, n int)
func andAVX512F(data *byte, n int)
func loadAVX2(data *byte, n int)
func storeAVX2(data *byte, n int)
func addAVX2(data *byte, n int)
func andAVX2(data *byte, n int)
