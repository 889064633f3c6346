// Package compress makes sparse models of dense ones without training: it prunes the encoder of a BERT checkpoint to a given share of zeros, with texts
// of the kind that the model will read, and rounds what is left to INT8.
//
//	r, err := compress.Run(ctx, "my-checkpoint", texts, compress.WithSparsity(0.8), compress.WithOutput("my-checkpoint-sparse"))
//	if err != nil { ... }
//	fmt.Println(r) // error of each matrix, and how often both models give a token the same label
//
// The six matrices of a layer are pruned, query, key and value, the output of attention, and the two of the feed-forward part. Embeddings, normalization
// and the head stay as they are.
//
// # Methods
//
// Layer after layer, each matrix is to give what it gave before with fewer weights. X are its inputs in the calibration texts, from the layers before it,
// which are compressed already.
//
//	magnitude  removes the smallest weights of a matrix. It looks at no text.
//	wanda      removes, in each row, the weights whose |weight| * ‖input‖ is smallest (Sun et al., arXiv 2306.11695).
//	sparsegpt  goes through the columns in blocks of 128: the weights that cost least are removed, and those of the columns to the right make up for it
//	           (Frantar and Alistarh, arXiv 2301.00774), which the Hessian of the inputs, X Xᵀ, says how to do.
//	admm       looks for mask and weights together, by the alternating direction method of multipliers while the sparsity rises (Boža, arXiv 2401.02938),
//	           and then solves for the weights that are left by conjugate gradients. What is approximated is the output of the dense model on the
//	           same text, so that the errors of earlier layers are made up for as well, and the bias takes its part.
//
// README.md compares them.
//
// # Results
//
// The output is a checkpoint folder like the input: config.json and the tokenizer's files as they were, model.safetensors with the new weights, and
// the report in compress.json. Weights are whole multiples of their row's scale, from -127 to 127, so that engines that quantize per row, as that of package biobert does, find exactly
// these numbers. WithONNX adds model.onnx with calibrated activations in the form that SparseML writes. The folder appears whole or not at all.
//
// The result depends on the model, the texts and the options, and not on the number of threads. Memory is that of a layer and its calibration inputs, some
// hundred MB for BERT-base; disk space is that of the output. Run may be called by several goroutines at once.
package compress
