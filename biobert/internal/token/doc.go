// Package token splits text into BERT's WordPiece pieces and says, for each
// piece, which bytes of the original text it covers.
//
// Ids and offsets equal those of HF tokenizers 0.23 (BertNormalizer,
// BertPreTokenizer, WordPiece, added tokens), which the tests check over
// corpora, awkward strings and random ones. The package has its own tables of
// what that library does with every code point (tables.go), since neither Go's
// Unicode version nor any single other one reproduces it.
//
// Open reads a checkpoint folder, New a vocabulary in memory, OpenBinary the
// compact form that AppendBinary writes, which opens in about a
// millisecond. Checkpoint files are read through github.com/sugarme/tokenizer;
// no other package of this module imports it. Truncation and padding that a
// tokenizer.json asks for are never obeyed; Notes reports them.
//
// A Tokenizer is immutable and safe for concurrent use. An Encoding is a
// buffer that belongs to its caller: one goroutine at a time.
package token
