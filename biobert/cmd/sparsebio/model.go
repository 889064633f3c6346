package main

import (
	"strings"

	"github.com/sparsebio/sparsebio/biobert/hub"
)

// modelUsage describes a flag --model, which is for what.
func modelUsage(what string) string {
	return what + ": an embedded one (" + strings.Join(hub.Names(), ", ") + "), " + checkpointNames + ", or a packed file"
}

// checkpointUsage is modelUsage for a flag that wants weights as they were trained.
func checkpointUsage(what string) string { return what + ": " + checkpointNames }

// checkpointNames says how a checkpoint may be called: by what hub.Resolve takes.
const checkpointNames = "a model of the Hugging Face hub (owner/name or owner/name@revision), a zoo: stub, a checkpoint folder, an ONNX file in one or an archive of one (.tar, .tar.gz)"
