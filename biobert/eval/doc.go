// Package eval measures models as the tasks themselves do. For named entities that is
// the F1 of exact matches: an entity counts if its type and both its borders are right.
//
// Two ways to read a sequence of IOB tags are in use, and they differ by a point or
// more on the same predictions, so say which one a figure is:
//
//   - [StrictF1] reads IOB2 to the letter, as seqeval does with mode="strict" and
//     scheme=IOB2: only a B- tag begins an entity.
//   - [CoNLLF1] reads it as the CoNLL evaluation script does, and seqeval without a
//     mode: an I- tag that continues nothing begins an entity too. This is what most
//     published figures are, those of the checkpoints' README included.
//
// A corpus comes in words that its authors cut, and its tags belong to these words. They
// are given to the tokenizer one by one, not joined to a text and cut again; a word's
// prediction is the label of its first word piece, whatever the others say ([Tagger],
// [TagSentences]).
package eval
