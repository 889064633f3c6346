package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// operand finds what varies in an instruction: the number of a register, an
// element or an immediate.
var operand = regexp.MustCompile(`\b[vqdshxw]\d+|\[\d+\]|#-?\d+`)

// encodings maps instructions without their numbers to the word with zeros for
// them, and to the field of each:
//
//	d n m a   registers at bits 0, 5, 16, 10
//	nm        register at bits 5 and 16 both
//	M         register at bit 16, below 16
//	+         the register after the one before, not encoded
//	lane      element of 32 bits; lane16 of 16 bits; lane2 that is loaded; dup that is copied
//	u16       offset in units of 16 bytes, not negative
//	p16       the same for a pair of registers, signed
//	imm9      offset in bytes, signed, by which the base advances
//	left      shift of 32 bits
//	bytes     of ext
//	byte      immediate of movi
//	0 post4   must be 0, 4
//
// TestWordsARM64 of package kernels compares what comes of it with another
// assembler.
var encodings = map[string]struct {
	word   uint32
	fields string
}{
	"ldr q, [x]":                       {0x3dc00000, "d n"},
	"ldr q, [x, #]":                    {0x3dc00000, "d n u16"},
	"ldr q, [x], #":                    {0x3cc00400, "d n imm9"},
	"ldr q, [x, x]":                    {0x3ce06800, "d n m"},
	"str q, [x]":                       {0x3d800000, "d n"},
	"str q, [x, #]":                    {0x3d800000, "d n u16"},
	"str q, [x], #":                    {0x3c800400, "d n imm9"},
	"str q, [x, x]":                    {0x3ca06800, "d n m"},
	"ldp q, q, [x]":                    {0xad400000, "d a n"},
	"ldp q, q, [x, #]":                 {0xad400000, "d a n p16"},
	"ldp q, q, [x], #":                 {0xacc00000, "d a n p16"},
	"stp q, q, [x]":                    {0xad000000, "d a n"},
	"stp q, q, [x, #]":                 {0xad000000, "d a n p16"},
	"stp q, q, [x], #":                 {0xac800000, "d a n p16"},
	"ldr d, [x]":                       {0xfd400000, "d n"},
	"ldr d, [x], #":                    {0xfc400400, "d n imm9"},
	"str d, [x]":                       {0xfd000000, "d n"},
	"str d, [x], #":                    {0xfc000400, "d n imm9"},
	"ldr s, [x]":                       {0xbd400000, "d n"},
	"ldr s, [x], #":                    {0xbc400400, "d n imm9"},
	"str s, [x]":                       {0xbd000000, "d n"},
	"str s, [x], #":                    {0xbc000400, "d n imm9"},
	"ldr h, [x], #":                    {0x7c400400, "d n imm9"},
	"ld1 {v.s}[], [x]":                 {0x0d408000, "d lane2 n"},
	"st1 {v.s}[], [x]":                 {0x0d008000, "d lane2 n"},
	"ld1r {v.4s}, [x]":                 {0x4d40c800, "d n"},
	"ld1r {v.4s}, [x], #":              {0x4ddfc800, "d n post4"},
	"fadd v.4s, v.4s, v.4s":            {0x4e20d400, "d n m"},
	"fadd v.2s, v.2s, v.2s":            {0x0e20d400, "d n m"},
	"fsub v.4s, v.4s, v.4s":            {0x4ea0d400, "d n m"},
	"fmul v.4s, v.4s, v.4s":            {0x6e20dc00, "d n m"},
	"fmul v.4s, v.4s, v.s[]":           {0x4f809000, "d n m lane"},
	"fmla v.4s, v.4s, v.4s":            {0x4e20cc00, "d n m"},
	"fmla v.4s, v.4s, v.s[]":           {0x4f801000, "d n m lane"},
	"fmls v.4s, v.4s, v.4s":            {0x4ea0cc00, "d n m"},
	"fmax v.4s, v.4s, v.4s":            {0x4e20f400, "d n m"},
	"fmax v.2s, v.2s, v.2s":            {0x0e20f400, "d n m"},
	"fmin v.4s, v.4s, v.4s":            {0x4ea0f400, "d n m"},
	"fminv s, v.4s":                    {0x6eb0f800, "d n"},
	"fmaxv s, v.4s":                    {0x6e30f800, "d n"},
	"faddp s, v.2s":                    {0x7e30d800, "d n"},
	"fmaxp s, v.2s":                    {0x7e30f800, "d n"},
	"fadd s, s, s":                     {0x1e202800, "d n m"},
	"fmul s, s, s":                     {0x1e200800, "d n m"},
	"fdiv s, s, s":                     {0x1e201800, "d n m"},
	"fsqrt s, s":                       {0x1e21c000, "d n"},
	"scvtf s, x":                       {0x9e220000, "d n"},
	"scvtf v.4s, v.4s":                 {0x4e21d800, "d n"},
	"fcvtns v.4s, v.4s":                {0x4e21a800, "d n"},
	"frintn v.4s, v.4s":                {0x4e218800, "d n"},
	"fabs v.4s, v.4s":                  {0x4ea0f800, "d n"},
	"fneg v.4s, v.4s":                  {0x6ea0f800, "d n"},
	"fcmgt v.4s, v.4s, v.4s":           {0x6ea0e400, "d n m"},
	"fcmeq v.4s, v.4s, v.4s":           {0x4e20e400, "d n m"},
	"fcmlt v.4s, v.4s, #.0":            {0x4ea0e800, "d n 0"},
	"fcvtl v.4s, v.4h":                 {0x0e217800, "d n"},
	"fcvtl2 v.4s, v.8h":                {0x4e217800, "d n"},
	"and v.16b, v.16b, v.16b":          {0x4e201c00, "d n m"},
	"orr v.16b, v.16b, v.16b":          {0x4ea01c00, "d n m"},
	"eor v.16b, v.16b, v.16b":          {0x6e201c00, "d n m"},
	"bic v.16b, v.16b, v.16b":          {0x4e601c00, "d n m"},
	"bit v.16b, v.16b, v.16b":          {0x6ea01c00, "d n m"},
	"bif v.16b, v.16b, v.16b":          {0x6ee01c00, "d n m"},
	"mov v.16b, v.16b":                 {0x4ea01c00, "d nm"},
	"add v.4s, v.4s, v.4s":             {0x4ea08400, "d n m"},
	"sub v.4s, v.4s, v.4s":             {0x6ea08400, "d n m"},
	"mul v.4s, v.4s, v.4s":             {0x4ea09c00, "d n m"},
	"mla v.4s, v.4s, v.4s":             {0x4ea09400, "d n m"},
	"smax v.16b, v.16b, v.16b":         {0x4e206400, "d n m"},
	"addv s, v.4s":                     {0x4eb1b800, "d n"},
	"mls v.4s, v.4s, v.s[]":            {0x6f804000, "d n m lane"},
	"shl v.4s, v.4s, #":                {0x4f205400, "d n left"},
	"cmgt v.4s, v.4s, v.4s":            {0x4ea03400, "d n m"},
	"sqadd v.4s, v.4s, v.4s":           {0x4ea00c00, "d n m"},
	"sqxtun v.4h, v.4s":                {0x2e612800, "d n"},
	"sqxtun2 v.8h, v.4s":               {0x6e612800, "d n"},
	"uqxtn v.8b, v.8h":                 {0x2e214800, "d n"},
	"uqxtn2 v.16b, v.8h":               {0x6e214800, "d n"},
	"sqxtn v.4h, v.4s":                 {0x0e614800, "d n"},
	"sqxtn2 v.8h, v.4s":                {0x4e614800, "d n"},
	"sqxtn v.8b, v.8h":                 {0x0e214800, "d n"},
	"sqxtn2 v.16b, v.8h":               {0x4e214800, "d n"},
	"uxtl v.8h, v.8b":                  {0x2f08a400, "d n"},
	"uxtl2 v.8h, v.16b":                {0x6f08a400, "d n"},
	"movi v.16b, #":                    {0x4f00e400, "d byte"},
	"movi v.4s, #":                     {0x4f000400, "d byte"},
	"dup v.4s, w":                      {0x4e040c00, "d n"},
	"dup v.4s, v.s[]":                  {0x4e040400, "d n dup"},
	"zip1 v.4s, v.4s, v.4s":            {0x4e803800, "d n m"},
	"zip2 v.4s, v.4s, v.4s":            {0x4e807800, "d n m"},
	"zip1 v.2d, v.2d, v.2d":            {0x4ec03800, "d n m"},
	"zip2 v.2d, v.2d, v.2d":            {0x4ec07800, "d n m"},
	"zip1 v.16b, v.16b, v.16b":         {0x4e003800, "d n m"},
	"zip2 v.16b, v.16b, v.16b":         {0x4e007800, "d n m"},
	"ext v.16b, v.16b, v.16b, #":       {0x6e000000, "d n m bytes"},
	"tbl v.16b, {v.16b, v.16b}, v.16b": {0x4e002000, "d n + m"},
	"smlal v.4s, v.4h, v.h[]":          {0x0f402000, "d n M lane16"},
	"smlal2 v.4s, v.8h, v.h[]":         {0x4f402000, "d n M lane16"},
	"smull v.8h, v.8b, v.8b":           {0x0e20c000, "d n m"},
	"smull2 v.8h, v.16b, v.16b":        {0x4e20c000, "d n m"},
	"sadalp v.4s, v.8h":                {0x4e606800, "d n"},
	"saddlp v.8h, v.16b":               {0x4e202800, "d n"},
	"addp v.4s, v.4s, v.4s":            {0x4ea0bc00, "d n m"},
	"sdot v.4s, v.16b, v.16b":          {0x4e809400, "d n m"},
	"sdot v.4s, v.16b, v.4b[]":         {0x4f80e000, "d n m lane"},
}

// encode returns the word of an instruction. It panics on one that it does not
// know, or that does not fit.
func encode(text string) uint32 {
	var args []int
	pattern := operand.ReplaceAllStringFunc(text, func(s string) string {
		i := strings.IndexAny(s, "-0123456789")
		n, err := strconv.Atoi(strings.TrimSuffix(s[i:], "]"))
		if err != nil {
			panic(err)
		}
		args = append(args, n)
		return s[:i] + strings.TrimLeft(s[i:], "-0123456789")
	})
	e, ok := encodings[pattern]
	if !ok {
		panic(fmt.Sprintf("no encoding of %q (%q)", text, pattern))
	}
	fields := strings.Fields(e.fields)
	if len(fields) != len(args) {
		panic(fmt.Sprintf("%q has %d operands, want %d", text, len(args), len(fields)))
	}
	word := e.word
	for i, f := range fields {
		n := args[i]
		// put adds n in units of unit, which must be within lo and hi.
		put := func(lo, hi, unit, at int, mask uint32) {
			if n%unit != 0 || n/unit < lo || n/unit > hi {
				panic(fmt.Sprintf("%q: %d does not fit", text, n))
			}
			word |= uint32(n/unit) & mask << at
		}
		switch f {
		case "d":
			put(0, 31, 1, 0, 31)
		case "n":
			put(0, 31, 1, 5, 31)
		case "m":
			put(0, 31, 1, 16, 31)
		case "M":
			put(0, 15, 1, 16, 15)
		case "a":
			put(0, 31, 1, 10, 31)
		case "nm":
			put(0, 31, 1, 5, 31)
			put(0, 31, 1, 16, 31)
		case "+":
			put((args[i-1]+1)%32, (args[i-1]+1)%32, 1, 0, 0)
		case "lane":
			put(0, 3, 1, 0, 0)
			word |= uint32(n)&1<<21 | uint32(n)>>1<<11
		case "lane16":
			put(0, 7, 1, 0, 0)
			word |= uint32(n)&3<<20 | uint32(n)>>2<<11
		case "lane2":
			put(0, 3, 1, 0, 0)
			word |= uint32(n)&1<<12 | uint32(n)>>1<<30
		case "dup":
			put(0, 3, 1, 19, 3)
		case "u16":
			put(0, 4095, 16, 10, 4095)
		case "p16":
			put(-64, 63, 16, 15, 127)
		case "post4":
			put(4, 4, 1, 0, 0)
		case "imm9":
			put(-256, 255, 1, 12, 511)
		case "left":
			put(0, 31, 1, 16, 31)
		case "bytes":
			put(0, 15, 1, 11, 15)
		case "byte":
			put(0, 255, 1, 0, 0)
			word |= uint32(n)&31<<5 | uint32(n)>>5<<16
		case "0":
			put(0, 0, 1, 0, 0)
		default:
			panic("unknown field " + f)
		}
	}
	return word
}
