// Package biobert reads biology texts with BERT models: it finds the genes, proteins, cells and whatever else a model
// was trained to mark (TokenClassification), says how chemicals, proteins and drugs relate (RelationExtraction), labels
// texts and pairs of texts (TextClassification), and finds the answers to questions (QuestionAnswering).
//
//	import _ "github.com/sparsebio/sparsebio/biobert/models/jnlpba"
//
//	ner, err := biobert.NewTokenClassification(ctx, "jnlpba")
//	if err != nil { ... }
//	defer ner.Close()
//	doc, err := ner.AnnotateText(ctx, "IL-2 activates NF-kappa B in T cells.")
//	for _, e := range doc.Entities {
//		fmt.Println(e.Type, e.Text, e.Start, e.End)
//	}
//
// # Models
//
// A name stands for one of these, of which the first that there is is taken:
//
//   - "zoo:nlp/token_classification/biobert-base_cased/pytorch/huggingface/jnlpba/pruned90_quant-none" and its like: a
//     model of the SparseZoo. That is closed, so an embedded model for the same task stands in, as Info and a line
//     in the log say, unless a mirror has the real files (WithZoo);
//   - "jnlpba": a model that a package registered (import one of biobert/models for its effect);
//   - a path: a checkpoint folder in HuggingFace's layout, with config.json, model.safetensors, pytorch_model.bin (either in
//     one file or several), model.onnx or onnx/model.onnx, and either tokenizer.json or vocab.txt; an ONNX file with the others beside it;
//     a file that Convert wrote; or a tar file, such as deployment.tar.gz of the SparseZoo, that holds such a folder. It is
//     unpacked once, into the folder sparsebio of os.UserCacheDir;
//   - "owner/name", "owner/name@revision" or "hf://owner/name": a model of the Hugging Face hub. For programs that
//     import biobert/hub/download for its effect it is fetched into the cache that Python uses, too, and
//     what is there already opens without a network.
//
// The pipeline must be that for which the model was
// made, which the architectures of config.json say: BertForTokenClassification, BertForSequenceClassification or
// BertForQuestionAnswering. Checkpoints most of
// whose weights are zero run on the sparse INT8 kernels, others in fp32, and an ONNX file with quantized activations with the
// scales that it gives for them; WithEngine
// forces another. The packed form of a sparse checkpoint is kept in the folder
// sparsebio of os.UserCacheDir, so only the first opening takes long.
//
// # Texts
//
// Texts are UTF-8 and offsets are byte offsets into them; text that is not valid UTF-8
// is an error that names the place. A text may be of any length: what does not fit
// the model is read in overlapping windows, and nothing is cut. To a label of a whole text the parts of one do not
// add up: TextClassification refuses texts that are too long, unless WithTruncation has them cut. RelationExtraction reads
// sentences, and of those that are too long what is around the two mentions. A truncation that a
// tokenizer.json carries is not a limit of the model and is not obeyed.
//
// # Results
//
// Results are those of the pipelines of HuggingFace transformers with the same checkpoint in fp32, up to rounding, but for
// offsets, which count bytes; INT8 moves scores a little.
//
// The result of a text has the same bits whatever else is read with it, however many threads
// take part, and on every processor: all kernel variants compute the same (see package kernels).
//
// # Speed
//
// Compare, CompareWith and CompareSynthetic measure how fast models read, in turns and with the spread of repetitions; SpeedByLength,
// SpeedByThreads and SpeedBySparsity how that depends on one thing, the method Explain of a pipeline where the time of a pass goes, and
// MeasureRoofline what the machine could do. All give plain records of package report, which package viz draws.
//
// A pipeline is safe for concurrent use.
package biobert
