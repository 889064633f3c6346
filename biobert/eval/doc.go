// Package eval measures models as the tasks themselves do, so that a figure can stand beside a published one.
//
// # Words with tags
//
// [StrictF1] and [CoNLLF1] score named entities in sentences that a corpus has cut into words, by exact
// matches: an entity counts if its type and both its borders are right. Two ways to read a sequence of IOB tags are
// in use, and they differ by a point or more on the same predictions, so say which one a figure is:
//
//   - [StrictF1] reads IOB2 to the letter, as seqeval does with mode="strict" and
//     scheme=IOB2: only a B- tag begins an entity.
//   - [CoNLLF1] reads it as the CoNLL evaluation script does, and seqeval without a
//     mode: an I- tag that continues nothing begins an entity too. This is what most
//     published figures are.
//
// The tags belong to the corpus' words. These are given to the tokenizer one by one, not joined to a text and cut
// again; a word's prediction is the label of its first word piece, whatever the others say ([Tagger],
// [TagSentences]). Where these labels are not IOB2, biobert's pipeline takes the most probable ones that are;
// with biobert.WithAggregation(biobert.First) they stay as they are.
//
// # Running text
//
// [SpanF1] scores entities by their bytes, [GeneF1] is the official score of BC2GM, [LabelF1] scores the
// labels of marked pairs, and [RelationF1] relations from end to end, entities included.
//
// # What compares with what
//
//   - JNLPBA: five types in the words of the shared task. scispaCy and SciBERT publish that; the BioBERT paper merges
//     protein, DNA and RNA, leaves the cells out and splits at hyphens, and BLURB merges all five types: other tasks.
//   - BC2GM: [CoNLLF1] of the IOB files compares with BioBERT, PubMedBERT and BLURB, which do not know the
//     alternatives; [GeneF1], which is higher, with the BioCreative II workshop.
//   - ChemProt: Micro of [LabelF1] over CPR:3, 4, 5, 6 and 9 on BLUE's rows compares with BLUE and BlueBERT. BLURB
//     has rows of its own (PubMedBERT, BioLinkBERT), and BioBERT those of Lim and Kang; both are near, not the same.
//     SciBERT's is another task: 13 labels and no negatives.
//   - DDI: Micro over the four types compares with BLURB, Macro with BLUE.
//   - [SpanF1] on ChemProt and DDI, and [RelationF1]: there are no usual figures. Published scores of drug
//     recognition on DDI's NER test set use the same matching, but other texts; those of relations are
//     nearly always with the gold entities given, as in [LabelF1].
//
// All these are figures on test splits. Those on a dev set are higher: by some five points on JNLPBA.
//
// # How sure a figure is
//
// [Scores.Bootstrap] gives 95 % intervals. The 200 abstracts of JNLPBA's devel set leave two points to either side of the micro
// F1, and five or six of the F1 of its rarer types: a difference of half a point between two papers says little.
// [Scores.Against] compares two models on one corpus, with an interval and a p-value for the difference, and is far sharper.
package eval
