// Package corpus reads annotated corpora of the life sciences in their own file formats into plain
// values: tagged words ([ReadCoNLL]: JNLPBA and other files with IOB or IOBES tags), sentences with genes ([ReadBC2GM]),
// abstracts with chemicals, genes and their relations ([ReadChemProt]), marked pairs ([ReadBLUE],
// [ReadSciBERT]) and texts with drugs and their interactions ([ReadDDI]).
//
// Formats that many tools and corpora share are read and written: BioC ([ReadBioCJSON], [ReadBioCXML], [WriteBioCJSON],
// [WriteBioCXML]), PubTator ([ReadPubTator], [WritePubTator]) and brat ([ReadBratFiles], [WriteBratFiles]);
// [WriteCoNLL] and [WriteSentences] write tagged words. A [Standoff] is what they have of a document: an
// annot.Document, and what the file says beyond it.
//
// What PubMed and arXiv say of papers is read one at a time, from files of any size ([ReadPubMed], [ReadArXiv]).
//
// Every reader takes an [io.Reader]; [ReadFile] opens a path for those that read one file, and
// [ReadBC2GMFiles], [ReadChemProtFiles] and [ReadDDIFiles] find the files that belong together. Files
// compressed with gzip are recognized by their content, whatever their name.
//
// All offsets are byte offsets, half open, whatever the file counts: characters, characters that
// are not blank, first and last character. What a file says is checked: that offsets lie in the text,
// that the text there is the one the file gives, that identifiers resolve. A file that
// does not hold together is a [*ParseError] with its name and line, never a silent loss.
//
// Values are plain data and belong to the caller. The readers keep no state: they may run in several
// goroutines at once, each with a reader of its own.
package corpus
